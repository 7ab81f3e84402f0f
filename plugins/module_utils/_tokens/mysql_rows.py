# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of MySQL and MariaDB as COPY text that the server writes and joins: thousands of rows are one value for the driver.

Sources: MySQL and MariaDB manuals: GROUP_CONCAT (its limits: group_concat_max_len, max_allowed_packet), REPLACE, CAST.
"""

from __future__ import annotations

import functools
import operator
import re
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.copy_text import ESCAPES, NULL
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import table as token_table
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import ALL, KeyRange, Keys, Sink, Sweep

# rows that are joined to one value
PIECE = 2000
# No row holds it where as many of it are there as the server counts NULLs.
_NULL_MARK = "\v"
# what a value may not hold where it is not escaped; tabs and ends of lines are counted
_ESCAPED = re.compile(r"[\\\b\f\r]")
# as CHAR an approximate number loses digits, unless it is a double
_APPROXIMATE = re.compile(r"(float|double|real)\b.*", re.IGNORECASE)
_EXACT = re.compile(r"((tiny|small|medium|big)?int|integer|decimal|numeric|datetime|timestamp|date|time|year)\b.*", re.IGNORECASE)


class MysqlSweep(Sweep):
    """The server writes the rows in COPY text, and joins them."""

    def copy_out(self, sink: Sink, columns: t.Sequence[str], keys: Keys = ALL, lock: bool = False) -> int:
        """See Sweep."""
        rows = 0
        for part in self._parts(keys, lock):
            text, number = self.joined(columns, part, lock)
            sink.write(text)
            rows += number
        return rows

    def joined(self, columns: t.Sequence[str], keys: Keys, lock: bool) -> tuple[bytes, int]:
        """The rows of so few keys, by key, and how many they are."""
        return self._as_they_are(columns, keys, lock) or self._one_by_one(columns, keys, lock)

    def is_free(self, keys: KeyRange) -> bool:
        """Whether the table has no row of these keys."""
        return self._key_after(keys, 1, lock=False) is None

    def rendered(self, columns: t.Sequence[str]) -> t.Sequence[t.Any]:
        """One expression that is the row's line, without its end."""
        return [self._line([self._escaped(name) for name in columns], NULL.decode())]

    def line(self, row: t.Any) -> bytes:
        """See Sweep."""
        return str(row[0]).encode() + b"\n"

    def insertable(self, text: str | None, column: str) -> object:
        """A bit takes a number, everything else its text."""
        return int(text) if text is not None and self.is_bit(column) else text

    def spared_query(self, lock: bool) -> t.Any:
        """Locked they are as they are now: another read would fix the state that all later ones see."""
        query = super().spared_query(lock)
        return query.with_for_update() if lock else query

    def now(self) -> str:
        """The server's clock."""
        return str(self.connection.exec_driver_sql("SELECT date_format(utc_timestamp(), '%%Y-%%m-%%dT%%H:%%i:%%sZ')").scalar_one())

    def is_bit(self, name: str) -> bool:
        """Whether the column's values are bits."""
        return self._type(name).lower().startswith("bit")

    def _parts(self, keys: Keys, lock: bool) -> t.Iterator[Keys]:
        """Of PIECE rows each, the last one without an end: what is locked is read as it is now, whatever the key before it."""
        if not isinstance(keys, KeyRange):
            yield keys
            return
        after = keys.after
        while (upto := self._key_after(KeyRange(after, keys.upto), PIECE, lock)) is not None:
            yield KeyRange(after, upto)
            after = upto
        yield KeyRange(after, keys.upto)

    def _key_after(self, keys: KeyRange, rows: int, lock: bool) -> int | None:
        """The key of the last of so many rows. Locked where its rows will be: another read would be of a state that may have passed."""
        statements = self.statements
        query = statements.sql.select(statements.key).where(statements.which(keys)).order_by(statements.key).offset(rows - 1).limit(1)
        found = self.connection.scalar(query.with_for_update() if lock else query)
        return None if found is None else int(found)

    def _as_they_are(self, columns: t.Sequence[str], keys: Keys, lock: bool) -> tuple[bytes, int] | None:
        """Without a look at each character by the server: None where a value would have to be escaped, or where something was cut off."""
        sql, key = self.statements.sql, self.statements.key
        fields = [self._plain(name) for name in columns]
        line = self._line(fields, _NULL_MARK, end="\n")
        # by their precedence, because the words are no operators: brackets around them are an error
        in_order = line.op("ORDER BY", precedence=1)(key).op("SEPARATOR", precedence=0)(sql.literal_column("''"))
        joined = sql.func.group_concat(in_order)
        nulls = functools.reduce(operator.add, (sql.func.isnull(self.statements.table.c[name]) for name in columns))
        limit = sql.literal_column("least(@@group_concat_max_len, @@max_allowed_packet)")
        query = sql.select(sql.func.count(), sql.func.sum(nulls), limit, joined).where(self.statements.which(keys))
        rows, null, most, text = self.connection.execute(query.with_for_update() if lock else query).one()
        if not rows:
            return b"", 0
        counts = (int(rows), int(rows) * (len(columns) - 1), int(null))
        if text is None or (text.count("\n"), text.count("\t"), text.count(_NULL_MARK)) != counts or _ESCAPED.search(text):
            return None
        written: bytes = text.replace(_NULL_MARK, NULL.decode()).encode()
        # what was cut ends at the limit, or within a character before it
        return (written, int(rows)) if len(written) < int(most) // 2 else None

    def _one_by_one(self, columns: t.Sequence[str], keys: Keys, lock: bool) -> tuple[bytes, int]:
        lines = list(self.lines(columns, keys, lock))
        return b"".join(lines), len(lines)

    def _line(self, fields: t.Sequence[t.Any], null: str, end: str = "") -> t.Any:
        sql = self.statements.sql
        parts: list[t.Any] = []
        for field in fields:
            parts += ["\t", sql.func.coalesce(field, null)]
        return sql.func.concat(*parts[1:], end)

    def _escaped(self, name: str) -> t.Any:
        field = self._plain(name)
        if self._needs_no_escapes(name):
            return field
        for meant, written in ESCAPES:
            field = self.statements.sql.func.replace(field, meant, written)
        return field

    def _plain(self, name: str) -> t.Any:
        sql, column, kind = self.statements.sql, self.statements.table.c[name], self._type(name)
        if self.is_bit(name):
            return column + 0
        if _APPROXIMATE.fullmatch(kind):
            return column + sql.literal_column("0e0")
        # ENUM, SET, JSON .. are read as text, too
        return column if token_table.kind_of(kind) == "text" and not _EXACT.fullmatch(kind) else sql.cast(column, sql.CHAR)

    def _needs_no_escapes(self, name: str) -> bool:
        kind = self._type(name)
        return self.is_bit(name) or bool(_APPROXIMATE.fullmatch(kind) or _EXACT.fullmatch(kind))

    def _type(self, name: str) -> str:
        return self.table.columns[self.table.position(name)].type
