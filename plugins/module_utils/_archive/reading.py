# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives that are read: whole and as they were written, or row by row."""

from __future__ import annotations

import hashlib
import os
import typing as t
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import age, description
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.gzip_stream import content, damaged_errors, decompressor
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.regular_file import open_regular, read_all

_BLOCK = 1 << 20
# no row is longer
_LINE = 1 << 16
# nor any description
_SIDECAR = 1 << 20
UNOPENED = -1


class Readable(t.Protocol):
    """A file, as far as it is read."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, none at the end."""


class Locked(SessionsError):
    """The archive is encrypted, and no key that is at hand opens it."""


@dataclass(frozen=True)
class ReadBack:
    """What a file on disk holds; ``first`` and ``last`` are lines in COPY text. Of UNOPENED rows it is encrypted, and no key opened it."""

    sha256: str
    size: int
    rows: int
    first: bytes
    last: bytes


def read_back(file: t.BinaryIO, path: str, sha256: str, rows: int, identities: age.Keys = ()) -> ReadBack:
    """Read an open archive to its end; raises SessionsError when it is not whole, or not the one with that SHA-256 and so many rows.

    Raises Locked when it is as it was written, and none of the identities opens it.
    """

    def read() -> ReadBack:
        # from the disk, not from memory, where the system allows
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return read_through(file, description.is_sealed(path), identities)

    return as_written(read, path, sha256, rows)


def as_written(read: t.Callable[[], ReadBack], path: str, sha256: str, rows: int) -> ReadBack:
    """What ``read`` found, by ``read_through``; raises as ``read_back`` does."""
    try:
        found = read()
    except damaged_errors():
        raise _damaged(path) from None
    except OSError as error:
        raise _unread(path, error) from error
    if found.rows == UNOPENED:
        raise (locked(path) if found.sha256 == sha256 else _damaged(path))
    if (found.sha256, found.rows) != (sha256, rows):
        raise SessionsError(
            f"{path} is not what was written: it has {found.rows} rows and SHA-256 {found.sha256}, expected were {rows} and {sha256}."
        )
    return found


def read_through(file: Readable, sealed: bool, identities: age.Keys) -> ReadBack:
    """What a file holds, to its end. Raises one of ``damaged_errors``, and OSError."""
    source, unpacked = _Hashed(file), _Unpacked()
    try:
        if sealed:
            age.decrypt(source, unpacked.write, identities)
        else:
            while data := source.read(_BLOCK):
                unpacked.write(data)
    except age.Unopened:
        source.read_to_end()
        return ReadBack(source.sha256, source.size, UNOPENED, b"", b"")
    source.read_to_end()
    unpacked.check_whole()
    return ReadBack(source.sha256, source.size, unpacked.rows, unpacked.first, unpacked.last)


@contextmanager
def opened(path: Path) -> t.Iterator[t.BinaryIO]:
    """The archive of this account at that very path; raises SessionsError for a link, what is no file, or another account's file."""
    try:
        handle = open_regular(str(path), os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        problem = "it is a link" if os.path.islink(path) else error.strerror  # noqa: PTH114  the other one raises where it may not look
        raise SessionsError(f"{path} cannot be opened: {problem}. Name the archive itself.") from error
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if found.st_uid != os.geteuid():
            raise SessionsError(f"{path} belongs to another account (uid {found.st_uid}): who could change it could forge logins.")
        yield file


@contextmanager
def rows_in(file: t.BinaryIO, path: str, identities: age.Keys = ()) -> t.Iterator[t.BinaryIO]:
    """The rows of an open archive in COPY text, from its begin, to be read line by line; raises Locked, or that it is damaged."""
    file.seek(0)
    packed = age.decrypted(file, identities) if description.is_sealed(path) else nullcontext(file)
    try:
        with packed as plain, content(plain) as rows:
            yield rows
    except age.Unopened:
        raise locked(path) from None
    except damaged_errors():
        raise _damaged(path) from None


def lines_of(path: Path, identities: age.Keys = ()) -> t.Iterator[bytes]:
    """The rows of an archive in COPY text, one at a time; raises Locked, and SessionsError where it is damaged, or cannot be read."""
    try:
        with opened(path) as file, rows_in(file, str(path), identities) as rows:
            yield from rows
    except OSError as error:
        raise _unread(str(path), error) from error


def whole_rows(lines: t.Iterable[bytes], path: str, columns: int, rows: int) -> t.Iterator[bytes]:
    """The rows of an archive, each of so many columns; raises SessionsError for another, and where they are not so many in the end.

    A row comes before the checksum behind it was seen, and an empty file has none.
    """
    seen = 0
    for line in lines:
        if line.count(b"\t") != columns - 1:
            raise _damaged(path)
        seen += 1
        yield line
    if seen != rows:
        raise _damaged(path)


def locked(path: str) -> Locked:
    """The sentence about an archive to which no key is at hand."""
    return Locked(f"{path} is encrypted, and no key that is at hand here opens it.")


def read_description(path: Path) -> tuple[description.Header, int, str]:
    """Header, rows and SHA-256 as the archive's sidecar says; raises SessionsError, also for a file that has not the name of an archive."""
    if not path.name.endswith((description.ENDING, description.ENDING + description.SEALED)):
        raise SessionsError(f"{path} is no archive: the name of one ends with {description.ENDING}, or {description.SEALED} after it.")
    sidecar = Path(description.sidecar_of(str(path)))
    with opened(sidecar) as file:
        try:
            text = read_all(file.fileno(), _SIDECAR).decode(errors="replace")
        except OSError as error:
            raise _unread(str(sidecar), error) from error
    return description.read_sidecar(text, str(sidecar))


def unlike(path: Path, sha256: str) -> str:
    """Why the archive that was written there with that SHA-256 is not what lies there now, '' where it is."""
    if not os.path.lexists(path):
        return f"{path} is not there any more"
    try:
        with opened(path) as file:
            source = _Hashed(file)
            source.read_to_end()
    except OSError as error:
        return str(_unread(str(path), error))
    except SessionsError as error:
        return str(error)
    return "" if source.sha256 == sha256 else f"{path} is not the file any more that the run wrote there"


def _damaged(path: str) -> SessionsError:
    return SessionsError(f"{path} is damaged: it cannot be read to its end. Nothing was changed by it.")


def _unread(path: str, error: OSError) -> SessionsError:
    return SessionsError(f"{path} cannot be read: {error.strerror}. Nothing was changed by it.")


class _Hashed:
    """Reads a file, and hashes what it reads."""

    def __init__(self, file: Readable) -> None:
        self._file, self._hash, self.size = file, hashlib.sha256(), 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._hash.update(data)
        self.size += len(data)
        return data

    def read_to_end(self) -> None:
        while self.read(_BLOCK):
            pass


class _Unpacked:
    """Counts the rows of a gzip file that is pushed in, and keeps the first and the last."""

    def __init__(self) -> None:
        self._gzip = decompressor()
        self.rows, self.first, self._tail = 0, b"", b""

    def write(self, data: bytes) -> None:
        text = self._gzip.decompress(data)
        self.rows += text.count(b"\n")
        self.first = self.first or text[: text.find(b"\n") + 1]
        self._tail = (self._tail + text[-_LINE:])[-_LINE:]

    @property
    def last(self) -> bytes:
        return self._tail[self._tail.rstrip(b"\n").rfind(b"\n") + 1 :]

    def check_whole(self) -> None:
        """Raises EOFError when the end was not seen, or more stands after it."""
        if not self._gzip.eof or self._gzip.unused_data:
            raise EOFError
