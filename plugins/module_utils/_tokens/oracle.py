# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token table in Oracle, written by its documentation: read and deleted under LOCK TABLE, so that both see the same rows.

Sources: Oracle Database SQL Language Reference (LOCK TABLE, SET TRANSACTION, TO_CHAR, format models) and Database Reference (ALL_ views,
NLS_ and COMMIT_ parameters). An empty text is NULL there, so no archive of it holds one.
"""

from __future__ import annotations

import re
import typing as t
from functools import partial

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.generic import (
    GenericStore,
    GenericSweep,
    described_columns,
    made_anew,
    quoted,
    run,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.rights import check_tried
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.rows_back import Restored, Rows
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import Sweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import Candidate, FoundTable

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# How values look as text, and text is read as a value; names are compared letter by letter; a commit is on disk before it is told.
PINNED: t.Mapping[str, str] = {
    "NLS_NUMERIC_CHARACTERS": ".,",
    "NLS_DATE_FORMAT": "YYYY-MM-DD HH24:MI:SS",
    "NLS_TIMESTAMP_FORMAT": "YYYY-MM-DD HH24:MI:SS.FF9",
    "NLS_TIMESTAMP_TZ_FORMAT": "YYYY-MM-DD HH24:MI:SS.FF9 TZH:TZM",
    "NLS_CALENDAR": "GREGORIAN",
    "NLS_COMP": "BINARY",
    "NLS_SORT": "BINARY",
    "TIME_ZONE": "+00:00",
    "COMMIT_WAIT": "WAIT",
    "COMMIT_LOGGING": "IMMEDIATE",
}
_CANDIDATES = """
SELECT owner, object_name, object_type FROM all_objects
WHERE lower(object_name) = :1 AND object_type IN ('TABLE', 'VIEW', 'MATERIALIZED VIEW', 'SYNONYM') AND owner <> 'PUBLIC'
"""
# by names as they stand in the dictionary
_OBSTACLES = """
SELECT 'the trigger ' || trigger_name FROM all_triggers WHERE table_owner = :owner AND table_name = :name
UNION ALL SELECT 'the foreign key ' || f.constraint_name || ' of ' || f.table_name || ' that points at it'
    FROM all_constraints f JOIN all_constraints k ON k.owner = f.r_owner AND k.constraint_name = f.r_constraint_name
    WHERE f.constraint_type = 'R' AND k.owner = :owner AND k.table_name = :name
UNION ALL SELECT 'the policy ' || policy_name FROM all_policies WHERE object_owner = :owner AND object_name = :name
UNION ALL SELECT 'rows that end with the session (temporary table)' FROM all_tables
    WHERE owner = :owner AND table_name = :name AND temporary = 'Y'
UNION ALL SELECT 'its rows in a file (external table)' FROM all_external_tables WHERE owner = :owner AND table_name = :name
UNION ALL SELECT 'READ ONLY set' FROM all_tables WHERE owner = :owner AND table_name = :name AND read_only = 'YES'
"""
_UNIQUE = """
SELECT 1 FROM all_indexes i JOIN all_ind_columns k ON k.index_owner = i.owner AND k.index_name = i.index_name
    JOIN all_tab_columns c ON c.owner = i.table_owner AND c.table_name = i.table_name AND c.column_name = k.column_name
WHERE i.table_owner = :owner AND i.table_name = :name AND i.uniqueness = 'UNIQUE' AND i.status IN ('VALID', 'N/A')
GROUP BY i.owner, i.index_name HAVING count(*) = 1 AND max(k.column_name) = :key AND max(c.nullable) = 'N'
"""
_SIZE = "SELECT coalesce(max(num_rows * avg_row_len), 0) FROM all_tables WHERE owner = :owner AND table_name = :name"
# the least that a row takes
_ROW = 200
# numbers to their last digit; text with a T for TO_CHAR alone; a region of a time zone becomes its distance from UTC, the moment stays
_NUMBER = re.compile(r"(number|numeric|decimal|(small)?int(eger)?)\b.*", re.IGNORECASE)
_TIME = re.compile(r"(date|timestamp)\b.*", re.IGNORECASE)
_TEXT = re.compile(r"n?(var)?char2?\b.*", re.IGNORECASE)


class OracleSweep(GenericSweep):
    """Text as it is; the server writes everything else, in the formats that are pinned, and reads it in them again."""

    def rendered(self, columns: t.Sequence[str]) -> t.Sequence[t.Any]:
        """See Sweep."""
        return [self._field(name) for name in columns]

    def now(self) -> str:
        """The server's clock: CURRENT_TIMESTAMP would come without its zone."""
        text = """SELECT to_char(sys_extract_utc(systimestamp), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM dual"""
        return str(run(self.connection, text).scalar_one())

    def _field(self, name: str) -> t.Any:
        sql, column = self.statements.sql, self.statements.table.c[name]
        kind = self.table.columns[self.table.position(name)].type
        if _NUMBER.fullmatch(kind):
            return sql.func.to_char(column, sql.literal_column("'TM9'"))
        return sql.func.to_char(column) if _TIME.fullmatch(kind) else column


