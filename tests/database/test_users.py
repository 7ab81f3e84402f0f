# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users are counted by their names, through the product's own table of users; where that cannot be asked, by what the tokens hold."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.users import treated_names

from demo.imitated import PRODUCTS
from demo.tokens import Tokens
from tests.database.conftest import ENGINES
from tests.database.site import Site
from tests.database.tables import CONFLUENCE


@pytest.mark.usefixtures("users")
def test_users_are_counted_by_their_names(site: Site) -> None:
    # two keys of one name: somebody who was deleted and made again
    site.run_sql("INSERT INTO app_user (id, user_key, lower_user_name) VALUES (3, 'KEY3', 'eve')")
    site.hold("KEY1", "KEY1", "KEY2", "KEY3")
    looked = site.look()
    assert (looked["rows"], looked["users"], looked["notes"]) == (4, 2, [])


@pytest.mark.usefixtures("users")
def test_tokens_that_belong_to_nobody_are_said_and_deleted_as_well(site: Site) -> None:
    site.hold("KEY1", "GONE", "GONE", None)
    looked = site.look()
    assert (looked["rows"], looked["users"]) == (4, 1)
    assert looked["notes"] == ["3 tokens belong to no user of app_user: a purge deletes them as well."]
    done = site.purge()
    assert (done["rows"], done["users"], done["notes"], site.rows()) == (4, 1, looked["notes"], [])
    assert len(site.rows("app_user")) == 2


def test_an_empty_token_table_has_no_users_and_nobody_asks_for_their_names(site: Site) -> None:
    looked = site.look()
    assert (looked["rows"], looked["users"], looked["notes"]) == (0, 0, [])


def test_without_the_table_of_users_the_keys_are_counted_and_a_note_says_so(site: Site) -> None:
    site.hold("KEY1", "KEY1", "KEY2")
    looked = site.look()
    assert (looked["rows"], looked["users"]) == (3, 2)
    (note,) = looked["notes"]
    assert note.lower().startswith(
        "users are counted by the column username of their tokens, not by their names: the account sees no table"
    )
    assert site.purge()["rows"] == 3


@pytest.mark.usefixtures("users")
def test_without_the_column_of_names_the_keys_are_counted_and_a_note_says_so(site: Site) -> None:
    site.run_sql("ALTER TABLE app_user DROP COLUMN lower_user_name")
    site.hold("KEY1")
    looked = site.look()
    assert (looked["users"], looked["notes"][0].endswith("app_user has no column lower_user_name.")) == (1, True)
    assert site.purge()["rows"] == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_an_id_is_turned_into_a_name_as_well(engine: str, request: pytest.FixtureRequest) -> None:
    site = replace(request.getfixturevalue(engine), product="fisheye")
    tokens = Tokens(site.database, PRODUCTS["fisheye"])
    tokens.create_users()
    tokens.create()
    for number, login in enumerate(("eve", "adam"), start=1):
        tokens.add_user(login, number)
        tokens.make(login)
        tokens.make(login)
    looked = site.look()
    assert (looked["rows"], looked["users"]) == (4, 2)
    assert not [note for note in looked["notes"] if "user" in note.lower()]


def limited(site: Site, *grants: str) -> Site:
    """The site as an account sees it that has these rights alone."""
    account = f"reader_{site.database.name}"
    kind, way = ("USER", "IDENTIFIED BY") if site.database.sql == "mariadb" else ("ROLE", "LOGIN PASSWORD")
    made = f"CREATE {kind} {account} {way} '{site.database.password}'"
    site.run_sql(made, *(f"GRANT {grant} TO {account}" for grant in grants))
    return site.with_database(user=account)


def test_an_account_that_may_not_read_them_is_told_so_and_may_purge(server_site: Site) -> None:
    Tokens(server_site.database, PRODUCTS["jira"]).create_users()
    server_site.hold("KEY1", "KEY2")
    site = limited(server_site, "SELECT, DELETE ON remembermetoken")
    looked = site.look()
    assert looked["users"] == 2
    # MariaDB may also hide triggers and foreign keys from it, see test_mysql
    *_hidden, note = looked["notes"]
    # where the catalogue shows only what the account may use, the table is not there for it
    assert note.endswith(("the account lacks a right.", "the account sees no table app_user in schema " + site.database.name + "."))
    assert (site.purge()["rows"], server_site.rows()) == (2, [])


