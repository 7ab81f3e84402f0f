# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller dies at any moment; the same command goes on from the record, and never says more than was seen."""

from __future__ import annotations

import random
import typing as t

import pytest

from demo.behaviour import Behaviour
from demo.browser import Browser
from demo.imitated import PRODUCTS
from demo.patience import wait_for
from tests.playbook.rounds import ROUNDS
from tests.playbook.runs import Result, Site

MakeSite = t.Callable[..., Site]
ROLLING: dict[str, t.Any] = {}
OUTAGE: dict[str, t.Any] = {"route": "outage", "accept_outage": True}
# name, route, node ('' = the run), phase or step: one that leaves a node half done, then the others
MOMENTS = [
    ("stopping the first", ROLLING, "n1", "stopping"),
]
MORE_MOMENTS = [
    ("prepared", ROLLING, "", "prepared"),
    ("everything stopped", OUTAGE, "n2", "cleaned"),
    ("revoked", ROLLING, "", "revoked"),
    ("rolling", ROLLING, "", "rolling"),
    ("draining the first", ROLLING, "n1", "draining"),
    ("starting the first", ROLLING, "n1", "starting"),
    ("first up", ROLLING, "n1", "up"),
    ("starting the last", ROLLING, "n2", "starting"),
    ("draining the last", ROLLING, "n2", "draining"),
    ("stopping the last", ROLLING, "n2", "stopping"),
    ("last up", ROLLING, "n2", "up"),
    ("outage prepared", OUTAGE, "", "prepared"),
    ("outage stopping", OUTAGE, "n1", "stopping"),
    ("outage revoked", OUTAGE, "", "revoked"),
    ("outage rolling", OUTAGE, "", "rolling"),
    ("outage starting the first", OUTAGE, "n1", "starting"),
    ("outage first up", OUTAGE, "n1", "up"),
    ("outage starting the last", OUTAGE, "n2", "starting"),
    ("outage last up", OUTAGE, "n2", "up"),
]


def drained(site: Site) -> dict[str, t.Any]:
    """Task files of a user that take a node out of a load balancer (a file here) and put it back."""
    for verb, state in (("drain", "touch"), ("undrain", "absent")):
        (site.folder / f"{verb}.yml").write_text(
            f"---\n- name: {verb}\n  ansible.builtin.file:\n    path: {site.folder}/drained-{{{{ inventory_hostname }}}}\n"
            f"    state: {state}\n    mode: '0600'\n",
            encoding="utf-8",
        )
    return {"drain": "tasks", "drain_tasks": str(site.folder / "drain.yml"), "undrain_tasks": str(site.folder / "undrain.yml")}


def ended_right(site: Site, result: Result, browsers: list[Browser], old: dict[str, int]) -> None:
    """Proven, or unproven by what was not seen; and however that is: nothing old opens a door, and every node is a new process."""
    assert ": PROVEN" in result.said or "Unproven: " in result.said, result.output
    assert (": PROVEN" in result.said) == (result.status == 0)
    assert site.record()["phase"] == ("proven" if result.status == 0 else "unproven")
    assert site.open_doors(browsers) == []
    assert not [name for name, pid in site.pids().items() if pid in (0, old[name])]
    assert all(node.is_running() for node in site.cluster.nodes)
    assert site.locks() == []
    assert list(site.folder.glob("drained-*")) == []
    assert "sealed_canary" not in str(site.record())


def kill_and_resume(site: Site, reached: t.Callable[[dict[str, str]], bool], **variables: t.Any) -> Result:
    """Kill the run at the moment, and go on with the same command."""
    browsers, old = site.sign_in("eve", "adam"), site.pids()
    variables = {**variables, **drained(site), "run_id": "CHG-1"}
    site.kill_when(site.start(**variables), reached)
    result = site.run(**variables)
    ended_right(site, result, browsers, old)
    return result


def at(node: str, step: str) -> t.Callable[[dict[str, str]], bool]:
    return lambda steps: steps.get(node) == step


@pytest.mark.parametrize(("_name", "route", "node", "step"), MOMENTS, ids=[moment[0] for moment in MOMENTS])
def test_killed_and_resumed_ends_proven(make_site: MakeSite, _name: str, route: dict[str, t.Any], node: str, step: str) -> None:
    result = kill_and_resume(make_site(nodes=2), at(node, step), **route)
    assert result.status == 0, result.output
    result.assert_says("resumed in phase")


