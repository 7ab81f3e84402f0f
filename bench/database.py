# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast the token table is copied, purged and put back, in ratios to what an administrator would type."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import typing as t
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyrage

from bench.clients import longest_wait
from bench.engines import ENGINES
from bench.marks import Goal, Mark, more_by, no_more_than, ratio_of
from bench.peers import Peer, peer_of
from tests.database.site import Site

GOALS: t.Mapping[str, Goal] = {"backup": ratio_of(1.3), "purge": ratio_of(1.3), "restore": ratio_of(1.5)}


class Settings(t.NamedTuple):
    """How much is measured, and on which engines."""

    rows: int
    repeat: int
    engines: tuple[str, ...]


def marks(settings: Settings, part: t.Callable[[Bench], t.Iterator[Mark]] | None = None) -> t.Iterator[Mark]:
    """All of every engine, or one part of it."""
    for name in settings.engines:
        engine = ENGINES[name]
        # a short path: the name of a unix socket has little room; the server removes the folder
        with engine.server(Path(tempfile.mkdtemp(prefix="das-"))) as server, tempfile.TemporaryDirectory() as folder:
            site = Site(server.make_database("tracker"), Path(folder) / "archives")
            yield from (part or Bench.marks)(Bench(site, Path(folder), settings))


@dataclass
class Bench:
    """One engine's table, filled anew for each measurement."""

    site: Site
    folder: Path
    settings: Settings
    peer: Peer = field(init=False)
    runs: int = 0
    # MB, of each act that was measured
    peaks: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.peer = peer_of(self.site.database)
        self.site.create()
        # as the product has it
        self.site.run_sql("CREATE INDEX remembermetoken_username ON remembermetoken (username)")

    def fill(self, rows: int) -> None:
        """So many rows, and the planner knows it."""
        engine = ENGINES[self.site.engine]
        self.site.run_sql("TRUNCATE TABLE remembermetoken")
        if rows:
            self.site.run_sql(engine.fill.format(rows=rows))
        self.site.run_sql(engine.refresh)

    def ours(self, act: str, **options: object) -> dict[str, t.Any]:
        """The act in a process of its own, under a run id of its own."""
        self.runs += 1
        asked = json.dumps({**self.site.options(), "run_id": f"run-{self.runs}", **options})
        command = [sys.executable, "-m", "bench.ours", act]
        done = subprocess.run(command, input=asked, env=_with_byte_code(), stdout=subprocess.PIPE, text=True, check=True)
        answer = t.cast("dict[str, t.Any]", json.loads(done.stdout))
        self.peaks.append(answer["peak_mb"])
        return answer

    def marks(self) -> t.Iterator[Mark]:
        """All of this engine."""
        file, rows = self.folder / "peer.gz", self.settings.rows
        yield self._mark("backup", rows, lambda: self.ours("backup"), lambda: self.peer.write(self.peer.backup, file))
        yield self._mark("purge", rows, lambda: self.ours("purge"), lambda: self.peer.write(self.peer.purge, file))
        self.fill(rows)
        back = _way_back(self.ours("purge"))
        yield self._mark("restore", 0, lambda: self.ours("restore", **back), lambda: self.peer.read(self.peer.restore, file))
        yield from self._encrypted()
        yield self._waits(file)
        yield memory_of(self.site.engine, self.settings.rows, self.peaks)
        yield from self.empty()

    def memory(self) -> t.Iterator[Mark]:
        """Each act once, with no peer: at sizes at which the rest would take hours."""
        self.fill(self.settings.rows)
        self.ours("backup")
        self.ours("restore", **_way_back(self.ours("purge")))
        yield memory_of(self.site.engine, self.settings.rows, self.peaks)

    def _mark(self, work: str, rows: int, ours: t.Callable[[], object], peers: t.Callable[[], object]) -> Mark:
        taken = [(self._seconds(rows, ours), self._seconds(rows, peers)) for _time in range(self.settings.repeat)]
        return self._of(f"{work} of {self.settings.rows} rows", self.peer.words[work], taken, GOALS[work])

    def _encrypted(self) -> t.Iterator[Mark]:
        """What age costs: the same act with archives that are encrypted for one recipient, and with plain ones."""
        recipients = [str(pyrage.x25519.Identity.generate().to_public())]
        for act in ("backup", "purge"):
            sealed, plain = partial(self.ours, act, archive_recipients=recipients), partial(self.ours, act)
            rows = self.settings.rows
            taken = [(self._seconds(rows, sealed), self._seconds(rows, plain)) for _time in range(self.settings.repeat)]
            yield self._of(f"{act} of {rows} rows, encrypted", "the same, not encrypted", taken, ratio_of(1.2))

    def _waits(self, file: Path) -> Mark:
        """The longest sign-in of eight clients during the purge."""
        rows, taken = self.settings.rows, []
        for _time in range(self.settings.repeat):
            self.fill(rows)
            ours = longest_wait(self.site.database, rows + 1, lambda: self.ours("purge"))
            self.fill(rows)
            taken.append((ours, longest_wait(self.site.database, rows + 1, lambda: self.peer.write(self.peer.purge, file))))
        return self._of(f"longest sign-in during the purge of {rows} rows", self.peer.words["purge"], taken, ratio_of(0.1))

    def empty(self) -> t.Iterator[Mark]:
        """What is there before the first row."""
        driver = ENGINES[self.site.engine].driver
        start = [sys.executable, "-c", f"import {driver}"]
        taken = [
            (self._seconds(0, lambda: self.ours("purge")), self._seconds(0, lambda: subprocess.run(start, check=True)))
            for _time in range(self.settings.repeat)
        ]
        yield self._of("purge of an empty table", f"start of Python and {driver}", taken, more_by(0.3))

    def _seconds(self, rows: int, act: t.Callable[[], object]) -> float:
        self.fill(rows)
        began = time.monotonic()
        act()
        return time.monotonic() - began

    def _of(self, work: str, peer: str, taken: t.Sequence[tuple[float, float]], goal: Goal) -> Mark:
        ours, peers = tuple(ours for ours, _peer in taken), tuple(peer for _ours, peer in taken)
        return Mark(f"{self.site.engine}: {work}", ours, goal, peer, peers)


def memory_of(engine: str, rows: int, peaks: t.Sequence[float]) -> Mark:
    """The most that any of its acts took. ``peaks``: MB."""
    return Mark(f"{engine}: memory at {rows} rows", (max(peaks),), no_more_than(120, "MB"), unit="MB")


def _way_back(purged: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What a restore of its archives is told."""
    return {"archives": [{"path": one["path"], "sha256": one["sha256"]} for one in purged["archives"]], "accept_live_logins": True}


def _with_byte_code() -> dict[str, str]:
    """An environment in which Python keeps the byte code of what it imports: the peer's libraries were installed with theirs."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
