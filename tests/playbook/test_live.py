# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route live: everybody is signed out and no node is restarted; where the product does not do it everywhere, the printed roll does."""

from __future__ import annotations

import json
import shutil
import typing as t
from collections import Counter
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.live_progress import place_of

from demo.browser import Browser
from demo.cluster import CANARY
from demo.imitated.bamboo import BAMBOO
from demo.imitated.jira import JIRA
from demo.patience import wait_for
from demo.sampler import HealthSampler
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
    with HealthSampler(live.cluster) as health:
        result = live.run(route="live")
    assert result.status == 0, result.output
    assert health.min_up == len(live.cluster.nodes)
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


@pytest.mark.parametrize("options", [["--check"], []], ids=["rehearsal", "run"])
def test_a_copied_token_alone_is_refused_because_its_end_says_nothing_of_sessions(make_site: MakeSite, options: list[str]) -> None:
    site = make_site(nodes=2)
    cookies = Browser(CANARY, site.cluster.users[CANARY]).sign_in(site.cluster["n1"], True)
    token = site.cluster.product.cookies.remember_me
    site.variables["force_reauth_proof_username"] = ""
    copied = json.dumps([{"name": token, "value": cookies[token]}])
    site.more_secrets = {"admin_token": site.cluster.admin_token, "proof_cookies": copied}
    for node in site.cluster.nodes:
        node.behave(deaf=True)
    before, rows = site.state_of_everything(), site.cluster.token_rows()
    result = site.run(*options, route="live")
    assert result.status != 0
    result.assert_says("n1, n2: no session cookie of force_reauth_proof_cookies opens the door there", "Nothing was changed.")
    assert (site.state_of_everything(), site.cluster.token_rows()) == (before, rows)


@pytest.mark.long
def test_a_session_cookie_that_opens_nothing_stops_the_run_before_anything_is_deleted_and_a_roll_goes_on(live: Site) -> None:
    live.cluster["n2"].behave(ignores_session=True)
    live.sign_in("eve")
    rows = live.cluster.token_rows()
    stopped = live.run(route="live")
    assert stopped.status != 0
    stopped.assert_says("stopped in step 'sign in the canary'", "n2: no session cookie of it is at hand", "force_reauth_route=rolling")
    assert set(rows) <= set(live.cluster.token_rows())
    resumed = live.resume(stopped)
    assert resumed.status == 0, resumed.output
    resumed.assert_says(": PROVEN", "route rolling")
    assert live.record()["route"] == "rolling", "a start that goes on without the word would leave the roll half done"


def test_users_whom_the_call_cannot_name_are_refused_before_anything_changes(live: Site) -> None:
    live.cluster.add_users(["DOM\\eve", "a/b"])
    before = live.state_of_everything()
    result = live.run("--check", route="live")
    assert result.status != 0
    result.assert_says("the product's call cannot name 2 users (", "force_reauth_exclude_usernames", "Nothing was changed.")
    assert live.state_of_everything() == before


