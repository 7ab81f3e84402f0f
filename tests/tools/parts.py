# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs targets of the Makefile one after the other, whatever becomes of each, and sums them up. Those that a ``+`` joins run side by side.

The last line is ``N passed, N failed``: the tests of all parts, and one failure for each part that failed without a failing test.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

CHECKOUT = Path(__file__).resolve().parents[2]
JUNIT = CHECKOUT / "build/junit"


class Result(t.NamedTuple):
    """What became of one part."""

    part: str
    passed: int
    failed: int
    seconds: float

    @property
    def sentence(self) -> str:
        """The same as a word."""
        return "passed" if not self.failed else f"FAILED ({self.failed})"


def main(arguments: t.Sequence[str]) -> int:
    """Exit status 0 when tests ran and nothing failed."""
    parser = argparse.ArgumentParser(description="Runs targets of the Makefile and sums them up.")
    parser.add_argument("--table", type=Path, help="also write the summary there, as a table in Markdown")
    parser.add_argument("parts", nargs="+")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    results = [result for group in options.parts for result in run_side_by_side(group.split("+"))]
    if options.table:
        options.table.parent.mkdir(exist_ok=True)
        options.table.write_text(table(results), encoding="utf-8")
        print(f"\nWritten: {options.table}")
    print("\n" + summary(results, time.monotonic() - began), flush=True)
    return 0 if good(results) else 1


def run_side_by_side(group: t.Sequence[str]) -> list[Result]:
    """The first one's output goes to ours as it comes, that of the others follows when it has ended."""
    with ThreadPoolExecutor(len(group)) as pool:
        others = [pool.submit(run, part, subprocess.PIPE) for part in group[1:]]
        print(f"\n=== {group[0]}", flush=True)
        results = [run(group[0])[0]]
        for part, other in zip(group[1:], others, strict=True):
            result, output = other.result()
            print(f"\n=== {part}\n{output}", end="", flush=True)
            results.append(result)
        return results


def run(part: str, output: int | None = None) -> tuple[Result, str]:
    """One part, and what it said where its output is a pipe."""
    report = JUNIT / f"{part}.xml"
    report.unlink(missing_ok=True)
    began = time.monotonic()
    command = ["make", "--no-print-directory", "--keep-going", part]
    errors = subprocess.STDOUT if output else None
    done = subprocess.run(command, cwd=CHECKOUT, check=False, text=True, errors="replace", stdout=output, stderr=errors)
    counted = count(report.read_text(encoding="utf-8")) if report.exists() else (0, 0)
    return judge(part, done.returncode, counted, time.monotonic() - began), done.stdout or ""


def count(junit: str) -> tuple[int, int]:
    """Passed and failed tests of a JUnit report; a skipped test is neither."""
    passed = failed = 0
    for case in ElementTree.fromstring(junit).iter("testcase"):  # noqa: S314  # our own pytest wrote it
        outcomes = {outcome.tag for outcome in case}
        failed += bool(outcomes & {"failure", "error"})
        passed += not outcomes & {"failure", "error", "skipped"}
    return passed, failed


def judge(part: str, status: int, counted: tuple[int, int], seconds: float) -> Result:
    """The exit status has the last word: a crash after good tests is a failure, and so is a part of pytest that ran none (status 5)."""
    passed, failed = counted
    return Result(part, passed, failed or int(status != 0), seconds)


def good(results: t.Sequence[Result]) -> bool:
    """Something passed, nothing failed."""
    return any(result.passed for result in results) and not any(result.failed for result in results)


def summary(results: t.Sequence[Result], seconds: float) -> str:
    """A line per part, and the two totals; ``seconds`` is how long all took."""
    lines = [f"{result.part:<10} {result.seconds:>5.0f} s  {result.passed:>5} tests passed  {result.sentence}" for result in results]
    totals = f"{sum(result.passed for result in results)} passed, {sum(result.failed for result in results)} failed"
    return "\n".join([*lines, f"{'all':<10} {seconds:>5.0f} s", totals])


def table(results: t.Sequence[Result]) -> str:
    """A row per part, in Markdown."""
    rows = [f"| {result.part} | {result.sentence} | {result.passed} | {result.seconds:.0f} |" for result in results]
    return "\n".join(["| part | result | tests passed | seconds |", "|---|---|---:|---:|", *rows, ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
