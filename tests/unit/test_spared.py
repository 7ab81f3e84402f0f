# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second canary: who may be one, and what is said when it does not stay signed in."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll import spared, verdict
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import UserScope

from tests.unit.test_roll_plan import look, plan

ALL_BUT_EVE, ADAM_ALONE = UserScope(("Eve",), spared=True), UserScope(("adam",), spared=False)


@pytest.mark.parametrize(
    ("name", "password", "scope", "refused"),
    [
        ("", "", None, []),
        ("eve", "p", ALL_BUT_EVE, []),
        ("eve", "p", ADAM_ALONE, []),
        ("eve", "p", None, ["this run treats every user"]),
        ("kim", "p", ALL_BUT_EVE, ["kim is among the users that are treated"]),
        ("ADAM", "p", ADAM_ALONE, ["ADAM is among the users that are treated"]),
        ("eve", "", ALL_BUT_EVE, ["give force_reauth_spared_password"]),
    ],
)
def test_who_may_be_one(name: str, password: str, scope: UserScope | None, refused: list[str]) -> None:
    found = spared.spared_problems({"spared_username": name, "spared_password": password}, scope)
    assert len(found) == len(refused)
    assert all(part in sentence for part, sentence in zip(refused, found, strict=True))


def test_the_plan_refuses_and_says_it() -> None:
    looks = {"n1": look(), "n2": look()}
    wishes: dict[str, t.Any] = {"spared_username": "eve", "spared_password": "p"}
    assert [one for one in plan(looks, **wishes)["problems"] if "treats every user" in one]
    made = plan(looks, **wishes, exclude_usernames=["eve"])
    assert made["problems"] == []
    assert made["proof"][-1] == "eve, who is spared, signs in, too, and has to stay signed in"


def test_its_cookies_are_told_from_the_others_in_the_record() -> None:
    own = [{"kind": "session", "node": "n1"}]
    kept = [*own, *spared.marked([{"kind": "remember_me", "node": "n1"}])]
    assert spared.of_canary(kept) == own
    assert spared.of_spared(kept) == [{"kind": "remember_me", "node": "n1"}]


def answers(**users: str) -> dict[str, t.Any]:
    rows = [{"kind": kind, "node": "n1", "user": user, "absent": ""} for kind, user in users.items()]
    return {"__force_reauth_spared_replayed": {"answers": rows}}


def _unanswered(kind: str) -> dict[str, t.Any]:
    return {
        **answers(remember_me="eve")["__force_reauth_spared_replayed"],
        "unanswered": [{"kind": kind, "node": "n1", "reason": "HTTP 503."}],
    }


@pytest.mark.parametrize(
    ("route", "found", "missing", "seen"),
    [
        ("live", answers(session="eve", remember_me="Eve"), [], ["session cookie of n1 lives", "remember-me cookie of n1 lives"]),
        ("live", answers(session="", remember_me="eve"), ["n1: the session cookie of eve is dead"], ["remember-me cookie of n1 lives"]),
        # a restart ends every session
        ("rolling", answers(session="", remember_me="eve"), [], ["remember-me cookie of n1 lives"]),
        ("rolling", answers(session="eve", remember_me=""), ["n1: the remember-me cookie of eve is dead, who was to be spared"], []),
        ("live", answers(session="adam"), ["n1: the session cookie of eve is dead"], []),
        ("live", {"__force_reauth_spared_replayed": {"msg": "no answer"}}, ["n1: that eve, who was to be spared, stays signed in"], []),
        ("live", {"__force_reauth_spared_replayed": _unanswered("session")}, ["stays signed in was not seen (HTTP 503)"], ["remember-me"]),
        ("rolling", {"__force_reauth_spared_replayed": _unanswered("session")}, [], ["remember-me cookie of n1 lives"]),
        ("live", {"__force_reauth_spared_replayed": {"skipped": True}}, ["was not seen"], []),
        ("rolling", answers(session="eve"), ["was not seen"], []),
        # a cookie that there was none of is not dead
        ("live", {"__force_reauth_spared_replayed": {"answers": [{"kind": "session", "user": "", "absent": "x"}]}}, ["was not seen"], []),
    ],
)
def test_a_login_that_was_to_stay_and_did_not_is_missing(route: str, found: dict[str, t.Any], missing: list[str], seen: list[str]) -> None:
    judged = spared.spared_seen("eve", ["n1"], {"n1": found}, route)
    for parts, sentences in ((missing, judged["missing"]), (seen, judged["seen"])):
        assert len(parts) == len(sentences)
        assert all(part in sentence for part, sentence in zip(parts, sentences, strict=True))
    whole = verdict.verdict({}, True, 0, [], judged)
    assert (whole["verdict"], whole["missing"]) == ("unproven" if missing else "proven", judged["missing"])


def test_why_a_session_got_no_answer_is_no_reason_where_a_restart_ends_it() -> None:
    found = {"__force_reauth_spared_replayed": {**_unanswered("session"), "answers": []}}
    unseen = "n1: that eve, who was to be spared, stays signed in was not seen"
    assert spared.spared_seen("eve", ["n1"], {"n1": found}, "rolling")["missing"] == [unseen]
    assert spared.spared_seen("eve", ["n1"], {"n1": found}, "live")["missing"] == [f"{unseen} (HTTP 503)"]


def test_nobody_is_missed_where_nobody_was_named() -> None:
    assert spared.spared_seen("", ["n1"], {"n1": {}}, "live") == {"missing": [], "seen": []}
