# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deletes all tokens: each row is on disk, and read back, before its deletion commits.

A first sweep takes nearly all rows without keeping anybody out. The last one locks the writers out, looks at the whole table again,
and its commit is the cut-off: what is there afterwards was made afterwards.
"""

from __future__ import annotations

import typing as t
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import description
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.copy_text import Lines, keys_of, texts_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import Draft, RunFolder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.key_bits import KeyBits
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.reading import Locked
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.adds_up import check_total, unexplained
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.source import Source
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.when_free import Clock, Result, pauses, when_free
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import Changed, CommitUnknown, Contended
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import ALL, KeyRange, Keys, Sweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import FoundTable

# rows of one range where tokens are updated on use: a client waits as long as one range takes
RANGE = 50_000
_KEYS = 500
_LINES = 10_000

Owned = t.Callable[[], t.ContextManager[None]]


class Account:
    """What is asked of a transaction, of one table. Here nothing: more sweeps come, and nothing has to add up yet."""

    def begin(self, sweep: Sweep) -> None:
        """Before a row is moved out, with the locks of the transaction."""

    def check(self, sweep: Sweep, last: description.Archive | None) -> None:
        """Takes the sweep and what it moved out; raises SessionsError when that must not become real."""


@dataclass(frozen=True)
class Share:
    """What one transaction moves out of one table."""

    source: Source
    keys: Keys
    account: Account

    @property
    def table(self) -> FoundTable:
        """The table."""
        return self.source.look.table


class Mover:
    """Moves rows out of tables into archives of the run, one for each table, as often as others make it necessary.

    ``owned`` is entered around every commit, and raises when the run is no longer this start's.
    """

    def __init__(self, folder: RunFolder, run_id: str, owned: Owned, clock: Clock, lock_wait: int) -> None:
        self._folder, self._run_id, self._owned, self._clock, self._lock_wait = folder, run_id, owned, clock, lock_wait
        self.archives: list[description.Archive] = []
        self.sweeps = self.retries = 0
        self.longest_wait = 0.0
        self.cut_off = ""

    @property
    def rows(self) -> int:
        """Rows that were archived and deleted."""
        return sum(archive.rows for archive in self.archives)

    def archives_of(self, table: FoundTable) -> list[description.Archive]:
        """Those of one table."""
        return [one for one in self.archives if description.is_archive(Path(one.path).name, False, table.name)]

    def move(self, shares: t.Sequence[Share], locked: bool) -> None:
        """One sweep, in one transaction; tried again, with growing pauses, while others hold a table.

        Raises SessionsError when they do for too long.
        """
        end = self._clock.now() + self._lock_wait
        for pause in pauses():
            began = self._clock.now()
            try:
                self._move_once(shares, locked)
            except Changed:
                # nobody was waited for, however long it took
                self.retries += 1
                end = self._clock.now() + self._lock_wait
            except Contended:
                self._note_wait(began)
                self.retries += 1
                if self._clock.now() + pause > end:
                    break
                self._clock.sleep(pause)
            else:
                return
        tables = " or ".join(share.table.label for share in shares)
        blockers = "; ".join(dict.fromkeys(share.source.store.blockers(share.table) for share in shares))
        raise SessionsError(
            f"{tables} is held by {blockers}; {self._lock_wait} s were not enough (lock_wait). "
            f"End that session, or wait for it, then resume.{'' if self.archives else ' Nothing was deleted.'}"
        )

    def when_free(self, act: t.Callable[[], Result]) -> Result:
        """A read, with the same patience."""
        return when_free(act, self._clock, self._lock_wait)

    @contextmanager
    def telling(self) -> t.Iterator[None]:
        """A refusal inside that comes after a commit ends with what has become real so far."""
        try:
            yield
        except SessionsError as error:
            if not self.archives:
                raise
            told = f"{self.rows} rows are archived and deleted so far: {description.paths_told(self.archives)}."
            raise type(error)(f"{error} {told}") from None

    def _move_once(self, shares: t.Sequence[Share], locked: bool) -> None:
        began = self._clock.now()
        with ExitStack() as stack:
            drafts = [stack.enter_context(self._folder.draft(share.source.header(self._run_id), share.table.key)) for share in shares]
            sweeps = _sweeps(stack, shares, locked)
            self._note_wait(began)
            archives = [_moved_out(*one) for one in zip(shares, drafts, sweeps)]
            for share, sweep, archive in zip(shares, sweeps, archives):
                share.account.check(sweep, archive)
            cut_off = sweeps[0].now()
            written = [archive for archive in archives if archive]
            with self._owned():
                _commit(drafts, sweeps[0], written)
        self.archives += written
        self.sweeps += 1
        self.cut_off = cut_off

    def _note_wait(self, began: float) -> None:
        self.longest_wait = max(self.longest_wait, self._clock.now() - began)


def purge(accounts: t.Sequence[Accounts], mover: Mover, single_sweep: bool) -> None:
    """Delete every row of every table; the last sweep takes all of them in one transaction.

    Raises SessionsError when that, or the proof of it, fails; what was committed stays, with its archives.
    """
    for account in accounts:
        # no client waits for long at an empty table
        if account.source.store.two_sweeps and account.source.look.rows and not single_sweep:
            _sweep_ranges(account.source, mover)
    for account in accounts:
        account.add_up(mover.archives_of(account.source.look.table), clients=not single_sweep)
    mover.move([Share(account.source, ALL, account) for account in accounts], locked=True)


class Accounts(Account):
    """Whether the rows of a purge of one table add up to what was expected, and what it spares is still there."""

    def __init__(self, source: Source, folder: RunFolder, expected: int) -> None:
        self.source = source
        self._table, self._folder, self._expected = source.look.table, folder, expected
        self._earlier = folder.archives(backup=False, table=self._table.name)
        self._archived = 0
        self._swept: list[Path] = []
        self._gone: KeyBits | None = None
        self._before = 0
        self.spared = 0

    def foresee(self, when_free: t.Callable[[t.Callable[[], KeyBits]], KeyBits]) -> None:
        """Before anything is deleted: raises SessionsError when rows are missing already that nothing explains."""
        found, gone = self.source.look.rows, KeyBits()
        if self._missing(found) and self._backed_up:
            # counted anew, in the state of the table that tells which rows of the backup have gone
            there = when_free(self._there)
            found, gone = len(there), self._backed_up - there
        self._check_total(found, gone, "Nothing was deleted.")

    def begin(self, sweep: Sweep) -> None:
        """Count what is spared."""
        self._before = sweep.spared(lock=True)

    def add_up(self, archives: t.Sequence[description.Archive], clients: bool) -> None:
        """Count what is archived before the last sweep. With ``clients``, who wait for its lock, little is left to do under that."""
        self._archived = sum(archive.rows for archive in archives)
        self._swept = [Path(archive.path) for archive in archives]
        if clients and self._missing(0):
            self._gone = self._backed_up_alone()

    def check(self, sweep: Sweep, last: description.Archive | None) -> None:
        """Raises SessionsError when a row is left, when one went that is spared, or when rows are missing that nothing explains."""
        left = sweep.remaining()
        if left:
            raise SessionsError(f"Unsuccessful: {left} rows are left in {self._table.label} after the last sweep, which was rolled back.")
        self.spared = sweep.spared(lock=True)
        if self.spared != self._before:
            raise SessionsError(
                f"Unsuccessful: of {self._before} rows in {self._table.label} that are to stay {self.spared} were left by the last sweep, "
                "which was rolled back."
            )
        rows = last.rows if last else 0
        if self._missing(rows):
            gone = self._backed_up_alone() if self._gone is None else self._gone
            gone = gone - self._keys([Path(last.path)] if last else [])
            self._check_total(self._archived + rows, gone, "The last sweep was rolled back.")

    def _check_total(self, found: int, gone: KeyBits, undone: str) -> None:
        check_total(self._table.label, self._expected, found, self._folder.rows(self._earlier), len(gone), undone)

    def _missing(self, rows: int) -> int:
        return unexplained(self._expected, self._archived + rows, self._folder.rows(self._earlier), 0)

    def _backed_up_alone(self) -> KeyBits:
        """What no archive before the last sweep has."""
        return self._backed_up - self._keys(self._swept)

    @cached_property
    def _backed_up(self) -> KeyBits:
        """What was backed up, and no earlier start has archived."""
        return self._keys(self._folder.archives(backup=True, table=self._table.name)) - self._keys(self._earlier)

    def _there(self) -> KeyBits:
        """What is in the table now."""
        there = KeyBits()
        self.source.store.copy(self._table, Lines(lambda lines: there.add(keys_of(lines, 0))), [self._table.key])
        return there

    def _keys(self, archives: t.Iterable[Path]) -> KeyBits:
        position = self._table.position(self._table.key)
        lines = (line for path in archives for line in self._lines(path) if self._treated(line))
        parts = iter(lambda: list(islice(lines, _LINES)), [])
        return KeyBits(key for part in parts for key in keys_of(part, position))

    def _lines(self, path: Path) -> t.Iterator[bytes]:
        """What nobody can read here explains nothing."""
        with suppress(Locked):
            yield from self._folder.lines(path)

    def _treated(self, line: bytes) -> bool:
        """A backup may hold the rows of more users: those explain nothing."""
        table, owners = self._table, self._table.owners
        return owners is None or owners.treat(texts_of(line, len(table.columns))[table.position(table.user)])


def _sweep_ranges(source: Source, mover: Mover) -> None:
    ranges = _ranges(source, mover)
    with source.store.history_kept() if len(ranges) > 1 else nullcontext():
        for keys in ranges:
            mover.move([Share(source, keys, Account())], locked=False)


def _ranges(source: Source, mover: Mover) -> list[KeyRange]:
    """The whole table, in ranges of keys where one long transaction would keep clients waiting."""
    table, store = source.look.table, source.store
    bounds: list[int | None] = [None, None]
    if store.ranged or table.series:
        bounds[1:1] = mover.when_free(partial(store.upper_keys, table, RANGE))
    return [KeyRange(*one) for one in zip(bounds, bounds[1:])]


def _parts(keys: Keys) -> t.Iterator[Keys]:
    """Single keys in statements of a size that every engine takes."""
    if isinstance(keys, KeyRange):
        yield keys
        return
    for begin in range(0, len(keys), _KEYS):
        yield keys[begin : begin + _KEYS]


def _sweeps(stack: ExitStack, shares: t.Sequence[Share], locked: bool) -> list[Sweep]:
    """A transaction in which all of them are locked, in this order, before a row is looked at."""
    first, *others = shares
    sweep = stack.enter_context(first.source.store.sweep(first.table, locked))
    return [sweep, *(share.source.store.sweep_beside(sweep, share.table) for share in others)]


def _moved_out(share: Share, draft: Draft, sweep: Sweep) -> description.Archive | None:
    share.account.begin(sweep)
    try:
        return draft.finish(sum(sweep.move_out(draft.sink, part) for part in _parts(share.keys)))
    finally:
        sweep.settle()


def _commit(drafts: t.Sequence[Draft], sweep: Sweep, archives: t.Sequence[description.Archive]) -> None:
    for draft in drafts:
        draft.keep()
    try:
        sweep.commit()
    except CommitUnknown as error:
        paths = " and ".join(archive.path for archive in archives)
        kept = f" Their archive{'s' if len(archives) > 1 else ''} {paths} {'are' if len(archives) > 1 else 'is'} kept." if archives else ""
        raise CommitUnknown(f"{error}{kept}") from None
    except SessionsError:
        for draft in drafts:
            draft.discard()
        raise
