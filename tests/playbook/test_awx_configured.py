# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""extensions/awx/configure.yml with the real modules of awx.awx, against a stand-in of AWX's API."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
import zipfile
from pathlib import Path

import pytest
import yaml
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.role_specification import specification

from demo.playbook import CHECKOUT, collections_path, write_config
from demo.unpacked import alone
from tests.playbook.awx_stand_in import AwxStandIn

CONFIGURE = CHECKOUT / "extensions/awx/configure.yml"
CLUSTERS = ["jira", "confluence"]
OURS = {
    "awx_project_url": "https://git.example.org/force-reauth.git",
    "awx_machine_credential": "ssh",
    "awx_clusters": CLUSTERS,
    "awx_notification": {
        "notification_type": "webhook",
        "notification_configuration": {"url": "https://hook.example.org/secret-of-the-hook", "headers": {}, "http_method": "POST"},
    },
}
# the package that carries awx.awx; Galaxy is not needed for it
PACKAGE = "ansible>=12,<13"


@pytest.fixture(scope="module")
def modules() -> Path:
    """A folder with the collection awx.awx, taken out of the package of the Python index that carries it."""
    folder = CHECKOUT / "build/awx"
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        if not (folder / "ansible_collections/awx/awx").exists():
            command = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-deps",
                "--disable-pip-version-check",
                "--dest",
                str(folder),
            ]
            subprocess.run([*command, PACKAGE], check=True)
            (wheel,) = folder.glob("ansible-*.whl")
            with zipfile.ZipFile(wheel) as package:
                package.extractall(folder, [name for name in package.namelist() if name.startswith("ansible_collections/awx/")])
            wheel.unlink()
    return folder


@pytest.fixture
def awx() -> t.Iterator[AwxStandIn]:
    """One in which only what every AWX has is made."""
    with AwxStandIn() as stand_in:
        stand_in.add("organizations", name="Default")
        stand_in.add("credentials", name="ssh")
        yield stand_in


class Configure:
    """The playbook on the stand-in."""

    def __init__(self, awx: AwxStandIn, modules: Path, folder: Path) -> None:
        self._folder = folder
        own = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "CONTROLLER_", "TOWER_"))}
        self._environment = {
            **own,
            "ANSIBLE_CONFIG": str(write_config(folder)),
            "ANSIBLE_COLLECTIONS_PATH": f"{collections_path()}:{modules}",
            "ANSIBLE_NOCOLOR": "1",
            "CONTROLLER_HOST": awx.url,
            "CONTROLLER_OAUTH_TOKEN": awx.token,
            # where its modules would look for settings of their own
            "HOME": str(folder),
        }

    def run(self, *arguments: str, status: int = 0, **changes: t.Any) -> str:
        """What it said."""
        variables = self._folder / "ours.json"
        variables.write_text(json.dumps({**OURS, **changes}), encoding="utf-8")
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        command = [program, str(CONFIGURE), "-e", f"@{variables}", *arguments]
        done = subprocess.run(command, env=self._environment, cwd=self._folder, check=False, capture_output=True, text=True)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def configure(awx: AwxStandIn, modules: Path, tmp_path: Path) -> Configure:
    return Configure(awx, modules, tmp_path)


def changed(said: str) -> int:
    (found,) = re.findall(r"changed=(\d+)", said)
    return int(found)


@pytest.mark.long
def test_one_playbook_makes_templates_and_workflows_and_a_second_run_changes_nothing(configure: Configure, awx: AwxStandIn) -> None:
    assert "secret-of-the-hook" not in configure.run("-vvv")
    playbooks = {one["name"]: (one["playbook"], one["job_type"]) for one in awx.things["job_templates"]}
    assert playbooks == {
        "Session status": ("session_status.yml", "run"),
        "Rehearse": ("force_reauth.yml", "check"),
        "Force re-authentication": ("force_reauth.yml", "run"),
        "Resume": ("force_reauth.yml", "run"),
        "Restore tokens": ("restore_tokens.yml", "run"),
    }
    assert [one["name"] for one in awx.things["job_templates"] if one["ask_variables_on_launch"]] == ["Resume", "Restore tokens"]
    assert [one for one, _type in playbooks.values() if not (CONFIGURE.parent / "project" / one).is_file()] == []
    check_the_surveys(awx)
    for cluster in CLUSTERS:
        check_the_workflow(awx, cluster)
    nodes = nodes_of(awx, "all clusters")
    assert {name: awx.named("workflow_job_templates", f"Force re-authentication: {name}")["id"] for name in CLUSTERS} == {
        name: node["unified_job_template"] for name, node in nodes.items()
    }
    assert [awx.linked(node, way) for node in nodes.values() for way in ("success_nodes", "always_nodes", "failure_nodes")] == [[]] * 6
    before = json.dumps([awx.things, awx.links])
    assert changed(configure.run()) == 0
    assert json.dumps([awx.things, awx.links]) == before


