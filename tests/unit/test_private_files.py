# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders and files of live logins: nobody else's, and whole or not there."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.private_files import make_private_folder, whole_file


def test_a_folder_is_made_with_its_parents_for_its_owner_alone(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "a/b")
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "a/b")] == [0o700, 0o700]


def test_a_folder_that_another_process_makes_at_the_same_moment_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = Path.mkdir

    def lose_the_race(self: Path, mode: int = 0o777) -> None:
        make(self, mode)
        make(self, mode)

    monkeypatch.setattr(Path, "mkdir", lose_the_race)
    make_private_folder(tmp_path / "a/b")
    assert (tmp_path / "a/b").is_dir()


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(SessionsError, match="is not a folder of its own"):
        make_private_folder(tmp_path / "a")


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(SessionsError, match=r"a/b cannot be made: Not a directory\."):
        make_private_folder(tmp_path / "a/b")


def test_a_folder_that_others_may_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir(mode=0o755)
    with pytest.raises(SessionsError, match=r"is open to others \(mode 0755\)"):
        make_private_folder(tmp_path / "a")


def test_nothing_is_made_below_an_upper_folder_that_is_open_to_others(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir(mode=0o755)
    with pytest.raises(SessionsError, match=r"/a is open to others"):
        make_private_folder(tmp_path / "a/b/c", tmp_path / "a")
    assert list((tmp_path / "a").iterdir()) == []


def test_a_link_among_the_upper_folders_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir(mode=0o700)
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "a/b").symlink_to(tmp_path / "real")
    with pytest.raises(SessionsError, match=r"/a/b is not a folder of its own"):
        make_private_folder(tmp_path / "a/b/c", tmp_path / "a")
    assert list((tmp_path / "real").iterdir()) == []


def test_a_file_that_could_not_be_finished_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(TypeError), whole_file(path) as file:
        file.writelines([b"half", "no bytes"])  # type: ignore[list-item]
    assert (path.read_text(encoding="utf-8"), list(tmp_path.iterdir())) == ("old", [path])
