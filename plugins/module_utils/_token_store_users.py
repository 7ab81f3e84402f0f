# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users of the token table, by the names that the product's own table of users gives them."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._token_store_sweep import Statements
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._token_table import FoundTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._user_table import FoundUsers

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def count_named(connection: Connection, tokens: FoundTable, users: FoundUsers) -> tuple[int, int]:
    """How many names hold tokens, and how many tokens belong to no user of that table."""
    statements = Statements(tokens)
    sql, user = statements.sql, statements.table.c[tokens.user]
    named = sql.table(users.table, sql.column(users.key), sql.column(users.name), schema=users.schema or None)
    key, name = named.c[users.key], named.c[users.name]
    # by user first: the table of users is looked into once for each, not for each token
    held = sql.select(user.label("u"), sql.func.count().label("n")).group_by(user).subquery()
    nobodys = sql.func.sum(sql.case((key.is_(None), held.c.n), else_=0))
    query = sql.select(sql.func.count(name.distinct()), nobodys).select_from(held.outerjoin(named, key == held.c.u))
    names, tokens_of_nobody = connection.execute(query).one()
    return int(names), int(tokens_of_nobody or 0)
