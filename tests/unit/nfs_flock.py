# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An flock as Linux answers it on a network file system (flock(2), and NFS in the kernel, which knows none for a folder)."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import typing as t

import pytest


def flock_as_on_nfs(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on an exclusive one wants a file that is open for writing, and that of a folder meets nobody: who has it is elsewhere."""
    ask = fcntl.flock

    def answer(file: int | t.IO[bytes], how: int) -> None:
        handle = file if isinstance(file, int) else file.fileno()
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            return
        if how & fcntl.LOCK_EX and fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        ask(handle, how)

    monkeypatch.setattr(fcntl, "flock", answer)
