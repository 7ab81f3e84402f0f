# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token table in the files of HSQLDB 1.8 and 2, which are the product's own process's until it is stopped.

Everything that reads does so in a copy of the files, also while the product runs. What changes opens the files themselves: nobody may have
them, a copy of them is the way back, SHUTDOWN COMPACT writes them anew, and they are opened once more and counted.

Sources: HSQLDB user guide 1.8 and 2.7 (files, deployment, system tables); the rest was seen on 1.8.0.10 and 2.7.1.
"""

from __future__ import annotations

import datetime
import re
import typing as t
import weakref
from dataclasses import replace
from decimal import Decimal

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import TokenTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import hsqldb_files
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import table as token_table
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.generic import GenericStore, GenericSweep, made_anew
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.hsqldb_dialect import register
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.hsqldb_process import HsqldbProcess, JvmConnection
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import Look, Purpose
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import Sweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import Candidate, FoundColumn, FoundTable

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# where names are found without their schema: HSQLDB 1.8 takes no column with it
_SCHEMA = "PUBLIC"
_CANDIDATES = "SELECT TABLE_SCHEM, TABLE_NAME, TABLE_TYPE, HSQLDB_TYPE FROM INFORMATION_SCHEMA.SYSTEM_TABLES WHERE LOWER(TABLE_NAME) = ?"
_COLUMNS = "SELECT * FROM INFORMATION_SCHEMA.SYSTEM_COLUMNS WHERE TABLE_SCHEM = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION"
_POINTING = """
SELECT DISTINCT FK_NAME, FKTABLE_NAME FROM INFORMATION_SCHEMA.SYSTEM_CROSSREFERENCE WHERE PKTABLE_SCHEM = ? AND PKTABLE_NAME = ?
"""
# where each version keeps the triggers of a table
_TRIGGERS = (
    ("SYSTEM_TRIGGERS", "SELECT TRIGGER_NAME FROM INFORMATION_SCHEMA.SYSTEM_TRIGGERS WHERE TABLE_SCHEM = ? AND TABLE_NAME = ?"),
    ("TRIGGERS", "SELECT TRIGGER_NAME FROM INFORMATION_SCHEMA.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ? AND EVENT_OBJECT_TABLE = ?"),
)
# 1.8 has no columns whose values are always made anew
_IDENTITIES = """
SELECT COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND IDENTITY_GENERATION = 'ALWAYS'
"""
_HAS = "SELECT COUNT(*) FROM INFORMATION_SCHEMA.SYSTEM_TABLES WHERE TABLE_SCHEM = 'INFORMATION_SCHEMA' AND TABLE_NAME = ?"
_WITH_SIZE = ("VARCHAR", "CHAR", "CHARACTER", "DECIMAL", "NUMERIC")
_INTEGER = re.compile(r"(BIG|SMALL|TINY)?INT(EGER)?")
_DECIMAL = re.compile(r"(DECIMAL|NUMERIC)(\(.*\))?")
_TEXT = re.compile(r"(LONG)?VARCHAR(_IGNORECASE)?(\(\d+\))?|CHAR(ACTER)?(\(\d+\))?")


class HsqldbSweep(GenericSweep):
    """Nobody else has the files."""

    def insertable(self, text: str | None, column: str) -> object:
        """Each value in the type of its column."""
        kind = next(one.type for one in self.table.columns if one.name == column)
        if text is None:
            return None
        if _INTEGER.fullmatch(kind):
            return int(text)
        if _DECIMAL.fullmatch(kind):
            return Decimal(text)
        return text == "t" if kind == "BOOLEAN" else text

    def now(self) -> str:
        """The clock of this host: the files have none of their own."""
        return token_table.iso_time(datetime.datetime.now(datetime.timezone.utc), "timestamp")


class HsqldbStore(GenericStore):
    """One sweep in files that nobody has open; looks in a copy of them."""

    isolation = None
    sweep_class: type[Sweep] = HsqldbSweep

    def __init__(self, database: Database, wanted: TokenTable) -> None:
        register()
        schema = "" if database.schema.upper() == _SCHEMA else database.schema
        super().__init__(replace(database, schema=schema), wanted)
        self._place = hsqldb_files.place_of(database)
        self._reader: HsqldbProcess | None = None

    def look(self, purpose: Purpose = "purge") -> Look:
        """In a copy of the files, after a look at the files themselves."""
        hsqldb_files.check_no_way_back(self._place)
        hsqldb_files.check_room(self._place)
        found = super().look(purpose)
        running = self._running(", so a copy of them was looked at: what it had not written yet is seen after the stop.")
        return replace(found, notes=(*found.notes, *filter(None, [running])))

    def begin(self, connection: Connection) -> None:
        """Read the copy."""
        if not self._reader:
            self._reader = HsqldbProcess(self._place, self.database, change=False)
            # also when the module ends by an error
            weakref.finalize(self, self._reader.end)
        _driver(connection).read(self._reader)

    def begin_sweep(self, connection: Connection, table: FoundTable, locked: bool) -> None:  # noqa: ARG002  nobody else is there
        """Open the files themselves; the copy that was read is one of the past from then on."""
        if self._reader:
            self._reader.end()
            self._reader = None
        running = self._running(": stop the product. Nothing was changed.")
        if running:
            raise SessionsError(running)
        _driver(connection).change(HsqldbProcess(self._place, self.database, change=True))
        self.lock(connection, table)

    def lock(self, connection: Connection, table: FoundTable) -> None:
        """Nobody else is there; the table is counted again when the files are closed."""
        _driver(connection).count(f"SELECT COUNT(*) FROM {connection.dialect.identifier_preparer.quote(table.name)}")  # noqa: S608

    def begin_restore(self, connection: Connection, table: FoundTable) -> None:
        """As for a sweep."""
        self.begin_sweep(connection, table, locked=True)

    def begin_rehearsal(self, connection: Connection, table: FoundTable) -> None:  # noqa: ARG002  the copy is read, and thrown away
        """In the copy: to open the files themselves writes them anew."""
        self.begin(connection)

    def rehearsal_notes(self) -> list[str]:
        """Which processes have to go first."""
        running = self._running(", so the rows were tried in a copy of them: stop the product before they are put back.")
        return [running] if running else []

    def candidates(self, connection: Connection, name: str) -> t.Sequence[Candidate]:
        """From the system tables."""
        return [_candidate(*row) for row in connection.exec_driver_sql(_CANDIDATES, (name.lower(),))]

    def columns(self, connection: Connection, candidate: Candidate) -> t.Sequence[FoundColumn]:
        """With types as HSQLDB writes them; a generated column is made again from the others."""
        rows = connection.exec_driver_sql(_COLUMNS, (_SCHEMA, candidate.name)).mappings()
        return [FoundColumn(row["COLUMN_NAME"], _type(dict(row))) for row in rows if row.get("IS_GENERATEDCOLUMN") != "YES"]

    def obstacles(self, connection: Connection, candidate: Candidate) -> t.Sequence[str]:
        """Triggers, and foreign keys that point at it."""
        where = (_SCHEMA, candidate.name)
        asked = [query for table, query in _TRIGGERS if connection.exec_driver_sql(_HAS, (table,)).scalar_one()]
        triggers = [f"the trigger {row[0]}" for query in asked for row in connection.exec_driver_sql(query, where)]
        keys = [f"the foreign key {row[0]} of {row[1]} that points at it" for row in connection.exec_driver_sql(_POINTING, where)]
        return [*triggers, *keys]

    def knows(self, kind: str) -> bool:
        """Text, numbers without a rounding, booleans."""
        return kind == "BOOLEAN" or any(one.fullmatch(kind) for one in (_INTEGER, _DECIMAL, _TEXT))

    def unrestorable(self, connection: Connection, table: FoundTable) -> list[str]:
        """Keys that are always made anew, too."""
        newer = connection.exec_driver_sql(_HAS, ("COLUMNS",)).scalar_one()
        rows = connection.exec_driver_sql(_IDENTITIES, (_SCHEMA, table.name)) if newer else ()
        return [*made_anew(row[0] for row in rows), *super().unrestorable(connection, table)]

    def identity(self, connection: Connection, table: FoundTable) -> str:  # noqa: ARG002  the files are all there is
        """The real path of the files."""
        return f"hsqldb {self._place.base}"

    def _running(self, so: str) -> str:
        """Which processes have the files open, and what follows; empty where none has."""
        users = hsqldb_files.users_of(self._place)
        return f"The files {self._place.base}.* are open in process {', '.join(map(str, users))}{so}" if users else ""


def _driver(connection: Connection) -> JvmConnection:
    # only a detached connection has no driver's connection
    return t.cast("JvmConnection", connection.connection.driver_connection)


def _candidate(schema: str, name: str, kind: str, stored: str) -> Candidate:
    if schema != _SCHEMA:
        return Candidate(schema, name, f"table outside of the schema {_SCHEMA}")
    if kind != "TABLE" or stored not in ("MEMORY", "CACHED"):
        return Candidate("", name, f"{stored} {kind}".lower())
    return Candidate("", name)


def _type(row: t.Mapping[str, t.Any]) -> str:
    kind, size, digits = row["TYPE_NAME"], row["COLUMN_SIZE"], row["DECIMAL_DIGITS"]
    if kind not in _WITH_SIZE or not size:
        return str(kind)
    return f"{kind}({size},{digits})" if digits else f"{kind}({size})"
