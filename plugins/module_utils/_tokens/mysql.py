# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token table in MySQL and MariaDB, one path for both: rows are read FOR UPDATE and deleted in the same transaction.

MySQL has no DELETE .. RETURNING. Under REPEATABLE READ the locks of the read cover the gaps between rows as well, so the delete finds
exactly the rows that were read; a read of the whole table keeps every insert out until the commit.
"""

from __future__ import annotations

import typing as t
from contextlib import ExitStack, contextmanager, suppress

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import mysql_restore, mysql_rights, mysql_server
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import table as token_table
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.keepalive import SILENCE
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.mysql_rows import MysqlSweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.rights import (
    check_open,
    check_tried,
    insert_missing,
    way_back_notes,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.rows_back import Restored, Rows, lines_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import TokenStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import Statements, Sweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import Candidate, FoundColumn, FoundTable

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_TABLES = (
    "SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE table_schema = database() AND lower(table_name) = %s"
)
# a generated column is made again from the others: MariaDB's PERSISTENT is STORED of today
_COLUMNS = """
SELECT column_name, column_type FROM information_schema.columns WHERE table_schema = %s AND table_name = %s
    AND NOT extra REGEXP 'VIRTUAL|STORED|PERSISTENT' ORDER BY ordinal_position
"""
_OBSTACLES = """
SELECT concat('the storage engine ', coalesce(engine, 'unknown'), ', which cannot roll back') FROM information_schema.tables
    WHERE table_schema = %(schema)s AND table_name = %(table)s AND (engine IS NULL OR engine <> 'InnoDB')
UNION ALL SELECT 'partitions' FROM information_schema.tables
    WHERE table_schema = %(schema)s AND table_name = %(table)s AND create_options LIKE '%%partitioned%%'
UNION ALL SELECT concat('the trigger ', trigger_name) FROM information_schema.triggers
    WHERE event_object_schema = %(schema)s AND event_object_table = %(table)s
UNION ALL SELECT concat('the foreign key ', constraint_name, ' of ', table_name, ' that points at it')
    FROM information_schema.key_column_usage WHERE referenced_table_schema = %(schema)s AND referenced_table_name = %(table)s
"""
_UNIQUE = """
SELECT 1 FROM information_schema.statistics WHERE table_schema = %s AND table_name = %s AND non_unique = 0
    GROUP BY index_name HAVING count(*) = 1 AND max(column_name) = %s AND max(nullable) <> 'YES'
