# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of others: a pipe, a device, or a file without an end in the place of one hangs nobody and fills no memory."""

from __future__ import annotations

import errno
import os
import stat


def open_regular(path: str, flags: int = os.O_RDONLY) -> int:
    """A descriptor of the file; raises OSError, also where it is no regular file. A link is followed unless the flags say no."""
    # looked at first: opening a device may do something
    look = os.lstat if flags & os.O_NOFOLLOW else os.stat
    _check(look(path).st_mode)
    handle = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        _check(os.fstat(handle).st_mode)
    except OSError:
        os.close(handle)
        raise
    return handle


def read_regular(path: str, most: int, flags: int = os.O_RDONLY) -> bytes:
    """The file; raises OSError, EFBIG where it is larger than that many bytes."""
    handle = open_regular(path, flags)
    try:
        return read_all(handle, most)
    finally:
        os.close(handle)


def read_all(handle: int, most: int) -> bytes:
    """What an open file holds, from its beginning; raises OSError, EFBIG where it is larger than that."""
    data = b""
    if os.fstat(handle).st_size <= most:
        data = os.pread(handle, most + 1, 0)
    if len(data) > most or os.fstat(handle).st_size > most:
        raise OSError(errno.EFBIG, f"it is larger than {most} bytes")
    return data


def _check(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no regular file")
