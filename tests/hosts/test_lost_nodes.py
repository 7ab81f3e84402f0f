# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node is lost to the controller, before or in its batch: later nodes are not touched, and the printed command goes on afterwards."""

from __future__ import annotations

import time

import pytest

from demo.patience import patient
from tests.hosts.real_site import DRAIN, RealSite
from tests.playbook.runs import Result

NODES = ["n1", "n2", "n3"]
# the first and the last of a roll; one between them is the short test's
LOST = {"n1": ["", "draining", "stopping", "starting"], "n2": ["stopping"], "n3": ["", "draining", "stopping", "starting"]}
# the others take minutes each
SHORT = {("n2", "stopping")}


def _assert_goes_on(site: RealSite, lost: str, failed: Result, old: dict[str, int]) -> None:
    """``lost`` is back: what was not done is done by the printed command, and nothing twice."""
    done, later = NODES[: NODES.index(lost)], NODES[NODES.index(lost) + 1 :]
    assert failed.status != 0
    failed.assert_says(f"Done: {', '.join(done) or 'none'}. Not done: {', '.join([lost, *later])}", "Resume: ansible-playbook")
    between = site.pids()
    assert {name: between[name] for name in later} == {name: old[name] for name in later}, "a later node was touched"
    resumed = site.resume(failed)
    assert resumed.status == 0, resumed.output
    resumed.assert_says(": PROVEN")
    after = site.pids()
    assert {name: after[name] for name in done} == {name: between[name] for name in done}, "a node that was done was restarted"
    assert all(after[name] not in (0, old[name]) for name in NODES)


@pytest.mark.parametrize(
    ("lost", "step"),
    [
        pytest.param(lost, step, id=f"{lost} {step or 'before'}", marks=[] if (lost, step) in SHORT else [pytest.mark.long])
        for lost, steps in LOST.items()
        for step in steps
    ],
)
def test_a_cable_that_is_pulled_stops_the_roll_and_the_resume_ends_proven(site: RealSite, lost: str, step: str) -> None:
    visitors = site.sign_in_everywhere("eve")
    old = site.pids()
    run = site.start(**DRAIN if step == "draining" else {})
    before = NODES[NODES.index(lost) - 1] if lost != NODES[0] else ""
    if step:
        site.wait_for_step(run, lambda steps: steps.get(lost) == step)
    else:
        site.wait_for_step(run, lambda steps: steps.get(before) == ("up" if before else "rolling"))
    site.site[lost].host.link(False)
    failed = run.wait(site.longest)
    site.site[lost].host.link(True)
    _assert_goes_on(site, lost, failed, old)
    assert site.open_doors(visitors) == []


def test_an_ssh_that_accepts_and_never_answers_refuses_the_run_within_the_time_out(site: RealSite) -> None:
    old = site.pids()
    site.site["n2"].host.run("sh", "-c", "kill -STOP $(systemctl show --property=MainPID --value ssh)")
    began = time.monotonic()
    try:
        result = site.run()
    finally:
        site.site["n2"].host.run("pkill", "-CONT", "sshd")
    assert result.status != 0
    result.assert_says("Not ready: n2", "Nothing was changed.")
    assert time.monotonic() - began < patient(60), "ansible's time-out of 10 s for each try"
    assert (site.pids(), site.locks()) == (old, [])


@pytest.mark.long
def test_an_ssh_that_falls_silent_in_the_roll_stops_it_and_the_resume_ends_proven(site: RealSite) -> None:
    old = site.pids()
    # the gate looks again until its time is over: a host that starts a JVM may lose a connection
    run = site.start(gate_timeout=60)
    site.wait_for_step(run, lambda steps: steps.get("n2") == "starting")
    site.site["n2"].host.run("pkill", "-STOP", "sshd")
    began = time.monotonic()
    try:
        failed = run.wait(site.longest)
    finally:
        site.site["n2"].host.run("pkill", "-CONT", "sshd")
    assert time.monotonic() - began < patient(180)
    _assert_goes_on(site, "n2", failed, old)
