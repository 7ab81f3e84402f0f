# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives on disk: one that is not as it was written is named as such, whatever of it is altered."""

from __future__ import annotations

import errno
import fcntl
import gzip
import io
import os
import tempfile
import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import description, growing, gzip_stream, reading
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import RunFolder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

from tests.unit.nfs_flock import flock_as_on_nfs

HEADER = description.Header("jira", "sqlite", "sqlite /x", "", "tokens", (("id", "bigint"), ("token", "text")), "run-1")
ROWS = [f"{number}\ttoken{number * 7919}\n".encode() for number in range(40)]
# what of the header of a gzip file nobody reads: flags, time, level and system
UNREAD = range(3, 10)


@pytest.fixture(params=[True, False], ids=["isal", "zlib"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    monkeypatch.setattr(gzip_stream, "HAS_ISAL", request.param and gzip_stream.HAS_ISAL)
    folder = RunFolder(str(tmp_path / "archives"), "jira-0123456789ab", "run-1")
    folder.make()
    return folder


@pytest.fixture
def archive(folder: RunFolder) -> Path:
    with folder.draft(HEADER, "id") as draft:
        draft.sink.write(b"".join(ROWS))
        found = draft.finish(len(ROWS))
        draft.keep()
    assert found
    return Path(found.path)


def refusal(folder: RunFolder, archive: Path) -> str:
    """What is said when its rows are read; '' where they are read."""
    try:
        assert list(folder.lines(archive)) == ROWS
    except SessionsError as error:
        return str(error)
    return ""


def test_an_archive_is_read_as_it_was_written(folder: RunFolder, archive: Path) -> None:
    assert refusal(folder, archive) == ""


def test_a_disk_that_alters_what_is_brought_to_it_is_noticed_while_more_is_written(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []

    def alter_once(handle: int) -> None:
        if not synced:
            place = os.fstat(handle).st_size - 20
            os.pwrite(handle, bytes([os.pread(handle, 1, place)[0] ^ 1]), place)
        synced.append(handle)

    monkeypatch.setattr(growing, "_STEP", 1000)
    monkeypatch.setattr(os, "fdatasync", alter_once)
    with folder.draft(HEADER, "id") as draft:
        for number in range(300):
            draft.sink.write(b"%d\t%s\n" % (number, os.urandom(4096).hex().encode()))
        with pytest.raises(SessionsError, match=r"is damaged|is not what was written"):
            draft.finish(300)
    assert list(folder.path.iterdir()) == []


def test_an_archive_of_which_a_byte_is_altered_is_damaged(folder: RunFolder, archive: Path) -> None:
    whole = archive.read_bytes()
    for place in sorted({*range(len(whole))} - {*UNREAD}):
        archive.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert "is damaged: it cannot be read to its end. Nothing was changed by it." in refusal(folder, archive), place


def test_an_archive_that_is_cut_or_has_more_behind_it_is_damaged(folder: RunFolder, archive: Path) -> None:
    whole = archive.read_bytes()
    for content in (*(whole[:place] for place in range(len(whole))), whole + b"x", whole + b"\x1f\x8b" * 9, whole + whole):
        archive.write_bytes(content)
        assert "is damaged" in refusal(folder, archive), len(content)


def test_rows_that_are_none_are_not_handed_on_before_the_checksum_behind_them_is_seen(folder: RunFolder, archive: Path) -> None:
    for row in (b"7", b"7\ta\tb"):
        whole = bytearray(gzip.compress(b"\n".join([row] * len(ROWS)) + b"\n"))
        whole[-8] ^= 1
        archive.write_bytes(whole)
        lines = folder.lines(archive)
        with pytest.raises(SessionsError, match="is damaged"):
            next(iter(lines))


def test_damage_is_named_in_the_middle_of_a_purge_too(folder: RunFolder, archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-8] + b"\0" * 8)
    with pytest.raises(SessionsError, match=r"tokens-1\.tsv\.gz is damaged"), folder.draft(HEADER, "id"):
        list(folder.lines(archive))


def test_damage_that_comes_after_the_look_at_the_whole_is_named(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-8] + b"\0" * 8)
    with reading.opened(archive) as file, pytest.raises(SessionsError, match="is damaged"), reading.rows_in(file, str(archive)) as rows:
        rows.read()


@pytest.mark.parametrize("kind", ["folder", "pipe", "link"])
def test_what_is_no_archive_is_named(folder: RunFolder, archive: Path, kind: str) -> None:
    archive.unlink()
    words = {"folder": "Is a directory", "pipe": "it is no regular file", "link": "it is a link"}
    if kind == "folder":
        archive.mkdir()
    elif kind == "pipe":
        os.mkfifo(archive)
    else:
        archive.symlink_to("/dev/zero")
    assert refusal(folder, archive) == f"{archive} cannot be opened: {words[kind]}. Name the archive itself."


def test_an_archive_in_a_folder_that_is_closed_is_named(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_values: object, **_more: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    # root may look everywhere, and tests may run as root
    monkeypatch.setattr(os, "lstat", refuse)
    with pytest.raises(SessionsError, match="cannot be opened: Permission denied"), reading.opened(archive):
        pytest.fail("it is not to be read")


def test_a_description_without_an_end_is_named(folder: RunFolder, archive: Path) -> None:
    sidecar = Path(description.sidecar_of(str(archive)))
    with sidecar.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(SessionsError, match=r"tokens-1\.json cannot be read: it is larger than"):
        folder.rows([archive])


class Failing(io.FileIO):
    """A file of a disk that has begun to fail."""

    def read(self, _size: int | None = -1) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def readinto(self, _buffer: t.Any) -> int:
        return len(self.read())


def test_an_archive_on_a_failing_disk_is_named(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = f"{archive} cannot be read: Input/output error. Nothing was changed by it."
    with Failing(str(archive)) as file, pytest.raises(SessionsError) as refused:
        reading.read_back(t.cast("t.BinaryIO", file), str(archive), "", len(ROWS))
    assert str(refused.value) == said
    monkeypatch.setattr(os, "fdopen", lambda handle, _mode: Failing(handle))
    with pytest.raises(SessionsError) as refused:
        list(reading.lines_of(archive))
    assert str(refused.value) == said


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on FAT, and on some shares of a network."""

    def refuse(*_paths: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("no_links")
def test_a_folder_without_hard_links_is_refused_by_the_look(folder: RunFolder) -> None:
    with pytest.raises(SessionsError, match=rf"^Archives cannot be kept in {folder.path}: its file system knows no hard links"):
        folder.check(0, copies=2)
    assert list(folder.path.iterdir()) == []


@pytest.mark.usefixtures("no_links")
def test_a_folder_that_is_not_there_is_tried_where_it_would_be_made(tmp_path: Path) -> None:
    with pytest.raises(SessionsError, match=rf"^Archives cannot be kept in {tmp_path}: its file system knows no hard links"):
        RunFolder(str(tmp_path / "archives"), "jira-0123456789ab", "run-1").check(0, copies=2)


def test_a_look_leaves_nothing_behind(folder: RunFolder, tmp_path: Path) -> None:
    folder.check(0, copies=2)
    RunFolder(str(tmp_path / "others"), "jira-0123456789ab", "run-1").check(0, copies=2)
    assert (list(folder.path.iterdir()), list(tmp_path.iterdir())) == ([], [tmp_path / "archives"])


@pytest.mark.usefixtures("no_links")
def test_a_folder_without_hard_links_is_named_as_such(folder: RunFolder) -> None:
    said = r"cannot be written: its file system knows no hard links.*Its rows were not deleted\."
    with pytest.raises(SessionsError, match=said), folder.draft(HEADER, "id") as draft:
        draft.finish(len(ROWS))
    assert list(folder.path.iterdir()) == []


def test_a_draft_that_another_process_takes_for_left_over_is_given_up(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    make = tempfile.mkstemp
    held: list[int] = []

    def make_and_lose(**where: t.Any) -> tuple[int, str]:
        handle, name = make(**where)
        if not held:
            held.append(os.open(name, os.O_RDONLY))
            fcntl.flock(held[0], fcntl.LOCK_EX)
        return handle, name

    monkeypatch.setattr(tempfile, "mkstemp", make_and_lose)
    with folder.draft(HEADER, "id"):
        assert len(list(folder.path.iterdir())) == 2
    os.close(held[0])


def test_a_draft_that_a_killed_writer_left_is_removed_on_a_network_file_system_too(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock_as_on_nfs(monkeypatch)
    left = folder.path / ".draft-abc"
    left.write_bytes(b"half")
    with folder.draft(HEADER, "id"):
        folder.make()
        assert not left.exists()
        # who is at work keeps its own
        assert len(list(folder.path.iterdir())) == 1


def test_a_draft_that_cannot_be_removed_is_named(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    left = folder.path / ".draft-abc"
    left.write_bytes(b"half")

    def fail(_handle: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(SessionsError) as refused:
        folder.make()
    said = f"What a writer that was killed left in {folder.path} (.draft-*) holds live logins and cannot be removed: No locks available."
    assert str(refused.value) == f"{said} See to it, then start the run again."
    assert left.exists()
