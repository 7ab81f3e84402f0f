# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict is proven only when every old cookie worked before the act and is dead after it, on every node."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.verdict import still_open, verdict, why_alone

NODES = ("n1", "n2")


def row(kind: str, node: str, user: str = "") -> dict[str, t.Any]:
    return {"kind": kind, "node": node, "user": user, "emptied": not user}


def evidence() -> dict[str, t.Any]:
    """Two nodes as they should be."""
    answers = [row(kind, node) for node in NODES for kind in ("session", "remember_me")]
    return {
        node: {
            "controls": [row("session", node, "eve"), row("remember_me", node, "eve")],
            "answers": list(answers),
            "before": "",
            "after": "",
            "alone": "",
        }
        for node in NODES
    }


def test_proven() -> None:
    assert verdict(evidence(), True, 0, []) == {
        "verdict": "proven",
        "missing": [],
        "doubts": [],
        "nodes": {"n1": "proven", "n2": "proven"},
        "seen": ["by the session cookie and remember-me cookie of n1, n2"],
    }


def test_what_nobody_could_see_is_said_beside_the_proof() -> None:
    judged = verdict(evidence(), True, 0, [], None, "whether there is a third node is not known")
    assert (judged["verdict"], judged["missing"]) == ("proven", [])
    assert judged["doubts"] == ["whether there is a third node is not known"]


def absent(kind: str, node: str, why: str = "remember-me is switched off") -> dict[str, t.Any]:
    return {**row(kind, node), "absent": why}


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("session", "by the remember-me cookie of n2 alone (the session cookie JSESSIONID alone opens the door to nobody here)"),
        ("remember_me", "by the session cookie of n2 alone (the session cookie JSESSIONID alone opens the door to nobody here)"),
    ],
)
def test_what_never_opened_the_door_is_no_canary_and_the_other_one_is_enough(kind: str, seen: str) -> None:
    found = evidence()
    place = {"session": 0, "remember_me": 1}[kind]
    found["n2"]["controls"][place] = absent(kind, "n2", "the session cookie JSESSIONID alone opens the door to nobody here")
    judged = verdict(found, True, 0, [])
    assert (judged["verdict"], judged["seen"]) == ("proven", ["by the session cookie and remember-me cookie of n1", seen])


@pytest.mark.parametrize(
    ("route", "kept", "why"),
    [
        ("live", "memory", "nothing else shows that its sessions ended"),
        ("live", "unknown", "nothing else shows that its sessions ended"),
        ("rolling", "unknown", "how it keeps its sessions is not known, so that its restart does not show their end"),
        ("outage", "unknown", "how it keeps its sessions is not known, so that its restart does not show their end"),
        ("outage", "outside", "its sessions are kept outside its process, so that its restart does not show their end"),
        ("outage", "replicated", ""),
        ("rolling", "memory", ""),
        ("rolling", "disk", ""),
    ],
)
def test_without_a_restart_that_ends_them_a_session_cookie_alone_shows_the_end_of_the_sessions(route: str, kept: str, why: str) -> None:
    assert why_alone(route, kept) == why


@pytest.mark.parametrize("other", [row("remember_me", "n2", "eve"), absent("remember_me", "n2")], ids=["a token worked", "no token"])
def test_where_a_session_cookie_alone_shows_it_no_token_stands_in_for_one(other: dict[str, t.Any]) -> None:
    found = evidence()
    for node in found.values():
        node["alone"] = why_alone("live", "memory")
    found["n2"]["controls"] = [absent("session", "n2", "no copied session cookie opens the door"), other]
    judged = verdict(found, True, 0, [])
    assert (judged["verdict"], judged["nodes"]) == ("unproven", {"n1": "proven", "n2": "unproven"})
    assert judged["missing"][0] == (
        "n2: no session cookie of it was seen to work (no copied session cookie opens the door), "
        "and nothing else shows that its sessions ended"
    )


def test_where_a_session_cookie_alone_shows_it_remember_me_may_be_switched_off() -> None:
    found = evidence()
    for node in found.values():
        node["alone"] = why_alone("live", "memory")
    found["n2"]["controls"][1] = absent("remember_me", "n2")
    assert verdict(found, True, 0, [])["verdict"] == "proven"


def test_two_kinds_that_never_opened_the_door_prove_nothing() -> None:
    found = evidence()
    found["n2"]["controls"] = [absent("session", "n2", "no copied session cookie opens the door"), absent("remember_me", "n2")]
    judged = verdict(found, True, 0, [])
    assert (judged["verdict"], judged["nodes"]) == ("unproven", {"n1": "proven", "n2": "unproven"})
    assert judged["missing"] == ["n2: no copied session cookie opens the door", "n2: remember-me is switched off"]


