# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users in pieces: each goes on where the one before ended, what one says is not taken for more than it is, and people are told."""

from __future__ import annotations

import functools
import types
import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.action import user_sessions
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.live_progress import Progress, grown

NAMES = [f"user{number}" for number in range(25)]


def progress_of(names: list[str]) -> dict[str, t.Any]:
    progress: Progress | None = functools.reduce(lambda before, name: grown(before, name, True), names, None)
    return dict(progress or {})


class Pieces:
    """A node that does so many names of each piece, and keeps what it was asked."""

    def __init__(self, *sizes: int, answer: dict[str, t.Any] | None = None) -> None:
        self.sizes, self.answer = list(sizes), answer
        self.asked: list[dict[str, t.Any]] = []
        self.done = 0

    def __call__(self, arguments: dict[str, t.Any]) -> dict[str, t.Any]:
        self.asked.append(arguments)
        if not self.sizes:
            return self.answer or {}
        size = min(self.sizes.pop(0), len(arguments["usernames"]))
        self.done += size
        return {"changed": True, "ended": size, "unknown": 0, "seconds": 1.0, "progress": progress_of(NAMES[: self.done])}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(user_sessions, "Display", lambda: types.SimpleNamespace(display=lines.append))
    return lines


class Action(user_sessions.ActionModule):
    """The plugin without Ansible around it."""

    def __init__(self, pieces: Pieces, check_mode: bool, arguments: dict[str, t.Any]) -> None:
        self._task = types.SimpleNamespace(args=arguments, action="user_sessions", check_mode=check_mode)
        self._pieces = pieces

    def begin(self, tmp: t.Any, task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:  # noqa: ARG002  # as the class has it
        return {}

    def ask(self, module: str, arguments: t.Mapping[str, t.Any], task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:  # noqa: ARG002
        return self._pieces(dict(arguments))


def run(pieces: Pieces, check_mode: bool = False, **arguments: t.Any) -> dict[str, t.Any]:
    return Action(pieces, check_mode, {"usernames": NAMES, "parallel": 2, **arguments}).run()


def test_pieces_go_on_where_the_one_before_ended_and_people_are_told_between_them(told: list[str]) -> None:
    pieces = Pieces(10, 10, 10)
    done = run(pieces, done_before=100, of_all=125)
    assert (done["ended"], done["unknown"], done["progress"]) == (25, 0, progress_of(NAMES))
    assert [asked["usernames"][0] for asked in pieces.asked] == ["user0", "user10", "user20"]
    assert [asked["progress"] for asked in pieces.asked] == [progress_of(NAMES[:end]) for end in (0, 10, 20)]
    assert [line.split(",")[0] for line in told] == [f"  Ended the sessions of {number} of 125 users" for number in (110, 120)]


def test_no_more_names_are_sent_than_a_piece_can_need(monkeypatch: pytest.MonkeyPatch, told: list[str]) -> None:
    monkeypatch.setattr(user_sessions, "_MOST", 3)
    pieces = Pieces(*[6] * 5)
    run(pieces)
    assert {len(asked["usernames"]) for asked in pieces.asked} == {6, 1}
    assert told


@pytest.mark.parametrize("answer", [{"failed": True, "msg": "no"}, {"unreachable": True, "msg": "lost"}])
def test_a_piece_that_failed_is_the_end(answer: dict[str, t.Any], told: list[str]) -> None:
    pieces = Pieces(10, answer=answer)
    assert run(pieces) == answer
    assert (len(pieces.asked), len(told)) == (2, 1)


@pytest.mark.parametrize("progress", [{}, {"names": 25}, progress_of(NAMES[:10]), "x"])
def test_a_node_that_does_not_say_whose_sessions_were_ended_has_ended_nobodys(progress: object, told: list[str]) -> None:
    done = run(Pieces(10, answer={"changed": True, "ended": 15, "unknown": 0, "progress": progress}))
    assert done["failed"]
    assert "did not say whose sessions" in done["msg"]
    assert len(told) == 1


@pytest.mark.parametrize(
    "arguments", [{"parallel": "eight"}, {"of_all": "x"}, {"done_before": [1]}, {"seconds": 5}, {"progress": progress_of(NAMES[:3])}]
)
def test_what_is_no_number_and_pieces_of_ones_own_are_the_modules(arguments: dict[str, t.Any]) -> None:
    pieces = Pieces(answer={"changed": False})
    assert run(pieces, **arguments) == {"changed": False}
    assert pieces.asked == [{"usernames": NAMES, "parallel": 2, **arguments}]


@pytest.mark.parametrize(("arguments", "check_mode"), [({}, True), ({"usernames": []}, False), ({"usernames": "{{ odd }}"}, False)])
def test_what_needs_no_pieces_is_the_modules_alone(arguments: dict[str, t.Any], check_mode: bool) -> None:
    pieces = Pieces(answer={"changed": False})
    assert run(pieces, check_mode, **arguments) == {"changed": False}
    assert "seconds" not in pieces.asked[0]
