# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in's token table, in the database that the nodes share."""

from __future__ import annotations

import secrets
import sqlite3
import time
import typing as t
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from demo.products import BUILT_IN, StandInProduct, Table
from demo.values import FORMATS, Row

Execute = t.Callable[..., t.Any]
_TIMESTAMP = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Database:
    """Where the shared database is.

    SQLite: ``name`` is the file. HSQLDB: that of its files, without their suffix; ``host`` and ``port`` are where the node answers that has
    them open. PostgreSQL: ``host`` is the folder of the socket. MariaDB and MySQL: ``host`` is the socket itself, or an address.
    """

    engine: str
    name: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""

    @property
    def sql(self) -> str:
        """Whose words make its tables: MySQL understands MariaDB's."""
        return "mariadb" if self.engine == "mysql" else self.engine

    def connect(self) -> t.Any:
        """A new connection (DB-API)."""
        return _CONNECT[self.sql](self)

    @contextmanager
    def transaction(self) -> t.Iterator[Execute]:
        """A short transaction: yields ``execute(sql, *values)`` with ``?`` for values; an exception rolls back."""
        with closing(self.connect()) as connection, closing(connection.cursor()) as cursor:

            def execute(sql: str, *values: object) -> t.Any:
                cursor.execute(sql if self.engine in ("sqlite", BUILT_IN) else sql.replace("?", "%s"), values)
                return cursor

            yield execute
            connection.commit()


class Tokens:
    """Remember-me tokens as the product keeps them: the row holds the token itself. Every look-up asks the database."""

    def __init__(self, database: Database, product: StandInProduct) -> None:
        self._database = database
        self._table = product.tokens
        self._more, self._also = product.more_tokens, product.also
        self._users = product.users
        self._members = product.members
        self._rotates = product.cookies.rotates
        self._format = FORMATS[product.cookies.value_format]

    def create(self) -> None:
        """The tables of tokens, without any of a user."""
        for table in (self._table, *self._more):
            self._run(table.create[self._database.sql])
        self._run(self._also)

    def create_members(self) -> None:
        """The tables of the nodes, empty."""
        for table in self._members:
            self._run(table.create[self._database.sql])

    def create_users(self) -> None:
        """The tables of users, where the product's tokens need them."""
        for table in self._users.tables if self._users else ():
            self._run(table.create[self._database.sql])

    def add_user(self, login: str, number: int) -> None:
        """The rows of a new user; ``number`` is no other user's."""
        self.add_users({login: number})

    def add_users(self, logins: t.Mapping[str, int]) -> None:
        """The rows of new users, each with a number that is no other user's."""
        with self._database.transaction() as execute:
            for login, number in logins.items():
                for table in self._users.tables if self._users else ():
                    _insert(execute, table, {"login": login, "number": number, "key": f"KEY{number}"})

    def rename_user(self, old: str, new: str) -> None:
        """Another login name, where tokens do not hold it."""
        if not self._users:
            raise ValueError("the tokens of this product hold the login name")
        with self._database.transaction() as execute:
            execute(f"UPDATE {self._users.name} SET {self._users.login} = ? WHERE {self._users.login} = ?", new, old)

    def note_alive(self, node: str) -> None:
        """The node is alive now, where the product's nodes say so in the database."""
        words = {"node": node, "active": "ACTIVE", "now_ms": int(time.time() * 1000)}
        with self._database.transaction() as execute:
            for table in self._members:
                execute(f"DELETE FROM {table.name} WHERE {table.column('node')} = ?", node)
                _insert(execute, table, words)

    def make(self, login: str, series: str = "") -> str:
        """A new token of the user, as the value of the cookie; of this series, where there are any."""
        with self._database.transaction() as execute:
            return self._insert(execute, login, series or secrets.token_hex(20))

    def use(self, value: str) -> tuple[str, str]:
        """Whom the cookie signs in ('' when its token is dead), and the cookie's next value where tokens rotate."""
        found_by = self._format.read(value)
        if not found_by:
            return "", ""
        with self._database.transaction() as execute:
            login = self._login_of(execute, found_by)
            if not login or not self._rotates:
                return login, ""
            return login, self._insert(execute, login, found_by["series"]) if self._claim(execute, found_by) else ""

    def replace(self, value: str, login: str) -> str:
        """A successor of a token whose row is gone: of the same series."""
        return self.make(login, (self._format.read(value) or {}).get("series", ""))

    def forget(self, value: str) -> None:
        """Sign-out: the row goes."""
        if found_by := self._format.read(value):
            with self._database.transaction() as execute:
                execute(f"DELETE FROM {self._table.name} WHERE {self._conditions(found_by)}", *found_by.values())

    def clear(self) -> None:
        """Every row goes: a purge by hand."""
        self._run([f"DELETE FROM {table.name} WHERE {table.users or '1 = 1'}" for table in (self._table, *self._more)])

    def clear_of(self, login: str) -> None:
        """Every row of one user goes."""
        with self._database.transaction() as execute:
            execute(f"DELETE FROM {self._table.name} WHERE {self._table.column('owner')} = ?", self._owner(execute, login))

    def clear_more(self) -> None:
        """Every row of the further tables goes."""
        self._run([f"DELETE FROM {table.name} WHERE {table.users or '1 = 1'}" for table in self._more])

    def begun(self) -> list[tuple[str, str, str]]:
        """The token table, where it has a column of the moment: (token, moment as JSON has it, owner), in the order of their keys."""
        names = ", ".join(self._table.column(word) for word in ("token", "now", "owner"))
        order = f"WHERE {self._table.users or '1 = 1'} ORDER BY {self._table.column('id')}"
        with self._database.transaction() as execute:
            found = execute(f"SELECT {names} FROM {self._table.name} {order}").fetchall()
        return [(str(token), f"{str(moment).partition('.')[0].replace(' ', 'T')}.000+0000", str(owner)) for token, moment, owner in found]

    def rows(self) -> list[tuple[int, str, str]]:
        """The token table as it is, of users: (id, token, login name), sorted; the owner as it stands there where no user is known."""
        token, owner = self._table.column("token"), self._table.column("owner")
        login = f"u.{self._users.login}" if self._users else f"t.{owner}"
        statement = (
            f"SELECT t.{self._table.column('id')}, t.{token}, t.{owner}, {login} FROM {self._table.name} t {self._join('LEFT JOIN')}"
        )
        with self._database.transaction() as execute:
            found = execute(f"{statement} WHERE {self._table.users or '1 = 1'}").fetchall()
        return sorted((int(number), text, str(owner if name is None else name)) for number, text, owner, name in found)

    def _insert(self, execute: Execute, login: str, series: str) -> str:
        now = datetime.now(UTC)
        words = {
            "id": secrets.randbelow(10**12) + 10_000,
            "token": secrets.token_hex(20),
            "series": series,
            "login": login,
            "owner": self._owner(execute, login),
            "now": now.strftime(_TIMESTAMP),
            "now_ms": int(now.timestamp() * 1000),
            "expiry": (now + timedelta(days=30)).strftime(_TIMESTAMP),
            "no": False,
            "zero": 0,
            "directory": 32769,
            "nothing": None,
        }
        for table in (self._table, *self._more):
            _insert(execute, table, words)
        return self._format.write(words)

    def _owner(self, execute: Execute, login: str) -> t.Any:
        if not self._users:
            return login
        return execute(f"SELECT {self._users.key} FROM {self._users.name} WHERE {self._users.login} = ?", login).fetchone()[0]

    def _login_of(self, execute: Execute, found_by: Row) -> str:
        login = f"u.{self._users.login}" if self._users else f"t.{self._table.column('owner')}"
        conditions = self._conditions(found_by, "t.")
        if self._rotates:
            conditions += f" AND NOT t.{self._table.column('no')}"
        row = execute(f"SELECT {login} FROM {self._table.name} t {self._join('JOIN')} WHERE {conditions}", *found_by.values()).fetchone()
        return str(row[0]) if row else ""

    def _claim(self, execute: Execute, found_by: Row) -> bool:
        """Mark the token as used; False when another request was quicker."""
        claimed = self._table.column("no")
        statement = f"UPDATE {self._table.name} SET {claimed} = true WHERE {self._conditions(found_by)} AND NOT {claimed}"
        return bool(execute(statement, *found_by.values()).rowcount == 1)

    def _join(self, kind: str) -> str:
        return f"{kind} {self._users.name} u ON u.{self._users.key} = t.{self._table.column('owner')}" if self._users else ""

    def _conditions(self, found_by: Row, prefix: str = "") -> str:
        return " AND ".join(f"{prefix}{self._table.column(word)} = ?" for word in found_by)

    def _run(self, statements: t.Iterable[str]) -> None:
        with self._database.transaction() as execute:
            for statement in statements:
                execute(statement)


