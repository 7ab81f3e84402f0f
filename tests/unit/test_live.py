# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route live: what speaks against it, what is said of it, and how a roll finishes what it left."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.model import evidence
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll import live

from tests.evidence_runs import about, names, plan_of, record_of, seen_of
from tests.unit.test_evidence import check
from tests.unit.test_roll_plan import look, plan

THREE = names(3)
GOOD: dict[str, t.Any] = {"route": "live", "admin_token": "t", "proof_username": "proof", "proof_cookies": [], "revoke": "database"}


@pytest.mark.parametrize(
    ("version", "since", "expected"),
    [
        ("9.11.0", "9.11", True),
        ("9.11", "9.11", True),
        ("10.3.2", "9.11", True),
        ("9.4.20", "9.11", False),
        ("9.9.9", "9.11", False),
        ("11.0.0-m01", "9.11", True),
        ("", "9.11", False),
        ("unknown", "9.11", False),
    ],
)
def test_versions_are_compared_by_their_numbers(version: str, since: str, expected: bool) -> None:
    assert live.is_since(version, since) is expected


def looked(product: str = "jira", version: str = "11.3.0") -> dict[str, dict[str, t.Any]]:
    return {"n1": {"product": product, "version": version}, "n2": {"product": product, "version": version}}


@pytest.mark.parametrize(
    ("looks", "options", "problems"),
    [
        (looked(), {}, []),
        (looked("confluence"), {}, ["no call of Confluence is known"]),
        (looked("bamboo", "9.3.0"), {}, []),
        (looked("bamboo", "9.2.14"), {}, ["Bamboo 9.3 or later is needed"]),
        (looked(version="9.4.20"), {}, ["Jira 9.11 or later is needed, and n1 has 9.4.20, n2 has 9.4.20"]),
        (looked(version=""), {}, ["n1 has a version that is not known"]),
        (looked(), {"admin_token": ""}, ["needs an administrator"]),
        # nothing that could be given would help
        (looked("confluence"), {"admin_token": ""}, ["no call of Confluence is known"]),
        (looked(version="9.4.20"), {"admin_token": ""}, ["Jira 9.11 or later is needed", "needs an administrator"]),
        (looked(), {"admin_token": "", "admin_username": "a", "admin_password": "p"}, []),
        (looked(), {"admin_token": "", "admin_username": "a"}, ["needs an administrator"]),
        (looked(), {"revoke": "manual"}, []),
        (looked(), {"revoke": "product"}, []),
        (looked(), {"proof_username": ""}, ["only old cookies can show"]),
        (looked(), {"proof_username": "", "proof_cookies": ["x"]}, []),
    ],
)
def test_what_speaks_against_it(looks: dict[str, dict[str, t.Any]], options: dict[str, t.Any], problems: list[str]) -> None:
    found = live.live_problems(looks, {"admin_username": "", "admin_password": "", **GOOD, **options})
    assert len(found) == len(problems)
    assert all(part in sentence for part, sentence in zip(problems, found, strict=True))


SAVED = "it saves its sessions at a stop and loads them at its start"
NOT_KNOWN = "it is not known whether the product's call ends all of them"


@pytest.mark.parametrize(
    ("product", "kept", "why"),
    [
        ("bamboo", "memory", ""),
        ("bamboo", "disk", f"{SAVED}, and the product's call does not end those that were loaded"),
        ("bamboo", "replicated", f"its sessions are replicated to other nodes, and {NOT_KNOWN}"),
        ("bamboo", "unknown", f"how it keeps its sessions is not known, and {NOT_KNOWN}"),
        ("jira", "memory", ""),
        ("jira", "disk", f"{SAVED}, and {NOT_KNOWN}"),
        ("jira", "outside", f"its sessions are kept outside its process, and {NOT_KNOWN}"),
        ("jira", "a word of the node", f"how it keeps its sessions is not known, and {NOT_KNOWN}"),
    ],
)
def test_sessions_that_the_process_has_not_begun_are_left_to_restarts(product: str, kept: str, why: str) -> None:
    node = look(product=product, version="11.3.0", sessions={"kept": kept, "where": "x:7"})
    instead = "outage" if kept in ("replicated", "outside") else "rolling"
    problems = plan({"n1": node, "n2": node}, **{**GOOD, "revoke": "database"})["problems"]
    assert problems == [f"{name}: {why} (x:7): take force_reauth_route={instead}" for name in ("n1", "n2") if why]


def test_sessions_saved_where_no_route_removes_them_are_refused_once() -> None:
    nodes = {"n1": look(sessions={"kept": "elsewhere", "where": "x:7"}), "n2": look()}
    (problem,) = plan(nodes, **GOOD)["problems"]
    assert "outside the work folder" in problem


@pytest.mark.parametrize(
    ("nodes", "changes", "batches", "route"),
    [
        (2, {}, [1], "rolling"),
        (1, {}, [1], "outage"),
        (2, {"sessions": {"kept": "replicated", "where": "x"}}, [1], "outage"),
        (2, {"sessions": {"kept": "outside", "where": "x"}}, [1], "outage"),
        (2, {}, ["100%"], "outage"),
        (2, {"database": {**look()["database"], "embedded": True}}, [1], "outage"),
    ],
)
def test_what_is_left_is_ended_by_the_route_that_would_not_be_refused(
    nodes: int, changes: dict[str, t.Any], batches: list[t.Any], route: str
) -> None:
    made = plan({f"n{number}": look(**changes) for number in range(nodes)}, **GOOD, batches=batches)
    assert made["restart_route"] == route


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("eve", True),
        ("a b+ü", True),
        ("j.doe", True),
        ("...", True),
        ("100%", True),
        ("a/b", False),
        ("DOM\\eve", False),
        (".", False),
        ("..", False),
    ],
)
def test_a_name_that_is_no_step_of_a_path_cannot_be_called_for(name: str, named: bool) -> None:
    assert live.unnamed(["adam", name]) == ([] if named else [name])


