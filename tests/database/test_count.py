# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens are counted by an account that may only read, and of a table that would not be purged; nothing is changed by it."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

from demo.imitated import PRODUCTS
from demo.tokens import Tokens
from tests.database.conftest import unprivileged
from tests.database.site import Site
from tests.database.tables import CONFLUENCE


def count(site: Site, **more: object) -> dict[str, t.Any]:
    before = site.rows()
    found = site.count(**more)
    assert site.rows() == before
    return found


@pytest.mark.usefixtures("users")
def test_the_users_with_the_most_tokens_come_first_and_have_names_only_where_they_are_wanted(site: Site) -> None:
    site.hold("KEY1", "KEY2", "KEY2", "GONE", "GONE", "GONE", None, None, None, None)
    found = count(site, show_users=True)
    assert [(one["tokens"], one["user"]) for one in found["top"]] == [(4, ""), (3, "GONE"), (2, "adam"), (1, "eve")]
    assert (found["rows"], found["users"], found["ages"]["older"]) == (10, 2, 10)
    assert found["notes"] == ["7 tokens belong to no user of app_user: a purge deletes them as well."]
    assert [one["user"] for one in count(site)["top"]] == ["", "", "", ""]
    assert [one["tokens"] for one in count(site, top=2)["top"]] == [4, 3]


def test_without_the_table_of_users_a_name_is_the_key_that_stands_for_it(site: Site) -> None:
    site.hold("KEY1")
    assert count(site, show_users=True)["top"] == [{"tokens": 1, "user": "KEY1"}]


def test_an_empty_table_has_no_tokens(site: Site) -> None:
    found = count(site)
    assert (found["rows"], found["users"], found["top"], found["oldest"]) == (0, 0, [], "")


def test_the_right_to_read_is_enough(postgres_site: Site) -> None:
    account = f"reader_{postgres_site.database.name}"
    postgres_site.run_sql(
        f"CREATE ROLE {account} LOGIN PASSWORD '{postgres_site.database.password}'", f"GRANT SELECT ON remembermetoken TO {account}"
    )
    postgres_site.sign_in(3)
    reader = postgres_site.with_database(user=account)
    with pytest.raises(SessionsError, match="lacks DELETE"):
        reader.look()
    assert reader.count()["rows"] == 3


def test_without_the_right_to_read_nothing_is_counted_as_none(postgres_site: Site) -> None:
    account = f"nobody_{postgres_site.database.name}"
    postgres_site.run_sql(f"CREATE ROLE {account} LOGIN PASSWORD '{postgres_site.database.password}'")
    with pytest.raises(SessionsError, match="lacks a right"):
        postgres_site.with_database(user=account).count()


def test_a_server_that_is_closed_to_writers_is_counted(postgres_site: Site) -> None:
    postgres_site.sign_in(3)
    postgres_site.run_sql(f"ALTER DATABASE {postgres_site.database.name} SET default_transaction_read_only = on")
    assert postgres_site.count()["rows"] == 3


def test_rows_that_a_policy_hides_are_no_count(postgres_site: Site) -> None:
    account = f"hidden_{postgres_site.database.name}"
    postgres_site.run_sql(
        f"CREATE ROLE {account} LOGIN PASSWORD '{postgres_site.database.password}'",
        f"GRANT SELECT ON remembermetoken TO {account}",
        "ALTER TABLE remembermetoken ENABLE ROW LEVEL SECURITY",
    )
    with pytest.raises(SessionsError):
        postgres_site.with_database(user=account).count()


def test_a_table_that_would_not_be_purged_is_counted(sqlite: Site) -> None:
    site = sqlite.create()
    site.sign_in(3)
    site.run_sql("CREATE TRIGGER kept BEFORE DELETE ON RememberMeToken BEGIN SELECT RAISE(IGNORE); END")
    assert count(site)["rows"] == 3


def test_a_file_that_may_only_be_read_is_counted(sqlite: Site) -> None:
    site = sqlite.create()
    site.sign_in(3)
    path = Path(site.database.name)
    path.chmod(0o644)
    path.parent.chmod(0o755)
    with unprivileged(path.parent):
        assert site.count()["rows"] == 3
        with pytest.raises(SessionsError, match="readable and writable"):
            site.look()


def test_what_was_there_before_is_told_from_what_came_after(site: Site) -> None:
    second = "2026-02-03 04:05:07"
    site.hold("KEY1", "KEY2")
    site.add((7, second, "newest", "KEY1"))
    before = count(site, mark=True)["mark"]
    assert before[0]["keys"] == [7]
    assert count(site, before=before)["left"] == 3
    site.run_sql("DELETE FROM remembermetoken WHERE id < 7")
    # somebody signs in within the same second, which is all that some engines keep
    site.add((8, second, "new", "KEY2"), (9, "2026-02-03 04:06:00", "newer", "KEY2"))
    assert count(site, before=before)["left"] == 1
    site.run_sql("DELETE FROM remembermetoken WHERE id = 7")
    assert count(site, before=before)["left"] == 0
    # some engines give the last number again
    site.add((7, "2026-02-03 04:06:01", "newest", "KEY2"))
    assert count(site, before=before)["left"] == 0
    site.run_sql("INSERT INTO remembermetoken (id, token, username) VALUES (77, 'timeless', 'eve')")
    assert count(site, before=before)["left"] == 1


def test_what_was_there_before_is_told_by_times_in_milliseconds_as_well(sqlite: Site) -> None:
    site = replace(sqlite, product="confluence").create(CONFLUENCE)
    site.run_sql("INSERT INTO remembermetoken VALUES (1, 'eve', 900, 'a'), (2, 'eve', 1000, 'b')")
    before = count(site, mark=True)["mark"]
    assert before == [{"newest": "1000", "keys": [2]}]
    site.run_sql("INSERT INTO remembermetoken VALUES (3, 'eve', 1000, 'c'), (4, 'eve', 10000, 'd')")
    assert count(site, before=before)["left"] == 2
    with pytest.raises(SessionsError, match=r"^'yesterday' is no time of this table\.$"):
        site.count(before=[{"newest": "yesterday", "keys": []}])


def test_of_an_empty_table_nothing_is_left(site: Site) -> None:
    before = count(site, mark=True)["mark"]
    assert before == [{"newest": "", "keys": []}]
    site.hold("KEY1")
    assert count(site, before=before)["left"] == 0
    site.run_sql("DELETE FROM remembermetoken")
    assert count(site, before=before)["left"] == 0


def test_a_table_that_does_not_tell_when_a_token_was_made_has_no_mark(sqlite: Site) -> None:
    site = replace(sqlite, product="bitbucket")
    tokens = Tokens(site.database, PRODUCTS["bitbucket"])
    tokens.create()
    with pytest.raises(SessionsError, match="does not tell when a token was made"):
        site.count(top=0, mark=True)
