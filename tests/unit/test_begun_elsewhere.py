# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of a database that has taken over is another one by its identity: the run that began with the first is not begun anew."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.begun_elsewhere import begun_elsewhere

FOLDER = "/srv/force_reauth/jira-0123456789ab/CHG-1"
RECORD = {"phase": "rolling", "nodes": ["n1", "n2"], "database": "mysql uuid-1 database jira", "revoke": "database", "folder": FOLDER}
NOW = "mysql uuid-2 database jira"
WITH, UNNAMED = "began with mysql uuid-1 database jira (", "began with a database that its record does not name ("
TAKEN_OVER = (
    f"Run CHG-1 began with mysql uuid-1 database jira (its record lies in {FOLDER}), and what is asked now is {NOW}: a copy of that one, "
    "which has taken over, or another database. Have the one asked with which it began (force_reauth_database_server), and resume; where a "
    "copy has taken over, begin anew with another force_reauth_run_id and force_reauth_abandon=CHG-1, which signs everybody out once more"
)
ENDED = (
    f"Run CHG-1 ended proven with mysql uuid-1 database jira (its record lies in {FOLDER}), and what is asked now is {NOW}: to sign "
    "everybody out once more, take another force_reauth_run_id"
)
BY_HAND = (
    "this run began with force_reauth_revoke=manual, and now it is database: give force_reauth_revoke=manual, or set the run aside with "
    "force_reauth_abandon, and begin a new one"
)


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        ([RECORD], TAKEN_OVER),
        ([{**RECORD, "phase": "prepared"}], TAKEN_OVER),
        ([{**RECORD, "nodes": ["n2", "n3"]}], TAKEN_OVER),
        ([{**RECORD, "phase": "proven"}, RECORD], TAKEN_OVER),
        ([{**RECORD, "revoke": "manual"}], BY_HAND),
        ([{key: value for key, value in RECORD.items() if key != "database"}], TAKEN_OVER.replace(WITH, UNNAMED)),
        ([], ""),
        ([{**RECORD, "phase": "proven"}], ENDED),
        ([{**RECORD, "phase": "proven", "nodes": ["w1"]}], ""),
        ([{**RECORD, "phase": "abandoned"}], ""),
        ([{**RECORD, "phase": "refused"}], ""),
        ([{**RECORD, "nodes": ["w1"]}], ""),
        ([{key: value for key, value in RECORD.items() if key != "nodes"}], ""),
    ],
    ids=[
        "rolling",
        "nothing deleted",
        "a node in common",
        "beside another",
        "by hand",
        "a record without a database",
        "none",
        "proven",
        "others proven",
        "set aside",
        "refused",
        "others",
        "a record without nodes",
    ],
)
def test_a_run_that_began_with_another_database_is_not_begun_anew(found: list[dict[str, t.Any]], problem: str) -> None:
    assert begun_elsewhere(found, "CHG-1", ["n1", "n2"], NOW, "database") == problem
