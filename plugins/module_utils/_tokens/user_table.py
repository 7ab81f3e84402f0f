# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides which table names the users of the tokens, and what is said of the count. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import UserTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import Candidate, FoundColumn


@dataclass(frozen=True)
class FoundUsers:
    """The table of users as it is in this database, names in their real case."""

    schema: str
    table: str
    key: str
    name: str


def choose_users(candidates: t.Sequence[Candidate], wanted: UserTable, schema: str) -> Candidate:
    """The one table, or view, of that name in the schema of the token table; raises SessionsError."""
    fitting = [one for one in candidates if (one.schema, one.name.lower()) == (schema, wanted.table.lower())]
    if len(fitting) != 1:
        place = wanted.table + (f" in schema {schema}" if schema else "")
        raise SessionsError(f"there are {len(fitting)} tables {place}." if fitting else f"the account sees no table {place}.")
    return fitting[0]


def match_users(candidate: Candidate, columns: t.Sequence[FoundColumn], wanted: UserTable) -> FoundUsers:
    """The table with its columns by their part; raises SessionsError when one is not there."""
    real = {column.name.lower(): column.name for column in columns}
    missing = [name for name in (wanted.key, wanted.name) if name.lower() not in real]
    if missing:
        raise SessionsError(f"{candidate.label} has no column {' and no column '.join(missing)}.")
    return FoundUsers(candidate.schema, candidate.name, real[wanted.key.lower()], real[wanted.name.lower()])


def nobodys_notes(tokens: int, wanted: UserTable) -> list[str]:
    """What is said of tokens that belong to nobody."""
    if tokens == 1:
        return [f"1 token belongs to no user of {wanted.table}: a purge deletes it as well."]
    return [f"{tokens} tokens belong to no user of {wanted.table}: a purge deletes them as well."] if tokens else []


def uncounted_note(column: str, reason: str) -> str:
    """What is said when the table of users could not be asked. ``reason``: a sentence."""
    return f"Users are counted by the column {column} of their tokens, not by their names: {reason.rstrip('.')}."
