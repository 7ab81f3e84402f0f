# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The canary as the plan tells of it: who it is, and to whom the copied cookies open the door. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.content import is_done, was_told_to_stop
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.believed import answers_to, key_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.live import LIVE
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.scope import scope_problems
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.verdict import why_alone
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import UserScope
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookie_rows import REMEMBER_ME, SESSION

# of what was seen of a cookie: an act that ends it had begun
_BEGUN = "begun"

Look = t.Mapping[str, t.Any]
Rows = t.Sequence[t.Mapping[str, t.Any]]


def proof_lines(looks: t.Mapping[str, Look], proof_username: str, route: str) -> list[str]:
    """How it will be proven, and what nobody looks like on this site."""
    if any(doors_of(look) for look in looks.values()):
        lines = [f"{node}: {_opened(doors_of(look), _why_unproven(look, route))}" for node, look in looks.items()]
    elif proof_username:
        lines = [f"{proof_username} signs in on one node, then on the others; after the act every old cookie is sent again, alone"]
    else:
        return ["none: without force_reauth_proof_username or force_reauth_proof_cookies the run will end unproven"]
    nobody = sorted({_asked(look)["nobody"] for look in looks.values() if _asked(look)})
    return lines + [f"a visitor without any cookie is answered with {one}" for one in nobody]


def proof_problems(looks: t.Mapping[str, Look], scope: UserScope | None, resumed: bool, route: str) -> list[str]:
    """What speaks against the copied cookies. On a resume they may have died by the run itself."""
    doors = [door for look in looks.values() for door in doors_of(look)]
    users = list(dict.fromkeys(door["user"] for door in doors if door["user"]))
    if doors and not users and not resumed:
        notes = "; ".join(dict.fromkeys(f"{door['name']} was {door['note']}" for door in doors if door["note"]))
        return [
            "none of force_reauth_proof_cookies opens the door at any node: copy them again, from a browser that is signed in now"
            + (f" ({notes})" if notes else "")
        ]
    untreated = [problem for user in users for problem in scope_problems(scope, None, user)]
    return untreated + (_sessions_unseen(looks) if doors and not resumed and route == LIVE else [])


def account_problems(options: t.Mapping[str, t.Any], nodes: t.Sequence[str], begun: bool) -> list[str]:
    """What speaks against the proof account, whose place copied cookies take. ``nodes``: where it is to sign in, of ``signing_in``.

    ``begun``: the run goes on, and what it began with is not asked again.
    """
    name, password = options["proof_username"], options["proof_password"]
    if options["proof_cookies"] or bool(name) == bool(password):
        return []
    if name:
        return ["give force_reauth_proof_password"] * bool(nodes)
    sentence = (
        "force_reauth_proof_password is given without force_reauth_proof_username, so that nothing would be proven: give both, or, where "
        "that is meant, -e force_reauth_proof_password= behind all other variables"
    )
    return [] if begun else [sentence]


