# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections to the token database, and what their failures are called."""

from __future__ import annotations

import sqlite3
import typing as t
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import LOST, CommitUnknown, meaning, sentence
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sqlalchemy_dep import missing, sqlalchemy_module

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine import Engine as SqlEngine

APPLICATION = "dcops.atlassian_sessions"
# seconds until a server that does not answer is given up
_CONNECT_TIMEOUT = 15
# lets a restore write what an older server let in (a key 0, dates of zeros); set from the start, because SQLAlchemy quotes by it
_SQL_MODE = "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"
# how long one request for a lock may stand in the queue, where it stalls every writer behind it
LOCK_TIMEOUT_MS = 300


class Connector:
    """Opens connections; each is new, and closed after its use."""

    def __init__(self, database: Database, isolation: str | None) -> None:
        self.database = database
        self._isolation = isolation
        self._sqlalchemy = sqlalchemy_module()
        self._engine = self._make_engine()
        self._driver_error: type[Exception] = t.cast("t.Any", self._engine.dialect).dbapi.Error

    @contextmanager
    def connect(self, doing: str, begin: t.Callable[[Connection], object]) -> t.Iterator[Connection]:
        """A connection in a transaction that ``begin`` has begun; rolled back unless committed. Failures are SessionsError."""
        with self.sentences(doing), self._engine.connect() as connection:
            try:
                begin(connection)
                yield connection
            except BaseException:
                # a half-read COPY or a lost server would only fail again at the roll-back: the server rolls back by itself
                connection.invalidate()
                raise

    def commit(self, connection: Connection, doing: str) -> None:
        """Commit; raises CommitUnknown when it cannot be known whether it happened, SessionsError when it did not."""
        try:
            with self.sentences(doing):
                connection.commit()
        except SessionsError as error:
            if LOST not in str(error):
                raise
            raise CommitUnknown(f"{error} Whether that has happened is not known: look, then go on from there.") from None

    @contextmanager
    def sentences(self, doing: str) -> t.Iterator[None]:
        """Turn errors of the driver and of SQLAlchemy into sentences without their text, which may quote values."""
        errors = (self._sqlalchemy.exc.SQLAlchemyError, self._driver_error)
        try:
            yield
        except errors as error:
            original = getattr(error, "orig", None) or error
            raise sentence(self.database.where, doing, meaning(_code(original), str(original))) from None

    def _make_engine(self) -> SqlEngine:
        engine = self.database.engine
        options: dict[str, t.Any] = {"poolclass": self._sqlalchemy.pool.NullPool, "hide_parameters": True}
        if self._isolation:
            options["isolation_level"] = self._isolation
        if engine.name == "sqlite":
            options["creator"] = lambda: _open_sqlite(self.database.name)
            url = "sqlite://"
        else:
            url = self._url()
            options["connect_args"] = _ARGUMENTS[engine.dialect](self.database) if engine.dialect in _ARGUMENTS else {}
        try:
            made: SqlEngine = self._sqlalchemy.create_engine(url, **options)
        except ImportError:
            raise missing(f"the driver {engine.package}", engine.package) from None
        return made

    def _url(self) -> t.Any:
        database = self.database
        if database.engine.dialect in _ARGUMENTS:
            return f"{database.engine.dialect}://"
        make = self._sqlalchemy.URL.create
        port = database.port or database.engine.default_port
        if database.engine.name == "oracle":
            return make(
                database.engine.dialect, database.user, database.password, database.host, port, query={"service_name": database.name}
            )
        return make(database.engine.dialect, database.user, database.password, database.host, port, database.name)


def _code(error: BaseException) -> str:
    """SQLSTATE or error number, '' where the driver has none."""
    first = error.args[0] if error.args else ""
    return str(getattr(error, "pgcode", None) or (first if isinstance(first, int) else ""))


def _open_sqlite(path: str) -> sqlite3.Connection:
    # mode=rw: a file that is not there must not be made; isolation_level None: transactions begin as told, not by the driver
    address = f"file:{quote(str(Path(path).absolute()))}?mode=rw"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=LOCK_TIMEOUT_MS / 1000)


def _postgresql_arguments(database: Database) -> dict[str, t.Any]:
    arguments = {
        "host": database.host or "localhost",
        "port": database.port or database.engine.default_port,
        "dbname": database.name,
        "user": database.user,
        "password": database.password,
        "sslmode": database.ssl_mode,
        "sslrootcert": database.ssl_ca,
        "connect_timeout": _CONNECT_TIMEOUT,
        "application_name": APPLICATION,
        "client_encoding": "utf8",
    }
    return {name: value for name, value in arguments.items() if value}


def _mysql_arguments(database: Database) -> dict[str, t.Any]:
    socket = {"unix_socket": database.host} if database.host.startswith("/") else {"host": database.host or "localhost"}
    return {
        **socket,
        "port": database.port or database.engine.default_port,
        "user": database.user,
        "password": database.password,
        "database": database.name,
        "charset": "utf8mb4",
        "sql_mode": _SQL_MODE,
        "connect_timeout": _CONNECT_TIMEOUT,
        **_mysql_tls(database),
    }


def _mysql_tls(database: Database) -> dict[str, t.Any]:
    if database.ssl_mode in ("", "disable", "allow", "prefer"):
        return {"ssl_disabled": True} if database.ssl_mode == "disable" else {}
    verify = database.ssl_mode.startswith("verify")
    ca = {"ca": database.ssl_ca} if database.ssl_ca else {}
    return {"ssl": {**ca, "check_hostname": database.ssl_mode == "verify-full", "verify_mode": "required" if verify else "none"}}


_ARGUMENTS: t.Mapping[str, t.Callable[[Database], dict[str, t.Any]]] = {
    "postgresql+psycopg2": _postgresql_arguments,
    "mysql+pymysql": _mysql_arguments,
}
