# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows that MySQL or MariaDB has joined to one value: whether that value holds them as they are. Pure.

Nobody looks at each character: a text that would have to be escaped, that was cut, or that is not by key is not taken, and another way is
named that costs more.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.copy_text import NULL, key_of

# stands for NULL; where a text has any, no value holds it if there are as many of it as the server counts NULLs
NULL_MARK = "\v"
# what a value may not hold where it is not escaped; tabs and ends of lines are counted
_ESCAPED = ("\\", "\b", "\f", "\r")


class Way(t.NamedTuple):
    """How rows are joined: with a count of what is not NULL; by key, or else as the server comes upon them, which costs no sort."""

    with_nulls: bool = False
    in_order: bool = False


class Answer(t.NamedTuple):
    """What the server says of some rows.

    ``first``, ``last``: their keys; ``most``: bytes that a joined value may have; ``text``: their lines, None of no rows; ``filled``: how
    many values are not NULL, where that was counted.
    """

    rows: int
    first: int | None
    last: int | None
    most: int
    text: str | None
    filled: int | None = None

    @classmethod
    def of(cls, row: t.Sequence[t.Any]) -> Answer:
        """With its numbers as numbers, whatever the driver makes of their types: keys may be decimals."""
        rows, first, last, most, text, *filled = row
        first, last = (None if key is None else int(key) for key in (first, last))
        return cls(int(rows), first, last, int(most), text, *map(int, filled))


def text_of(answer: Answer, way: Way, columns: int, key: int | None) -> bytes | Way | None:
    """The rows in COPY text; or the way in which to ask again; or None, where each row has to be read by itself.

    ``columns``: how many a row has; ``key``: which of them is the key, None where none is.
    """
    if not answer.rows:
        return b""
    text = answer.text or ""
    if not way.with_nulls and NULL_MARK in text:
        return way._replace(with_nulls=True)
    nulls = answer.rows * columns - answer.filled if answer.filled is not None else 0
    counts = (text.count("\n"), text.count("\t"), text.count(NULL_MARK))
    if counts != (answer.rows, answer.rows * (columns - 1), nulls) or any(one in text for one in _ESCAPED):
        return None
    written = text.replace(NULL_MARK, NULL.decode()).encode()
    if len(written) >= answer.most // 2:
        # what was cut ends at the limit, or within a character before it
        return None
    if not way.in_order and key is not None and _ends(written, key) != (answer.first, answer.last):
        return way._replace(in_order=True)
    return written


def are_short(answer: Answer, rows: int) -> bool:
    """Whether so many rows, long as these are, take no more than a quarter of what a joined value may have."""
    return len(answer.text or "") * rows * 4 <= answer.most * answer.rows


def _ends(text: bytes, key: int) -> tuple[int, int]:
    """The keys in the first and the last row."""
    first, last = text[: text.index(b"\n")], text[text.rfind(b"\n", 0, -1) + 1 :]
    return key_of(first, key), key_of(last, key)
