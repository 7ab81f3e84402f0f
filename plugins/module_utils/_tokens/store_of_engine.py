# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which store serves which engine. The imports are static, because a module ships only what it imports statically."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import TokenTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.hsqldb import HsqldbStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.mysql import MysqlStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.oracle import OracleStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.postgresql import PostgresqlStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sqlite import SqliteStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sqlserver import SqlserverStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import TokenStore

_STORES: t.Mapping[str, type[TokenStore]] = {
    "postgresql": PostgresqlStore,
    "sqlite": SqliteStore,
    "mysql": MysqlStore,
    "mariadb": MysqlStore,
    "sqlserver": SqlserverStore,
    "oracle": OracleStore,
    "hsqldb": HsqldbStore,
}


def store_of(database: Database, wanted: TokenTable) -> TokenStore:
    """The store of a supported engine."""
    return _STORES[database.engine.name](database, wanted)
