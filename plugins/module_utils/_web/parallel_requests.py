# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request for each of many names, several at a time over kept connections, and how far that is."""

from __future__ import annotations

import threading
import time
import typing as t
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.live_progress import Progress, grown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site

# between two looks at the lock, each with a note
_NOTE_SECONDS = 3.0

Note = t.Callable[[t.Optional[Progress]], None]
# whether the product knows the name; raises SessionsError
Ask = t.Callable[[Site, str], bool]


def noted_by_nobody(_progress: Progress | None) -> None:
    """Nothing goes on from here."""


class Names:
    """Names that several threads take, each once, until ``seconds`` are over (0: until there are no more)."""

    def __init__(self, names: t.Sequence[str], seconds: float = 0.0, before: Progress | None = None) -> None:
        self._names, self._lock, self._stopped = names, threading.Lock(), False
        self._ends = time.monotonic() + seconds if seconds else 0.0
        self._taken = self._asked = self._known = 0
        # of names that came back before those that were taken before them
        self._early: dict[int, bool] = {}
        self._progress = before

    def __iter__(self) -> t.Iterator[int]:
        """Numbers of names."""
        while True:
            with self._lock:
                over = self._stopped or (self._ends and time.monotonic() >= self._ends)
                if over or self._taken == len(self._names):
                    return
                self._taken += 1
                number = self._taken - 1
            yield number

    def __getitem__(self, number: int) -> str:
        return self._names[number]

    def done(self, number: int, known: bool) -> None:
        """The sessions of that one are ended."""
        with self._lock:
            self._early[number] = known

    def stop(self) -> None:
        """No other one is given out."""
        self._stopped = True

    def progress(self) -> Progress | None:
        """Those that are done without a gap."""
        with self._lock:
            while self._asked in self._early:
                known = self._early.pop(self._asked)
                self._progress = grown(self._progress, self._names[self._asked], known)
                self._asked += 1
                self._known += known
            return self._progress

    def counts(self) -> tuple[int, int]:
        """Of those without a gap: how many the product knows, and how many it does not."""
        return self._known, self._asked - self._known


def each(site: Site, names: Names, parallel: int, ask: Ask, note: Note) -> None:
    """Ask for each of them; ``note`` is told how far it is, every few seconds, and at the end, whatever that is.

    Raises SessionsError when ``ask`` or ``note`` does; no other one is begun then.
    """
    many = max(1, parallel)

    def some() -> None:
        kept = site.kept()
        try:
            for number in names:
                names.done(number, ask(kept, names[number]))
        except SessionsError:
            names.stop()
            raise
        finally:
            kept.leave()

    with ThreadPoolExecutor(max_workers=many) as pool:
        works = [pool.submit(some) for _number in range(many)]
        try:
            _watched(works, lambda: note(names.progress()))
        finally:
            names.stop()
    note(names.progress())
    for work in works:
        work.result()


def _watched(works: t.Collection[Future[None]], look: t.Callable[[], None]) -> None:
    """Until all have come back, or one with an error."""
    while True:
        look()
        done, going = wait(works, _NOTE_SECONDS, FIRST_EXCEPTION)
        if not going or any(work.exception() for work in done):
            return
