# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's tasks registered of a run, host by host, as the evidence wants it. Pure."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.believed import answers_to_all, own

HostVars = t.Mapping[str, t.Mapping[str, t.Any]]
Values = dict[str, t.Any]


class NodeSeen(t.TypedDict):
    """Of one node: ``controls`` are the answers before the act, ``answers`` those after it; ``process`` '' where no gate has seen one.

    ``gate_seconds``: -1 where no gate was passed. ``back_at``: when it was back for users, '' where that was not seen.
    """

    controls: list[t.Mapping[str, t.Any]]
    answers: list[t.Mapping[str, t.Any]]
    process: str
    gate_seconds: int
    back_at: str


class Seen(t.TypedDict):
    """``verdict`` and ``leftovers`` are empty where the run did not come to them."""

    nodes: dict[str, NodeSeen]
    verdict: Values
    leftovers: Values


def gathered(nodes: t.Sequence[str], hostvars: HostVars, now: float, now_there: str) -> Seen:
    """``now``: of the controller's clock, ``now_there`` the same moment of the clock of the record, '' where it was not asked."""
    of = {node: hostvars[node] for node in nodes if node in hostvars}
    verdict = _first(of, "__force_reauth_verdict")
    return {
        "nodes": {node: _node(node, of, now, now_there) for node in of},
        "verdict": verdict,
        # the same is looked for before the first restart: that tells nothing of the end
        "leftovers": _first(of, "__force_reauth_compared") if verdict else {},
    }


def _node(node: str, of: HostVars, now: float, now_there: str) -> NodeSeen:
    found = of[node]
    gate = found.get("__force_reauth_gate") or {}
    replayed = found.get("__force_reauth_replayed") or {}
    first = found.get("__force_reauth_first_replay") or {}
    passed = bool(gate.get("process")) and not gate.get("failed")
    return {
        "controls": own(found.get("__force_reauth_controls") or [], node),
        "answers": answers_to_all(of, of, replayed.get("answers") or first.get("answers") or []),
        "process": str(gate["process"]) if passed else "",
        "gate_seconds": int(gate.get("seconds") or 0) if passed else -1,
        "back_at": _there(found.get("__force_reauth_back"), now, now_there),
    }


def _there(back: object, now: float, now_there: str) -> str:
    """A moment of the controller's clock on the clock of the record: as long ago as it was. No clock is compared with another one."""
    try:
        ago = datetime.timedelta(seconds=now - float(str(back)))
        there = datetime.datetime.fromisoformat(now_there.replace("Z", "+00:00")) - ago
    except (ValueError, OverflowError):
        return ""
    return there.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _first(of: HostVars, name: str) -> Values:
    """What a task that runs once has registered, on whichever host."""
    return next((dict(found[name]) for found in of.values() if found.get(name)), {})
