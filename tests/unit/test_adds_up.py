# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many rows a purge must find, and how many are missing."""

from __future__ import annotations

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.adds_up import check_total, rows_expected, unexplained


@pytest.mark.parametrize(
    ("backed_up", "looked_at", "expected"),
    [
        ({"t": 10}, {"t": 10}, {"t": 10}),
        ({"t": 9}, {"t": 10}, {"t": 9}),
        ({"t": 2}, {"t": 10}, {"t": 5}),
        ({"t": 2, "u": 9}, {"t": 10, "u": 0}, {"t": 5, "u": 9}),
        ({"t": 2}, {}, {"t": 2}),
        # half of what was looked at is a number of rows
        ({"t": 1}, {"t": 3}, {"t": 1}),
    ],
)
def test_each_table_must_have_what_the_backup_has_and_half_of_what_was_looked_at(
    backed_up: dict[str, int], looked_at: dict[str, int], expected: dict[str, int]
) -> None:
    assert rows_expected(backed_up, looked_at) == expected


@pytest.mark.parametrize(
    ("expected", "archived", "earlier", "gone", "missing"),
    [
        (-1, 0, 0, 0, 0),
        (0, 0, 0, 0, 0),
        (10, 10, 0, 0, 0),
        (10, 12, 0, 0, 0),
        (10, 4, 6, 0, 0),
        (10, 4, 0, 6, 0),
        (10, 4, 3, 3, 0),
        (10, 9, 0, 0, 1),
        (10, 4, 3, 2, 1),
        (10, 0, 0, 0, 10),
    ],
)
def test_rows_add_up_or_are_missing(expected: int, archived: int, earlier: int, gone: int, missing: int) -> None:
    assert unexplained(expected, archived, earlier, gone) == missing
    if missing:
        with pytest.raises(SessionsError, match=f"the other {missing}. Nothing was deleted. This is another database, "):
            check_total("t", expected, archived, earlier, gone, "Nothing was deleted.")
    else:
        check_total("t", expected, archived, earlier, gone, "Nothing was deleted.")
