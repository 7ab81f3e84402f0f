# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job as AWX starts it: by the real ansible-runner, from a folder with project, inventory, answers and the variables of credentials.

What AWX hands over is marked ``!unsafe``, names and texts alike (its own ``safe_yaml.py``), and comes in files, never on a command line.
"""

from __future__ import annotations

import json
import shutil
import sys
import typing as t
from pathlib import Path

import yaml

from demo.cluster import CANARY
from demo.playbook import CHECKOUT
from tests.playbook.runs import Result, Run, Site

PROJECT = CHECKOUT / "extensions/awx/project"


class _Marked(yaml.SafeDumper):
    """As AWX writes extra variables."""


_Marked.add_representer(str, lambda dumper, text: dumper.represent_scalar("!unsafe", text))


class Job:
    """One job. ``answers`` to the survey, each a text or a number, and ``carried`` by the credential: variables without their prefix."""

    def __init__(self, site: Site, number: int, answers: t.Mapping[str, object], **carried: str) -> None:
        self._site = site
        self.folder = site.folder / f"job{number}"
        self._artifacts = self.folder / "artifacts" / str(number)
        shutil.copytree(PROJECT, self.folder / "project", ignore=shutil.ignore_patterns("inventory.yml"))
        for name in ("inventory", "env"):
            (self.folder / name).mkdir(mode=0o700)
        shutil.copy(site.write_inventory(), self.folder / "inventory/hosts.yml")
        self.carried = {**{name.removeprefix("force_reauth_"): value for name, value in site.secrets.items()}, **carried}
        self._write("extravars", {"awx_job_id": number, "awx_user_name": "admin", **_prefixed(answers)})
        self._write("credential", _prefixed({"proof_username": CANARY, **self.carried}))
        # as AWX sets them
        set_by_awx = {"ANSIBLE_FORCE_COLOR": "True", "ANSIBLE_HOST_KEY_CHECKING": "False", "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True"}
        given = {**set_by_awx, "AWX_PRIVATE_DATA_DIR": str(self.folder), "JOB_ID": str(number), "ANSIBLE_RETRY_FILES_ENABLED": "False"}
        self._write("envvars", given, yaml.SafeDumper)

    def run(self, playbook: str = "force_reauth", check: bool = False) -> Result:
        """Its end."""
        return self.start(playbook, check).wait()

    def start(self, playbook: str = "force_reauth", check: bool = False) -> Run:
        """``check``: its type is check."""
        words = [f"-e @{self.folder}/env/credential", *["--check"][: int(check)]]
        (self.folder / "env/cmdline").write_text(" ".join(words), encoding="utf-8")
        program = str(Path(sys.executable).with_name("ansible-runner"))
        return self._site.start_program([program, "run", str(self.folder), "-p", f"{playbook}.yml", "--ident", self._artifacts.name])

    def status(self) -> str:
        """What runner says became of it: successful, failed, canceled .."""
        return (self._artifacts / "status").read_text(encoding="utf-8")

    def statistics(self) -> dict[str, t.Any]:
        """What AWX calls the artifacts of a job: of ``set_stats``, in the event of its end."""
        (found,) = (one["event_data"]["artifact_data"] for one in self._events() if one["event"] == "playbook_on_stats")
        return t.cast("dict[str, t.Any]", found)

    def told(self) -> dict[str, bytes]:
        """All that runner keeps for AWX: each event, the output, status and facts, by their file."""
        # where it notes what it started; AWX keeps that to itself, and the files of secrets are named there only
        files = (path for path in self._artifacts.rglob("*") if path.is_file())
        return {str(path.relative_to(self._artifacts)): path.read_bytes() for path in files}

    def _events(self) -> list[dict[str, t.Any]]:
        files = (self._artifacts / "job_events").glob("*.json")
        return [json.loads(path.read_text(encoding="utf-8")) for path in files if "partial" not in path.name]

    def _write(self, name: str, values: t.Mapping[str, object], dumper: type[yaml.SafeDumper] = _Marked) -> None:
        path = self.folder / "env" / name
        path.touch(mode=0o600)
        path.write_text(yaml.dump(dict(values), Dumper=dumper), encoding="utf-8")


def _prefixed(values: t.Mapping[str, object]) -> dict[str, object]:
    return {f"force_reauth_{name}": value for name, value in values.items()}