@pytest.mark.parametrize(
    ("names", "begun", "route", "sentence"),
    [
        ([], False, "rolling", ""),
        ([], True, "rolling", ""),
        (["a/b"], True, "outage", "the product's call cannot name 1 user (a/b): take force_reauth_route=outage"),
        (
            [f"DOM\\u{number}" for number in range(7)],
            False,
            "rolling",
            (
                "the product's call cannot name 7 users (DOM\\u0, DOM\\u1, DOM\\u2, DOM\\u3, DOM\\u4 and 2 more): leave them out "
                "(force_reauth_exclude_usernames; their logins live on), or take force_reauth_route=rolling"
            ),
        ),
    ],
)
def test_users_whom_the_call_cannot_name_are_left_to_restarts_or_left_out(names: list[str], begun: bool, route: str, sentence: str) -> None:
    assert live.unnamed_problem(names, begun, route) == sentence


@pytest.mark.parametrize(
    ("recorded", "wanted", "route"),
    [
        ("live", "rolling", "rolling"),
        ("live", "live", "live"),
        ("live", "auto", "live"),
        ("live", "outage", "outage"),
        ("rolling", "outage", "rolling"),
        ("rolling", "live", "rolling"),
        ("outage", "rolling", "outage"),
    ],
)
def test_a_record_allows_one_change_of_the_route(recorded: str, wanted: str, route: str) -> None:
    assert live.resumed_route(recorded, wanted) == route


@pytest.mark.parametrize(
    ("product", "asks", "source"), [("jira", True, "table"), ("jira", False, "list"), ("bamboo", True, "list"), ("bamboo", False, "list")]
)
def test_the_names_come_from_the_table_where_one_is_known_and_asked(product: str, asks: bool, source: str) -> None:
    assert live.names_by(product, asks) == source
    assert plan({name: look(product=product) for name in THREE}, asks_database=asks)["names_by"] == source


def test_every_node_stays_up_in_the_plan() -> None:
    made = plan({name: look() for name in THREE}, **GOOD)
    assert (made["route"], made["min_up"]) == ("live", 3)


def test_without_a_session_cookie_of_a_node_that_opens_its_door_the_plan_is_refused_and_says_why() -> None:
    token = {"nobody": "401", "doors": [{"name": "R", "kind": "remember_me", "user": "eve", "note": ""}]}
    made = plan({name: look(asked=token) for name in THREE}, **{**GOOD, "proof_username": "", "proof_cookies": [{}]})
    assert any("no session cookie of force_reauth_proof_cookies opens the door there" in one for one in made["problems"])
    assert any("no session cookie opens it, and" in one for one in made["proof"])


def test_plan_and_result_say_what_the_call_leaves_alone() -> None:
    said = live.call_lines("jira", live.BY_TABLE)
    assert said[0].startswith("Live       no node is stopped: DELETE /rest/api/2/user/session/<user> for each user of the product's table")
    assert said[1:] == live.call_notes("jira")
    assert "of the list that the product shows" in live.call_lines("bamboo", live.BY_LIST)[0]
    assert "the old cookies of each node decide" in live.call_notes("bamboo")[0]
    assert "15 minutes" in live.call_notes("jira")[0]
    assert live.call_lines("fisheye", live.BY_LIST) == live.call_notes("fisheye") == []


def test_the_evidence_of_a_proven_run_without_a_restart_misses_none() -> None:
    record = {**record_of(THREE), "route": "live"}
    for node in record["node_records"].values():
        node.pop("process", None)
    seen = seen_of(THREE)
    for one in seen["nodes"].values():
        one["process"] = ""
    found = check(evidence(record, {**plan_of(THREE), "route": "live"}, seen, about()))
    assert found["not_seen"] == []
    assert {(node["proven_by"], node["restarted"]) for node in found["nodes"]} == {("cookie", False)}


def test_the_evidence_counts_no_session_ended_without_a_restart_by_a_dead_token() -> None:
    record, missing = {**record_of(THREE, "unproven"), "route": "live"}, f"{THREE[1]}: no session cookie of it was seen to work"
    for node in record["node_records"].values():
        node.pop("process", None)
    seen = seen_of(THREE)
    seen["verdict"] = {**seen["verdict"], "missing": [missing]}
    for one in seen["nodes"].values():
        one["process"] = ""
        for name in ("controls", "answers"):
            rows = [row for row in one[name] if (row["kind"], row["node"]) != ("session", THREE[1])]
            one[name] = [*rows, {"kind": "session", "node": THREE[1], "user": "", "absent": "none was given"}]
    found = check(evidence(record, {**plan_of(THREE), "route": "live"}, seen, about("unproven")))
    assert [node["proven_by"] for node in found["nodes"]] == ["cookie", "nothing", "cookie"]
    assert found["not_seen"] == [missing]
    assert "ended by calls to the product" in found["sentence"]


def test_a_door_that_is_still_open_is_no_missing_restart() -> None:
    record = {**record_of(THREE), "route": "live"}
    for node in record["node_records"].values():
        node.pop("process", None)
    seen = seen_of(THREE, {("session", THREE[1], THREE[1])})
    for one in seen["nodes"].values():
        one["process"] = ""
    stopped = {"step": "end the sessions", "sentence": "x", "resume": "y"}
    found = check(evidence(record, {**plan_of(THREE), "route": "live"}, seen, about("stopped", stopped=stopped)))
    assert found["not_seen"] == [
        f"the session cookie that {THREE[1]} handed out still signs session-proof in at {THREE[1]}",
        "no verdict was reached: no old cookie counts as dead",
    ]
