# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Crowd keeps tokens in two tables, one of them with those of applications: both are purged, archived and put back, these are spared."""

from __future__ import annotations

import multiprocessing
import signal
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke import purge as purge_module
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import connection as store_connection
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import sweep as store_sweep

from demo.imitated import PRODUCTS
from demo.tokens import Tokens
from tests.database.conftest import ENGINES
from tests.database.site import Site, lines
from tests.database.test_by_hand import carry_out, statements_of
from tests.database.test_contention import open_transaction

SSO, REMEMBERED = "cwd_token", "cwd_remember_me_token"
APPLICATIONS = ["crowd", "jira", "wiki"]
_TOKENS = "SELECT count(*) FROM cwd_token WHERE directory_id <> -1"


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Site:
    """Crowd's tables, on the engine that the test names, with the tokens of three applications."""
    return crowd(request.getfixturevalue(request.param))


@pytest.fixture
def lite(sqlite: Site) -> Site:
    return crowd(sqlite)


on_each_engine = pytest.mark.parametrize("site", ENGINES, indirect=True)
# what no engine does in a way of its own
on_two_engines = pytest.mark.parametrize("site", ENGINES[:2], indirect=True)
on_each_server = pytest.mark.parametrize("site", ENGINES[1:], indirect=True)


def crowd(empty: Site) -> Site:
    found = replace(empty, product="crowd")
    Tokens(found.database, PRODUCTS["crowd"]).create()
    return found


def sign_in(site: Site, *names: str) -> None:
    """A token in each table."""
    for name in names:
        Tokens(site.database, PRODUCTS["crowd"]).make(name)


def applications(site: Site) -> list[str]:
    return sorted(name for (name,) in site.query("SELECT entity_name FROM cwd_token WHERE directory_id = -1"))


def left(site: Site) -> tuple[int, int]:
    """Rows of users: of single sign-on, and remembered."""
    return int(site.query(_TOKENS)[0][0]), len(site.rows(REMEMBERED))


@on_each_engine
def test_both_tables_are_purged_each_with_its_archive_and_applications_stay(site: Site) -> None:
    sign_in(site, "eve", "adam", "Eve")
    looked = site.look()
    assert (looked["rows"], looked["users"], looked["tables"]) == (6, 2, {SSO: 3, REMEMBERED: 3})
    assert looked["table"] == f"{SSO}, {REMEMBERED}"
    assert looked["ages"] == {"day": 6, "week": 0, "month": 0, "older": 0}
    backup = site.back_up()
    assert (backup["rows"], backup["tables"]) == (6, looked["tables"])
    assert [Path(one["path"]).name for one in backup["archives"]] == [f"backup-{table}-1.tsv.gz" for table in (SSO, REMEMBERED)]
    done = site.purge(expected_tables=backup["tables"])
    assert (left(site), applications(site)) == ((0, 0), APPLICATIONS)
    assert (done["rows"], done["tables"], len(lines(done["archives"]))) == (6, looked["tables"], 6)
    assert sorted(Path(one["path"]).name for one in done["archives"]) == [f"{REMEMBERED}-1.tsv.gz", f"{SSO}-1.tsv.gz"]
    assert [Path(one["path"]).name for one in done["archives_of_run"]] == [f"{SSO}-1.tsv.gz", f"{REMEMBERED}-1.tsv.gz"]
    assert not [line for line in lines([*done["archives"], *backup["archives"]]) if b"random-" in line], "of no application"
    assert done["left_alone"] == [{"table": SSO, "what": "application tokens", "before": 3, "after": 3}]
    assert any(note.startswith("3 application tokens in ") and note.endswith("cwd_token are left alone.") for note in looked["notes"])


