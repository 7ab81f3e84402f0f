# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tokens of some users: theirs are backed up, archived and deleted, those of all others are not touched."""

from __future__ import annotations

import tracemalloc
import typing as t
from contextlib import contextmanager
from dataclasses import replace

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke import purge as purge_module

from demo.imitated import PRODUCTS
from demo.tokens import Tokens
from tests.database.conftest import ENGINES
from tests.database.site import Site, lines, tree
from tests.database.tables import BITBUCKET, CONFLUENCE

# what an SQL text may trip over
HARD_NAMES = ("o'hara", "100%", "%s", 'back\\slash"', "ümit")

# the first row is of user 1, all others are of user 2
FILL = """
INSERT INTO sta_remember_me_token (id, series, token, user_id) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
    SELECT i, 'series' || i, 'token' || i, CASE i WHEN 1 THEN 1 ELSE 2 END FROM n
"""
# rows of a large table, as far as a test has time; bytes of each, less than any way to hold them takes
MANY, BYTES = 20_000, 150


def jira(site: Site, *names: str) -> Tokens:
    """Users with keys KEY1, KEY2 .., each with a token."""
    tokens = Tokens(site.database, PRODUCTS["jira"])
    tokens.create_users()
    for number, name in enumerate(names, start=1):
        tokens.add_user(name, number)
        site.add((number, "2026-02-03 04:05:06", f"token{number}", f"KEY{number}"))
    return tokens


@contextmanager
def traced() -> t.Iterator[None]:
    """The memory of Python's objects is counted."""
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def owners(site: Site) -> list[str]:
    return sorted(row[3] for row in site.rows())


def test_the_tokens_of_the_named_users_alone_are_backed_up_archived_and_deleted(site: Site) -> None:
    jira(site, "eve", "adam", "noah")
    site.add((4, "2026-02-03 04:05:06", "token4", "KEY1"), (5, "2026-02-03 04:05:06", "token5", "GONE"))
    others = [row for row in site.rows() if row[3] not in ("KEY1", "KEY2")]
    backup = site.back_up(usernames=["Eve", "adam"])
    done = site.purge(usernames=["Eve", "adam"], expected_rows=backup["rows"])
    assert (backup["rows"], done["rows"], done["users"], done["others"], done["notes"]) == (3, 3, 2, 2, [])
    assert lines([backup["archive"]]) == sorted(lines(done["archives"]))
    assert site.rows() == others
    again = site.purge(usernames=["eve", "adam"])
    assert (again["rows"], again["changed"], site.rows()) == (0, False, others)
    restored = site.restore(done["archives"])
    assert (restored["rows"], len(site.rows())) == (3, 5)


def test_all_but_the_excluded_users_lose_their_tokens_and_nobodys_tokens_go_as_well(site: Site) -> None:
    jira(site, "eve", "adam")
    site.add((3, "2026-02-03 04:05:06", "token3", "GONE"), (4, "2026-02-03 04:05:06", "token4", None))
    done = site.purge(exclude_usernames=["adam"])
    assert (done["rows"], done["others"], owners(site)) == (3, 1, ["KEY2"])
    assert done["notes"] == ["2 tokens belong to no user of app_user: a purge deletes them as well."]


def test_check_mode_counts_them_and_changes_nothing(site: Site) -> None:
    jira(site, "eve", "adam")
    rows, files = site.rows(), tree(site.archive_dir)
    looked = site.look(usernames=["eve"])
    assert (looked["rows"], looked["users"], looked["others"], looked["changed"]) == (1, 1, 1, True)
    assert (site.back_up(check_mode=True, usernames=["eve"])["rows"], site.rows(), tree(site.archive_dir)) == (1, rows, files)


def test_names_are_values_whatever_is_in_them(site: Site) -> None:
    jira(site, *HARD_NAMES, "eve")
    done = site.purge(usernames=list(HARD_NAMES))
    assert (done["rows"], owners(site)) == (len(HARD_NAMES), [f"KEY{len(HARD_NAMES) + 1}"])


@pytest.mark.parametrize("engine", ENGINES)
def test_names_in_the_token_table_itself_are_values_too(engine: str, request: pytest.FixtureRequest) -> None:
    site = replace(request.getfixturevalue(engine), product="confluence")
    tokens = Tokens(site.database, PRODUCTS["confluence"])
    tokens.create()
    for name in (*HARD_NAMES, "Eve", "adam"):
        tokens.make(name)
    looked = site.look(usernames=[*HARD_NAMES, "eve", "adma"])
    assert (looked["rows"], looked["others"]) == (len(HARD_NAMES) + 1, 1)
    assert looked["notes"][0].endswith("holds no token of adma; whether they are spelt as they sign in cannot be told.")
    done = site.purge(usernames=[*HARD_NAMES, "eve", "adma"])
    assert (done["rows"], len(site.rows())) == (len(HARD_NAMES) + 1, 1)


