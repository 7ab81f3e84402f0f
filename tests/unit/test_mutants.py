# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of mutants, and why those that live are no hole; the run itself is mutmut's."""

from __future__ import annotations

import ast
import json
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.tools import mutants
from tests.tools.mutants import CHECKOUT, PARTS, UTILS, Mutant
from tests.tools.survivors import AS_FALSE, FOR_CHECKERS, WORDING, Change, Reason, explain, is_as_false, is_wording, read_reasons, unused

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


LOOKED = Change("_roll/plan.py", "if one > 0:", "if one >= 0:")
NEVER = Reason("_roll/plan.py", "if one > 0:", ">=", "it is never 0")


def test_only_what_no_test_saw_is_listed_and_first_what_nobody_has_explained() -> None:
    changes = iter([LOOKED, LOOKED._replace(after="if one > 1:")])
    other = Reason("_roll/plan.py", "return 1", "", "it was so")
    assert mutants.survivors(some("killed", "survived", "no test"), lambda _one: next(changes), [NEVER, other]) == [
        "### 1 lived and nobody has said why",
        "",
        "- `x_guard__mutmut_3` (_roll/plan.py): `if one > 0:` became `if one > 1:`",
        "",
        "### 1 lived, and why that is no hole",
        "",
        "- `x_guard__mutmut_2` (_roll/plan.py): `if one > 0:` became `if one >= 0:`: it is never 0",
        "",
        "### 1 reasons that explain nothing any more",
        "",
        "- _roll/plan.py: `return 1`",
        "",
    ]


def test_before_all_were_tried_no_reason_is_called_out_of_date() -> None:
    assert "### 0 reasons that explain nothing any more" in mutants.survivors(some("killed", "not tried"), lambda _one: LOOKED, [NEVER])


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (LOOKED, "it is never 0"),
        (LOOKED._replace(after="if one > 1:"), ""),
        (LOOKED._replace(before="if two > 0:"), ""),
        (LOOKED._replace(file="_web/gate.py"), ""),
        (Change("x.py", 'raise Error("It is locked.")', 'raise Error("XXIt is locked.XX")'), WORDING),
        (Change("x.py", 'one = t.cast("int", two)', "one = t.cast(None, two)"), FOR_CHECKERS),
        (Change("x.py", 'one = t.cast("int", two)', 'one = t.cast("XXintXX", two)'), FOR_CHECKERS),
        (Change("x.py", 'one = t.cast("int", two)', 'one = t.cast("int", None)'), ""),
    ],
)
def test_a_reason_holds_for_one_line_of_one_file_and_what_it_became(change: Change, because: str) -> None:
    assert explain(change, [NEVER]) == because
    assert unused([NEVER], [change]) == ([] if because == NEVER.because else [NEVER])


@pytest.mark.parametrize(
    ("before", "after", "wording"),
    [
        ("why = said.rstrip('.')", "why = said.rstrip('XX.XX')", True),
        ('why = said.rstrip(".") + more.rstrip(".")', 'why = said.rstrip("XX.XX") + more.rstrip(".")', True),
        ('why = said.rstrip(".")', "why = said.rstrip(None)", False),
        ('first = name.split(".")', 'first = name.split("XX.XX")', False),
        ('raise Error("It is locked.")', 'raise Error("XXIt is locked.XX")', True),
        ('raise Error("It is locked.")', 'raise Error("it is locked.")', True),
        ('raise Error("It is locked.")', 'raise Error("IT IS LOCKED.")', True),
        ('raise Error("It is locked.")', "raise Error(None)", False),
        ("f\"{', '.join(names)}: {why}\"", "f\"{'XX, XX'.join(names)}: {why}\"", True),
        ('"; ".join(found)', '"XX; XX".join(found)', True),
        ('with it.connect("look at it", begin) as one:', "with it.connect(None, begin) as one:", True),
        ('with it.connect("look at it", begin) as one:', 'with it.connect("look at it", None) as one:', False),
        # what decides something, and not what people read
        ('found["failed"]', 'found["XXfailedXX"]', False),
        ('found["failed"]', 'found["FAILED"]', False),
        ('answer.get("a", "")', 'answer.get("a", "XXXX")', False),
        ("return one + two", "return one - two", False),
        ("return one", "return one", False),
    ],
)
def test_the_wording_of_a_sentence_is_told_from_what_decides(before: str, after: str, wording: bool) -> None:
    assert is_wording(before, after) is wording


