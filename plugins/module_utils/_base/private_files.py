# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are whole or not there: 0600 from the first byte, in folders of 0700, on disk before anybody relies on them."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
import typing as t
from contextlib import contextmanager, suppress
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

# what file systems without hard links answer
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS)


def named_folder(archive_dir: str) -> Path:
    """The folder of archives and records that an option names; raises SessionsError when it is not a whole path.

    A part of one would be looked for below whatever folder a module happens to run in.
    """
    if not archive_dir.startswith("/"):
        raise SessionsError(f"archive_dir is {archive_dir!r}: name a folder by its whole path, which begins with /.")
    return Path(archive_dir)


def make_private_folder(folder: Path, top: Path | None = None) -> None:
    """Create the folder with its parents, 0700, and check it; raises SessionsError when it cannot be trusted or made.

    ``top``: a folder above it that is checked as well, with all between them; nothing is made below one that cannot be trusted.
    """
    check_private_folders(folder, top or folder)
    missing = []
    one = folder
    while not os.path.lexists(one):
        missing.append(one)
        one = one.parent
    try:
        for one in reversed(missing):
            # another module of the run may make it at the same moment
            with suppress(FileExistsError):
                one.mkdir(mode=0o700)
            sync_folder(one.parent)
    except OSError as error:
        raise SessionsError(f"The folder {one} cannot be made: {error.strerror}.") from error
    check_private_folders(folder, top or folder)


def check_private_folders(folder: Path, top: Path) -> None:
    """Those of the folders from ``top`` to ``folder`` that are there: whoever owns the upper one can put another lower one in its place."""
    for one in (*reversed(folder.parents), folder):
        if (one == top or top in one.parents) and os.path.lexists(one):
            check_private_folder(one)


def check_private_folder(folder: Path) -> None:
    """Raises SessionsError when the folder is a link, another account's, or open to others."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise SessionsError(f"{folder} is not a folder of its own (a link, perhaps): name the real folder.")
    if found.st_uid != os.geteuid():
        raise SessionsError(f"The folder {folder} belongs to another account (uid {found.st_uid}): it would hold live logins.")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise SessionsError(f"The folder {folder} is open to others (mode {stat.S_IMODE(found.st_mode):04o}): make it 0700.")


@contextmanager
def whole_file(path: Path) -> t.Iterator[t.BinaryIO]:
    """Write a file as a whole: temporary name, fsync, rename, fsync of the folder. On any exception nothing is left."""
    with _put_in_place(path, Path.replace) as file:
        yield file


@contextmanager
def new_file(path: Path) -> t.Iterator[t.BinaryIO]:
    """As ``whole_file``, where there is none of that name: raises FileExistsError when there is, and leaves it as it is."""
    # the link decides; but where the name is taken nothing is written, nor has to be writable
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    with _put_in_place(path, link_new) as file:
        yield file


def try_new_file(folder: Path) -> None:
    """Make one in the folder, and leave nothing behind; raises OSError where that cannot be done."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".trial-") as trial, new_file(Path(trial) / "file"):
        pass


def link_new(draft: Path, path: Path) -> None:
    """Give a file that is whole one more name, all at once; raises FileExistsError when that is taken, also on a network file system."""
    try:
        os.link(draft, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        words = "its file system knows no hard links, without which no file comes whole and only once: take a folder on another one"
        raise OSError(error.errno, words, str(path)) from error


@contextmanager
def _put_in_place(path: Path, put: t.Callable[[Path, Path], object]) -> t.Iterator[t.BinaryIO]:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        put(Path(name), path)
    finally:
        # gone where it was renamed; and what failed before is what is told
        with suppress(OSError):
            Path(name).unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
