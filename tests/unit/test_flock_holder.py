# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds a file, by the list of the kernel."""

from __future__ import annotations

import fcntl
import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base import flock_holder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.flock_holder import holder_of

NOBODY = "another process, which the system does not name,"


@pytest.fixture
def handle(tmp_path: Path) -> t.Iterator[int]:
    found = os.open(tmp_path, os.O_RDONLY)
    yield found
    os.close(found)


def test_who_holds_a_file_is_named(tmp_path: Path, handle: int) -> None:
    assert holder_of(handle) == NOBODY
    other = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    assert holder_of(handle) == f"process {os.getpid()}"
    os.close(other)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1: FLOCK  ADVISORY  WRITE 4711 {file} 0 EOF", "process 4711"),
        ("1: -> FLOCK  ADVISORY  WRITE 4711 {file} 0 EOF", NOBODY),
        ("1: POSIX  ADVISORY  WRITE 4711 {file} 0 EOF", NOBODY),
        ("1: FLOCK  ADVISORY  WRITE 4711 {file}1 0 EOF", NOBODY),
        ("1: FLOCK  ADVISORY  WRITE 4711 ff:{file} 0 EOF", NOBODY),
        ("1: FLOCK", NOBODY),
        ("", NOBODY),
        ("\udcff", NOBODY),
        (None, NOBODY),
    ],
)
def test_the_list_is_read_as_the_kernel_writes_it(
    tmp_path: Path, handle: int, line: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = os.fstat(handle)
    file = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    listed = tmp_path / "locks"
    if line is not None:
        other = "1: FLOCK  ADVISORY  WRITE 1 00:1f:1 0 EOF"
        listed.write_text(f"{other}\n{line.format(file=file)}\n", encoding="utf-8", errors="surrogateescape")
    monkeypatch.setattr(flock_holder, "_LOCKS", listed)
    assert holder_of(handle) == said
