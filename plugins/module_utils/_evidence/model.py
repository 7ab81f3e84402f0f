# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence of a run: what was seen and, first, what was not. Pure. docs/evidence.schema.json is its shape."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.gathered import Seen
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.nodes import controls_of, node_part
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.believed import own
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.by_hand import WAITING, is_said
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.live import LIVE
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.survivors import survivors

FORMAT = 1
ENDS = ("proven", "unproven", "waiting", "stopped", "abandoned")
# where a run stops in one of these steps, that start of it has deleted nothing
BEFORE_THE_DELETION = ("lock the nodes", "sign in the canary")
Values = dict[str, t.Any]
Mapping = t.Mapping[str, t.Any]


class About(t.TypedDict):
    """What is known of the run beside its record: how it ended, where its record lies, who ran it with what.

    ``stopped``: step, sentence and resume command, empty unless it stopped. ``record_problem``: why the record could not be read, ''.
    """

    end: str
    run_id: str
    cluster: str
    host: str
    folder: str
    at: str
    record_sha256: str
    record_problem: str
    command: str
    versions: dict[str, str]
    stopped: Values


def evidence(record: Mapping, plan: Mapping, seen: Seen, about: About) -> Values:
    """The document. ``record``: of ``run_record``, empty where it could not be read; ``plan``: empty for a run that was set aside."""
    about = _recorded(about, record)
    names = [str(one) for one in record.get("nodes") or plan.get("nodes") or []]
    records = record.get("node_records", {})
    rows = [row for node in names for row in _controls(node, records, seen)]
    controls = controls_of(rows)
    facts = {node: (plan.get("node_facts") or {}).get(node) or records.get(node, {}).get("facts", {}) for node in names}
    live = _route(record, plan) == LIVE
    nodes = [node_part(node, facts[node], records.get(node, {}), seen["nodes"].get(node), controls, live) for node in names]
    return {
        "format": FORMAT,
        "verdict": about["end"],
        "sentence": _sentence(about, record, seen, nodes, live),
        "not_seen": _not_seen(about, record, seen, nodes, live),
        "run": _run(record, plan, about),
        "plan": _plan(record, plan, names),
        "nodes": nodes,
        "seen_by": list(seen["verdict"].get("seen", [])),
        "tokens": _tokens(about, record, plan, seen),
        "survives": [dict(one) for one in survivors(plan.get("survives") or [], (plan.get("look") or {}).get("survivors") or [])],
        "archives": [{key: one[key] for key in ("path", "rows", "sha256")} for one in record.get("revoked", {}).get("archives", [])],
        "versions": dict(about["versions"]),
        "command": about["command"],
        "stopped": dict(about["stopped"]),
        "record": {"path": f"{about['folder']}/run.json", "host": about["host"], "sha256": about["record_sha256"]},
    }


def _recorded(about: About, record: Mapping) -> About:
    """How the run has ended by its record, where that can be read: a verdict that it does not have is nobody's to tell."""
    phase = str(record.get("phase", ""))
    if about["end"] not in ("proven", "unproven") or about["record_problem"] or about["end"] == phase:
        return about
    problem = f"the record says {phase!r}, not {about['end']!r}" if phase else f"there is no record of a run {about['run_id']} there"
    return {**about, "end": "stopped", "stopped": {"step": "tell how it ended", "sentence": problem, "resume": ""}}


def _controls(node: str, records: Mapping, seen: Seen) -> list[Mapping]:
    found = seen["nodes"].get(node)
    return (found["controls"] if found else None) or own(records.get(node, {}).get("controls", []), node)


def _sentence(about: About, record: Mapping, seen: Seen, nodes: t.Sequence[Mapping], live: bool) -> str:
    whose = record.get("users") or "everybody"
    if about["end"] == "proven":
        return (
            f"Proven: every browser session of {whose} that began before {_before(record)} is dead on all "
            f"{len(nodes)} nodes, and was seen to be dead."
        )
    if about["end"] == "unproven":
        missing = len(seen["verdict"].get("missing", []))
        acted = "their sessions were ended by calls to the product" if live else "the nodes were restarted"
        told = "it was said that " if is_said(record.get("deleted", "")) else ""
        return f"Unproven: {told}the tokens of {whose} are deleted and {acted}, but {missing} things were not seen, or seen alive."
    if about["end"] == "waiting":
        return "Waiting: a database administrator deletes the tokens by hand. Until the run goes on, nothing is proven."
    if about["end"] == "abandoned":
        return "Abandoned: this run was set aside before its end. What it had not done by then is not done, and nothing is proven."
    return f"Stopped in step '{about['stopped'].get('step', '')}': the run has not come to its end, and nothing is proven."


def _before(record: Mapping) -> str:
    """The last moment of which it is known that the tokens were deleted after it: what was made after a deletion outlives the run."""
    cut_off = record.get("revoked", {}).get("cut_off", "")
    moments = {one["name"]: one["at"] for one in record.get("history", [])}
    if cut_off:
        return f"{cut_off} (clock of the database)"
    if WAITING in moments:
        return f"this run waited for the deletion by hand ({moments[WAITING]}, clock of the database host)"
    if "prepared" in moments:
        return f"this run began ({moments['prepared']}, clock of the database host)"
    return "the tokens were deleted, at a moment that was not seen,"


