# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as AWX runs them: surveys answered by texts, job type check, cancelled and resumed. No AWX ran; its ansible-runner does."""

from __future__ import annotations

import os
import secrets
import signal
import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.settings import OF_A_NODE
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.role_specification import specification

from demo.patience import patient
from tests.playbook.job import Job
from tests.playbook.runs import Site
from tests.playbook.watch import forms

MakeSite = t.Callable[..., Site]


def answers(site: Site, **more: str) -> dict[str, object]:
    """To a survey that asks for every variable of the cluster that is no secret: all of them texts, most left blank, or as they were.

    What each node has of its own stands in the inventory: a blank answer would stand for all of them.
    """
    names = {name.removeprefix("force_reauth_") for name, option in specification().items() if not option.get("no_log")}
    blank = dict.fromkeys(names - {*OF_A_NODE, "proof_username"}, "")
    given = {"hosts": " tracker ", "run_id": " CHG-4711 ", "archive_dir": f" {site.archives} ", "report_dir": str(site.folder / "evidence")}
    way = {"route": "rolling", "batches": '[1, "25%"]', "min_up": " 1 ", "accept_outage": "False", "validate_certs": " true "}
    gate = {"settle_polls": "2", "poll_seconds": " 0.3", "gate_timeout": str(round(patient(60))), "database_port": " 0 "}
    left = {"usernames": "everybody", "exclude_usernames": "nobody", "archive_recipients": "none", "spared_username": "nobody"}
    left |= {"database_ssl_mode": "auto", "drain": "none"}
    # runner says that it is in a container, and is on a machine that stays
    gate["accept_local_archive"] = " True"
    return {**blank, **given, **way, **gate, **left, **more}


def leaks(job: Job, planted: t.Mapping[str, str]) -> list[str]:
    """'<name of a secret> in <file>', of all that AWX gets to see of a job."""
    return [
        f"{name} in {file}"
        for file, content in job.told().items()
        for name, secret in planted.items()
        if any(form in content for form in forms(secret))
    ]


def test_a_job_of_type_check_understands_every_answer_changes_nothing_and_tells_no_secret(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    carried = {name: secrets.token_urlsafe(24) for name in ("canary_key", "admin_password", "notify_key")}
    # the ready files of the collection, wherever the job has it
    for what in ("drain", "undrain"):
        site.variables[f"force_reauth_{what}_tasks"] = f"{{{{ playbook_dir }}}}/../extensions/balancers/nginx_{what}.yml"
    before = site.state_of_everything()
    job = Job(site, 1, answers(site, drain="tasks"), **carried, database_password="")
    result = job.run(check=True)
    assert (result.status, job.status()) == (0, "successful"), result.output
    result.assert_says("Run CHG-4711", "Check mode: nothing is changed.")
    assert site.state_of_everything() == before
    assert len(job.told()) > 50
    assert leaks(job, {name: value for name, value in job.carried.items() if value}) == []


def test_a_job_whose_answers_cannot_be_meant_is_refused_with_the_names_of_the_variables(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    job = Job(site, 1, answers(site, accept_outage="maybe", min_up="many", usernames="adam,,eve"))
    result = job.run()
    assert (result.status, job.status()) == (2, "failed"), result.output
    result.assert_says(
        "force_reauth_accept_outage is true or false, not 'maybe'",
        "force_reauth_min_up is a whole number, not 'many'",
        "force_reauth_usernames has an empty item",
    )


@pytest.mark.long
def test_a_job_signs_everybody_out_and_hands_its_statistics_to_the_next(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers = site.sign_in("eve")
    planted = {f"eve's {name}": value for name, value in browsers[0].cookies.items()}
    job = Job(site, 1, answers(site))
    result = job.run()
    assert (result.status, job.status()) == (0, "successful"), result.output
    assert site.open_doors(browsers) == []
    told = job.statistics()["force_reauth"]
    assert (told["run_id"], told["verdict"], told["missing"]) == ("CHG-4711", "proven", [])
    assert leaks(job, {**{name: value for name, value in job.carried.items() if value}, **planted}) == []


CANCELLED = [("", "prepared"), ("", "revoked"), ("n1", "stopping"), ("n2", "starting")]


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=lambda one: one.name)
@pytest.mark.parametrize(("node", "step"), CANCELLED, ids=lambda one: one or "run")
def test_a_job_that_was_cancelled_is_resumed_by_its_id(make_site: MakeSite, node: str, step: str, how: signal.Signals) -> None:
    """AWX cancels by SIGTERM to runner, which kills what it started; a container that ends kills all at once."""
    site = make_site(nodes=2)
    browsers, old = site.sign_in("eve"), site.pids()
    # another job is another container: the key comes with the credential
    key = secrets.token_urlsafe(32)
    run = Job(site, 1, answers(site), canary_key=key).start()
    site.wait_for_step(run, lambda steps: steps.get(node) == step)
    if how is signal.SIGKILL:
        run.end()
    else:
        os.kill(run.process.pid, how)
    run.wait()
    resumed = Job(site, 2, answers(site), canary_key=key)
    result = resumed.run()
    assert result.status == 0, result.output
    assert resumed.statistics()["force_reauth"]["verdict"] == "proven"
    assert site.open_doors(browsers) == []
    assert not [name for name, pid in site.pids().items() if pid in (0, old[name])]
    assert site.locks() == []
