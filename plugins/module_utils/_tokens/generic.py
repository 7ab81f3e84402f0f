# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What engines share of which this project has no server: one sweep under a lock of the table, and what SQLAlchemy says of columns.

Its logic is tested on other engines.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sqlalchemy_dep import sqlalchemy_module
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import TokenStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import Keys, Sweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import Candidate, FoundColumn, FoundTable

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine.interfaces import ReflectedColumn

# of a type that SQLAlchemy does not know
_UNKNOWN = "unknown"


class GenericSweep(Sweep):
    """The lock of the table keeps the rows as they are."""

    def lines(self, columns: t.Sequence[str], keys: Keys, lock: bool) -> t.Iterator[bytes]:  # noqa: ARG002  no row needs a lock of its own
        """See Sweep."""
        return super().lines(columns, keys, lock=False)


class GenericStore(TokenStore):
    """One sweep, in which nobody else writes."""

    isolation: str | None = "READ COMMITTED"

    def columns(self, connection: Connection, candidate: Candidate) -> t.Sequence[FoundColumn]:
        """With types as the engine writes them; a generated column is made again from the others."""
        found = described_columns(connection, candidate)
        return [FoundColumn(one["name"], type_text(connection, one["type"])) for one in found if not one.get("computed")]

    def unrestorable(self, connection: Connection, table: FoundTable) -> list[str]:
        """Columns of kinds that were never thought of, too."""
        unknown = [column for column in table.columns if not self.knows(column.type)]
        told = [f"the column {one.name} ({one.type}), whose values are not known to come back as they were" for one in unknown]
        return [*told, *super().unrestorable(connection, table)]

    def knows(self, kind: str) -> bool:  # noqa: ARG002  engines know their own
        """Whether values of that type are archived, and put back, to the digit."""
        return True

    def identity(self, connection: Connection, table: FoundTable) -> str:  # noqa: ARG002  the server is not asked
        """The address that was given: engines report theirs in too many ways."""
        database = self.database
        return (
            f"{database.engine.name} {database.host}:{database.port or database.engine.default_port} {database.name} schema {table.schema}"
        )


def described_columns(connection: Connection, table: Candidate | FoundTable) -> list[ReflectedColumn]:
    """Its columns in the words of SQLAlchemy."""
    found: list[ReflectedColumn] = sqlalchemy_module().inspect(connection).get_columns(table.name, table.schema or None)
    return found


def made_anew(columns: t.Iterable[str]) -> list[str]:
    """What keeps rows with these columns from being put back: the engine takes no value for them."""
    return [f"the column {name} (GENERATED ALWAYS), whose values are made anew" for name in columns]


def type_text(connection: Connection, kind: t.Any) -> str:
    """A type of SQLAlchemy as the connection's own dialect writes it: its default text would drop length and precision."""
    try:
        return str(kind.compile(dialect=connection.dialect))
    except sqlalchemy_module().exc.CompileError:
        return _UNKNOWN


def quoted(connection: Connection, table: Candidate | FoundTable) -> str:
    """The table in SQL text."""
    name = connection.dialect.identifier_preparer.quote
    return f"{name(table.schema)}.{name(table.name)}"


def run(connection: Connection, statement: str) -> t.Any:
    """Without parameters, so that a % is one."""
    return connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
