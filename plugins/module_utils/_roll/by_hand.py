# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run whose tokens somebody else deletes, a database administrator or the product: what it knows without asking the database. Pure.

By hand: when it waits, when it goes on.
"""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.canary import doors_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.destination import address_of, asked_database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.live import is_since
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.which_database import means_this_machine
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES, engine_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.script import Job, script_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import cluster_name, treated_words
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookie_rows import REMEMBER_ME

DATABASE, PRODUCT, MANUAL, WAITING = "database", "product", "manual", "waiting"
_IDLES = "this product's cookie ends by itself when nobody uses it for a while"
_DAY = timedelta(days=1)
# how a deletion is known that only the operator's word tells of
_SAID = "said with force_reauth_revoked"
# before these nobody has asked for the script to be run
_NOT_ASKED_YET = ("", "prepared")

Values = t.Mapping[str, t.Any]
Rows = t.Sequence[t.Mapping[str, t.Any]]
HostVars = t.Mapping[str, Values]


def look_without_database(database: Values, given: Values, nodes: t.Sequence[str]) -> dict[str, t.Any]:
    """What is known of the token table without asking the database, with the keys of the look that the plan and the record use.

    ``database``: as the nodes' settings name it, with ``product``; ``given``: the settings of the run; ``nodes``: of the inventory.
    ``problem``: why no script can be written, where one is needed, ''.
    """
    product = product_named(database["product"])
    place = asked_database(database, given)
    engine, schema = str(given["database_engine"] or database["engine"]), _schema(database, given)
    # what makes a token of the last table goes before it
    tables = (*product.more_tokens, product.tokens)
    job, *more = (
        Job(product.title, engine, one.name, one.key, schema, place, "", False, treated_words(one), last=one is tables[-1])
        for one in tables
    )
    # 'localhost' is another database on another machine
    where = ",".join(sorted(nodes)) if not given["database_server"] and means_this_machine(database) else ""
    identity = f"not asked {job.engine} {address_of(given, database)} {job.schema} {where}"
    return {
        "cluster": cluster_name(product.name, identity),
        "database": place,
        "table": ", ".join(table.name for table in tables),
        "notes": [],
        "others": 0,
        "job": vars(job),
        "more_jobs": [vars(one) for one in more],
        "problem": _problem(job, database, given) if given["revoke"] == MANUAL else "",
    }


def script_text(look: Values, run_id: str, route: str) -> str:
    """The script of the run. ``look``: of ``look_without_database``, without a problem."""
    jobs = [look["job"], *look["more_jobs"]]
    return "\n".join(script_of(Job(**{**job, "run_id": run_id, "outage": route == "outage"})) for job in jobs)


def hand_problems(options: Values, record: Values, scoped: bool, why_blind: str) -> list[str]:
    """What speaks against a run whose tokens are deleted by hand, or against its variables in another run.

    ``record``: of the run that goes on, else empty; ``scoped``: whether only some users are treated; ``why_blind``: of that function.
    """
    if options["revoke"] != MANUAL:
        return (
            ["force_reauth_revoked is said of tokens that are deleted by hand (force_reauth_revoke=manual)"] if options["revoked"] else []
        )
    problems = ["force_reauth_revoke=manual deletes the tokens of every user: leave the names of users out"] if scoped else []
    if options["revoked"] and record.get("phase", "") in _NOT_ASKED_YET:
        problems.append(
            "force_reauth_revoked is said of a run that waits, and this one has not: tokens that were deleted before its canary "
            "signed in prove nothing. Leave it out"
        )
    if record.get("phase") == WAITING and not options["revoked"] and why_blind:
        problems.append(
            f"this run waits for the tokens to be deleted by hand, and no cookie can show it here ({why_blind}): "
            "see that the script was carried out, then say so with force_reauth_revoked=true"
        )
    return problems


def product_problems(looks: HostVars, options: Values, scoped: bool) -> list[str]:
    """What speaks against a run whose tokens the product deletes by itself. ``looks``: of ``product_detect``, by node."""
    if options["revoke"] != PRODUCT:
        return []
    found = product_named(next(iter(looks.values()))["product"])
    conditions = {
        f"force_reauth_revoke=product: no page or call of {found.title} is known that deletes all remember-me tokens": not (
            found.clear_page or found.clear_calls
        ),
        f"force_reauth_revoke=product: {_too_old(found, looks)}": bool(_too_old(found, looks)),
        "force_reauth_revoke=product deletes the tokens of every user: leave the names of users out": scoped,
        "force_reauth_revoke=product makes no archive, and nothing can be put back: say that you accept it with "
        "force_reauth_accept_no_archive=true": not options["accept_no_archive"],
        "force_reauth_revoke=product: only old cookies can show that the tokens are deleted: give force_reauth_proof_username, "
        "or force_reauth_proof_cookies": not options["proof_username"] and not options["proof_cookies"],
        "force_reauth_revoke=product needs an administrator: give force_reauth_admin_username and force_reauth_admin_password, or a "
        "proof account that is one": not all(administrator(options).values()),
    }
    return [sentence for sentence, holds in conditions.items() if holds]


def _too_old(product: Product, looks: HostVars) -> str:
    """Which nodes have a version without the calls, ''."""
    calls = product.clear_calls
    old = [node for node, look in looks.items() if calls and not is_since(look["version"], calls.since)]
    said = ", ".join(f"{node} has {looks[node]['version'] or 'a version that is not known'}" for node in old)
    return f"{product.title} {calls.since} or later is needed, and {said}" if calls and old else ""


def administrator(options: Values) -> dict[str, str]:
    """Who has the product delete the tokens: ``username`` and ``password``, of the proof account where no other is named."""
    account = "admin" if options["admin_username"] else "proof"
    return {part: str(options[f"{account}_{part}"]) for part in ("username", "password")}


def why_blind(product: str, options: Values, route: str) -> str:
    """Why no cookie can show whether the tokens are deleted, '' where one can."""
    if route == "outage":
        return "all nodes are down"
    if not options["proof_username"] and not options["proof_cookies"]:
        return "no proof account was given"
    found = product_named(product)
    if found.tokens.series:
        return "this product replaces its remember-me cookies at each use"
    return _IDLES if found.web.remember_me_idles else ""


def why_unproven(looks: HostVars, options: Values, resumed: bool) -> str:
    """Why nothing will show that the tokens are deleted by hand, '' where something may: whether a sign-in gives a cookie is seen then.

    ``looks``: of ``node_look``, by node. A copied cookie that opens no door in a run that goes on may have died by it.
    """
    if options["revoke"] != MANUAL:
        return ""
    if not options["proof_username"] and not options["proof_cookies"]:
        return "no proof account was given"
    if product_named(next(iter(looks.values()))["product"]).web.remember_me_idles:
        return _IDLES
    if resumed or not options["proof_cookies"]:
        return ""
    opened = any(door["user"] and door["name"] == look["cookies"]["remember_me"] for look in looks.values() for door in doors_of(look))
    return "" if opened else "no copied remember-me cookie opens the door"


def watched(cookies: Rows, controls: Rows, node: str, name: str, now: str, history: Rows) -> list[t.Mapping[str, t.Any]]:
    """The remember-me cookies of the node that were seen to work before anybody deleted their tokens.

    ``name``: of the product's remember-me cookie. Other cookies of a browser count as such, too, and may end for reasons of their own.
    ``now``: ISO, UTC; a cookie that may have ended by its age before that shows nothing. ``history``: of the record.
    """
    worked = any(row["kind"] == REMEMBER_ME and row["node"] == node and row["user"] for row in controls)
    named = [row for row in cookies if row["kind"] == REMEMBER_ME and row["value"] and row["name"] == name] if worked else []
    return [row for row in named if not _is_over(row, now, history)]


def _is_over(row: Values, now: str, history: Rows) -> bool:
    until = counts_until(row, history)
    return bool(until) and until <= now


def _too_late(row: Values, history: Rows) -> str:
    day = counts_until(row, history)[:10]
    return (
        f"the remember-me cookie ended by its age, on {day}"
        if row.get("ends")
        else f"the copied cookie may have ended by its age since {day}"
    )


def counts_until(row: Values, history: Rows) -> str:
    """Up to when the death of a remember-me cookie shows that its token was deleted (ISO, UTC), '' where the run has not waited for that.

    Of a copied cookie nobody knows the age: what is dead after a day of waiting may have died of it.
    """
    waits = [row["at"] for row in history if row["name"] == WAITING]
    if row.get("ends") or not waits:
        return str(row.get("ends") or "")
    since = datetime.fromisoformat(waits[-1].replace("Z", "+00:00"))
    return (since + _DAY).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seen_dead(answers: Rows) -> bool:
    """Whether one of the watched cookies opens the door to nobody any more."""
    return any(not row["user"] for row in answers)


def deletion_seen(nodes: t.Sequence[str], hostvars: HostVars, revoked: bool) -> str:
    """How it is known that the tokens are deleted, '' while it is not. ``revoked``: the operator's word."""
    answers = {node: list((hostvars[node].get("__force_reauth_watched") or {}).get("answers") or []) for node in nodes}
    dead = [node for node, rows in answers.items() if seen_dead(rows)]
    if dead:
        alive = [node for node, rows in answers.items() if rows and node not in dead]
        more = f"; that of {', '.join(alive)} still works, which the first batch has to show dead" if alive else ""
        return f"the old remember-me cookie of {', '.join(dead)} is dead{more}"
    return f"{_SAID}; the first batch has to show it" if revoked else ""


