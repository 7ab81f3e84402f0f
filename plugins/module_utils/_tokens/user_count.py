# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the users of the tokens by their names, where the product's own table tells them. Whatever fails is a note, no failure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import user_table
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import Look, TokenStore


class Counted(t.TypedDict):
    """How many users had a token, and what an administrator should know."""

    users: int
    notes: list[str]


def count_users(store: TokenStore, look: Look) -> Counted:
    """Of the look's table: by names, else by what stands in the token table."""
    wanted = store.wanted.users
    if not wanted:
        return {"users": look.users, "notes": list(look.notes)}
    try:
        names, tokens_of_nobody = store.named_users(look.table, wanted)
    except SessionsError as error:
        return {"users": look.users, "notes": [*look.notes, user_table.uncounted_note(look.table.user, str(error))]}
    return {"users": names, "notes": [*look.notes, *user_table.nobodys_notes(tokens_of_nobody, wanted)]}
