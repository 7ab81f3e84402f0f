# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens in a run becomes lines: for each step, for each node, for each failure; nothing of a task but its name."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.report import RULE
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.story import Story, Walk, reason_of

from tests.evidence_runs import HOSTILE


def recorded(step: str, before: str = "") -> dict[str, t.Any]:
    """As ``run_record`` answers when the step of a node is written."""
    return {"changed": True, "diff": {"before": {"step": before}, "after": {"step": step}}}


BACK = {"ansible_facts": {"__force_reauth_back": "1.0"}}


def walked(story: Story, node: str = "n1") -> None:
    """From drain to the gate, at the seconds 0, 3, 8 and 10."""
    steps = ["", "draining", "stopping", "starting"]
    for before, step, now in zip(steps, steps[1:], (0.0, 3.0, 8.0), strict=False):
        assert story.ended(node, recorded(step, before), now) == []
    story.began(node, "gate", 10.0)


def test_a_node_is_one_line_that_tells_each_step_with_its_seconds() -> None:
    story = Story()
    walked(story)
    assert story.live(14.0, 200) == ["n1         drain 3 s > stop 5 s > start 2 s > gate 4 s"]
    assert story.ended("n1", recorded("up", "starting"), 22.0) == []
    assert story.ended("n1", BACK, 23.0) == ["n1         drain 3 s > stop 5 s > start 2 s > gate 12 s > back 1 s"]
    assert (story.live(24.0, 200), story.over(24.0)) == ([], [])


def test_what_the_gate_sees_goes_into_the_line_of_its_node_and_nowhere_else() -> None:
    story = Story()
    walked(story)
    assert story.said("  n1: state STARTING (2 s)") is None
    assert story.live(12.0, 200) == ["n1         drain 3 s > stop 5 s > start 2 s > gate 2 s (state STARTING (2 s))"]
    assert story.said("  n2: state STARTING (2 s)") == "  n2: state STARTING (2 s)"
    story.ended("n1", recorded("up", "starting"), 13.0)
    assert "STARTING" not in story.live(13.0, 200)[0]


def test_a_line_that_moves_is_never_wider_than_the_terminal() -> None:
    story = Story()
    walked(story)
    story.said(f"  n1: {'x' * 500}")
    assert [len(line) for line in story.live(12.0, 80)] == [79]


def test_several_nodes_of_a_batch_move_side_by_side() -> None:
    story = Story()
    walked(story, "n1")
    walked(story, "n2")
    assert [line.split()[0] for line in story.live(12.0, 200)] == ["n1", "n2"]
    assert len(story.ended("n2", BACK, 13.0)) == 1
    assert [line.split()[0] for line in story.live(13.0, 200)] == ["n1"]
    assert story.over(14.0) == ["n1         drain 3 s > stop 5 s > start 2 s > gate 4 s, not seen to be back"]


def test_a_record_that_is_written_again_is_no_new_step() -> None:
    story = Story()
    story.ended("n1", recorded("starting", "starting"), 0.0)
    story.ended("n1", {"changed": True, "diff": [{"before": "", "after": ""}]}, 0.0)
    story.ended("n1", {"censored": "hidden"}, 0.0)
    assert story.live(1.0, 200) == []


def test_a_gate_that_is_asked_again_is_no_new_step() -> None:
    story = Story()
    walked(story)
    story.began("n1", "gate", 12.0)
    assert story.live(14.0, 200) == ["n1         drain 3 s > stop 5 s > start 2 s > gate 4 s"]


def test_a_node_that_is_back_is_on_no_way_again_where_it_is_seen_once_more() -> None:
    story = Story()
    walked(story)
    story.ended("n1", BACK, 12.0)
    story.began("n1", "gate", 13.0)
    assert story.said("  n1: state RUNNING (0 s)") == "  n1: state RUNNING (0 s)"
    assert story.failed("n1", "Wait", {"msg": "not up"}, 14.0, "FAILED") == ["FAILED      n1, 'Wait': not up"]
    assert story.over(15.0) == []


def test_a_step_is_told_once_and_when_something_of_it_begins() -> None:
    story = Story()
    story.play("Select the nodes")
    assert story.began("n1", "set_fact", 0.0) == []
    story.play("Look")
    assert (story.began("n1", "x", 0.0), story.began("n2", "x", 0.0)) == (["> Look"], [])
    # it ended at once
    story.play("Sign in the canary")
    for _batch in range(3):
        story.play("Restart")
    assert story.began("n1", "x", 1.0) == ["> Restart"]
    story.play("Restart")
    assert story.began("n2", "x", 2.0) == []


def test_a_failure_ends_the_line_of_its_node_and_is_told_whole() -> None:
    story = Story()
    walked(story)
    lines = story.failed("n1", "Wait", {"msg": "not up within 60 s"}, 70.0, "FAILED")
    assert lines == [
        "n1         drain 3 s > stop 5 s > start 2 s > gate 60 s, failed",
        "FAILED      n1, 'Wait': not up within 60 s",
    ]
    assert story.failed("n2", "Wait", {"msg": "not up within 60 s"}, 70.0, "FAILED") == ["FAILED      n2, 'Wait': the same"]
    assert story.failed("n2", "Stop", {"msg": "another"}, 70.0, "UNREACHABLE") == ["UNREACHABLE n2, 'Stop': another"]


