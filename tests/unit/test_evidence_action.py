# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action says of an evidence that it writes: where it lies, and where it does not say what was asked for."""

from __future__ import annotations

import types
import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.action import evidence

from tests.evidence_runs import record_of

NODES = ["n1", "n2"]


class Action(evidence.ActionModule):
    """The plugin without Ansible around it. ``record``: what the host of the records has. ``asked``: the folder of each question to it."""

    def __init__(self, end: str, record: dict[str, t.Any], archive_dir: str = "/srv") -> None:
        place = {"archive_dir": archive_dir, "cluster": "jira-0123456789ab", "run_id": "CHG-1"}
        arguments = {**place, "end": end, "host": "db1", "plan": {}, "stopped": {}, "report_dir": ""}
        self._task = types.SimpleNamespace(args=arguments, action="evidence", check_mode=False)
        self._record, self.asked = record, list[tuple[str, str]]()

    def begin(self, tmp: t.Any, task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:  # noqa: ARG002  # as the class has it
        return {}

    def ask(self, module: str, arguments: t.Mapping[str, t.Any], task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:  # noqa: ARG002
        self.asked.append((module.rpartition(".")[2], arguments["archive_dir"]))
        return {"record": self._record, "paths": ["/srv/evidence.json"]}


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(evidence, "Display", lambda: types.SimpleNamespace(display=lines.append))
    monkeypatch.setattr(evidence, "versions", dict)
    monkeypatch.setattr(evidence, "command_of", lambda _arguments, _shown: "")
    return lines


@pytest.mark.parametrize("end", ["proven", "unproven"])
def test_a_verdict_that_the_record_has_is_told_without_a_problem(end: str, told: list[str]) -> None:
    done = Action(end, record_of(NODES, end)).run(None, {})
    assert done["problems"] == []
    assert told == ["Evidence   /srv/evidence.json on db1"]


def test_a_verdict_that_the_record_does_not_have_is_said_to_be_none(told: list[str]) -> None:
    done = Action("proven", {}).run(None, {})
    assert done["problems"] == ["NOT proven: there is no record of a run CHG-1 there"]
    assert told == ["Evidence   /srv/evidence.json on db1\nEvidence   NOT proven: there is no record of a run CHG-1 there"]


@pytest.mark.parametrize("folder", ["~/force_reauth", "/srv/$SITE"])
def test_the_host_of_the_record_is_asked_for_its_own_folder_and_not_for_the_one_of_the_controller(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ops")
    monkeypatch.setenv("SITE", "controller")
    action = Action("proven", record_of(NODES, "proven"), folder)
    assert action.run(None, {})["problems"] == []
    assert action.asked == [("run_record", folder), ("evidence_files", folder)]
