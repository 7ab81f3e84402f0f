# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account or a server is set to changes nothing of what the modules do, or it is refused in words."""

from __future__ import annotations

import os
import tempfile
import time
import typing as t
from collections import namedtuple
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import mysql, postgresql
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import database_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.mysql_server import PINNED
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store_of_engine import store_of

from demo.patience import patient
from demo.postgresql import PostgresServer
from tests.database.site import Site, lines
from tests.database.tables import HARD_ROWS
from tests.database.test_contention import INSERT, open_transaction
from tests.database.test_settings_postgresql import account

# by the name of the variable: what an account might have; a server has those that it knows
MYSQL_SETTINGS: t.Mapping[str, object] = {
    "sql_select_limit": 2,
    "max_execution_time": 1000,
    "max_statement_time": 1,
    "sql_safe_updates": 1,
    "max_join_size": 2,
    "sql_big_selects": 0,
    "completion_type": 2,
    "transaction_read_only": 1,
    "tx_read_only": 1,
    "lock_wait_timeout": 86400,
    "innodb_lock_wait_timeout": 3600,
    "unique_checks": 0,
    "wait_timeout": 1,
    "idle_transaction_timeout": 1,
    "idle_write_transaction_timeout": 1,
    "idle_readonly_transaction_timeout": 1,
    "information_schema_stats_expiry": 86400,
    "time_zone": "'+05:45'",
    "sql_mode": "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,NO_ZERO_DATE'",
    "div_precision_increment": 0,
    "group_concat_max_len": 4,
    "max_sort_length": 8,
    "character_set_server": "latin1",
    "collation_connection": "utf8mb4_bin",
    "foreign_key_checks": 0,
    "check_constraint_checks": 0,
    "autocommit": 1,
    "lc_time_names": "'de_DE'",
}


@pytest.fixture
def site(mysqls: Site) -> Site:
    """Jira's empty token table on MariaDB and on MySQL."""
    return mysqls.create()


@contextmanager
def set_for_all(site: Site, **settings: object) -> t.Iterator[None]:
    """Every new session has them; what they were comes back, whatever they forbid."""
    with site.database.transaction() as execute, ExitStack() as stack:
        execute("SET SESSION sql_select_limit = 18446744073709551615")
        for name, value in settings.items():
            ((before,),) = execute(f"SELECT @@GLOBAL.{name}").fetchall()
            stack.callback(execute, f"SET GLOBAL {name} = %s", before)
            execute(f"SET GLOBAL {name} = {value}")
        yield


def known(site: Site) -> set[str]:
    """The server's settings."""
    return {name for (name, _value) in site.query("SHOW GLOBAL VARIABLES")}


def nothing_differs_on_mysql(site: Site, names: t.Collection[str]) -> None:
    """With those of the settings that the server knows."""
    site.run_sql("ALTER TABLE remembermetoken ADD COLUMN made timestamp NULL DEFAULT '2026-01-02 03:04:05'")
    site.add(*HARD_ROWS)
    before = site.rows()
    expected = lines([site.back_up()["archive"]])
    with set_for_all(site, **{name: MYSQL_SETTINGS[name] for name in names if name in known(site)}):
        looked = site.look()
        backup = site.back_up()
        done = site.purge(expected_rows=looked["rows"])
        back = site.restore(done["archives"])
    assert (looked["rows"], backup["rows"], done["rows"], back["rows"]) == (len(before),) * 4
    assert lines([backup["archive"]]) == lines(done["archives"]) == expected
    assert site.rows() == before


def test_settings_of_the_account_change_nothing_on_mysql(site: Site) -> None:
    nothing_differs_on_mysql(site, MYSQL_SETTINGS)


@pytest.mark.long
@pytest.mark.parametrize("name", MYSQL_SETTINGS)
def test_each_setting_of_the_account_alone_changes_nothing_on_mysql(site: Site, name: str) -> None:
    nothing_differs_on_mysql(site, [name])


def test_each_pinned_setting_is_known_to_one_server_and_tried(mariadb: Site, mysql: Site) -> None:
    there = known(mariadb) | known(mysql)
    assert set(PINNED) - set(MYSQL_SETTINGS) == set()
    assert set(PINNED) - there == set()


def test_a_statement_that_takes_longer_than_the_account_may_is_not_cancelled(server_site: Site) -> None:
    """It waits for a lock, shorter than a lock may stand in the queue: the account's limit would end it as a failure."""
    server_site.sign_in(3)
    with ExitStack() as stack:
        limited = server_site
        if server_site.engine == "postgresql":
            limited = account(server_site)
            server_site.run_sql(f"ALTER ROLE {limited.database.user} SET statement_timeout = 200")
        elif server_site.engine == "mariadb":
            stack.enter_context(set_for_all(server_site, max_statement_time=0.5))
        with open_transaction(server_site, INSERT.format(900, "x")) as writer:
            done = limited.purge(sleep=lambda _seconds: writer.commit(), lock_wait=60)
    assert (done["retries"], done["rows"], server_site.rows()) == (1, 4, [])


def test_a_read_that_takes_longer_than_the_account_may_is_not_ended(mysql: Site) -> None:
    mysql.create().sign_in(20_000)
    with set_for_all(mysql, max_execution_time=1):
        assert mysql.back_up()["rows"] == 20_000


