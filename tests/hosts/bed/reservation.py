# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One bed per machine, whoever asks: who holds the reservation may boot it and take it down."""

from __future__ import annotations

import os
import socket
import typing as t
from contextlib import contextmanager

from demo.patience import wait_for

# an abstract socket: the kernel gives the name back when its process ends, however that was, and no file is left
_NAME = "\0dcops-bed"
# tells a child of the holder that its parent holds it
VARIABLE = "DCOPS_BED_RESERVED"

# seconds that tests wait for the tests of somebody else on the same machine
LONGEST_RUN = 3600


@contextmanager
def reserved(seconds: float) -> t.Iterator[None]:
    """Hold the reservation; raises TimeoutError when somebody else has it all that time."""
    if os.environ.get(VARIABLE) == "true":
        yield
        return
    with socket.socket(socket.AF_UNIX) as holder:
        wait_for(lambda: _bind(holder), "the bed of hosts, which another process on this machine uses, is free", seconds)
        yield


def _bind(holder: socket.socket) -> bool:
    try:
        holder.bind(_NAME)
    except OSError:
        return False
    return True
