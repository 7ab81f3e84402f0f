# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts what signs people in and is no remember-me token. Whatever fails is a reason in words, no failure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Survivors
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sqlalchemy_dep import sqlalchemy_module
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import TokenStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import choose_beside, real_names


class Counted(t.TypedDict):
    """``what``: in the words of the product's ``survives``; ``count``: -1 is not counted; ``how``: what was counted, or why it was not."""

    what: str
    count: int
    how: str


def count_survivors(store: TokenStore, schema: str, wanted: t.Sequence[Survivors]) -> list[Counted]:
    """Rows of tables in the schema of the token table. Reads only."""
    return [_counted(store, schema, one) for one in wanted]


def _counted(store: TokenStore, schema: str, wanted: Survivors) -> Counted:
    try:
        return {"what": wanted.what, "count": _rows(store, schema, wanted), "how": wanted.rows}
    except SessionsError as error:
        return {"what": wanted.what, "count": -1, "how": f"not counted: {str(error).rstrip('.')}"}


def _rows(store: TokenStore, schema: str, wanted: Survivors) -> int:
    """In a transaction of its own: what fails here spoils no look at the token table."""
    sql = sqlalchemy_module()
    with store.connector.connect(f"count the {wanted.what}", store.begin) as connection:
        candidate = choose_beside(store.candidates(connection, wanted.table), wanted.table, schema)
        real = real_names(candidate, store.columns(connection, candidate), wanted.columns)
        table = sql.table(candidate.name, *(sql.column(name) for name in real.values()), schema=candidate.schema or None)
        query = sql.select(sql.func.count()).select_from(table)
        if wanted.sort:
            query = query.where(table.c[real[wanted.sort]] == wanted.value)
        return int(connection.execute(query).scalar_one())