def is_said(deleted: str) -> bool:
    """Whether the tokens were taken for deleted by a word alone. ``deleted``: of the record."""
    return deleted.startswith(f"by hand: {_SAID}")


def only_said(plan: Values, hostvars: HostVars, now: str) -> list[str]:
    """That nothing shows a deletion by hand, [] where a cookie that does not idle worked before it: the verdict asks whether it died.

    ``now``: ISO, UTC. Once the run has gone on for good, what counts is when it did.
    """
    if plan["revoke"] != MANUAL:
        return []
    facts = plan["node_facts"]
    cookies = {node: hostvars[node].get("__force_reauth_cookies") or [] for node in plan["nodes"]}
    controls = {node: hostvars[node].get("__force_reauth_controls") or [] for node in plan["nodes"]}
    idles = product_named(next(iter(facts.values()))["product"]).web.remember_me_idles
    names = {node: facts[node]["cookies"]["remember_me"] for node in plan["nodes"]}
    history = plan["record"].get("history", [])
    # a word that was given too early led back to waiting
    turns = [one for one in history if one["name"] in (WAITING, "revoked")]
    went_on = turns[-1]["at"] if turns and turns[-1]["name"] == "revoked" else now
    if not idles and any(watched(cookies[node], controls[node], node, names[node], went_on, history) for node in plan["nodes"]):
        return []
    own = [row for rows in cookies.values() for row in rows if row["kind"] == REMEMBER_ME]
    over = [_too_late(row, history) for row in own if _is_over(row, went_on, history)]
    absent = dict.fromkeys([*(row["absent"] for row in own if row["absent"]), *over])
    why = _IDLES if idles else "; ".join(absent) or "no remember-me cookie was seen to work before it"
    return [f"that the tokens are deleted was only said, not seen ({why})"]


