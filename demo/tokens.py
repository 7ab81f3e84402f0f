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
    """Where the shared database is. SQLite: ``name`` is the file. PostgreSQL: ``host`` is the folder of the socket."""

    engine: str
    name: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""

    def connect(self) -> t.Any:
        """A new connection (DB-API)."""
        if self.engine == "sqlite":
            return sqlite3.connect(self.name, timeout=20)
        # only where it is used: the stand-in on SQLite needs the standard library alone
        import psycopg2

        return psycopg2.connect(host=self.host, port=self.port, dbname=self.name, user=self.user, password=self.password, connect_timeout=5)

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
