# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""COPY text: what is written is what is read, whatever the value."""

from __future__ import annotations

import datetime
import typing as t
from decimal import Decimal

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.copy_text import (
    Lines,
    Value,
    fields_of,
    key_of,
    keys_of,
    line_of,
    text_of,
    texts_of,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from hypothesis import given
from hypothesis import strategies as st

TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"))
AWKWARD = st.sampled_from(["", "\\N", "\\.", "\\", "\t", "\n", "\r\n", "\\t", "\\\\n", "N", "\b\f\v", "日本", "\u2028", "\x85"])


@given(st.lists(st.none() | TEXTS | AWKWARD, min_size=1, max_size=5))
def test_every_text_comes_back(values: list[str | None]) -> None:
    line = line_of(values)
    assert texts_of(line, len(values)) == values
    assert line.count(b"\n") == 1
    assert line.count(b"\t") == len(values) - 1
    assert line != b"\\.\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, b"\\N"),
        ("", b""),
        ("\\N", b"\\\\N"),
        ("a\tb\nc\rd\\", b"a\\tb\\nc\\rd\\\\"),
        ("\b\f\v", b"\\b\\f\\v"),
        ("ü", "ü".encode()),
        (True, b"t"),
        (False, b"f"),
        (-12, b"-12"),
        (Decimal("1E+3"), b"1000"),
        (Decimal("12.50"), b"12.50"),
        (0.1, b"0.1"),
        (datetime.datetime.fromisoformat("2026-01-02T03:04:05"), b"2026-01-02 03:04:05"),
        (datetime.datetime.fromisoformat("2026-01-02T03:04:05.000060"), b"2026-01-02 03:04:05.000060"),
        (datetime.date(2026, 1, 2), b"2026-01-02"),
    ],
)
def test_a_value_is_written_as_postgresql_writes_it(value: Value, text: bytes) -> None:
    assert line_of([value, 1]) == text + b"\t1\n"


@pytest.mark.parametrize("value", [b"bytes", object(), [1]])
def test_a_value_that_no_product_writes_is_refused_without_quoting_it(value: t.Any) -> None:
    with pytest.raises(SessionsError, match=f"type {type(value).__name__}"):
        text_of(value)


def test_fields_are_as_written() -> None:
    assert fields_of(b"1\t\\N\ta\\tb\n") == [b"1", b"\\N", b"a\\tb"]
    assert fields_of(b"1\tX\n") == [b"1", b"X"]


def test_what_is_escaped_without_need_is_itself() -> None:
    assert texts_of(b"a\\qb\n", 1) == ["aqb"]


@pytest.mark.parametrize("line", [b"1\t2\n", b"1\t2\t3\t4\n", b"\n"])
def test_a_row_with_another_number_of_columns_is_refused(line: bytes) -> None:
    with pytest.raises(SessionsError, match="expected were 3"):
        texts_of(line, 3)


@given(st.lists(st.binary().map(lambda row: row.replace(b"\n", b""))), st.data())
def test_rows_are_handed_on_whole_in_whatever_pieces_they_come(rows: list[bytes], data: st.DataObject) -> None:
    text, taken = b"".join(row + b"\n" for row in rows), t.cast("list[bytes]", [])
    sink = Lines(taken.extend)
    begin = 0
    while begin < len(text):
        end = data.draw(st.integers(begin + 1, len(text)))
        sink.write(text[begin:end])
        begin = end
    assert taken == [row + b"\n" for row in rows]


def test_keys_are_whole_numbers() -> None:
    assert key_of(b"a\t-17\n", 1) == -17
    assert keys_of([b"a\t-17\tb\n", b"\\N\t3\n", b"a\t007\n"], 1) == [-17, 3, 7]
    assert keys_of([b"5\t6\n", b"4\n"], 0) == [5, 4]
    assert keys_of([], 0) == []


@pytest.mark.parametrize(("line", "position"), [(b"x\n", 0), (b"1.5\n", 0), (b"\\N\n", 0), (b"\n", 0), (b"1\n", 1)])
def test_a_row_without_a_key_is_refused(line: bytes, position: int) -> None:
    with pytest.raises(SessionsError, match="has no key"):
        key_of(line, position)
    with pytest.raises(SessionsError, match="no key where it should be"):
        keys_of([b"1\t2\t3\n", line], position)
