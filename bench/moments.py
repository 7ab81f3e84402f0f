# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of the playbook took, from the moments at which its plays began and from looks at its nodes meanwhile. Pure."""

from __future__ import annotations

import itertools
import json
import typing as t

# its name in playbooks/force_reauth.yml
ROLL = "Restart every node, batch by batch"
UP, BUSY, GONE = "up", "busy", "gone"
# when, and of each node: it serves, its process stops or starts, it has none
Look = tuple[float, t.Mapping[str, str]]


class Moment(t.NamedTuple):
    """When a play, a task, or the end came, by the clock of the machine."""

    at: float
    kind: str
    name: str


def read(lines: str) -> list[Moment]:
    """What the callback wrote."""
    return [Moment(**json.loads(line)) for line in lines.splitlines()]


def seconds_of(moments: t.Sequence[Moment], play: str) -> float:
    """How long a play took, all of its batches: each until the next play, or the end. Raises ValueError when it never began."""
    plays = [moment for moment in moments if moment.kind != "task"]
    taken = [after.at - before.at for before, after in itertools.pairwise(plays) if before.name == play]
    if not taken:
        raise ValueError(f"the run had no play {play!r}")
    return sum(taken)


def seconds_between(moments: t.Sequence[Moment], first: str, last: str) -> float:
    """From the beginning of a task to that of another one, each the first of its name. Raises ValueError where one never began."""
    begun = [next((one.at for one in moments if one.kind == "task" and one.name.endswith(name)), None) for name in (first, last)]
    if begun[0] is None or begun[1] is None:
        raise ValueError(f"the run had no task {first!r}, or none {last!r}")
    return begun[1] - begun[0]


def tasks(moments: t.Sequence[Moment]) -> int:
    """How many tasks began."""
    return sum(moment.kind == "task" for moment in moments)


def floor(looks: t.Sequence[Look]) -> float:
    """Seconds for which processes of nodes stopped or started, of all nodes together: no way to restart them one by one takes less.

    Raises ValueError when a node was never seen to: then nothing was measured.
    """
    taken = {
        node: sum(after - before for (before, seen), (after, _seen) in itertools.pairwise(looks) if seen[node] == BUSY)
        for node in looks[0][1]
    }
    if missed := [node for node, seconds in taken.items() if not seconds]:
        raise ValueError(f"never seen to start: {', '.join(missed)}")
    return sum(taken.values())
