# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of archives back into MySQL and MariaDB, thousands at a time: looked for, written, and read again as they are in the table now.

By LOAD DATA LOCAL where the server allows it, else by one INSERT. What either makes of a value is not trusted: the rows that were read
again have to be those of the archive, to the byte.
Sources: MySQL and MariaDB manuals: LOAD DATA (its escapes, and that LOCAL turns errors into warnings), string literals.
"""

from __future__ import annotations

import itertools
import re
import typing as t
from contextlib import suppress

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.copy_text import NULL, key_of, keys_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.threads import Ahead, Beside
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.mysql_rows import PIECE, MysqlSweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.rows_back import Restored, insert, other_content
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import KeyRange, Keys

if t.TYPE_CHECKING:
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.guarded_mysql import GuardedConnection

# bytes of one statement, where a packet may be as small as a megabyte, and of one LOAD DATA, whose packets are smaller
_STATEMENT, _LOAD = 1 << 18, 1 << 20
# bytes with which a batch is large enough: with one more piece it is still read again in one packet, be that as small as a megabyte
_BATCH = 1 << 19
# two of COPY's escapes mean nothing to the server, which takes the characters themselves
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_THEMSELVES = {b"f": b"\f", b"v": b"\v"}
_QUOTED_NULL = b"'%b'" % NULL


# keys above the first up to and including the second one
_Span = tuple[int, int]
_NOWHERE: _Span = (0, 0)


class _Batch(t.NamedTuple):
    """Lines of an archive, by their keys, and whether two of one key differ."""

    lines: dict[int, bytes]
    differ: bool


def put_back(sweep: MysqlSweep, beside: MysqlSweep | None, columns: t.Sequence[str], lines: t.Iterable[bytes]) -> Restored:
    """See ``TokenStore.restoring``; raises SessionsError when a row is not in the table afterwards as the archive has it.

    ``beside``: of a connection that sees what is not committed yet.
    """
    # they are unpacked and sorted while the server is at work
    batches = Ahead(_batches(lines, columns.index(sweep.table.key)))
    comparison = _Comparison(sweep, beside, columns)
    try:
        return _put_back(sweep, columns, batches, comparison)
    finally:
        batches.end()
        comparison.abandon()


def _put_back(sweep: MysqlSweep, columns: t.Sequence[str], batches: t.Iterable[_Batch], comparison: _Comparison) -> Restored:
    writer, tally, gap = _Writer(sweep, columns), _Tally(), _Gap(sweep)
    position = columns.index(sweep.table.key)
    for wanted, differ in batches:
        span = (min(wanted) - 1, max(wanted))
        free = gap.holds(span)
        there = set() if free else {key_of(line, position) for line in _rows_of(sweep, columns, list(wanted)).splitlines(keepends=True)}
        tally.add(wanted.keys(), there, span if free else None)
        comparison.make_way(span)
        writer.write([line for key, line in wanted.items() if key not in there])
        if differ:
            raise other_content(sweep.table)
        comparison.go_on(wanted, span if free else None)
    comparison.end()
    return tally.told


def _batches(lines: t.Iterable[bytes], position: int) -> t.Iterator[_Batch]:
    rest = iter(lines)
    while batch := _enough(rest):
        wanted = dict(zip(keys_of(batch, position), batch))
        # two lines of one key are one row, and have to be the same
        yield _Batch(wanted, len(batch) != len(wanted) and set(batch) != set(wanted.values()))


def _enough(rest: t.Iterator[bytes]) -> list[bytes]:
    """The next lines; none at the end."""
    batch: list[bytes] = []
    size = 0
    while size < _BATCH and (piece := list(itertools.islice(rest, PIECE))):
        batch += piece
        size += sum(map(len, piece))
    return batch


def _are_equal(found: bytes, wanted: t.Mapping[int, bytes]) -> bool:
    """Archives nearly always have the order in which the rows are read."""
    return found == b"".join(wanted.values()) or found == b"".join(wanted[key] for key in sorted(wanted))


class _Comparison:
    """Whether a batch is in the table as the archive has it: asked by the connection beside, while the next batch is written.

    What that one does not see is asked of the connection that wrote it.
    """

    def __init__(self, sweep: MysqlSweep, beside: MysqlSweep | None, columns: t.Sequence[str]) -> None:
        self._sweep, self._beside, self._columns = sweep, beside, columns
        self._asked: tuple[Keys, t.Mapping[int, bytes]] | None = None
        self._asking: Beside | None = None
        self._span = _NOWHERE

    def go_on(self, wanted: t.Mapping[int, bytes], span: _Span | None) -> None:
        """With this batch, which has all rows of the span, where one is given; raises SessionsError when the one before is not there so."""
        self.end()
        keys = KeyRange(*span) if span else list(wanted)
        beside = self._beside
        if not beside:
            self._check(self._sweep, keys, wanted)
            return
        self._asked, self._span = (keys, wanted), span or _NOWHERE
        self._asking = Beside(lambda: self._check(beside, keys, wanted))

    def make_way(self, span: _Span) -> None:
        """Before rows come into it: the answer of a batch that had all rows between such keys is waited for."""
        if span[0] < self._span[1] and self._span[0] < span[1]:
            self.end()

    def end(self) -> None:
        """Raises SessionsError when the last batch is not there so."""
        asked, self._asked = self._asked, None
        if asked and not self._was_seen():
            self._beside = None
            self._check(self._sweep, *asked)

    def abandon(self) -> None:
        """Until the connection beside is free."""
        self._was_seen()

    def _was_seen(self) -> bool:
        asking, self._asking = self._asking, None
        with suppress(Exception):
            if asking:
                asking.end()
                return True
        return False

    def _check(self, sweep: MysqlSweep, keys: Keys, wanted: t.Mapping[int, bytes]) -> None:
        if not _are_equal(_rows_of(sweep, self._columns, keys), wanted):
            raise other_content(sweep.table)


class _Gap:
    """Where the table has no row: asked once for many batches, which lie one behind the other. Nobody else's rows come meanwhile."""

    def __init__(self, sweep: MysqlSweep) -> None:
        self._first_key = sweep.first_key
        self._after: int | None = None
        self._next: int | None = None

    def holds(self, span: _Span) -> bool:
        """Whether no row has a key above the first up to and including the second one. If so, it is taken for filled from then on."""
        after, upto = span
        if self._after is None or after < self._after or (self._next is not None and upto >= self._next):
            self._after, self._next = after, self._first_key(KeyRange(after))
        free = self._next is None or upto < self._next
        self._after = upto if free else None
        return free


