# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of MySQL and MariaDB as COPY text that the server writes and joins: thousands of rows are one value for the driver.

Sources: MySQL and MariaDB manuals: GROUP_CONCAT (its limits: group_concat_max_len, max_allowed_packet), REPLACE, CAST.
"""

from __future__ import annotations

import contextlib
import functools
import operator
import re
import threading
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.copy_text import ESCAPES, NULL
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.threads import Ahead
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import table as token_table
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.connection import Connector
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.mysql_joined import (
    NULL_MARK,
    Answer,
    Way,
    are_short,
    text_of,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import ALL, KeyRange, Keys, Sink, Sweep

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# rows that are joined to one value; twice as many where they are short
PIECE = 2000
# as CHAR an approximate number loses digits, unless it is a double
_APPROXIMATE = re.compile(r"(float|double|real)\b.*", re.IGNORECASE)
_EXACT = re.compile(r"((tiny|small|medium|big)?int|integer|decimal|numeric|datetime|timestamp|date|time|year)\b.*", re.IGNORECASE)


class MysqlSweep(Sweep):
    """The server writes the rows in COPY text, and joins them."""

    def __init__(self, connector: Connector, connection: Connection, table: token_table.FoundTable) -> None:
        super().__init__(connector, connection, table)
        self._texts: dict[tuple[t.Any, ...], t.Any] = {}
        self._way = Way()
        # of the connection: rows of a piece may be asked for again while the next one's are on their way
        self._turn = threading.Lock()

    def copy_out(self, sink: Sink, columns: t.Sequence[str], keys: Keys = ALL, lock: bool = False) -> int:
        """See Sweep."""
        rows = 0
        with contextlib.closing(self._pieces(columns, keys, lock)) as pieces:
            for text, number in pieces:
                sink.write(text)
                rows += number
        return rows

    def joined(self, columns: t.Sequence[str], keys: Keys, lock: bool) -> tuple[bytes, int]:
        """The rows of so few keys, by key, and how many they are."""
        way = self._way
        answer = self._asked(columns, lock, keys, way)
        return self._taken(answer, way, columns) or self._asked_again(answer, way, columns, lock, keys)

    def first_key(self, keys: KeyRange) -> int | None:
        """The lowest of these keys that a row has."""
        return self._key_after(keys, 1, lock=False)

    def move_out(self, sink: Sink, keys: Keys) -> int:
        """See Sweep."""
        self.settle()
        there = self._without_the_gone(keys)
        if there is None:
            return 0
        rows = self.copy_out(sink, self.names, there, lock=True)
        self.delete_beside(there, rows)
        return rows

    def _without_the_gone(self, keys: Keys) -> Keys | None:
        """Without what lies before the first row: rows that earlier sweeps deleted, over which the server goes until it clears them away.

        None where no row is there. All of it is locked, once, and nobody has to wait for each statement's way.
        """
        if not isinstance(keys, KeyRange) or keys.upto is not None:
            return keys
        first = self._key_after(keys, 1, lock=True)
        return None if first is None else KeyRange(first - 1)

    def rendered(self, columns: t.Sequence[str]) -> t.Sequence[t.Any]:
        """One expression that is the row's line, without its end."""
        return [self.statements.sql.func.concat(*self._parts([self._escaped(name) for name in columns], NULL.decode()))]

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

    def _pieces(self, columns: t.Sequence[str], keys: Keys, lock: bool) -> t.Generator[tuple[bytes, int]]:
        """Of PIECE rows each, or more; the server joins the next ones while those before them are taken."""
        if not isinstance(keys, KeyRange):
            yield self.joined(columns, keys, lock)
            return
        answers = Ahead(self._answers(columns, keys, lock), ahead=1)
        try:
            for piece, way, answer in answers:
                yield self._taken(answer, way, columns) or self._asked_again(answer, way, columns, lock, piece)
        finally:
            answers.end()

    def _answers(self, columns: t.Sequence[str], keys: KeyRange, lock: bool) -> t.Iterator[tuple[KeyRange, Way, Answer]]:
        rest, rows, close, more = keys, PIECE, False, True
        while more:
            with self._turn:
                piece, way = self._first_piece(rest, rows, close, lock), self._way
                answer = self._asked(columns, lock, piece, way)
            yield piece, way, answer
            rest, close, more = KeyRange(piece.upto, keys.upto), answer.rows > rows // 2, piece.upto != keys.upto
            rows = 2 * PIECE if are_short(answer, 2 * PIECE) else PIECE

    def _first_piece(self, keys: KeyRange, rows: int, close: bool, lock: bool) -> KeyRange:
        """The last one has the end of all: what is locked is read as it is now, whatever the key before it.

        Where the rows lie close, so many keys are so many rows at most, and nobody has to be asked which key comes last.
        """
        upto = self._key_after(keys, rows, lock) if not close or keys.after is None else keys.after + rows
        return keys if upto is None or (keys.upto is not None and upto >= keys.upto) else KeyRange(keys.after, upto)

    def _key_after(self, keys: KeyRange, rows: int, lock: bool) -> int | None:
        """The key of the last of so many rows. Locked where its rows will be: another read would be of a state that may have passed."""
        statements = self.statements
        query = statements.sql.select(statements.key).where(statements.which(keys)).order_by(statements.key).offset(rows - 1).limit(1)
        found = self.connection.scalar(query.with_for_update() if lock else query)
        return None if found is None else int(found)

    def _taken(self, answer: Answer, way: Way, columns: t.Sequence[str]) -> tuple[bytes, int] | None:
        """The rows of an answer and how many they are, None where they are to be asked for in another way."""
        text = self._text(answer, way, columns)
        return (text, answer.rows) if isinstance(text, bytes) else None

    def _asked_again(self, answer: Answer, way: Way, columns: t.Sequence[str], lock: bool, keys: Keys) -> tuple[bytes, int]:
        """The same of an answer that is not taken. What is true of its rows is taken to be so of the next ones."""
        while not isinstance(text := self._text(answer, way, columns), bytes):
            with self._turn:
                if text is None:
                    lines = list(self.lines(columns, keys, lock))
                    return b"".join(lines), len(lines)
                way = self._way = text
                answer = self._asked(columns, lock, keys, way)
        return text, answer.rows

    def _text(self, answer: Answer, way: Way, columns: t.Sequence[str]) -> bytes | Way | None:
        key = columns.index(self.table.key) if self.table.key in columns else None
        return text_of(answer, way, len(columns), key)

    def _asked(self, columns: t.Sequence[str], lock: bool, keys: Keys, way: Way) -> Answer:
        """Of a range by a text that is made once, because making it takes as long as a part of the server's work."""
        if not isinstance(keys, KeyRange):
            return Answer.of(self.connection.execute(self._joining(columns, lock, keys, way)).one())
        shape = (tuple(columns), keys.after is None, keys.upto is None, lock, way)
        if shape not in self._texts:
            bounds = [None if bound is None else self.statements.sql.bindparam(name, bound) for name, bound in vars(keys).items()]
            made = self._joining(columns, lock, KeyRange(*bounds), way)
            self._texts[shape] = made.compile(dialect=self.connection.dialect, compile_kwargs={"render_postcompile": True})
        text = self._texts[shape]
        return Answer.of(self.connection.exec_driver_sql(str(text), {**text.params, **vars(keys)}).one())

    def _joining(self, columns: t.Sequence[str], lock: bool, keys: Keys, way: Way) -> t.Any:
        """The statement whose row is an ``Answer``."""
        sql, key, func = self.statements.sql, self.statements.key, self.statements.sql.func
        parts = self._parts([self._plain(name) for name in columns], NULL_MARK)
        # by their precedence, because the words are no operators: brackets around them are an error
        end = sql.literal("\n").op("ORDER BY", precedence=1)(key) if way.in_order else sql.literal("\n")
        joined = func.group_concat(*parts, end.op("SEPARATOR", precedence=0)(sql.literal_column("''")))
        most = sql.literal_column("least(@@group_concat_max_len, @@max_allowed_packet)")
        told = [func.count(), func.min(key), func.max(key), most, joined]
        if way.with_nulls:
            told.append(functools.reduce(operator.add, (func.count(self.statements.table.c[name]) for name in columns)))
        query = sql.select(*told).where(self.statements.which(keys))
        return query.with_for_update() if lock else query

    def _parts(self, fields: t.Sequence[t.Any], null: str) -> list[t.Any]:
        parts: list[t.Any] = []
        for field in fields:
            parts += ["\t", self.statements.sql.func.coalesce(field, null)]
        return parts[1:]

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
        # numbers and times become text beside text; ENUM, SET, JSON .. are read as text, too
        return column if token_table.kind_of(kind) == "text" or _EXACT.fullmatch(kind) else sql.cast(column, sql.CHAR)

    def _needs_no_escapes(self, name: str) -> bool:
        kind = self._type(name)
        return self.is_bit(name) or bool(_APPROXIMATE.fullmatch(kind) or _EXACT.fullmatch(kind))

    def _type(self, name: str) -> str:
        return self.table.columns[self.table.position(name)].type
