# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run as a story for a person at a terminal: what happens becomes lines, one for each step and one for each node. Pure.

Nothing of a task is shown but its name, where it failed.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.report import RULE

Result = t.Mapping[str, t.Any]
# the steps of the run record, in the words of the line of a node
_STEPS = {"draining": "drain", "stopping": "stop", "cleaned": "down", "starting": "start", "up": "back"}
GATE = "gate"
# the play that looks at nothing but the inventory
_UNTOLD = ("Select the nodes",)
# a line of the gate, which says what a node looks like
_OF_A_NODE = re.compile(r"  (\S.*?): (.*)")
# what may say why a task failed, most telling first
_REASONS = ("msg", "module_stderr", "module_stdout", "stderr", "stdout")


@dataclass(frozen=True)
class Walk:
    """The way of one node: each step with the moment of its begin, in seconds of one clock, and what the gate last saw."""

    node: str
    steps: tuple[tuple[str, float], ...] = ()
    said: str = ""

    def line(self, now: float, end: str = "") -> str:
        """The way so far; the last step lasts until ``now``."""
        ends = [began for _name, began in self.steps[1:]] + [now]
        words = [f"{name} {until - began:.0f} s" for (name, began), until in zip(self.steps, ends)]
        return shown(f"{self.node:<10} {' > '.join(words)}{end}")


class Story:
    """Takes what happens, and returns the lines that stay; ``live`` are those of nodes that are on their way."""

    def __init__(self) -> None:
        self._play = self._told = ""
        self._walks: dict[str, Walk] = {}
        self._back: set[str] = set()
        self._last_reason = ""

    def play(self, name: str) -> None:
        """A play begins. It is told when a task of it does: one that ends at once has done nothing."""
        self._play = name

    def began(self, host: str, action: str, now: float) -> list[str]:
        """A task begins on a host."""
        # one that is back is on no way again where it is only seen once more
        if action == GATE and host not in self._back:
            self._step(host, GATE, now)
        if self._play in ("", self._told, *_UNTOLD):
            return []
        self._told = self._play
        return [shown(f"> {self._play}")]

    def ended(self, host: str, result: Result, now: float) -> list[str]:
        """A task has done its work on a host. The run record tells each step of a node before it is taken."""
        diff = result.get("diff")
        before, after = (diff.get(side) or {} for side in ("before", "after")) if isinstance(diff, dict) else ({}, {})
        step = _STEPS.get(str(after.get("step"))) if before.get("step") != after.get("step") else None
        if step:
            self._step(host, step, now)
        if not (result.get("ansible_facts") or {}).get("__force_reauth_back"):
            return []
        self._back.add(host)
        return self._close(host, now, "")

    def failed(self, host: str, task: str, result: Result, now: float, how: str) -> list[str]:
        """A task has failed on a host. ``how``: FAILED, UNREACHABLE, or ignored: then the run goes on."""
        lines = [] if how == "ignored" else self._close(host, now, ", failed")
        reason = reason_of(result)
        again, self._last_reason = reason == self._last_reason, reason
        return [*lines, shown(f"{how:<11} {host}, '{task}': {'the same' if again else reason}")]

    def said(self, text: str) -> str | None:
        """What somebody prints, as it is to be printed; None where it goes into the line of a node."""
        found = _OF_A_NODE.fullmatch(text)
        walk = self._walks.get(found[1]) if found else None
        if found and walk:
            self._walks[walk.node] = replace(walk, said=found[2])
            return None
        lines = text.split("\n")
        if len(lines) > 1 and lines[0] == RULE and ", route " in lines[1]:
            # the plan stands alone at the top; the box is for the verdict
            return "\n".join(line for line in lines if line != RULE)
        return text

    def live(self, now: float, width: int) -> list[str]:
        """A line for each node that is on its way, none wider than that."""
        lines = [walk.line(now, f" ({walk.said})" if walk.said else "") for walk in self._walks.values()]
        return [line if len(line) < width else f"{line[: width - 3]}.." for line in lines]

    def over(self, now: float) -> list[str]:
        """The run has ended: the nodes that were still on their way."""
        return [line for node in list(self._walks) for line in self._close(node, now, ", not seen to be back")]

    def _step(self, node: str, name: str, now: float) -> None:
        walk = self._walks.get(node) or Walk(node)
        if not walk.steps or walk.steps[-1][0] != name:
            self._walks[node] = replace(walk, steps=(*walk.steps, (name, now)), said="")

    def _close(self, node: str, now: float, end: str) -> list[str]:
        walk = self._walks.pop(node, None)
        return [walk.line(now, end)] if walk else []


def reason_of(result: Result) -> str:
    """All that a result says of why it failed, whole."""
    texts = [str(result[name]).strip() for name in _REASONS if result.get(name)]
    if not texts and "censored" in result:
        return "its answer is hidden, because it is made of secrets; the next lines say why"
    return " | ".join(dict.fromkeys(one for one in texts if one)) or "it does not say why"
