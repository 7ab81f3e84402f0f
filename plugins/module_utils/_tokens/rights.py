# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rights an account lacks on the token table: named by the server, or tried on no row at all."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.connection import Connector
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.error_words import RIGHTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import Statements
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import FoundTable

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def check_tried(
    connector: Connector, connection: Connection, table: FoundTable, whoami: str, lock: t.Callable[[], object] | None = None
) -> None:
    """Raises SessionsError that names what a read and a delete of nothing show to be missing. For engines that go on after an error.

    ``whoami``: the statement that says which account it is. ``lock``: takes the lock of a delete without waiting for it.
    """
    statements = Statements(table)
    none = statements.sql.false()
    read, delete = statements.sql.select(*statements.columns).where(none), statements.sql.delete(statements.table).where(none)
    tries: dict[str, list[t.Callable[[], object]]] = {
        "SELECT": [lambda: connection.execute(read)],
        "DELETE": [*([lock] if lock else []), lambda: connection.execute(delete)],
    }
    check_missing(connector, connection, table.label, whoami, [right for right, acts in tries.items() if not _may(connector, acts)])


def check_missing(connector: Connector, connection: Connection, what: str, whoami: str, missing: t.Sequence[str]) -> None:
    """Raises SessionsError that names the rights that are missing, if any are. ``what``: on which they are wanted."""
    if missing:
        account = connection.exec_driver_sql(whoami).scalar_one()
        where = f"{what} in {connector.database.where}"
        raise SessionsError(f"The account {account} lacks {' and '.join(missing)} on {where}: grant it.")


def insert_missing(connector: Connector, connection: Connection, table: FoundTable) -> list[str]:
    """The right to insert, where an insert of nothing shows it to be missing, with what it is on. For engines that go on after an error."""
    statements = Statements(table)
    nothing = statements.sql.select(*statements.columns).where(statements.sql.false())
    insert = statements.sql.insert(statements.table).from_select(statements.columns, nothing)
    return [] if _may(connector, [lambda: connection.execute(insert)]) else [f"INSERT on {table.label}"]


def way_back_notes(missing: t.Sequence[str]) -> list[str]:
    """A sentence where the account has what a purge needs, and not what puts rows back. ``missing``: that, each with what it is on."""
    needs = f"This account may not put tokens back: restore_tokens needs {' and '.join(missing)}, or another account."
    return [needs] if missing else []


def check_open(closed: t.Sequence[str], where: str) -> None:
    """Raises SessionsError for a server, a replica perhaps, that takes no writes but from accounts with more rights than others.

    ``closed``: the settings that say so, in words; empty where it is open.
    """
    if closed:
        raise SessionsError(
            f"{where[:1].upper()}{where[1:]} is closed to writers ({' and '.join(closed)} is on): it is a replica, perhaps, or under "
            "maintenance. Name the server to which the product writes."
        )


def _may(connector: Connector, acts: t.Iterable[t.Callable[[], object]]) -> bool:
    try:
        with connector.sentences("try the account's rights"):
            for act in acts:
                act()
    except SessionsError as error:
        if RIGHTS not in str(error):
            raise
        return False
    return True
