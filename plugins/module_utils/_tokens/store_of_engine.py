# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which store serves which engine. Only the one that is wanted is loaded: each start of a module would pay for all of them.

The imports are written out, because a module ships only what it imports by name.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import TokenTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import TokenStore


def store_of(database: Database, wanted: TokenTable) -> TokenStore:
    """The store of a supported engine."""
    return _STORES[database.engine.name](database, wanted)


def _postgresql(database: Database, wanted: TokenTable) -> TokenStore:
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.postgresql import PostgresqlStore

    return PostgresqlStore(database, wanted)


def _sqlite(database: Database, wanted: TokenTable) -> TokenStore:
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sqlite import SqliteStore

    return SqliteStore(database, wanted)


def _mysql(database: Database, wanted: TokenTable) -> TokenStore:
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.mysql import MysqlStore

    return MysqlStore(database, wanted)


def _sqlserver(database: Database, wanted: TokenTable) -> TokenStore:
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sqlserver import SqlserverStore

    return SqlserverStore(database, wanted)


def _oracle(database: Database, wanted: TokenTable) -> TokenStore:
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.oracle import OracleStore

    return OracleStore(database, wanted)


def _hsqldb(database: Database, wanted: TokenTable) -> TokenStore:
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.hsqldb import HsqldbStore

    return HsqldbStore(database, wanted)


_STORES: t.Mapping[str, t.Callable[[Database, TokenTable], TokenStore]] = {
    "postgresql": _postgresql,
    "sqlite": _sqlite,
    "mysql": _mysql,
    "mariadb": _mysql,
    "sqlserver": _sqlserver,
    "oracle": _oracle,
    "hsqldb": _hsqldb,
}
