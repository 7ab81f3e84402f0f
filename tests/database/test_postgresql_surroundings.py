# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands around a PostgreSQL: pools of connections, other encodings, accounts that may not, a standby."""

from __future__ import annotations

import itertools
import tempfile
import time
import typing as t
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import connection

from demo.packages import find_program_of_system
from demo.postgresql import PostgresServer
from tests.database.pgbouncer import PgBouncer
from tests.database.site import Site, lines
from tests.database.tables import CONFLUENCE
from tests.database.test_contention import freeing
from tests.database.test_refusals import PASSWORD, refusal

_numbers = itertools.count(1)


@contextmanager
def _pool(site: Site, mode: str, password: str | None = None) -> t.Iterator[Site]:
    if not find_program_of_system("pgbouncer"):
        pytest.skip("no pgbouncer: install the package pgbouncer")
    with PgBouncer(Path(tempfile.mkdtemp(prefix="das-")), site.database, mode, password) as bouncer:
        yield site.with_database(host="127.0.0.1", port=bouncer.port)


@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_deletes_and_puts_back_through_a_pool(postgres_site: Site, mode: str) -> None:
    postgres_site.sign_in(50)
    before = postgres_site.rows()
    with _pool(postgres_site, mode) as site:
        done = site.purge(expected_rows=site.look()["rows"])
        assert (done["rows"], postgres_site.rows()) == (50, [])
        assert site.restore(done["archives"])["rows"] == 50
    assert postgres_site.rows() == before


def test_a_pool_of_statements_is_refused(postgres_site: Site) -> None:
    postgres_site.sign_in(3)
    with _pool(postgres_site, "statement") as site:
        assert "it hangs up at once, as a PgBouncer that pools statements does" in refusal(site)
    assert len(postgres_site.rows()) == 3


def test_a_pool_that_cannot_sign_in_says_so_at_the_second_look_too(postgres_site: Site) -> None:
    with _pool(postgres_site, "transaction", PASSWORD) as pool:
        site = pool.with_database(password=PASSWORD)
        said = [_refused(site) for _look in range(2)]
    assert "it refuses the user name or the password" in said[0]
    assert "its PgBouncer has just failed to sign in to PostgreSQL" in said[1]


def test_a_database_that_a_pool_does_not_find(postgres_site: Site) -> None:
    with _pool(postgres_site, "transaction") as site:
        assert "it has no database of that name" in _refused(site, database_name="nowhere")


def _refused(site: Site, **more: object) -> str:
    with pytest.raises(SessionsError) as refused:
        site.look(**more)
    return str(refused.value)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"database_password": PASSWORD}, "it refuses the user name or the password"),
        ({"database_user": "nobody"}, "it refuses the user name or the password"),
    ],
)
def test_what_a_pool_refuses(postgres_site: Site, more: dict[str, object], said: str) -> None:
    with _pool(postgres_site, "transaction") as site:
        assert said in refusal(site, **more)


# encodings


@pytest.mark.parametrize(("encoding", "name"), [("LATIN1", "äöü£"), ("EUC_JP", "日本語"), ("SQL_ASCII", "日本語")])
def test_a_database_in_another_encoding(postgres_server: PostgresServer, archive_dir: Path, encoding: str, name: str) -> None:
    database = postgres_server.make_database(f"e{next(_numbers)}", "-E", encoding, "--locale=C", "-T", "template0")
    site = Site(database, archive_dir).create()
    site.run_sql(f"INSERT INTO remembermetoken VALUES (1, NULL, 'tok', convert_from('\\x{name.encode().hex()}', 'UTF8'))")  # noqa: S608
    done = site.purge()
    assert lines(done["archives"])[0].decode() == f"1\t\\N\ttok\t{name}\n"
    site.restore(done["archives"])
    assert site.query("SELECT encode(convert_to(username, 'UTF8'), 'hex') FROM remembermetoken") == [(name.encode().hex(),)]


