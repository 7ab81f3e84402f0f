# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The database of one product offered as another's, each pair: refused, and no row is touched."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from demo.imitated import PRODUCTS
from demo.tokens import Tokens
from tests.database.conftest import ENGINES
from tests.database.site import Site
from tests.database.test_refusals import refusal

PAIRS = list(itertools.permutations(PRODUCTS, 2))
# the same columns: their names alone tell them apart
TWINS = {("confluence", "bamboo"), ("bamboo", "confluence")}


def site_of(engine: str, product: str, request: pytest.FixtureRequest) -> Site:
    """The product's own tables with two tokens, as the stand-in makes them."""
    site: Site = replace(request.getfixturevalue(engine), product=product)
    tokens = Tokens(site.database, PRODUCTS[product])
    tokens.create_users()
    tokens.create()
    for number, login in enumerate(("ann", "bob"), 10000):
        tokens.add_user(login, number)
        tokens.make(login)
    return site


@pytest.mark.parametrize(("offered", "wanted"), PAIRS)
def test_the_database_of_another_product_is_refused(offered: str, wanted: str, request: pytest.FixtureRequest) -> None:
    site = site_of("sqlite", offered, request)
    said = refusal(replace(site, product=wanted))
    assert ("There is no table" in said) != ("is not the product's table" in said), said
    assert set(site.look()["tables"].values()) == {2}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("offered", "wanted"), [pair for pair in PAIRS if pair not in TWINS])
def test_the_table_of_another_product_is_refused_also_under_the_wanted_name(
    engine: str, offered: str, wanted: str, request: pytest.FixtureRequest
) -> None:
    site = site_of(engine, offered, request)
    own, other = PRODUCTS[offered].tokens.name, PRODUCTS[wanted].tokens.name
    if own != other:
        site.run_sql(f"ALTER TABLE {own} RENAME TO {other}")
    rows = site.rows(other)
    assert "is not the product's table" in refusal(replace(site, product=wanted))
    assert (site.rows(other), len(rows) >= 2) == (rows, True)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_own_database_is_taken(engine: str, request: pytest.FixtureRequest) -> None:
    """The control for all of the above."""
    for product in ("jira", "fisheye"):
        assert site_of(engine, product, request).purge()["rows"] == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_other_sorts_of_logins_in_the_table_are_told_by_number(engine: str, request: pytest.FixtureRequest) -> None:
    site = site_of(engine, "fisheye", request)
    assert not any("sorts" in note for note in site.look()["notes"])
    site.run_sql(
        "INSERT INTO cru_login_cookie (cru_login_cookie_id, cru_user_id, cru_create_date, cru_rnd, cru_type, cru_url) "
        "VALUES (7, 10000, 1700000000000, 'x', 1, '/feed')"
    )
    note = site.look()["notes"][-1]
    assert "(2 of cru_type 0, 1 of cru_type 1); no sort is spared" in note
    done = site.purge()
    assert (done["rows"], done["notes"][-1]) == (3, note)