@pytest.mark.long
def test_who_comes_after_the_plan_and_cannot_be_named_is_left_to_a_roll_when_the_others_are_signed_out(live: Site) -> None:
    browsers = live.sign_in("eve")
    run = live.start(route="live", run_id="one")
    live.wait_for_step(run, lambda steps: steps.get("") == "prepared")
    live.cluster.add_user("DOM\\kim")
    stopped = run.wait(live.longest)
    assert stopped.status != 0
    stopped.assert_says("stopped in step 'end the sessions'", "cannot name 1 user (DOM\\kim)", "force_reauth_route=rolling")
    assert live.open_doors(browsers) == []
    resumed = live.resume(stopped)
    assert resumed.status == 0, resumed.output
    resumed.assert_says(": PROVEN", "route rolling")


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
def test_what_no_roll_could_finish_is_finished_by_the_printed_outage(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    site.more_secrets = {"admin_token": site.cluster.admin_token}
    site.variables |= {"force_reauth_batches": ["100%"], "force_reauth_accept_outage": True}
    browsers = site.sign_in("eve")
    site.cluster["n2"].behave(deaf=True)
    stopped = site.run(route="live", run_id="one")
    assert stopped.status != 0
    stopped.assert_says("handed out still signs canary in at n2", "take force_reauth_route=outage", "-e force_reauth_route=outage")
    asked_for_another = site.run("-e", "force_reauth_route=rolling", run_id="one")
    asked_for_another.assert_says("take force_reauth_route=outage", "Nothing was changed.")
    with HealthSampler(site.cluster) as health:
        resumed = site.resume(stopped)
    assert resumed.status == 0, resumed.output
    resumed.assert_says(": PROVEN", "route outage, resumed in phase revoked")
    assert (health.min_up, site.record()["route"], site.open_doors(browsers)) == (0, "outage", [])


def calls(site: Site) -> dict[str, int]:
    """How often the sessions of each user were ended, by what the asked node told the others."""
    path = site.cluster.shared / "sessions-ended"
    told = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return Counter(json.loads(line)[1] for line in told)


def note_of(site: Site) -> Path:
    """What the asked node notes."""
    return site.cluster["n1"].home / ".force_reauth.live"


def noted(site: Site) -> int:
    """How many users it has noted as done."""
    path = note_of(site)
    return json.loads(path.read_text(encoding="utf-8"))["names"] if path.exists() else 0


@pytest.mark.long
def test_a_run_that_is_killed_among_the_users_goes_on_without_asking_all_again(live: Site) -> None:
    for number in range(60):
        live.cluster.add_user(f"user{number}")
    browsers = live.sign_in("eve", "adam")
    live.cluster["n1"].behave(call_seconds=0.2)
    run = live.start(route="live", live_parallel=1, run_id="one")
    live.kill_when(run, lambda _steps: 5 <= noted(live) < 40)
    # what it had begun on the node goes on
    wait_for(lambda: not live.at_work(), "the module of the killed run ends", 120, lambda: sum(calls(live).values()))
    live.cluster["n1"].behave(call_seconds=0)
    before = calls(live)
    resumed = live.run(route="live", run_id="one")
    assert resumed.status == 0, resumed.output
    resumed.assert_says("others were done by an earlier start")
    assert set(calls(live)) == set(live.cluster.users)
    again = [user for user, count in calls(live).items() if count > 1 and user != CANARY]
    # one that was begun and not yet noted
    assert len(again) <= 1 < len(before), "some were asked again"
    assert not note_of(live).exists()
    assert live.open_doors(browsers) == []


@pytest.mark.long
def test_after_another_deletion_under_the_same_id_everybody_is_asked_for_again(live: Site) -> None:
    live.cluster.add_users([f"user{number}" for number in range(60)])
    first = next(user for user in sorted(live.cluster.users, key=place_of) if user != CANARY)
    live.cluster["n1"].behave(call_seconds=0.5)
    run = live.start(route="live", live_parallel=1, run_id="one")
    live.wait_for_step(run, lambda _steps: noted(live) > 2)
    live.cluster["n1"].behave(token_expired=True, call_seconds=0)
    assert run.wait(live.longest).status != 0
    live.cluster["n1"].behave(token_expired=False)
    assert note_of(live).exists()
    # the record is lost with its archives, and who was done signs in again
    shutil.rmtree(live.archives)
    browsers = live.sign_in(first)
    done = live.run(route="live", run_id="one")
    assert done.status == 0, done.output
    done.assert_says(": PROVEN")
    assert "by an earlier start" not in done.said
    assert (live.open_doors(browsers), note_of(live).exists()) == ([], False)


@pytest.mark.long
def test_who_is_renamed_among_the_users_is_signed_out_under_the_new_name(live: Site) -> None:
    for number in range(20):
        live.cluster.add_user(f"user{number}")
    (browser,) = live.sign_in("zoe")
    live.cluster["n1"].behave(call_seconds=0.3)
    run = live.start(route="live", live_parallel=1, run_id="one")
    live.wait_for_step(run, lambda _steps: "Ending the sessions of" in run.output)
    live.cluster.rename_user("zoe", "zoe2")
    done = run.wait(live.longest)
    assert done.status == 0, done.output
    assert "zoe" in calls(live) or "zoe2" in calls(live)
    assert live.open_doors([browser]) == []


@pytest.mark.long
def test_a_named_user_who_is_renamed_between_two_starts_is_signed_out_under_the_new_name(live: Site) -> None:
    (browser,) = live.sign_in("eve")
    live.cluster["n1"].behave(call_seconds=3)
    run = live.start(route="live", live_parallel=1, run_id="one", usernames=["eve", CANARY])
    live.wait_for_step(run, lambda _steps: "Ending the sessions of" in run.output)
    live.cluster["n1"].behave(token_expired=True, call_seconds=0)
    stopped = run.wait(live.longest)
    assert stopped.status != 0
    live.cluster.rename_user("eve", "eva")
    live.cluster["n1"].behave(token_expired=False)
    resumed = live.resume(stopped)
    assert resumed.status == 0, resumed.output
    assert "eva" in calls(live)
    assert live.open_doors([browser]) == []


@pytest.mark.long
def test_a_start_that_takes_over_stops_the_older_one_among_the_users(live: Site) -> None:
    # the older one is at them for longer than the newer one needs to begin, on a busy machine, too
    live.cluster.add_users([f"user{number}" for number in range(400)])
    live.cluster["n1"].behave(call_seconds=3)
    older = live.start(route="live", live_parallel=1, run_id="one")
    live.wait_for_step(older, lambda _steps: "Ending the sessions of" in older.output)
    newer = live.start(route="live", live_parallel=1, run_id="one")
    wait_for(lambda: newer.over or live.record()["start"]["attempt"] > 1, "the newer start takes over", 120, newer.said_so_far)
    stopped = older.wait(live.longest)
    live.cluster["n1"].behave(call_seconds=0)
    assert stopped.status != 0
    stopped.assert_says("taken over by")
    done = newer.wait(live.longest)
    assert done.status == 0, done.output


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


@pytest.mark.long
def test_a_second_canary_shows_that_who_is_spared_stays_signed_in(live: Site) -> None:
    live.more_secrets |= {"spared_password": live.cluster.add_user("eve")}
    result = live.run(route="live", exclude_usernames=["eve"], spared_username="eve")
    assert result.status == 0, result.output
    result.assert_says(*(f"eve was spared: the {what} cookie of n1, n2, n3 lives" for what in ("session", "remember-me")))


@pytest.mark.long
def test_without_a_database_the_product_lists_its_users_and_an_administrator_of_the_database_deletes(live: Site) -> None:
    live.more_secrets |= {"database_password": ""}
    browsers = live.sign_in("eve", "a b+ü")
    old = live.pids()
    waits = live.run(route="live", revoke="manual", run_id="one")
    assert waits.status == 2, waits.output
    waits.assert_says("of the list that the product shows to an administrator", "waits, and nothing is proven yet")
    live.cluster.tokens.clear()
    resumed = live.resume(waits)
    assert resumed.status == 0, resumed.output
    resumed.assert_says("PROVEN", "route live", f"Sessions of {len(live.cluster.users)} users ended")
    assert (live.open_doors(browsers), live.pids()) == ([], old)


@pytest.mark.long
def test_tokens_that_were_not_deleted_by_hand_stop_the_run_before_any_session_is_ended(live: Site) -> None:
    browsers = live.sign_in("eve")
    waits = live.run(route="live", revoke="manual", run_id="one")
    stopped = live.run("-e", "force_reauth_revoked=true", route="live", revoke="manual", run_id="one")
    assert stopped.status != 0
    stopped.assert_says("the tokens are still there. Have the script carried out")
    assert (live.record()["phase"], calls(live)) == ("waiting", {})
    assert live.open_doors(browsers)
    live.cluster.tokens.clear()
    assert live.resume(waits).status == 0


@pytest.mark.long
def test_the_product_deletes_the_tokens_and_ends_the_sessions(live: Site) -> None:
    live.more_secrets |= {"database_password": ""}
    for node in live.cluster.nodes:
        node.behave(administrators=[CANARY])
    browsers = live.sign_in("eve")
    result = live.run(route="live", revoke="product", accept_no_archive=True)
    assert result.status == 0, result.output
    result.assert_says("PROVEN", "tokens that were there right before none is left")
    assert live.open_doors(browsers) == []


@pytest.mark.long
def test_a_version_without_a_list_of_all_users_needs_the_database(make_site: MakeSite) -> None:
    site = make_site(nodes=2, product=JIRA.on_line("9.12"))
    site.more_secrets = {"admin_token": site.cluster.admin_token, "database_password": ""}
    result = site.run("--check", route="live", revoke="manual")
    assert result.status != 0
    result.assert_says("has no list of all its users", "Nothing was changed.")


@pytest.mark.long
def test_bamboo_ends_the_sessions_of_everybody_that_it_lists(make_site: MakeSite) -> None:
    site = make_site(nodes=2, product=BAMBOO)
    site.more_secrets = {"admin_token": site.cluster.admin_token}
    browsers = site.sign_in("eve", "adam")
    old = site.pids()
    result = site.run(route="live")
    assert result.status == 0, result.output
    result.assert_says("PROVEN", "DELETE /rest/admin/latest/session/<user>", "the old cookies of each node decide")
    assert (site.open_doors(browsers), site.pids()) == ([], old)


@pytest.mark.long
def test_a_bamboo_that_ends_the_sessions_of_one_node_alone_is_finished_by_a_roll(make_site: MakeSite) -> None:
    site = make_site(nodes=2, product=BAMBOO)
    site.more_secrets = {"admin_token": site.cluster.admin_token}
    site.cluster["n2"].behave(deaf=True)
    site.cluster["n1"].behave(deaf=True)
    result = site.run(route="live")
    assert result.status != 0
    result.assert_says("although the product said that it had ended the sessions", "force_reauth_route=rolling")
    resumed = site.resume(result)
    assert resumed.status == 0, resumed.output