@on_each_engine
def test_both_tables_are_put_back_from_archives_in_any_order(site: Site) -> None:
    sign_in(site, "eve", "adam")
    before = [site.rows(table) for table in (SSO, REMEMBERED)]
    archives = site.purge()["archives"]
    looked = site.restore(reversed(archives), check_mode=True)
    assert (looked["rows"], left(site)) == (4, (0, 0))
    done = site.restore(reversed(archives))
    assert (done["rows"], done["present"], done["table"]) == (4, 0, f"{SSO}, {REMEMBERED}")
    assert [site.rows(table) for table in (SSO, REMEMBERED)] == before
    again = site.restore(archives)
    assert (again["rows"], again["present"]) == (0, 4)


@on_two_engines
def test_one_of_the_tables_may_be_put_back_alone(site: Site) -> None:
    sign_in(site, "eve")
    archives = site.purge()["archives"]
    done = site.restore([one for one in archives if REMEMBERED in one["path"]])
    assert (done["table"], done["rows"], left(site)) == (REMEMBERED, 1, (0, 1))


@on_two_engines
def test_rows_with_other_content_in_one_table_keep_the_other_from_being_put_back(site: Site) -> None:
    sign_in(site, "eve")
    ((number, *_rest),) = site.rows(REMEMBERED)
    archives = site.purge()["archives"]
    sign_in(site, "adam")
    site.run_sql(f"UPDATE {REMEMBERED} SET id = {number}")  # noqa: S608  a value of the test
    with pytest.raises(SessionsError, match=r"cwd_remember_me_token holds rows of these archives with other content"):
        site.restore(archives)
    assert left(site) == (1, 1)


@on_each_engine
def test_some_users_are_treated_in_both_tables(site: Site) -> None:
    sign_in(site, "eve", "adam", "adam")
    looked = site.look(usernames=["EVE"])
    assert (looked["rows"], looked["users"], looked["others"]) == (2, 1, 4)
    assert site.purge(usernames=["EVE"])["rows"] == 2
    # an application of that name is no user
    assert site.purge(usernames=["jira", "adam"])["rows"] == 4
    assert (left(site), applications(site)) == ((0, 0), APPLICATIONS)


@on_each_engine
def test_what_came_back_is_found_in_each_table_by_its_own_archives(site: Site) -> None:
    sign_in(site, "eve", "adam")
    kept = site.rows(REMEMBERED)[0]
    site.purge()
    sign_in(site, "noah")
    # the successor of an old token: of the same series; its number is one of the other table's archive
    site.run_sql(f"UPDATE {REMEMBERED} SET series = '{kept[4]}'")  # noqa: S608  a value of the test
    found = site.purge(scope="archived")
    assert (found["rows"], found["left"], found["checked"], found["since"]) == (1, 0, 4, 1)
    assert (left(site), applications(site)) == ((1, 0), APPLICATIONS)


@on_each_server
def test_a_directory_that_is_empty_is_no_application(site: Site) -> None:
    sign_in(site, "eve")
    site.run_sql(_NULLABLE[site.database.sql], "UPDATE cwd_token SET directory_id = NULL WHERE directory_id <> -1")
    assert (site.look()["tables"][SSO], site.purge()["tables"][SSO], applications(site)) == (1, 1, APPLICATIONS)


_NULLABLE = {
    "postgresql": "ALTER TABLE cwd_token ALTER directory_id DROP NOT NULL",
    "mariadb": "ALTER TABLE cwd_token MODIFY directory_id bigint NULL",
}


def test_fewer_rows_than_expected_in_one_table_delete_nothing_of_the_other(lite: Site) -> None:
    sign_in(lite, "eve", "adam")
    with pytest.raises(SessionsError, match=r"5 rows of cwd_remember_me_token were expected, 2 were found"):
        lite.purge(expected_tables={SSO: 2, REMEMBERED: 5})
    assert (left(lite), sorted(lite.archive_dir.rglob("*.tsv.gz"))) == ((2, 2), [])


