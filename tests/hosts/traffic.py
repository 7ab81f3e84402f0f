# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users who work all the time, through the load balancer: what a roll must not let them see, and what it must."""

from __future__ import annotations

import http.client
import threading
import time
import typing as t
from collections import Counter

from tests.hosts.visitor import Place, Visitor

# as long as a page takes, so that requests are under way at any moment
_PAGE_MILLISECONDS = 20
_PAUSE = 0.5


class Traffic:
    """``with Traffic(..) as traffic``: each visitor looks at a page, again and again, and signs in when he is asked to.

    ``counts``: ``seen`` pages as the user, ``signed_in`` again (the purpose of a run), ``failed`` requests; ``failures`` says how and when.
    """

    def __init__(self, balancer: Place, visitors: t.Sequence[Visitor]) -> None:
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []
        self._balancer = balancer
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._began = time.monotonic()
        self._threads = [threading.Thread(target=self._work, args=(visitor,)) for visitor in visitors]

    def __enter__(self) -> t.Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def requests(self) -> int:
        """How many there were."""
        return sum(self.counts.values())

    def _work(self, visitor: Visitor) -> None:
        while not self._over.wait(_PAUSE):
            try:
                self._count(*self._look(visitor))
            except (OSError, http.client.HTTPException) as error:
                self._count("failed", f"{visitor.user}: {type(error).__name__} {error}")
        visitor.leave()

    def _look(self, visitor: Visitor) -> tuple[str, str]:
        status, user = visitor.look(self._balancer, _PAGE_MILLISECONDS)
        if status != 200 or user not in ("", visitor.user):
            return "failed", f"{visitor.user}: status {status}"
        if user:
            return "seen", ""
        return ("signed_in", "") if visitor.sign_in(self._balancer) else ("failed", f"{visitor.user}: not signed in")

    def _count(self, what: str, how: str) -> None:
        with self._lock:
            self.counts[what] += 1
            if how:
                self.failures.append(f"{time.monotonic() - self._began:.1f} s {how}")