def test_a_name_that_the_database_cannot_write(postgres_server: PostgresServer, archive_dir: Path) -> None:
    database = postgres_server.make_database(f"e{next(_numbers)}", "-E", "LATIN1", "--locale=C", "-T", "template0")
    site = Site(database, archive_dir, "confluence")
    assert "a value cannot be written in its character set" in refusal(site.create(CONFLUENCE), usernames=["日本語"])


# accounts


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("NOLOGIN", "the account may not sign in there (NOLOGIN"),
        ("CONNECTION LIMIT 0", "the account has no connection left (a limit of its own)"),
        ("PASSWORD NULL", "it refuses the user name or the password"),
        ("VALID UNTIL '2020-01-01'", "it refuses the user name or the password"),
    ],
)
def test_an_account_that_may_not(postgres_site: Site, change: str, said: str) -> None:
    account = f"may_not_{postgres_site.database.name}"
    postgres_site.run_sql(f"CREATE ROLE {account} LOGIN PASSWORD '{PASSWORD}'", f"ALTER ROLE {account} {change}")
    assert said in refusal(postgres_site.with_database(user=account, password=PASSWORD))


def test_a_connection_that_the_server_still_counts_is_waited_for(postgres_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres_site.sign_in(3)
    account = f"alone_{postgres_site.database.name}"
    postgres_site.run_sql(
        f"CREATE ROLE {account} LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 1",
        f"GRANT SELECT, DELETE ON remembermetoken TO {account}",
    )
    alone = postgres_site.with_database(user=account, password=PASSWORD)
    monkeypatch.setattr(connection, "sleep", freeing(alone.database.connect()))
    assert alone.purge()["rows"] == 3


def test_an_account_that_may_not_connect_to_the_database(postgres_site: Site) -> None:
    name = postgres_site.database.name
    postgres_site.run_sql(f"CREATE ROLE no_{name} LOGIN PASSWORD '{PASSWORD}'", f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
    said = refusal(postgres_site.with_database(user=f"no_{name}", password=PASSWORD))
    assert "the account may not connect to that database (CONNECT)" in said


def test_a_database_that_accepts_no_connections(postgres_site: Site, postgres_server: PostgresServer) -> None:
    other = postgres_server.make_database(f"e{next(_numbers)}")
    name = postgres_site.database.name
    with other.transaction() as execute:
        execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    assert "that database accepts no connections" in refusal(postgres_site)


# a standby


class Standby(PostgresServer):
    """A streaming copy of another server."""

    def __init__(self, primary: PostgresServer) -> None:
        super().__init__(Path(tempfile.mkdtemp(prefix="das-")))
        self.password = primary.password
        self._primary = primary

    def make_data(self, data: Path) -> None:
        source = f"host={self._primary.socket_dir} port={self._primary.port} user={self.user} password={self.password}"
        self._run("pg_basebackup", "-D", data, "-d", source, "-R", "--checkpoint=fast", "--no-sync")


def test_a_standby_is_refused_until_it_is_promoted_and_is_the_same_database_then(
    postgres_server: PostgresServer, postgres_site: Site
) -> None:
    postgres_site.sign_in(20)
    before = postgres_site.rows()
    with Standby(postgres_server) as standby:
        there = postgres_site.with_database(host=str(standby.socket_dir))
        assert "it is read-only (a standby?)" in refusal(there)
        done = postgres_site.purge(expected_rows=20)
        _streamed(postgres_site, there)
        there.query("SELECT pg_promote(true, 60)")
        assert there.look()["cluster"] == done["cluster"]
        assert there.restore(done["archives"])["rows"] == 20
        assert there.rows() == before
        assert there.purge(run_id="run-2", expected_rows=20)["rows"] == 20


def _streamed(primary: Site, standby: Site) -> None:
    """The standby has read all that is committed; it does so within its server's time-outs, or the test's own ends this."""
    end = primary.query("SELECT pg_current_wal_lsn()::text")[0][0]
    while not standby.query(f"SELECT pg_last_wal_replay_lsn() >= '{end}'::pg_lsn")[0][0]:
        time.sleep(0.05)
