# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate lets a node pass only after good looks in a row, and says no in time."""

from __future__ import annotations

import types
import typing as t

import pytest
from ansible.errors import AnsibleActionFail, AnsibleAuthenticationFailure, AnsibleConnectionFailure, AnsibleError
from ansible_collections.dcops.atlassian_sessions.plugins.action import gate as gate_action
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.node_state import look_until_ready
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.gate import Limits, Look, Passage, wait_at
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.answer import only_data

WORSE = Look(False, "b:1:1", "the same process, not ready")
GOOD, OTHER, BAD = Look(True, "b:1:1", "up"), Look(True, "b:2:2", "up, another process"), Look(False, "", "state STARTING")
GONE = Look(True, "", "no process is left")
LIMITS = Limits(settle_polls=3, pause=5, timeout=60)


class Script:
    """Looks by a script (the last one is repeated); time passes only in pauses, and while a look hangs."""

    def __init__(self, looks: list[Look], hang: float = 0) -> None:
        self.looks, self.hang, self.now, self.told = [*looks], hang, 0.0, list[str]()

    def look(self) -> Look:
        self.now += self.hang
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def run(self, limits: Limits = LIMITS) -> Passage:
        return wait_at(limits, self.look, lambda: self.now, self.sleep, self.told.append)


@pytest.mark.parametrize(
    ("looks", "polls", "seconds"),
    [
        ([GOOD], 3, 10),
        ([BAD, GOOD], 4, 15),
        ([GOOD, GOOD, BAD, GOOD], 6, 25),
        ([GOOD, GOOD, WORSE, GOOD], 6, 25),
        ([GOOD, GOOD, OTHER], 5, 20),
        ([GONE], 3, 10),
        ([GOOD, GONE], 4, 15),
    ],
    ids=[
        "good at once",
        "good after a start",
        "a bad look begins anew",
        "a bad look at the same process begins anew",
        "a replaced process begins anew",
        "gone at once",
        "gone after a process",
    ],
)
def test_passes_after_good_looks_in_a_row_at_one_process(looks: list[Look], polls: int, seconds: int) -> None:
    passage = Script(looks).run()
    assert (passage.passed, passage.looks, passage.seconds) == (True, polls, seconds)


@pytest.mark.parametrize("looks", [[BAD], [GOOD, GOOD, BAD] * 30], ids=["never up", "up and down"])
def test_says_no_when_the_time_is_up_with_the_last_thing_seen(looks: list[Look]) -> None:
    passage = Script(looks).run()
    assert (passage.passed, passage.seconds) == (False, 60)
    assert passage.saw in ("state STARTING", "up")


@pytest.mark.parametrize(("look", "passed"), [(GOOD, True), (BAD, False)])
def test_what_was_seen_last_is_told_whatever_the_clock_began_with(look: Look, passed: bool) -> None:
    script = Script([look])
    script.now = 1_000_000.0
    passage = script.run()
    assert passage == Passage(passed, look.process, look.saw, 10 if passed else 60, 3 if passed else 13)


def test_a_look_that_hangs_is_counted_as_time() -> None:
    assert Script([BAD], hang=25).run().looks == 3


def test_a_node_that_was_not_seen_ready_does_not_pass_however_few_looks_are_wanted() -> None:
    assert not Script([BAD]).run(Limits(0, 5, 60)).passed


def test_a_single_look_is_enough_when_one_is_wanted() -> None:
    assert Script([GOOD]).run(Limits(1, 5, 60)).looks == 1


def test_tells_what_it_sees_when_that_changes() -> None:
    script = Script([BAD, BAD, GOOD])
    script.run()
    assert script.told == ["state STARTING (0 s)", "up (10 s)"]


