# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sessions that Tomcat saved at a stop: ``<install>/work/<engine>/<host>/<context>/SESSIONS.ser``, found and removed.

Where the Tomcat is in a folder below the install folder, that folder stands before the name: ``apache-tomcat/SESSIONS.ser``.

No link is followed on the way: one that Tomcat would follow is refused, for its sessions would come back. The work folder itself may be
one that root made, as packages do, where nobody else can lead it elsewhere. Nothing outside the work folder is touched, and only regular
files with the names that Tomcat gives them.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.rights import path_problem

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# work/<engine>/<host>/<context>
_DEPTH = 3
# a folder in the install folder itself, or none: no way out
_FOLDER_NAME = re.compile(r"([A-Za-z0-9_-][A-Za-z0-9_.-]*)?")


# path, open folder, name: called while the folder is open
_Visit = t.Callable[[str, int, str], None]


def find_saved(install_dir: str, names: t.Sequence[str]) -> list[str]:
    """The files, sorted; raises SessionsError when a folder cannot be read."""
    found: list[str] = []
    _visit_all(install_dir, names, lambda path, _folder, _name: found.append(path))
    return sorted(found)


def remove_saved(install_dir: str, names: t.Sequence[str]) -> list[str]:
    """Remove them; the files that were there. Raises SessionsError for one that cannot be removed."""
    removed: list[str] = []

    def remove(path: str, folder: int, name: str) -> None:
        try:
            os.unlink(name, dir_fd=folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise SessionsError(f"The saved sessions {path} cannot be removed: {error.strerror}.") from None
        removed.append(path)

    _visit_all(install_dir, names, remove)
    return sorted(removed)


def _visit_all(install_dir: str, names: t.Sequence[str], visit: _Visit) -> None:
    top = os.path.realpath(install_dir)
    for folder in dict.fromkeys(name.rpartition("/")[0] for name in names):
        own = [name.rpartition("/")[2] for name in names if name.rpartition("/")[0] == folder]
        if not _FOLDER_NAME.fullmatch(folder):
            raise SessionsError(f"{folder!r} is no folder of a Tomcat below {top}: nothing is looked for, or removed, there.")
        _visit_work(f"{top}/{folder}".rstrip("/"), own, visit)


def _visit_work(tomcat: str, names: t.Sequence[str], visit: _Visit) -> None:
    if os.path.islink(tomcat):  # noqa: PTH114 # no Path is needed
        raise _linked(tomcat)
    path = _work_folder(f"{tomcat}/work")
    with _opened(path, None) as work:
        if work is not None:
            _visit_below(path, work, names, _DEPTH, visit)


def _work_folder(path: str) -> str:
    """Where Tomcat's work folder is; raises SessionsError where it is a link that somebody else than root could lead elsewhere."""
    if not os.path.islink(path):  # noqa: PTH114 # no Path is needed
        return path
    try:
        # of the link and what is above it: the folder that it leads to is the product's, and may be
        problem = path_problem(path, os.lstat, lambda _link: "/")
    except OSError as error:
        raise _closed(path, error) from None
    if problem:
        raise SessionsError(f"{_linked(path)} A link is followed where it, and every folder above it, is root's alone: {problem}.")
    return os.path.realpath(path)


def _visit_below(path: str, folder: int, names: t.Sequence[str], depth: int, visit: _Visit) -> None:
    for name, mode in _modes(path, folder):
        if stat.S_ISLNK(mode) and (depth or name in names):
            raise _linked(f"{path}/{name}")
        if not depth:
            if name in names and stat.S_ISREG(mode):
                visit(f"{path}/{name}", folder, name)
        elif stat.S_ISDIR(mode):
            with _opened(f"{path}/{name}", (folder, name)) as inner:
                if inner is not None:
                    _visit_below(f"{path}/{name}", inner, names, depth - 1, visit)


def _modes(path: str, folder: int) -> list[tuple[str, int]]:
    """Name and mode of each entry, sorted; one that goes away meanwhile is none."""
    modes = []
    try:
        for name in sorted(os.listdir(folder)):
            with contextlib.suppress(FileNotFoundError):
                modes.append((name, os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode))
    except OSError as error:
        raise _closed(path, error) from None
    return modes


@contextlib.contextmanager
def _opened(path: str, at: tuple[int, str] | None) -> t.Iterator[int | None]:
    """The folder, None when it is not there (any more)."""
    try:
        handle = os.open(at[1], _FOLDER, dir_fd=at[0]) if at else os.open(path, _FOLDER)
    except (FileNotFoundError, NotADirectoryError):
        yield None
        return
    except OSError as error:
        raise _closed(path, error) from None
    try:
        yield handle
    finally:
        os.close(handle)


def _closed(path: str, error: OSError) -> SessionsError:
    return SessionsError(f"{path} cannot be looked into for saved sessions: {error.strerror}.")


def _linked(path: str) -> SessionsError:
    return SessionsError(f"{path} is a link: sessions saved behind it would come back, and are not touched. Put a folder in its place.")
