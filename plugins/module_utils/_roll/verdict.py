# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict: proven, or unproven with what is missing. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.live import LIVE
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookie_rows import KINDS, REMEMBER_ME, SESSION

# what ends a cookie of each kind: a stop of the node or, in route live, the product
_ACTS = {SESSION: "end of its sessions", REMEMBER_ME: "purge"}

AnswerRow = t.Mapping[str, t.Any]


class Evidence(t.TypedDict):
    """What was seen of one node: ``controls`` of its own cookies right before the act, ``answers`` of all old ones, replayed there later.

    ``before``, ``after``: why a look of then gave no answers, ''. ``alone``: of ``why_alone``.
    """

    controls: list[AnswerRow]
    answers: list[AnswerRow]
    before: str
    after: str
    alone: str


def why_alone(route: str, kept: str) -> str:
    """Why an old session cookie alone shows that the sessions of a node ended, '' where its restart does, too. ``kept``: in what."""
    if route == LIVE:
        return "nothing else shows that its sessions ended"
    how = {"unknown": "how it keeps its sessions is not known", "outside": "its sessions are kept outside its process"}.get(kept)
    return f"{how}, so that its restart does not show their end" if how else ""


def still_open(answers: t.Iterable[AnswerRow], seen_by: str) -> list[str]:
    """A sentence for each cookie that opens the door to somebody."""
    return [
        f"the {KINDS[row['kind']]} that {row['node']} handed out still signs {row['user']} in at {seen_by}"
        for row in answers
        if row["user"]
    ]


def dead_controls(node: str, controls: t.Sequence[AnswerRow], alone: str) -> list[str]:
    """What proves nothing: a cookie of the node that was not seen to work right before the act.

    What never opened the door is no canary: where the other kind did, that one is enough. But by a dead token no session is seen to end.
    """
    last = {kind: _last(kind, controls) for kind in _ACTS}
    some_worked = any(row and row["user"] for row in last.values())
    whys = {SESSION: alone, REMEMBER_ME: ""}
    sentences = (_no_control(node, kind, last[kind], some_worked, whys[kind]) for kind in _ACTS)
    return [sentence for sentence in sentences if sentence]


def _last(kind: str, rows: t.Iterable[AnswerRow]) -> AnswerRow | None:
    found = [row for row in rows if row["kind"] == kind]
    return found[-1] if found else None


def _no_control(node: str, kind: str, row: AnswerRow | None, other_worked: bool, alone: str) -> str:
    """``alone``: of ``why_alone`` for a session cookie, else ''."""
    if not row:
        return f"{node}: no {KINDS[kind]} was seen to work before the {_ACTS[kind]}"
    if row.get("absent") and alone:
        return f"{node}: no session cookie of it was seen to work ({row['absent']}), and {alone}"
    if row.get("absent"):
        return "" if other_worked else f"{node}: {row['absent']}"
    if not row["user"]:
        return f"{node}: its {KINDS[kind]} was dead already before the {_ACTS[kind]} (timed out?): its end proves nothing"
    return ""


def seen_by(evidence: t.Mapping[str, Evidence]) -> list[str]:
    """By which cookies the end is to be seen, one line for the nodes that are alike."""
    alike: dict[tuple[str, str], list[str]] = {}
    for node, one in evidence.items():
        found = {kind: _last(kind, one["controls"]) for kind in _ACTS}
        used = " and ".join(KINDS[kind] for kind, row in found.items() if row and row["user"])
        absent = "; ".join(row["absent"] for row in found.values() if row and row.get("absent"))
        if used:
            alike.setdefault((used, f" alone ({absent})" if absent else ""), []).append(node)
    return [f"by the {used} of {', '.join(nodes)}{alone}" for (used, alone), nodes in alike.items()]


def unanswered(node: str, nodes: t.Sequence[str], answers: t.Sequence[AnswerRow]) -> list[str]:
    """Cookies that were not replayed at this node, although they should have been."""
    seen = {(row["kind"], row["node"]) for row in answers}
    return [f"{node}: the {KINDS[kind]} of {one} was not replayed there" for one in nodes for kind in KINDS if (kind, one) not in seen]


def verdict(
    evidence: t.Mapping[str, Evidence],
    canary: bool,
    rows_left: int,
    not_seen: t.Sequence[str],
    spared: t.Mapping[str, t.Any] | None = None,
    doubt: str = "",
    came_back: int = 0,
) -> dict[str, t.Any]:
    """``verdict``: proven or unproven; ``missing``: a sentence for what was not seen, or seen alive; ``nodes``: the verdict of each.

    ``seen``: by which cookies. ``doubts``: what nobody could see, and no run can prove.
    ``canary``: whether a proof account was given. ``rows_left``: rows of the archives that are still in the token table.
    ``not_seen``: what is wrong with the cold standbys, archives that could not be compared with the table, a deletion that was only said.
    ``spared``: of ``spared_seen``. ``doubt``: of ``membership``.
    ``came_back``: rows that share something with an archived one, and were deleted when the nodes were back.
    """
    by_node = {node: _node_missing(node, evidence, canary) for node in evidence}
    missing = [f"{rows_left} of the archived tokens are in the token table again"] if rows_left else []
    missing += came_back_problems(came_back)
    missing += not_seen
    watched = spared or {"missing": [], "seen": []}
    missing += watched["missing"]
    if not canary:
        missing.append("no proof account was given (force_reauth_proof_username, or _proof_cookies): no old cookie was replayed")
    missing += [sentence for sentences in by_node.values() for sentence in sentences]
    nodes = {node: "unproven" if sentences or not canary else "proven" for node, sentences in by_node.items()}
    return {
        "verdict": "unproven" if missing else "proven",
        "missing": missing,
        "doubts": [doubt] if doubt else [],
        "nodes": nodes,
        "seen": [*seen_by(evidence), *watched["seen"]],
    }


def came_back_problems(rows: int) -> list[str]:
    """What stands against a proof where archived rows came back: the old cookies that are replayed are not those of such a login."""
    sentence = (
        f"{rows} of the archived tokens came back after the purge, and are deleted again: a session that one of them opened meanwhile may "
        "live on: run again, under another force_reauth_run_id"
    )
    return [sentence] if rows else []


def _node_missing(node: str, evidence: t.Mapping[str, Evidence], canary: bool) -> list[str]:
    if not canary:
        return []
    found = evidence[node]
    open_doors = still_open(found["answers"], node)
    dead = _with_reason(node, dead_controls(node, found["controls"], found["alone"]), found["before"])
    return open_doors + dead + _with_reason(node, unanswered(node, list(evidence), found["answers"]), found["after"])


def _with_reason(node: str, sentences: list[str], reason: str) -> list[str]:
    """What was not seen, with the reason why not, where one is known."""
    return [f"{node}: {reason.rstrip('.')}", *sentences] if sentences and reason else sentences
