# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks whether anything of the archives is in the table again: by key, by token and, where tokens rotate, by series.

A request that read a token before the purge may have written its successor after it; that login is as dead as the token that it came from.
"""

from __future__ import annotations

import io
import typing as t
from dataclasses import dataclass, replace
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.copy_text import NULL, fields_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import RunFolder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.reading import Locked
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.purge import Account, Mover, Share
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.source import Source


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
    """Compare the table as it is now, held in memory, with the archives, read as a stream."""
    table = source.look.table
    names = [name for name in (table.key, table.token, table.series) if name]
    current = io.BytesIO()
    source.store.copy(table, current, names)
    rows = [fields_of(line) for line in current.getvalue().splitlines()]
    unread: list[str] = []
    found = match(rows, _archived_fields(folder, table.name, [table.position(name) for name in names], unread))
    return replace(found, unread=tuple(unread))


def match(current: t.Sequence[t.Sequence[bytes]], archived: t.Iterable[t.Sequence[bytes]]) -> Found:
    """The rows now (key, token and perhaps series, as written in COPY text) that share one of these with an archived row."""
    holders = [_holders(current, position) for position in range(len(current[0]) if current else 0)]
    keys: set[bytes] = set()
    checked = 0
    for row in archived:
        checked += 1
        for held, value in zip(holders, row):
            keys.update(held.get(value, ()))
    return Found(sorted(map(int, keys)), checked)


def _holders(rows: t.Sequence[t.Sequence[bytes]], position: int) -> dict[bytes, list[bytes]]:
    """The keys of the rows by their value at that position; NULL is nobody's value."""
    holders: dict[bytes, list[bytes]] = {}
    for row in rows:
        if row[position] != NULL:
            holders.setdefault(row[position], []).append(row[0])
    return holders


def _archived_fields(folder: RunFolder, table: str, positions: t.Sequence[int], unread: list[str]) -> t.Iterator[list[bytes]]:
    """Of every archive; ``unread`` is filled with what is said of those to which this run has no key any more."""
    for path in folder.archives(backup=False, table=table):
        for line in _lines(folder, path, unread):
            fields = fields_of(line)
            yield [fields[position] for position in positions]


def _lines(folder: RunFolder, path: Path, unread: list[str]) -> t.Iterator[bytes]:
    try:
        yield from folder.lines(path)
    except Locked as error:
        unread.append(f"{str(error).rstrip('.')}, so whether one of its tokens came back is not known")
