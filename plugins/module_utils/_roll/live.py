# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route live: no node is restarted, the product ends the sessions of each user. What speaks against it, and what is said of it. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import few
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import EndsLoaded

LIVE, ROLLING, OUTAGE = "live", "rolling", "outage"
# where the names of the users come from
BY_TABLE, BY_LIST = "table", "list"
# of the names in a sentence
_MOST_NAMES = 5
# why a node may have sessions that its process has not begun, by where it keeps them
_UNKNOWN = "how it keeps its sessions is not known"
_NOT_ITS_OWN = {
    "disk": "it saves its sessions at a stop and loads them at its start",
    "replicated": "its sessions are replicated to other nodes",
    "outside": "its sessions are kept outside its process",
}
# "elsewhere" is refused for each route, where the restarts are judged
_JUDGED_ELSEWHERE = ("memory", "elsewhere")
Values = t.Mapping[str, t.Any]


def is_since(version: str, since: str) -> bool:
    """Whether the version is that one, or a later one; False where it is not known."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    return bool(found) and _numbers(found[0] if found else "") >= _numbers(since)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def call_problem(looks: t.Mapping[str, Values]) -> str:
    """Why the product does not end the sessions itself, '' where it does by its documentation."""
    product = product_named(next(iter(looks.values()))["product"])
    call = product.end_sessions
    if not call:
        return f"no call of {product.title} is known that ends a user's sessions on every node"
    old = [node for node, look in looks.items() if not is_since(look["version"], call.since)]
    said = ", ".join(f"{node} has {looks[node]['version'] or 'a version that is not known'}" for node in old)
    return f"{product.title} {call.since} or later is needed, and {said}" if old else ""


def live_problems(looks: t.Mapping[str, Values], options: Values) -> list[str]:
    """What speaks against ending the sessions without a restart."""
    problem = call_problem(looks)
    first = [f"force_reauth_route=live: {problem}"] if problem else []
    if first and not product_named(next(iter(looks.values()))["product"]).end_sessions:
        return first
    conditions = {
        "force_reauth_route=live needs an administrator: give force_reauth_admin_token, or force_reauth_admin_username and _password": not (
            options["admin_token"] or (options["admin_username"] and options["admin_password"])
        ),
        "force_reauth_route=live: only old cookies can show that the sessions are ended: give force_reauth_proof_username, or "
        "force_reauth_proof_cookies": not options["proof_username"] and not options["proof_cookies"],
    }
    return [*first, *(sentence for sentence, holds in conditions.items() if holds)]


def ends_all(look: Values) -> EndsLoaded:
    """Whether the product's call ends every session of the node. Yes, too, where there is no call: ``call_problem`` says that."""
    call, kept = product_named(look["product"]).end_sessions, look["sessions"]["kept"]
    if not call or kept in _JUDGED_ELSEWHERE:
        return "yes"
    return call.ends_loaded if kept == "disk" else "unknown"


def out_of_reach(look: Values) -> str:
    """Why the product's call may leave sessions of the node alone, '' where it ends them all."""
    words = {
        "no": "the product's call does not end those that were loaded",
        "unknown": "it is not known whether the product's call ends all of them",
    }
    ends, sessions = ends_all(look), look["sessions"]
    return "" if ends == "yes" else f"{_NOT_ITS_OWN.get(sessions['kept'], _UNKNOWN)}, and {words[ends]} ({sessions['where']})"


def names_by(product: str, asks_database: bool) -> str:
    """Where the names of the users come from: the product's own table, else the list that it shows to an administrator."""
    return BY_TABLE if asks_database and product_named(product).tokens.users else BY_LIST


def unnamed(names: t.Iterable[str]) -> list[str]:
    """Those that the call cannot name: Tomcat refuses an encoded slash or backslash in a path, and takes a dot for a step in it."""
    return [name for name in names if "/" in name or "\\" in name or name in (".", "..")]


def unnamed_problem(names: t.Sequence[str], begun: bool, restart_route: str) -> str:
    """What is said of ``unnamed`` ones, '' where there are none. ``begun``: whether the run has, so that its users are what they are.

    ``restart_route``: of the plan.
    """
    if not names:
        return ""
    restarted = f"take force_reauth_route={restart_route}"
    left_out = f"leave them out (force_reauth_exclude_usernames; their logins live on), or {restarted}"
    users = "1 user" if len(names) == 1 else f"{len(names)} users"
    return f"the product's call cannot name {users} ({few(names, _MOST_NAMES)}): {restarted if begun else left_out}"


def resumed_route(recorded: str, wanted: str) -> str:
    """The route of a run that goes on: the recorded one, but a live one may be finished by restarts, where these are asked for."""
    return wanted if recorded == LIVE and wanted in (ROLLING, OUTAGE) else recorded


def route_not_taken(route: str, wanted: str) -> list[str]:
    """What is said of a route that is asked for, and that a run which goes on by ``route`` cannot take any more."""
    if wanted in ("auto", route):
        return []
    aside = "set the run aside with force_reauth_abandon, and begin a new one"
    return [f"this run goes on by route {route}, and force_reauth_route={wanted} is asked for: give force_reauth_route={route}, or {aside}"]


def lives_on(nodes: t.Iterable[str], hostvars: t.Mapping[str, Values]) -> bool:
    """Whether an old cookie still opens the door of a node to somebody, after the product's calls. A node that told nothing says no."""
    replays = [hostvars[node].get("__force_reauth_after_calls") or {} for node in nodes]
    return any(row["user"] for replay in replays for row in replay.get("answers") or [])


def call_lines(product: str, source: str) -> list[str]:
    """What the plan says of the act. ``source``: of ``names_by``."""
    call = product_named(product).end_sessions
    if not call:
        return []
    named = {BY_TABLE: "of the product's table of users", BY_LIST: "of the list that the product shows to an administrator"}[source]
    return [
        f"Live       no node is stopped: DELETE {call.path.format(name='<user>')} for each user {named}, as the administrator",
        *call_notes(product),
    ]


def call_notes(product: str) -> list[str]:
    """What the act leaves alone, for plan and result."""
    call = product_named(product).end_sessions
    return [f"Note       {call.note}"] if call else []
