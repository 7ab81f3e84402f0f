# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users of the token table, by the names that the product's own table of users gives them: counted, and found."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import FETCH, Statements
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import FoundTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import Owners, UserScope
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_table import FoundUsers

if t.TYPE_CHECKING:
    from sqlalchemy import TableClause
    from sqlalchemy.engine import Connection


def count_named(connection: Connection, tokens: FoundTable, users: FoundUsers) -> tuple[int, int]:
    """How many names hold tokens, and how many tokens belong to no user of that table."""
    statements = Statements(tokens)
    sql, user = statements.sql, statements.table.c[tokens.user]
    named = _table_of(sql, users)
    key, name = named.c[users.key], named.c[users.name]
    # by user first: the table of users is looked into once for each, not for each token
    held = sql.select(user.label("u"), sql.func.count().label("n")).where(statements.treated).group_by(user).subquery()
    nobodys = sql.func.sum(sql.case((key.is_(None), held.c.n), else_=0))
    query = sql.select(sql.func.count(name.distinct()), nobodys).select_from(held.outerjoin(named, key == held.c.u))
    names, tokens_of_nobody = connection.execute(query).one()
    return int(names), int(tokens_of_nobody or 0)


def keys_by_table(connection: Connection, tokens: FoundTable, users: FoundUsers, scope: UserScope) -> list[tuple[t.Any, str]]:
    """Key and name of each of the scope's users that is there.

    A collation may take more names for them, those with an accent perhaps: they are others.
    """
    statements = Statements(tokens)
    sql = statements.sql
    named = _table_of(sql, users)
    query = sql.select(named.c[users.key], named.c[users.name]).where(statements.named(named.c[users.name], scope.names))
    meant = {name.lower() for name in scope.names}
    return [(key, str(name)) for key, name in connection.execute(query) if str(name).lower() in meant]


def names_by_table(connection: Connection, tokens: FoundTable, users: FoundUsers, keys: t.Sequence[t.Any]) -> dict[t.Any, str]:
    """The names of the users with these keys."""
    sql = Statements(tokens).sql
    named = _table_of(sql, users)
    key, name = named.c[users.key], named.c[users.name]
    return {found: str(called) for found, called in connection.execute(sql.select(key, name).where(key.in_(keys)))}


def holders(connection: Connection, tokens: FoundTable, owners: Owners) -> list[str]:
    """What the token table's column of users holds where the database takes it for one of the owners, sorted."""
    return sorted(set(_held(connection, tokens, replace(owners, spared=False))))


def others(connection: Connection, tokens: FoundTable, owners: Owners) -> t.Iterator[str]:
    """What that column holds where the database takes it for none of the owners, as a stream."""
    return _held(connection, tokens, replace(owners, spared=True))


def every_name(connection: Connection, tokens: FoundTable, users: FoundUsers) -> list[str]:
    """Each name of the table of users, sorted: also of those who may not sign in any more."""
    named = _table_of(Statements(tokens).sql, users).c[users.name]
    query = Statements(tokens).sql.select(named).where(named.is_not(None)).distinct().order_by(named)
    return [str(name) for name in connection.scalars(query)]


def _held(connection: Connection, tokens: FoundTable, owners: Owners) -> t.Iterator[str]:
    """The users of the rows that are treated.

    Each row is read: to a database that takes two of them for one, they are not distinct either.
    """
    statements = Statements(replace(tokens, owners=owners))
    query = statements.sql.select(statements.table.c[tokens.user]).where(statements.treated)
    found = connection.scalars(query, execution_options={"yield_per": FETCH})
    return (str(user) for user in found if user is not None)


def _table_of(sql: t.Any, users: FoundUsers) -> TableClause:
    return t.cast("TableClause", sql.table(users.table, sql.column(users.key), sql.column(users.name), schema=users.schema or None))