@pytest.mark.parametrize("rows", ["many", 2.5, None])
def test_a_number_of_rows_that_is_none_is_refused_by_the_name_of_its_table(lite: Site, rows: object) -> None:
    before = lite.rows(SSO)
    with pytest.raises(SessionsError, match=f"expected_tables wants a number of rows for each table, and has {SSO}: "):
        lite.purge(expected_tables={SSO: rows})
    assert lite.rows(SSO) == before


@pytest.mark.parametrize("unknown", ["cwd_tokens", "CWD_TOKEN", ""])
def test_rows_that_are_expected_of_a_table_that_is_not_purged_are_refused_by_its_name(lite: Site, unknown: str) -> None:
    sign_in(lite, "eve")
    with pytest.raises(SessionsError, match=f"expected_tables names {unknown}, and the tables that are purged are {SSO}, {REMEMBERED}"):
        lite.purge(expected_tables={SSO: 1, unknown: 1})
    assert left(lite) == (1, 1)


def test_rows_that_are_expected_of_no_table_in_particular_are_refused(lite: Site) -> None:
    sign_in(lite, "eve")
    with pytest.raises(SessionsError, match=r"say it of each with expected_tables"):
        lite.purge(expected_rows=2)
    assert left(lite) == (1, 1)


@on_each_engine
def test_a_deletion_that_takes_an_application_is_rolled_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(site, "eve")
    move_out = purge_module._moved_out

    def move_out_too_much(share: purge_module.Share, draft: t.Any, sweep: store_sweep.Sweep) -> t.Any:
        moved = move_out(share, draft, sweep)
        table = "public.cwd_token" if site.engine == "postgresql" else "cwd_token"
        sweep.connection.exec_driver_sql(f"DELETE FROM {table} WHERE entity_name = 'wiki'")  # noqa: S608  a name of the tests
        return moved

    monkeypatch.setattr(purge_module, "_moved_out", move_out_too_much)
    with pytest.raises(SessionsError, match=r"of 3 rows in .*cwd_token that are to stay 2 were left"):
        site.purge(single_sweep=True)
    assert (left(site), applications(site), sorted(site.archive_dir.rglob("*.tsv.gz"))) == ((1, 1), APPLICATIONS, [])


