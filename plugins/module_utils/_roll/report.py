# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan and the result of a run as lines for people. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.by_hand import DATABASE, MANUAL, PRODUCT, is_said
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.doubts import doubt_lines
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.live import LIVE, call_lines, call_notes
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.plan import batches_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.sign_on import sign_on_lines
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.survivors import survivors, survivors_in_words

RULE = "-" * 100
_KEPT = {
    "memory": "in memory",
    "disk": "in memory, saved at a stop (the saved ones are removed)",
    "elsewhere": "in memory, saved at a stop outside the work folder",
    "replicated": "replicated",
    "outside": "outside the process",
    "unknown": "unknown: nothing was found that says how",
}

_STILL_OPEN = {"rolling": "a node not yet restarted", LIVE: "a user whose turn had not come"}
_NOT_REHEARSED = {
    PRODUCT: ", what the product shows to the administrator",
    MANUAL: ", the script",
}


def plan_lines(plan: t.Mapping[str, t.Any], check_mode: bool) -> list[str]:
    """What is about to happen, or would. ``plan``: as handed over by the role, with ``look`` (of the token table)."""
    look = plan["look"]
    lines = [
        RULE,
        f"Run {plan['run_id']}, route {plan['route']}{', resumed in phase ' + plan['phase'] if plan['resumed'] else ''}",
        *([f"Set aside  run {plan['set_aside']}, for good; this is a new run"] if plan.get("set_aside") else []),
        *(f"Sign-on    {line}" for line in sign_on_lines(plan["node_facts"])),
        f"Cluster    {plan['title']}, {plan['membership']['sentence']}",
        *([f"Revoke     {plan['revoke']} ({plan['chosen']})"] if plan["chosen"] else []),
        *_TOKENS[plan["revoke"]](plan),
        *_act(plan),
        f"Outage     {_outage(plan)}",
    ]
    # a node of the record that is gone has no facts: the refusal that comes next names it
    lines += [f"{node:<10} {_node(facts)}" for node, facts in plan["node_facts"].items()]
    lines += [f"Out        {line}" for line in plan["out"]]
    lines += [f"Doubt      {doubt}" for doubt in [plan["membership"]["doubt"]] if doubt]
    lines += [f"Doubt      {line}" for line in doubt_lines(plan["node_facts"])]
    lines += [f"Standby    {line}" for line in plan["standbys"]]
    lines += [f"Proof      {line}" for line in plan["proof"]]
    lines += [f"Note       {note}" for note in look.get("notes", [])]
    lines.append(f"Not ended by this procedure: {_survives(plan)}")
    lines += [f"Script     | {line}".rstrip() for line in plan["statements"].splitlines()]
    if check_mode:
        lines.append(
            "Check mode: nothing is changed. Not rehearsed: the sign-in of the proof account, stop and start of the nodes, the gate, "
            f"the replay of cookies{_NOT_REHEARSED.get(plan['revoke'], '')}."
        )
    return [*lines, RULE]


def _survives(plan: t.Mapping[str, t.Any]) -> str:
    return survivors_in_words(survivors(plan["survives"], plan["look"].get("survivors", [])))


def _act(plan: t.Mapping[str, t.Any]) -> list[str]:
    if plan["route"] == LIVE:
        return call_lines(plan["product"], plan["names_by"])
    return [f"Batches    {' | '.join(', '.join(batch) for batch in batches_of(plan['nodes'], plan['batches']))}"]


def _by_database(plan: t.Mapping[str, t.Any]) -> list[str]:
    look = plan["look"]
    return [
        f"Tokens     {look['rows']} of {count(look['users'], 'user')} in {look['table']}, {look['database']}{_oldest(look['oldest'])}",
        *_users(plan),
        f"Asked      {plan['asked']}, from {plan['database_host']}",
        f"Archives   {plan['folder']} on {plan['database_host']}{_encrypted(look.get('encrypted_for', 0))}",
    ]


def _encrypted(recipients: int) -> str:
    return f", encrypted for {count(recipients, 'recipient')}" if recipients else ""


def _by_hand(plan: t.Mapping[str, t.Any]) -> list[str]:
    look, unproven = plan["look"], plan["unproven"]
    word = plan["blind"] or unproven
    seen = f"your word, force_reauth_revoked=true ({word})" if word else "a remember-me cookie of the proof account that has died"
    return [
        f"Tokens     not counted: they are deleted by hand from {look['table']}, {look['database']}, and the database is not asked",
        *_users(plan),
        "By hand    the run writes the script below and ends; a database administrator carries it out; the printed command goes on",
        f"Goes on    by {seen}",
        f"Unproven   this run will end so: nothing will show that the tokens are deleted ({unproven})"
        if unproven
        else "Proven     where a remember-me cookie works before the deletion and is dead at the end: your word alone proves nothing",
        f"Record     {plan['folder']} on {plan['database_host']}",
    ]


def _by_product(plan: t.Mapping[str, t.Any]) -> list[str]:
    look = plan["look"]
    unasked = f"not counted: the product deletes them itself; {look['database']} is not asked"
    counted = f"{look.get('rows')} in {look['table']}, {look['database']}: the product deletes them itself"
    return [
        f"Tokens     {counted if 'rows' in look else unasked}",
        *_users(plan),
        *(["Counted    after it none of them may be left in the table"] if "rows" in look else []),
        "Archives   none, and nothing can be put back",
        f"Record     {plan['folder']} on {plan['database_host']}",
    ]


