# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rows share something with an archived one."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.leftovers import (
    Found,
    Read,
    Row,
    Take,
    match_held_archives,
    match_held_table,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.run_archives import check_something_to_compare


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


ARCHIVE = Path("/a/run-1/t-1.tsv.gz")


@pytest.mark.parametrize(
    ("archives", "record"),
    [
        ([ARCHIVE], {}),
        ([ARCHIVE], {"phase": "prepared"}),
        ([], {"revoked": {"rows": 0, "archives": []}}),
        # that it is gone is told of the archive itself
        ([], {"revoked": {"rows": 1, "archives": [{"path": str(ARCHIVE), "rows": 1}]}}),
    ],
)
def test_what_has_an_archive_or_a_record_of_what_was_deleted_can_be_compared(archives: list[Path], record: dict[str, t.Any]) -> None:
    check_something_to_compare("run-1", "/a/run-1", archives, record)


@pytest.mark.parametrize("record", [{}, {"phase": "prepared"}, {"phase": "revoked", "deleted": "by hand"}])
def test_a_comparison_with_nothing_is_none(record: dict[str, t.Any]) -> None:
    with pytest.raises(SessionsError, match="Run run-1 has no archive in /a/run-1, and no record there says that its table was empty"):
        check_something_to_compare("run-1", "/a/run-1", [], record)
