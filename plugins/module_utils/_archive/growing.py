# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that is read while it is written, some steps behind: what is read has been on disk, where the system allows to see that."""

from __future__ import annotations

import os
import threading

# bytes that are brought to the disk at a time
_STEP = 4 << 20


class Growing:
    """``handle``: open for reading. One thread says how far the file has come, another one reads it."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._written = self._on_disk = self._read = 0
        self._over = False
        self._grown = threading.Condition()

    def grow(self, size: int) -> None:
        """So many more bytes were handed to the system."""
        with self._grown:
            self._written += size
            self._grown.notify()

    def end(self) -> None:
        """No more come."""
        with self._grown:
            self._over = True
            self._grown.notify()

    def read(self, size: int = -1) -> bytes:
        """The next bytes, none at the end: waits for them. ``size`` below 0 is one step."""
        if self._read >= self._on_disk:
            self._bring_to_disk()
        wanted, left = size if size >= 0 else _STEP, max(0, self._on_disk - self._read)
        # at the end nothing is left, unless somebody else has written there
        data = os.pread(self._handle, min(wanted, left) if left else wanted, self._read)
        self._read += len(data)
        return data

    def _bring_to_disk(self) -> None:
        with self._grown:
            self._grown.wait_for(lambda: self._over or self._written - self._on_disk >= _STEP)
            written = self._written
        os.fdatasync(self._handle)
        os.posix_fadvise(self._handle, self._on_disk, written - self._on_disk, os.POSIX_FADV_DONTNEED)
        self._on_disk = written
