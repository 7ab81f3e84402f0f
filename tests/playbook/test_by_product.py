# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The product deletes the tokens itself, by a page or by calls; old cookies, and the database where it is asked, show that it did."""

from __future__ import annotations

import json
import typing as t

import pytest

from demo.browser import Browser
from demo.cluster import CANARY
from demo.imitated import PRODUCTS
from demo.products import StandInProduct
from tests.playbook.runs import Site

MakeSite = t.Callable[..., Site]
WISHES: dict[str, t.Any] = {"revoke": "product", "accept_no_archive": True}


def administered(make_site: MakeSite, nodes: int, product: StandInProduct = PRODUCTS["jira"], **behaviour: t.Any) -> Site:
    """A cluster whose proof account is an administrator, and no password of the database."""
    site = make_site(nodes=nodes, product=product)
    site.more_secrets = {"database_password": ""}
    for node in site.cluster.nodes:
        node.behave(administrators=[CANARY], **behaviour)
    return site


@pytest.mark.long
def test_the_product_deletes_the_tokens_and_the_roll_ends_proven_without_a_database_password(make_site: MakeSite) -> None:
    site = administered(make_site, 2)
    browsers = site.sign_in("eve")
    old = site.cluster.token_rows()
    result = site.run(**WISHES)
    assert result.status == 0, result.output
    result.assert_says(
        ": PROVEN", "Archives none, and nothing can be put back", "Deleted by the product itself", "of n1, n2 is dead", "Not seen"
    )
    assert site.open_doors(browsers) == []
    assert not set(old) & set(site.cluster.token_rows())
    assert site.record()["phase"] == "proven"


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        pytest.param(
            {"clear_all": "lies"}, "although the product said that it had deleted all tokens", id="it lies", marks=pytest.mark.long
        ),
        pytest.param({"clear_all": "shape"}, "does not show the one form", id="another page", marks=pytest.mark.long),
        pytest.param(
            {"clear_all": "own"}, "that were in remembermetoken before are still there", id="some are left", marks=pytest.mark.long
        ),
        pytest.param({"remember_me_off": True}, "no remember-me cookie of the canary", id="nobody would see", marks=pytest.mark.long),
    ],
)
def test_a_product_that_does_not_do_it_stops_the_run_before_any_node_is_stopped(
    make_site: MakeSite, behaviour: dict[str, t.Any], said: str
) -> None:
    site = administered(make_site, 2, **behaviour)
    browsers = site.sign_in("eve")
    old = (site.pids(), site.cluster.token_rows())
    result = site.run(**WISHES)
    assert result.status != 0
    result.assert_says("stopped in step 'revoke'", said, "force_reauth_revoke=product")
    assert (site.pids(), site.locks()) == (old[0], [])
    assert set(old[1]) <= set(site.cluster.token_rows())
    assert site.open_doors(browsers)


@pytest.mark.long
def test_crowd_ends_every_login_of_users_by_its_calls_and_applications_stay_signed_in(make_site: MakeSite) -> None:
    site = administered(make_site, 2, PRODUCTS["crowd"])
    browsers = site.sign_in("eve", "adam")
    old = site.pids()
    rehearsed = site.run("--check", **WISHES)
    assert rehearsed.status == 0, rehearsed.output
    assert site.open_doors(browsers)
    result = site.run(**WISHES)
    assert result.status == 0, result.output
    result.assert_says(": PROVEN", "Deleted by the product itself", "of n1, n2 is dead", "remember-me/expire-all")
    assert site.open_doors(browsers) == []
    assert not set(old.values()) & set(site.pids().values())
    with site.cluster.database.transaction() as execute:
        applications = execute("SELECT entity_name FROM cwd_token WHERE directory_id = -1").fetchall()
    assert sorted(applications) == [("crowd",), ("jira",), ("wiki",)]


@pytest.mark.long
@pytest.mark.parametrize(
    ("product", "administrators", "said"),
    [
        pytest.param(PRODUCTS["crowd"], [], "does not accept the administrator's name and password (HTTP 403)", id="a plain user"),
        pytest.param(PRODUCTS["crowd"].on_line("5.2"), [CANARY], "Crowd 6.0 or later is needed, and n1 has 5.2.4", id="an older version"),
    ],
)
def test_crowd_that_may_not_or_cannot_is_refused_before_anything_changes(
    make_site: MakeSite, product: StandInProduct, administrators: list[str], said: str
) -> None:
    site = administered(make_site, 1, product)
    site.cluster["n1"].behave(administrators=administrators)
    before = site.state_of_everything()
    result = site.run("--check", **WISHES, route="outage", accept_outage=True)
    assert result.status != 0
    result.assert_says(said, "Nothing was changed.")
    assert site.state_of_everything() == before


@pytest.mark.long
def test_in_an_outage_the_product_does_it_before_its_nodes_are_stopped(make_site: MakeSite) -> None:
    site = administered(make_site, 1)
    browsers = site.sign_in("eve")
    result = site.run(**WISHES, route="outage", accept_outage=True)
    assert result.status == 0, result.output
    result.assert_says(": PROVEN")
    assert site.open_doors(browsers) == []


@pytest.mark.long
def test_a_product_that_left_some_is_called_once_more_although_the_copied_cookie_is_dead_by_then(make_site: MakeSite) -> None:
    site = administered(make_site, 2, clear_all="own")
    site.sign_in("eve")
    signed_in = [Browser(CANARY, site.cluster.users[CANARY]).sign_in(node, True) for node in site.cluster.nodes]
    copied = [{"name": name, "value": value} for cookies in signed_in for name, value in cookies.items()]
    site.variables["force_reauth_proof_username"] = ""
    site.more_secrets |= {
        "proof_cookies": json.dumps(copied),
        "admin_username": CANARY,
        "admin_password": site.cluster.users[CANARY],
    }
    stopped = site.run(**WISHES)
    assert stopped.status != 0
    stopped.assert_says("that were in remembermetoken before are still there")
    for node in site.cluster.nodes:
        node.behave(clear_all="usual")
    resumed = site.resume(stopped)
    assert resumed.status == 0, resumed.output
    resumed.assert_says(": PROVEN", "by the session cookie and remember-me cookie of n1, n2")
