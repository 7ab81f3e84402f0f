# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plan says of the canary: who it is, to whom copied cookies open the door, and when they are no use."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.believed import handed_out
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.canary import (
    answered_before,
    begun,
    begun_by_stop,
    blind_nodes,
    live_before,
    proof_lines,
    proof_problems,
    signed_in_anew,
    signing_in,
    taken_up,
    with_values,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import scope_of


def _door(name: str, user: str = "", note: str = "", kind: str = "session") -> dict[str, str]:
    return {"name": name, "kind": kind, "user": user, "note": note}


def _look(*doors: dict[str, str], nobody: str = "an empty page", kept: str = "memory") -> dict[str, t.Any]:
    return {"asked": {"nobody": nobody, "doors": list(doors)}, "sessions": {"kept": kept}}


def test_a_proof_account_is_named_and_what_nobody_looks_like() -> None:
    lines = proof_lines({"n1": _look(), "n2": _look()}, "canary", "rolling")
    assert lines[0].startswith("canary signs in on one node, then on the others")
    assert lines[1:] == ["a visitor without any cookie is answered with an empty page"]


def test_without_a_canary_the_plan_says_that_the_run_will_end_unproven() -> None:
    assert proof_lines({"n1": {"asked": {}}}, "", "rolling") == [
        "none: without force_reauth_proof_username or force_reauth_proof_cookies the run will end unproven"
    ]


def test_each_node_is_told_with_the_users_to_whom_copied_cookies_open_its_door() -> None:
    looks = {
        "n1": _look(_door("S", "eve"), _door("S"), _door("R", note="not tried")),
        "n2": _look(_door("S"), nobody="a redirect to id/sso"),
    }
    assert proof_lines(looks, "", "rolling") == [
        "n1: S opens the door to eve; R was not tried",
        "n2: no copied cookie opens the door: of this node nothing will be proven",
        "a visitor without any cookie is answered with a redirect to id/sso",
        "a visitor without any cookie is answered with an empty page",
    ]


def test_copied_cookies_that_open_no_door_at_all_are_refused_unless_the_run_itself_ended_them() -> None:
    looks = {"n1": _look(_door("S"), _door("R", note="not tried: it rotates")), "n2": _look(_door("S"))}
    (problem,) = proof_problems(looks, None, resumed=False, route="live")
    assert problem.startswith("none of force_reauth_proof_cookies opens the door at any node: copy them again")
    assert problem.endswith("(R was not tried: it rotates)")
    assert proof_problems(looks, None, resumed=True, route="rolling") == []


@pytest.mark.parametrize(("names", "refused"), [(["eve"], 0), (["adam"], 1)])
def test_the_owner_of_a_copied_cookie_has_to_be_among_those_who_are_treated(names: list[str], refused: int) -> None:
    assert len(proof_problems({"n1": _look(_door("S", "eve"))}, scope_of(names, []), resumed=False, route="live")) == refused


def test_without_copied_cookies_nothing_speaks_against_them() -> None:
    assert proof_problems({"n1": _look(), "n2": {"asked": {}}}, None, resumed=False, route="live") == []


TOKEN = _door("R", "eve", kind="remember_me")


@pytest.mark.parametrize(
    ("second", "route", "resumed", "refused"),
    [
        ([_door("S", "eve"), TOKEN], "live", False, False),
        ([TOKEN], "live", False, True),
        ([_door("S"), TOKEN], "live", False, True),
        ([_door("S")], "live", False, True),
        # it may have died by the run itself
        ([_door("S"), TOKEN], "live", True, False),
        ([TOKEN], "rolling", False, False),
        ([TOKEN], "outage", False, False),
    ],
    ids=["both", "none given", "dead", "nothing works", "resumed", "rolling", "outage"],
)
def test_with_route_live_a_copied_session_cookie_has_to_open_the_door_of_each_node(
    second: list[dict[str, str]], route: str, resumed: bool, refused: bool
) -> None:
    problems = proof_problems({"n1": _look(_door("S", "eve")), "n2": _look(*second)}, None, resumed=resumed, route=route)
    assert len(problems) == refused
    assert all(one.startswith("n2: no session cookie of force_reauth_proof_cookies opens the door there") for one in problems)
    assert all(one.endswith("or take force_reauth_route=rolling") for one in problems)


def test_one_cookie_that_opens_the_door_of_each_node_is_one_of_each() -> None:
    shared = [_door("S", "eve")]
    assert proof_problems({"n1": _look(*shared), "n2": _look(*shared)}, None, resumed=False, route="live") == []


@pytest.mark.parametrize(
    ("kept", "route", "line"),
    [
        ("memory", "rolling", "n1: R opens the door to eve"),
        (
            "unknown",
            "outage",
            (
                "n1: R opens the door to eve; no session cookie opens it, and how it keeps its sessions is not known, so that its restart "
                "does not show their end"
            ),
        ),
        ("memory", "live", "n1: R opens the door to eve; no session cookie opens it, and nothing else shows that its sessions ended"),
    ],
)
def test_the_plan_says_where_the_end_of_the_sessions_will_not_be_seen(kept: str, route: str, line: str) -> None:
    assert proof_lines({"n1": _look(TOKEN, kept=kept)}, "", route)[0] == line


def _cookie(kind: str, value: str = "", absent: str = "") -> dict[str, str]:
    return {"kind": kind, "value": value, "absent": absent}


@pytest.mark.parametrize(
    ("cookies", "route", "phase", "blind"),
    [
        ([_cookie("session", "v"), _cookie("remember_me", absent="x")], "live", "prepared", []),
        ([_cookie("session", absent="it opens nothing"), _cookie("remember_me", "v")], "live", "prepared", ["it opens nothing"]),
        ([], "live", "prepared", ["none was given"]),
        # its end may have been seen already
        ([], "live", "rolling", []),
        ([_cookie("session", absent="it opens nothing")], "rolling", "prepared", []),
    ],
)
def test_before_route_live_acts_a_session_cookie_of_each_node_is_at_hand(
    cookies: list[dict[str, str]], route: str, phase: str, blind: list[str]
) -> None:
    plan = {"route": route, "phase": phase, "nodes": ["n1"]}
    assert blind_nodes(plan, {"n1": {"__force_reauth_cookies": cookies}}) == [
        f"n1: no session cookie of it is at hand ({why}), and nothing else shows that its sessions ended" for why in blind
    ]


def test_the_rows_get_the_values_that_no_module_returns() -> None:
    rows = [{"kind": "session", "given": given, "absent": ""} for given in (1, 0)] + [
        {"kind": "remember_me", "given": -1, "absent": "none"}
    ]
    given = [{"name": "S", "value": "a"}, {"name": "S", "value": "b"}]
    assert with_values(rows, given) == [
        {"kind": "session", "absent": "", "value": "b"},
        {"kind": "session", "absent": "", "value": "a"},
        {"kind": "remember_me", "absent": "none", "value": ""},
    ]


def test_without_copied_cookies_there_is_no_row() -> None:
    assert with_values([{"kind": "session", "given": -1, "absent": "none"}], []) == []


def test_the_canary_signs_in_where_the_run_has_not_ended_the_sessions_yet() -> None:
    running = {node: {"process": {"running": node != "n3", "identity": f"b:{node}:1"}} for node in ("n1", "n2", "n3")}
    done = {"identity": "b:old:1", "cleaned": True}
    plan = {"nodes": ["n2", "n1", "n3"], "node_facts": running, "record": {"node_records": {"n2": done}}, "phase": "rolling"}
    assert signing_in({**plan, "route": "rolling"}) == ["n1"]
    assert signing_in({**plan, "route": "rolling", "record": {}}) == ["n2", "n1"]
    # there a restart shows nothing
    assert signing_in({**plan, "route": "live"}) == ["n2", "n1"]


@pytest.mark.parametrize("phase", ["prepared", "waiting", "revoked"])
def test_a_node_that_was_restarted_before_the_tokens_were_gone_is_signed_in_to_once_more(phase: str) -> None:
    facts = {"n1": {"process": {"running": True, "identity": "b:n1:1"}}}
    record = {"node_records": {"n1": {"identity": "b:old:1", "cleaned": True}}}
    assert signing_in({"nodes": ["n1"], "node_facts": facts, "record": record, "phase": phase, "route": "rolling"}) == ["n1"]


@pytest.mark.parametrize("phase", ["prepared", "revoked", "rolling"])
@pytest.mark.parametrize(
    ("record", "ready", "signs_in"),
    [
        ({"step": "stopping"}, False, False),
        # the drain of a start that went on
        ({"step": "draining", "history": [{"name": "stopping"}, {"name": "draining"}]}, False, False),
        # its stop was recorded, and not begun
        ({"step": "stopping"}, True, True),
        # somebody started it, and it comes up
        ({"step": "cleaned"}, False, True),
        ({}, False, True),
    ],
    ids=["it stops", "it stops, and was drained since", "it serves", "it comes up", "nothing was done to it"],
)
def test_nobody_signs_in_where_an_earlier_start_is_still_stopping_the_node(
    record: dict[str, t.Any], ready: bool, signs_in: bool, phase: str
) -> None:
    facts = {"process": {"running": True, "identity": "b:n1:1"}, "ready": {"ready": ready}}
    records = {"node_records": {"n1": {"identity": "b:n1:1", **record}}}
    plan = {"nodes": ["n1"], "node_facts": {"n1": facts}, "record": records, "phase": phase, "route": "outage"}
    assert signing_in(plan) == (["n1"] if signs_in else [])


def _row(kind: str, value: str) -> dict[str, str]:
    return {"kind": kind, "node": "n1", "value": value}


@pytest.mark.parametrize(
    ("phase", "cookies", "controls"),
    [
        ("prepared", ["session new", "remember_me new"], []),
        # a token of after the purge is a good one, and the old one's end is still to be seen
        ("revoked", ["remember_me old", "session new"], ["remember_me"]),
        ("rolling", ["remember_me old", "session new"], ["remember_me"]),
    ],
)
def test_what_was_seen_of_cookies_that_are_thrown_away_is_thrown_away_with_them(
    phase: str, cookies: list[str], controls: list[str]
) -> None:
    kinds = ("session", "remember_me")
    old, new = ([_row(kind, value) for kind in kinds] for value in ("old", "new"))
    found = signed_in_anew(new, phase, old, [{"kind": kind, "user": "canary"} for kind in kinds])
    assert [f"{row['kind']} {row['value']}" for row in found["cookies"]] == cookies
    assert [row["kind"] for row in found["controls"]] == controls


def test_a_sign_in_returns_one_cookie_of_each_kind_and_each_is_the_node_s_own() -> None:
    forged = [{**_row("session", "a"), "node": "n2"}, _row("spared_session", "b"), _row("session", "c"), _row("remember_me", "d")]
    assert handed_out(forged, "n1") == [_row("session", "c"), _row("remember_me", "d")]


def _answer(kind: str, user: str, node: str = "n1") -> dict[str, str]:
    return {"kind": kind, "node": node, "user": user}


def test_the_answers_to_the_cookies_that_were_sent_take_the_place_of_older_ones() -> None:
    cookies = [_row("session", "s"), _row("remember_me", "r")]
    controls = [_answer("session", "old"), _answer("remember_me", "old")]
    turn = {"answers": [_answer("remember_me", "eve")], "renewed": [{**_row("remember_me", "r2"), "name": "other"}]}
    found = answered_before(turn, ["remember_me"], cookies, controls)
    assert found["cookies"] == [_row("session", "s"), _row("remember_me", "r2")]
    assert found["controls"] == [_answer("session", "old"), _answer("remember_me", "eve")]


def test_what_was_seen_of_a_cookie_is_kept_where_a_later_look_got_no_answer() -> None:
    controls = [_answer("session", "eve"), _answer("remember_me", "eve")]
    turn = {"answers": [_answer("remember_me", "eve")], "renewed": []}
    found = answered_before(turn, ["session", "remember_me"], [_row("session", "s"), _row("remember_me", "r")], controls)
    assert found["controls"] == controls


def test_no_answer_of_a_node_speaks_of_a_cookie_that_it_was_not_sent() -> None:
    cookies = [_row("session", "s"), _row("remember_me", "r")]
    turn = {
        "answers": [_answer("session", ""), _answer("session", "eve", "n2"), _answer("remember_me", "eve")],
        "renewed": [{**_row("session", "forged"), "node": "n2"}, _row("remember_me", "forged")],
    }
    found = answered_before(turn, ["session"], cookies, [])
    assert found == {"cookies": cookies, "controls": [_answer("session", "")]}


KINDS = ("session", "remember_me")


@pytest.mark.parametrize(
    ("before", "answer", "seen"),
    [
        ("eve", "", [{**_answer("session", "eve"), "begun": True}]),
        ("eve", "eve", [_answer("session", "eve")]),
        ("", "", [_answer("session", "")]),
    ],
    ids=["it may have died by the act", "it lives", "it was dead before"],
)
def test_a_cookie_that_is_dead_once_the_act_has_begun_was_seen_to_work_before_it(
    before: str, answer: str, seen: list[dict[str, t.Any]]
) -> None:
    controls = begun([_answer("session", before)], ["session"])
    turn = {"answers": [_answer("session", answer)], "renewed": []}
    assert answered_before(turn, ["session"], [_row("session", "s")], controls)["controls"] == seen


def test_a_cookie_that_was_dead_before_any_act_proves_nothing() -> None:
    controls = begun([_answer("session", "eve"), _answer("remember_me", "eve")], ["remember_me"])
    turn = {"answers": [_answer("session", "")], "renewed": []}
    found = answered_before(turn, ["session"], [_row(kind, "v") for kind in KINDS], controls)
    assert found["controls"] == [{**_answer("remember_me", "eve"), "begun": True}, _answer("session", "")]


def test_no_node_says_of_a_cookie_that_an_act_has_begun() -> None:
    turn = {"answers": [{**_answer("session", "eve"), "begun": True}], "renewed": []}
    assert answered_before(turn, ["session"], [_row("session", "s")], [])["controls"] == [_answer("session", "eve")]


def test_what_was_begun_is_forgotten_with_the_cookies_that_a_new_sign_in_replaces() -> None:
    controls = begun([_answer(kind, "eve") for kind in KINDS], KINDS)
    found = signed_in_anew([_row("session", "new")], "revoked", [_row(kind, "old") for kind in KINDS], controls)
    assert found["controls"] == [{**_answer("remember_me", "eve"), "begun": True}]


@pytest.mark.parametrize(
    ("route", "revoke", "kept", "kinds"),
    [
        ("rolling", "database", "memory", ["session"]),
        ("rolling", "database", "unknown", []),
        ("outage", "database", "memory", ["session", "remember_me"]),
        ("outage", "database", "outside", ["remember_me"]),
        ("outage", "product", "disk", ["session"]),
        # its script is carried out while the nodes are down, or not
        ("outage", "manual", "memory", ["session"]),
    ],
)
def test_a_stop_begins_what_a_restart_shows_and_in_an_outage_the_purge(route: str, revoke: str, kept: str, kinds: list[str]) -> None:
    found = begun_by_stop([_answer(kind, "eve") for kind in KINDS], {"route": route, "revoke": revoke}, kept)
    assert [row["kind"] for row in found if row.get("begun")] == kinds


@pytest.mark.parametrize(
    ("names", "rest", "seen"),
    [
        (["Eve", "adam"], ["adam"], "eve"),
        (["Eve", "adam"], ["Eve", "adam"], ""),
        (["adam"], [], ""),
    ],
    ids=["an earlier start ended its session", "its turn has not come", "nobody has asked for it"],
)
def test_a_session_cookie_that_died_before_its_turn_died_by_itself(names: list[str], rest: list[str], seen: str) -> None:
    controls = begun([_answer(kind, "eve") for kind in KINDS], KINDS)
    found = live_before(controls, {"answers": [_answer(kind, "") for kind in KINDS]}, names, rest)
    assert [(row["kind"], row["user"]) for row in found] == [("session", seen), ("remember_me", "eve")]


def test_a_session_cookie_that_works_is_what_it_was_seen_to_be() -> None:
    controls = [_answer("session", "eve")]
    assert live_before(controls, {"answers": controls}, ["eve"], ["eve"]) == controls


@pytest.mark.parametrize(
    ("own", "copied", "cookies", "seen"),
    [
        (["old"], [], ["old"], True),
        (["old"], ["new"], ["old"], True),
        # the key that sealed the old ones is lost
        ([], ["new"], ["new"], False),
        ([], [], [], True),
    ],
)
def test_of_copied_cookies_that_take_the_place_of_lost_ones_nothing_was_seen(
    own: list[str], copied: list[str], cookies: list[str], seen: bool
) -> None:
    controls = [_answer("session", "eve")]
    found = taken_up([_row("session", value) for value in own], [_row("session", value) for value in copied], controls)
    assert found == {"cookies": [_row("session", value) for value in cookies], "controls": controls if seen else []}
