# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the rows of a purge add up: how many there must be, and how many nothing explains. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError


def rows_expected(backed_up: t.Mapping[str, int], looked_at: t.Mapping[str, int]) -> dict[str, int]:
    """How many rows each table must have at the purge, by its name, after what the backup and, before it, the look have counted.

    People sign out between the look and the backup, but not half of them.
    """
    return {table: max(int(rows), int(looked_at.get(table, 0)) // 2) for table, rows in backed_up.items()}


def unexplained(expected: int, found: int, earlier: int, gone: int) -> int:
    """How many of the rows that were expected nobody can account for.

    Accounted for: rows found now, rows in archives of the same run, and rows of its backup that had gone by themselves.
    ``expected`` below 0 was not asked for.
    """
    return max(0, expected - found - earlier - gone)


def check_total(table: str, expected: int, found: int, earlier: int, gone: int, undone: str) -> None:
    """Raises SessionsError when rows are missing and nothing explains it. ``undone``: what has become of the deletion, in a sentence."""
    missing = unexplained(expected, found, earlier, gone)
    if missing:
        raise SessionsError(
            f"Unsuccessful: {expected} rows of {table} were expected, {found} were found to delete, and nothing explains "
            f"the other {missing}. {undone} This is another database, somebody else deletes there, or rows are hidden from this account: "
            "find out, then resume."
        )
