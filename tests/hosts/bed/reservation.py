# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One bed per machine, whoever asks: who holds the reservation may boot it and take it down."""

from __future__ import annotations

import os
import typing as t
from contextlib import contextmanager

from tests import reservation

_NAME = "dcops-bed"
# tells a child of the holder that its parent holds it
VARIABLE = "DCOPS_BED_RESERVED"


@contextmanager
def reserved(seconds: float = reservation.LONGEST_RUN) -> t.Iterator[None]:
    """Hold the reservation; raises TimeoutError when somebody else has it all that time."""
    if os.environ.get(VARIABLE) == "true":
        yield
        return
    with reservation.reserved(_NAME, "the bed of hosts", seconds):
        yield