"""
_SIZE = "SELECT data_length FROM information_schema.tables WHERE table_schema = %s AND table_name = %s"
# bytes of a row, at least: right after many inserts the server still tells the size of an empty table
_ROW = 200
_BLOCKERS = """
SELECT trx_mysql_thread_id, trx_state, timestampdiff(SECOND, trx_started, now()) FROM information_schema.innodb_trx
WHERE trx_mysql_thread_id <> connection_id() AND trx_rows_locked + trx_rows_modified > 0 ORDER BY trx_started LIMIT 3
"""


class MysqlStore(TokenStore):
    """In ranges of keys, because the locks of a sweep keep inserts into its range waiting; the last sweep covers the whole table."""

    two_sweeps = True
    ranged = True
    # under READ COMMITTED rows would slip between the read and the delete
    isolation = "REPEATABLE READ"
    sweep_class = MysqlSweep

    def begin(self, connection: Connection) -> None:
        """See ``pin``."""
        mysql_server.pin(connection)

    def begin_sweep(self, connection: Connection, table: FoundTable, locked: bool) -> None:  # noqa: ARG002  reading the rows locks them
        """What holds locks has an end."""
        self.begin(connection)
        connection.exec_driver_sql(f"SET SESSION wait_timeout = {SILENCE}")

    @contextmanager
    def history_kept(self) -> t.Iterator[None]:
        """By a view of the state before them.

        InnoDB clears nothing away that a view may have to see (MySQL manual, InnoDB multi-versioning), and is no rival to the next range.
        """
        with self._view() as view:
            yield
            with suppress(SessionsError):
                view.close()

    def _view(self) -> ExitStack:
        """None, where the account may not have a connection beside it."""
        doing = "keep the state before the deletion"
        with suppress(SessionsError), ExitStack() as view:
            view.enter_context(self.connector.connect(doing, mysql_server.begin_view))
            with self.connector.connect(doing, self.begin):
                return view.pop_all()
        return ExitStack()

    def candidates(self, connection: Connection, name: str) -> t.Sequence[Candidate]:
        """In the database that was named: here a schema is a database."""
        rows = connection.exec_driver_sql(_TABLES, (name.lower(),))
        return [Candidate(schema, found, "table" if kind == "BASE TABLE" else f"{kind.lower()} table") for schema, found, kind in rows]

    def columns(self, connection: Connection, candidate: Candidate) -> t.Sequence[FoundColumn]:
        """With types as the server writes them."""
        return [FoundColumn(*row) for row in connection.exec_driver_sql(_COLUMNS, (candidate.schema, candidate.name))]

    def obstacles(self, connection: Connection, candidate: Candidate) -> t.Sequence[str]:
        """Another storage engine, partitions, triggers, foreign keys that would cascade."""
        return [row[0] for row in connection.exec_driver_sql(_OBSTACLES, {"schema": candidate.schema, "table": candidate.name})]

    def hidden(self, connection: Connection, candidate: Candidate) -> t.Sequence[str]:
        """Triggers and foreign keys; both where the account's rights are not told."""
        lines: list[str] = []
        with suppress(SessionsError), self.connector.sentences("ask for the account's rights"):
            lines = [row[0] for row in connection.exec_driver_sql("SHOW GRANTS")]
        return mysql_rights.hidden_notes(lines, candidate.schema, candidate.name)

    def check_rights(self, connection: Connection, table: FoundTable) -> None:
        """The server's, to be written to at all; then a read and a delete of nothing."""
        check_open(mysql_server.closed_by(mysql_server.reported_by(connection)), self.database.where)
        check_tried(self.connector, connection, table, "SELECT current_user()")

    def way_back(self, connection: Connection, table: FoundTable) -> list[str]:
        """By an insert of nothing."""
        return way_back_notes(insert_missing(self.connector, connection, table))

    def _count(self, connection: Connection, table: FoundTable) -> tuple[int, int, str]:
        """By an index of the users where there is one, and apart from the rest: a group by such an index looks up each row by itself."""
        statements = Statements(table)
        sql, user, created = statements.sql, statements.table.c[table.user], statements.table.c[table.created]
        rows, oldest = connection.execute(sql.select(sql.func.count(), sql.func.min(created)).where(statements.treated)).one()
        users = connection.scalar(sql.select(sql.func.count(user.distinct())).where(statements.treated))
        return int(rows), int(users or 0), token_table.iso_time(oldest, self.wanted.created_unit)

    def has_unique_key(self, connection: Connection, table: FoundTable) -> bool:
        """By its indexes."""
        return bool(connection.exec_driver_sql(_UNIQUE, (table.schema, table.name, table.key)).all())

    def size(self, connection: Connection, table: FoundTable, rows: int) -> int:
        """As the server estimates it, or by the rows when that is more."""
        return max(int(connection.exec_driver_sql(_SIZE, (table.schema, table.name)).scalar() or 0), rows * _ROW)

    def identity(self, connection: Connection, table: FoundTable) -> str:
        """See ``server_name``."""
        return f"mysql {mysql_server.server_name(mysql_server.reported_by(connection))} database {table.schema}"

    def notes(self, connection: Connection) -> t.Sequence[str]:
        """See ``cluster_notes``."""
        return mysql_server.cluster_notes(mysql_server.reported_by(connection))

    def blockers(self, table: FoundTable) -> str:
        """Up to three transactions, the oldest first, where the account may see them."""
        try:
            with self.connector.connect("ask who holds the lock", self.begin) as connection:
                rows = connection.exec_driver_sql(_BLOCKERS).all()
        except SessionsError:
            rows = []
        return "; ".join(f"session {thread} ({state.lower()}, for {age} s)" for thread, state, age in rows) or super().blockers(table)

    def put_back(self, sweep: Sweep, columns: t.Sequence[str], archives: t.Sequence[Rows]) -> Restored:
        """See ``mysql_restore``."""
        with self._beside(sweep.connection, sweep.table) as beside:
            return mysql_restore.put_back(t.cast("MysqlSweep", sweep), beside, columns, lines_of(archives))

    @contextmanager
    def _beside(self, written: Connection, table: FoundTable) -> t.Iterator[MysqlSweep | None]:
        """By a connection that sees what others have not committed; None where the account may not have one beside the first."""
        stack, sweep, doing = ExitStack(), None, "read the rows again"
        with suppress(SessionsError), self.connector.sentences(doing):
            connection = stack.enter_context(self.connector.connect(doing, mysql_server.begin_uncommitted))
            # a proxy may have led it elsewhere, where the same rows may still be, or not be yet
            if mysql_server.this_server(connection) == mysql_server.this_server(written):
                sweep = MysqlSweep(self.connector, connection, table)
        try:
            yield sweep
        finally:
            with suppress(SessionsError):
                stack.close()
