# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebook of extensions/eda by the real ansible-rulebook, with a stand-in of AWX's API."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import shlex
import subprocess
import typing as t
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from demo.patience import patient, wait_for
from demo.playbook import CHECKOUT
from demo.ports import ReservedPort
from tests.borrowed import borrow, program_of_its_own
from tests.playbook.awx_stand_in import AwxStandIn

RULEBOOK = CHECKOUT / "extensions/eda/rulebooks/force_reauth.yml"
SECRET = "shared-with-the-identity-provider"


def head() -> tuple[list[str], list[str]]:
    """Of the head of the rulebook: the names that it exports, and the words of the command."""
    shown = [line[6:] for line in RULEBOOK.read_text(encoding="utf-8").splitlines() if line.startswith("#     ")]
    exports = [line for line in shown if line.startswith("export ")]
    command = "\n".join(line for line in shown if line not in exports)
    return re.findall(r"(\w+)=", " ".join(exports)), shlex.split(command.replace("\\\n", " "))


def test_the_head_of_the_rulebook_hands_over_what_it_asks_for_and_the_guide_says_the_same() -> None:
    text = RULEBOOK.read_text(encoding="utf-8")
    exported, command = head()
    asked = re.findall(r"\{\{ ([A-Z_]+) \}\}", text)
    assert command[command.index("--env-vars") + 1].split(",") == asked
    # ansible-rulebook's own, for run_workflow_template
    assert exported == ["EDA_CONTROLLER_URL", "EDA_CONTROLLER_TOKEN", *asked]
    guide = (CHECKOUT / "docs/docsite/rst/awx.rst").read_text(encoding="utf-8")
    assert [line for line in re.findall(r"(?m)^#     +(.*)$", text) if line not in guide] == []


@pytest.fixture(scope="module")
def program() -> Path:
    """Its rules run in Java."""
    borrow("java-databases")  # and a Java to run them
    return program_of_its_own(
        "ansible-rulebook", "ansible-rulebook >= 1.3, < 1.4", "ansible-core >= 2.19, < 2.20", "ansible-runner >= 2.4, < 3"
    )


@pytest.fixture
def awx() -> t.Iterator[AwxStandIn]:
    with AwxStandIn() as stand_in:
        for cluster in ("jira", "confluence"):
            asked = dict.fromkeys((f"ask_{what}_on_launch" for what in ("limit", "labels", "inventory", "variables")), False)
            stand_in.add("workflow_job_templates", name=f"Force re-authentication: {cluster}", **asked)
        yield stand_in


class Listening:
    """The rulebook at work: what is told to it, and what it said."""

    def __init__(self, program: Path, awx: AwxStandIn, folder: Path) -> None:
        self._reserved, self._log = ReservedPort(), folder / "rulebook.log"
        self._port = self._reserved.port
        ours = {"eda_clusters": ["jira", "confluence"], "eda_organization": "Default", "eda_address": "127.0.0.1", "eda_port": self._port}
        (folder / "ours.yml").write_text(json.dumps(ours), encoding="utf-8")
        (folder / "inventory.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n", encoding="utf-8")
        exported, command = head()
        values = {"FORCE_REAUTH_EDA_SECRET": SECRET, "EDA_CONTROLLER_URL": awx.url, "EDA_CONTROLLER_TOKEN": awx.token}
        path = f"{program.parent}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "HOME": str(folder), **{name: values[name] for name in exported}}
        of_this_checkout = {"ansible-rulebook": str(program), "dcops.atlassian_sessions.force_reauth": str(RULEBOOK)}
        with self._log.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [of_this_checkout.get(word, word) for word in command],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def said(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def wait(self, reached: t.Callable[[], bool], what: str) -> None:
        wait_for(lambda: reached() or self.process.poll() is not None, what, 60, lambda: self._log.stat().st_size)
        assert self.process.poll() is None, self.said()

    def tell(self, event: t.Mapping[str, str], secret: str = SECRET) -> int:
        """The status of the answer."""
        body = json.dumps(event).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
        connection = HTTPConnection("127.0.0.1", self._port, timeout=patient(10))
        with closing(connection):
            connection.request("POST", "/incident", body, headers)
            return connection.getresponse().status

    def _answers(self) -> bool:
        try:
            return self.tell({}, secret="nobody's") != 0
        except (OSError, HTTPException):
            return False

    def wait_until_it_listens(self) -> None:
        self.wait(self._answers, "it listens")

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reserved.release()


@pytest.fixture
def listening(program: Path, awx: AwxStandIn, tmp_path: Path) -> t.Iterator[Listening]:
    started = Listening(program, awx, tmp_path)
    try:
        started.wait_until_it_listens()
        yield started
    finally:
        started.end()


@pytest.mark.long
def test_an_incident_starts_the_workflow_of_its_cluster_once_in_an_hour(listening: Listening, awx: AwxStandIn) -> None:
    assert listening.tell({"type": "incident", "cluster": "jira"}, secret="another") == 401
    ignored = [{"type": "news", "cluster": "jira"}, {"type": "incident", "cluster": "crowd"}, {"type": "incident"}]
    told = [{"type": "incident", "cluster": name} for name in ("jira", "jira", "confluence")]
    assert [listening.tell(event) for event in (*ignored, *told)] == [200] * 6
    # events are taken in their order: when the last one has come through, those before it have
    listening.wait(lambda: any("confluence" in name for name, _given in awx.launched), "the last one comes through")
    assert [name for name, _given in awx.launched] == ["Force re-authentication: jira", "Force re-authentication: confluence"]
    # nothing of what was sent reaches the job
    assert [given.get("extra_vars") or {} for _name, given in awx.launched] == [{}, {}]
    assert SECRET not in listening.said()
