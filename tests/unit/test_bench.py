# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Goals, table and moments of the benchmark."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench.database import memory_of
from bench.marks import Goal, Mark, more_by, no_more_than, ratio_of, read_values, table
from bench.moments import BUSY, GONE, ROLL, UP, Moment, floor, read, seconds_between, seconds_of, tasks

CHECKOUT = Path(__file__).resolve().parents[2]
PURGE = Mark("engine: purge", (1.0, 3.0, 2.0), ratio_of(0.5), "psql", (4.0, 4.5, 3.5))
OWN = Mark("playbook: own part", (7.0, 6.5, 7.5), no_more_than(6))
MEMORY = Mark("engine: memory", (30.0,), no_more_than(120, "MB"), unit="MB")


def test_a_ratio_is_that_of_the_medians() -> None:
    assert Mark("w", (1.0, 9.0, 2.0), ratio_of(1), "p", (4.0, 4.0, 0.1)).ratio == 0.5


@pytest.mark.parametrize(
    ("goal", "ours", "peers", "met"),
    [
        (ratio_of(1.3), 1.3, (1.0,), True),
        (ratio_of(1.3), 1.31, (1.0,), False),
        (no_more_than(6), 6.0, (), True),
        (no_more_than(6), 6.1, (), False),
        (more_by(0.25), 1.25, (1.0,), True),
        (more_by(0.25), 1.3, (1.0,), False),
    ],
)
def test_a_goal_is_met_up_to_its_limit(goal: Goal, ours: float, peers: tuple[float, ...], met: bool) -> None:
    assert Mark("w", (ours,), goal, "p" * bool(peers), peers).met == met


def test_a_line_tells_what_was_taken_by_turns_and_whether_that_is_as_wanted() -> None:
    assert table([mark.values() for mark in (PURGE, OWN, MEMORY)], "5 tokens").splitlines() == [
        "# 5 tokens",
        "",
        "| work | ours | peer | the peer's | ratio | goal | met |",
        "|---|---|---|---|---|---|---|",
        "| engine: purge | 2.000 s | psql | 4.000 s | **0.50** | <= 0.5 | yes |",
        "| playbook: own part | 7.000 s | - | - | - | <= 6 s | no |",
        "| engine: memory | 30.000 MB | - | - | - | <= 120 MB | yes |",
    ]
    assert PURGE.line() == "engine: purge: 2.000 s (1.000 .. 3.000), 0.50 of psql: 4.000 s (3.500 .. 4.500) (<= 0.5: met)"
    assert OWN.line() == "playbook: own part: 7.000 s (6.500 .. 7.500) (<= 6 s: NOT met)"


def test_programs_are_told_the_same() -> None:
    assert PURGE.values() == {
        "name": "engine: purge",
        "ours_s": 2.0,
        "peer": "psql",
        "peer_s": 4.0,
        "ratio": 0.5,
        "goal": "<= 0.5",
        "met": True,
    }
    assert (OWN.values()["peer_s"], OWN.values()["ratio"], OWN.values()["met"]) == (None, None, False)
    assert {*MEMORY.values()} == {*PURGE.values(), "ours_mb"}
    assert (MEMORY.values()["ours_s"], MEMORY.values()["ours_mb"]) == (None, 30.0)


@pytest.mark.parametrize(
    ("text", "is_ours"),
    [
        ("[]", True),
        (json.dumps([PURGE.values(), OWN.values(), MEMORY.values()]), True),
        ("", False),
        ("[{", False),
        ("{}", False),
        ("[1]", False),
        (json.dumps([PURGE.values(), {"name": "engine: purge"}]), False),
        (json.dumps([PURGE.values() | {"ours_s": "2"}]), False),
        (json.dumps([PURGE.values() | {"ours_s": None}]), False),
        (json.dumps([PURGE.values() | {"by": "others"}]), False),
    ],
)
def test_a_list_of_marks_is_told_from_anything_else(text: str, is_ours: bool) -> None:
    assert read_values(text) == (json.loads(text) if is_ours else None)


