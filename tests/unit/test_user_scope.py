# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is treated, and what cannot be told."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import (
    Owners,
    UserScope,
    check_known,
    check_none_missed,
    check_told_apart,
    scope_of,
    tokenless_notes,
    treated_among,
    unknown_users,
)


@pytest.mark.parametrize(
    ("usernames", "exclude_usernames", "scope"),
    [
        (None, [], None),
        (["eve", " adam ", "eve"], [], UserScope(("eve", "adam"), spared=False)),
        (None, ["eve"], UserScope(("eve",), spared=True)),
        ([f"user{n}" for n in range(1000)], [], UserScope(tuple(f"user{n}" for n in range(1000)), spared=False)),
    ],
    ids=["everybody", "some", "all but one", "as many as can be"],
)
def test_users_are_named_or_spared(usernames: list[str] | None, exclude_usernames: list[str], scope: UserScope | None) -> None:
    assert scope_of(usernames, exclude_usernames) == scope


@pytest.mark.parametrize(
    ("usernames", "exclude_usernames", "said"),
    [
        ([], [], "usernames is an empty list, which would be nobody: leave it out to treat every user."),
        (["eve"], ["adam"], "usernames and exclude_usernames exclude each other: name those who are treated, or those who are not."),
        ([], ["adam"], "usernames and exclude_usernames exclude each other: name those who are treated, or those who are not."),
        (["eve", " "], [], "There is an empty name among the user names."),
        (None, [""], "There is an empty name among the user names."),
        ([f"user{n}" for n in range(1001)], [], "These are 1001 user names, and 1000 can be told apart: treat every user."),
    ],
)
def test_what_cannot_be_told_is_refused(usernames: list[str] | None, exclude_usernames: list[str], said: str) -> None:
    with pytest.raises(SessionsError) as told:
        scope_of(usernames, exclude_usernames)
    assert str(told.value) == said


def test_a_name_that_the_table_of_users_does_not_know_is_refused() -> None:
    check_known(unknown_users(["Eve"], ["eve"], "people"))
    with pytest.raises(SessionsError) as told:
        check_known(unknown_users(["eve", "adma", "noha"], ["EVE"], "people"))
    assert str(told.value) == "people knows no user adma and no user noha: are they spelt as they sign in?"


@pytest.mark.parametrize(
    ("scope", "names", "renamed", "treated", "unknown"),
    [
        (None, ["adam", "eve"], [], ["adam", "eve"], ""),
        (UserScope(("adam", "eve"), spared=False), ["adam", "noah"], [], ["adam"], "people knows no user eve"),
        (UserScope(("adam", "Eve"), spared=False), ["adam", "eva", "noah"], [("eve", "eva")], ["adam", "eva"], ""),
        (UserScope(("eve",), spared=False), ["adam"], [], [], "people knows no user eve"),
        (UserScope(("eve",), spared=True), ["adam", "eva"], [("eve", "eva")], ["adam"], ""),
        (UserScope(("eve",), spared=True), ["adam", "eva"], [], ["adam", "eva"], "people knows no user eve"),
        (UserScope(("eve",), spared=False), ["eva", "eve"], [("eve", "eva")], ["eva", "eve"], ""),
    ],
    ids=["everybody", "gone", "renamed", "all are gone", "spared and renamed", "spared and gone", "renamed, and another has the name"],
)
def test_who_is_treated_is_found_by_the_name_of_now(
    scope: UserScope | None, names: list[str], renamed: list[tuple[str, str]], treated: list[str], unknown: str
) -> None:
    assert treated_among(scope, names, "people", renamed) == {"usernames": treated, "unknown_users": unknown}


def test_a_name_that_nothing_confirms_is_a_note_when_it_holds_no_token() -> None:
    assert tokenless_notes(["Eve", "adam"], ["eve", "ADAM"], "tokens") == []
    assert tokenless_notes(["eve", "adma"], ["eve"], "tokens") == [
        "tokens holds no token of adma; whether they are spelt as they sign in cannot be told."
    ]


@pytest.mark.parametrize("spared", [False, True])
@pytest.mark.parametrize(
    ("owners", "found", "others"),
    [
        (Owners(("Jose",), spared=False, named=True), ["JOSE", "Jose", "jose"], ""),
        (Owners((7, 8), spared=False, named=False), ["7"], ""),
        (Owners(("jose",), spared=False, named=True), ["jose", "josé"], "'josé'"),
        (Owners(("jose", "José"), spared=False, named=True), ["jose", "josé"], ""),
        (Owners(("jose",), spared=False, named=True), ["jose ", "jos\u202eé"], "'jose ' and 'jos\\u202eé'"),
        (Owners(("KEY1",), spared=False, named=False), ["KEY1", "key1"], "'key1'"),
    ],
)
def test_whom_the_database_takes_for_a_named_user_is_refused(owners: Owners, found: list[str], others: str, spared: bool) -> None:
    with pytest.raises(SessionsError) if others else nullcontext() as told:
        check_told_apart(replace(owners, spared=spared), found, "tokens")
    said = f"tokens: the database takes {others} for one of the users that were named"
    assert not told or str(told.value).startswith(said)


@pytest.mark.parametrize("spared", [False, True])
@pytest.mark.parametrize(
    ("owners", "others", "missed"),
    [
        (Owners(("müller",), spared=False, named=True), ["eve", "josé", "muller", ""], ""),
        (Owners(("müller",), spared=False, named=True), ["eve", "MÜLLER", "Müller", "MÜLLER"], "'MÜLLER' and 'Müller'"),
        (Owners(("Müller", "eve"), spared=False, named=True), ["MÜLLER", "adam"], "'MÜLLER'"),
        (Owners(("İ\u202e",), spared=False, named=True), ["i̇\u202e"], "'i̇\\u202e'"),
    ],
    ids=["others", "two spellings of one", "neither is small", "hidden letters"],
)
def test_whom_the_database_takes_for_another_than_the_named_user_is_refused(
    owners: Owners, others: list[str], missed: str, spared: bool
) -> None:
    with pytest.raises(SessionsError) if missed else nullcontext() as told:
        check_none_missed(replace(owners, spared=spared), iter(others), "tokens")
    said = f"tokens: the database takes {missed} for none of the users that were named"
    assert not told or (str(told.value).startswith(said) and f"name {missed} as well, spelt so" in str(told.value))


@pytest.mark.parametrize(
    ("owners", "user", "treated"),
    [
        (Owners(("KEY1",), spared=False, named=False), "KEY1", True),
        (Owners(("KEY1",), spared=False, named=False), "key1", False),
        (Owners((7,), spared=False, named=False), "7", True),
        (Owners(("Eve",), spared=False, named=True), "eVE", True),
        (Owners(("Eve",), spared=True, named=True), "eVE", False),
        (Owners(("eve",), spared=False, named=True), None, False),
        (Owners(("eve",), spared=True, named=True), None, True),
    ],
)
def test_a_row_is_treated_by_the_user_that_stands_in_it(owners: Owners, user: str | None, treated: bool) -> None:
    assert owners.treat(user) is treated
