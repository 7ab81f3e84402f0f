# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token table in PostgreSQL."""

from __future__ import annotations

import typing as t
from contextlib import contextmanager

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import TokenTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import postgresql_restore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_connections import LOCK_TIMEOUT_MS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import Changed, Contended
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.keepalive import OF_POSTGRESQL, SILENCE
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.postgresql_dialect import check_version, register
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.postgresql_rows import (
    ONE_STATE,
    PostgresqlSweep,
    quoted,
    run,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.rights import check_missing, check_open, way_back_notes
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.rows_back import Restored, Rows
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import TokenStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import Statements, Sweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import Candidate, FoundColumn, FoundTable

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# what a type without an equality of its own answers
_NO_EQUALITY = "42883"
# what a second row of a key answers
_NOT_UNIQUE = "23505"
# what a lock answers that was not to be had in time
_HELD = "55P03"
# With row_security off a policy raises an error; with it on, it hides rows and "0 rows" would look like success.
# The formats pin what an archive looks like; the time-outs of an account must not end a sweep half-way.
_SETTINGS = (
    # first of all: what follows calls functions, and those of the database's owner are none of it
    ("search_path", "pg_catalog"),
    # an account may be set to read only, and is told otherwise; a standby refuses to be
    ("transaction_read_only", "off"),
    ("row_security", "off"),
    ("datestyle", "ISO, YMD"),
    ("timezone", "UTC"),
    ("intervalstyle", "iso_8601"),
    ("bytea_output", "hex"),
    ("extra_float_digits", "3"),
    ("statement_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
    ("lock_timeout", str(LOCK_TIMEOUT_MS)),
    # what fails in a savepoint is answered to, and ends no session
    ("exit_on_error", "off"),
    *OF_POSTGRESQL,
)
# known to PostgreSQL 17 and newer
_NEWER = "SELECT set_config(name, '0', true) FROM pg_catalog.pg_settings WHERE name = 'transaction_timeout'"
# a commit must be on disk before anybody is told of it; stronger settings of the account stay as they are
_DURABLE = "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"

_CANDIDATES = """
SELECT n.nspname, c.relname, CASE
    WHEN c.relkind = 'v' THEN 'view' WHEN c.relkind = 'm' THEN 'materialized view' WHEN c.relkind = 'f' THEN 'foreign table'
    WHEN c.relkind = 'p' THEN 'partitioned table' WHEN c.relispartition THEN 'partition of another table' ELSE 'table' END
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE lower(c.relname) = %s AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
    AND left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'
"""
# a generated column is made again from the others; by to_jsonb, because PostgreSQL 11 has no such column in its catalogue
_COLUMNS = """
SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
    AND coalesce(to_jsonb(a) ->> 'attgenerated', '') = '' ORDER BY a.attnum
"""
_UNIQUE = """
SELECT 1 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indrelid = %s::regclass AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indnatts = 1
    AND a.attname = %s AND a.attnotnull
"""
_OBSTACLES = """
SELECT 'row-level security' FROM pg_catalog.pg_class WHERE oid = %(table)s::regclass AND relrowsecurity
UNION ALL SELECT 'the trigger ' || tgname FROM pg_catalog.pg_trigger WHERE tgrelid = %(table)s::regclass AND NOT tgisinternal
UNION ALL SELECT 'the rule ' || rulename FROM pg_catalog.pg_rewrite WHERE ev_class = %(table)s::regclass
UNION ALL SELECT 'the child table ' || inhrelid::regclass FROM pg_catalog.pg_inherits WHERE inhparent = %(table)s::regclass
UNION ALL SELECT 'the foreign key ' || conname || ' of ' || conrelid::regclass || ' that points at it'
    FROM pg_catalog.pg_constraint WHERE confrelid = %(table)s::regclass AND contype = 'f'
"""
_MISSING_RIGHTS = """
SELECT r FROM unnest(ARRAY['SELECT', 'DELETE']) r WHERE NOT pg_catalog.has_table_privilege(%s::regclass, r)
"""
_NO_USAGE = "SELECT 'USAGE' WHERE NOT pg_catalog.has_schema_privilege(%s, 'USAGE')"
# COPY fills the table, or a temporary one that is compared with it first
_WAY_BACK = """
SELECT 'INSERT on ' || %(label)s WHERE NOT pg_catalog.has_table_privilege(%(table)s::regclass, 'INSERT')
UNION ALL SELECT 'TEMPORARY on the database (where some of the rows are there already)'
    WHERE NOT pg_catalog.has_database_privilege(current_database(), 'TEMPORARY')
"""
_WHOAMI = "SELECT current_user"
# of the whole server or database it is a decision, before a move perhaps; of one account it is a habit
_CLOSED = """
SELECT 'default_transaction_read_only of the ' || CASE WHEN source = 'database' THEN 'database' ELSE 'server' END
FROM pg_catalog.pg_settings WHERE name = 'default_transaction_read_only' AND setting = 'on'
    AND source NOT IN ('user', 'database user', 'client')
"""
# a superuser alone could set it back
_UNCHECKED = "SELECT 1 FROM pg_catalog.pg_settings WHERE name = 'session_replication_role' AND setting = 'replica'"
# who holds a lock that SHARE ROW EXCLUSIVE has to wait for; an autovacuum is nobody's session, more of it is hidden from most accounts
_BLOCKERS = """
SELECT a.pid, coalesce(nullif(a.application_name, ''), a.backend_type, a.usename, 'autovacuum worker'), coalesce(a.state, 'unknown'),
    extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.backend_start))::int, a.usesysid IS NULL
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid)
WHERE l.relation = %s::regclass AND l.granted AND l.mode NOT IN ('AccessShareLock', 'RowShareLock') AND a.pid <> pg_backend_pid()
    AND a.datname = current_database()
ORDER BY 4 DESC LIMIT 3
"""
# PostgreSQL cancels an autovacuum for a session that has waited so long
_YIELDS_AFTER_MS = "SELECT setting::int FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout'"
_IN_ONE_STATE = f"SET TRANSACTION ISOLATION LEVEL {ONE_STATE}"
_SERVER_ADDRESS = "SELECT coalesce(host(inet_server_addr()), 'socket') || ':' || current_setting('port')"


class PostgresqlStore(TokenStore):
    """A first sweep without a lock, a last one under a lock that waits for writers and lets readers through."""

    two_sweeps = True
    # the last sweep must see what was committed while its lock waited
    isolation = "READ COMMITTED"
    sweep_class = PostgresqlSweep

    def __init__(self, database: Database, wanted: TokenTable) -> None:
        register()
        super().__init__(database, wanted)
        self._asked_to_yield = False
        self._disturbed = False

    def begin(self, connection: Connection) -> None:
        """Pin what the account, the database or a pooler may have set otherwise."""
        check_version(t.cast("t.Any", connection.connection.driver_connection).server_version, self.database.where)
        settings = "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in _SETTINGS)
        connection.exec_driver_sql(settings)
        connection.exec_driver_sql(_NEWER)
        connection.exec_driver_sql(_DURABLE)

    def begin_copy(self, connection: Connection) -> None:
        """The count and the copy see the same rows."""
        connection.exec_driver_sql(_IN_ONE_STATE)
        self.begin(connection)

    @contextmanager
    def sweep(self, table: FoundTable, locked: bool) -> t.Iterator[Sweep]:
        """See TokenStore."""
        try:
            with super().sweep(table, locked) as sweep:
                yield sweep
        except Changed as error:
            if self._disturbed:
                raise Contended(str(error)) from None
            self._disturbed = True
            raise

    def begin_sweep(self, connection: Connection, table: FoundTable, locked: bool) -> None:
        """The lock comes before any other look at the table: after a DELETE it would deadlock with writers. What holds locks has an end.

        Without it in one state of the table, until that has failed, and where tokens are not changed by each use.
        """
        if not (locked or table.series or self._disturbed):
            connection.exec_driver_sql(_IN_ONE_STATE)
        self.begin(connection)
        connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = '{SILENCE}s'")
        if locked:
            self.lock(connection, table)

    def lock(self, connection: Connection, table: FoundTable) -> None:
        """Waits for writers, and lets readers through. Once, it waits until an autovacuum yields: one against wraparound never does."""
        lock = f"LOCK TABLE {quoted(connection, table)} IN SHARE ROW EXCLUSIVE MODE"
        try:
            with connection.begin_nested():
                run(connection, lock)
        except Statements(table).sql.exc.DBAPIError as error:
            if self._asked_to_yield or getattr(error.orig, "pgcode", "") != _HELD or not self._only_vacuumed(connection, table):
                raise
            self._asked_to_yield = True
            patience = connection.exec_driver_sql(_YIELDS_AFTER_MS).scalar_one() + LOCK_TIMEOUT_MS
            run(connection, f"SET LOCAL lock_timeout = {patience}; {lock}; SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")

    def _only_vacuumed(self, connection: Connection, table: FoundTable) -> bool:
        holders = self._holders(connection, table)
        return bool(holders) and all(holder[-1] for holder in holders)

    def _holders(self, connection: Connection, table: FoundTable) -> t.Sequence[t.Any]:
        return connection.exec_driver_sql(_BLOCKERS, (quoted(connection, table),)).all()

    def candidates(self, connection: Connection, name: str) -> t.Sequence[Candidate]:
        """From the catalogue, which shows tables that the account may not use, too."""
        return [Candidate(*row) for row in connection.exec_driver_sql(_CANDIDATES, (name.lower(),))]

    def columns(self, connection: Connection, candidate: Candidate) -> t.Sequence[FoundColumn]:
        """With types as PostgreSQL writes them. Without the right to use its schema no table in it can be named."""
        missing = [row[0] for row in connection.exec_driver_sql(_NO_USAGE, (candidate.schema,))]
        check_missing(self.connector, connection, f"the schema {candidate.schema}", _WHOAMI, missing)
        return [FoundColumn(*row) for row in connection.exec_driver_sql(_COLUMNS, (quoted(connection, candidate),))]

    def obstacles(self, connection: Connection, candidate: Candidate) -> t.Sequence[str]:
        """Row-level security, triggers, rules, inheritance, foreign keys that would cascade."""
        return [row[0] for row in connection.exec_driver_sql(_OBSTACLES, {"table": quoted(connection, candidate)})]

    def check_rights(self, connection: Connection, table: FoundTable) -> None:
        """The server's, to be written to at all; then a delete of nothing, with RETURNING, which needs the right to read as well."""
        check_open([row[0] for row in connection.exec_driver_sql(_CLOSED)], self.database.where)
        if connection.exec_driver_sql(_UNCHECKED).all():
            raise SessionsError(
                f"To this account no foreign key and no trigger applies in {self.database.where} (session_replication_role is replica): "
                "tokens of users who are gone could come back. Have that setting of it taken away, or give another account."
            )
        statements = Statements(table)
        none = statements.sql.delete(statements.table).where(statements.sql.false()).returning(*statements.columns)
        with connection.begin_nested():
            missing = [row[0] for row in connection.exec_driver_sql(_MISSING_RIGHTS, (quoted(connection, table),))]
        check_missing(self.connector, connection, table.label, _WHOAMI, missing)
        connection.execute(none)

    def way_back(self, connection: Connection, table: FoundTable) -> list[str]:
        """By the rights that the server names."""
        return way_back_notes(
            [row[0] for row in connection.exec_driver_sql(_WAY_BACK, {"table": quoted(connection, table), "label": table.label})]
        )

    def unrestorable(self, connection: Connection, table: FoundTable) -> list[str]:
        """Types without equality, too: rows that are there could not be compared with those of an archive."""
        columns = [] if self._comparable(connection, table, table.columns) else table.columns
        told = [
            f"the column {one.name} ({one.type}), whose values cannot be compared"
            for one in columns
            if not self._comparable(connection, table, [one])
        ]
        return [*told, *super().unrestorable(connection, table)]

    def has_unique_key(self, connection: Connection, table: FoundTable) -> bool:
        """By its indexes."""
        return bool(connection.exec_driver_sql(_UNIQUE, (quoted(connection, table), table.key)).all())

    def size(self, connection: Connection, table: FoundTable, rows: int) -> int:  # noqa: ARG002  the server knows better
        """The table with what is stored beside it, without indexes."""
        return int(connection.exec_driver_sql("SELECT pg_table_size(%s::regclass)", (quoted(connection, table),)).scalar_one())

    def identity(self, connection: Connection, table: FoundTable) -> str:
        """The system identifier of the server where the account may read it, else its address."""
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        readable = "SELECT has_function_privilege('pg_control_system()', 'EXECUTE')"
        if connection.exec_driver_sql(readable).scalar_one():
            server = connection.exec_driver_sql("SELECT 'system ' || system_identifier FROM pg_control_system()").scalar_one()
        else:
            server = connection.exec_driver_sql(_SERVER_ADDRESS).scalar_one()
        return f"postgresql {server} database {name} schema {table.schema}"

    def blockers(self, table: FoundTable) -> str:
        """Up to three sessions, the oldest transaction first."""
        with self.connector.connect("ask who holds the lock", self.begin) as connection:
            holders = self._holders(connection, table)
        told = [
            f"session {pid} ({application}, {state}, {'since when is hidden from this account' if age is None else f'for {age} s'})"
            for pid, application, state, age, _vacuum in holders
        ]
        return "; ".join(told) or "a session that has just ended"

    def _comparable(self, connection: Connection, table: FoundTable, columns: t.Sequence[FoundColumn]) -> bool:
        statements = Statements(table)
        sql, named = statements.sql, [statements.table.c[column.name] for column in columns]
        try:
            with connection.begin_nested():
                connection.execute(sql.select(*named).where(sql.false(), *(one.is_not_distinct_from(one) for one in named)).distinct())
        except sql.exc.DBAPIError as error:
            if getattr(error.orig, "pgcode", "") != _NO_EQUALITY:
                raise
            return False
        return True

    def put_back(self, sweep: Sweep, columns: t.Sequence[str], archives: t.Sequence[Rows]) -> Restored:
        """At once where no row of theirs is there; the server would not take a second row of a key."""
        if self.has_unique_key(sweep.connection, sweep.table):
            try:
                with sweep.connection.begin_nested():
                    return Restored(postgresql_restore.copied_in(sweep, quoted(sweep.connection, sweep.table), columns, archives), 0)
            except self.connector.driver_error as error:
                if getattr(error, "pgcode", "") != _NOT_UNIQUE:
                    raise
        return postgresql_restore.put_back_compared(sweep, columns, archives)