def _measure(monkeypatch: pytest.MonkeyPatch, *marks: Mark) -> None:
    monkeypatch.setattr(bench, "_marks", lambda _options: iter(marks))
    monkeypatch.setattr(sys, "argv", ["bench"])
    bench.main()


def _left(folder: Path) -> tuple[object, list[str]]:
    """What both files say: all for programs, the rows of the table for people."""
    lines = (folder / "build/bench.md").read_text(encoding="utf-8").splitlines()
    return json.loads((folder / "build/bench.json").read_text(encoding="utf-8")), lines[4:]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In which it is measured."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _as_left(*marks: Mark) -> tuple[object, list[str]]:
    values = [mark.values() for mark in marks]
    return values, table(values, "").splitlines()[4:]


def test_both_files_have_every_mark_after_all_parts_were_measured_and_each_as_it_was_last(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _measure(monkeypatch, PURGE, OWN)
    assert _left(folder) == _as_left(PURGE, OWN)
    again = Mark(PURGE.work, (9.0,), ratio_of(0.5), "psql", (4.0,))
    _measure(monkeypatch, again, MEMORY)
    assert _left(folder) == _as_left(again, OWN, MEMORY)
    told = capsys.readouterr()
    assert told.out.count(OWN.line()) == 1
    assert told.err == ""


@pytest.mark.parametrize("text", ["[{", '[{"name": "of others"}]', "\udcff"])
def test_a_file_of_anything_else_is_replaced_with_a_sentence(
    text: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "build").mkdir()
    (folder / "build/bench.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    _measure(monkeypatch, OWN)
    assert _left(folder) == _as_left(OWN)
    assert capsys.readouterr().err.startswith("build/bench.json is no list of marks as this bench writes it: it is replaced")


MOMENTS = [
    Moment(0, "play", "Look"),
    Moment(5, "play", ROLL),
    Moment(6, "task", "Stop"),
    Moment(15, "play", ROLL),
    Moment(16, "task", "Stop"),
    Moment(26, "play", "Prove"),
    Moment(30, "end", ""),
]


def test_a_play_takes_all_of_its_batches() -> None:
    assert (seconds_of(MOMENTS, ROLL), seconds_of(MOMENTS, "Prove"), tasks(MOMENTS)) == (21, 4, 2)


def test_the_time_between_two_tasks_begins_with_the_first_of_each_name() -> None:
    assert seconds_between([*MOMENTS, Moment(40, "task", "role : Go")], "Stop", "Go") == 34
    with pytest.raises(ValueError, match="no task 'Stop', or none 'Go'"):
        seconds_between(MOMENTS, "Stop", "Go")


def test_a_play_that_never_began_was_not_measured() -> None:
    with pytest.raises(ValueError, match="no play"):
        seconds_of(MOMENTS, "Restart")


def test_what_the_callback_wrote_is_read() -> None:
    assert read('{"at": 1.5, "kind": "play", "name": "Look"}\n') == [Moment(1.5, "play", "Look")]


def test_the_floor_of_a_roll_is_what_the_nodes_need_to_stop_and_start() -> None:
    looks = [
        (0.0, {"n1": UP, "n2": UP}),
        (1.0, {"n1": BUSY, "n2": UP}),
        (2.0, {"n1": GONE, "n2": UP}),
        (9.0, {"n1": BUSY, "n2": UP}),
        (12.0, {"n1": UP, "n2": UP}),
        (13.0, {"n1": UP, "n2": BUSY}),
        (15.0, {"n1": UP, "n2": UP}),
    ]
    assert floor(looks) == 1 + 3 + 2
    with pytest.raises(ValueError, match="never seen to start: n2"):
        floor(looks[:5])


def test_the_roll_is_a_play_of_the_playbook() -> None:
    assert f"- name: {ROLL}\n" in (CHECKOUT / "playbooks/force_reauth.yml").read_text(encoding="utf-8")


def test_memory_is_the_most_that_any_act_took() -> None:
    mark = memory_of("engine", 7, (65.0, 80.0, 900.0))
    assert (mark.work, mark.ours, mark.met) == ("engine: memory at 7 rows", (900.0,), False)
