# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route live: everybody is signed out and no node is restarted; where the product does not do it everywhere, the printed roll does."""

from __future__ import annotations

import typing as t

import pytest

from tests.playbook.runs import Site

MakeSite = t.Callable[..., Site]


@pytest.fixture
def live(make_site: MakeSite) -> Site:
    """Three nodes, and the token of an administrator."""
    site = make_site(nodes=3)
    site.more_secrets = {"admin_token": site.cluster.admin_token}
    return site


def test_everybody_is_signed_out_on_every_node_and_every_process_runs_on(live: Site) -> None:
    browsers = live.sign_in("eve", "adam")
    old = live.pids()
    result = live.run(route="live")
    assert result.status == 0, result.output
    result.assert_says(": PROVEN", "no node is stopped", "a session of a user whose turn had not come could be used for", "15 minutes")
    assert (live.open_doors(browsers), live.pids(), live.locks()) == ([], old, [])
    assert live.evidence()["plan"]["route"] == "live"
    assert live.evidence()["not_seen"] == []


def test_who_may_not_end_sessions_is_refused_before_anything_changes(live: Site) -> None:
    before = live.state_of_everything()
    live.more_secrets = {"admin_token": "of-a-plain-user"}
    result = live.run("--check", route="live")
    assert result.status != 0
    result.assert_says("the account is no administrator's", "Nothing was changed.")
    assert live.state_of_everything() == before


def test_a_table_of_users_that_cannot_be_read_is_refused_before_anything_changes(live: Site) -> None:
    with live.cluster.database.transaction() as execute:
        execute("ALTER TABLE app_user RENAME TO app_user_elsewhere")
    result = live.run(route="live")
    assert result.status != 0
    result.assert_says("the account sees no table app_user", "Nothing was changed.")
    assert list(live.archives.glob("*/*/run.json")) == []


@pytest.mark.long
def test_a_node_that_does_not_hear_of_it_is_named_and_the_printed_roll_ends_proven(live: Site) -> None:
    browsers = live.sign_in("eve")
    live.cluster["n2"].behave(deaf=True)
    old = live.pids()
    result = live.run(route="live")
    assert result.status != 0
    result.assert_says("stopped in step 'end the sessions'", "handed out still signs canary in at n2", "force_reauth_route=rolling")
    assert live.pids() == old
    resumed = live.resume(result)
    assert resumed.status == 0, resumed.output
    resumed.assert_says(": PROVEN", "route rolling")
    assert live.open_doors(browsers) == []
    assert not set(old.values()) & set(live.pids().values())


@pytest.mark.long
def test_a_run_that_is_killed_among_the_users_goes_on_and_ends_proven(live: Site) -> None:
    browsers = live.sign_in("eve", "adam")
    live.cluster["n1"].behave(call_seconds=5)
    run = live.start(route="live", live_parallel=1, run_id="one")
    live.kill_when(run, lambda steps: steps.get("", "") == "rolling" and "Ending the sessions of" in run.output)
    live.cluster["n1"].behave(call_seconds=0)
    resumed = live.run(route="live", run_id="one")
    assert resumed.status == 0, resumed.output
    assert live.open_doors(browsers) == []


@pytest.mark.long
def test_a_token_that_expires_meanwhile_stops_the_run_which_goes_on_with_another(live: Site) -> None:
    browsers = live.sign_in("eve")
    live.cluster["n1"].behave(call_seconds=3)
    run = live.start(route="live", live_parallel=1, run_id="one")
    live.wait_for_step(run, lambda steps: steps.get("", "") == "rolling" and "Ending the sessions of" in run.output)
    live.cluster["n1"].behave(token_expired=True, call_seconds=0)
    stopped = run.wait(live.longest)
    assert stopped.status != 0
    stopped.assert_says("stopped in step 'end the sessions'", "could not be ended", "HTTP 401")
    live.cluster["n1"].behave(token_expired=False)
    resumed = live.resume(stopped)
    assert resumed.status == 0, resumed.output
    assert live.open_doors(browsers) == []


@pytest.mark.long
def test_the_sessions_of_those_who_are_spared_go_on(live: Site) -> None:
    (spared, ended) = live.sign_in("eve", "adam")
    result = live.run(route="live", exclude_usernames=["eve"])
    assert result.status == 0, result.output
    doors = live.open_doors([spared])
    assert doors, "eve was to be spared"
    assert live.open_doors([ended]) == []
