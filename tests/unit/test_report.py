# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What plan and result say, whole: a line that is lost, or says something else, is seen here."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.report import RULE, plan_lines, restarted_by, result_lines

Values = dict[str, t.Any]


def facts(**changes: object) -> Values:
    return {
        "product": "jira",
        "title": "Jira",
        "version": "11.3.1",
        "url": "http://10.0.0.1:8080",
        "control": {"manager": "systemd", "unit": "jira.service", "account": "jira"},
        "balanced": [],
        "sessions": {"kept": "memory"},
        **changes,
    }


def plan(**changes: object) -> Values:
    return {
        "run_id": "CHG-1",
        "route": "rolling",
        "phase": "",
        "resumed": False,
        "product": "jira",
        "title": "jira-6b1f",
        "membership": {"sentence": "confirmed by the product", "doubt": ""},
        "revoke": "database",
        "look": {"rows": 50, "users": 1, "table": "public.remembermetoken", "database": "db:5432/jira", "oldest": "", "others": 7},
        "users": "",
        "asked": "db:5432",
        "database_host": "n1",
        "folder": "/a/jira-6b1f/CHG-1",
        "nodes": ["n1", "n2", "n3"],
        "batches": [1, 2],
        "min_up": 1,
        "emptied": [],
        "out": [],
        "node_facts": {node: facts() for node in ("n1", "n2", "n3")},
        "standbys": [],
        "proof": ["by adam"],
        "survives": ["access tokens", "OAuth"],
        "statements": "",
        "blind": "",
        "unproven": "",
        "chosen": "",
        "names_by": "table",
        **changes,
    }


RECORD: Values = {
    "revoked": {
        "rows": 50,
        "cut_off": "2026-11-25T02:52:12Z",
        "archives": [{"path": "/a/1.gz", "rows": 48, "sha256": "aa"}, {"path": "/a/2.gz", "rows": 2, "sha256": "bb"}],
    }
}
FOUND: Values = {
    "verdict": "proven",
    "nodes": {"n1": "proven by cookie", "n2": "proven by process", "n3": "not proven"},
    "seen": ["12 old cookies are dead"],
    "missing": ["n3 does not answer"],
    "doubts": [],
}


def whole(text: str) -> list[str]:
    """The lines of an indented block, between the two rules."""
    lines = text.splitlines()[1:-1]
    return [RULE, *(line[4:] for line in lines), RULE]


def test_the_plan_of_a_roll_is_told_whole() -> None:
    node = "Jira 11.3.1 at http://10.0.0.1:8080, restarted by unit jira.service as jira, sessions in memory"
    assert plan_lines(plan(), check_mode=False) == whole(
        f"""
    Run CHG-1, route rolling
    Cluster    jira-6b1f, confirmed by the product
    Tokens     50 of 1 user in public.remembermetoken, db:5432/jira
    Users      everybody
    Asked      db:5432, from n1
    Archives   /a/jira-6b1f/CHG-1 on n1
    Batches    n1 | n2, n3
    Outage     none of the cluster: at least 1 node of 3 stay up
    n1         {node}
    n2         {node}
    n3         {node}
    Proof      by adam
    Not ended by this procedure: access tokens; OAuth
    """
    )


def test_the_run_that_is_set_aside_is_told_with_what_else_its_setting_aside_does() -> None:
    lines = plan_lines(plan(set_aside="CHG-0"), check_mode=True)
    assert "Set aside  run CHG-0, for good; this is a new run" in lines


def test_the_plan_names_the_nodes_that_are_still_out_of_the_load_balancer() -> None:
    assert "Out        n1: it is MAINT" in plan_lines(plan(out=["n1: it is MAINT"]), check_mode=False)


def test_a_backend_that_nobody_serves_for_a_while_is_told_beside_what_stays_up() -> None:
    lines = plan_lines(plan(emptied=["backend dc1 of the load balancer lb1 during the restart of n1", "another"]), check_mode=False)
    up = "Outage     none of the cluster: at least 1 node of 3 stay up; "
    assert f"{up}backend dc1 of the load balancer lb1 during the restart of n1; another" in lines