def waiting_sentence(plan: Values, script: str, still_there: bool, resume: str, unseen: t.Sequence[str], cookies: Rows) -> str:
    """Why the run ends here, who has to do what, and the command by which it goes on. ``still_there``: cookies have shown it.

    ``unseen``: of ``only_said``; ``cookies``: of ``watched``.
    """
    unasked = (
        "No old cookie could be asked whether the tokens are deleted: if you know that they are, add -e force_reauth_revoked=true. "
        if plan["phase"] == WAITING
        else ""
    )
    why = "The tokens are still there: the old remember-me cookies still open the door. " if still_there else unasked
    end = f"It will end unproven: {'; '.join(unseen)}. " if unseen else ""
    until = "All nodes are down until then" if plan["route"] == "outage" else "Until then every node runs, and nobody is signed out"
    return (
        f"{why}Run {plan['run_id']} waits, and nothing is proven yet. Now a database administrator carries out {script} on "
        f"{plan['database_host']} (it stands in the plan above, too) in {plan['look']['database']}. {until}. "
        f"{end}{_in_time(cookies)}Afterwards, and not before: Resume: {resume} (and the variables and vault options of this run)"
    )


def _in_time(cookies: Rows) -> str:
    """Up to when cookies show it; the one that lasts longest is enough."""
    if not cookies:
        return ""
    if any(row.get("ends") for row in cookies):
        return f"The old cookies show it up to {max(str(row.get('ends', '')) for row in cookies)[:10]}. "
    return "The copied cookies show it for a day: of what is dead by then nobody knows whether it died of its age. "


def _schema(database: Values, given: Values) -> str:
    """MySQL calls a database a schema."""
    named = str(given["database_schema"] or database["schema"] or "")
    engine = ENGINES.get(str(given["database_engine"] or database["engine"]))
    return str(given["database_name"] or database["name"]) if engine and engine.is_mysql else named


def _problem(job: Job, database: Values, given: Values) -> str:
    doubt = database.get("doubts", {}).get("engine", "")
    if doubt and not given["database_engine"]:
        return f"the product's settings do not tell for certain which engine its database has ({doubt}): give force_reauth_database_engine"
    try:
        engine_named(job.engine)
        script_of(job)
    except SessionsError as error:
        return str(error).rstrip(".")
    return ""
