# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How it is proven: by what the site accepts, with copied cookies where no password signs in, and never by a second wrong password."""

from __future__ import annotations

import json
import typing as t

import pytest

from demo.browser import Browser, whoami
from demo.cluster import CANARY
from demo.imitated import PRODUCTS
from tests.playbook.runs import Site

MakeSite = t.Callable[..., Site]
PROVIDER = "https://id.example.org/sso"


def _sent_off(site: Site, where: str = PROVIDER) -> None:
    for node in site.cluster.nodes:
        node.behave(single_sign_on=where)


def _copied(site: Site, cookies: t.Sequence[tuple[str, str]]) -> None:
    """A person gives cookies of a browser in place of a password."""
    site.variables["force_reauth_proof_username"] = ""
    site.more_secrets["proof_cookies"] = json.dumps([{"name": name, "value": value} for name, value in cookies])


def test_cookies_of_a_browser_prove_it_where_single_sign_on_is_the_only_way_in(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers = [Browser(CANARY, site.cluster.users[CANARY]) for _node in site.cluster.nodes]
    copied = [one for browser, node in zip(browsers, site.cluster.nodes, strict=True) for one in browser.sign_in(node, True).items()]
    _sent_off(site)
    _copied(site, copied)
    result = site.run("-vvvvv")
    assert result.status == 0, result.output
    result.assert_says(
        ": PROVEN",
        "Proof n1: JSESSIONID opens the door to canary; seraph.rememberme.cookie opens the door to canary",
        "Proof n2: seraph.rememberme.cookie opens the door to canary; JSESSIONID opens the door to canary",
        "Proof a visitor without any cookie is answered with a redirect to id.example.org/sso",
        "Seen by the session cookie and remember-me cookie of n1, n2",
    )
    assert not [value for _name, value in copied if value in result.output]
    _sent_off(site, "")
    assert [whoami(node, {name: value}) for node in site.cluster.nodes for name, value in copied] == [""] * 8


@pytest.mark.long
@pytest.mark.parametrize(("node", "step"), [("", "prepared"), ("", "rolling"), ("n1", "up"), ("n2", "starting")])
def test_a_run_with_copied_cookies_that_was_killed_ends_proven(make_site: MakeSite, node: str, step: str) -> None:
    site = make_site(nodes=2)
    browsers = [Browser(CANARY, site.cluster.users[CANARY]) for _node in site.cluster.nodes]
    copied = [one for browser, old in zip(browsers, site.cluster.nodes, strict=True) for one in browser.sign_in(old, True).items()]
    _sent_off(site)
    _copied(site, copied)
    site.kill_when(site.start(run_id="CHG-1"), lambda steps: steps.get(node) == step)
    result = site.run(run_id="CHG-1")
    assert result.status == 0, result.output
    result.assert_says(": PROVEN", "resumed in phase")
    _sent_off(site, "")
    assert [whoami(old, {name: value}) for old in site.cluster.nodes for name, value in copied] == [""] * 8


def test_copied_cookies_that_open_no_door_are_refused_in_the_rehearsal(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    _sent_off(site)
    _copied(site, [("JSESSIONID", "DEAD0123456789")])
    before = site.state_of_everything()
    result = site.run("--check")
    assert result.status != 0
    result.assert_says("none of force_reauth_proof_cookies opens the door at any node", "Nothing was changed.")
    assert "DEAD0123456789" not in result.output
    assert site.state_of_everything() == before


def test_a_site_where_nobody_cannot_be_told_from_somebody_is_refused_in_the_look(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    _sent_off(site, "/no/such/page")
    before = site.state_of_everything()
    result = site.run("--check", functional_path="/rest/applinks/1.0/manifest")
    assert result.status != 0
    result.assert_says("answers a visitor without any cookie with HTTP 302 to '/no/such/page', which is no sign-in", "Nothing was changed.")
    assert site.state_of_everything() == before


@pytest.mark.long
def test_where_the_session_cookie_alone_opens_nothing_the_token_proves_it_and_the_verdict_says_so(make_site: MakeSite) -> None:
    site = make_site(nodes=2, product=PRODUCTS["confluence"])
    for node in site.cluster.nodes:
        node.behave(ignores_session=True)
    result = site.run()
    assert result.status == 0, result.output
    result.assert_says(
        ": PROVEN",
        "Seen by the remember-me cookie of n1, n2 alone (the session cookie JSESSIONID alone opens the door to nobody here)",
    )


@pytest.mark.long
def test_with_remember_me_switched_off_the_sessions_prove_it(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    for node in site.cluster.nodes:
        node.behave(remember_me_off=True)
    result = site.run()
    assert result.status == 0, result.output
    result.assert_says(
        ": PROVEN", "by the session cookie of n1, n2 alone (the sign-in gave no remember-me cookie: remember-me is switched off)"
    )


def test_a_wrong_password_is_tried_once_on_one_node_and_nothing_is_deleted(site: Site) -> None:
    site.sign_in("eve")
    rows, pids = site.cluster.token_rows(), site.pids()
    site.more_secrets["proof_password"] = "not the one"
    result = site.run()
    assert result.status != 0
    result.assert_says("stopped in step 'sign in the canary'", "its name and password are not accepted. They were tried on this node alone")
    assert [node.log.count(f"{CANARY} is refused") for node in site.cluster.nodes] == [1, 0, 0]
    assert (site.cluster.token_rows(), site.pids(), site.locks()) == (rows, pids, [])
    assert "not the one" not in result.output
