# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long is too long? Every time-out of demo and tests is the seconds of an idle machine, and is given to ``patient`` before it is used.

What is waited for usually comes long before: only a thing that never comes takes all of that time.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
import typing as t

# what a start of Python takes on an idle machine, generously
_IDLE_START = 0.04
_STARTS = 5
# for so long a measured speed holds: the machine may have become busier
_HOLDS = 30.0
_POLL = 0.03


class Patience:
    """A factor, 1 on an idle machine: the largest seen so far of how slowly processes start and how many want each core."""

    def __init__(self, measure: t.Callable[[], float], clock: t.Callable[[], float]) -> None:
        self._measure = measure
        self._clock = clock
        self._measured = -math.inf
        self._factor = 1.0

    @property
    def factor(self) -> float:
        """Never less than 1, and never less than before: what waits may have begun when the machine was at its busiest."""
        if self._clock() - self._measured > _HOLDS:
            self._measured = self._clock()
            self._factor = max(self._factor, self._measure())
        return self._factor


def slowness() -> float:
    """How slow this machine is at this moment, 1 when it is idle."""
    began = time.monotonic()
    for _start in range(_STARTS):
        subprocess.run([sys.executable, "-c", "pass"], check=True, stdin=subprocess.DEVNULL)
    took = (time.monotonic() - began) / _STARTS
    return max(took / _IDLE_START, os.getloadavg()[0] / (os.cpu_count() or 1))


_PATIENCE = Patience(slowness, time.monotonic)


def patient(seconds: float) -> float:
    """So long this machine, as busy as it is, may take for what an idle one does in ``seconds``."""
    return seconds * _PATIENCE.factor


def wait_for(happened: t.Callable[[], bool], what: str, seconds: float = 30, progress: t.Callable[[], object] = lambda: None) -> None:
    """Wait until it happened; raises TimeoutError that says what did not. The time begins anew with each change of ``progress``."""
    began, seen = time.monotonic(), progress()
    while not happened():
        if (now := progress()) != seen:
            began, seen = time.monotonic(), now
        waited = time.monotonic() - began
        # the speed is measured only where that decides
        if waited > seconds and waited > patient(seconds):
            raise TimeoutError(f"waited {waited:.0f} s in vain: {what}")
        time.sleep(_POLL)
