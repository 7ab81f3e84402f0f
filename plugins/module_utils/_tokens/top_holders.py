# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds the most tokens: so many of one user are a script that signs in, or a login that was stolen and is used."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import Look, TokenStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import Statements


class Holder(t.TypedDict):
    """One user: its tokens, and its name; '' where names are not wanted, or the tokens are nobody's."""

    tokens: int
    user: str


def top_holders(store: TokenStore, look: Look, most: int, named: bool) -> list[Holder]:
    """The users with the most tokens, most first. Where the table of users cannot be asked, a name is the key that stands for it."""
    with store.connector.connect("count the tokens of each user", store.begin) as connection:
        statements = Statements(look.table)
        sql, user = statements.sql, statements.table.c[look.table.user]
        number = sql.func.count().label("n")
        query = sql.select(user, number).group_by(user).order_by(number.desc(), user).limit(most)
        found = [(value, int(rows)) for value, rows in connection.execute(query)]
    names = _names(store, look, [value for value, _rows in found]) if named else {}
    return [{"tokens": rows, "user": names.get(value, "" if value is None or not named else str(value))} for value, rows in found]


def _names(store: TokenStore, look: Look, keys: t.Sequence[t.Any]) -> dict[t.Any, str]:
    if not store.wanted.users:
        return {}
    try:
        return store.names_of(look.table, store.wanted.users, [key for key in keys if key is not None])
    except SessionsError:
        return {}
