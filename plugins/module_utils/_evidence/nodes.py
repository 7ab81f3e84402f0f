# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the evidence says of each node. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.gathered import NodeSeen
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.content import is_done
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.live import LIVE
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.verdict import why_alone
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookie_rows import REMEMBER_ME, SESSION

Values = dict[str, t.Any]
_NOTHING_SEEN: NodeSeen = {"controls": [], "answers": [], "process": "", "gate_seconds": -1, "back_at": ""}


def node_part(
    node: str, facts: t.Mapping[str, t.Any], record: t.Mapping[str, t.Any], seen: NodeSeen | None, controls: t.Any, live: bool
) -> Values:
    """One node. ``facts``: of the look; ``record``: of the node; ``controls``: what all cookies opened before the act, by kind and node.

    ``live``: whether the sessions were to be ended without a restart.
    """
    seen = seen or _NOTHING_SEEN
    before, after = str(record.get("identity", "")), seen["process"] or str(record.get("process", ""))
    answers = [_answer(row, controls) for row in seen["answers"]]
    done = is_done(after, record)
    kept = str(record.get("sessions") or (facts.get("sessions") or {}).get("kept", "unknown"))
    alone = bool(why_alone(LIVE if live and not done else "", kept))
    # of the gate after the start, which is recorded: in an outage a node passes another one in the end
    gate_seconds = int(record.get("gate_seconds", seen["gate_seconds"]))
    return {
        "name": node,
        "title": " ".join(str(facts.get(one, "")) for one in ("title", "version")).strip(),
        "url": str(facts.get("url", "")),
        "sessions_kept": kept,
        "process_before": before,
        "process_after": after,
        "restarted": done,
        "steps": list(record.get("history", [])),
        "gate_seconds": gate_seconds,
        "back_at": seen["back_at"],
        "saved_sessions_removed": list(record.get("saved_sessions_removed", [])),
        "answers": answers,
        "proven_by": proven_by(node, done, live, alone, answers),
        "verdict": str(record.get("verdict", "")),
    }


def proven_by(node: str, done: bool, live: bool, alone: bool, answers: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    """``cookie``: an old cookie of the node, which had worked, was seen dead on it. ``process``: only the new process was seen.

    A remember-me cookie stands in for a session cookie where there is none that opens anything, as in the verdict; not where a session
    cookie ``alone`` shows the end of the sessions.
    """
    own = {one["kind"]: one for one in answers if one["from"] == node}
    session, remember_me = own.get(SESSION, {}), own.get(REMEMBER_ME, {})
    seen = session.get("worked_for") or (not alone and session.get("absent") and remember_me.get("worked_for"))
    if (done or live) and seen and not any(one["opens_for"] for one in answers):
        return "cookie"
    return "process" if done else "nothing"


def controls_of(rows: t.Iterable[t.Mapping[str, t.Any]]) -> dict[tuple[str, str], Values]:
    """The last answer of each cookie before the act, by its kind and the node that handed it out."""
    return {(str(row["kind"]), str(row["node"])): dict(row) for row in rows}


def _answer(row: t.Mapping[str, t.Any], controls: t.Mapping[tuple[str, str], Values]) -> Values:
    """``absent``: why there is no such cookie, then nothing is proven by it."""
    kind, handed_out = str(row["kind"]), str(row["node"])
    before = controls.get((kind, handed_out), {})
    return {
        "kind": kind,
        "from": handed_out,
        "worked_for": str(before.get("user", "")),
        "opens_for": str(row.get("user", "")),
        "absent": str(row.get("absent") or before.get("absent") or ""),
    }
