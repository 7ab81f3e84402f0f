# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks whether anything of the archives is in the table again: by key, by token and, where tokens rotate, by series.

A request that read a token before the purge may have written its successor after it; that login is as dead as the token that it came from.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.copy_text import NULL, Lines, fields_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import RunFolder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.reading import Locked
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.purge import Account, Mover, Share
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.source import Source

# key, token and perhaps series, as they are written in COPY text
Row = t.Sequence[bytes]
Take = t.Callable[[Row], None]
# hands on each row of the table as it is now
Read = t.Callable[[Take], object]


@dataclass(frozen=True)
class Found:
    """Keys of rows that match, and how many archived rows were compared; ``unread``: a sentence for each archive that could not be."""

    keys: list[int]
    checked: int
    unread: tuple[str, ...] = ()


def delete_leftovers(mover: Mover, sources: t.Sequence[Source], found: t.Sequence[Found]) -> None:
    """Archive and delete the rows of these keys, of each table."""
    shares = [Share(source, one.keys, Account()) for source, one in zip(sources, found) if one.keys]
    if shares:
        mover.move(shares, locked=True)


def find_leftovers(source: Source, folder: RunFolder) -> Found:
    """Compare the table as it is now with the archives: what has fewer rows is held in memory, the other is read as a stream."""
    table = source.look.table
    names = [name for name in (table.key, table.token, table.series) if name]
    archives = folder.archives(backup=False, table=table.name)
    unread: list[str] = []
    archived = _archived_fields(folder, archives, [table.position(name) for name in names], unread)
    match = match_held_table if source.look.rows < folder.rows(archives) else match_held_archives
    found = match(lambda take: source.store.copy(table, Lines(partial(_hand_on, take)), names), archived)
    return replace(found, unread=tuple(unread))


def match_held_table(read: Read, archived: t.Iterable[Row]) -> Found:
    """The rows now that share a value of a column with an archived row; NULL is nobody's value. Holds the rows now."""
    held: dict[int, dict[bytes, list[bytes]]] = defaultdict(lambda: defaultdict(list))

    def hold(row: Row) -> None:
        for position, value in enumerate(row):
            if value != NULL:
                held[position][value].append(row[0])

    read(hold)
    keys: set[bytes] = set()
    checked = 0
    for row in archived:
        checked += 1
        for position, value in enumerate(row):
            keys.update(held[position].get(value, ()))
    return Found(sorted(map(int, keys)), checked)


def match_held_archives(read: Read, archived: t.Iterable[Row]) -> Found:
    """The same. Holds the archived values."""
    held: dict[int, set[bytes]] = defaultdict(set)
    checked = 0
    for row in archived:
        checked += 1
        for position, value in enumerate(row):
            if value != NULL:
                held[position].add(value)
    keys: set[bytes] = set()

    def look(row: Row) -> None:
        if any(value in held[position] for position, value in enumerate(row)):
            keys.add(row[0])

    read(look)
    return Found(sorted(map(int, keys)), checked)


def _hand_on(take: Take, lines: t.Iterable[bytes]) -> None:
    for line in lines:
        take(fields_of(line))


def _archived_fields(
    folder: RunFolder, archives: t.Iterable[Path], positions: t.Sequence[int], unread: list[str]
) -> t.Iterator[list[bytes]]:
    """Of every archive; ``unread`` is filled with what is said of those to which this run has no key any more."""
    for path in archives:
        for line in _lines(folder, path, unread):
            fields = fields_of(line)
            yield [fields[position] for position in positions]


def _lines(folder: RunFolder, path: Path, unread: list[str]) -> t.Iterator[bytes]:
    try:
        yield from folder.lines(path)
    except Locked as error:
        unread.append(f"{str(error).rstrip('.')}, so whether one of its tokens came back is not known")
