# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders and files of live logins: nobody else's, and whole or not there."""

from __future__ import annotations

import errno
import os
import re
import stat
import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.private_files import (
    link_new,
    make_private_folder,
    named_folder,
    new_file,
    whole_file,
)

from tests.unit.full_disk import fill_disk


@pytest.mark.parametrize("name", ["", ".", "archives", "./archives", "~/archives"])
def test_a_folder_that_is_named_by_a_part_of_its_path_is_refused(name: str) -> None:
    with pytest.raises(
        SessionsError, match=f"^archive_dir is {re.escape(repr(name))}: name a folder by its whole path, which begins with /"
    ):
        named_folder(name)
    assert named_folder("/srv/archives") == Path("/srv/archives")


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


def test_a_new_file_is_whole_when_its_name_is_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with new_file(path) as file:
        file.write(b"new")
        file.flush()
        assert not path.exists()
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode), path.stat().st_nlink) == (b"new", 0o600, 1)
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_that_is_taken_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.symlink_to("nowhere")
    with pytest.raises(FileExistsError), new_file(path):
        pytest.fail("nothing is to be written")
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_that_is_taken_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(FileExistsError), new_file(path):
        path.write_bytes(b"first")
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"first", [path])


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("write", [whole_file, new_file])
def test_a_file_that_does_not_reach_the_disk_is_not_there(
    tmp_path: Path, write: t.Callable[[Path], t.ContextManager[t.BinaryIO]], number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_disk(monkeypatch, number)
    with pytest.raises(OSError, match=os.strerror(number)), write(tmp_path / "file") as file:
        file.write(b"new")
    assert list(tmp_path.iterdir()) == []


def test_what_failed_first_is_told_also_where_the_rest_cannot_be_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_path: object, **_more: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "unlink", fail)
    with pytest.raises(ValueError, match="first"), whole_file(tmp_path / "file"):
        raise ValueError("first")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EPERM, "knows no hard links"),
        (errno.EOPNOTSUPP, "knows no hard links"),
        (errno.EMLINK, "knows no hard links"),
        (errno.ENOSYS, "knows no hard links"),
        (errno.EROFS, "Read-only file system"),
    ],
)
def test_a_file_system_without_hard_links_is_named_as_such(tmp_path: Path, number: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_paths: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(OSError, match=said) as refused:
        link_new(tmp_path / "draft", tmp_path / "file")
    assert refused.value.errno == number