def blind_nodes(plan: t.Mapping[str, t.Any], hostvars: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[str]:
    """A sentence for each node of which no cookie at hand could show that route live ends its sessions; none after the purge."""
    if plan["route"] != LIVE or plan["phase"] != "prepared":
        return []
    sessions = {node: [row for row in hostvars[node]["__force_reauth_cookies"] if row["kind"] == SESSION] for node in plan["nodes"]}
    return [
        f"{node}: no session cookie of it is at hand ({'; '.join(row['absent'] for row in rows) or 'none was given'}), "
        f"and {why_alone(LIVE, '')}"
        for node, rows in sessions.items()
        if not any(row["value"] for row in rows)
    ]


def signing_in(plan: t.Mapping[str, t.Any]) -> list[str]:
    """The nodes whose sessions are still to be ended, in the order of the plan: where the proof account signs in.

    Before the phase ``rolling`` no node is done: those that a roll restarted before the tokens were gone are restarted once more. And in
    route live none is by its restart: a session of before it would show nothing.
    """
    restarted = plan["phase"] == "rolling" and plan["route"] != LIVE
    records = plan["record"].get("node_records", {})
    return [node for node in plan["nodes"] if _signs_in(plan["node_facts"][node], records.get(node, {}), restarted)]


def _signs_in(facts: Look, node_record: t.Mapping[str, t.Any], restarted: bool) -> bool:
    """A node that an earlier start is still stopping takes nobody in any more: what was seen of its cookies before that stands.

    ``restarted``: whether it may be done by its restart.
    """
    process = facts["process"]
    still_stopping = was_told_to_stop(node_record) and not facts["ready"]["ready"]
    return process["running"] and not still_stopping and not (restarted and is_done(process["identity"], node_record))


def with_values(rows: Rows, proof_cookies: Rows) -> list[dict[str, t.Any]]:
    """The rows of ``session_probe``, which returns no value that was given to it, with the values by the number of the cookie.

    Without copied cookies there is no such row: the canary signs in.
    """
    if not proof_cookies:
        return []
    values = [proof_cookies[row["given"]]["value"] if row["given"] >= 0 else "" for row in rows]
    return [{**{key: row[key] for key in row if key != "given"}, "value": value} for row, value in zip(rows, values)]


def taken_up(own: Rows, copied: Rows, controls: Rows) -> dict[str, Rows]:
    """The ``cookies`` and ``controls`` of a node that a start begins with.

    ``own``, ``controls``: cookies of an earlier start, and what was seen of them. Of ``copied`` ones in place of lost ones nothing was.
    """
    return {"cookies": own or copied, "controls": controls if own or not copied else []}


def signed_in_anew(new: Rows, phase: str, cookies: Rows, controls: Rows) -> dict[str, list[t.Mapping[str, t.Any]]]:
    """``cookies``, whose end is still to come, and ``controls``, what was seen of them, once the canary has signed in.

    ``new``: the cookies of that; the others as they were before it. After the purge a remember-me cookie is a good one: nothing is to be
    proven of it. And what was seen of cookies that are thrown away says nothing of those that take their place.
    """
    if phase == "prepared":
        return {"cookies": [*new], "controls": []}
    sessions = [row for row in new if row["kind"] == SESSION]
    kept, seen = ([row for row in rows if row["kind"] != SESSION] for rows in (cookies, controls))
    return {"cookies": kept + sessions, "controls": seen}


def answered_before(turn: t.Mapping[str, t.Any], kinds: t.Collection[str], cookies: Rows, controls: Rows) -> dict[str, list[t.Any]]:
    """``cookies`` and ``controls`` once the node has been sent those of these kinds right before the act. ``turn``: of ``node_check``.

    A product that rotates its tokens hands out a successor: from then on that one is the old cookie. Nothing but its value is taken over.
    What an earlier start has ``begun`` to end may have died by it: that it worked before stands.
    """
    sent = [row for row in cookies if row["kind"] in kinds]
    worked = {key_of(row) for row in controls if row.get(_BEGUN) and row["user"]}
    # the mark is the run's own
    told = [{name: value for name, value in row.items() if name != _BEGUN} for row in answers_to(sent, turn["answers"])]
    answers = [row for row in told if row["user"] or key_of(row) not in worked]
    anew = {key_of(row) for row in answers}
    renewed = {key_of(row): row["value"] for row in answers_to(sent, turn["renewed"])}
    return {
        "cookies": [{**row, "value": renewed.get(key_of(row), row["value"])} for row in cookies],
        "controls": [*(row for row in controls if key_of(row) not in anew), *answers],
    }


def begun(controls: Rows, kinds: t.Collection[str]) -> list[dict[str, t.Any]]:
    """``controls`` as they are recorded right before the act that ends cookies of these kinds."""
    return [{**row, _BEGUN: True} if row["kind"] in kinds else {**row} for row in controls]


def begun_by_stop(controls: Rows, plan: t.Mapping[str, t.Any], kept: str) -> list[dict[str, t.Any]]:
    """The same before a node is stopped, which is no act where its restart shows no end of sessions. ``kept``: in what they are.

    In route outage the purge comes next.
    """
    sessions = [] if why_alone(plan["route"], kept) else [SESSION]
    return begun(controls, [*sessions, REMEMBER_ME] if (plan["route"], plan["revoke"]) == ("outage", "database") else sessions)


def live_before(controls: Rows, turn: t.Mapping[str, t.Any], names: t.Iterable[str], rest: t.Iterable[str]) -> Rows:
    """Route live, of a run that goes on: ``controls`` once it is known whose sessions an earlier start ended.

    Of anybody else a cookie that is dead by now died by itself. ``names``: of all users; ``rest``: of those who are still to be treated.
    """
    ended = {name.lower() for name in names} - {name.lower() for name in rest}
    dead = {key_of(row): row for row in turn["answers"] if row["kind"] == SESSION and not row["user"]}
    return [row if row["user"].lower() in ended else dead.get(key_of(row), row) for row in controls]


def doors_of(look: Look) -> Rows:
    """To whom each copied cookie opens the door of the node."""
    return _asked(look).get("doors") or []


def _asked(look: Look) -> Look:
    """What the site answered; nothing of a node that is down, or where no proof is wanted."""
    return look.get("asked") or {}


def _why_unproven(look: Look, route: str) -> str:
    """Why the end of the node's sessions will not be proven, '' where a copied session cookie opens its door, or its restart will do."""
    opens = any(door["user"] for door in doors_of(look) if door["kind"] == SESSION)
    return "" if opens else why_alone(route, look["sessions"]["kept"])


def _sessions_unseen(looks: t.Mapping[str, Look]) -> list[str]:
    """What speaks against route live: nodes whose door no copied session cookie opens."""
    nodes = [node for node, look in looks.items() if _why_unproven(look, LIVE)]
    problem = (
        "no session cookie of force_reauth_proof_cookies opens the door there, and with force_reauth_route=live nothing else shows that "
        "the sessions ended: give one of each node, from a browser that is signed in there, or in place of the cookies a proof account "
        "(force_reauth_proof_username), or take force_reauth_route=rolling"
    )
    return [f"{', '.join(nodes)}: {problem}"] if nodes else []


def _opened(doors: Rows, unproven: str) -> str:
    opened = [f"{door['name']} opens the door to {door['user']}" for door in doors if door["user"]]
    opened += [f"{door['name']} was {door['note']}" for door in doors if door["note"]]
    opened += [f"no session cookie opens it, and {unproven}"] * bool(opened and unproven)
    return "; ".join(opened) or "no copied cookie opens the door: of this node nothing will be proven"