def test_a_transaction_that_idles_longer_than_the_account_may_is_not_ended(server_site: Site) -> None:
    """While its archive is read back, which may take long."""
    server_site.sign_in(3)
    limited = server_site
    with ExitStack() as stack:
        if server_site.engine == "postgresql":
            limited = account(server_site)
            server_site.run_sql(f"ALTER ROLE {limited.database.user} SET idle_in_transaction_session_timeout = 400")
        else:
            names = known(server_site) & {"wait_timeout", "idle_transaction_timeout", "idle_write_transaction_timeout"}
            stack.enter_context(set_for_all(server_site, **dict.fromkeys(names, 1)))
        done = limited.purge(before_commit=lambda: time.sleep(1.5), single_sweep=True)
    assert (done["rows"], server_site.rows()) == (3, [])


def test_a_sweep_that_asks_nothing_any_more_gives_its_locks_back(server_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one whose archive lies on a file server that does not answer."""
    server_site.sign_in(3)
    monkeypatch.setattr(postgresql, "SILENCE", 1)
    monkeypatch.setattr(mysql, "SILENCE", 1)
    written = []

    def wait() -> None:
        # it waits for the locks of the sweep, until the server gives them back
        server_site.sign_in(1, first=900)
        written.append(len(server_site.rows()))

    with pytest.raises(SessionsError, match=r"the connection was lost\. Whether that has happened is not known"):
        server_site.purge(before_commit=wait, single_sweep=True)
    assert (written, len(server_site.rows())) == ([4], 4)


def test_postgresql_asks_in_a_sweep_whether_the_host_is_still_there() -> None:
    with PostgresServer(Path(tempfile.mkdtemp(prefix="das-")), tcp=True) as server:
        site = Site(server.make_database("jira"), Path("/nowhere")).create()
        store = store_of(database_of(site.options()), product_named("jira").tokens)
        with store.sweep(store.look().table, locked=True) as sweep:
            names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "idle_in_transaction_session_timeout")
            assert [sweep.connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names] == ["30", "10", "3", "5min"]


def test_mysql_waits_five_minutes_for_a_sweep(site: Site) -> None:
    store = store_of(database_of(site.options()), product_named("jira").tokens)
    with store.sweep(store.look().table, locked=True) as sweep:
        assert sweep.connection.exec_driver_sql("SELECT @@wait_timeout").scalar_one() == 300


@pytest.mark.parametrize("name", ["read_only", "super_read_only", "offline_mode"])
def test_a_server_that_is_closed_to_others_is_refused_also_to_an_account_that_could_write(site: Site, name: str) -> None:
    if name not in known(site):
        return
    site.sign_in(2)
    # what the one switches on with itself
    with set_for_all(site, **{"read_only": 0, name: 1}), pytest.raises(SessionsError, match=rf"is closed to writers \(.*{name} is on\)"):
        site.look()
    assert len(site.rows()) == 2


def test_a_schema_that_is_read_only_is_refused(mysql: Site) -> None:
    mysql.create().sign_in(2)
    mysql.run_sql(f"ALTER SCHEMA {mysql.database.name} READ ONLY = 1")
    try:
        with pytest.raises(SessionsError, match=r"that database is read-only \(READ ONLY\)"):
            mysql.look()
    finally:
        mysql.run_sql(f"ALTER SCHEMA {mysql.database.name} READ ONLY = 0")


def test_the_room_is_asked_for_by_the_rows_when_the_server_knows_no_better(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.sign_in(3000)
    (size,) = site.query(
        "SELECT data_length FROM information_schema.tables WHERE table_name = 'remembermetoken' AND table_schema = database()"
    )
    assert size[0] < 3000 * 200 or site.engine == "mariadb"
    free = 64 * 1024**2 + 2 * 3000 * 200 - 4096
    room = namedtuple("room", "f_bavail f_frsize")
    monkeypatch.setattr(os, "statvfs", lambda _path: room(free // 4096, 4096))
    with pytest.raises(SessionsError, match="too little room"):
        site.look()


# locks of whole tables


@pytest.mark.parametrize(
    "statement", ["LOCK TABLES remembermetoken READ", "LOCK TABLES remembermetoken WRITE", "FLUSH TABLES WITH READ LOCK"]
)
def test_a_lock_on_the_whole_table_makes_nobody_wait_without_limit(site: Site, statement: str) -> None:
    site.sign_in(3)
    with site.database.transaction() as execute:
        execute(statement)
        for act in (partial(site.look), partial(site.purge, lock_wait=2)):
            began = time.monotonic()
            with pytest.raises(SessionsError, match=r"others hold a lock on the table\. End their sessions|is held by"):
                act()
            assert time.monotonic() - began < patient(10)
        execute("UNLOCK TABLES")
    assert len(site.rows()) == 3


@pytest.mark.parametrize("statement", ["LOCK TABLES remembermetoken READ", "FLUSH TABLES WITH READ LOCK"])
def test_the_purge_goes_on_when_the_whole_table_is_free_again(site: Site, statement: str) -> None:
    site.sign_in(3)
    with site.database.transaction() as execute:
        execute(statement)
        done = site.purge(sleep=lambda _seconds: execute("UNLOCK TABLES"), lock_wait=60)
    assert (done["rows"], site.rows()) == (3, [])


def test_a_lock_on_everything_right_before_the_commit_rolls_back_and_is_waited_for(site: Site) -> None:
    site.sign_in(3)
    with site.database.transaction() as execute:
        locked: list[int] = []

        def lock() -> None:
            if not locked:
                locked.append(1)
                execute("FLUSH TABLES WITH READ LOCK")

        done = site.purge(before_commit=lock, sleep=lambda _seconds: execute("UNLOCK TABLES"), lock_wait=60)
    assert (done["retries"], done["rows"], site.rows()) == (1, 3, [])
    assert len(list(site.archive_dir.rglob("*.tsv.gz"))) == len(done["archives"])
