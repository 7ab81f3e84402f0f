# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured, and the table of it. Pure."""

from __future__ import annotations

import statistics
import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """Seconds of some repetitions, ours and a peer's, taken by turns in one run on one machine."""

    work: str
    peer: str
    ours: tuple[float, ...]
    peers: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Ours by the peer's, of the medians: below 1 ours is faster."""
        return statistics.median(self.ours) / statistics.median(self.peers)


def table(marks: t.Sequence[Mark], title: str) -> str:
    """The marks in Markdown."""
    rows = [f"| {mark.work} | {_seconds(mark.ours)} | {mark.peer} | {_seconds(mark.peers)} | **{mark.ratio:.2f}** |" for mark in marks]
    return "\n".join([f"# {title}", "", "| work | ours | peer | the peer's | ratio |", "|---|---|---|---|---|", *rows, ""])


def _seconds(values: t.Sequence[float]) -> str:
    """The median, and between which it lies."""
    return f"{statistics.median(values):.3f} s ({min(values):.3f} .. {max(values):.3f})"
