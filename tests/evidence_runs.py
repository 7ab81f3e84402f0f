# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Invented runs of any size, as record, plan and tasks tell of them, for the tests of the evidence."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.gathered import NodeSeen, Seen
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.model import About, evidence

Values = dict[str, t.Any]
CUT_OFF = "2026-11-25T02:52:12Z"
KINDS = ("session", "remember_me")


def at(seconds: float) -> str:
    """So many seconds after the run began."""
    minutes, rest = divmod(seconds, 60)
    return f"2026-11-25T{2 + int(minutes + 52) // 60:02}:{int(minutes + 52) % 60:02}:{rest:06.3f}Z"


def names(count: int) -> list[str]:
    """Of that many nodes."""
    return [f"jira{number + 1}.example.org" for number in range(count)]


def record_of(nodes: t.Sequence[str], phase: str = "proven", done: int | None = None) -> Values:
    """Of a roll in which each node took 60 seconds, the first ``done`` of them (all when None)."""
    done = len(nodes) if done is None else done
    phases = ("prepared", "revoked", "rolling")
    return {
        "phase": phase,
        "start": {"attempt": 1, "number": "ab", "controller": "ops1"},
        "nodes": list(nodes),
        "users": "",
        "route": "rolling",
        "batches": [1] * len(nodes),
        "product": "Jira",
        "database": "postgresql system 77 database jira schema public",
        "table": "remembermetoken",
        "tokens": 1_600_000,
        "tokens_seen": {
            "users": 18230,
            "oldest": "2026-11-11T08:15:00Z",
            "ages": {"day": 90_000, "week": 410_000, "month": 1_100_000, "older": 0},
        },
        "revoked": {"rows": 1_600_000, "cut_off": CUT_OFF, "archives": [{"path": "/a/t-1.tsv.gz", "rows": 1_600_000, "sha256": "0" * 64}]},
        "history": [{"name": name, "at": at(number)} for number, name in enumerate(phases)],
        "node_records": {
            node: _node_record(number) if number < done else {"identity": f"boot:{number}:1"} for number, node in enumerate(nodes)
        },
    }


def _node_record(number: int) -> Values:
    steps = {"draining": 3, "stopping": 13, "starting": 25, "up": 55}
    return {
        "identity": f"boot:{number}:1",
        "process": f"boot:{number}:2",
        "cleaned": True,
        "sessions": "disk",
        "gate_seconds": 12,
        "verdict": "proven",
        "history": [{"name": name, "at": at(number * 60 + seconds)} for name, seconds in steps.items()],
    }


def plan_of(nodes: t.Sequence[str]) -> Values:
    """Of the same run."""
    facts = {"title": "Jira", "version": "10.3.1", "url": "http://127.0.0.1:8080", "sessions": {"kept": "disk"}}
    return {
        "nodes": list(nodes),
        "node_facts": dict.fromkeys(nodes, facts),
        "min_up": max(0, len(nodes) - 1),
        "membership": {"sentence": f"{len(nodes)} nodes of the inventory: confirmed by the product", "doubt": ""},
        "standbys": [],
        "proof": ["session-proof signs in on one node, then on the others"],
        "look": {"notes": []},
        "survives": ["personal access tokens", "Basic authentication", "mobile apps"],
        "phase": "prepared",
        "resumed": False,
        "folder": "/srv/force_reauth/jira-0123456789ab/CHG-1",
    }


def seen_of(nodes: t.Sequence[str], open_doors: t.Collection[tuple[str, str, str]] = (), passed: int | None = None) -> Seen:
    """Every cookie worked before and none does after, but (kind, handed out by, asked at) in ``open_doors``.

    ``passed``: so many nodes were seen to come back and asked (all when None).
    """
    controls = [{"kind": kind, "node": node, "user": "session-proof", "absent": ""} for node in nodes for kind in KINDS]

    def node_seen(number: int, node: str) -> NodeSeen:
        done = passed is None or number < passed
        rows = [{**row, "user": "session-proof" if (row["kind"], row["node"], node) in open_doors else ""} for row in controls]
        own = [row for row in controls if row["node"] == node]
        return {
            "controls": t.cast("t.Any", own),
            "answers": t.cast("t.Any", rows if done else []),
            "process": f"boot:{number}:2" if done else "",
            "gate_seconds": 12 if done else -1,
            "back_at": at(number * 60 + 58) if done else "",
        }

    missing = [
        f"the {kind.replace('_', '-')} cookie that {handed_out} handed out still signs session-proof in at {there}"
        for kind, handed_out, there in open_doors
    ]
    verdict = {
        "verdict": "unproven" if missing else "proven",
        "missing": missing,
        "doubts": [],
        "seen": [f"by the session cookie and remember-me cookie of {', '.join(nodes)}"],
    }
    seen_nodes = {node: node_seen(number, node) for number, node in enumerate(nodes)}
    return {"nodes": seen_nodes, "verdict": verdict, "leftovers": {"rows": 0, "left": 0, "since": 12}}


def about(end: str = "proven", **more: t.Any) -> About:
    """Beside the record."""
    known: About = {
        "end": end,
        "run_id": "CHG-1",
        "cluster": "jira-0123456789ab",
        "host": "db1",
        "folder": "/srv/force_reauth/jira-0123456789ab/CHG-1",
        "at": at(240),
        "record_sha256": "f" * 64,
        "record_problem": "",
        "command": "ansible-playbook -i inventory.yml dcops.atlassian_sessions.force_reauth -e '@secrets.yml'",
        "versions": {"dcops.atlassian_sessions": "0.2.0", "ansible-core": "2.19.14"},
        "stopped": {},
    }
    return t.cast("About", {**known, **more})


def document(nodes: t.Sequence[str], end: str = "proven", **more: t.Any) -> Values:
    """The evidence of a whole run on these nodes."""
    return evidence(record_of(nodes, end), plan_of(nodes), seen_of(nodes), about(end, **more))


def stopped_document(nodes: t.Sequence[str]) -> Values:
    """Of a run that stopped after its first node, which still lets somebody in."""
    seen: Seen = {**seen_of(nodes, {("session", nodes[0], nodes[0])}, passed=1), "verdict": {}, "leftovers": {}}
    stopped = {"step": "roll", "sentence": "Run CHG-1 stopped in step 'roll'.", "resume": "ansible-playbook -e force_reauth_run_id=CHG-1"}
    return evidence(record_of(nodes, "rolling", 1), plan_of(nodes), seen, about("stopped", stopped=stopped))


HOSTILE: t.Mapping[str, str] = {
    "markup": "</title></style><script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": "\" onload='alert(1)' x=\"",
    "template": "{{ 7 * 7 }}{% for x in y %}",
    "terminal": "\x1b[2J\x1b]0;owned\x07\x9b31m red \x00",
    "right to left": "\u202etxt.exe \u2066\u05d0\u05d1",
    "lines": "one\ntwo\r\nthree\u2028four\x0b",
    "long": "x" * 10_000,
    "lone surrogate": "a\udce4b",
}
"""What a node, a file or a database may call something."""
