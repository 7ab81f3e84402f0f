# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tokens are deleted by a database administrator: the run writes a script, waits, sees that it was carried out, and restarts."""

from __future__ import annotations

import sqlite3
import typing as t
from contextlib import closing

import pytest

from tests.playbook.runs import Result, Site

MakeSite = t.Callable[..., Site]


def carry_out(site: Site, run: str = "*") -> None:
    """The script of the run, as a database administrator does."""
    (script,) = site.archives.glob(f"*/{run}/revoke-*.sql")
    assert script.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(site.cluster.database.name, isolation_level=None)) as connection:
        connection.executescript(script.read_text(encoding="utf-8"))


def assert_waits(result: Result, site: Site, locks: t.Sequence[str] = ()) -> None:
    assert result.status == 2, result.output
    result.assert_says("waits, and nothing is proven yet", "Resume: ansible-playbook")
    assert (site.record()["phase"], site.locks()) == ("waiting", [*locks])


def test_a_run_waits_for_the_script_and_the_printed_command_ends_proven_without_a_database_password(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    site.more_secrets = {"database_password": ""}
    browsers = site.sign_in("eve")
    old = site.pids()
    waits = site.run(revoke="manual", run_id="CHG-1")
    assert_waits(waits, site)
    waits.assert_says("DELETE FROM remembermetoken WHERE id IN", "not counted: they are deleted by hand", "Until then every node runs")
    assert site.pids() == old

    carry_out(site)
    resumed = site.resume(waits)
    assert resumed.status == 0, resumed.output
    resumed.assert_says("Run CHG-1: PROVEN", "Deleted by hand: the old remember-me cookie of n1, n2 is dead", "Not seen")
    assert site.open_doors(browsers) == []
    assert not [name for name, pid in site.pids().items() if pid in (0, old[name])]


@pytest.mark.long
def test_a_rehearsal_writes_nothing_a_resume_that_comes_too_early_touches_nothing_and_one_too_many_changes_nothing(
    make_site: MakeSite,
) -> None:
    site = make_site(nodes=2)
    rehearsed = site.run("--check", revoke="manual")
    assert rehearsed.status == 0, rehearsed.output
    rehearsed.assert_says("DELETE FROM remembermetoken WHERE id IN")
    assert not list(site.archives.glob("*/*"))

    waits = site.run(revoke="manual", run_id="CHG-1")
    before = (site.pids(), site.cluster.token_rows())
    early = site.resume(waits)
    assert_waits(early, site)
    early.assert_says("The tokens are still there")
    assert (site.pids(), site.cluster.token_rows()) == before

    carry_out(site)
    resumed = site.resume(early)
    assert resumed.status == 0, resumed.output
    again = site.resume(early)
    assert again.status == 0, again.output
    again.assert_says("Run CHG-1 is finished (proven): nothing was changed.")


@pytest.mark.long
def test_in_an_outage_the_nodes_stay_down_until_the_operator_says_that_the_tokens_are_deleted(make_site: MakeSite) -> None:
    site = make_site(nodes=1)
    browsers = site.sign_in("eve")
    outage: dict[str, t.Any] = {"route": "outage", "accept_outage": True, "revoke": "manual"}
    waits = site.run(**outage)
    # while it is down, the lock tells which home folder is the right one
    assert_waits(waits, site, locks=["n1"])
    waits.assert_says(
        "All nodes are down until then", "all nodes of the product are down now and wait for this", "force_reauth_revoked=true"
    )
    assert set(site.pids().values()) == {0}

    silent = site.run(**outage, run_id=site.record()["run_id"])
    assert silent.status != 0
    silent.assert_says("no cookie can show it here (all nodes are down)", "Nothing was changed.")
    assert set(site.pids().values()) == {0}

    # the word is given although nothing was done: the first node shows it
    lied = site.resume(waits)
    assert lied.status != 0
    lied.assert_says("still signs canary in at n1: the tokens are still there")
    assert site.record()["phase"] == "waiting"

    carry_out(site)
    resumed = site.resume(lied)
    assert resumed.status == 0, resumed.output
    resumed.assert_says(": PROVEN", "said with force_reauth_revoked")
    assert site.open_doors(browsers) == []


@pytest.mark.long
def test_a_run_that_may_wait_goes_on_by_itself_and_one_that_waits_is_set_aside(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers = site.sign_in("eve")
    assert_waits(site.run(revoke="manual", run_id="one"), site)
    run = site.start(revoke="manual", abandon="one", run_id="two", manual_wait=30)
    site.wait_for_step(run, lambda steps: steps.get("") == "waiting" and site.record()["run_id"] == "two")
    # as when they time out meanwhile
    for node in site.cluster.nodes:
        node.restart()
    carry_out(site, "two")
    ended = run.wait()
    assert ended.status == 0, ended.output
    ended.assert_says("Run two: PROVEN")
    assert site.open_doors(browsers) == []


@pytest.mark.long
def test_a_node_that_was_restarted_too_early_is_signed_in_to_and_restarted_once_more(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    waits = site.run(revoke="manual", run_id="CHG-1")
    too_early = site.run("-e", "force_reauth_revoked=true", revoke="manual", run_id="CHG-1")
    assert too_early.status == 2, too_early.output
    too_early.assert_says("the tokens are still there. Have the script carried out")
    first = site.pids()["n1"]
    carry_out(site)
    resumed = site.resume(waits)
    assert resumed.status == 0, resumed.output
    resumed.assert_says(": PROVEN", "by the session cookie and remember-me cookie of n1, n2")
    assert site.pids()["n1"] != first


@pytest.mark.long
def test_where_only_a_session_cookie_is_at_hand_a_deletion_that_was_only_said_is_not_proven(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers = site.sign_in("eve")
    for node in site.cluster.nodes:
        node.behave(remember_me_off=True)
    waits = site.run(revoke="manual", run_id="CHG-1")
    assert_waits(waits, site)
    only_said = "that the tokens are deleted was only said, not seen (the sign-in gave no remember-me cookie: remember-me is switched off)"
    waits.assert_says(f"It will end unproven: {only_said}")
    lied = site.run("-e", "force_reauth_revoked=true", revoke="manual", run_id="CHG-1")
    assert lied.status == 2, lied.output
    lied.assert_says("Run CHG-1: UNPROVEN", f"Unproven: {only_said}")
    assert (site.record()["phase"], bool(site.open_doors(browsers))) == ("unproven", True)
