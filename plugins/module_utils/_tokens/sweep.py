# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One transaction on the token table, and the table as SQLAlchemy's expressions. What engines share; some refine it."""

from __future__ import annotations

import abc
import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.copy_text import line_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.threads import Beside
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.connection import Connector
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sqlalchemy_dep import sqlalchemy_module
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import FoundTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import Owners

if t.TYPE_CHECKING:
    from sqlalchemy import ColumnElement, TableClause
    from sqlalchemy.engine import Connection

# rows that are fetched at a time
FETCH = 1000


@dataclass(frozen=True)
class KeyRange:
    """Keys above ``after`` up to and including ``upto``; None is no bound."""

    after: int | None = None
    upto: int | None = None


Keys = t.Union[KeyRange, t.Sequence[int]]
ALL = KeyRange()


class Sink(t.Protocol):
    """Takes bytes in COPY text format."""

    def write(self, data: bytes, /) -> t.Any:
        """Take the next bytes."""


class Statements:
    """The table as SQLAlchemy's expressions."""

    def __init__(self, table: FoundTable) -> None:
        self.sql = sqlalchemy_module()
        columns = [self.sql.column(column.name) for column in table.columns]
        self.table: TableClause = self.sql.table(table.name, *columns, schema=table.schema or None)
        self.columns = [self.table.c[column.name] for column in table.columns]
        self.key: ColumnElement[t.Any] = self.table.c[table.key]
        self.spared: ColumnElement[bool] = self.sql.false()
        self.treated: ColumnElement[bool] = self._owned(self.table.c[table.user], table.owners)
        if table.spared:
            column, value = self.table.c[table.spared[0]], table.spared[1]
            self.spared = column == value
            # what is empty is no value that is spared
            self.treated = self.sql.and_(self.treated, self.sql.or_(column.is_(None), column != value))

    def which(self, keys: Keys) -> ColumnElement[bool]:
        """The condition that only these keys fulfil, of the rows that are treated."""
        if not isinstance(keys, KeyRange):
            return t.cast("ColumnElement[bool]", self.key.in_(keys))
        bounds = [] if keys.after is None else [self.key > keys.after]
        bounds += [] if keys.upto is None else [self.key <= keys.upto]
        return t.cast("ColumnElement[bool]", self.sql.and_(self.treated, *bounds))

    def named(self, column: ColumnElement[t.Any], names: t.Sequence[str]) -> ColumnElement[bool]:
        """The condition that a column holds one of the names, in any case; as it is, too, where a database knows no case of its letters."""
        lower = self.sql.func.lower(column).in_([name.lower() for name in names])
        return t.cast("ColumnElement[bool]", self.sql.or_(lower, column.in_(names)))

    def _owned(self, user: ColumnElement[t.Any], owners: Owners | None) -> ColumnElement[bool]:
        if owners is None:
            return t.cast("ColumnElement[bool]", self.sql.true())
        # none of the users that were named may be there
        of_keys = user.in_(owners.values) if owners.values else self.sql.false()
        held = self.named(user, owners.values) if owners.named else of_keys
        return t.cast("ColumnElement[bool]", self.sql.or_(user.is_(None), self.sql.not_(held)) if owners.spared else held)


class Sweep(abc.ABC):
    """One transaction that moves rows out of the table. Rows leave the database only with ``commit``."""

    def __init__(self, connector: Connector, connection: Connection, table: FoundTable) -> None:
        self.connector = connector
        self.connection = connection
        self.table = table
        self.statements = Statements(table)
        self._deleting: Beside | None = None

    def move_out(self, sink: Sink, keys: Keys) -> int:
        """Write the rows of these keys to the sink, delete exactly those, and return how many they were.

        Nothing else may be asked of the sweep, but to move more, before ``settle``.
        """
        rows = self.copy_out(sink, self.names, keys, lock=True)
        self.delete(keys, rows)
        return rows

    def settle(self) -> None:
        """Wait until what was moved out is deleted; raises what the deletion met."""
        deleting, self._deleting = self._deleting, None
        if deleting:
            deleting.end()

    def delete_beside(self, keys: Keys, rows: int) -> None:
        """See ``delete``; it goes on, up to ``settle``, while the archive of the rows is written to its end."""
        self._deleting = Beside(lambda: self.delete(keys, rows))

    def delete(self, keys: Keys, rows: int) -> None:
        """Delete the rows of these keys; raises SessionsError when they are not so many."""
        deleted = self.connection.execute(self.statements.sql.delete(self.statements.table).where(self.statements.which(keys))).rowcount
        if deleted != rows:
            raise SessionsError(f"{self.table.label}: {rows} rows were read but {deleted} deleted, so the deletion was rolled back.")

    def copy_out(self, sink: Sink, columns: t.Sequence[str], keys: Keys = ALL, lock: bool = False) -> int:
        """Write these columns of these rows to the sink and return how many rows they were; ``lock`` keeps them as they are.

        By key, where the engine does not say otherwise.
        """
        rows = 0
        for line in self.lines(columns, keys, lock):
            sink.write(line)
            rows += 1
        return rows

    def lines(self, columns: t.Sequence[str], keys: Keys, lock: bool) -> t.Iterator[bytes]:
        """The rows in COPY text."""
        query = self.statements.sql.select(*self.rendered(columns)).where(self.statements.which(keys)).order_by(self.statements.key)
        found = self.connection.execute(query.with_for_update() if lock else query, execution_options={"yield_per": FETCH})
        return (self.line(row) for row in found)

    def rendered(self, columns: t.Sequence[str]) -> t.Sequence[t.Any]:
        """What is selected for these columns."""
        return [self.statements.table.c[name] for name in columns]

    def line(self, row: t.Any) -> bytes:
        """A selected row in COPY text."""
        return line_of(row)

    def insertable(self, text: str | None, column: str) -> object:  # noqa: ARG002  engines that convert by themselves take text
        """What is handed to the driver for a value of an archive."""
        return text

    @property
    def names(self) -> list[str]:
        """All columns, in their order."""
        return [column.name for column in self.table.columns]

    def remaining(self) -> int:
        """How many rows that are treated the table holds now, inside the transaction."""
        sql = self.statements.sql
        query = sql.select(sql.func.count()).select_from(self.statements.table).where(self.statements.treated)
        return int(self.connection.scalar(query))

    def spared(self, lock: bool = False) -> int:
        """How many rows the table holds now that are no browser's, inside the transaction; ``lock`` keeps them as they are."""
        return int(self.connection.scalar(self.spared_query(lock))) if self.table.spared else 0

    def spared_query(self, lock: bool) -> t.Any:  # noqa: ARG002  where the table is locked, no row needs a lock of its own
        """The statement that counts them."""
        sql = self.statements.sql
        return sql.select(sql.func.count()).select_from(self.statements.table).where(self.statements.spared)

    @abc.abstractmethod
    def now(self) -> str:
        """The database's clock, ISO."""

    def commit(self) -> None:
        """Make the deletion real; raises CommitUnknown when the connection is lost in it."""
        self.connector.commit(self.connection, "commit the deletion")
