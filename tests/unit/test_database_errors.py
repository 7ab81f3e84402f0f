# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drivers' errors in words of our own."""

from __future__ import annotations

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import Contended, meaning, sentence

SECRET = "sw0rdfish"


@pytest.mark.parametrize(
    ("code", "text", "meant"),
    [
        ("42501", "permission denied", "the account lacks a right"),
        ("55P03", "", "others hold a lock on the table"),
        ("1205", "Lock wait timeout exceeded", "others hold a lock on the table"),
        ("42P01", f'relation "{SECRET}" does not exist', "it has no table of that name"),
        ("", "database is locked", "others hold a lock on the table"),
        ("1045", f"Access denied for user 'x' (using password: {SECRET})", "it refuses the user name or the password"),
        ("", f'FATAL:  password authentication failed for user "{SECRET}"', "it refuses the user name or the password"),
        ("23505", f"Key (token)=({SECRET}) already exists", "a row with the same key or token is there already"),
        ("22P02", f"invalid input syntax: {SECRET}", "it answered with error 22P02"),
        ("", f"something in another language {SECRET}", "it answered with an error that this collection does not know"),
    ],
)
def test_says_what_it_means_and_repeats_nothing(code: str, text: str, meant: str) -> None:
    assert meaning(code, text) == meant
    assert SECRET not in str(sentence("the database x", "do it", meaning(code, text)))


def test_only_locks_are_worth_another_try() -> None:
    assert isinstance(sentence("the database x", "do it", "others hold a lock on the table"), Contended)
    assert not isinstance(sentence("the database x", "do it", "its disk is full"), Contended)


def test_a_sentence_begins_with_where() -> None:
    assert str(sentence("the SQLite database /x", "do it", "why")) == "The SQLite database /x: cannot do it: why."