_TOKENS: t.Mapping[str, t.Callable[[t.Mapping[str, t.Any]], list[str]]] = {
    DATABASE: _by_database,
    PRODUCT: _by_product,
    MANUAL: _by_hand,
}


def restarted_by(control: t.Mapping[str, t.Any]) -> str:
    """What will stop and start a node, and as which account."""
    account = f"as {control.get('account') or 'an unknown account'}"
    by = {"systemd": f"unit {control['unit']} {account}", "scripts": f"scripts {account}"}
    return by.get(control["manager"], "task files of the site")


def result_lines(plan: t.Mapping[str, t.Any], record: t.Mapping[str, t.Any], found: t.Mapping[str, t.Any], open_seconds: int) -> list[str]:
    """What was done and seen. ``record``: of the run; ``found``: of ``verdict``; ``open_seconds``: since the cut-off, -1 is unknown."""
    revoked = record.get("revoked") or {"archives": []}
    lines = [
        RULE,
        f"Run {plan['run_id']}: {found['verdict'].upper()}",
        *(f"Sign-on    {line}" for line in sign_on_lines(plan["node_facts"])),
        f"Cluster    {plan['title']}, {plan['membership']['sentence']}",
        *_cut_off(revoked, record.get("deleted", ""), bool(record.get("counted"))),
        *_users(plan),
        *(f"Node       {node}: {found['nodes'][node]}" for node in plan["nodes"]),
        *(f"Standby    {line}" for line in plan["standbys"]),
        *(f"Seen       {line}" for line in found["seen"]),
        *(f"Missing    {sentence}" for sentence in found["missing"]),
        *(f"Doubt      {sentence}" for sentence in found["doubts"]),
        *(f"Archive    {archive['path']} ({archive['rows']} rows, SHA-256 {archive['sha256']})" for archive in revoked["archives"]),
        f"Record     {plan['folder']}/run.json on {plan['database_host']}",
    ]
    if plan["route"] in _STILL_OPEN and open_seconds >= 0:
        lines.append(f"Open       a session of {_STILL_OPEN[plan['route']]} could be used for {open_seconds} s after {_since(record)}")
    lines += [_called(record["live"])] if record.get("live") else []
    lines += call_notes(plan["product"]) if plan["route"] == LIVE else []
    lines += [f"Note       {note}" for note in plan["look"].get("notes", [])]
    lines.append(f"Not ended  {_survives(plan)}")
    return [*lines, RULE]


def _called(blocks: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    names, unknown = (sum(int(block[what]) for block in blocks) for what in ("names", "unknown"))
    gone = f"; of {unknown} more names it says that there is no such user" if unknown else ""
    return f"Sessions   of {count(names - unknown, 'user')} ended by calls to the product{gone}"


def _cut_off(revoked: t.Mapping[str, t.Any], deleted: str, counted: bool) -> list[str]:
    if deleted:
        unseen = "when they were deleted, how many, whether there is a copy, whether one came back: only the cookies are"
        uncopied = "the second in which they were deleted, whether there is a copy, whether one came back"
        return [f"Deleted    {deleted}", f"Not seen   {uncopied if counted else unseen}"]
    left_alone = revoked.get("left_alone", [])
    return [
        f"Cut-off    {revoked['cut_off']} (clock of the database), {revoked['rows']} tokens archived and deleted",
        *(f"Left       {one['after']} {one['what']} in {one['table']}, {one['before']} before" for one in left_alone),
    ]


def _since(record: t.Mapping[str, t.Any]) -> str:
    if "cut_off" in record.get("revoked", {}):
        return "the cut-off"
    return f"the deletion was {'said' if is_said(record['deleted']) else 'seen'}, and before that since it happened"


def _users(plan: t.Mapping[str, t.Any]) -> list[str]:
    """Whose tokens are treated, said also where it is everybody's: a name that did not arrive is seen."""
    if not plan["users"]:
        return ["Users      everybody"]
    stay = f"Whoever keeps a token ({plan['look']['others']} of them) is signed in again by it after the restart"
    return [f"Users      {plan['users']}", f"Note       {stay}"]


def count(number: int, what: str) -> str:
    """So many of them."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def _oldest(oldest: str) -> str:
    return f", oldest {oldest}" if oldest else ""


def _outage(plan: t.Mapping[str, t.Any]) -> str:
    if plan["route"] == "outage":
        return "every node is down at once, from the stop until the first node is up again"
    if plan["route"] == LIVE:
        return "none: no node is stopped"
    stay = f"none of the cluster: at least {count(plan['min_up'], 'node')} of {len(plan['nodes'])} stay up"
    return "; ".join([stay, *plan["emptied"]])


def _node(facts: t.Mapping[str, t.Any]) -> str:
    drained = "".join(f", drained in {one['backend']} of {one['balancer']}" for one in facts["balanced"])
    kept = _KEPT[facts["sessions"]["kept"]]
    saved = "".join(f", removed when it is down: {path}" for path in facts["sessions"].get("saved", []))
    restart = restarted_by(facts["control"])
    return f"{facts['title']} {facts['version']} at {facts['url']}, restarted by {restart}{drained}, sessions {kept}{saved}"
