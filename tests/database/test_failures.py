# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Half-way: what fails leaves rows where they were, or an archive of every row that is gone."""

from __future__ import annotations

import gc
import os
import resource
import sqlite3
import struct
import typing as t
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pymysql
import pytest
import sqlalchemy
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import files as archive_files
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke import purge as purge_module
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import connection as store_connection
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import driver_connections
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import sweep as store_sweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import CommitUnknown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.mysql_rows import MysqlSweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.postgresql import PostgresqlStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.postgresql_rows import PostgresqlSweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sqlite import SqliteSweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import KeyRange

from tests.database.conftest import MYSQLS
from tests.database.site import Site, lines

END_OF_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dcops.atlassian_sessions'"


def archives(site: Site) -> list[Path]:
    return sorted(site.archive_dir.rglob("*.tsv.gz"))


@contextmanager
def full_disk(after: int) -> t.Iterator[None]:
    """No file of this process may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (after, before[1]))
    try:
        yield
        # what a failed writer still holds must not be written when it goes
        gc.collect()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def large_site(postgres_site: Site) -> Site:
    """More rows than the archive's buffer holds, so that the file is written while rows still come."""
    postgres_site.run_sql("INSERT INTO remembermetoken SELECT i, now(), md5(i::text), 'user' || i FROM generate_series(1, 40000) i")
    return postgres_site


def test_a_disk_that_is_full_in_the_middle_deletes_nothing(large_site: Site) -> None:
    with full_disk(100_000), pytest.raises(SessionsError, match=r"archive in .* cannot be written: File too large"):
        large_site.purge()
    assert large_site.query("SELECT count(*) FROM remembermetoken") == [(40000,)]
    assert not [path for path in large_site.archive_dir.rglob("*") if path.is_file()]


def test_a_disk_that_is_full_at_the_end_deletes_nothing(site: Site) -> None:
    site.sign_in(50)
    # SQLite meets the limit itself, in its journal
    with full_disk(100), pytest.raises(SessionsError, match=r"File too large|the file cannot be read or written"):
        site.purge()
    assert len(site.rows()) == 50
    assert not [path for path in site.archive_dir.rglob("*") if path.is_file()]


def test_a_backup_on_a_full_disk_leaves_nothing(site: Site) -> None:
    site.sign_in(50)
    with full_disk(100), pytest.raises(SessionsError, match="cannot be written: File too large"):
        site.back_up()
    assert not [path for path in site.archive_dir.rglob("*") if path.is_file()]


def test_a_database_that_goes_away_in_the_middle_deletes_nothing(large_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    write = archive_files._HashedFile.write

    def write_and_end(file: archive_files._HashedFile, data: bytes) -> int:
        large_site.query(END_OF_SESSIONS)
        return write(file, data)

    monkeypatch.setattr(archive_files._HashedFile, "write", write_and_end)
    with pytest.raises(SessionsError, match="the connection was lost") as failed:
        large_site.purge()
    assert not isinstance(failed.value, CommitUnknown)
    assert large_site.query("SELECT count(*) FROM remembermetoken") == [(40000,)]
    assert archives(large_site) == []


def test_a_database_that_goes_away_in_the_commit_leaves_the_archive(postgres_site: Site) -> None:
    postgres_site.sign_in(5)
    with pytest.raises(CommitUnknown, match=r"the connection was lost.*not known.*remembermetoken-1\.tsv\.gz is kept"):
        postgres_site.purge(before_commit=lambda: postgres_site.query(END_OF_SESSIONS))
    assert len(archives(postgres_site)) == 1
    # resumed: the rows are found again, and archived again
    assert postgres_site.purge(expected_rows=5)["rows"] == 5
    assert len(archives(postgres_site)) == 2


def test_a_commit_that_the_database_refuses_removes_the_archive(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.sign_in(5)

    def refuse(_connector: object, _connection: object, _doing: str) -> None:
        raise SessionsError("The database refuses.")

    monkeypatch.setattr(store_connection.Connector, "commit", refuse)
    with pytest.raises(SessionsError, match="refuses"):
        site.purge()
    assert len(site.rows()) == 5
    assert archives(site) == []


def test_a_failure_after_the_first_sweep_keeps_its_archive(postgres_site: Site) -> None:
    postgres_site.sign_in(5)
    calls: list[int] = []

    def fail_later() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise SessionsError("Something else fails.")

    with pytest.raises(SessionsError, match="Something else"):
        postgres_site.purge(before_commit=fail_later)
    assert postgres_site.rows() == []
    assert [path.name for path in archives(postgres_site)] == ["remembermetoken-1.tsv.gz"]
    assert len(lines([{"path": str(archives(postgres_site)[0])}])) == 5


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-5], lambda data: data[:50] + bytes([data[50] ^ 1]) + data[51:], lambda data: data + b"x"]
)
def test_an_archive_that_cannot_be_read_back_deletes_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, damage: t.Callable[[bytes], bytes]
) -> None:
    """A disk that lies: what was synced is not what is read."""
    site.sign_in(30)
    link = os.link

    def link_and_damage(source: Path, target: Path) -> None:
        link(source, target)
        if target.suffix == ".gz":
            target.write_bytes(damage(target.read_bytes()))

    monkeypatch.setattr(os, "link", link_and_damage)
    with pytest.raises(SessionsError, match=r"is damaged|is not what was written"):
        site.purge()
    assert len(site.rows()) == 30
    assert archives(site) == []


