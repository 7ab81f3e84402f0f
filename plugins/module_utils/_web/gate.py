# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate: a node is ready when it was seen ready several times in a row. Pure: looking, the clock and the pause come in."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """One look at a node, as ``node_ready`` returns it; ``process`` is the identity of the one process, or ''."""

    ready: bool
    process: str
    saw: str


@dataclass(frozen=True)
class Limits:
    """``settle_polls`` good looks in a row (one at least) at one and the same process, ``pause`` s apart, within ``timeout`` s."""

    settle_polls: int
    pause: float
    timeout: float


@dataclass(frozen=True)
class Passage:
    """How it ended. ``saw`` is the last look in words, ``seconds`` the whole wait."""

    passed: bool
    process: str
    saw: str
    seconds: int
    looks: int


def wait_at(
    limits: Limits,
    look: t.Callable[[], Look],
    clock: t.Callable[[], float],
    sleep: t.Callable[[float], None],
    tell: t.Callable[[str], None],
) -> Passage:
    """Look until the node has settled or the time is up; ``tell`` hears each change of what is seen, with seconds and counts."""
    began, good, told, previous, looks = clock(), 0, "", "", 0
    while True:
        seen = look()
        looks += 1
        # a process that was replaced between two looks has not settled
        good = (good + 1 if seen.process == previous or not good else 1) if seen.ready else 0
        previous, seconds = seen.process, int(clock() - began)
        if seen.saw != told:
            told = seen.saw
            tell(f"{seen.saw} ({seconds} s)")
        if good >= max(limits.settle_polls, 1):
            return Passage(True, seen.process, seen.saw, seconds, looks)
        if clock() - began + limits.pause > limits.timeout:
            return Passage(False, seen.process, seen.saw, seconds, looks)
        sleep(limits.pause)
