# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which joined rows of MySQL and MariaDB are taken as they are."""

from __future__ import annotations

from decimal import Decimal

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.mysql_joined import Answer, Way, are_short, text_of

MOST = 1 << 20
COUNTED = Way(with_nulls=True)
BY_KEY = Way(in_order=True)


@pytest.mark.parametrize(
    ("answer", "way", "taken"),
    [
        pytest.param(Answer(0, None, None, MOST, None), Way(), b"", id="no rows"),
        pytest.param(Answer(2, 1, 2, MOST, "1\ta\n2\tb\n"), Way(), b"1\ta\n2\tb\n", id="two rows"),
        pytest.param(Answer(1, 1, 1, MOST, "1\tä\n"), Way(), "1\tä\n".encode(), id="other letters"),
        pytest.param(Answer(1, 1, 1, MOST, "1\t\v\n"), Way(), COUNTED, id="perhaps NULL: they are to be counted"),
        pytest.param(Answer(1, 1, 1, MOST, "1\t\v\n", 1), COUNTED, b"1\t\\N\n", id="NULL"),
        pytest.param(Answer(1, 1, 1, MOST, "1\t\v\n", 2), COUNTED, None, id="a value that looks like NULL"),
        pytest.param(Answer(2, 1, 2, MOST, "1\t\v\n2\tb\v\n", 3), COUNTED, None, id="the same, beside a NULL"),
        pytest.param(Answer(1, 1, 1, MOST, "1\ta\n", 2), COUNTED, b"1\ta\n", id="no NULL, counted"),
        pytest.param(Answer(1, 1, 1, MOST, "1\ta\tb\n"), Way(), None, id="a tab in a value"),
        pytest.param(Answer(1, 1, 1, MOST, "1\ta\nb\n"), Way(), None, id="an end of line in a value"),
        pytest.param(Answer(1, 1, 1, MOST, "1\ta\\b\n"), Way(), None, id="a backslash"),
        pytest.param(Answer(1, 1, 1, MOST, "1\ta\b\n"), Way(), None, id="a backspace"),
        pytest.param(Answer(1, 1, 1, MOST, "1\ta\f\n"), Way(), None, id="a form feed"),
        pytest.param(Answer(1, 1, 1, MOST, "1\ta\r\n"), Way(), None, id="a carriage return"),
        pytest.param(Answer(2, 1, 2, MOST, "1\ta\n2\t"), Way(), None, id="cut within a row"),
        pytest.param(Answer(1, 1, 1, 8, "1\ta\n"), Way(), None, id="so long that it may have been cut within a character"),
        pytest.param(Answer(1, 1, 1, 9, "1\ta\n"), Way(), None, id="as long as half of the limit"),
        pytest.param(Answer(1, 1, 1, 10, "1\ta\n"), Way(), b"1\ta\n", id="shorter than half of the limit"),
        pytest.param(Answer(2, 1, 2, MOST, "2\tb\n1\ta\n"), Way(), BY_KEY, id="not by key"),
        pytest.param(Answer(3, 1, 3, MOST, "1\ta\n3\tc\n2\tb\n"), Way(), BY_KEY, id="another row at the end"),
        pytest.param(Answer(2, 1, 2, MOST, "1\ta\n2\tb\n"), BY_KEY, b"1\ta\n2\tb\n", id="by key, as asked"),
        pytest.param(Answer(1, 1, 1, MOST, "1\t\v\n"), BY_KEY, Way(with_nulls=True, in_order=True), id="by key, perhaps NULL"),
        pytest.param(Answer(2, 1, 2, MOST, "2\t\v\n1\ta\n", 3), COUNTED, Way(with_nulls=True, in_order=True), id="NULL, not by key"),
    ],
)
def test_rows_are_taken_or_asked_for_in_another_way(answer: Answer, way: Way, taken: bytes | Way | None) -> None:
    assert text_of(answer, way, columns=2, key=0) == taken


@pytest.mark.parametrize(("text", "taken"), [("a\t1\nb\t2\n", b"a\t1\nb\t2\n"), ("b\t2\na\t1\n", BY_KEY)], ids=["by key", "not by key"])
def test_the_key_may_be_the_last_column(text: str, taken: bytes | Way) -> None:
    assert text_of(Answer(2, 1, 2, MOST, text), Way(), columns=2, key=1) == taken


def test_rows_without_their_key_have_no_order() -> None:
    assert text_of(Answer(2, 1, 2, MOST, "b\nb\n"), Way(), columns=1, key=None) == b"b\nb\n"


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        ((2, Decimal(1), Decimal(2), "1048576", "1\n2\n"), Answer(2, 1, 2, MOST, "1\n2\n")),
        ((1, "7", "7", MOST, "7\n", Decimal(1)), Answer(1, 7, 7, MOST, "7\n", 1)),
        ((0, None, None, MOST, None, 0), Answer(0, None, None, MOST, None, 0)),
    ],
)
def test_numbers_are_numbers_whatever_the_driver_makes_of_their_types(row: tuple[object, ...], answer: Answer) -> None:
    assert repr(Answer.of(row)) == repr(answer)


@pytest.mark.parametrize(
    ("answer", "short"),
    [
        pytest.param(Answer(2, 1, 2, 160, "1\ta\n2\tb\n"), True, id="a quarter"),
        pytest.param(Answer(2, 1, 2, 159, "1\ta\n2\tb\n"), False, id="more than a quarter"),
        pytest.param(Answer(0, None, None, 0, None), True, id="no rows"),
    ],
)
def test_ten_rows_as_long_as_these_are_short_up_to_a_quarter_of_the_limit(answer: Answer, short: bool) -> None:
    assert are_short(answer, 10) == short
