# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The flock of an open file: had at once or not, and then who holds it, by the list of the kernel, so that somebody can look there."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

_LOCKS = Path("/proc/locks")


def is_held(handle: int) -> bool:
    """Whether this process has the file now; raises OSError. No wait for a lock has an end of its own, so nobody waits in one.

    For a network file system the file has to be open for writing, and that of a folder says nothing to other hosts.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def holder_of(handle: int) -> str:
    """The process that holds an flock of the open file, in words; it is not known where another host has it, or another container."""
    found = os.fstat(handle)
    file = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    try:
        lines = _LOCKS.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    # who waits for a lock has an arrow in the second place
    pids = [words[4] for words in map(str.split, lines) if words[1:2] == ["FLOCK"] and words[5:6] == [file]]
    return f"process {pids[0]}" if pids else "another process, which the system does not name,"