def test_a_key_that_cannot_be_compared_is_a_note(postgres_site: Site) -> None:
    postgres_site.run_sql("CREATE TABLE app_user (user_key integer, lower_user_name text)")
    postgres_site.hold("KEY1")
    looked = postgres_site.look()
    assert looked["users"] == 1
    assert "cannot read the names of the users" in looked["notes"][0]


def test_the_table_of_users_in_another_schema_is_not_taken(postgres_site: Site) -> None:
    Tokens(postgres_site.database, PRODUCTS["jira"]).create_users()
    postgres_site.run_sql("CREATE SCHEMA other", "ALTER TABLE app_user SET SCHEMA other")
    postgres_site.hold("KEY1")
    assert "the account sees no table app_user in schema public" in postgres_site.look()["notes"][0]


def test_the_table_is_found_whatever_its_case(site: Site) -> None:
    quote = "`" if site.database.sql == "mariadb" else '"'
    name, key, login = (f"{quote}{one}{quote}" for one in ("APP_USER", "USER_KEY", "LOWER_USER_NAME"))
    site.run_sql(f"CREATE TABLE {name} ({key} varchar(255), {login} varchar(255))", f"INSERT INTO {name} VALUES ('KEY1', 'eve')")  # noqa: S608
    site.hold("KEY1", "GONE")
    looked = site.look()
    assert (looked["users"], looked["notes"]) == (1, ["1 token belongs to no user of app_user: a purge deletes it as well."])


@pytest.mark.usefixtures("users")
def test_the_names_of_all_users_are_read_or_of_those_who_are_treated(site: Site) -> None:
    site.run_sql("INSERT INTO app_user (id, user_key, lower_user_name) VALUES (3, 'KEY3', 'eve')")
    assert treated_names(site.options()) == {"usernames": ["adam", "eve"], "unknown_users": ""}
    assert treated_names(site.options(usernames=["EVE"]))["usernames"] == ["eve"]
    assert treated_names(site.options(exclude_usernames=["eve"]))["usernames"] == ["adam"]
    with pytest.raises(SessionsError, match="knows no user kim"):
        treated_names(site.options(usernames=["kim"]))


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize(("named", "left"), [("usernames", ["adam", "eva"]), ("exclude_usernames", ["noah"])])
def test_who_was_renamed_after_the_purge_is_found_by_the_key_that_it_returned(site: Site, named: str, left: list[str]) -> None:
    names: dict[str, t.Any] = {named: ["Eve", "adam"]}
    purged = site.purge(**names)
    site.run_sql(
        "UPDATE app_user SET lower_user_name = 'eva' WHERE user_key = 'KEY1'",
        "INSERT INTO app_user (id, user_key, lower_user_name) VALUES (3, 'KEY3', 'noah')",
    )
    found = treated_names(site.options(**{named: ["Eve", "adam"]}, user_keys=purged["user_keys"]))
    assert found == {"usernames": left, "unknown_users": ""}


@pytest.mark.usefixtures("users")
def test_who_was_deleted_is_told_where_that_is_wanted(site: Site) -> None:
    keys = site.purge(usernames=["eve", "adam"])["user_keys"]
    site.run_sql("DELETE FROM app_user WHERE user_key = 'KEY1'")
    with pytest.raises(SessionsError, match="knows no user eve"):
        treated_names(site.options(usernames=["eve", "adam"], user_keys=keys))
    found = treated_names(site.options(usernames=["eve", "adam"], user_keys=keys, unknown_usernames="told"))
    assert found == {"usernames": ["adam"], "unknown_users": "app_user knows no user eve"}


def test_to_read_the_names_needs_no_right_to_delete(postgres_site: Site) -> None:
    tokens = Tokens(postgres_site.database, PRODUCTS["jira"])
    tokens.create_users()
    tokens.add_user("eve", 1)
    reader = limited(postgres_site, "SELECT ON remembermetoken", "SELECT ON app_user")
    assert treated_names(reader.options())["usernames"] == ["eve"]


def test_of_a_product_whose_users_are_in_no_known_table_nobodys_name_is_known(sqlite: Site) -> None:
    site = replace(sqlite, product="confluence").create(CONFLUENCE)
    with pytest.raises(SessionsError, match=r"^No table of confluence is known that names all its users\. Nothing was changed\.$"):
        treated_names(site.options())


def test_without_a_table_of_users_nobodys_name_is_known(site: Site) -> None:
    with pytest.raises(SessionsError, match="the account sees no table app_user"):
        treated_names(site.options())
