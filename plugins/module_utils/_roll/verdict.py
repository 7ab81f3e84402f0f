# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict: proven, or unproven with what is missing. Pure."""

from __future__ import annotations

import typing as t

SESSION, REMEMBER_ME = "session", "remember_me"
_IN_WORDS = {SESSION: "session cookie", REMEMBER_ME: "remember-me cookie"}

AnswerRow = t.Mapping[str, t.Any]


class Evidence(t.TypedDict):
    """What was seen of one node: ``controls`` right before the act, ``answers`` of all old cookies after it, replayed at this node."""

    controls: list[AnswerRow]
    answers: list[AnswerRow]


def still_open(answers: t.Iterable[AnswerRow], seen_by: str) -> list[str]:
    """A sentence for each cookie that opens the door to somebody."""
    return [
        f"the {_IN_WORDS[row['kind']]} that {row['node']} handed out still signs {row['user']} in at {seen_by}"
        for row in answers
        if row["user"]
    ]


def dead_controls(node: str, controls: t.Sequence[AnswerRow]) -> list[str]:
    """What proves nothing: a cookie of the node that was not seen to work right before the act."""
    missing = []
    for kind, act in ((SESSION, "stop of the node"), (REMEMBER_ME, "purge")):
        own = [row for row in controls if row["kind"] == kind and row["node"] == node]
        if not own:
            missing.append(f"{node}: no {_IN_WORDS[kind]} was seen to work before the {act}")
        elif not own[-1]["user"]:
            missing.append(f"{node}: its {_IN_WORDS[kind]} was dead already before the {act} (timed out?): its end proves nothing")
    return missing


def unanswered(node: str, nodes: t.Sequence[str], answers: t.Sequence[AnswerRow]) -> list[str]:
    """Cookies that were not replayed at this node, although they should have been."""
    seen = {(row["kind"], row["node"]) for row in answers}
    return [
        f"{node}: the {_IN_WORDS[kind]} of {one} was not replayed there"
        for one in nodes
        for kind in (SESSION, REMEMBER_ME)
        if (kind, one) not in seen
    ]


def verdict(evidence: t.Mapping[str, Evidence], canary: bool, rows_left: int, of_standbys: t.Sequence[str]) -> dict[str, t.Any]:
    """``verdict``: proven or unproven; ``missing``: a sentence for what was not seen, or seen alive; ``nodes``: the verdict of each.

    ``canary``: whether a proof account was given. ``rows_left``: rows of the archives that are still in the token table.
    ``of_standbys``: what is wrong with the cold standbys.
    """
    by_node = {node: _node_missing(node, evidence, canary) for node in evidence}
    missing = [f"{rows_left} of the archived tokens are in the token table again"] if rows_left else []
    missing += of_standbys
    if not canary:
        missing.append("no proof account was given (force_reauth_proof_username): no old cookie was replayed")
    missing += [sentence for sentences in by_node.values() for sentence in sentences]
    nodes = {node: "unproven" if sentences or not canary else "proven" for node, sentences in by_node.items()}
    return {"verdict": "unproven" if missing else "proven", "missing": missing, "nodes": nodes}


def _node_missing(node: str, evidence: t.Mapping[str, Evidence], canary: bool) -> list[str]:
    if not canary:
        return []
    found = evidence[node]
    controls = [row for one in evidence.values() for row in one["controls"]]
    open_doors = still_open(found["answers"], node)
    return open_doors + dead_controls(node, controls) + unanswered(node, list(evidence), found["answers"])