def test_a_failure_that_is_ignored_is_told_and_the_node_goes_on() -> None:
    story = Story()
    walked(story)
    assert story.failed("n1", "Unlock", {"msg": "gone"}, 11.0, "ignored") == ["ignored     n1, 'Unlock': gone"]
    assert len(story.live(12.0, 200)) == 1


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"msg": "no", "invocation": {"module_args": {"password": "s3cret"}}}, "no"),
        ({"msg": "MODULE FAILURE", "module_stderr": "Traceback ..", "rc": 1}, "MODULE FAILURE | Traceback .."),
        ({"msg": "non-zero return code", "stderr": "denied", "stdout": "denied"}, "non-zero return code | denied"),
        ({"censored": "hidden"}, "its answer is hidden, because it is made of secrets; the next lines say why"),
        ({}, "it does not say why"),
    ],
)
def test_the_reason_is_all_that_is_said_of_it_and_no_argument(result: dict[str, t.Any], expected: str) -> None:
    assert reason_of(result) == expected


def test_a_rule_alone_is_no_plan() -> None:
    assert Story().said(RULE) == RULE


def test_the_plan_loses_its_rules_and_the_verdict_keeps_its_box() -> None:
    story = Story()
    assert story.said("\n".join([RULE, "Run CHG-1, route rolling", "Tokens     7", RULE])) == "Run CHG-1, route rolling\nTokens     7"
    verdict = "\n".join([RULE, "Run CHG-1: PROVEN", RULE])
    assert story.said(verdict) == verdict
    assert story.said("[WARNING]: careful") == "[WARNING]: careful"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_others_call_something_stays_on_its_line(text: str) -> None:
    story = Story()
    story.play(text)
    lines = story.began(text, "gate", 0.0)
    lines += story.failed(text, text, {"msg": text, "stderr": text}, 1.0, "FAILED")
    story.began(text, "gate", 2.0)
    story.said(f"  {text}: {text}")
    lines += [*story.live(3.0, 10_000), Walk(text, (("gate", 0.0),)).line(1.0)]
    assert all(line.isprintable() for line in lines)


LOOK, ACT, ROLL = "Look at every node", "Delete the tokens", "Restart every node, batch by batch"
PLAN_SAID = f"{RULE}\nRun CHG-1, route rolling\nTokens     2 of 2 users\n{RULE}"
VERDICT_SAID = f"{RULE}\nRun CHG-1: PROVEN\n{RULE}"


class Told:
    """A run that is played to a story, and what stands in the log of it."""

    def __init__(self) -> None:
        self.story, self.lines, self.now = Story(), list[str](), 0.0

    def play(self, name: str) -> None:
        self.story.play(name)
        self.add(self.story.began("n1", "assert", self.now))

    def add(self, lines: t.Sequence[str]) -> None:
        self.lines += lines

    def say(self, text: str) -> None:
        self.add([one for one in [self.story.said(text)] if one is not None])

    def roll(self, node: str, gate: bool = True) -> None:
        """The steps take 1, 2, 3 and 4 seconds."""
        for step, before, seconds in (("draining", "", 0), ("stopping", "draining", 1), ("starting", "stopping", 2)):
            self.now += seconds
            self.add(self.story.ended(node, recorded(step, before), self.now))
        self.now += 3
        self.story.began(node, "gate", self.now)
        self.now += 4
        if gate:
            self.add(self.story.ended(node, recorded("up", "starting"), self.now))
            self.add(self.story.ended(node, BACK, self.now))


def test_a_good_run_reads_as_plan_steps_nodes_and_verdict() -> None:
    told = Told()
    told.play(LOOK)
    told.say(PLAN_SAID)
    told.play(ACT)
    told.play(ROLL)
    for node in ("n1", "n2"):
        told.roll(node)
    told.say(VERDICT_SAID)
    told.add(told.story.over(told.now))
    assert "\n".join(told.lines).splitlines() == [
        f"> {LOOK}",
        "Run CHG-1, route rolling",
        "Tokens     2 of 2 users",
        f"> {ACT}",
        f"> {ROLL}",
        "n1         drain 1 s > stop 2 s > start 3 s > gate 4 s > back 0 s",
        "n2         drain 1 s > stop 2 s > start 3 s > gate 4 s > back 0 s",
        RULE,
        "Run CHG-1: PROVEN",
        RULE,
    ]


def test_a_refusal_reads_as_the_look_and_its_reason() -> None:
    told = Told()
    told.play(LOOK)
    told.add(told.story.failed("n1", "Refuse", {"msg": "Not ready: n1. Nothing was changed."}, 1.0, "FAILED"))
    told.add(told.story.failed("n2", "Refuse", {"msg": "Not ready: n1. Nothing was changed."}, 1.0, "FAILED"))
    told.add(told.story.over(1.0))
    assert told.lines == [
        f"> {LOOK}",
        "FAILED      n1, 'Refuse': Not ready: n1. Nothing was changed.",
        "FAILED      n2, 'Refuse': the same",
    ]


def test_a_failed_gate_reads_as_how_far_the_node_came_and_why() -> None:
    told = Told()
    told.play(ROLL)
    told.roll("n1", gate=False)
    told.say("  n1: state STARTING (4 s)")
    told.add(told.story.failed("n1", "Wait at the gate", {"msg": "n1 is not up. Last seen: STARTING"}, told.now, "FAILED"))
    told.add(told.story.over(told.now))
    assert told.lines == [
        f"> {ROLL}",
        "n1         drain 1 s > stop 2 s > start 3 s > gate 4 s, failed",
        "FAILED      n1, 'Wait at the gate': n1 is not up. Last seen: STARTING",
    ]