@pytest.mark.parametrize("product", ["bitbucket", "fisheye"])
@pytest.mark.parametrize("engine", ENGINES)
def test_ids_are_found_by_their_names(engine: str, product: str, request: pytest.FixtureRequest) -> None:
    site = replace(request.getfixturevalue(engine), product=product)
    tokens = Tokens(site.database, PRODUCTS[product])
    tokens.create_users()
    tokens.create()
    values = {}
    for number, name in enumerate(("eve", "adam"), start=1):
        tokens.add_user(name, number)
        values[name] = tokens.make(name)
    looked = site.look(usernames=["eve"])
    done = site.purge(usernames=["eve"])
    assert (looked["rows"], looked["users"], looked["others"], done["rows"]) == (1, 1, 1, 1)
    assert (tokens.use(values["eve"])[0], tokens.use(values["adam"])[0]) == ("", "adam")


def test_a_name_that_the_table_of_users_does_not_know_is_refused(site: Site) -> None:
    jira(site, "eve", "adam")
    rows = site.rows()
    acts: tuple[t.Callable[..., object], ...] = (site.look, site.purge, site.back_up)
    for unknown in ({"usernames": ["eve", "adma"]}, {"exclude_usernames": ["adma"]}):
        for act in acts:
            with pytest.raises(SessionsError, match=r"app_user knows no user adma: are they spelt as they sign in\?"):
                act(**unknown)
    assert site.rows() == rows


@pytest.mark.parametrize("named", [["eve", "adma"], ["adma"]], ids=["one of two", "none is known"])
def test_a_name_that_is_not_known_is_told_by_a_look_where_that_is_wanted_and_a_purge_refuses_it(site: Site, named: list[str]) -> None:
    jira(site, "eve", "adam")
    scopes: list[tuple[dict[str, t.Any], int]] = [({"usernames": named}, len(named) - 1), ({"exclude_usernames": named}, 3 - len(named))]
    for names, treated in scopes:
        looked = site.look(**names, unknown_usernames="told")
        assert (looked["unknown_users"], looked["rows"]) == ("app_user knows no user adma", treated)
        with pytest.raises(SessionsError, match="app_user knows no user adma"):
            site.purge(**names, unknown_usernames="told")
    assert len(site.rows()) == 2


# to which an accent, and a blank at the end, make no difference
ALIKE = "CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"


def test_a_user_whom_the_database_takes_for_a_named_one_is_another(mysqls: Site) -> None:
    site = mysqls.create()
    tokens = jira(site)
    site.run_sql(f"ALTER TABLE app_user {ALIKE}")
    for number, name in enumerate(("jose", "josé", "jose "), start=1):
        tokens.add_user(name, number)
        site.add((number, "2026-02-03 04:05:06", f"token{number}", f"KEY{number}"))
    assert (site.purge(exclude_usernames=["Jose"])["rows"], owners(site)) == (2, ["KEY1"])
    site.add((2, "2026-02-03 04:05:06", "token2", "KEY2"))
    assert (site.purge(usernames=["jose"])["rows"], owners(site)) == (1, ["KEY2"])
    site.run_sql("DELETE FROM app_user WHERE user_key <> 'KEY2'")
    with pytest.raises(SessionsError, match="app_user knows no user jose"):
        site.purge(usernames=["jose"])


def test_nothing_is_deleted_where_the_database_takes_the_tokens_of_another_for_those_of_a_named_user(mysqls: Site) -> None:
    site = replace(mysqls, product="confluence")
    tokens = Tokens(site.database, PRODUCTS["confluence"])
    tokens.create()
    site.run_sql(f"ALTER TABLE remembermetoken {ALIKE}")
    for name in ("Jose", "josé", "jose", "adam"):
        tokens.make(name)
    acts: tuple[t.Callable[..., object], ...] = (site.look, site.purge, site.back_up)
    for scope in ({"usernames": ["jose"]}, {"exclude_usernames": ["jose", "adam"]}):
        for act in acts:
            with pytest.raises(SessionsError, match="remembermetoken: the database takes 'josé' for one of the users that were"):
                act(**scope)
    assert len(site.rows()) == 4
    assert site.purge(usernames=["jose", "josé"])["rows"] == 3


def test_keys_that_the_database_does_not_tell_apart_are_refused_as_well(mysqls: Site) -> None:
    site = mysqls.create()
    jira(site, "eve", "adam")
    site.run_sql(f"ALTER TABLE remembermetoken {ALIKE}", "UPDATE remembermetoken SET username = 'kéy1' WHERE username = 'KEY2'")
    with pytest.raises(SessionsError, match="the database takes 'kéy1' for one of the users"):
        site.purge(usernames=["eve"])
    assert len(site.rows()) == 2


@pytest.mark.parametrize("engine", ["sqlite", "postgresql_of_few_letters"])
def test_nothing_is_deleted_where_the_database_does_not_know_a_named_user_by_another_case(
    engine: str, request: pytest.FixtureRequest
) -> None:
    site = replace(request.getfixturevalue(engine), product="confluence")
    tokens = Tokens(site.database, PRODUCTS["confluence"])
    tokens.create()
    for name in ("MÜLLER", "MÜLLER", "müller", "ADAM"):
        tokens.make(name)
    rows = site.rows()
    acts: tuple[t.Callable[..., object], ...] = (site.look, site.purge, site.back_up)
    for scope in ({"usernames": ["müller"]}, {"exclude_usernames": ["müller", "adam"]}):
        for act in acts:
            with pytest.raises(SessionsError, match="remembermetoken: the database takes 'MÜLLER' for none of the users"):
                act(**scope)
    assert site.rows() == rows
    assert (site.look(exclude_usernames=["müller", "adam", "MÜLLER"])["rows"], site.purge(usernames=["müller", "MÜLLER"])["rows"]) == (0, 3)


