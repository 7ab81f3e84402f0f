# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deletes all tokens: each row is on disk, and read back, before its deletion commits.

A first sweep takes nearly all rows without keeping anybody out. The last one locks the writers out, looks at the whole table again,
and its commit is the cut-off: what is there afterwards was made afterwards.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import description
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.copy_text import fields_of, texts_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import Draft, RunFolder, lines_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.source import Source
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import CommitUnknown, Contended
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import ALL, KeyRange, Keys, Sweep

# rows of one range where tokens are updated on use: a client waits as long as one range takes
RANGE = 50_000
_KEYS = 500

Result = t.TypeVar("Result")
Owned = t.Callable[[], t.ContextManager[None]]
# takes the sweep and what it moved out; raises SessionsError when that must not become real
Check = t.Callable[[Sweep, t.Optional[description.Archive]], None]


@dataclass(frozen=True)
class Clock:
    """Seconds that only grow, and a way to let them pass."""

    now: t.Callable[[], float]
    sleep: t.Callable[[float], None]


def when_free(act: t.Callable[[], Result], clock: Clock, seconds: float) -> Result:
    """What ``act`` returns; tried again, with growing pauses, while others are in the way. Raises Contended when they are for too long."""
    end, pauses = clock.now() + seconds, description.pauses()
    while True:
        pause = next(pauses)
        try:
            return act()
        except Contended:
            if clock.now() + pause > end:
                raise
        clock.sleep(pause)


class Mover:
    """Moves rows out of the table into archives of the run, one transaction each, as often as others make it necessary.

    ``owned`` is entered around every commit, and raises when the run is no longer this start's.
    """

    def __init__(self, source: Source, folder: RunFolder, run_id: str, owned: Owned, clock: Clock, lock_wait: int) -> None:
        self._source, self._folder, self._owned, self._clock, self._lock_wait = source, folder, owned, clock, lock_wait
        self._header = source.header(run_id)
        self.archives: list[description.Archive] = []
        self.sweeps = self.retries = 0
        self.longest_wait = 0.0
        self.cut_off = ""

    @property
    def rows(self) -> int:
        """Rows that were archived and deleted."""
        return sum(archive.rows for archive in self.archives)

    def move(self, keys: Keys, locked: bool, check: Check) -> None:
        """One sweep; tried again, with growing pauses, while others hold the table. Raises SessionsError when they do for too long."""
        end = self._clock.now() + self._lock_wait
        for pause in description.pauses():
            began = self._clock.now()
            try:
                self._move_once(keys, locked, check)
            except Contended:
                self._note_wait(began)
                self.retries += 1
                if self._clock.now() + pause > end:
                    break
                self._clock.sleep(pause)
            else:
                return
        table = self._source.look.table
        raise SessionsError(
            f"{table.label} is held by {self._source.store.blockers(table)}; {self._lock_wait} s were not enough (lock_wait). "
            f"End that session, or wait for it, then resume. {self.told}"
        )

    def when_free(self, act: t.Callable[[], Result]) -> Result:
        """A read, with the same patience."""
        return when_free(act, self._clock, self._lock_wait)

    @property
    def told(self) -> str:
        """What has become real so far."""
        return f"{self.rows} rows are archived and deleted so far." if self.archives else "Nothing was deleted."

    def _move_once(self, keys: Keys, locked: bool, check: Check) -> None:
        began = self._clock.now()
        table, store = self._source.look.table, self._source.store
        with self._folder.draft(self._header, table.key) as draft, store.sweep(table, locked) as sweep:
            self._note_wait(began)
            archive = draft.finish(sum(sweep.move_out(draft.sink, part) for part in _parts(keys)))
            check(sweep, archive)
            cut_off = sweep.now()
            with self._owned():
                _commit(draft, sweep, archive)
        self.archives += [archive] if archive else []
        self.sweeps += 1
        self.cut_off = cut_off

    def _note_wait(self, began: float) -> None:
        self.longest_wait = max(self.longest_wait, self._clock.now() - began)


def purge(source: Source, folder: RunFolder, mover: Mover, single_sweep: bool, expected: int) -> None:
    """Delete every row. Raises SessionsError when that, or the proof of it, fails; what was committed stays, with its archives."""
    accounts = Accounts(source, folder, expected)
    if source.store.two_sweeps and not single_sweep:
        for keys in _ranges(source, mover):
            mover.move(keys, locked=False, check=_no_check)
    accounts.add_up(mover.archives)
    mover.move(ALL, locked=True, check=accounts.check)


class Accounts:
    """Whether the rows of a purge add up to what was expected."""

    def __init__(self, source: Source, folder: RunFolder, expected: int) -> None:
        self._table, self._folder, self._expected = source.look.table, folder, expected
        self._earlier = folder.archives(backup=False)
        self._archived = 0
        self._gone: set[bytes] = set()

    def add_up(self, archives: t.Sequence[description.Archive]) -> None:
        """Count what is archived before the last sweep, so that little is left to do under its lock."""
        self._archived = sum(archive.rows for archive in archives)
        if self._missing(0):
            self._gone = self._keys(self._folder.archives(backup=True))
            self._gone -= self._keys([*self._earlier, *(Path(archive.path) for archive in archives)])

    def check(self, sweep: Sweep, last: description.Archive | None) -> None:
        """Raises SessionsError when a row is left, or when rows are missing that nothing explains."""
        left = sweep.remaining()
        if left:
            raise SessionsError(f"Unsuccessful: {left} rows are left in {self._table.label} after the last sweep, which was rolled back.")
        rows = last.rows if last else 0
        if self._missing(rows):
            gone = self._gone - (self._keys([Path(last.path)]) if last else set())
            description.check_total(self._table.label, self._expected, self._archived + rows, self._folder.rows(self._earlier), len(gone))

    def _missing(self, rows: int) -> int:
        return description.unexplained(self._expected, self._archived + rows, self._folder.rows(self._earlier), 0)

    def _keys(self, archives: t.Iterable[Path]) -> set[bytes]:
        position = self._table.position(self._table.key)
        return {fields_of(line)[position] for path in archives for line in lines_of(path) if self._treated(line)}

    def _treated(self, line: bytes) -> bool:
        """A backup may hold the rows of more users: those explain nothing."""
        table, owners = self._table, self._table.owners
        return owners is None or owners.treat(texts_of(line, len(table.columns))[table.position(table.user)])


def _ranges(source: Source, mover: Mover) -> t.Iterator[KeyRange]:
    """The whole table, in ranges of keys where one long transaction would keep clients waiting."""
    table, store = source.look.table, source.store
    after = None
    if store.ranged or table.series:
        while (upto := mover.when_free(partial(store.upper_key, table, after, RANGE))) is not None:
            yield KeyRange(after, upto)
            after = upto
    yield KeyRange(after)


def _parts(keys: Keys) -> t.Iterator[Keys]:
    """Single keys in statements of a size that every engine takes."""
    if isinstance(keys, KeyRange):
        yield keys
        return
    for begin in range(0, len(keys), _KEYS):
        yield keys[begin : begin + _KEYS]


def _no_check(_sweep: Sweep, _archive_of_it: description.Archive | None) -> None:
    """More sweeps come: nothing has to add up yet."""


def _commit(draft: Draft, sweep: Sweep, archive: description.Archive | None) -> None:
    draft.keep()
    try:
        sweep.commit()
    except CommitUnknown as error:
        kept = f" Their archive {archive.path} is kept." if archive else ""
        raise CommitUnknown(f"{error}{kept}") from None
    except SessionsError:
        draft.discard()
        raise