@on_two_engines
def test_a_commit_that_the_database_refuses_removes_both_archives(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(site, "eve")

    def refuse(_connector: object, _connection: object, _doing: str) -> None:
        raise SessionsError("The database refuses.")

    monkeypatch.setattr(store_connection.Connector, "commit", refuse)
    with pytest.raises(SessionsError, match="refuses"):
        site.purge(single_sweep=True)
    assert (left(site), sorted(site.archive_dir.rglob("*.tsv.gz"))) == ((1, 1), [])


@on_each_server
def test_a_purge_that_ends_between_the_tables_goes_on(site: Site) -> None:
    """Killed after the first sweep of the one, before that of the other: started again, both are empty, and every row is archived."""
    sign_in(site, "eve", "adam")
    calls: list[int] = []

    def die_later() -> None:
        calls.append(1)
        if len(calls) == 2:
            signal.raise_signal(signal.SIGKILL)

    process = multiprocessing.get_context("fork").Process(target=site.purge, kwargs={"before_commit": die_later})
    process.start()
    process.join()
    assert (process.exitcode, left(site)) == (-signal.SIGKILL, (0, 2))
    done = site.purge(expected_tables={SSO: 2, REMEMBERED: 2})
    assert (left(site), applications(site)) == ((0, 0), APPLICATIONS)
    assert (done["tables"], len({Path(one).name for one in site.archive_dir.rglob("*.tsv.gz")}) >= 2) == ({SSO: 0, REMEMBERED: 2}, True)


@on_each_server
def test_a_writer_of_the_second_table_is_waited_for_and_named(site: Site) -> None:
    sign_in(site, "eve")
    insert = (
        "INSERT INTO cwd_remember_me_token (id, username, token, series, created_date, directory_id) "
        "VALUES (7, 'noah', 'x', 'y', '2026-01-02 03:04:05', 1)"
    )
    with open_transaction(site, insert), pytest.raises(SessionsError, match=r"cwd_token or .*cwd_remember_me_token is held by .*session"):
        site.purge(single_sweep=True, lock_wait=1)
    assert left(site)[0] == 1
    assert (site.purge()["rows"] >= 2, left(site)) == (True, (0, 0))


@on_two_engines
def test_tokens_in_memory_are_said(site: Site) -> None:
    sign_in(site, "eve")
    assert not [note for note in site.look()["notes"] if "memory" in note]
    site.run_sql("UPDATE cwd_property SET property_value = 'false'")
    (said,) = [note for note in site.look()["notes"] if "memory" in note]
    assert "database.token.storage.enabled is false in cwd_property" in said
    assert "end with the restart" in said
    site.run_sql("DROP TABLE cwd_property")
    (said,) = [note for note in site.look()["notes"] if "memory" in note]
    assert said.startswith("Whether the product keeps tokens of ")
    assert "is not known: the account sees no table cwd_property" in said


def test_what_is_left_of_before_are_no_tokens_of_applications(lite: Site) -> None:
    sign_in(lite, "eve")
    for table in (SSO, REMEMBERED):
        lite.run_sql(f"UPDATE {table} SET created_date = '2026-02-03 04:05:06'")  # noqa: S608  a name of the tests
    lite.run_sql("UPDATE cwd_token SET created_date = '2025-02-03 04:05:06' WHERE entity_name = 'wiki'")
    ids = lite.query("SELECT id FROM cwd_token WHERE directory_id <> -1")
    before = lite.count(mark=True)["mark"]
    assert before[0]["keys"] == [ids[0][0]]
    assert lite.count(before=before)["left"] == 2


def test_a_token_in_an_archive_of_another_table_was_not_handed_out_by_this_one(lite: Site) -> None:
    sign_in(lite, "eve")
    lite.run_sql("UPDATE cwd_remember_me_token SET id = 900")
    lite.purge()
    with pytest.raises(SessionsError, match="the nodes use another database"):
        lite.purge(expected_tokens=[{"node": "n1", "token": "900"}])


@on_two_engines
def test_users_are_counted_over_both_tables_without_applications(site: Site) -> None:
    sign_in(site, "eve", "adam", "Adam")
    found = site.count(show_users=True)
    assert (found["rows"], found["users"]) == (6, 2)
    assert [(one["tokens"], one["user"]) for one in found["top"]] == [(4, "adam"), (2, "eve")]


@pytest.mark.parametrize("missing", [SSO, REMEMBERED])
def test_a_table_that_is_not_there_is_named(missing: str, lite: Site) -> None:
    lite.run_sql(f"DROP TABLE {missing}")
    with pytest.raises(SessionsError, match=f"There is no table {missing}"):
        lite.look()


@on_each_engine
def test_the_script_by_hand_spares_applications(site: Site) -> None:
    sign_in(site, "eve", "adam")
    where = " WHERE directory_id IS NULL OR directory_id <> -1"
    answers = carry_out(site, statements_of(site, product="Crowd", table=SSO, where=where))
    assert answers[-1] == 0
    assert (left(site), applications(site)) == ((0, 2), APPLICATIONS)


@pytest.mark.long
@on_each_server
def test_killed_at_any_moment_no_row_is_in_neither(site: Site) -> None:
    folder = Path(site.look()["folder"])
    made = 0
    for number in range(8):
        sign_in(site, *(f"user{n}" for n in range(20)))
        made += 20
        process = multiprocessing.get_context("fork").Process(target=site.purge)
        process.start()
        process.join(0.02 * number)
        process.kill()
        process.join()
    site.purge()
    assert (left(site), applications(site)) == ((0, 0), APPLICATIONS)
    for table in (SSO, REMEMBERED):
        archived = lines([{"path": path} for path in folder.glob(f"{table}-*.tsv.gz") if path.with_name(path.name[:-7] + ".json").exists()])
        assert len({line.split(b"\t")[0] for line in archived}) == made
