# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which archives of a run are newer than its record."""

from __future__ import annotations

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.description import Archive, name_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.run_archives import rows_since
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.steps import copies_to_come


def archive(table: str, number: int, rows: int, folder: str = "/a") -> Archive:
    return Archive(f"{folder}/{name_of(table, number, backup=False)}", "", rows, "", 0, "", "")


@pytest.mark.parametrize(
    ("archives", "recorded", "rows"),
    [
        ([], [], 0),
        ([archive("t", 1, 5)], ["/a/t-1.tsv.gz"], 0),
        # the table was empty, and what came back is all that there is
        ([archive("t", 1, 5)], [], 5),
        ([archive("t", 1, 5), archive("t", 2, 3), archive("t", 3, 4)], ["/a/t-1.tsv.gz"], 7),
        ([archive("t", 1, 5), archive("u-x", 1, 2), archive("u-x", 2, 1)], ["/a/t-1.tsv.gz", "/a/u_x-1.tsv.gz"], 1),
        # the folder has moved
        ([archive("t", 1, 5, folder="/b"), archive("t", 2, 2, folder="/b")], ["/a/t-1.tsv.gz"], 2),
    ],
)
def test_rows_of_archives_of_which_the_record_does_not_tell_are_counted(archives: list[Archive], recorded: list[str], rows: int) -> None:
    assert rows_since(archives, [{"path": path} for path in recorded]) == rows


@pytest.mark.parametrize(
    ("scope", "check_mode", "copies"), [("all", True, 2), ("all", False, 1), ("archived", True, 0), ("archived", False, 0)]
)
def test_room_is_asked_for_what_is_still_to_be_written(scope: str, check_mode: bool, copies: int) -> None:
    assert copies_to_come(scope, check_mode) == copies
