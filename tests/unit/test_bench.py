# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Goals, table and moments of the benchmark."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.marks import Goal, Mark, more_by, no_more_than, ratio_of, table
from bench.moments import BUSY, GONE, ROLL, UP, Moment, floor, read, seconds_between, seconds_of, tasks

CHECKOUT = Path(__file__).resolve().parents[2]
PURGE = Mark("engine: purge", (1.0, 3.0, 2.0), ratio_of(0.5), "psql", (4.0, 4.5, 3.5))
OWN = Mark("playbook: own part", (7.0,), no_more_than(6))


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
    assert table([PURGE, OWN], "5 tokens").splitlines() == [
        "# 5 tokens",
        "",
        "| work | ours | peer | the peer's | ratio | goal | met |",
        "|---|---|---|---|---|---|---|",
        "| engine: purge | 2.000 s (1.000 .. 3.000) | psql | 4.000 s (3.500 .. 4.500) | **0.50** | <= 0.5 | yes |",
        "| playbook: own part | 7.000 s (7.000 .. 7.000) | - | - | - | <= 6 s | no |",
    ]
    assert OWN.line() == "playbook: own part: 7.000 s (7.000 .. 7.000) (<= 6 s: NOT met)"


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
    assert Mark("memory", (30.0,), no_more_than(120, "MB"), unit="MB").values()["ours_mb"] == 30.0


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
