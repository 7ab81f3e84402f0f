# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the users of the tokens by their names, where the product's own table tells them. Whatever fails is a note, no failure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import user_table
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import Look, TokenStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.top_holders import number_of_holders


class Counted(t.TypedDict):
    """How many users had a token, and what an administrator should know."""

    users: int
    notes: list[str]


def count_users(looks: t.Sequence[tuple[TokenStore, Look]]) -> Counted:
    """Of the looks' tables: by names, else by what stands in the token table. Several tables hold the names themselves."""
    store, look = looks[0]
    wanted = store.wanted.users
    if len(looks) > 1:
        with store.connector.connect("count the users of the tokens", store.begin) as connection:
            return {"users": number_of_holders(connection, [one.table for _store, one in looks]), "notes": []}
    if not wanted or not look.rows:
        return {"users": look.users, "notes": []}
    try:
        names, tokens_of_nobody = store.named_users(look.table, wanted)
    except SessionsError as error:
        return {"users": look.users, "notes": [user_table.uncounted_note(look.table.user, str(error))]}
    return {"users": names, "notes": user_table.nobodys_notes(tokens_of_nobody, wanted)}
