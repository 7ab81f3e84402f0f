# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token table in SQL Server (2016 and newer), written by its documentation: rows leave by DELETE .. OUTPUT under a lock of the table.

Sources: Transact-SQL reference: OUTPUT clause, table hints, CAST and CONVERT (styles), SET statements, HAS_PERMS_BY_NAME, sys.* views.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.generic import (
    GenericStore,
    GenericSweep,
    made_anew,
    quoted,
    run,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.rights import check_missing
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.rows_back import Restored, Rows
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import FETCH, Keys, Sink, Sweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import Candidate, FoundColumn, FoundTable

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# Whatever account and server say: else a statement may touch fewer rows than it says, a value be cut, an error leave half a transaction,
# or a date be read in another order. XACT_ABORT: every error rolls back everything.
PINNED = (
    "SET XACT_ABORT ON",
    "SET ROWCOUNT 0",
    "SET NOCOUNT OFF",
    "SET NOEXEC OFF",
    "SET FMTONLY OFF",
    "SET TEXTSIZE 2147483647",
    "SET IMPLICIT_TRANSACTIONS OFF",
    "SET DATEFORMAT ymd",
    "SET ANSI_NULLS ON",
    "SET ANSI_PADDING ON",
    "SET ANSI_WARNINGS ON",
    "SET ARITHABORT ON",
    "SET CONCAT_NULL_YIELDS_NULL ON",
    "SET NUMERIC_ROUNDABORT OFF",
    "SET QUOTED_IDENTIFIER ON",
)
# milliseconds: a request of a sweep stalls the writers behind it, a read stalls nobody
_SWEEP_TIMEOUT, _READ_TIMEOUT = 300, 5000
# an empty range of rows opens no table and takes no lock: the lock comes with the DELETE itself, and stays until the commit
_LOCK = "WITH (TABLOCKX, HOLDLOCK)"
_CANDIDATES = """
SELECT s.name, o.name, o.type FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id
WHERE lower(o.name) = %s AND o.type IN ('U', 'V', 'SN', 'ET')
"""
_WHAT = {"U": "table", "V": "view", "SN": "synonym", "ET": "external table"}
# by functions where a view of an older server lacks the column
_OBSTACLES = """
SELECT 'the trigger ' + name FROM sys.triggers WHERE parent_id = object_id(%(table)s)
UNION ALL SELECT 'the foreign key ' + name + ' of ' + object_name(parent_object_id) + ' that points at it'
    FROM sys.foreign_keys WHERE referenced_object_id = object_id(%(table)s)
UNION ALL SELECT 'row-level security' FROM sys.security_predicates WHERE target_object_id = object_id(%(table)s)
UNION ALL SELECT 'a history of its rows (temporal table)' WHERE objectproperty(object_id(%(table)s), 'TableTemporalType') <> 0
UNION ALL SELECT 'its rows in memory (memory-optimized)' FROM sys.tables WHERE object_id = object_id(%(table)s) AND is_memory_optimized = 1
"""
# a name with a dot would be read as two; without the last right, triggers and foreign keys of others do not show
_RIGHTS = """
SELECT told FROM (VALUES
    ('SELECT', %(table)s, 'OBJECT', 'SELECT'),
    ('DELETE', %(table)s, 'OBJECT', 'DELETE'),
    ('VIEW DEFINITION', quotename(db_name()), 'DATABASE', 'VIEW DEFINITION (of the database, to see triggers and foreign keys)')
) AS wanted (named, what, kind, told) WHERE coalesce(has_perms_by_name(what, kind, named), 0) = 0
"""
_CLOSED = "SELECT CASE WHEN databasepropertyex(db_name(), 'Updateability') = 'READ_WRITE' THEN 0 ELSE 1 END"
_UNIQUE = """
SELECT 1 FROM sys.indexes i JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id AND k.is_included_column = 0
    JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.object_id = object_id(%(table)s) AND i.is_unique = 1 AND i.is_disabled = 0 AND i.has_filter = 0
GROUP BY i.index_id HAVING count(*) = 1 AND max(c.name) = %(key)s AND max(CAST(c.is_nullable AS int)) = 0
"""
_SEES_PAGES = "SELECT coalesce(has_perms_by_name(quotename(db_name()), 'DATABASE', 'VIEW DATABASE STATE'), 0)"
_SIZE = "SELECT coalesce(sum(used_page_count), 0) * 8192 FROM sys.dm_db_partition_stats WHERE object_id = object_id(%(table)s)"
# the least that a row takes
_ROW = 200
_BLOCKERS = """
SELECT DISTINCT TOP 3 l.request_session_id FROM sys.dm_tran_locks l
WHERE l.resource_database_id = db_id() AND l.request_session_id <> @@SPID AND l.request_status = 'GRANT'
    AND l.resource_type = 'OBJECT' AND l.resource_associated_entity_id = object_id(%(table)s)
"""
_IDENTITY = "SELECT coalesce(objectproperty(object_id(%(table)s), 'TableHasIdentity'), 0)"
# the period of a table whose history is off, a ledger's columns
_ALWAYS = "SELECT name FROM sys.columns WHERE object_id = object_id(%(table)s) AND generated_always_type <> 0 ORDER BY column_id"
# made by the server, another one for each row that is written
_OF_THE_SERVER = ("TIMESTAMP", "ROWVERSION")
# text that says the value whatever the session's language, and that is read back as it was: ISO 8601 with a T where a language would count
_STYLES: t.Sequence[tuple[str, int]] = (
    (r"(small)?datetime", 126),
    (r"(datetime2|datetimeoffset|date|time)\b.*", 121),
    (r"(tiny|small|big)?int|integer|bit|(decimal|numeric)\b.*|uniqueidentifier", 0),
)
_TEXT = re.compile(r"(n?(var)?char|n?text)\b.*", re.IGNORECASE)


class SqlserverSweep(GenericSweep):
    """The rows that OUTPUT writes are the rows that are deleted. The driver would cut times to milliseconds: the server writes them."""

    def move_out(self, sink: Sink, keys: Keys) -> int:
        """See Sweep. As text with its values beside it, because SQLAlchemy would keep all rows of an OUTPUT in memory."""
        statements = self.statements
        delete = statements.sql.delete(statements.table).where(statements.which(keys)).returning(*self.rendered(self.names))
        hinted = delete.with_hint(_LOCK, dialect_name="mssql")
        made = hinted.compile(dialect=self.connection.dialect, compile_kwargs={"render_postcompile": True})
        rows = 0
        for row in self.connection.exec_driver_sql(str(made), dict(made.params), execution_options={"yield_per": FETCH}):
            sink.write(self.line(row))
            rows += 1
        deleted = int(run(self.connection, "SELECT rowcount_big()").scalar_one())
        if deleted != rows:
            raise SessionsError(f"{self.table.label}: {rows} rows were read but {deleted} deleted, so the deletion was rolled back.")
        return rows

    def spared_query(self, lock: bool) -> t.Any:
        """With the lock of the deletion: it comes before that."""
        query = super().spared_query(lock)
        return query.with_hint(self.statements.table, _LOCK, "mssql") if lock else query

    def rendered(self, columns: t.Sequence[str]) -> t.Sequence[t.Any]:
        """Texts as they are, everything else as the server writes it."""
        return [self._field(name) for name in columns]

    def now(self) -> str:
        """The server's clock."""
        return str(run(self.connection, "SELECT convert(varchar(19), sysutcdatetime(), 126) + 'Z'").scalar_one())

    def _field(self, name: str) -> t.Any:
        sql, column = self.statements.sql, self.statements.table.c[name]
        style = _style_of(self.table.columns[self.table.position(name)].type)
        return column if style is None else sql.func.convert(sql.text("varchar(40)"), column, sql.literal_column(str(style)))


class SqlserverStore(GenericStore):
    """One sweep: its lock keeps readers out as well, unless they read row versions, as Atlassian's products are set up to."""

    sweep_class = SqlserverSweep

    def begin(self, connection: Connection) -> None:
        """SQLAlchemy has begun the transaction."""
        _pin(connection, _READ_TIMEOUT)

    def begin_copy(self, connection: Connection) -> None:
        """The count and the copy see the same rows: writers wait meanwhile."""
        _pin(connection, _READ_TIMEOUT)
        run(connection, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")

    def begin_sweep(self, connection: Connection, table: FoundTable, locked: bool) -> None:  # noqa: ARG002  the one kind of DELETE locks
        """See TokenStore."""
        _pin(connection, _SWEEP_TIMEOUT)

    def candidates(self, connection: Connection, name: str) -> t.Sequence[Candidate]:
        """From the catalogue of the database."""
        rows = connection.exec_driver_sql(_CANDIDATES, (name.lower(),))
        return [Candidate(schema, found, _WHAT[kind.strip()]) for schema, found, kind in rows]

    def columns(self, connection: Connection, candidate: Candidate) -> t.Sequence[FoundColumn]:
        """Without the version of the row, which the server makes."""
        return [column for column in super().columns(connection, candidate) if column.type not in _OF_THE_SERVER]

    def obstacles(self, connection: Connection, candidate: Candidate) -> t.Sequence[str]:
        """Triggers, foreign keys that would cascade, policies that hide rows, tables that keep what is deleted."""
        return [row[0] for row in connection.exec_driver_sql(_OBSTACLES, {"table": quoted(connection, candidate)})]

    def check_rights(self, connection: Connection, table: FoundTable) -> None:
        """Those that the server says the account has."""
        if run(connection, _CLOSED).scalar_one():
            where = self.database.where
            raise SessionsError(f"Nothing can be deleted in {where}: it is read-only. Name the server to which the product writes.")
        missing = [row[0] for row in connection.exec_driver_sql(_RIGHTS, {"table": quoted(connection, table)})]
        check_missing(self.connector, connection, table.label, "SELECT user_name()", missing)
        super().check_rights(connection, table)

    def knows(self, kind: str) -> bool:
        """See GenericStore."""
        return bool(_TEXT.fullmatch(kind)) or _style_of(kind) is not None

    def unrestorable(self, connection: Connection, table: FoundTable) -> list[str]:
        """Columns that are always made anew, too; a key of the server's own (IDENTITY) is none of them, and is put back."""
        rows = connection.exec_driver_sql(_ALWAYS, {"table": quoted(connection, table)})
        return [*made_anew(row[0] for row in rows), *super().unrestorable(connection, table)]

    def has_unique_key(self, connection: Connection, table: FoundTable) -> bool:
        """By its indexes."""
        return bool(connection.exec_driver_sql(_UNIQUE, {"table": quoted(connection, table), "key": table.key}).all())

    def size(self, connection: Connection, table: FoundTable, rows: int) -> int:
        """By the pages where the account may see them, or by the rows when that is more."""
        if not run(connection, _SEES_PAGES).scalar_one():
            return super().size(connection, table, rows)
        return max(int(connection.exec_driver_sql(_SIZE, {"table": quoted(connection, table)}).scalar_one()), rows * _ROW)

    def blockers(self, table: FoundTable) -> str:
        """Up to three sessions, where the account may see them."""
        try:
            with self.connector.connect("ask who holds the lock", self.begin) as connection:
                rows = connection.exec_driver_sql(_BLOCKERS, {"table": quoted(connection, table)}).all()
        except SessionsError:
            rows = []
        return "; ".join(f"session {number}" for (number,) in rows) or super().blockers(table)

    def put_back(self, sweep: Sweep, columns: t.Sequence[str], archives: t.Sequence[Rows]) -> Restored:
        """Keys that the server gives are given by hand, for this table and this session."""
        name = quoted(sweep.connection, sweep.table)
        if sweep.connection.exec_driver_sql(_IDENTITY, {"table": name}).scalar_one():
            run(sweep.connection, f"SET IDENTITY_INSERT {name} ON")
        return super().put_back(sweep, columns, archives)


def _style_of(kind: str) -> int | None:
    return next((style for pattern, style in _STYLES if re.fullmatch(pattern, kind, re.IGNORECASE)), None)


def _pin(connection: Connection, timeout: int) -> None:
    run(connection, "; ".join((*PINNED, f"SET LOCK_TIMEOUT {timeout}")))
