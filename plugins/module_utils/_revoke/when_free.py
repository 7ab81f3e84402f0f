# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others hold is tried again, with growing pauses."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import Contended

Result = t.TypeVar("Result")


@dataclass(frozen=True)
class Clock:
    """Seconds that only grow, and a way to let them pass."""

    now: t.Callable[[], float]
    sleep: t.Callable[[float], None]


def pauses(first: float = 0.1, longest: float = 5.0) -> t.Iterator[float]:
    """Seconds to wait before each further try: growing, so that the writers get their turn."""
    while True:
        yield first
        first = min(first * 2, longest)


def when_free(act: t.Callable[[], Result], clock: Clock, seconds: float) -> Result:
    """What ``act`` returns; tried again, with growing pauses, while others are in the way. Raises Contended when they are for too long."""
    end, waits = clock.now() + seconds, pauses()
    while True:
        pause = next(waits)
        try:
            return act()
        except Contended:
            if clock.now() + pause > end:
                raise
        clock.sleep(pause)
