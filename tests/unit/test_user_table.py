# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which table names the users, and what is said of the count."""

from __future__ import annotations

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import UserTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import Candidate, FoundColumn
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_table import (
    FoundUsers,
    choose_users,
    match_users,
    nobodys_notes,
    uncounted_note,
)

WANTED = UserTable("people", key="id", name="login")


@pytest.mark.parametrize(
    "candidates",
    [
        [Candidate("s", "PEOPLE")],
        [Candidate("s", "people", "view")],
        [Candidate("s", "people"), Candidate("S", "people"), Candidate("other", "people"), Candidate("s", "persons")],
    ],
    ids=["other case", "view", "other schemas"],
)
def test_the_one_in_the_schema_of_the_tokens_is_taken(candidates: list[Candidate]) -> None:
    assert choose_users(candidates, WANTED, "s") == candidates[0]


@pytest.mark.parametrize(
    ("candidates", "schema", "said"),
    [
        ([], "", "the account sees no table people."),
        ([Candidate("other", "people")], "s", "the account sees no table people in schema s."),
        ([Candidate("s", "people"), Candidate("s", "People")], "s", "there are 2 tables people in schema s."),
    ],
)
def test_none_and_several_are_told(candidates: list[Candidate], schema: str, said: str) -> None:
    with pytest.raises(SessionsError) as told:
        choose_users(candidates, WANTED, schema)
    assert str(told.value) == said


def test_columns_are_named_as_the_database_does() -> None:
    columns = [FoundColumn("ID", "int"), FoundColumn("Login", "text"), FoundColumn("mail", "text")]
    assert match_users(Candidate("s", "PEOPLE"), columns, WANTED) == FoundUsers("s", "PEOPLE", "ID", "Login")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ([FoundColumn("id", "int")], "s.people has no column login."),
        ([], "s.people has no column id and no column login."),
    ],
)
def test_a_missing_column_is_told(columns: list[FoundColumn], said: str) -> None:
    with pytest.raises(SessionsError) as told:
        match_users(Candidate("s", "people"), columns, WANTED)
    assert str(told.value) == said


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (0, []),
        (1, ["1 token belongs to no user of people: a purge deletes it as well."]),
        (3, ["3 tokens belong to no user of people: a purge deletes them as well."]),
    ],
)
def test_tokens_of_nobody_are_told(tokens: int, said: list[str]) -> None:
    assert nobodys_notes(tokens, WANTED) == said


def test_a_count_without_names_says_why() -> None:
    assert uncounted_note("who", "no right.") == "Users are counted by the column who of their tokens, not by their names: no right."