def _route(record: Mapping, plan: Mapping) -> str:
    return str(record.get("route") or plan.get("route") or "")


def _not_seen(about: About, record: Mapping, seen: Seen, nodes: t.Sequence[Mapping], live: bool) -> list[str]:
    """What comes first on the page: a sentence for each thing."""
    problems = [f"the run record could not be read: {about['record_problem']}"] if about["record_problem"] else []
    if about["end"] in ("proven", "unproven"):
        by_process = [one["name"] for one in nodes if one["proven_by"] == "process"]
        by_nothing = [one["name"] for one in nodes if one["proven_by"] == "nothing"]
        alone = f"of {', '.join(by_process)} only the new process was seen, and no old cookie of its own that had worked"
        unseen = f"of {', '.join(by_nothing)} no restart was seen"
        judged = [*seen["verdict"].get("missing", []), *seen["verdict"].get("doubts", [])]
        return [*problems, *judged, *([alone] * bool(by_process)), *([unseen] * bool(by_nothing and not live))]
    open_doors = [
        f"the {row['kind'].replace('_', '-')} cookie that {row['from']} handed out still signs {row['opens_for']} in at {one['name']}"
        for one in nodes
        for row in one["answers"]
        if row["opens_for"]
    ]
    rest = [one["name"] for one in nodes if not one["restarted"] and not live]
    return [
        *problems,
        *([] if record.get("revoked") or record.get("deleted") else ["the tokens are not known to be deleted"]),
        *([f"not seen to be restarted: {', '.join(rest)}"] if rest else []),
        *open_doors,
        "no verdict was reached: no old cookie counts as dead",
    ]


def _run(record: Mapping, plan: Mapping, about: About) -> Values:
    revoked = record.get("revoked", {})
    return {
        "id": about["run_id"],
        "cluster": about["cluster"],
        "product": str(record.get("product") or plan.get("title") or ""),
        "users": str(record.get("users") or ""),
        "phase": str(record.get("phase", "")),
        "starts": int((record.get("start") or {}).get("attempt", 0)),
        "resumed": bool(plan.get("resumed")),
        "history": list(record.get("history", [])),
        "cut_off": str(revoked.get("cut_off", "")),
        "deleted": str(record.get("deleted", "")),
        "written_at": about["at"],
        "clock": about["host"],
    }


def _plan(record: Mapping, plan: Mapping, names: t.Sequence[str]) -> Values:
    # a resumed outage begins with what is down
    sizes, rest = [int(one) for one in record.get("batches") or plan.get("batches") or []], iter(plan.get("nodes") or names)
    return {
        "route": _route(record, plan),
        "batches": [batch for batch in ([name for _number, name in zip(range(size), rest)] for size in sizes) if batch],
        "min_up": int(plan.get("min_up", 0)),
        "nodes_confirmed": str((plan.get("membership") or {}).get("sentence", "")),
        "standbys": list(plan.get("standbys") or []),
        "proof": list(plan.get("proof") or []),
        "database": str(record.get("database") or (plan.get("look") or {}).get("database") or ""),
        "table": str(record.get("table") or (plan.get("look") or {}).get("table") or ""),
        "notes": list((plan.get("look") or {}).get("notes") or []),
    }


def _tokens(about: About, record: Mapping, plan: Mapping, seen: Seen) -> Values:
    """``since``: rows made after the cut-off, -1 where that was not counted, or cannot be told from rows that were left alone."""
    look, left = plan.get("look") or {}, seen["leftovers"]
    since = -1 if record.get("users") or "since" not in left else int(left["since"])
    # a look of a later start sees what was left
    before = record.get("tokens_seen") or (look if plan.get("phase", "prepared") == "prepared" else {})
    return {
        "before": int(record.get("tokens", before.get("rows", -1))),
        "users": int(before.get("users", -1)),
        "oldest": str(before.get("oldest", "")),
        "ages": {name: int(rows) for name, rows in (before.get("ages") or {}).items()},
        "deleted": _deleted(about, record, plan),
        "came_back": int(left["came_back"] if "came_back" in left else record.get("tokens_that_came_back", -1)),
        "left": int(left.get("left", -1)),
        "since": since,
    }


def _deleted(about: About, record: Mapping, plan: Mapping) -> int:
    """Rows, -1 where nobody has counted them: what a run deletes itself it records afterwards, and a purge may have stopped half-way."""
    # a run whose start was refused at its locks begins anew
    begun_here = not plan.get("resumed", True)
    before = about["stopped"].get("step") in BEFORE_THE_DELETION
    nothing_yet = record.get("revoke") == "database" and begun_here and before
    return int(record.get("revoked", {}).get("rows", 0 if nothing_yet else -1))


def stats(document: Mapping, resume: str) -> Values:
    """What a pipeline wants of it, in one place (``set_stats``)."""
    stats_of = {
        "run_id": document["run"]["id"],
        "verdict": document["verdict"],
        "cluster": document["run"]["cluster"],
        "tokens": document["tokens"]["deleted"],
        "users": document["tokens"]["users"],
        "cut_off": shown(document["run"]["cut_off"]),
        "missing": [shown(one) for one in document["not_seen"]],
        "record": f"{document['record']['host']}:{document['record']['path']}",
        "resume": resume,
    }
    return {"force_reauth": stats_of}
