# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sum of all parts never looks better than the parts."""

from __future__ import annotations

import typing as t

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
    lines = summary([Result("lint", 0, 1, 10), Result("unit", 3, 0, 5.4), Result("database", 4, 2, 6)]).splitlines()
    assert lines[-1] == "7 passed, 3 failed"
    assert [line.split()[0] for line in lines[:-1]] == ["lint", "unit", "database", "all"]


def test_the_table_has_a_row_per_part() -> None:
    assert table([Result("unit", 3, 1, 5.4)]).splitlines()[2:] == ["| unit | FAILED (1) | 3 | 5 |"]


def test_a_part_that_fails_does_not_keep_the_others_from_running(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[str] = []

    def run(part: str) -> Result:
        made.append(part)
        return Result(part, 1, int(part == "unit"), 0)

    monkeypatch.setattr(parts, "run", run)
    assert parts.main(["unit", "database"]) == 1
    assert made == ["unit", "database"]
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 1 failed"