def check_the_surveys(awx: AwxStandIn) -> None:
    asked = {one["name"]: {question["variable"]: question for question in one["survey"]["spec"]} for one in awx.things["job_templates"]}
    # what is rehearsed is what is run
    assert asked["Rehearse"] == asked["Force re-authentication"]
    needed = {name: [each for each, one in survey.items() if one["required"]] for name, survey in asked.items()}
    assert needed["Resume"] == ["force_reauth_hosts", "force_reauth_run_id"]
    assert needed["Force re-authentication"] == ["force_reauth_hosts"]
    helps = {variable: one["question_description"] for survey in asked.values() for variable, one in survey.items()}
    assert helps == {name: " ".join(specification()[name]["description"]) for name in helps}
    assert asked["Force re-authentication"]["force_reauth_route"]["choices"] == ["auto", "rolling", "outage", "live"]
    carried = awx.named("credential_types", "Force re-authentication")["injectors"]["extra_vars"]
    assert carried["force_reauth_database_password"] == "{{ database_password }}"
    assert set(carried) & set(helps) == set()


def nodes_of(awx: AwxStandIn, name: str) -> dict[str, dict[str, t.Any]]:
    number = awx.named("workflow_job_templates", f"Force re-authentication: {name}")["id"]
    return {one["identifier"]: one for one in awx.things["workflow_job_template_nodes"] if one["workflow_job_template"] == number}


def check_the_workflow(awx: AwxStandIn, cluster: str) -> None:
    nodes, workflow = nodes_of(awx, cluster), awx.named("workflow_job_templates", f"Force re-authentication: {cluster}")
    assert {name: awx.linked(node, "success_nodes") for name, node in nodes.items()} == {
        "rehearse": ["approve"],
        "approve": ["run"],
        "run": [],
    }
    assert [awx.linked(node, way) for node in nodes.values() for way in ("always_nodes", "failure_nodes")] == [[]] * 6
    for name, template in (("rehearse", "Rehearse"), ("run", "Force re-authentication")):
        assert nodes[name]["unified_job_template"] == awx.named("job_templates", template)["id"]
        assert nodes[name]["extra_data"] == {"force_reauth_hosts": cluster}
        assert awx.linked(nodes[name], "credentials") == [f"Force re-authentication: {cluster}"]
    assert nodes["approve"]["related"]["unified_job_template"].startswith("/api/v2/workflow_approval_templates/")
    for moment in ("approvals", "success", "error"):
        assert awx.linked(workflow, f"notification_templates_{moment}") == ["Force re-authentication"]


@pytest.mark.long
def test_check_mode_makes_nothing_and_ends_well_on_a_new_awx_and_on_one_that_is_configured(configure: Configure, awx: AwxStandIn) -> None:
    assert changed(configure.run("--check")) > 0
    assert awx.changes == []
    configure.run()
    assert changed(configure.run("--check")) == 0
    assert changed(configure.run("--check", awx_questions=["run_id"])) > 0


@pytest.mark.long
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"awx_clusters": [], "awx_project_url": ""}, "Give awx_project_url, awx_clusters. Nothing was changed."),
        ({"awx_questions": ["rute"]}, "force_reauth_rute is no variable of the role"),
        ({"awx_questions": ["proof_password"]}, "force_reauth_proof_password is a secret: it belongs in the credential"),
    ],
    ids=["missing", "unknown", "secret"],
)
def test_what_cannot_be_meant_is_refused(configure: Configure, changes: dict[str, t.Any], sentence: str) -> None:
    assert sentence in re.sub(r"\s+", " ", configure.run(status=2, **changes))


def test_the_inventory_of_the_example_has_a_group_for_each_cluster() -> None:
    groups = yaml.safe_load((CONFIGURE.parent / "project/inventory.yml").read_text(encoding="utf-8"))["all"]["children"]
    assert {"jira", "confluence"} == set(groups["nodes"]["children"])
