# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the real playbook against a stand-in cluster, and what a test wants to know of them."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shlex
import signal
import stat
import subprocess
import sys
import typing as t
from abc import ABC, abstractmethod
from pathlib import Path

from demo.browser import Browser
from demo.cluster import CANARY, Cluster
from demo.patience import patient, wait_for
from demo.playbook import PLAYBOOK, collections_path, write_config
from demo.processes import all_arguments
from tests.schemas import fitting

# a run that neither ends nor says or records anything for so long is stuck, on an idle machine
LONGEST = 240


class Result(t.NamedTuple):
    """How a run ended; ``said`` is its output in one line, for sentences that Ansible wraps."""

    status: int
    output: str

    @property
    def said(self) -> str:
        return re.sub(r"\s+", " ", self.output.replace('\\"', '"'))

    def assert_says(self, *sentences: str) -> None:
        for sentence in sentences:
            assert sentence in self.said, f"not said: {sentence}\n{self.output}"


class Run:
    """A playbook at work."""

    def __init__(self, command: t.Sequence[str], environment: t.Mapping[str, str], folder: Path, log: Path) -> None:
        self._log = log
        with log.open("w", encoding="utf-8") as output:
            self.process = subprocess.Popen(
                command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )

    @property
    def output(self) -> str:
        """What it has said so far."""
        return self._log.read_text(encoding="utf-8")

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def said_so_far(self) -> int:
        """How much it has said: grows as long as it goes on."""
        return self._log.stat().st_size

    def wait(self, seconds: float = LONGEST) -> Result:
        """Wait for its end, as long as it goes on saying something within so many seconds."""
        try:
            wait_for(lambda: self.over, "the run ends or says more", seconds, self.said_so_far)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.output}") from None
        return Result(self.process.wait(), self.output)

    def kill(self) -> None:
        """SIGKILL to ansible-playbook alone, as when the controller dies: what runs on the nodes at that moment may go on."""
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """SIGKILL to all that came from it."""
        if not self.over:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Playbook(ABC):
    """The way to run the playbook: one inventory, one archive folder, one after the other or side by side.

    ``variables`` are those of the inventory's group, ``environment`` adds to that of ansible-playbook. Time-outs among the
    variables are those of an idle machine.
    """

    longest: float = LONGEST

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.archives = folder / "archives"
        self.variables: dict[str, object] = {
            "force_reauth_archive_dir": str(self.archives),
            # a test may run in a container, or in a job of a pipeline
            "force_reauth_accept_local_archive": True,
            "force_reauth_proof_username": CANARY,
            "force_reauth_settle_polls": 2,
            "force_reauth_poll_seconds": 0.3,
            "force_reauth_manual_poll_seconds": 0.3,
            "force_reauth_gate_timeout": 60,
            "force_reauth_stop_timeout": 20,
        }
        self.environment: dict[str, str] = {}
        self._runs: list[Run] = []

    @property
    @abstractmethod
    def secrets(self) -> dict[str, str]:
        """What is never in an inventory."""

    @abstractmethod
    def write_inventory(self, **variables: object) -> Path:
        """The inventory; variables without the prefix get it."""

    def run(self, *arguments: str, playbook: str = PLAYBOOK, inventory: Path | None = None, **variables: object) -> Result:
        """Run it to its end. ``variables`` go to the group's variables in the inventory, with or without the prefix force_reauth_."""
        return self.start(*arguments, playbook=playbook, inventory=inventory, **variables).wait(self.longest)

    def start(self, *arguments: str, playbook: str = PLAYBOOK, inventory: Path | None = None, **variables: object) -> Run:
        """Start it."""
        inventory = inventory or self.write_inventory(**variables)
        return self._start(["-i", str(inventory), playbook, *arguments])

    def resume(self, result: Result) -> Result:
        """Run the command that a failed run printed, word by word, with the secrets of that run."""
        printed = re.search(r"Resume: ansible-playbook (.*?) \(and the variables", result.said)
        assert printed, result.output
        return self._start(shlex.split(printed[1])).wait(self.longest)

    def _start(self, words: t.Sequence[str]) -> Run:
        return self._begin(self.command(*words), self.environment_of_runs())

    def command(self, *words: str) -> list[str]:
        """The command with the file of secrets."""
        return [str(Path(sys.executable).with_name("ansible-playbook")), *words, "-e", f"@{self._write_secrets()}"]

    def shell(self, script: str, **variables: str) -> Result:
        """Run a script that calls ansible-playbook, with these variables in its environment and the secrets in secrets.json."""
        self._write_secrets()
        return self.start_program(["bash", "-euo", "pipefail", "-c", script], **variables).wait(self.longest)

    def start_program(self, command: t.Sequence[str], **variables: str) -> Run:
        """Start what calls ansible-playbook, with these variables in its environment."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return self._begin(command, {**self.environment_of_runs(), "PATH": path, **variables})

    def record(self) -> dict[str, t.Any]:
        """The newest run record."""
        path = max(self.archives.glob("*/*/run.json"), key=lambda one: one.stat().st_mtime)
        return t.cast("dict[str, t.Any]", json.loads(path.read_text(encoding="utf-8"))["record"])

    def evidence(self) -> dict[str, t.Any]:
        """The newest evidence, which fits its schema and is its owner's alone, with the hash of the record as it lies there."""
        path = max(self.archives.glob("*/*/evidence.json"), key=lambda one: one.stat().st_mtime)
        found = t.cast("dict[str, t.Any]", json.loads(path.read_text(encoding="utf-8")))
        fitting("evidence", found)
        page = path.with_name("evidence.html")
        assert {stat.S_IMODE(one.stat().st_mode) for one in (path, page)} == {0o600}
        assert found["sentence"].split("'")[0] in page.read_text(encoding="utf-8")
        assert found["record"]["sha256"] == hashlib.sha256(path.with_name("run.json").read_bytes()).hexdigest()
        return found

    def steps(self) -> dict[str, str]:
        """How far the newest run is by its record: '' -> its phase, node -> its step; empty without a record."""
        try:
            phase = {"": str(self.record()["phase"])}
        except (ValueError, FileNotFoundError):
            return {}
        files = list(self.archives.glob("*/*/nodes/*.json"))
        return phase | {path.stem: json.loads(path.read_text(encoding="utf-8"))["record"].get("step", "") for path in files}

    def wait_for_step(self, run: Run, reached: t.Callable[[dict[str, str]], bool]) -> None:
        """Until the record of the run has reached that; a run that ends without is a failure."""
        wait_for(lambda: run.over or reached(self.steps()), "the run reaches the moment", self.longest, run.said_so_far)
        assert not run.over, run.output

    def kill_when(self, run: Run, reached: t.Callable[[dict[str, str]], bool]) -> None:
        """Kill the run as soon as its record has reached that; what it had begun on a node may go on."""
        self.wait_for_step(run, reached)
        run.kill()

    def group_variables(self, changes: t.Mapping[str, object]) -> dict[str, object]:
        """The variables of the group; changes without the prefix get it, and a busy machine gets longer time-outs."""
        named = {
            name if name.startswith(("force_reauth_", "ansible_")) else f"force_reauth_{name}": value for name, value in changes.items()
        }
        return {name: _patient(name, value) for name, value in {**self.variables, **named}.items()}

    def end_runs(self) -> None:
        """End what still runs."""
        for run in self._runs:
            run.end()

    def _begin(self, command: t.Sequence[str], environment: t.Mapping[str, str]) -> Run:
        run = Run(command, environment, self.folder, self.folder / f"run{len(self._runs)}.log")
        self._runs.append(run)
        return run

    def _write_secrets(self) -> Path:
        secrets = self.folder / "secrets.json"
        secrets.write_text(json.dumps(self.secrets), encoding="utf-8")
        secrets.chmod(0o600)
        return secrets

    def environment_of_runs(self) -> dict[str, str]:
        """What a run is started with."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        return {
            **own,
            "ANSIBLE_CONFIG": str(write_config(self.folder)),
            "ANSIBLE_COLLECTIONS_PATH": str(collections_path()),
            "ANSIBLE_NOCOLOR": "1",
            "PYTHONUNBUFFERED": "1",
            **self.environment,
        }


def _patient(name: str, value: object) -> object:
    counted = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return math.ceil(patient(t.cast("int", value))) if name.endswith("_timeout") and counted else value


class Site(Playbook):
    """A stand-in cluster and the way to run the playbook on it."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        super().__init__(folder)
        self.cluster = cluster
        self.more_secrets: dict[str, str] = {}

    @property
    def secrets(self) -> dict[str, str]:
        """What is never in an inventory."""
        passwords = {"database_password": self.cluster.database.password}
        if self.variables["force_reauth_proof_username"]:
            passwords["proof_password"] = self.cluster.users[CANARY]
        return {f"force_reauth_{name}": value for name, value in (passwords | self.more_secrets).items()}

    def write_inventory(self, **variables: object) -> Path:
        """The inventory; variables without the prefix get it."""
        return self.cluster.write_inventory(self.folder / "inventory.yml", **self.group_variables(variables))

    def sign_in(self, *users: str) -> list[Browser]:
        """Browsers of users (made when they are not there) who signed in with 'remember me', spread over the nodes."""
        nodes = self.cluster.nodes
        browsers = [Browser(user, self.cluster.users.get(user) or self.cluster.add_user(user)) for user in users]
        for number, browser in enumerate(browsers):
            assert browser.sign_in(nodes[number % len(nodes)], remember_me=True)
        return browsers

    def open_doors(self, browsers: t.Iterable[Browser]) -> list[tuple[str, str, str]]:
        """(user, node, cookie) of each cookie that, sent alone, still opens a node."""
        return [
            (browser.user, node.name, cookie)
            for browser in browsers
            for node in self.cluster.nodes
            for cookie in browser.cookies
            if browser.whoami(node, cookie)
        ]

    def pids(self) -> dict[str, int]:
        """The process of each node, 0 for none."""
        return {node.name: node.pid for node in self.cluster.nodes}

    def locks(self) -> list[str]:
        """The nodes that are locked."""
        return [node.name for node in self.cluster.nodes if (node.home / ".force_reauth.lock").exists()]

    def at_work(self) -> set[int]:
        """Pids of ansible-playbook and of its workers; a worker lives as long as the module that it waits for."""
        inventory = str(self.folder / "inventory.yml").encode()
        return {pid for pid, arguments in all_arguments() if inventory in arguments}

    def state_of_everything(self) -> dict[str, object]:
        """Processes, rows and files (with their content) of cluster and archives, to be compared."""
        logs = ("catalina.out",)
        files = [
            path
            for root in (self.cluster.folder, self.archives)
            for path in sorted(root.rglob("*"))
            if path.is_file() and path.name not in logs
        ]
        return {
            "pids": self.pids(),
            "rows": self.cluster.token_rows(),
            # a node that writes to its database has a journal for a moment
            "files": {str(path): path.read_bytes() for path in files if path.suffix not in (".db", ".db-journal")},
        }

    def take_down(self) -> None:
        """End what still runs."""
        self.end_runs()
        self.cluster.destroy()
