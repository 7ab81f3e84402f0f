# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file is read behind the one who writes it: all of it, in order, and what others add as well."""

from __future__ import annotations

import os
import threading
import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import growing
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.growing import Growing

from demo.patience import patient

PIECES = [b"a" * 700, b"b", b"c" * 5000, b"d" * 123]


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few pieces are several steps."""
    monkeypatch.setattr(growing, "_STEP", 1000)


@pytest.fixture
def file(tmp_path: Path) -> t.Iterator[tuple[t.BinaryIO, Growing]]:
    """An empty file, to be written, and to be read behind that."""
    path = tmp_path / "file"
    with path.open("wb", buffering=0) as writing, path.open("rb") as reading:
        yield writing, Growing(reading.fileno())


def read_all(source: Growing, size: int) -> bytes:
    return b"".join(iter(lambda: source.read(size), b""))


def write(writing: t.BinaryIO, source: Growing) -> None:
    for piece in PIECES:
        writing.write(piece)
        source.grow(len(piece))


@pytest.mark.parametrize("size", [1, 999, 1 << 20, -1])
def test_all_of_it_is_read_while_it_is_written(file: tuple[t.BinaryIO, Growing], size: int) -> None:
    writing, source = file
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(read_all(source, size)), daemon=True)
    reader.start()
    write(writing, source)
    source.end()
    reader.join(patient(60))
    assert found == [b"".join(PIECES)]


def test_what_is_not_a_whole_step_waits_for_the_end(file: tuple[t.BinaryIO, Growing]) -> None:
    writing, source = file
    writing.write(b"x" * 999)
    source.grow(999)
    reader = threading.Thread(target=source.read, daemon=True)
    reader.start()
    assert reader.is_alive()
    source.end()
    reader.join(patient(60))
    assert not reader.is_alive()


def test_what_others_have_added_is_read_as_well(file: tuple[t.BinaryIO, Growing]) -> None:
    writing, source = file
    write(writing, source)
    writing.write(b"more")
    source.end()
    assert read_all(source, 4096) == b"".join(PIECES) + b"more"


def test_what_others_have_taken_away_ends_it(file: tuple[t.BinaryIO, Growing]) -> None:
    writing, source = file
    write(writing, source)
    os.ftruncate(writing.fileno(), 10)
    source.end()
    assert read_all(source, 4096) == PIECES[0][:10]


def test_nothing_is_read_that_was_not_brought_to_the_disk(file: tuple[t.BinaryIO, Growing], monkeypatch: pytest.MonkeyPatch) -> None:
    writing, source = file
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", lambda handle: synced.append(os.fstat(handle).st_size))
    write(writing, source)
    source.end()
    read_all(source, 1 << 20)
    assert synced[0] == sum(map(len, PIECES))
