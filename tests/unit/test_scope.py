# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For whom a run is, as it is given, and what it says of users that are not known."""

from __future__ import annotations

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.scope import names_of, scope_problems, unknown_told
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import UserScope


@pytest.mark.parametrize(("given", "names"), [(None, None), ([], []), (["a,b"], ["a,b"]), ("eve, adam", ["eve", " adam"]), ("", [""])])
def test_a_variable_is_a_list_or_a_text_of_the_command_line(given: str | list[str] | None, names: list[str] | None) -> None:
    assert names_of(given) == names


EVE_ALONE, ALL_BUT_EVE = UserScope(("Eve",), spared=False), UserScope(("Eve",), spared=True)
GIVE_THE_SAME = "give the same force_reauth_usernames or force_reauth_exclude_usernames"


@pytest.mark.parametrize(
    ("scope", "recorded", "proof", "problem"),
    [
        (None, None, "eve", ""),
        (EVE_ALONE, None, "", ""),
        (EVE_ALONE, None, "eve", ""),
        (ALL_BUT_EVE, None, "adam", ""),
        (EVE_ALONE, None, "adam", "the proof account adam is not among the users that are treated: its cookie would live on"),
        (ALL_BUT_EVE, None, "eve", "the proof account eve is not among the users that are treated: its cookie would live on"),
        (None, "", "eve", ""),
        (EVE_ALONE, EVE_ALONE.sentence, "eve", ""),
        (EVE_ALONE, "", "eve", f"this run began for every user: {GIVE_THE_SAME}"),
        (None, EVE_ALONE.sentence, "eve", f"this run began for {EVE_ALONE.sentence}: {GIVE_THE_SAME}"),
    ],
)
def test_a_run_is_for_the_same_users_until_its_end_and_the_proof_account_is_one_of_them(
    scope: UserScope | None, recorded: str | None, proof: str, problem: str
) -> None:
    assert scope_problems(scope, recorded, proof) == ([problem] if problem else [])


SAID = "people knows no user eve"
ASIDE = "Where one was renamed or deleted since this run began, set it aside with force_reauth_abandon"
GONE = f"{SAID} any more: renamed or deleted since this run began; nobody is looked for under another name"


@pytest.mark.parametrize(
    ("unknown", "phase", "begun", "problems", "notes"),
    [
        ([], "prepared", False, [], []),
        (["", ""], "rolling", True, [], []),
        ([SAID, SAID], "prepared", False, [f"{SAID}: are they spelt as they sign in?"], []),
        ([SAID], "prepared", True, [f"{SAID}: are they spelt as they sign in? {ASIDE}"], []),
        (["", SAID], "revoked", True, [], [GONE]),
        ([SAID], "rolling", True, [], [GONE]),
    ],
)
def test_a_name_that_is_not_known_is_refused_until_the_tokens_are_deleted_and_a_note_afterwards(
    unknown: list[str], phase: str, begun: bool, problems: list[str], notes: list[str]
) -> None:
    assert unknown_told(unknown, phase, begun) == {"problems": problems, "notes": notes}