def test_an_interruption_removes_what_was_not_committed(site: Site) -> None:
    site.sign_in(5)

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        site.purge(before_commit=interrupt)
    assert len(site.rows()) == 5
    assert not [path for path in site.archive_dir.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "error",
    [
        UnicodeEncodeError("latin-1", "s3cret", 0, 1, "s3cret"),
        RuntimeError("s3cret"),
        KeyError("s3cret"),
        OSError(5, "s3cret"),
        struct.error("s3cret"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_fails_around_connecting_is_a_sentence_without_its_text(
    site: Site, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> t.NoReturn:
        raise error

    for name in list(driver_connections._OPENERS):
        monkeypatch.setitem(t.cast("dict[str, t.Any]", driver_connections._OPENERS), name, fail)
    with pytest.raises(SessionsError, match="cannot look at the token table: ") as failed:
        site.look()
    assert "s3cret" not in str(failed.value)


# the end of a commit


@pytest.mark.parametrize(
    ("engine", "error"),
    [
        ("mariadb", pymysql.err.OperationalError(1021, "Disk full")),
        ("mariadb", pymysql.err.InternalError(1030, "Got error 28 from storage engine")),
        ("mysql", pymysql.err.OperationalError(4031, "The client was disconnected by the server because of inactivity")),
        ("postgresql", psycopg2.OperationalError("could not receive data from server: Connection timed out")),
        ("postgresql", psycopg2.DatabaseError("error with status PGRES_TUPLES_OK and no message from the server")),
        ("sqlite", sqlite3.OperationalError("disk I/O error")),
    ],
)
def test_an_archive_outlives_a_commit_whose_end_is_not_known(
    engine: str, error: Exception, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are gone, whatever the answer was."""
    site: Site = request.getfixturevalue(engine).create()
    site.sign_in(5)
    commit = sqlalchemy.engine.Connection.commit

    def commit_and_fail(connection: sqlalchemy.engine.Connection) -> None:
        commit(connection)
        raise sqlalchemy.exc.DBAPIError("COMMIT", None, error)

    monkeypatch.setattr(sqlalchemy.engine.Connection, "commit", commit_and_fail)
    with pytest.raises(CommitUnknown, match=r"not known: .* Their archive .*remembermetoken-1\.tsv\.gz is kept"):
        site.purge(single_sweep=True)
    monkeypatch.undo()
    assert site.rows() == []
    assert len(lines([{"path": str(path)} for path in archives(site)])) == 5


@pytest.mark.parametrize(
    ("engine", "statement"),
    [
        ("postgresql", "ALTER TABLE {child} ADD FOREIGN KEY (token) REFERENCES remembermetoken DEFERRABLE INITIALLY DEFERRED"),
        *((engine, "FLUSH TABLES WITH READ LOCK") for engine in MYSQLS),
    ],
)
def test_an_archive_goes_with_a_commit_that_the_server_is_known_to_have_rolled_back(
    engine: str, statement: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    site: Site = request.getfixturevalue(engine).create()
    site.sign_in(5)
    if engine == "postgresql":
        # the look would refuse it; a deferred constraint is one that only the commit tells of
        monkeypatch.setattr(PostgresqlStore, "obstacles", lambda *_arguments: [])
        site.run_sql("CREATE TABLE child AS SELECT id AS token FROM remembermetoken", statement.format(child="child"))
        with pytest.raises(SessionsError) as refused:
            site.purge(single_sweep=True)
    else:
        with site.database.transaction() as execute, pytest.raises(SessionsError) as refused:
            site.purge(single_sweep=True, lock_wait=0, before_commit=lambda: execute(statement))
    assert not isinstance(refused.value, CommitUnknown)
    assert (len(site.rows()), archives(site)) == (5, [])


# a backup that would be less than the table


def test_a_backup_of_fewer_rows_than_the_table_holds_is_none(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.sign_in(5)
    kind: t.Any = {"postgresql": PostgresqlSweep, "sqlite": SqliteSweep}.get(site.engine, MysqlSweep)
    copy_out = kind.copy_out

    def cut_short(sweep: store_sweep.Sweep, sink: t.Any, columns: t.Sequence[str], *_more: object) -> int:
        return int(copy_out(sweep, sink, columns, KeyRange(1)))

    monkeypatch.setattr(kind, "copy_out", cut_short)
    with pytest.raises(SessionsError, match=r"Unsuccessful: .* holds 5 rows, and 4 of them were read"):
        site.back_up()
    assert archives(site) == []


def test_a_backup_counts_the_state_that_it_reads(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sign-in between the two is in neither."""
    site.sign_in(5)
    remaining, counts = store_sweep.Sweep.remaining, []

    def count_and_see_one_arrive(sweep: store_sweep.Sweep) -> int:
        counts.append(remaining(sweep))
        if site.engine != "sqlite":
            key = 99 + len(counts)
            site.add((key, None, f"late{key}", None))
        return counts[-1]

    monkeypatch.setattr(store_sweep.Sweep, "remaining", count_and_see_one_arrive)
    assert site.back_up()["rows"] == counts[-1]
    assert len(site.rows()) == counts[-1] + (site.engine != "sqlite")


def test_rows_that_are_left_after_the_last_sweep_roll_it_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the reason: here the sweep takes all rows but one."""
    site.sign_in(5)
    monkeypatch.setattr(purge_module, "ALL", KeyRange(1))
    with pytest.raises(
        SessionsError, match=r"Unsuccessful: 1 rows are left in .*remembermetoken after the last sweep, which was rolled back"
    ):
        site.purge(single_sweep=True)
    assert (len(site.rows()), archives(site)) == (5, [])