def test_what_is_not_ended_is_told_with_the_numbers_that_were_counted() -> None:
    counted = [{"what": "OAuth", "count": 3, "how": "oauth_tokens"}, {"what": "access tokens", "count": -1, "how": "no such table"}]
    lines = plan_lines(plan(look={**plan()["look"], "survivors": counted}), check_mode=False)
    assert "Not ended by this procedure: access tokens (not counted); OAuth (3)" in lines


def test_the_plan_of_a_resumed_outage_for_some_users_is_told_whole() -> None:
    look = {**plan()["look"], "users": 2, "oldest": "2025-01-02", "notes": ["a replica follows", "it is slow"]}
    detailed = facts(
        balanced=[{"backend": "jira", "balancer": "lb1"}, {"backend": "web", "balancer": "lb2"}],
        sessions={"kept": "disk", "saved": ["/j/SESSIONS.ser", "/k/SESSIONS.ser"]},
        sign_on={"state": "on", "server": "Crowd"},
        facts=[{"name": "url", "sure": "likely", "source": "server.xml"}, {"name": "sign_on.state", "value": "on", "source": "seraph.xml"}],
    )
    changes = {"nodes": ["n1"], "batches": [1], "node_facts": {"n1": detailed}, "standbys": ["n9: cold standby"], "users": "adam alone"}
    node = (
        "Jira 11.3.1 at http://10.0.0.1:8080, restarted by unit jira.service as jira, drained in jira of lb1, drained in web of lb2, "
        "sessions in memory, saved at a stop (the saved ones are removed), "
        "removed when it is down: /j/SESSIONS.ser, removed when it is down: /k/SESSIONS.ser"
    )
    check = (
        "Check mode: nothing is changed. Not rehearsed: the sign-in of the proof account, stop and start of the nodes, the gate, "
        "the replay of cookies."
    )
    assert plan_lines(plan(route="outage", phase="revoked", resumed=True, look=look, **changes), check_mode=True) == whole(
        f"""
    Run CHG-1, route outage, resumed in phase revoked
    Sign-on    Crowd single sign-on is on: treat Crowd too, or people come back without a password (seraph.xml: on), on n1
    Cluster    jira-6b1f, confirmed by the product
    Tokens     50 of 2 users in public.remembermetoken, db:5432/jira, oldest 2025-01-02
    Users      adam alone
    Note       Whoever keeps a token (7 of them) is signed in again by it after the restart
    Asked      db:5432, from n1
    Archives   /a/jira-6b1f/CHG-1 on n1
    Batches    n1
    Outage     every node is down at once, from the stop until the first node is up again
    n1         {node}
    Doubt      n1: url is only likely (server.xml)
    Standby    n9: cold standby
    Proof      by adam
    Note       a replica follows
    Note       it is slow
    Not ended by this procedure: access tokens; OAuth
    {check}
    """
    )


@pytest.mark.parametrize(
    ("revoke", "said"),
    [
        ("product", "the gate, the replay of cookies, what the product shows to the administrator."),
        ("manual", "the gate, the replay of cookies, the script."),
    ],
)
def test_a_rehearsal_names_what_it_has_not_rehearsed(revoke: str, said: str) -> None:
    assert plan_lines(plan(revoke=revoke), check_mode=True)[-2].endswith(said)


@pytest.mark.parametrize("revoke", ["database", "product", "manual"])
def test_plan_and_result_say_that_everybody_is_meant(revoke: str) -> None:
    made = plan(revoke=revoke)
    told = [line for line in plan_lines(made, True) + result_lines(made, RECORD, FOUND, 0) if line.startswith("Users ")]
    assert told == ["Users      everybody"] * 2


def test_plan_and_result_say_that_there_may_be_more_nodes() -> None:
    doubt = "whether the cluster has more than the 3 nodes of the inventory is not known"
    told = plan_lines(plan(membership={"sentence": "not confirmed", "doubt": doubt}), True)
    told += result_lines(plan(), RECORD, {**FOUND, "doubts": [doubt]}, 0)
    assert [line for line in told if line.startswith("Doubt ")] == [f"Doubt      {doubt}"] * 2