class OracleStore(GenericStore):
    """One sweep under an exclusive lock of the table, which readers never wait for."""

    sweep_class = OracleSweep

    def begin(self, connection: Connection) -> None:
        """The first statement begins the transaction; ALTER SESSION is none."""
        settings = " ".join(f"{name} = '{value}'" for name, value in PINNED.items())
        run(connection, f"ALTER SESSION SET {settings}")

    def begin_copy(self, connection: Connection) -> None:
        """The count and the copy see the same rows, and nobody waits for them."""
        self.begin(connection)
        run(connection, "SET TRANSACTION READ ONLY")

    def begin_sweep(self, connection: Connection, table: FoundTable, locked: bool) -> None:  # noqa: ARG002  there is one kind of sweep
        """The lock first: what is read after it was committed before it."""
        self.begin(connection)
        self.lock(connection, table)

    def lock(self, connection: Connection, table: FoundTable) -> None:
        """Does not wait: see ``Contended``."""
        run(connection, f"LOCK TABLE {quoted(connection, table)} IN EXCLUSIVE MODE NOWAIT")

    def candidates(self, connection: Connection, name: str) -> t.Sequence[Candidate]:
        """From the dictionary, with names as SQLAlchemy has them: what is all in capitals there is all in small letters."""
        normal = t.cast("t.Any", connection.dialect).normalize_name
        rows = connection.exec_driver_sql(_CANDIDATES, (name.lower(),))
        return [Candidate(normal(owner), normal(found), kind.lower()) for owner, found, kind in rows]

    def obstacles(self, connection: Connection, candidate: Candidate) -> t.Sequence[str]:
        """Triggers, foreign keys that would cascade, policies that hide rows, and tables that are not plain."""
        return [row[0] for row in connection.exec_driver_sql(_OBSTACLES, _names(connection, candidate))]

    def check_rights(self, connection: Connection, table: FoundTable) -> None:
        """By a read and a delete of nothing. Whoever may delete may lock."""
        check_tried(self.connector, connection, table, "SELECT user FROM dual", partial(_lock_to_write, connection, table))

    def put_back(self, sweep: Sweep, columns: t.Sequence[str], archives: t.Sequence[Rows]) -> Restored:
        """Others write meanwhile, and nobody is waited for who lets nobody write."""
        _lock_to_write(sweep.connection, sweep.table)
        return super().put_back(sweep, columns, archives)

    def knows(self, kind: str) -> bool:
        """See GenericStore."""
        return any(pattern.fullmatch(kind) for pattern in (_NUMBER, _TIME, _TEXT))

    def unrestorable(self, connection: Connection, table: FoundTable) -> list[str]:
        """Keys that are always made anew, too; those that are made BY DEFAULT, be it ON NULL, take the values of an archive."""
        identities = [one for one in described_columns(connection, table) if one.get("identity")]
        always = [one["name"] for one in identities if one["identity"]["always"]]
        return [*made_anew(always), *super().unrestorable(connection, table)]

    def has_unique_key(self, connection: Connection, table: FoundTable) -> bool:
        """By its indexes."""
        key = t.cast("t.Any", connection.dialect).denormalize_name(table.key)
        return bool(connection.exec_driver_sql(_UNIQUE, {**_names(connection, table), "key": key}).all())

    def size(self, connection: Connection, table: FoundTable, rows: int) -> int:
        """As the last statistics had it, or by the rows when that is more."""
        return max(int(connection.exec_driver_sql(_SIZE, _names(connection, table)).scalar_one()), rows * _ROW)


def _lock_to_write(connection: Connection, table: FoundTable) -> None:
    """The lock that a DELETE or an INSERT takes by itself, for which it would wait without limit."""
    run(connection, f"LOCK TABLE {quoted(connection, table)} IN ROW EXCLUSIVE MODE NOWAIT")


def _names(connection: Connection, table: Candidate | FoundTable) -> dict[str, str]:
    real = t.cast("t.Any", connection.dialect).denormalize_name
    return {"owner": real(table.schema), "name": real(table.name)}
