# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sign-out leaves alone is counted where the product's table is there and may be read; where not, a reason is told."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest

from demo.imitated import PRODUCTS
from demo.tokens import Tokens
from tests.database.site import Site

PERSONAL, OAUTH = "personal access tokens", "OAuth and application-link tokens"
# as the products write their names: PostgreSQL keeps upper case where it is quoted
QUOTES = {"postgresql": '"', "sqlite": '"'}


def hold(site: Site, table: str, columns: t.Sequence[str], *rows: t.Sequence[str]) -> None:
    quote = QUOTES.get(site.database.engine, "`")
    names = ", ".join(f"{quote}{column}{quote} varchar(255)" for column in columns)
    values = (", ".join(f"'{value}'" for value in row) for row in rows)
    site.run_sql(f"CREATE TABLE {quote}{table}{quote} ({names})")
    site.run_sql(*(f"INSERT INTO {quote}{table}{quote} VALUES ({one})" for one in values))  # noqa: S608  words of this file


def counted(site: Site) -> dict[str, tuple[int, str]]:
    """By the count and, the same, by the look of a run."""
    found = site.count()["survivors"]
    assert site.look()["survivors"] == found
    return {one["what"]: (one["count"], one["how"]) for one in found}


def test_personal_tokens_are_counted_and_of_tokens_for_other_applications_those_that_open_something(site: Site) -> None:
    site.sign_in(2)
    hold(site, "AO_81F455_PERSONAL_TOKEN", ("HASHED_TOKEN", "ID", "USER_KEY"), ("x", "1", "KEY1"), ("y", "2", "KEY1"))
    hold(site, "oauthsptoken", ("id", "token_type", "consumer_key"), ("1", "ACCESS", "c"), ("2", "REQUEST", "c"), ("3", "ACCESS", "d"))
    found = counted(site)
    assert found[PERSONAL] == (2, "personal access tokens, those that have expired among them")
    assert found[OAUTH][0] == 2
    assert site.purge()["rows"] == 2
    assert counted(site) == found


def test_a_table_that_is_not_there_is_not_counted_as_empty_and_keeps_nothing_from_being_purged(site: Site) -> None:
    site.sign_in(2)
    for number, how in counted(site).values():
        assert number == -1
        assert how.startswith("not counted: the account sees no table")
    assert site.purge()["rows"] == 2


def test_a_table_of_that_name_with_other_columns_is_not_counted(site: Site) -> None:
    hold(site, "ao_81f455_personal_token", ("hashed_token",), ("x",))
    number, how = counted(site)[PERSONAL]
    assert (number, how.endswith("has no column user_key")) == (-1, True)


@pytest.mark.parametrize(
    ("product", "table", "columns", "what"),
    [
        ("confluence", "AO_81F455_PERSONAL_TOKEN", ("HASHED_TOKEN", "USER_KEY"), PERSONAL),
        ("bitbucket", "AO_E5A814_ACCESS_TOKEN", ("HASHED_TOKEN", "USER_ID"), "HTTP access tokens"),
        ("bitbucket", "AO_FB71B4_SSH_PUBLIC_KEY", ("KEY_TEXT", "USER_ID"), "SSH keys and access keys"),
    ],
)
def test_other_products_have_tables_of_their_own(sqlite: Site, product: str, table: str, columns: tuple[str, ...], what: str) -> None:
    Tokens(sqlite.database, PRODUCTS[product]).create()
    hold(sqlite, table, columns, ("x", "1"), ("y", "2"))
    assert counted(replace(sqlite, product=product))[what][0] == 2


def test_an_account_without_the_right_is_told_so_and_counts_the_tokens(postgres_site: Site) -> None:
    account = f"reader_{postgres_site.database.name}"
    hold(postgres_site, "AO_81F455_PERSONAL_TOKEN", ("HASHED_TOKEN", "USER_KEY"), ("x", "KEY1"))
    postgres_site.run_sql(
        f"CREATE ROLE {account} LOGIN PASSWORD '{postgres_site.database.password}'",
        f"GRANT SELECT, DELETE ON remembermetoken TO {account}",
    )
    postgres_site.sign_in(3)
    reader = postgres_site.with_database(user=account)
    number, how = counted(reader)[PERSONAL]
    assert (number, how.endswith(f"cannot count the {PERSONAL}: the account lacks a right")) == (-1, True)
    assert reader.purge()["rows"] == 3


def test_rows_that_a_policy_hides_are_not_counted(postgres_site: Site) -> None:
    account = f"hidden_{postgres_site.database.name}"
    hold(postgres_site, "AO_81F455_PERSONAL_TOKEN", ("HASHED_TOKEN", "USER_KEY"), ("x", "KEY1"))
    postgres_site.run_sql(
        f"CREATE ROLE {account} LOGIN PASSWORD '{postgres_site.database.password}'",
        f"GRANT SELECT, DELETE ON remembermetoken TO {account}",
        f'GRANT SELECT ON "AO_81F455_PERSONAL_TOKEN" TO {account}',
        'ALTER TABLE "AO_81F455_PERSONAL_TOKEN" ENABLE ROW LEVEL SECURITY',
    )
    assert counted(postgres_site.with_database(user=account))[PERSONAL][0] == -1


def test_a_table_in_another_schema_is_another_products(postgres_site: Site) -> None:
    hold(postgres_site, "AO_81F455_PERSONAL_TOKEN", ("HASHED_TOKEN", "USER_KEY"), ("x", "KEY1"))
    postgres_site.run_sql("CREATE SCHEMA other", 'ALTER TABLE "AO_81F455_PERSONAL_TOKEN" SET SCHEMA other')
    assert counted(postgres_site)[PERSONAL] == (-1, "not counted: the account sees no table AO_81F455_PERSONAL_TOKEN in schema public")
