# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine has once is used by one test run at a time, whoever asks."""

from __future__ import annotations

import socket
import typing as t
from contextlib import contextmanager

from demo.patience import wait_for

# seconds that tests wait for the tests of somebody else on the same machine
LONGEST_RUN = 3600


@contextmanager
def reserved(name: str, what: str, seconds: float = LONGEST_RUN) -> t.Iterator[None]:
    """Hold the reservation of that name; raises TimeoutError when somebody else has ``what`` all that time."""
    # an abstract socket: the kernel gives the name back when its process ends, however that was, and no file is left
    with socket.socket(socket.AF_UNIX) as holder:
        wait_for(lambda: _bind(holder, f"\0{name}"), f"{what}, which another process on this machine uses, is free", seconds)
        yield


def _bind(holder: socket.socket, name: str) -> bool:
    try:
        holder.bind(name)
    except OSError:
        return False
    return True