def _insert(execute: Execute, table: Table, words: Row) -> None:
    marks = ", ".join("?" for _column in table.columns)
    execute(f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({marks})", *(words[word] for word in table.columns.values()))


def _connect_sqlite(database: Database) -> t.Any:
    return sqlite3.connect(database.name, timeout=20)


# the drivers only where they are used: the stand-in on SQLite needs the standard library alone
def _connect_postgresql(database: Database) -> t.Any:
    import psycopg2

    who: dict[str, t.Any] = {"user": database.user, "password": database.password}
    return psycopg2.connect(
        host=database.host, port=database.port, dbname=database.name, connect_timeout=30, options="-c timezone=UTC", **who
    )


def _connect_mariadb(database: Database) -> t.Any:
    import pymysql

    who: dict[str, t.Any] = {"user": database.user, "password": database.password}
    where = {"unix_socket": database.host} if database.host.startswith("/") else {"host": database.host, "port": database.port}
    return pymysql.connect(database=database.name, charset="utf8mb4", connect_timeout=30, **who, **where)


def _connect_hsqldb(database: Database) -> t.Any:
    from demo.hsqldb import connect

    return connect(database)


_CONNECT: t.Mapping[str, t.Callable[[Database], t.Any]] = {
    "sqlite": _connect_sqlite,
    "postgresql": _connect_postgresql,
    "mariadb": _connect_mariadb,
    BUILT_IN: _connect_hsqldb,
}
