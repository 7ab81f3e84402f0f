# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured, what is wanted of it, and the table of both, from several runs. Pure."""

from __future__ import annotations

import json
import statistics
import typing as t
from dataclasses import dataclass

# of one mark, as programs read it, and the kinds of it where it is in seconds
Values = dict[str, t.Any]
_KINDS: t.Mapping[str, tuple[type, ...]] = {
    "name": (str,),
    "ours_s": (int, float),
    "peer": (str, type(None)),
    "peer_s": (int, float, type(None)),
    "ratio": (int, float, type(None)),
    "goal": (str,),
    "met": (bool,),
}


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
        told = _spread(self.ours, self.unit)
        if self.ratio is not None:
            told += f", {self.ratio:.2f} of {self.peer}: {_spread(self.peers, 's')}"
        return f"{self.work}: {told} ({self.goal.words}: {'met' if self.met else 'NOT met'})"

    def values(self) -> Values:
        """For programs: medians. Of a mark in MB ``ours_s`` is null, and ``ours_mb`` beside it."""
        return {
            "name": self.work,
            "ours_s": None,
            f"ours_{self.unit.lower()}": round(statistics.median(self.ours), 4),
            "peer": self.peer or None,
            "peer_s": round(statistics.median(self.peers), 4) if self.peers else None,
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "goal": self.goal.words,
            "met": self.met,
        }


def read_values(text: str) -> list[Values] | None:
    """The marks that an earlier run left for programs; None where the text is anything else."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, list) and all(map(_is_values, found)) else None


def _is_values(found: object) -> bool:
    if not isinstance(found, dict):
        return False
    kinds = {**_KINDS, **({"ours_s": (type(None),), "ours_mb": (int, float)} if "ours_mb" in found else {})}
    return found.keys() == kinds.keys() and all(isinstance(found[name], kind) for name, kind in kinds.items())


def merged(older: t.Sequence[Values], newer: t.Sequence[Values]) -> list[Values]:
    """Each mark once, as it was measured last."""
    return list({mark["name"]: mark for mark in (*older, *newer)}.values())


def table(marks: t.Sequence[Values], title: str) -> str:
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


def _row(mark: Values) -> str:
    ours = f"{mark['ours_mb']:.3f} MB" if "ours_mb" in mark else f"{mark['ours_s']:.3f} s"
    peers = "-" if mark["peer_s"] is None else f"{mark['peer_s']:.3f} s"
    ratio = "-" if mark["ratio"] is None else f"**{mark['ratio']:.2f}**"
    return f"| {mark['name']} | {ours} | {mark['peer'] or '-'} | {peers} | {ratio} | {mark['goal']} | {'yes' if mark['met'] else 'no'} |"


def _spread(values: t.Sequence[float], unit: str) -> str:
    """The median, and between which it lies."""
    return f"{statistics.median(values):.3f} {unit} ({min(values):.3f} .. {max(values):.3f})"
