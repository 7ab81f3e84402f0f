# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens are counted by their age, by the clock of the database; what was made since a purge is counted, too."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.token_ages import like

from demo.imitated import PRODUCTS
from demo.tokens import Tokens
from tests.database.site import Site

NOW = datetime.datetime.now(datetime.UTC)


def days_ago(days: float) -> str:
    return (NOW - datetime.timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S")


def add(site: Site, *ages: float) -> None:
    site.add(*((number, days_ago(days), f"token{number}", f"user{number}") for number, days in enumerate(ages, start=1)))


def test_each_age_counts_what_the_younger_ones_do_not(site: Site) -> None:
    add(site, 0, 0.5, 3, 6, 8, 29, 31, 400, 4000)
    assert site.look()["ages"] == {"day": 2, "week": 2, "month": 2, "older": 3}


def test_an_empty_table_has_no_ages(site: Site) -> None:
    assert site.look()["ages"] == {"day": 0, "week": 0, "month": 0, "older": 0}


def test_rows_without_a_time_are_old(site: Site) -> None:
    add(site, 0)
    site.run_sql("INSERT INTO remembermetoken (id, token, username) VALUES (77, 'timeless', 'eve')")
    assert site.look()["ages"] == {"day": 1, "week": 0, "month": 0, "older": 1}


@pytest.mark.parametrize(("product", "counted"), [("confluence", 1), ("bitbucket", None)])
def test_times_of_every_kind_are_read_and_the_end_of_a_token_is_no_age(sqlite: Site, product: str, counted: int | None) -> None:
    site = replace(sqlite, product=product)
    tokens = Tokens(site.database, PRODUCTS[product])
    tokens.create()
    tokens.create_users()
    tokens.add_user("eve", 1)
    tokens.make("eve")
    assert site.look()["ages"] == ({} if counted is None else {"day": 1, "week": 0, "month": 0, "older": 0})


def test_rows_that_were_made_since_the_purge_are_counted_without_those_that_came_back(site: Site) -> None:
    add(site, 1, 2)
    archived = site.rows()
    site.purge()
    site.add((51, days_ago(0), "new", "eve"), (52, days_ago(0), "newer", "adam"), archived[0])
    looked, found = site.look(scope="archived"), site.purge(scope="archived")
    assert (looked["since"], looked["left"]) == (2, 1)
    assert (found["since"], found["rows"], found["left"]) == (2, 1, 0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime.datetime(2026, 1, 1), datetime.datetime(2026, 11, 25, 2, 0)),  # noqa: DTZ001  a column without a zone
        (NOW, datetime.datetime(2026, 11, 25, 2, 0, tzinfo=datetime.UTC)),
        (1_700_000_000_000, 1_795_572_000_000),
        ("1700000000000", "1795572000000"),
        ("2026-01-01 00:00:00", "2026-11-25 02:00:00"),
        ("2026-01-01T00:00:00", "2026-11-25T02:00:00"),
    ],
)
def test_a_moment_is_written_as_the_column_writes_its_own(value: object, expected: object) -> None:
    assert like(value, datetime.datetime(2026, 11, 25, 2, 0, tzinfo=datetime.UTC)) == expected


def test_what_is_no_time_is_compared_with_none() -> None:
    with pytest.raises(ValueError, match="no time"):
        like(b"x", NOW)
