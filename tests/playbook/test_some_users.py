# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run for some users: their logins end, the tokens of all others go on, and that is what plan, result and record say."""

from __future__ import annotations

import typing as t

import pytest

from demo.cluster import CANARY
from tests.playbook.runs import Site

MakeSite = t.Callable[..., Site]


@pytest.mark.long
def test_the_tokens_of_the_named_users_end_and_those_of_the_others_go_on(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers = site.sign_in("eve", "adam", "noah")
    result = site.run("-e", f"force_reauth_usernames=Eve,adam,{CANARY}", run_id="some")
    assert result.status == 0, result.output
    # the canary holds a token of each node
    result.assert_says(
        f"Users Eve, adam, {CANARY} alone; the tokens of all others stay",
        "Note Whoever keeps a token (1 of them) is signed in again by it after the restart",
        "4 tokens archived and deleted",
        "Run some: PROVEN",
    )
    assert {user for user, _node, _cookie in site.open_doors(browsers)} == {"noah"}
    assert site.record()["users"] == f"Eve, adam, {CANARY} alone; the tokens of all others stay"


@pytest.mark.long
def test_a_second_canary_shows_that_the_login_of_who_is_spared_outlives_the_roll(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    site.more_secrets = {"spared_password": site.cluster.add_user("eve")}
    (ended,) = site.sign_in("adam")
    result = site.run(exclude_usernames=["eve"], spared_username="eve")
    assert result.status == 0, result.output
    result.assert_says(": PROVEN", "eve was spared: the remember-me cookie of n1, n2 lives")
    assert site.open_doors([ended]) == []


@pytest.mark.long
def test_a_named_user_who_is_renamed_after_the_purge_is_a_note_and_the_resume_ends_proven(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers = site.sign_in("eve")
    site.cluster["n1"].behave(next_start_hangs=True)
    failed = site.run(gate_timeout=4, usernames=["eve", CANARY])
    assert failed.status != 0
    failed.assert_says("Not done: n1, n2")
    site.cluster["n1"].behave(next_start_hangs=False)
    site.cluster.rename_user("eve", "eva")
    resumed = site.resume(failed)
    assert resumed.status == 0, resumed.output
    note = "Note app_user knows no user eve any more: renamed or deleted since this run began"
    assert resumed.said.count(note) == len(["plan", "result"])
    assert site.open_doors(browsers) == []


def test_a_scope_that_cannot_be_told_or_proven_is_refused_before_anything_changes(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    site.sign_in("eve")
    before = site.state_of_everything()
    for variables, said in (
        ({"usernames": ["adma"]}, "app_user knows no user adma: are they spelt as they sign in? Nothing was changed."),
        ({"usernames": None}, "force_reauth_usernames is given and empty: leave it out, or say everybody."),
        ({"usernames": []}, "usernames is an empty list, which would be nobody: leave it out to treat every user. Nothing was changed."),
        ({"usernames": ["eve"]}, f"the proof account {CANARY} is not among the users that are treated: its cookie would live on. Nothing"),
    ):
        result = site.run(**variables)
        assert result.status != 0
        result.assert_says(said)
    assert site.state_of_everything() == before
