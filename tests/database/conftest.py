# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers, one for all tests of a process; a fresh database for each test."""

from __future__ import annotations

import itertools
import os
import tempfile
import typing as t
from contextlib import contextmanager
from pathlib import Path

import pytest

from demo.imitated import PRODUCTS
from demo.mariadb import MariadbServer
from demo.mysql import MysqlServer
from demo.postgresql import PostgresServer
from demo.tokens import Database, Tokens
from tests.borrowed import borrow_mysql
from tests.database.site import Site

_numbers = itertools.count(1)
NOBODY = 65534
# MySQL takes MariaDB's path: make test runs what is particular to it there, make test-all everything
ON_MYSQL = pytest.param("mysql", marks=pytest.mark.long)
ENGINES = ["sqlite", "postgresql", "mariadb", ON_MYSQL]
# what is particular to the two of them, or quick
MYSQLS = ["mariadb", "mysql"]


@pytest.fixture(scope="session")
def postgres_server() -> t.Iterator[PostgresServer]:
    # a short path: the name of a unix socket has little room; the server removes the folder
    with PostgresServer(Path(tempfile.mkdtemp(prefix="das-"))) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> t.Iterator[MariadbServer]:
    with MariadbServer(Path(tempfile.mkdtemp(prefix="das-"))) as server:
        yield server


@pytest.fixture(scope="session")
def mysql_server() -> t.Iterator[MysqlServer]:
    borrow_mysql()
    with MysqlServer(Path(tempfile.mkdtemp(prefix="das-"))) as server:
        yield server


@pytest.fixture
def archive_dir(tmp_path: Path) -> Path:
    return tmp_path / "archives"


@pytest.fixture
def postgresql(postgres_server: PostgresServer, archive_dir: Path) -> Site:
    """Jira's database on PostgreSQL, without the table."""
    return Site(postgres_server.make_database(f"db{next(_numbers)}"), archive_dir)


@pytest.fixture
def postgresql_of_few_letters(postgres_server: PostgresServer, archive_dir: Path) -> Site:
    """As the vendor's statement makes the database (LC_CTYPE C): no letter but those of ASCII has another case. Without the table."""
    return Site(postgres_server.make_database(f"db{next(_numbers)}", "-E", "UTF8", "--locale=C", "-T", "template0"), archive_dir)


@pytest.fixture
def sqlite(tmp_path: Path, archive_dir: Path) -> Site:
    """Jira's database in a file, without the table."""
    folder = tmp_path / "database"
    folder.mkdir()
    return Site(Database("sqlite", str(folder / "jira.db")), archive_dir)


@pytest.fixture
def mariadb(mariadb_server: MariadbServer, archive_dir: Path) -> Site:
    """Jira's database on MariaDB, without the table."""
    return Site(mariadb_server.make_database(f"db{next(_numbers)}"), archive_dir)


@pytest.fixture
def mysql(mysql_server: MysqlServer, archive_dir: Path) -> Site:
    """Jira's database on MySQL, without the table."""
    return Site(mysql_server.make_database(f"db{next(_numbers)}"), archive_dir)


@pytest.fixture(params=MYSQLS)
def mysqls(request: pytest.FixtureRequest) -> Site:
    """Jira's database on MariaDB and on MySQL, without the table."""
    found: Site = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=ENGINES)
def site(request: pytest.FixtureRequest) -> Site:
    """Jira's empty token table, on each engine."""
    found: Site = request.getfixturevalue(request.param)
    return found.create()


@pytest.fixture(params=["postgresql", "mariadb", ON_MYSQL])
def server_site(request: pytest.FixtureRequest) -> Site:
    """Jira's empty token table, on each engine that others use at the same time."""
    found: Site = request.getfixturevalue(request.param)
    return found.create()


@pytest.fixture
def postgres_site(postgresql: Site) -> Site:
    """Jira's empty token table on PostgreSQL."""
    return postgresql.create()


@contextmanager
def unprivileged(folder: Path) -> t.Iterator[None]:
    """As an account that may enter the folder and look at it, but owns nothing."""
    if os.geteuid():
        yield
        return
    for closed in [one for one in (folder, *folder.parents) if not one.stat().st_mode & 0o005]:
        closed.chmod(0o755)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def users(site: Site) -> Tokens:
    """Jira's table of users: eve is KEY1, adam KEY2."""
    tokens = Tokens(site.database, PRODUCTS["jira"])
    tokens.create_users()
    tokens.add_user("eve", 1)
    tokens.add_user("adam", 2)
    return tokens
