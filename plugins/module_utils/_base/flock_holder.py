# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds a file that another process has locked, by the list of the kernel, so that somebody can look at that process."""

from __future__ import annotations

import os
from pathlib import Path

_LOCKS = Path("/proc/locks")


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
