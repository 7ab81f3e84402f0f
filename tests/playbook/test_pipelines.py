# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pipelines of docs/pipelines: what they call is run as it stands there, on the stand-in."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from demo.playbook import CHECKOUT, write_config
from tests.playbook.runs import Result, Site

PIPELINES = CHECKOUT / "docs/pipelines"
OF_JOBS = ("AWX_ISOLATED_DATA_DIR", "GITLAB_CI", "GITHUB_ACTIONS", "KUBERNETES_SERVICE_HOST")
MakeSite = t.Callable[..., Site]


def jobs_of_gitlab() -> dict[str, str]:
    """The shell part of each job."""
    document = yaml.safe_load((PIPELINES / "gitlab-ci.yml").read_text(encoding="utf-8"))
    return {name: "\n".join(job["script"]) for name, job in document.items() if isinstance(job, dict) and "script" in job}


def steps_of_github() -> dict[str, str]:
    """The shell part of each step."""
    document = yaml.safe_load((PIPELINES / "github-actions.yml").read_text(encoding="utf-8"))
    return {step["name"]: step["run"] for step in document["jobs"]["force-reauth"]["steps"] if "run" in step}


def as_on_gitlab(site: Site, job: str, **of_inventory: object) -> Result:
    site.write_inventory(**of_inventory)
    (site.folder / "key").touch(mode=0o600)
    variables = {"FORCE_REAUTH_SECRETS": str(site.folder / "secrets.json"), "SSH_KEY": str(site.folder / "key")}
    return site.shell(jobs_of_gitlab()[job], CLUSTER="tracker", CI_PIPELINE_ID="7", GITLAB_CI="true", **variables)


def as_on_github(site: Site, *steps: str) -> Result:
    site.write_inventory()
    script = "\n".join(
        steps_of_github()[name] for name in ("Keep the secrets in files that only this job reads", *steps, "Remove the secrets")
    )
    variables = {"RUN_ID": "actions-7-jira", "RUNNER_TEMP": str(site.folder), "KEY": "no key", "CLUSTER": "tracker"}
    variables["GITHUB_ACTIONS"] = "true"
    return site.shell(f'SECRETS=$(cat "$RUNNER_TEMP/secrets.json")\n{script}', **variables)


def test_a_rehearsal_on_gitlab_and_one_on_github_print_the_plan_and_change_nothing(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    before = site.state_of_everything()
    for result in (as_on_gitlab(site, "rehearse"), as_on_github(site, "Rehearse")):
        assert result.status == 0, result.output
        result.assert_says("Check mode: nothing is changed.")
    assert site.state_of_everything() == before
    assert not (site.folder / "secrets.yml").exists()


@pytest.mark.parametrize("name", ["gitlab-ci", "github-actions"])
def test_a_file_of_secrets_for_all_clusters_has_those_that_a_group_names_and_none_that_holds_for_all(name: str) -> None:
    head = "\n".join(line for line in (PIPELINES / f"{name}.yml").read_text(encoding="utf-8").splitlines() if line.startswith("#"))
    (given,) = re.findall(r"FORCE_REAUTH_SECRETS +(.+)", head)
    of_group = dict(re.findall(r'(force_reauth_\w+): "\{\{ (\w+) \}\}"', head))
    assert list(of_group) == ["force_reauth_database_password", "force_reauth_proof_password", "force_reauth_canary_key"]
    assert ([one for one in of_group.values() if one not in given], "force_reauth_" in given) == ([], False)


@pytest.mark.parametrize(
    ("environment", "there"),
    [(dict.fromkeys(OF_JOBS, "true"), True), ({"CI": "true", "GITLAB_CI": ""}, False)],
    ids=["every sign", "no job"],
)
def test_a_job_is_known_by_what_it_sets_and_a_container_by_its_file(tmp_path: Path, environment: dict[str, str], there: bool) -> None:
    tasks = yaml.safe_load((CHECKOUT / "roles/force_reauth/tasks/plan.yml").read_text(encoding="utf-8"))
    (refusal,) = (one["vars"] for one in tasks if one["name"] == "Refuse an archive folder that ends with the job")
    assert refusal["__of_containers"] == ["/runner/env", "/.dockerenv", "/run/.containerenv"]
    files = [str(tmp_path / "there"), str(tmp_path / "gone")]
    Path(files[0]).write_text("", encoding="utf-8")
    wanted = [*OF_JOBS, files[0]] if there else []
    variables = {**refusal, "__of_containers": files if there else files[1:], "wanted": wanted}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": variables,
        "tasks": [{"ansible.builtin.assert": {"that": "__signs == wanted"}}],
    }
    (tmp_path / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    others = {name: value for name, value in os.environ.items() if name not in OF_JOBS and not name.startswith("ANSIBLE_")}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), str(tmp_path / "play.yml")],
        env={**others, "ANSIBLE_CONFIG": str(write_config(tmp_path)), **environment},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_job_on_gitlab_whose_archives_would_end_with_it_is_refused_in_the_rehearsal(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    result = as_on_gitlab(site, "rehearse", accept_local_archive=False)
    assert result.status != 0
    result.assert_says("This runs in a job or a container (GITLAB_CI", "force_reauth_database_host", "Nothing was changed.")


@pytest.mark.long
def test_a_job_on_gitlab_signs_everybody_out_and_keeps_the_evidence(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers = site.sign_in("eve")
    result = as_on_gitlab(site, "force-reauth")
    assert result.status == 0, result.output
    assert (site.open_doors(browsers), len(list((site.folder / "evidence").iterdir()))) == ([], 2)
    # the button once more: the run of this pipeline is finished
    again = as_on_gitlab(site, "force-reauth")
    assert again.status == 0, again.output
    again.assert_says("is finished (proven): nothing was changed.")


@pytest.mark.long
def test_a_workflow_on_github_signs_everybody_out_and_leaves_no_secret(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers = site.sign_in("eve")
    result = as_on_github(site, "Sign everybody out")
    assert result.status == 0, result.output
    assert (site.open_doors(browsers), len(list((site.folder / "evidence").iterdir()))) == ([], 2)
    assert not (site.folder / "secrets.yml").exists()


@pytest.mark.parametrize("file", sorted(PIPELINES.glob("*.yml")), ids=lambda path: path.stem)
def test_no_secret_stands_on_a_command_line(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert re.findall(r"-e \S*password\S*=", text) == []
    assert text.count("dcops.atlassian_sessions.force_reauth --check") == 1
