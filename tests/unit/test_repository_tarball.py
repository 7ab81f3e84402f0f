# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users install is the collection, and nothing that only developers need."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.tarball import CHECKOUT, build

FOR_USERS = {
    *("FILES.json", "MANIFEST.json", "LICENSE", "README.md", "bindep.txt", "requirements.txt"),
    *("changelogs", "meta", "playbooks", "plugins", "roles"),
}
# not there before the first release
SOMETIMES = {"CHANGELOG.md", "docs", "extensions"}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The files of a tarball of the checkout as it is, its caches included."""
    with tarfile.open(build(tmp_path_factory.mktemp("tarball"))) as tar:
        return [Path(member.name) for member in tar.getmembers() if member.isfile()]


def test_nothing_but_the_collection_is_in_the_tarball(names: list[Path]) -> None:
    assert {path.parts[0] for path in names} - SOMETIMES == FOR_USERS


def test_no_cache_and_no_hidden_file_is_in_the_tarball(names: list[Path]) -> None:
    assert [path for path in names if any(part.startswith(".") or part == "__pycache__" for part in path.parts)] == []


@pytest.mark.parametrize("folder", ["plugins", "roles", "playbooks", "meta"])
def test_all_of_the_collection_is_in_the_tarball(folder: str, names: list[Path]) -> None:
    listed = subprocess.run(["git", "ls-files", "-z", folder], cwd=CHECKOUT, check=True, capture_output=True, text=True)
    tracked = {Path(name) for name in listed.stdout.split("\0") if name and (CHECKOUT / name).is_file()}
    assert tracked
    assert tracked - set(names) == set()
