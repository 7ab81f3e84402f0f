# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rows share something with an archived one."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.leftovers import (
    Found,
    Read,
    Row,
    Take,
    match_held_archives,
    match_held_table,
)


@pytest.mark.parametrize("match", [match_held_table, match_held_archives])
@pytest.mark.parametrize(
    ("current", "archived", "keys"),
    [
        ([], [[b"1", b"a"]], []),
        ([[b"1", b"a"]], [], []),
        ([[b"1", b"a"]], [[b"2", b"b"]], []),
        ([[b"1", b"new"]], [[b"1", b"old"]], [1]),
        ([[b"9", b"same"]], [[b"1", b"same"]], [9]),
        ([[b"9", b"\\N"]], [[b"1", b"\\N"]], []),
        ([[b"9", b"new", b"series"]], [[b"1", b"old", b"series"]], [9]),
        ([[b"9", b"new", b"\\N"]], [[b"1", b"old", b"\\N"]], []),
        ([[b"9", b"series", b"x"]], [[b"1", b"y", b"series"]], []),
        ([[b"8", b"a", b"s"], [b"9", b"b", b"s"], [b"10", b"c", b"t"]], [[b"1", b"z", b"s"]], [8, 9]),
        ([[b"10", b"a"], [b"9", b"a"]], [[b"1", b"a"], [b"9", b"x"]], [9, 10]),
    ],
)
def test_matches_by_key_token_and_series_never_by_null(
    match: t.Callable[[Read, t.Iterable[Row]], Found], current: list[list[bytes]], archived: list[list[bytes]], keys: list[int]
) -> None:
    def read(take: Take) -> None:
        for row in current:
            take(row)

    assert match(read, iter(archived)) == Found(keys, len(archived))
