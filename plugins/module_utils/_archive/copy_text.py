# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL's COPY text format: a row is a line, columns stand between tabs, ``\\N`` is NULL, backslashes escape. Pure.

Source: the PostgreSQL manual, COPY, "Text Format".
"""

from __future__ import annotations

import datetime
import decimal
import re
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

NULL = b"\\N"
# what is meant and how it is written; the backslash first, for whoever replaces one after the other
ESCAPES = (("\\", "\\\\"), ("\b", "\\b"), ("\f", "\\f"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\v", "\\v"))
_ESCAPING = str.maketrans(dict(ESCAPES))
_MEANINGS = {written[1]: meant for meant, written in ESCAPES}
_KEY = re.compile(rb"-?\d+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

Value = t.Union[None, bool, int, float, str, decimal.Decimal, datetime.datetime, datetime.date]


def line_of(values: t.Iterable[Value]) -> bytes:
    """One row, with its line end."""
    return b"\t".join(_field_of(value) for value in values) + b"\n"


def texts_of(line: bytes, columns: int) -> list[str | None]:
    """The values of one row as text, None for NULL; raises SessionsError when it has not so many columns."""
    fields = fields_of(line)
    if len(fields) != columns:
        raise SessionsError(f"A row of the archive has {len(fields)} columns, expected were {columns}: the archive is damaged.")
    return [None if field == NULL else _unescaped(field) for field in fields]


def key_of(line: bytes, position: int) -> int:
    """The key of one row; raises SessionsError when there is no whole number at its position."""
    fields = fields_of(line)
    if position >= len(fields) or not _KEY.fullmatch(fields[position]):
        raise SessionsError("A row of the archive has no key where it should be: the archive is damaged.")
    return int(fields[position])


def keys_of(lines: t.Sequence[bytes], position: int) -> list[int]:
    """The key of each row; raises SessionsError as ``key_of``."""
    found = re.findall(rb"^(?:[^\t\n]*\t){%d}(-?[0-9]+)(?=[\t\n])" % position, b"".join(lines), re.MULTILINE)
    # one of them has none, and is told
    return list(map(int, found)) if len(found) == len(lines) else [key_of(line, position) for line in lines]


def fields_of(line: bytes) -> list[bytes]:
    """The fields of one row as they are written; equal fields are equal values."""
    return line.rstrip(b"\n").split(b"\t")


class Lines:
    """A sink of COPY text, in whatever pieces it comes, that hands on the whole rows of each piece, with their line ends."""

    def __init__(self, take: t.Callable[[list[bytes]], object]) -> None:
        self._take, self._begun = take, b""

    def write(self, data: bytes) -> None:
        """Take the next piece."""
        *lines, self._begun = (self._begun + data).split(b"\n")
        self._take([line + b"\n" for line in lines])


def text_of(value: Value) -> str:
    """A value that is not NULL as PostgreSQL would write it; raises SessionsError for one that is no plain value."""
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, (int, float, str, datetime.date)):
        return str(value)
    raise SessionsError(f"The table holds a value of type {type(value).__name__}, which no product writes: is it the product's table?")


def _field_of(value: Value) -> bytes:
    return NULL if value is None else text_of(value).translate(_ESCAPING).encode()


def _unescaped(field: bytes) -> str:
    text = field.decode()
    return _ESCAPED.sub(lambda found: _MEANINGS.get(found[1], found[1]), text) if "\\" in text else text
