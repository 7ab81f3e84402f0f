# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in's token table, in the database that the nodes share."""

from __future__ import annotations

import secrets
import sqlite3
import typing as t
from contextlib import closing, contextmanager
from dataclasses import dataclass

from demo.products import StandInProduct


@dataclass(frozen=True)
class Database:
    """Where the shared database is.

    SQLite: ``name`` is the file. PostgreSQL: ``host`` is the folder of the socket. MariaDB: ``host`` is the socket itself, or an address.
    """

    engine: str
    name: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""

    def connect(self) -> t.Any:
        """A new connection (DB-API)."""
        return _CONNECT[self.engine](self)

    @contextmanager
    def transaction(self) -> t.Iterator[t.Callable[..., t.Any]]:
        """A short transaction: yields ``execute(sql, *values)`` with ``?`` for values; an exception rolls back."""
        with closing(self.connect()) as connection, closing(connection.cursor()) as cursor:

            def execute(sql: str, *values: object) -> t.Any:
                cursor.execute(sql if self.engine == "sqlite" else sql.replace("?", "%s"), values)
                return cursor

            yield execute
            connection.commit()


class Tokens:
    """Remember-me tokens as Seraph keeps them: the row holds the token itself. Every look-up asks the database."""

    def __init__(self, database: Database, product: StandInProduct) -> None:
        self._database = database
        self._product = product

    def make(self, user: str) -> str:
        """A new token of the user, as the value of the cookie before url-encoding: ``<id>:<40 hex>``."""
        number, token = secrets.randbelow(10**12) + 10_000, secrets.token_hex(20)
        with self._database.transaction() as execute:
            execute(self._product.insert_token, number, token, user)
        return f"{number}:{token}"

    def user_of(self, value: str) -> str:
        """The user whom the cookie signs in, '' when its token is dead."""
        number, token = _parts(value)
        with self._database.transaction() as execute:
            row = execute(self._product.find_token, number, token).fetchone()
        return row[0] if row else ""

    def forget(self, value: str) -> None:
        """Sign-out: the row goes."""
        with self._database.transaction() as execute:
            execute(self._product.delete_token, *_parts(value))


def _parts(value: str) -> tuple[int, str]:
    """Id and token; an id that no row has when the value is none of ours."""
    number, _colon, token = value.partition(":")
    return (int(number), token) if number.isascii() and number.isdigit() and len(number) <= 18 else (-1, "")


def _connect_sqlite(database: Database) -> t.Any:
    return sqlite3.connect(database.name, timeout=20)


# the drivers only where they are used: the stand-in on SQLite needs the standard library alone
def _connect_postgresql(database: Database) -> t.Any:
    import psycopg2

    who: dict[str, t.Any] = {"user": database.user, "password": database.password}
    return psycopg2.connect(host=database.host, port=database.port, dbname=database.name, connect_timeout=5, **who)


def _connect_mariadb(database: Database) -> t.Any:
    import pymysql

    who: dict[str, t.Any] = {"user": database.user, "password": database.password}
    where = {"unix_socket": database.host} if database.host.startswith("/") else {"host": database.host, "port": database.port}
    return pymysql.connect(database=database.name, charset="utf8mb4", connect_timeout=5, **who, **where)


_CONNECT: t.Mapping[str, t.Callable[[Database], t.Any]] = {
    "sqlite": _connect_sqlite,
    "postgresql": _connect_postgresql,
    "mariadb": _connect_mariadb,
}
