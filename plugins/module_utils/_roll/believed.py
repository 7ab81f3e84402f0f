# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the rows that a node returned count: no node speaks for another one, or of a cookie that it was not sent. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookie_rows import KINDS

Row = t.Mapping[str, t.Any]
Rows = t.Iterable[Row]


def key_of(row: Row) -> tuple[t.Any, t.Any]:
    """By what a row of an answer is known as that of a cookie: its kind, and the node that handed it out."""
    return row["kind"], row["node"]


def handed_out(rows: Rows, node: str) -> list[dict[str, t.Any]]:
    """The cookies that this node has handed out, one of each kind: they are its own, whatever its rows say."""
    by_kind = {row["kind"]: row for row in rows if row["kind"] in KINDS}
    return [{**row, "node": node} for row in by_kind.values()]


def own(rows: Rows, node: str) -> list[Row]:
    """Of the answers before the act those on the node's own cookies."""
    return [row for row in rows if row["node"] == node]


def answers_to(sent: Rows, rows: Rows) -> list[Row]:
    """Of the answers of a replay those on cookies that were sent."""
    keys = {key_of(row) for row in sent}
    return [row for row in rows if key_of(row) in keys]


def answers_to_all(hostvars: t.Mapping[str, t.Mapping[str, t.Any]], nodes: t.Iterable[str], rows: Rows) -> list[Row]:
    """Of the answers of a replay of the old cookies of all nodes those on cookies that were sent."""
    return answers_to([row for node in nodes for row in hostvars[node].get("__force_reauth_cookies") or []], rows)


def no_answer(replayed: Row) -> str:
    """Why cookies of a replay got no answer, '' where each got one. ``replayed``: of ``session_probe``."""
    reasons = dict.fromkeys(str(row["reason"]).rstrip(".") for row in replayed.get("unanswered") or [])
    return str(replayed.get("msg") or "") or "; ".join(reasons)