@pytest.mark.parametrize(
    ("after", "as_false"),
    [
        ('x.get("a", None) or y.get("b", "")', True),
        ('x.get("a", "") or y.get("b", )', True),
        ('x.get("a", "") or y.get("b", "XXXX")', False),
        ('x.get("a", "") or y.get("b", 0)', False),
        ('x.get(None, "") or y.get("b", "")', False),
        ('x.get("a", None) or y.get("b", None)', False),
    ],
)
def test_what_is_not_there_is_as_false_as_an_empty_text(after: str, as_false: bool) -> None:
    before = 'x.get("a", "") or y.get("b", "")'
    assert is_as_false(before, after) is as_false
    assert explain(Change("_roll/plan.py", before, after), []) == (AS_FALSE if as_false else "")


def test_the_reasons_are_read_and_are_of_lines_that_there_are() -> None:
    reasons = read_reasons(mutants.REASONS.read_text(encoding="utf-8"))
    folder = CHECKOUT / "plugins/module_utils"
    lines = {one.file: {line.strip() for line in (folder / one.file).read_text(encoding="utf-8").splitlines()} for one in reasons}
    assert [one for one in reasons if one.before not in lines[one.file]] == []
    assert [one for one in reasons if not one.after or not one.because] == []


@pytest.mark.parametrize("name", ["x_look", "xǁStoreǁlook"])
def test_of_a_mutant_the_changed_line_is_told_as_it_stands_in_its_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / "mutated.py"
    variants = {"orig": (1, 1), "1": (1, 2), "2": (2, 1)}
    text = "".join(f"def {name}__mutmut_{variant}(b={b}):\n    a = 0\n    return {c}\n" for variant, (b, c) in variants.items())
    file.write_text(text, encoding="utf-8")
    told = [mutants.changed_line("_roll/f.py", mutants.functions(file), f"{name}__mutmut_{number}") for number in (1, 2)]
    assert told == [Change("_roll/f.py", "return 1", "return 2"), Change("_roll/f.py", "def look(b=1):", "def look(b=2):")]


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
    assert mutants.wanted(PLAN, "core", ["*"])
    assert not mutants.wanted(PLAN, "core", ["*/_web/*"])
    assert not mutants.wanted(f"{UTILS}/_web/http.py", "core", ["*"])


@pytest.mark.parametrize(
    ("file", "part"), [("_tokens/tls.py", "core"), ("_tokens/sweep.py", "stores"), ("_revoke/purge.py", "stores"), ("_web/http.py", "")]
)
def test_a_file_of_two_parts_is_changed_in_the_first(file: str, part: str) -> None:
    assert [name for name in PARTS if mutants.wanted(f"{UTILS}/{file}", name, ["*"])] == ([part] if part else [])


FILES = {f"{UTILS}/{path.relative_to(CHECKOUT / 'plugins/module_utils')}": path for path in CHECKOUT.glob("plugins/module_utils/*/*.py")}


@pytest.mark.parametrize("name", PARTS)
def test_every_pattern_of_a_part_meets_files(name: str) -> None:
    part = PARTS[name]
    tests = [path.name for folder in part.tests for path in CHECKOUT.glob(f"{folder}/test_*.py")]
    assert [pattern for pattern in part.only if not any(mutants.wanted(file, name, [pattern]) for file in FILES)] == []
    assert [pattern for pattern in part.without if not any(Path(name).match(pattern) for name in tests)] == []


# why decisions need no mutants, and which
WITHOUT = {
    "nearly every test comes to them, so that each mutant would ask all": ("_base/*.py",),
    "what they write down has happened, and nothing is done by it": ("_evidence/*.py",),
    "they read a node's files, and a corpus and properties are held against that": (
        "_detect/database.py",
        "_detect/installation.py",
        "_detect/jdbc_*.py",
        "_detect/jndi.py",
        "_detect/setting_lookup.py",
        "_detect/options_alone.py",
        "_detect/placeholders.py",
        "_detect/sign_on.py",
        "_detect/start_scripts.py",
        "_detect/tomcat*.py",
        "_detect/web.py",
    ),
    "there is no function in it, or its functions are called once, before mutmut has chosen a mutant": (
        "_products/_where_to_end.py",
        "_record/fields.py",
        "_web/cookie_rows.py",
    ),
    "it is held against its specification, or against the sets of Python": ("_archive/bech32.py", "_archive/key_bits.py"),
    "a node takes what is sent or refuses it, before anything is deleted": ("_web/administrator.py", "_web/answer.py", "_web/forms.py"),
    "how long is waited between two tries decides nothing": ("_web/pauses.py",),
}


def test_every_decision_has_mutants_or_a_reason_why_it_needs_none() -> None:
    docs = {file: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "" for file, path in FILES.items()}
    others = [mutants.short(file) for file, doc in docs.items() if re.search(r"\bPure\b", doc) and mutants.part_of(file) != "core"]
    explained = [pattern for patterns in WITHOUT.values() for pattern in patterns]
    assert [file for file in others if not any(fnmatchcase(file, pattern) for pattern in explained)] == []
    assert [pattern for pattern in explained if not any(fnmatchcase(file, pattern) for file in others)] == []
