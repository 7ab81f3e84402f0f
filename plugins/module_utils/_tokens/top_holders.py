# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds the most tokens: so many of one user are a script that signs in, or a login that was stolen and is used."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import Look, TokenStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import Statements
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import FoundTable

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class Holder(t.TypedDict):
    """One user: its tokens, and its name; '' where names are not wanted, or the tokens are nobody's."""

    tokens: int
    user: str


def top_holders(looks: t.Sequence[tuple[TokenStore, Look]], most: int, named: bool) -> list[Holder]:
    """The users with the most tokens, most first. Where the table of users cannot be asked, a name is the key that stands for it."""
    store, look = looks[0]
    with store.connector.connect("count the tokens of each user", store.begin) as connection:
        sql, held = _held([one.table for _store, one in looks])
        number = sql.func.count().label("n")
        query = sql.select(held.c.u, number).group_by(held.c.u).order_by(number.desc(), held.c.u).limit(most)
        found = [(value, int(rows)) for value, rows in connection.execute(query)]
    names = _names(store, look, [value for value, _rows in found]) if named else {}
    return [{"tokens": rows, "user": names.get(value, "" if value is None or not named else str(value))} for value, rows in found]


def number_of_holders(connection: Connection, tables: t.Sequence[FoundTable]) -> int:
    """How many users have a token in any of the tables."""
    sql, held = _held(tables)
    return int(connection.scalar(sql.select(sql.func.count(held.c.u.distinct()))))


def _held(tables: t.Sequence[FoundTable]) -> tuple[t.Any, t.Any]:
    """SQLAlchemy, and the users (``u``) of all rows that are treated. In several tables the same name may be written in other letters."""
    all_statements = [(Statements(table), table.user) for table in tables]
    sql = all_statements[0][0].sql
    users = [
        statements.table.c[user] if len(tables) == 1 else sql.func.lower(statements.table.c[user]) for statements, user in all_statements
    ]
    rows = [sql.select(user.label("u")).where(statements.treated) for user, (statements, _name) in zip(users, all_statements)]
    return sql, (rows[0] if len(rows) == 1 else sql.union_all(*rows)).subquery()


def _names(store: TokenStore, look: Look, keys: t.Sequence[t.Any]) -> dict[t.Any, str]:
    if not store.wanted.users:
        return {}
    try:
        return store.names_of(look.table, store.wanted.users, [key for key in keys if key is not None])
    except SessionsError:
        return {}
