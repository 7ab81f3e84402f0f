# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of mutants; the run itself is mutmut's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tools import mutants
from tests.tools.mutants import CHECKOUT, PARTS, UTILS, Mutant

PLAN = f"{UTILS}/_roll/plan.py"


def some(*fates: str) -> list[Mutant]:
    return [Mutant(PLAN, f"plan.x_guard__mutmut_{number}", fate) for number, fate in enumerate(fates, 1)]


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        (0, "survived"),
        (1, "killed"),
        (3, "killed"),
        (5, "no test"),
        (33, "no test"),
        (36, "timed out"),
        (-24, "timed out"),
        (None, "not tried"),
    ],
)
def test_the_exit_status_of_its_tests_is_the_fate_of_a_mutant(status: int | None, fate: str) -> None:
    assert mutants.fate_of(status) == fate


def test_what_no_test_reaches_counts_against_the_score_and_what_was_not_tried_not_at_all() -> None:
    assert mutants.score(some("killed", "timed out", "survived", "no test", "not tried")) == 50


def test_nothing_tried_is_no_success() -> None:
    assert mutants.score([]) == 0


def test_the_table_has_a_line_per_file_and_one_for_all() -> None:
    assert mutants.table(some("killed", "survived"))[2:] == [
        "| _roll/plan.py | 2 | 1 | 0 | 1 | 0 | 0 | 50.0 |",
        "| all | 2 | 1 | 0 | 1 | 0 | 0 | 50.0 |",
    ]


def test_only_what_no_test_saw_is_listed_with_the_line_that_was_changed() -> None:
    said = mutants.survivors(some("killed", "survived", "no test"), lambda one: one.fate)
    assert said == ["- `x_guard__mutmut_2` (_roll/plan.py): survived", "- `x_guard__mutmut_3` (_roll/plan.py): no test"]


def test_of_a_mutant_the_changed_line_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mutated.py"
    file.write_text("def x_f__mutmut_orig():\n    a = 0\n    return 1\ndef x_f__mutmut_1():\n    a = 0\n    return 2\n", encoding="utf-8")
    assert mutants.changed_line(mutants.functions(file), "x_f__mutmut_1") == "`return 1` became `return 2`"


def test_what_mutmut_noted_is_read(tmp_path: Path) -> None:
    (tmp_path / "_roll").mkdir()
    (tmp_path / "_roll/plan.py.meta").write_text(json.dumps({"exit_code_by_key": {"a.x_b__mutmut_1": 0}}), encoding="utf-8")
    assert mutants.read(tmp_path) == [Mutant(PLAN, "a.x_b__mutmut_1", "survived")]


def test_what_lived_is_tried_again_and_what_was_killed_is_not(tmp_path: Path) -> None:
    noted = tmp_path / "plan.py.meta"
    noted.write_text(json.dumps({"hash": "x", "exit_code_by_key": {"a": 0, "b": 1, "c": 33, "d": 36, "e": None}}), encoding="utf-8")
    mutants.forget_survivors(tmp_path)
    found = json.loads(noted.read_text(encoding="utf-8"))
    assert found == {"hash": "x", "exit_code_by_key": {"a": None, "b": 1, "c": None, "d": 36, "e": None}}


def test_a_file_is_changed_where_part_and_choice_want_it() -> None:
    core = PARTS["core"].only
    assert mutants.wanted(PLAN, core, ["*"])
    assert not mutants.wanted(PLAN, core, ["*/_web/*"])
    assert not mutants.wanted(f"{UTILS}/_web/http.py", core, ["*"])


@pytest.mark.parametrize("part", PARTS.values(), ids=list(PARTS))
def test_every_pattern_of_a_part_meets_files(part: mutants.Part) -> None:
    files = [f"{UTILS}/{path.relative_to(CHECKOUT / 'plugins/module_utils')}" for path in CHECKOUT.glob("plugins/module_utils/*/*.py")]
    tests = [path.name for path in CHECKOUT.glob(f"{part.tests}/test_*.py")]
    assert [pattern for pattern in part.only if not any(mutants.wanted(file, [pattern], ["*"]) for file in files)] == []
    assert [pattern for pattern in part.without if not any(Path(name).match(pattern) for name in tests)] == []
