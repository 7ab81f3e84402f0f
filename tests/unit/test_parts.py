# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sum of all parts never looks better than the parts."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from tests.tools import parts
from tests.tools.parts import Result, count, good, judge, summary, table

REPORT = """<testsuites><testsuite>
  <testcase name="a"/>
  <testcase name="b"><system-out>x</system-out></testcase>
  <testcase name="c"><failure/></testcase>
  <testcase name="d"><error/></testcase>
  <testcase name="e"><skipped/></testcase>
</testsuite></testsuites>"""


def test_a_skipped_test_counts_neither_as_passed_nor_as_failed() -> None:
    assert count(REPORT) == (2, 2)


@pytest.mark.parametrize(
    ("status", "counted", "passed", "failed"),
    [
        (0, (7, 0), 7, 0),
        (1, (7, 2), 7, 2),
        (3, (7, 0), 7, 1),  # it crashed after its tests
        (5, (0, 0), 0, 1),  # pytest found no test
        (0, (0, 0), 0, 0),  # lint has no tests
        (2, (0, 0), 0, 1),  # lint failed
    ],
)
def test_the_exit_status_of_a_part_has_the_last_word(status: int, counted: tuple[int, int], passed: int, failed: int) -> None:
    assert judge("unit", status, counted, 1.0) == Result("unit", passed, failed, 1.0)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([Result("lint", 0, 0, 1), Result("unit", 3, 0, 1)], True),
        ([Result("lint", 0, 1, 1), Result("unit", 3, 0, 1)], False),
        ([Result("unit", 3, 1, 1)], False),
        ([Result("lint", 0, 0, 1)], False),  # no test ran
        ([], False),
    ],
)
def test_all_is_well_only_when_tests_ran_and_nothing_failed(results: t.Sequence[Result], expected: bool) -> None:
    assert good(results) is expected


def test_the_last_line_is_the_sum() -> None:
    lines = summary([Result("lint", 0, 1, 10), Result("unit", 3, 0, 5.4), Result("database", 4, 2, 6)], 15).splitlines()
    assert lines[-2:] == ["all           15 s", "7 passed, 3 failed"]
    assert [line.split()[0] for line in lines[:-1]] == ["lint", "unit", "database", "all"]


def test_the_table_has_a_row_per_part() -> None:
    assert table([Result("unit", 3, 1, 5.4)]).splitlines()[2:] == ["| unit | FAILED (1) | 3 | 5 |"]


def test_a_part_that_fails_does_not_keep_the_others_from_running(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[str] = []

    def run(part: str) -> tuple[Result, str]:
        made.append(part)
        return Result(part, 1, int(part == "unit"), 0), ""

    monkeypatch.setattr(parts, "run", run)
    assert parts.main(["unit", "database"]) == 1
    assert made == ["unit", "database"]
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 1 failed"


def test_parts_that_run_side_by_side_are_told_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    # each waits for what the other one does
    recipes = {"one": "touch 1; until test -e 2; do sleep 0.01; done; echo said by one", "two": "touch 2; echo said by two >&2; exit 3"}
    rules = (f"{part}:\n\t@cd {tmp_path}; {recipe}\n" for part, recipe in recipes.items())
    (tmp_path / "Makefile").write_text("".join(rules), encoding="utf-8")
    monkeypatch.setattr(parts, "CHECKOUT", tmp_path)
    monkeypatch.setattr(parts, "JUNIT", tmp_path)
    results = parts.run_side_by_side(["one", "two"])
    assert [(result.part, result.failed) for result in results] == [("one", 0), ("two", 1)]
    said = [line for line in capfd.readouterr().out.splitlines() if line and not line.startswith("make")]
    assert [line for line in said if "said by" in line or "===" in line] == ["=== one", "said by one", "=== two", "said by two"]
