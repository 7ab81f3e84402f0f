# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives on disk: written whole, linked so that nothing is ever overwritten, and read back before anybody relies on them."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import tempfile
import typing as t
from contextlib import contextmanager, suppress
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import description
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.age import Encryptor
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.age_keys import ArchiveKeys
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.growing import Growing
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.gzip_stream import compressor
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.reading import (
    ReadBack,
    as_written,
    lines_of,
    read_description,
    read_through,
    unlike,
    whole_rows,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.flock_holder import is_held
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.private_files import (
    check_private_folders,
    link_new,
    make_private_folder,
    named_folder,
    sync_folder,
    try_new_file,
    whole_file,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.threads import Beside, Taker
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.content import check_run_id

_BLOCK = 1 << 20
# what a writer that was killed leaves begins so; it holds logins as well
DRAFT = ".draft-"


class RunFolder:
    """Where one run keeps its archives: ``<archive_dir>/<cluster>/<run id>``."""

    def __init__(self, archive_dir: str, cluster: str, run_id: str, keys: ArchiveKeys | None = None) -> None:
        self._top = named_folder(archive_dir)
        self._keys = keys or ArchiveKeys()
        self.path = self._top / cluster / check_run_id(run_id)

    def check(self, table_bytes: int, copies: int) -> None:
        """Raises SessionsError when so many copies of a table of that size could not be kept here. Leaves nothing behind.

        With none, nothing is tried: what came back of deleted tokens is little, and never speaks against the restarts that follow.
        """
        check_private_folders(self.path, self._top)
        there = self.path
        while not os.path.lexists(there):
            there = there.parent
        if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK, effective_ids=True)):
            raise SessionsError(f"{there} is no folder in which this account may write: name another archive_dir, or another account.")
        if not copies:
            return
        room = os.statvfs(there)
        description.check_room(room.f_bavail * room.f_frsize, table_bytes, copies, str(there))
        try:
            try_new_file(there)
        except OSError as error:
            raise SessionsError(f"Archives cannot be kept in {there}: {error.strerror}.") from error

    def make(self) -> None:
        """Make the folder, and remove what a killed writer left in it."""
        make_private_folder(self.path, self._top)
        try:
            for left in self.path.glob(f"{DRAFT}*"):
                remove_unless_in_use(left)
        except OSError as error:
            raise SessionsError(
                f"What a writer that was killed left in {self.path} ({DRAFT}*) holds live logins and cannot be removed: {error.strerror}. "
                "See to it, then start the run again."
            ) from error

    def archives(self, backup: bool, table: str = "") -> list[Path]:
        """The run's archives, or those of one table, in their order. What has no sidecar was never finished, and its rows never deleted."""
        found = (path for path in self.path.glob(f"*{description.ENDING}*") if description.is_archive(path.name, backup, table))
        finished = (path for path in found if Path(description.sidecar_of(str(path))).exists())
        return sorted(finished, key=lambda path: (description.number_of(path.name), path))

    def rows(self, archives: t.Iterable[Path]) -> int:
        """How many rows they hold, by their sidecars."""
        return sum(read_description(path)[1] for path in archives)

    def next_path(self, table: str, backup: bool) -> Path:
        """Where the next archive of the table will be."""
        paths = _paths(self.path, table, backup, bool(self._keys.recipients))
        return next(path for path in paths if not os.path.lexists(path))

    def described(self, path: Path) -> description.Archive:
        """One of its archives, by its sidecar: it is not read, so that nothing is said of its first and its last row."""
        _header, rows, sha256 = read_description(path)
        return description.Archive(str(path), description.sidecar_of(str(path)), rows, sha256, path.stat().st_size, "", "")

    def changed(self, recorded: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
        """A sentence for each archive of the run that a record tells of (``path``, ``sha256``) and that is gone, or another file now."""
        sentences = (unlike(self.path / Path(one["path"]).name, one["sha256"]) for one in recorded)
        return [sentence for sentence in sentences if sentence]

    def lines(self, path: Path) -> t.Iterator[bytes]:
        """The rows of one of its archives in COPY text; raises Locked where the run has not the key, SessionsError where it is damaged."""
        header, rows, _sha256 = read_description(path)
        return whole_rows(lines_of(path, self._keys.identities), str(path), len(header.columns), rows)

    @contextmanager
    def draft(self, header: description.Header, key: str, backup: bool = False) -> t.Iterator[Draft]:
        """A new archive; everything of it is removed unless it was kept."""
        try:
            draft = Draft(self.path, header, key, backup, self._keys)
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        try:
            yield draft
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        finally:
            draft.close()


class Draft:
    """An archive in the making: write COPY text to ``sink``, then ``finish``, and ``keep`` it once its rows may be gone elsewhere."""

    def __init__(self, folder: Path, header: description.Header, key: str, backup: bool, keys: ArchiveKeys) -> None:
        self._folder, self._header, self._backup, self._keys = folder, header, backup, keys
        self._key_position = [name for name, _type in header.columns].index(key)
        handle, self._temporary = _make_temporary(folder)
        self._in_place: list[Path] = []
        self._kept = False
        self._file = _HashedFile(os.fdopen(handle, "wb"), keys)
        self.sink = io.BufferedWriter(self._file, _BLOCK)

    def finish(self, rows: int) -> description.Archive | None:
        """Put the archive in its place, on disk, and read it back; None when it has no rows.

        Raises SessionsError when it is not as it was written.
        """
        if not rows:
            return None
        self.sink.flush()
        self._file.finish()
        path = self._link()
        sidecar = Path(description.sidecar_of(str(path)))
        with whole_file(sidecar) as file:
            file.write(description.sidecar_text(self._header, rows, self._file.sha256).encode())
        self._in_place.append(sidecar)
        read = as_written(self._file.read_back, str(path), self._file.sha256, rows)
        first, last = (line.split(b"\t")[self._key_position].decode() for line in (read.first, read.last))
        return description.Archive(str(path), str(sidecar), rows, read.sha256, read.size, first, last)

    def keep(self) -> None:
        """From here on the archive stays, whatever happens."""
        self._kept = True

    def discard(self) -> None:
        """Its rows are known not to be deleted: it goes, after all."""
        self._kept = False

    def close(self) -> None:
        """Remove what is not kept."""
        self._file.abandon()
        self.sink.close()
        for path in [self._temporary] if self._kept else [self._temporary, *self._in_place]:
            with suppress(FileNotFoundError):
                path.unlink()
        with suppress(OSError):
            sync_folder(self._folder)

    def _link(self) -> Path:
        paths = _paths(self._folder, self._header.table, self._backup, bool(self._keys.recipients))
        while True:
            path = next(paths)
            with suppress(FileExistsError):
                # link() fails where rename() would overwrite another process's archive
                link_new(self._temporary, path)
                self._in_place.append(path)
                return path


class _HashedFile(io.RawIOBase):
    """Compresses what is written, encrypts it where it has recipients, hashes what reaches the file; reads it back behind that."""

    def __init__(self, file: t.BinaryIO, keys: ArchiveKeys) -> None:
        self._file = file
        self._encryptor = Encryptor(keys.recipients, self._put) if keys.recipients else None
        self._compressor = compressor()
        self._hash = hashlib.sha256()
        self._reading = _ReadBehind(file.fileno(), keys)
        # beside the one who reads the rows
        self._packing = Taker(lambda data: self._pack(self._compressor.compress(data)))
        self._abandoned = False

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def writable(self) -> bool:
        return True

    def write(self, data: t.Any) -> int:
        # the buffer before this file writes once more when it is closed, also after a failure
        if not self._abandoned:
            self._packing.put(bytes(data))
        return len(data)

    def finish(self) -> None:
        self._packing.end()
        self._pack(self._compressor.flush())
        if self._encryptor:
            self._encryptor.finish()
        self._file.flush()
        os.fsync(self._file.fileno())

    def read_back(self) -> ReadBack:
        """What is on disk, once it is finished; raises as ``read_through``."""
        return self._reading.found()

    def abandon(self) -> None:
        self._abandoned = True
        self._packing.abandon()
        if self._encryptor:
            self._encryptor.abandon()
        self._reading.abandon()
        with suppress(OSError):
            self._file.close()

    def _pack(self, data: bytes) -> None:
        if self._encryptor:
            self._encryptor.write(data)
        else:
            self._put(data)

    def _put(self, data: bytes) -> None:
        self._hash.update(data)
        self._file.write(data)
        self._file.flush()
        self._reading.grow(len(data))


class _ReadBehind:
    """Reads an archive in a thread of its own, from its first bytes on. ``handle``: open for reading, and until ``abandon``."""

    def __init__(self, handle: int, keys: ArchiveKeys) -> None:
        self._growing, self._keys = Growing(handle), keys
        self._found: list[ReadBack] = []
        self._beside: Beside | None = None

    def grow(self, size: int) -> None:
        self._growing.grow(size)
        if not self._beside:
            sealed, identities = bool(self._keys.recipients), self._keys.identities
            self._beside = Beside(lambda: self._found.append(read_through(self._growing, sealed, identities)))

    def found(self) -> ReadBack:
        self._growing.end()
        if self._beside:
            self._beside.end()
        return self._found[0]

    def abandon(self) -> None:
        self._growing.end()
        if self._beside:
            with suppress(Exception):
                self._beside.end()


def _paths(folder: Path, table: str, backup: bool, sealed: bool) -> t.Iterator[Path]:
    """Where archives of the table may be, in their order."""
    return (folder / description.name_of(table, number, backup, sealed) for number in itertools.count(1))


def _make_temporary(folder: Path) -> tuple[int, Path]:
    while True:
        handle, name = tempfile.mkstemp(dir=folder, prefix=DRAFT)
        # whoever finds the file can tell by this lock that it is not left over
        if is_held(handle) and os.fstat(handle).st_nlink:
            return handle, Path(name)
        # it was taken for a left-over before it was locked
        os.close(handle)


def remove_unless_in_use(path: Path) -> bool:
    """Remove what a writer left, unless it is still at it: False, then. Raises OSError."""
    with suppress(FileNotFoundError), path.open("r+b") as file:
        if not is_held(file.fileno()):
            return False
        path.unlink()
    return True


def _cannot_write(folder: Path, error: OSError) -> SessionsError:
    return SessionsError(f"The archive in {folder} cannot be written: {error.strerror}. Its rows were not deleted.")