def test_the_plan_of_a_live_run_has_no_batches() -> None:
    lines = plan_lines(plan(route="live"), check_mode=False)
    live = next(line for line in lines if line.startswith("Live "))
    call = "DELETE /rest/api/2/user/session/<user> for each user of the product's table of users"
    assert live == f"Live       no node is stopped: {call}, as the administrator"
    assert "Outage     none: no node is stopped" in lines
    assert not [line for line in lines if line.startswith("Batches")]


def test_the_result_of_a_roll_is_told_whole() -> None:
    look = {**plan()["look"], "notes": ["a replica follows"]}
    told = result_lines(plan(look=look, users="adam alone", standbys=["n9: cold standby"]), RECORD, FOUND, 0)
    assert told == whole(
        """
    Run CHG-1: PROVEN
    Cluster    jira-6b1f, confirmed by the product
    Cut-off    2026-11-25T02:52:12Z (clock of the database), 50 tokens archived and deleted
    Users      adam alone
    Note       Whoever keeps a token (7 of them) is signed in again by it after the restart
    Node       n1: proven by cookie
    Node       n2: proven by process
    Node       n3: not proven
    Standby    n9: cold standby
    Seen       12 old cookies are dead
    Missing    n3 does not answer
    Archive    /a/1.gz (48 rows, SHA-256 aa)
    Archive    /a/2.gz (2 rows, SHA-256 bb)
    Record     /a/jira-6b1f/CHG-1/run.json on n1
    Open       a session of a node not yet restarted could be used for 0 s after the cut-off
    Note       a replica follows
    Not ended  access tokens; OAuth
    """
    )


def test_the_result_of_a_deletion_by_hand_says_what_was_not_seen() -> None:
    told = result_lines(plan(), {"deleted": "the old cookie of n1 is dead"}, FOUND, 30)
    assert told[3:5] == [
        "Deleted    the old cookie of n1 is dead",
        "Not seen   when they were deleted, how many, whether there is a copy, whether one came back: only the cookies are",
    ]
    assert any(line.endswith("could be used for 30 s after the deletion was seen, and before that since it happened") for line in told)


@pytest.mark.parametrize(
    ("route", "seconds", "said"), [("rolling", -1, []), ("outage", 30, []), ("live", 30, ["a user whose turn had not come"])]
)
def test_how_long_sessions_were_open_is_said_where_it_is_known(route: str, seconds: int, said: list[str]) -> None:
    told = [line for line in result_lines(plan(route=route), RECORD, FOUND, seconds) if line.startswith("Open ")]
    assert told == [f"Open       a session of {who} could be used for {seconds} s after the cut-off" for who in said]


def test_a_live_result_says_what_the_call_leaves_alone() -> None:
    added = set(result_lines(plan(route="live"), RECORD, FOUND, -1)) - set(result_lines(plan(), RECORD, FOUND, -1))
    assert [line[:11] for line in added] == ["Note       "]


@pytest.mark.parametrize(("unknown", "gone"), [(0, ""), (2, "; of 2 more names it says that there is no such user")])
def test_a_live_result_says_of_how_many_users_the_sessions_were_ended(unknown: int, gone: str) -> None:
    blocks = [{"names": 5000, "unknown": unknown}, {"names": 10, "unknown": 0}]
    told = [line for line in result_lines(plan(route="live"), {**RECORD, "live": blocks}, FOUND, -1) if "calls to the product" in line]
    assert told == [f"Sessions   of {5010 - unknown} users ended by calls to the product{gone}"]
    assert not [line for line in result_lines(plan(route="live"), RECORD, FOUND, -1) if "calls to the product" in line]


@pytest.mark.parametrize(
    ("manager", "account", "said"),
    [
        ("systemd", "jira", "unit jira.service as jira"),
        ("systemd", "", "unit jira.service as an unknown account"),
        ("scripts", "jira", "scripts as jira"),
        ("tasks", "jira", "task files of the site"),
    ],
)
def test_the_plan_says_what_restarts_a_node_and_as_which_account(manager: str, account: str, said: str) -> None:
    assert restarted_by({"manager": manager, "unit": "jira.service", "account": account}) == said