def test_a_cookie_that_was_dead_before_the_act_is_not_made_good_by_one_that_never_was() -> None:
    found = evidence()
    found["n2"]["controls"] = [row("session", "n2"), absent("remember_me", "n2")]
    assert len(verdict(found, True, 0, [])["missing"]) == 2


def test_an_open_door_is_one_also_where_only_one_kind_is_the_canary() -> None:
    found = evidence()
    found["n2"]["controls"][1] = absent("remember_me", "n2")
    found["n2"]["answers"].append(row("session", "n2", "eve"))
    assert verdict(found, True, 0, [])["verdict"] == "unproven"


def test_without_a_proof_account_nothing_is_proven() -> None:
    found = verdict({node: {"controls": [], "answers": [], "before": "", "after": "", "alone": ""} for node in NODES}, False, 0, [])
    assert (found["verdict"], found["nodes"]) == ("unproven", {"n1": "unproven", "n2": "unproven"})
    assert "no proof account" in found["missing"][0]


def test_archived_tokens_in_the_table_are_no_proof() -> None:
    assert verdict(evidence(), True, 2, [])["missing"] == ["2 of the archived tokens are in the token table again"]


def test_a_token_that_came_back_may_have_opened_a_session_on_a_node_that_was_restarted_already() -> None:
    judged = verdict(evidence(), True, 0, [], came_back=2)
    assert (judged["verdict"], judged["nodes"]) == ("unproven", {"n1": "proven", "n2": "proven"})
    assert judged["missing"] == [
        (
            "2 of the archived tokens came back after the purge, and are deleted again: a session that one of them opened meanwhile may "
            "live on: run again, under another force_reauth_run_id"
        )
    ]


def test_a_standby_that_has_taken_over_meanwhile_makes_the_run_unproven() -> None:
    unread = "/a/t-1.tsv.gz.age is encrypted, and no key that is at hand here opens it"
    assert verdict(evidence(), True, 0, [unread])["missing"] == [unread]
    found = verdict(evidence(), True, 0, ["n3 is named a cold standby, and its process runs: 7"])
    assert (found["verdict"], found["missing"]) == ("unproven", ["n3 is named a cold standby, and its process runs: 7"])


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        (
            lambda seen: seen["n2"]["answers"].append(row("session", "n2", "eve")),
            "session cookie that n2 handed out still signs eve in at n2",
        ),
        (
            lambda seen: seen["n2"]["answers"].append(row("remember_me", "n1", "eve")),
            "remember-me cookie that n1 handed out still signs eve in at n2",
        ),
        (lambda seen: seen["n2"]["controls"].pop(0), "n2: no session cookie was seen to work before the end of its sessions"),
        (lambda seen: seen["n2"]["controls"].pop(), "n2: no remember-me cookie was seen to work before the purge"),
        (
            lambda seen: seen["n2"]["controls"].__setitem__(0, row("session", "n2")),
            "n2: its session cookie was dead already before the end of its sessions (timed out?)",
        ),
        (lambda seen: seen["n2"]["answers"].clear(), "n2: the session cookie of n1 was not replayed there"),
        (lambda seen: seen["n2"].update(answers=[], after="the page does not tell."), "n2: the page does not tell"),
        (lambda seen: seen["n2"].update(controls=[], before="no answer."), "n2: no answer"),
    ],
    ids=[
        "a session lives",
        "a token lives",
        "no session control",
        "no token control",
        "dead control",
        "not replayed",
        "why not replayed",
        "why no control",
    ],
)
def test_what_was_not_seen_dead_is_named_and_the_other_node_stays_proven(
    change: t.Callable[[dict[str, t.Any]], None], missing: str
) -> None:
    seen = evidence()
    change(seen)
    found = verdict(seen, True, 0, [])
    assert (found["verdict"], found["nodes"]) == ("unproven", {"n1": "proven", "n2": "unproven"})
    assert any(missing in sentence for sentence in found["missing"])


def test_why_nothing_was_seen_is_told_before_what_was_not_seen() -> None:
    seen = evidence()
    seen["n2"].update(answers=[], after="..and the page does not tell.")
    unseen = [f"n2: the {kind} cookie of {node} was not replayed there" for node in NODES for kind in ("session", "remember-me")]
    assert verdict(seen, True, 0, [])["missing"] == ["n2: ..and the page does not tell", *unseen]


def test_a_look_that_failed_is_no_matter_where_another_one_saw_it() -> None:
    seen = evidence()
    seen["n2"].update(before="no answer", after="no answer")
    assert verdict(seen, True, 0, [])["verdict"] == "proven"


def test_an_anonymous_answer_is_no_open_door() -> None:
    assert still_open([row("session", "n1")], "n1") == []
