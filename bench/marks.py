# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured, what is wanted of it, and the table of both. Pure."""

from __future__ import annotations

import statistics
import typing as t
from dataclasses import dataclass


class Goal(t.NamedTuple):
    """What is wanted, in words, and whether the median of ours (and of the peer's) is that."""

    words: str
    met: t.Callable[[float, float], bool]


def ratio_of(limit: float) -> Goal:
    """Ours takes at most so many times what the peer takes."""
    return Goal(f"<= {limit:g}", lambda ours, peer: ours <= limit * peer)


def no_more_than(limit: float, unit: str = "s") -> Goal:
    """Ours, whatever others do."""
    return Goal(f"<= {limit:g} {unit}", lambda ours, _peer: ours <= limit)


def more_by(limit: float) -> Goal:
    """Ours takes at most so many seconds more than the peer."""
    return Goal(f"<= peer + {limit:g} s", lambda ours, peer: ours <= peer + limit)


@dataclass(frozen=True)
class Mark:
    """Some repetitions, ours and a peer's (empty where nothing is a peer), taken by turns in one run on one machine."""

    work: str
    ours: tuple[float, ...]
    goal: Goal
    peer: str = ""
    peers: tuple[float, ...] = ()
    unit: str = "s"

    @property
    def ratio(self) -> float | None:
        """Ours by the peer's, of the medians: below 1 ours is faster."""
        return statistics.median(self.ours) / statistics.median(self.peers) if self.peers else None

    @property
    def met(self) -> bool:
        """Whether it is as wanted."""
        return self.goal.met(statistics.median(self.ours), statistics.median(self.peers or (0.0,)))

    def line(self) -> str:
        """For people who wait."""
        told = f"{self.ratio:.2f} of {self.peer}" if self.ratio is not None else _values(self.ours, self.unit)
        return f"{self.work}: {told} ({self.goal.words}: {'met' if self.met else 'NOT met'})"

    def values(self) -> dict[str, t.Any]:
        """For programs: medians. Of a mark in MB ``ours_s`` is not there, ``ours_mb`` is."""
        return {
            "name": self.work,
            f"ours_{self.unit.lower()}": round(statistics.median(self.ours), 4),
            "peer": self.peer or None,
            "peer_s": round(statistics.median(self.peers), 4) if self.peers else None,
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "goal": self.goal.words,
            "met": self.met,
        }


def table(marks: t.Sequence[Mark], title: str) -> str:
    """The marks in Markdown."""
    return "\n".join(
        [
            f"# {title}",
            "",
            "| work | ours | peer | the peer's | ratio | goal | met |",
            "|---|---|---|---|---|---|---|",
            *map(_row, marks),
            "",
        ]
    )


def _row(mark: Mark) -> str:
    ratio = "-" if mark.ratio is None else f"**{mark.ratio:.2f}**"
    peers = _values(mark.peers, "s") if mark.peers else "-"
    met = "yes" if mark.met else "no"
    return f"| {mark.work} | {_values(mark.ours, mark.unit)} | {mark.peer or '-'} | {peers} | {ratio} | {mark.goal.words} | {met} |"


def _values(values: t.Sequence[float], unit: str) -> str:
    """The median, and between which it lies."""
    return f"{statistics.median(values):.3f} {unit} ({min(values):.3f} .. {max(values):.3f})"