@pytest.mark.long
@pytest.mark.parametrize(("_name", "route", "node", "step"), MORE_MOMENTS, ids=[moment[0] for moment in MORE_MOMENTS])
def test_killed_at_another_moment_and_resumed_ends_proven(
    make_site: MakeSite, _name: str, route: dict[str, t.Any], node: str, step: str
) -> None:
    result = kill_and_resume(make_site(nodes=2), at(node, step), **route)
    assert result.status == 0, result.output


@pytest.mark.long
def test_a_stopped_bitbucket_whose_settings_its_process_alone_could_tell_is_resumed_by_what_the_other_node_says(
    make_site: MakeSite,
) -> None:
    """Its shared home, and what its environment may set, are not known while it is down."""
    result = kill_and_resume(make_site(nodes=2, product=PRODUCTS["bitbucket"]), at("n1", "stopping"), **ROLLING)
    assert result.status == 0, result.output
    result.assert_says("resumed in phase")


@pytest.mark.long
@pytest.mark.parametrize("seed", ROUNDS)
def test_killed_at_a_random_moment_and_resumed_never_says_more_than_was_seen(make_site: MakeSite, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 # no secret: the moment of a test, the same each time
    site = make_site(nodes=2, behaviour=Behaviour(persist_sessions=chance.random() < 0.5))
    route = chance.choice([ROLLING, OUTAGE])
    browsers, old = site.sign_in("eve", "adam"), site.pids()
    variables = {**route, **drained(site), "run_id": "CHG-1"}
    run, tasks = site.start(**variables), chance.randint(10, 170)
    wait_for(lambda: run.over or run.output.count("\nTASK [") >= tasks, f"{tasks} tasks were begun", 120, run.said_so_far)
    run.kill()
    ended_right(site, site.run(**variables), browsers, old)


@pytest.mark.long
def test_a_node_that_was_started_by_hand_after_the_kill_is_restarted_because_its_saved_sessions_came_back(make_site: MakeSite) -> None:
    site = make_site(nodes=2, behaviour=Behaviour(persist_sessions=True))
    (browser,) = site.sign_in("eve")
    # a slow start of the stop's end: the process is gone, nothing was removed yet
    run = site.start(run_id="CHG-1", stop_timeout=60)
    site.kill_when(run, lambda steps: steps.get("n1") == "stopping" and site.cluster["n1"].pid == 0)
    node = site.cluster["n1"]
    # the stop script of the killed run goes on to its end, where it removes the pid file
    pid_file = node.pid_file
    assert pid_file is not None
    wait_for(lambda: not pid_file.exists(), "the stop script ends")
    if not node.persisted_sessions.exists():
        pytest.fail("the run had removed the saved sessions before it was killed: nothing is tested")
    node.start()
    node.wait_running()
    assert browser.whoami(node, "JSESSIONID") == "eve"
    by_hand = node.pid
    result = site.run(run_id="CHG-1")
    assert result.status == 0, result.output
    assert node.pid != by_hand
    assert site.open_doors([browser]) == []


@pytest.mark.long
def test_a_run_without_a_record_here_is_set_aside_by_its_locks(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    (browser,) = site.sign_in("eve")
    site.kill_when(site.start(run_id="CHG-1"), at("n1", "stopping"))
    # what was begun on the node goes on: it stops, or it was never told to
    wait_for(lambda: not site.at_work(), "what the killed run had begun ends")
    elsewhere: dict[str, t.Any] = {"archive_dir": str(site.folder / "elsewhere"), "run_id": "CHG-2"}
    down = site.run(**elsewhere)
    assert down.status != 0
    down.assert_says("locked by run CHG-1", "force_reauth_abandon=CHG-1")
    if not site.cluster["n1"].pid:
        site.cluster["n1"].start()
    site.cluster.wait_running()
    done = site.run(**elsewhere, abandon="CHG-1")
    assert done.status == 0, done.output
    done.assert_says("Run CHG-1 is set aside by its locks alone")
    assert site.open_doors([browser]) == []
    assert site.locks() == []
