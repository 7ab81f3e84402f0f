# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The path for engines that this project has no server of, on those that it has."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import store_of_engine
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.generic import GenericStore, GenericSweep, quoted, run
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.postgresql import PostgresqlStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.postgresql_rows import PostgresqlSweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sqlite import SqliteStore, SqliteSweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import FoundTable

from tests.database.site import Site, lines
from tests.database.tables import BITBUCKET, CONFLUENCE
from tests.database.test_contention import INSERT, open_transaction
from tests.database.test_refusals import refusal


class FileSweep(GenericSweep):
    """The clock of the file."""

    now = SqliteSweep.now


class OnSqlite(GenericStore):
    """SQLite is told where a transaction begins; that is also its lock."""

    isolation = None
    sweep_class = FileSweep
    obstacles = SqliteStore.obstacles
    candidates = SqliteStore.candidates

    def begin(self, connection: t.Any) -> None:
        connection.exec_driver_sql("BEGIN")

    def begin_sweep(self, connection: t.Any, table: FoundTable, locked: bool) -> None:  # noqa: ARG002
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def check_rights(self, connection: t.Any, table: FoundTable) -> None:
        """A try would wait for the file's one lock."""


class TextSweep(GenericSweep):
    """The server writes what is no text, and reads it again, as on Oracle."""

    now = PostgresqlSweep.now

    def rendered(self, columns: t.Sequence[str]) -> t.Sequence[t.Any]:
        return [self.statements.sql.cast(self.statements.table.c[name], self.statements.sql.String) for name in columns]


class OnPostgresql(GenericStore):
    """As Oracle: a lock that does not wait, then a read and a delete."""

    sweep_class = TextSweep
    candidates = PostgresqlStore.candidates
    obstacles = PostgresqlStore.obstacles

    def begin(self, connection: t.Any) -> None:
        """SQLAlchemy does."""

    def begin_copy(self, connection: t.Any) -> None:
        run(connection, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")

    def begin_sweep(self, connection: t.Any, table: FoundTable, locked: bool) -> None:  # noqa: ARG002
        run(connection, f"LOCK TABLE {quoted(connection, table)} IN SHARE ROW EXCLUSIVE MODE NOWAIT")


@pytest.fixture(autouse=True)
def _generic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_of_engine, "_STORES", {"sqlite": OnSqlite, "postgresql": OnPostgresql})


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest) -> Site:
    """Jira's empty token table on engines that have a path of their own, not taken here."""
    found: Site = request.getfixturevalue(request.param)
    return found.create()


def test_deletes_every_row_and_brings_it_back(site: Site) -> None:
    site.add((1, "2026-01-02 03:04:05", "tab\t", "back\\slash"), (2, None, None, None), (3, None, "", "日本"))
    before = site.rows()
    done = site.purge()
    assert (done["rows"], done["sweeps"], site.rows()) == (3, 1, [])
    assert lines(done["archives"])[1] == b"2\t\\N\t\\N\t\\N\n"
    assert site.restore(done["archives"])["rows"] == 3
    assert site.rows() == before
    assert site.restore(done["archives"])["changed"] is False


def test_brings_boolean_and_time_columns_back(postgresql: Site) -> None:
    site = Site(postgresql.database, postgresql.archive_dir, "bitbucket").create(BITBUCKET)
    site.run_sql("INSERT INTO sta_remember_me_token VALUES (1, 's', 't', 7, '2026-01-02 03:04:05.123456+02', true, NULL)")
    before = site.rows("sta_remember_me_token")
    site.restore(site.purge()["archives"])
    assert site.rows("sta_remember_me_token") == before


def test_deletes_what_came_back_only(site: Site) -> None:
    site.sign_in(4)
    site.purge()
    site.add((3, None, "other", None), (50, None, "new", None))
    assert site.purge(scope="archived")["rows"] == 1
    assert [row[0] for row in site.rows()] == [50]


def test_deletes_nothing_while_another_writes(site: Site) -> None:
    site.sign_in(3)
    with open_transaction(site, INSERT.format(900, "x")), pytest.raises(SessionsError, match="is held by another process"):
        site.purge(lock_wait=0)
    assert len(site.rows()) == 3


def test_refuses_what_is_not_the_table(postgresql: Site) -> None:
    assert "There is no table" in refusal(postgresql)
    postgresql.create(CONFLUENCE)
    assert "column created is BIGINT" in refusal(postgresql)
    postgresql.run_sql("ALTER TABLE remembermetoken RENAME TO t", "CREATE VIEW remembermetoken AS SELECT * FROM t")
    assert "is a view" in refusal(postgresql)


def test_a_generated_column_is_left_out(postgres_site: Site) -> None:
    postgres_site.run_sql("ALTER TABLE remembermetoken ADD COLUMN made text GENERATED ALWAYS AS (upper(token)) STORED")
    postgres_site.add((1, None, "abc", None))
    before = postgres_site.rows()
    archives = postgres_site.purge()["archives"]
    assert lines(archives) == [b"1\t\\N\tabc\t\\N\n"]
    postgres_site.restore(archives)
    assert postgres_site.rows() == before


def test_a_backup_holds_what_one_state_of_the_table_holds(site: Site) -> None:
    site.sign_in(3)
    assert site.back_up()["rows"] == 3


def test_finds_the_table_by_schema(postgres_site: Site) -> None:
    postgres_site.run_sql("CREATE SCHEMA other", "CREATE TABLE other.remembermetoken AS SELECT * FROM public.remembermetoken")
    assert "more than one" in refusal(postgres_site)
    assert postgres_site.look(database_schema="PUBLIC")["schema"] == "public"