class Clock:
    """Time passes only in pauses."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.mark.parametrize(
    ("good_after", "seconds", "ready", "waited"),
    [
        (0, 5.0, True, 0.0),
        (3, 5.0, True, 0.75),
        (10_000, 5.0, False, 5.0),
        # once, however it is
        (10_000, 0.0, False, 0.0),
        (0, 0.0, True, 0.0),
    ],
)
def test_a_look_that_may_wait_ends_when_it_is_good_or_the_time_is_up(good_after: int, seconds: float, ready: bool, waited: float) -> None:
    clock, looks = Clock(), []

    def look() -> dict[str, object]:
        looks.append(clock.now)
        return {"ready": len(looks) > good_after, "saw": f"look {len(looks)}"}

    seen = look_until_ready(look, seconds, lambda: clock.now, clock.sleep)
    assert (seen["ready"], sum(clock.pauses)) == (ready, waited)
    assert seen["saw"] == f"look {len(looks)}"


def test_a_node_that_is_not_ready_is_waited_for_where_it_is_and_one_that_is_settles_here(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [False, False, True, True]
    waits: list[float] = []
    slept: list[float] = []

    def ask(wait: float) -> dict[str, object]:
        waits.append(wait)
        return {"ready": answers[len(waits) - 1], "process": "b:1:1", "saw": ""}

    monkeypatch.setattr("time.sleep", slept.append)
    limits = Limits(2, 5.0, 600)
    node = gate_action._Node(ask, lambda: None, limits)
    assert wait_at(limits, node.look, lambda: 0.0, node.sleep, lambda _line: None).passed
    assert (waits, slept) == ([5.0, 5.0, 5.0, 0.0], [5])


def test_a_node_is_not_waited_for_longer_than_the_gate_may_take() -> None:
    waits: list[float] = []

    def ask(wait: float) -> dict[str, object]:
        waits.append(wait)
        return {"ready": False, "process": "", "saw": "no answer"}

    limits = Limits(1, 60.0, 20)
    node = gate_action._Node(ask, lambda: None, limits)
    assert not wait_at(limits, node.look, lambda: 0.0, node.sleep, lambda _line: None).passed
    assert waits == [20]


LOST = AnsibleConnectionFailure("Failed to connect to the host via ssh: Connection timed out.")
# as ansible-core 2.17 and 2.18 say it
SLOW_SUDO = AnsibleError("Timeout (12s) waiting for privilege escalation prompt: ")
KILLED = only_data({"failed": True, "msg": "MODULE FAILURE", "module_stdout": "", "module_stderr": "x\nKilled\n", "rc": 137})
UP = {"ready": True, "process": "b:1:1", "saw": "up"}


class Site:
    """A node that answers by a script (the last answer is repeated); what it was asked, and how often the connection was made anew."""

    def __init__(self, *answers: dict[str, t.Any] | Exception) -> None:
        self.answers, self.clock, self.waits, self.anew = [*answers], Clock(), list[float](), 0

    def ask(self, wait: float) -> dict[str, t.Any]:
        self.waits.append(wait)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def connect_anew(self) -> None:
        self.anew += 1

    def pass_gate(self, monkeypatch: pytest.MonkeyPatch) -> Passage:
        monkeypatch.setattr("time.sleep", self.clock.sleep)
        limits = Limits(2, 5.0, 20)
        node = gate_action._Node(self.ask, self.connect_anew, limits)
        return wait_at(limits, node.look, lambda: self.clock.now, node.sleep, lambda _line: None)


@pytest.mark.parametrize("hiccup", [LOST, SLOW_SUDO, KILLED])
def test_a_look_that_is_not_answered_is_made_again_by_a_new_connection(
    hiccup: dict[str, t.Any] | Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(hiccup, UP, hiccup, UP)
    assert site.pass_gate(monkeypatch).passed
    # it was good once before the second one, which began it anew
    assert (site.waits, site.anew) == ([5.0, 5.0, 0.0, 5.0, 0.0], 2)


@pytest.mark.parametrize(
    ("hiccup", "saw"),
    [
        (LOST, "it does not answer: Failed to connect to the host via ssh: Connection timed out"),
        (SLOW_SUDO, "it does not answer: Timeout (12s) waiting for privilege escalation prompt:"),
        (KILLED, "it does not answer: its Python ended with status 137 and without an answer: Killed"),
        ({"failed": True, "module_stdout": ""}, "it does not answer: its Python ended with status unknown and without an answer"),
    ],
)
def test_a_node_that_never_answers_is_asked_with_pauses_until_the_time_is_up_and_the_last_reason_is_told(
    hiccup: dict[str, t.Any] | Exception, saw: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(hiccup)
    passage = site.pass_gate(monkeypatch)
    assert (passage.passed, passage.seconds, passage.looks, passage.saw) == (False, 20, 5, saw)
    assert site.clock.pauses == [5.0] * 4


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"failed": True, "msg": "The product is not known."}, AnsibleActionFail),
        (AnsibleAuthenticationFailure("Invalid/incorrect password"), AnsibleAuthenticationFailure),
        (AnsibleError("Incorrect sudo password"), AnsibleError),
    ],
)
def test_what_no_later_look_would_change_ends_it_at_once(
    answer: dict[str, t.Any] | Exception, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(answer)
    with pytest.raises(error):
        site.pass_gate(monkeypatch)
    assert (len(site.waits), site.anew) == (1, 0)


class Action(gate_action.ActionModule):
    """The plugin without Ansible around it. ``asked``: the folder of each question to the node, which is up."""

    def __init__(self, install_dir: str) -> None:
        arguments = {"product": "jira", "url": "http://127.0.0.1:8080", "install_dir": install_dir, "settle_polls": 1}
        self._task = types.SimpleNamespace(args=arguments, action="gate", check_mode=False)
        self.asked = list[str]()

    def begin(self, tmp: t.Any, task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:  # noqa: ARG002  # as the class has it
        return {}

    def ask(self, module: str, arguments: t.Mapping[str, t.Any], task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:  # noqa: ARG002
        self.asked.append(arguments["install_dir"])
        return UP


def test_the_node_is_asked_for_a_folder_of_its_own_and_not_for_the_one_of_the_controller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ops")
    action = Action("~/jira")
    assert action.run(None, {})["saw"] == "up"
    assert action.asked == ["~/jira"]
