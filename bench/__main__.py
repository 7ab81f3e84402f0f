# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m bench --rows 200000 --repeat 3``: a table of ratios, in build/bench.md."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.clients import longest_wait
from bench.marks import Mark, table
from bench.peers import Peer, peer_of
from demo.mariadb import MariadbServer
from demo.postgresql import PostgresServer
from tests.database.site import Site

TARGET = Path("build/bench.md")
# one row per number from 1 to the bound
_FILL = {
    "postgresql": "INSERT INTO remembermetoken SELECT n, now(), md5(n::text) || md5(n::text), 'JIRAUSER' || mod(n, 20000) "
    "FROM generate_series(1, {rows}) n",
    "mariadb": "INSERT INTO remembermetoken SELECT seq, now(), concat(md5(seq), md5(seq)), concat('JIRAUSER', mod(seq, 20000)) "
    "FROM seq_1_to_{rows}",
}
_REFRESH = {"postgresql": "ANALYZE remembermetoken", "mariadb": "ANALYZE TABLE remembermetoken"}


@dataclass
class Bench:
    """One engine's table, filled anew for each measurement."""

    site: Site
    folder: Path
    rows: int
    repeat: int
    peer: Peer = field(init=False)
    runs: int = 0

    def __post_init__(self) -> None:
        self.peer = peer_of(self.site.database)
        self.site.create()
        # as the product has it
        self.site.run_sql("CREATE INDEX remembermetoken_username ON remembermetoken (username)")

    def fill(self, rows: int) -> None:
        """So many rows, and the planner knows it."""
        self.site.run_sql("TRUNCATE TABLE remembermetoken")
        if rows:
            self.site.run_sql(_FILL[self.site.engine].format(rows=rows))
        self.site.run_sql(_REFRESH[self.site.engine])

    def ours(self, act: str, **options: object) -> dict[str, t.Any]:
        """The act in a process of its own, under a run id of its own."""
        self.runs += 1
        asked = json.dumps({**self.site.options(), "run_id": f"run-{self.runs}", **options})
        done = subprocess.run([sys.executable, "-m", "bench.ours", act], input=asked, stdout=subprocess.PIPE, text=True, check=True)
        return t.cast("dict[str, t.Any]", json.loads(done.stdout))

    def marks(self) -> t.Iterator[Mark]:
        """All of this engine."""
        file = self.folder / "peer.gz"
        yield self._mark("backup", self.rows, lambda: self.ours("backup"), lambda: self.peer.write(self.peer.backup, file))
        yield self._mark("purge", self.rows, lambda: self.ours("purge"), lambda: self.peer.write(self.peer.purge, file))
        self.fill(self.rows)
        archives = [{"path": one["path"], "sha256": one["sha256"]} for one in self.ours("purge")["archives"]]
        back = {"archives": archives, "accept_live_logins": True}
        yield self._mark("restore", 0, lambda: self.ours("restore", **back), lambda: self.peer.read(self.peer.restore, file))
        yield self._waits(file)

    def _mark(self, work: str, rows: int, ours: t.Callable[[], object], peers: t.Callable[[], object]) -> Mark:
        taken = [(self._seconds(rows, ours), self._seconds(rows, peers)) for _time in range(self.repeat)]
        return self._of(work, self.peer.words[work], taken)

    def _waits(self, file: Path) -> Mark:
        """The longest sign-in of eight clients during the purge."""
        taken = []
        for _time in range(self.repeat):
            self.fill(self.rows)
            ours = longest_wait(self.site.database, self.rows + 1, lambda: self.ours("purge"))
            self.fill(self.rows)
            taken.append((ours, longest_wait(self.site.database, self.rows + 1, lambda: self.peer.write(self.peer.purge, file))))
        return self._of("longest sign-in during the purge", self.peer.words["purge"], taken)

    def _seconds(self, rows: int, act: t.Callable[[], object]) -> float:
        self.fill(rows)
        began = time.monotonic()
        act()
        return time.monotonic() - began

    def _of(self, work: str, peer: str, taken: t.Sequence[tuple[float, float]]) -> Mark:
        mark = Mark(f"{self.site.engine}: {work}", peer, tuple(ours for ours, _peer in taken), tuple(peer for _ours, peer in taken))
        print(f"{mark.work}: {mark.ratio:.2f} of {mark.peer}", flush=True)
        return mark


def main() -> None:
    """Measure, print, leave the table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Ratios to what an administrator would type, on real servers.")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    marks: list[Mark] = []
    for server_class in (PostgresServer, MariadbServer):
        # a short path: the name of a unix socket has little room; the server removes the folder
        with server_class(Path(tempfile.mkdtemp(prefix="das-"))) as server, tempfile.TemporaryDirectory() as folder:
            site = Site(server.make_database("tracker"), Path(folder) / "archives")
            marks += Bench(site, Path(folder), options.rows, options.repeat).marks()
    written = table(marks, f"{options.rows} tokens, medians of {options.repeat}, {datetime.now(UTC):%Y-%m-%d}")
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(written, encoding="utf-8")
    print(f"\n{written}")


if __name__ == "__main__":
    main()