class _Tally:
    """Which rows were written, and which were there before. Of most batches no more is kept than between which keys they were."""

    def __init__(self) -> None:
        self._rows = 0
        self._spans: list[_Span] = []
        self._new: set[int] = set()
        self._present: set[int] = set()

    def add(self, keys: t.AbstractSet[int], there: t.AbstractSet[int], span: _Span | None) -> None:
        """``span``: the one of the keys where the table had no row at all, so that each in it will be one of these."""
        if span:
            self._rows += len(keys)
            self._spans.append(span)
            return
        near = [one for one in self._spans if one[0] < max(keys) and min(keys) <= one[1]]
        own = {key for key in there if key in self._new or any(after < key <= upto for after, upto in near)}
        self._present |= there - own
        self._new |= keys - there

    @property
    def told(self) -> Restored:
        """How many they are."""
        return Restored(self._rows + len(self._new), len(self._present))


def _rows_of(sweep: MysqlSweep, columns: t.Sequence[str], keys: Keys) -> bytes:
    return sweep.joined(columns, keys, lock=False)[0]


class _Writer:
    """Writes lines of COPY text into the table."""

    def __init__(self, sweep: MysqlSweep, columns: t.Sequence[str]) -> None:
        self._sweep, self._columns, self._connection = sweep, columns, sweep.connection
        quote = self._connection.dialect.identifier_preparer.quote
        # these texts have no parameters: no % is halved on the way
        self._table = f"{quote(sweep.table.schema)}.{quote(sweep.table.name)}" % ()
        self._names = [quote(name) % () for name in columns]
        # a bit takes a number, everything else its text
        self._bits = {number: f"@bit{number}" for number, name in enumerate(columns) if sweep.is_bit(name)}
        self._may_load = bool(self._connection.exec_driver_sql("SELECT @@local_infile").scalar_one())

    def write(self, lines: t.Sequence[bytes]) -> None:
        """These rows, in as many statements as their size takes."""
        if self._may_load:
            self._by(self._load, lines, _LOAD)
        elif self._bits:
            # the way of every engine
            insert(self._sweep, self._columns, lines)
        else:
            self._by(self._insert, lines, _STATEMENT)

    def _by(self, way: t.Callable[[bytes], object], lines: t.Sequence[bytes], size: int) -> None:
        for some in _of_size(lines, size):
            way(_for_the_server(some))

    def _load(self, text: bytes) -> None:
        into = ", ".join(self._bits.get(number, name) for number, name in enumerate(self._names))
        numbers = ", ".join(f"{self._names[number]} = CAST({bit} AS unsigned)" for number, bit in self._bits.items())
        statement = (
            f"LOAD DATA LOCAL INFILE 'rows' INTO TABLE {self._table} CHARACTER SET utf8mb4 "
            f"FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' ({into})"
        )
        driver: GuardedConnection = t.cast("t.Any", self._connection.connection.driver_connection)
        driver.load(f"{statement} SET {numbers}" if numbers else statement, text)

    def _insert(self, text: bytes) -> None:
        rows = text[:-1].replace(b"'", b"\\'").replace(b"\t", b"','").replace(b"\n", b"'),('")
        # between quotes that are no value's own, so that no value can be taken for it
        values = b"('%b')" % rows
        into = f"INSERT INTO {self._table} ({', '.join(self._names)}) VALUES "  # noqa: S608  quoted names
        statement = into + values.replace(_QUOTED_NULL, b"NULL").decode()
        self._connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _of_size(lines: t.Sequence[bytes], limit: int) -> t.Iterator[bytes]:
    """The lines, as many together as a statement may hold. ``limit``: its bytes."""
    whole = b"".join(lines)
    if len(whole) <= limit:
        yield from [whole] if whole else []
        return
    some: list[bytes] = []
    size = 0
    for line in lines:
        if some and size + len(line) > limit:
            yield b"".join(some)
            some, size = [], 0
        some.append(line)
        size += len(line)
    if some:
        yield b"".join(some)


def _for_the_server(text: bytes) -> bytes:
    if b"\\f" not in text and b"\\v" not in text:
        return text
    return _ESCAPE.sub(lambda found: _THEMSELVES.get(found[1], found[0]), text)
