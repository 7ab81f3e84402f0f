# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of archives back into a table, as every engine can: looked for, inserted, and read again as they are in the table now."""

from __future__ import annotations

import io
import itertools
import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.copy_text import key_of, texts_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import Sweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import FoundTable

# rows that are read, compared or inserted at a time
_BATCH = 500
# opens the rows of an archive, in COPY text, at their begin; as often as wanted
Rows = t.Callable[[], t.ContextManager[t.BinaryIO]]


@dataclass(frozen=True)
class Restored:
    """Rows that were put back, and rows that were there already with the same content."""

    rows: int
    present: int


def lines_of(archives: t.Iterable[Rows]) -> t.Iterator[bytes]:
    """All rows, one after the other."""
    for archive in archives:
        with archive() as rows:
            # a gzip file by itself is read line by line in Python
            yield from io.BufferedReader(t.cast("io.RawIOBase", rows))


def put_back(sweep: Sweep, columns: t.Sequence[str], lines: t.Iterable[bytes]) -> Restored:
    """Put the rows (COPY text with these columns) back; raises SessionsError when a row is there already with other content."""
    position = columns.index(sweep.table.key)
    new: set[int] = set()
    present: set[int] = set()
    for batch in _batches(lines):
        wanted = {key_of(line, position): line for line in batch}
        there = _rows_of(sweep, columns, wanted).keys()
        present.update(there - new)
        insert(sweep, columns, [line for key, line in wanted.items() if key not in there])
        new.update(wanted.keys() - there)
        found = _rows_of(sweep, columns, wanted)
        if any(found.get(key_of(line, position)) != line for line in batch):
            raise other_content(sweep.table)
    return Restored(len(new), len(present))


def insert(sweep: Sweep, columns: t.Sequence[str], lines: t.Sequence[bytes]) -> None:
    """Write rows of COPY text into the table, whatever is there."""
    rows = [{name: sweep.insertable(text, name) for name, text in zip(columns, texts_of(line, len(columns)))} for line in lines]
    if rows:
        sweep.connection.execute(sweep.statements.sql.insert(sweep.statements.table), rows)


def other_content(table: FoundTable) -> SessionsError:
    """The refusal to overwrite."""
    return SessionsError(
        f"{table.label} holds rows of these archives with other content (or cannot hold them exactly): nothing was put back."
    )


def _rows_of(sweep: Sweep, columns: t.Sequence[str], keys: t.Iterable[int]) -> dict[int, bytes]:
    position = columns.index(sweep.table.key)
    return {key_of(line, position): line for line in sweep.lines(columns, list(keys), lock=False)}


def _batches(lines: t.Iterable[bytes]) -> t.Iterator[list[bytes]]:
    rest = iter(lines)
    while batch := list(itertools.islice(rest, _BATCH)):
        yield batch
