# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token table in an engine that this project has no server of: only what SQLAlchemy says of every engine, and one lock for each.

Its logic is tested on other engines. Triggers and the like cannot be seen this way.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import table as token_table
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sqlalchemy_dep import sqlalchemy_module
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import TokenStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import Sweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import Candidate, FoundColumn, FoundTable

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# keeps all writers out until the commit; by SQLAlchemy's name of the engine
_LOCKS: t.Mapping[str, tuple[str, ...]] = {
    "mssql": ("SET LOCK_TIMEOUT 300", "SELECT TOP 0 1 FROM {table} WITH (TABLOCKX, HOLDLOCK)"),
    "oracle": ("LOCK TABLE {table} IN EXCLUSIVE MODE NOWAIT",),
    "postgresql": ("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE NOWAIT",),
}
_VALUES: t.Mapping[str, t.Callable[[str], object]] = {
    "integer": int,
    "timestamp": datetime.datetime.fromisoformat,
    "boolean": lambda text: text in ("t", "1"),
}


class GenericSweep(Sweep):
    """Values as the driver gives and takes them."""

    def insertable(self, text: str | None, column: str) -> object:
        """The text as a value of the column's kind."""
        kind = token_table.kind_of(self.table.columns[self.table.position(column)].type)
        return text if text is None or kind not in _VALUES else _VALUES[kind](text)


class GenericStore(TokenStore):
    """One sweep under a lock."""

    isolation: str | None = "READ COMMITTED"
    sweep_class = GenericSweep

    def begin(self, connection: Connection) -> None:
        """SQLAlchemy does."""

    def begin_copy(self, connection: Connection) -> None:
        """What every engine knows."""
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")

    def begin_sweep(self, connection: Connection, table: FoundTable, locked: bool) -> None:  # noqa: ARG002  there is one kind of sweep
        """Lock the table first."""
        name = connection.dialect.identifier_preparer.quote
        quoted = f"{name(table.schema)}.{name(table.name)}"
        for statement in _LOCKS[connection.dialect.name]:
            connection.exec_driver_sql(statement.format(table=quoted))

    def candidates(self, connection: Connection, name: str) -> t.Sequence[Candidate]:
        """In the schema, or in all."""
        inspector = sqlalchemy_module().inspect(connection)
        wanted = self.database.schema.lower()
        schemas = [schema for schema in inspector.get_schema_names() if not wanted or schema.lower() == wanted]
        tables = [Candidate(schema, found) for schema in schemas for found in inspector.get_table_names(schema)]
        views = [Candidate(schema, found, "view") for schema in schemas for found in inspector.get_view_names(schema)]
        return [one for one in tables + views if one.name.lower() == name.lower()]

    def columns(self, connection: Connection, candidate: Candidate) -> t.Sequence[FoundColumn]:
        """With types as SQLAlchemy writes them."""
        inspector = sqlalchemy_module().inspect(connection)
        return [FoundColumn(column["name"], str(column["type"])) for column in inspector.get_columns(candidate.name, candidate.schema)]

    def obstacles(self, connection: Connection, candidate: Candidate) -> t.Sequence[str]:  # noqa: ARG002  none can be seen
        """None that SQLAlchemy could tell."""
        return []

    def identity(self, connection: Connection, table: FoundTable) -> str:  # noqa: ARG002  the server is not asked
        """The address that was given: engines report theirs in too many ways."""
        database = self.database
        return (
            f"{database.engine.name} {database.host}:{database.port or database.engine.default_port} {database.name} schema {table.schema}"
        )
