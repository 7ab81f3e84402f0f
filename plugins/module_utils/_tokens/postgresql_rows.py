# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of PostgreSQL go through COPY, from the server's memory to the file, without a look at each. What stands in statements as text."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.threads import FileAhead
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import table as token_table
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import ALL, Keys, Sink, Sweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import Candidate, FoundTable

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# the level at which all statements of a transaction see the same rows, and which deletes no row that was changed since
ONE_STATE = "REPEATABLE READ"


class PostgresqlSweep(Sweep):
    """Rows are copied and deleted in one state of the table, or in one statement: those that are written are those that are deleted."""

    def move_out(self, sink: Sink, keys: Keys) -> int:
        """See Sweep. A deletion in the state that was copied takes less time, and fails where a row of it was changed since."""
        self.settle()
        if self.connection.exec_driver_sql("SHOW transaction_isolation").scalar_one() == ONE_STATE.lower():
            rows = self.copy_out(sink, self.names, keys)
            self.delete_beside(keys, rows)
            return rows
        return self._copy_deleted(sink, keys)

    def _copy_deleted(self, sink: Sink, keys: Keys) -> int:
        sql = self.statements.sql
        delete = sql.delete(self.statements.table).where(self.statements.which(keys)).returning(*self.statements.columns)
        return self._copy(delete, sink)

    def copy_out(self, sink: Sink, columns: t.Sequence[str], keys: Keys = ALL, lock: bool = False) -> int:  # noqa: ARG002  one state needs no locks
        """See Sweep; in the order in which the rows lie, because a sort costs more than all else."""
        query = self.statements.sql.select(*self.rendered(columns)).where(self.statements.which(keys))
        return self._copy(query, sink)

    def _copy(self, statement: t.Any, sink: Sink) -> int:
        cursor = self._cursor()
        cursor.copy_expert(f"COPY ({literal(self.connection, statement)}) TO STDOUT", sink)
        return int(cursor.rowcount)

    def copy_in(self, target: str, source: FileAhead) -> int:
        """Fill the target from COPY text; returns how many rows."""
        cursor = self._cursor()
        cursor.copy_expert(f"COPY {target} FROM STDIN", source)
        return int(cursor.rowcount)

    def now(self) -> str:
        """The server's clock, not the begin of the transaction."""
        return token_table.iso_time(self.connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one(), "timestamp")

    def _cursor(self) -> t.Any:
        # only a detached connection has no driver's connection
        return t.cast("t.Any", self.connection.connection.driver_connection).cursor()


def quoted(connection: Connection, table: Candidate | FoundTable) -> str:
    """The table in SQL text."""
    return f"{identifier(connection, table.schema)}.{identifier(connection, table.name)}"


def literal(connection: Connection, statement: t.Any) -> str:
    """The statement with its values in it: COPY takes no parameters. The driver would halve each % that SQLAlchemy doubles."""
    return str(statement.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})) % ()


def identifier(connection: Connection, name: str) -> str:
    """A name in SQL text; as in literal()."""
    return connection.dialect.identifier_preparer.quote(name) % ()


def run(connection: Connection, statement: str) -> t.Any:
    """Without parameters, so that a % is one."""
    return connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
