# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m bench --rows 200000 --repeat 3``: build/bench.md for people, build/bench.json for programs. ``--only`` runs a part.

What both files have of other parts stays; a mark that is measured again replaces the older one.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import typing as t
from datetime import UTC, datetime
from pathlib import Path

from bench import database, live, playbook
from bench.engines import ENGINES
from bench.marks import Mark, Values, merged, read_values, table

BUILD = Path("build")
ALL = ("playbook", "live", "database")


def main() -> None:
    """Measure, print, leave both files."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Ratios to what an administrator would type, and to what has to be."
    )
    parser.add_argument("--only", choices=(*ALL, "memory", "empty"), help="one part; memory and empty: of the database")
    parser.add_argument("--engine", choices=tuple(ENGINES), action="append", help="of the database one engine (default: each)")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--rows", type=int, default=200_000, help="tokens in the table (default: %(default)s)")
    parser.add_argument("--start", type=float, default=30, help="seconds that a node needs to start (default: %(default)s)")
    parser.add_argument("--nodes", type=int, default=50, help="nodes of the large preflight (default: %(default)s)")
    parser.add_argument("--users", type=int, default=20_000, help="users whose sessions are ended (default: %(default)s)")
    options = parser.parse_args()
    measured = []
    for mark in _marks(options):
        print(mark.line(), flush=True)
        measured.append(mark.values())
    _write(measured)


def _write(measured: t.Sequence[Values]) -> None:
    BUILD.mkdir(exist_ok=True)
    programs = BUILD / "bench.json"
    marks = merged(_older(programs), measured)
    people = table(marks, f"Medians, each as it was measured last, up to {datetime.now(UTC):%Y-%m-%d}")
    programs.write_text(json.dumps(marks, indent=1) + "\n", encoding="utf-8")
    (BUILD / "bench.md").write_text(people, encoding="utf-8")
    print(f"\n{people}")


def _older(file: Path) -> list[Values]:
    if not file.exists():
        return []
    found = read_values(file.read_text(encoding="utf-8", errors="replace"))
    if found is None:
        print(f"{file} is no list of marks as this bench writes it: it is replaced, and has the marks of this run only.", file=sys.stderr)
    return found or []


def _marks(options: argparse.Namespace) -> t.Iterator[Mark]:
    tables = database.Settings(options.rows, options.repeat, tuple(options.engine or ENGINES))
    parts: t.Mapping[str, t.Callable[[], t.Iterator[Mark]]] = {
        "playbook": lambda: playbook.marks(playbook.Settings(options.start, options.nodes, options.repeat)),
        "live": lambda: live.marks(live.Settings(options.users, options.repeat)),
        "database": lambda: database.marks(tables),
        "memory": lambda: database.marks(tables, database.Bench.memory),
        "empty": lambda: database.marks(tables, database.Bench.empty),
    }
    return itertools.chain.from_iterable(parts[name]() for name in ([options.only] if options.only else ALL))


if __name__ == "__main__":
    main()
