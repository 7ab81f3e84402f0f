# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each driver is called. Passwords go as UTF-8, as the servers' own clients send them on a terminal of today."""

from __future__ import annotations

import os
import sqlite3
import types
import typing as t
from pathlib import Path
from urllib.parse import quote

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.account import account
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.safe_path import changed_by_others, filled_by_others
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.threads import in_time
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import SID, Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.keepalive import IDLE_MINUTES, libpq_keepalive
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.mysql_server import FIRST_WORDS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.tls import libpq_tls, older_libpq_problem, tls_problem

APPLICATION = "dcops.atlassian_sessions"
# seconds until a server that does not answer is given up
_CONNECT_TIMEOUT = 15
# the same for a driver that knows no limit once it has reached one of the server's addresses
_OPENING_TIMEOUT = 60
# lets a restore write what an older server let in (a key 0, dates of zeros); set from the start, because SQLAlchemy quotes by it
_SQL_MODE = "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"
# how long one request for a lock may stand in the queue, where it stalls every writer behind it
LOCK_TIMEOUT_MS = 300
# where libpq looks for authorities by itself
_LIBPQ_AUTHORITIES = "~/.postgresql/root.crt"

Driver = types.ModuleType


def check_tls(database: Database) -> None:
    """Raises SessionsError when the TLS that is wanted is not to be had from here."""
    ca = database.ssl_ca
    if ca and not os.access(ca, os.R_OK):
        raise SessionsError(f"database_ssl_ca: {ca} is no file that this account may read on the database host.")
    known = database.engine.name != "postgresql" or os.access(Path(_LIBPQ_AUTHORITIES).expanduser(), os.R_OK)
    if problem := tls_problem(database, known):
        raise SessionsError(problem)


def opener(database: Database) -> t.Callable[[Driver], t.Any] | None:
    """What opens a connection, given the driver; None where SQLAlchemy does by the URL."""
    open_it = _OPENERS.get(database.engine.dialect)
    return (lambda driver: open_it(database, driver)) if open_it else None


def _open_sqlite(database: Database, _driver: Driver) -> t.Any:
    path = Path(database.name).resolve()
    # a journal beside it is rolled back at the first read, and may name any file, which is then removed
    opened = changed_by_others(path, os.geteuid()) or (path.parent if filled_by_others(path.parent, os.geteuid()) else None)
    if opened:
        raise SessionsError(
            f"{opened} can be changed by others than {account()}: SQLite does what the files beside {path} say. "
            "Run as the file's owner (become), or close it to others."
        )
    # mode=rw: a file that is not there must not be made; isolation_level None: transactions begin as told, not by the driver
    return sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, isolation_level=None, timeout=LOCK_TIMEOUT_MS / 1000)


def _open_postgresql(database: Database, driver: Driver) -> t.Any:
    libpq = driver.extensions.libpq_version()
    if problem := older_libpq_problem(database, libpq):
        raise SessionsError(problem)
    return driver.connect(**postgresql_arguments(database, libpq))


def postgresql_arguments(database: Database, libpq: int) -> dict[str, t.Any]:
    """The parameters for a libpq of that version."""
    arguments = {
        "host": database.host,
        "port": database.port or database.engine.default_port,
        "dbname": database.name,
        "user": database.user,
        "password": database.password,
        "sslrootcert": database.ssl_ca,
        "connect_timeout": _CONNECT_TIMEOUT,
        "application_name": APPLICATION,
        "client_encoding": "utf8",
        **libpq_keepalive(libpq),
        **libpq_tls(database, libpq),
    }
    return {name: value for name, value in arguments.items() if value}


def _open_mysql(database: Database, _driver: Driver) -> t.Any:
    # it loads its driver, which nobody else needs
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.guarded_mysql import GuardedConnection

    return GuardedConnection(database, _CONNECT_TIMEOUT, **mysql_arguments(database))


def mysql_arguments(database: Database) -> dict[str, t.Any]:
    """The arguments of PyMySQL, without TLS."""
    socket = {"unix_socket": database.host} if database.host.startswith("/") else {"host": database.host}
    return {
        **socket,
        "port": database.port or database.engine.default_port,
        "user": database.user,
        # PyMySQL would take latin-1 for text
        "password": database.password.encode("utf-8"),
        "database": database.name,
        "charset": "utf8mb4",
        "sql_mode": _SQL_MODE,
        "init_command": FIRST_WORDS,
    }


def _open_oracle(database: Database, driver: Driver) -> t.Any:
    return in_time(lambda: driver.connect(**oracle_arguments(database)), _OPENING_TIMEOUT)


def oracle_arguments(database: Database) -> dict[str, t.Any]:
    """The arguments of python-oracledb."""
    return {
        "host": database.host,
        "port": database.port or database.engine.default_port,
        "sid" if database.name.startswith(SID) else "service_name": database.name.lstrip(SID),
        "user": database.user,
        "password": database.password,
        "tcp_connect_timeout": _CONNECT_TIMEOUT,
        "expire_time": IDLE_MINUTES,
    }


def _open_hsqldb(_database: Database, _driver: Driver) -> t.Any:
    # what speaks to Java is needed by nobody else
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.hsqldb_process import JvmConnection

    return JvmConnection()


_OPENERS: t.Mapping[str, t.Callable[[Database, Driver], t.Any]] = {
    "sqlite": _open_sqlite,
    "postgresql+psycopg2": _open_postgresql,
    "mysql+pymysql": _open_mysql,
    "oracle+oracledb": _open_oracle,
    "hsqldb+jvm": _open_hsqldb,
}
