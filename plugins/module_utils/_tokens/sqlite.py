# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token table in an SQLite file."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import Look, TokenStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import Sweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import Candidate, FoundColumn, FoundTable

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# milliseconds that a look waits for a writer; the writer does not wait for a look
_READ_TIMEOUT_MS = 5000


class SqliteSweep(Sweep):
    """BEGIN IMMEDIATE keeps every other writer out."""

    def now(self) -> str:
        """The clock of this host: the file has none of its own."""
        return str(self.connection.exec_driver_sql("SELECT strftime('%Y-%m-%dT%H:%M:%SZ', 'now')").scalar_one())


class SqliteStore(TokenStore):
    """One writer at a time for the whole file: a first sweep without the lock would spare nobody anything."""

    sweep_class = SqliteSweep

    def look(self, to_purge: bool = True) -> Look:
        """As for every engine, after a look at the file itself: SQLite says little about one that it cannot open."""
        path = Path(self.database.name)
        if not path.is_file():
            raise SessionsError(f"{path} is no file: name the file of the SQLite database with database_name.")
        wanted = os.W_OK if to_purge else 0
        here, above = (path, os.R_OK | wanted), (path.parent, os.X_OK | wanted)
        if not all(os.access(one, rights, effective_ids=True) for one, rights in (here, above)):
            words = "readable and writable for the account that purges" if to_purge else "readable for the account that counts"
            raise SessionsError(f"{path} and its folder must be {words}: run it as the file's owner.")
        return super().look(to_purge)

    def begin(self, connection: Connection) -> None:
        """Reads see one state of the file."""
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {_READ_TIMEOUT_MS}")
        connection.exec_driver_sql("BEGIN")

    def begin_sweep(self, connection: Connection, table: FoundTable, locked: bool) -> None:  # noqa: ARG002  there is one lock
        """Take the file's write lock at once."""
        connection.exec_driver_sql("PRAGMA synchronous = FULL")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def candidates(self, connection: Connection, name: str) -> t.Sequence[Candidate]:
        """Tables and views of that name."""
        query = "SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view') AND lower(name) = ?"
        rows = connection.exec_driver_sql(query, (name.lower(),))
        return [
            Candidate("", found, "virtual table" if (sql or "").upper().startswith("CREATE VIRTUAL") else kind) for found, kind, sql in rows
        ]

    def columns(self, connection: Connection, candidate: Candidate) -> t.Sequence[FoundColumn]:
        """As declared."""
        rows = connection.exec_driver_sql("SELECT name, type FROM pragma_table_info(?)", (candidate.name,))
        return [FoundColumn(name, kind) for name, kind in rows]

    def obstacles(self, connection: Connection, candidate: Candidate) -> t.Sequence[str]:
        """Triggers."""
        rows = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) = ?", (candidate.name.lower(),)
        )
        return [f"the trigger {name}" for (name,) in rows]

    def check_rights(self, connection: Connection, table: FoundTable) -> None:
        """The file is writable, as seen before; to try a delete would have to wait for other writers."""

    def identity(self, connection: Connection, table: FoundTable) -> str:  # noqa: ARG002  the file is all there is
        """The real path of the file."""
        return f"sqlite {Path(self.database.name).resolve()}"
