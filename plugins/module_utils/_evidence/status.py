# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many live logins there are, and what a sign-out would have to do, as one document. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.shelved import logins_in
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.destination import password_problem
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.live import LIVE, call_problem, ends_all, out_of_reach
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.plan import (
    clusters,
    no_process,
    route_problems,
    sessions_problem,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.settings import STATISTICS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.sign_on import sign_on_lines
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.survivors import survivors
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.task_results import disagreements
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.which_database import database_problem

FORMAT = 1
Values = dict[str, t.Any]
Mapping = t.Mapping[str, t.Any]
_WHY_ENOUGH = {
    "rolling": "each node keeps its sessions itself, and they end with its process; what it saves at its stop is removed",
    "outage": "no node is left that could keep a session; what they save at their stop is removed",
    LIVE: "the product ends the sessions of each user on every node, by its documentation; a run sees by old cookies whether it did",
}


class Seen(t.TypedDict):
    """What the tasks have seen. ``nodes``: all of the inventory; ``looks``: of ``node_look``, by node; ``unseen``: why there is none.

    ``counted``: of ``remember_me_count``, ``shelved``: of ``remember_me_archives``, each empty where it gave no answer, with the reason.
    ``at``: ISO, of the controller's clock; ``hosts``: what the operator calls the cluster.
    """

    nodes: list[str]
    looks: t.Mapping[str, Mapping]
    unseen: t.Mapping[str, str]
    counted: Mapping
    uncounted: str
    shelved: Mapping
    unshelved: str
    host: str
    at: str
    hosts: str


def count_problem(looks: t.Mapping[str, Mapping], hostvars: t.Mapping[str, Mapping], given: Mapping, same_machine: bool) -> str:
    """Why the database is not asked, '' when it may be: a password goes only where it is certain that it belongs.

    ``looks``: of ``node_look``, of the nodes that were seen; ``given``: the settings of the role.
    """
    if not looks:
        return "no node was seen, so it is not known which database to ask"
    apart = disagreements(list(looks), hostvars)
    if apart:
        return "; ".join(apart)
    found = clusters(looks)
    if len(found) > 1:
        return f"these are nodes of {len(found)} clusters: {'; '.join(f'{name} ({chr(44).join(nodes)})' for name, nodes in found)}"
    return database_problem(looks, given, same_machine) or password_problem(looks, given)


def status(seen: Seen) -> Values:
    """The document; ``missing`` has a sentence for everything that was asked and not seen."""
    looks, counted = seen["looks"], seen["counted"]
    first = next(iter(looks.values()), {})
    nodes = [_node(name, looks.get(name), seen["unseen"].get(name, "")) for name in seen["nodes"]]
    return {
        "format": FORMAT,
        "at": seen["at"],
        "hosts": seen["hosts"],
        "cluster": str(counted.get("cluster", "")),
        "product": str(first.get("title", "")),
        "missing": _missing(seen),
        "tokens": _tokens(counted),
        "nodes": nodes,
        "routes": {route: _route(route, seen) for route in _WHY_ENOUGH},
        "single_sign_on": sign_on_lines(looks),
        "survives": [dict(one) for one in survivors(first.get("survives", []), counted.get("survivors") or [])],
        "archives_seen": bool(seen["shelved"]),
        "archives": [dict(run) for run in seen["shelved"].get("runs", [])],
        "other_folders": [str(name) for name in seen["shelved"].get("other_folders", [])],
        "host": seen["host"],
    }


def status_stats(document: Mapping) -> Values:
    """What a pipeline wants of it, in one place (``set_stats``)."""
    tokens = document["tokens"]
    archived, told = logins_in(document["archives"])
    return {
        STATISTICS: {
            "cluster": shown(document["cluster"]),
            "tokens": tokens["rows"],
            "users": tokens["users"],
            "ages": tokens["ages"],
            "nodes": len(document["nodes"]),
            "nodes_up": sum(1 for node in document["nodes"] if node["state"] == "up"),
            "archived": archived if told and document["archives_seen"] else -1,
            "missing": [shown(one) for one in document["missing"]],
        }
    }


def _missing(seen: Seen) -> list[str]:
    unseen = [f"{node} was not seen: {why}" for node, why in seen["unseen"].items()]
    uncounted = [] if seen["counted"] else [f"the tokens were not counted: {seen['uncounted']}"]
    unshelved = [] if seen["shelved"] else [f"the archives were not looked at: {seen['unshelved']}"]
    runs = [run for run in seen["shelved"].get("runs", []) if run["problem"]]
    unjudged = [f"archives in {run['folder']} were not judged: {run['problem']}" for run in runs]
    return [*unseen, *uncounted, *unshelved, *unjudged]


def _tokens(counted: Mapping) -> Values:
    """-1 is not counted."""
    return {
        "rows": int(counted.get("rows", -1)),
        "users": int(counted.get("users", -1)),
        "oldest": str(counted.get("oldest", "")),
        "ages": {str(name): int(rows) for name, rows in (counted.get("ages") or {}).items()},
        "top": [{"tokens": int(one["tokens"]), "user": str(one["user"])} for one in counted.get("top") or []],
        "table": str(counted.get("table", "")),
        "database": str(counted.get("database", "")),
        "notes": [str(one) for one in counted.get("notes") or []],
    }


def _node(name: str, look: Mapping | None, unseen: str) -> Values:
    """One node; ``seconds`` since its process began, -1 where none was seen."""
    if look is None:
        facts: Mapping = {}
        state, saw = "not seen", unseen
    else:
        facts = look
        state, saw = _state(look)
    sessions, process = facts.get("sessions", {}), facts.get("process", {})
    return {
        "name": name,
        "state": state,
        "saw": saw,
        "title": " ".join(str(facts.get(one, "")) for one in ("title", "version")).strip(),
        "url": str(facts.get("url", "")),
        "seconds": int(process.get("seconds", -1)),
        "sessions": str(sessions.get("kept", "unknown")),
        "saved": [str(one) for one in sessions.get("saved", [])],
        "locked_by": str(facts.get("locked_by", "")),
    }


def _state(look: Mapping) -> tuple[str, str]:
    if not look["process"]["running"]:
        return "down", no_process(look)
    ready = look["ready"]
    return ("up", "") if ready["ready"] else ("not ready", str(ready.get("saw", "")))


def _route(route: str, seen: Seen) -> Values:
    """Whether it would end every session: ``enough`` is yes, no or unknown, ``why`` says it."""
    against = _against(route, seen)
    if against:
        return {"enough": "no", "why": against}
    unknown = _unknown(route, seen)
    if unknown:
        return {"enough": "unknown", "why": unknown}
    return {"enough": "yes", "why": [_WHY_ENOUGH[route]]}


def _against(route: str, seen: Seen) -> list[str]:
    looks = seen["looks"]
    told = {node: look for node, look in looks.items() if look["version"]}
    call = call_problem(told) if route == LIVE and told else ""
    beyond = {node: out_of_reach(look) for node, look in looks.items() if ends_all(look) == "no"} if route == LIVE else {}
    embedded = any(look["database"]["embedded"] for look in looks.values())
    return [
        *([call] if call else []),
        *(f"{node}: {why}" for node, why in beyond.items()),
        *(one for one in (sessions_problem(node, look, route) for node, look in looks.items()) if one),
        *route_problems(route, len(seen["nodes"]), embedded, accept_outage=True),
    ]


def _unknown(route: str, seen: Seen) -> list[str]:
    kept = {node: look["sessions"]["kept"] for node, look in seen["looks"].items()}
    unseen = [node for node in seen["nodes"] if node not in kept]
    unclear = [node for node, how in kept.items() if how == "unknown"] if route == "rolling" else []
    asked = {"how these nodes keep their sessions is not known": [*unclear, *unseen]}
    if route == LIVE:
        asked |= {
            "whether the product's call reaches the sessions of these nodes that their processes have not begun is not known": [
                node for node, look in seen["looks"].items() if ends_all(look) == "unknown"
            ],
            "the version of these nodes is not known": [node for node, look in seen["looks"].items() if not look["version"]],
        }
    return [f"{words}: {', '.join(nodes)}" for words, nodes in asked.items() if nodes]
