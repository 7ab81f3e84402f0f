# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The product deletes the tokens by its own page: no database is asked, and old cookies show that it did."""

from __future__ import annotations

import typing as t

import pytest

from demo.cluster import CANARY
from tests.playbook.runs import Site

MakeSite = t.Callable[..., Site]
WISHES: dict[str, t.Any] = {"revoke": "product", "accept_no_archive": True}


def administered(make_site: MakeSite, nodes: int, **behaviour: t.Any) -> Site:
    """A cluster whose proof account is an administrator, and no password of the database."""
    site = make_site(nodes=nodes)
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
        pytest.param({"remember_me_off": True}, "no remember-me cookie of the canary", id="nobody would see", marks=pytest.mark.long),
    ],
)
def test_a_product_that_does_not_do_it_stops_the_run_before_any_node_is_stopped(
    make_site: MakeSite, behaviour: dict[str, t.Any], said: str
) -> None:
    site = administered(make_site, 2, **behaviour)
    old = (site.pids(), site.cluster.token_rows())
    result = site.run(**WISHES)
    assert result.status != 0
    result.assert_says("stopped in step 'revoke'", said, "force_reauth_revoke=product")
    assert (site.pids(), site.locks()) == (old[0], [])
    assert set(old[1]) <= set(site.cluster.token_rows())


@pytest.mark.long
def test_in_an_outage_the_product_does_it_before_its_nodes_are_stopped(make_site: MakeSite) -> None:
    site = administered(make_site, 1)
    browsers = site.sign_in("eve")
    result = site.run(**WISHES, route="outage", accept_outage=True)
    assert result.status == 0, result.output
    result.assert_says(": PROVEN")
    assert site.open_doors(browsers) == []