def test_a_token_of_nobody_is_none_of_a_user_of_that_name(sqlite: Site) -> None:
    site = replace(sqlite, product="confluence").create(CONFLUENCE)
    site.run_sql("INSERT INTO remembermetoken (id, token, username) VALUES (1, 'a', NULL), (2, 'b', 'None')")
    assert site.purge(exclude_usernames=["none"])["rows"] == 1


def test_without_the_table_of_users_nobody_can_be_named(site: Site) -> None:
    site.add((1, "2026-02-03 04:05:06", "token1", "KEY1"))
    with pytest.raises(SessionsError, match="the account sees no table app_user"):
        site.purge(usernames=["eve"])
    assert owners(site) == ["KEY1"]


def test_the_archives_of_a_run_are_followed_for_everybody(site: Site) -> None:
    jira(site, "eve")
    with pytest.raises(SessionsError, match="usernames and exclude_usernames belong to scope=all"):
        site.purge(scope="archived", usernames=["eve"])


def test_a_token_of_theirs_that_came_back_is_found_among_many_of_others(site: Site) -> None:
    jira(site, "eve", *(f"user{n}" for n in range(10)))
    (token,) = [row[2] for row in site.rows() if row[3] == "KEY1"]
    site.purge(usernames=["eve"])
    site.add((1, None, "new", "KEY1"), (70, None, token, "KEY1"), (71, None, None, "KEY1"))
    done = site.purge(scope="archived")
    assert (done["rows"], done["left"], done["checked"], done["since"], done["came_back"]) == (2, 0, 1, 11, 2)
    assert len(site.rows()) == 11


@pytest.mark.parametrize("scope", [{"usernames": ["eve"]}, {"exclude_usernames": ["eve"]}], ids=["one went", "one stayed"])
def test_what_came_back_is_looked_for_without_all_that_went_or_stayed_in_memory(sqlite: Site, scope: dict[str, t.Any]) -> None:
    site = replace(sqlite, product="bitbucket").create(BITBUCKET)
    tokens = Tokens(site.database, PRODUCTS["bitbucket"])
    tokens.create_users()
    tokens.add_users({"eve": 1, "adam": 2})
    with site.database.transaction() as execute:
        execute(FILL, MANY)
    gone = site.purge(**scope)["rows"]
    with traced():
        found = site.look(scope="archived")
        _now, most = tracemalloc.get_traced_memory()
    assert (found["checked"], found["since"], gone) == (gone, MANY - gone, 1 if "usernames" in scope else MANY - 1)
    assert most < MANY * BYTES


def test_fewer_of_their_tokens_than_were_counted_are_refused(site: Site) -> None:
    jira(site, "eve", "adam", "noah")
    with pytest.raises(SessionsError, match="Unsuccessful"):
        site.purge(usernames=["eve"], expected_rows=2, single_sweep=True)
    assert owners(site) == ["KEY1", "KEY2", "KEY3"]


def test_rows_of_others_in_the_backup_explain_nothing(site: Site) -> None:
    jira(site, "eve", "adam", "noah")
    site.back_up()
    for scope in ({"usernames": ["eve"]}, {"exclude_usernames": ["adam", "noah"]}):
        with pytest.raises(SessionsError, match="Unsuccessful"):
            site.purge(expected_rows=3, single_sweep=True, **t.cast("dict[str, t.Any]", scope))
    site.run_sql("DELETE FROM remembermetoken WHERE username = 'KEY1'")
    assert site.purge(usernames=["eve"], expected_rows=1)["rows"] == 0


def test_the_ranges_of_a_sweep_hold_the_rows_of_the_named_users_alone(server_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    jira(server_site, "eve", "adam")
    server_site.add(*((10 + n, "2026-02-03 04:05:06", f"t{n}", f"KEY{n % 2 + 1}") for n in range(40)))
    monkeypatch.setattr(purge_module, "RANGE", 7)
    done = server_site.purge(usernames=["adam"])
    assert (done["rows"], {row[3] for row in server_site.rows()}) == (21, {"KEY1"})


def test_a_token_of_a_named_user_that_is_made_between_the_sweeps_goes_and_that_of_another_stays(postgres_site: Site) -> None:
    jira(postgres_site, "eve", "adam")
    made: list[int] = []

    def sign_in_meanwhile() -> None:
        if not made:
            made.append(1)
            postgres_site.add((0, "2026-02-03 04:05:06", "late1", "KEY1"), (99, "2026-02-03 04:05:06", "late2", "KEY2"))

    postgres_site.purge(before_commit=sign_in_meanwhile, usernames=["eve"])
    assert owners(postgres_site) == ["KEY2", "KEY2"]
