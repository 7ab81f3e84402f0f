# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides which table names the users of the tokens, and what is said of the count. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import UserTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import (
    Candidate,
    FoundColumn,
    choose_beside,
    real_names,
)


@dataclass(frozen=True)
class FoundUsers:
    """The table of users as it is in this database, names in their real case."""

    schema: str
    table: str
    key: str
    name: str


def choose_users(candidates: t.Sequence[Candidate], wanted: UserTable, schema: str) -> Candidate:
    """The one table, or view, of that name in the schema of the token table; raises SessionsError."""
    return choose_beside(candidates, wanted.table, schema)


def match_users(candidate: Candidate, columns: t.Sequence[FoundColumn], wanted: UserTable) -> FoundUsers:
    """The table with its columns by their part; raises SessionsError when one is not there."""
    real = real_names(candidate, columns, (wanted.key, wanted.name))
    return FoundUsers(candidate.schema, candidate.name, real[wanted.key], real[wanted.name])


def nobodys_notes(tokens: int, wanted: UserTable) -> list[str]:
    """What is said of tokens that belong to nobody."""
    if tokens == 1:
        return [f"1 token belongs to no user of {wanted.table}: a purge deletes it as well."]
    return [f"{tokens} tokens belong to no user of {wanted.table}: a purge deletes them as well."] if tokens else []


def uncounted_note(column: str, reason: str) -> str:
    """What is said when the table of users could not be asked. ``reason``: a sentence."""
    return f"Users are counted by the column {column} of their tokens, not by their names: {reason.rstrip('.')}."
