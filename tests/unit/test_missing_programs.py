# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where CI=true is set, a program that is missing and a test that is left out are failures, but for what is no failing of the machine."""

from __future__ import annotations

import typing as t

import pytest

from demo import packages
from demo.packages import MAY_BE_MISSING, PACKAGES, Missing
from tests import borrowed
from tests.borrowed import borrow
from tests.skips import without_skip

ABSENT = "not to be had from here"


def _provide(name: str) -> t.NoReturn:
    raise Missing(f"{name} is {ABSENT}.")


@pytest.mark.parametrize(
    ("names", "ci", "status"),
    [
        (["mysql"], "true", 0),
        (["mariadb"], "true", 1),
        (["mysql", "mariadb"], "true", 1),
        (["mariadb", "mysql"], "true", 1),
        (["mariadb"], "", 0),
        ([], "true", 0),
    ],
)
def test_only_what_is_unpacked_may_be_missing_where_it_is_tested_for_all(
    names: list[str], ci: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(packages, "provide", _provide)
    assert packages.main(names) == status
    assert capsys.readouterr().err.splitlines() == [f"{name} is {ABSENT}." for name in names]


def test_of_all_programs_those_of_mysql_alone_may_be_missing() -> None:
    assert [name for name, package in PACKAGES.items() if package.unpack] == ["mysql"]


def _skipped(reason: str) -> pytest.TestReport:
    return pytest.TestReport("test_x", ("test_x.py", 1, "test_x"), {}, "skipped", ("test_x.py", 1, f"Skipped: {reason}"), "call")


@pytest.mark.parametrize(
    ("reason", "ci", "outcome"),
    [
        ("needs root", "true", "failed"),
        ("missing", "true", "failed"),
        (f"{MAY_BE_MISSING}: mysql", "true", "skipped"),
        ("needs root", "", "skipped"),
        ("needs root", "1", "skipped"),
    ],
)
def test_a_test_that_is_left_out_has_failed_unless_it_may_be(reason: str, ci: str, outcome: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", ci)
    report = without_skip(_skipped(reason))
    told = f"Not skipped here (CI=true): Skipped: {reason}" if outcome == "failed" else _skipped(reason).longrepr
    assert (report.outcome, report.longrepr) == (outcome, told)


def test_a_failure_that_is_expected_is_no_test_that_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    report = _skipped("known")
    report.wasxfail = "known"
    assert without_skip(report).outcome == "skipped"


def test_what_a_test_borrows_in_vain_leaves_it_out_with_the_words_that_allow_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(borrowed, "provide", _provide)
    with pytest.raises(pytest.skip.Exception) as left_out:
        borrow("mysql")
    assert without_skip(_skipped(str(left_out.value))).outcome == "skipped"
