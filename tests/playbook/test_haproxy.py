# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes behind a real HAProxy: no request fails, a drain that cannot end is undone, and nobody else's maintenance is touched."""

from __future__ import annotations

import typing as t

import pytest

from tests.playbook.haproxy import HAProxy, Traffic
from tests.playbook.runs import Site

MakeSite = t.Callable[..., Site]


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    return make_site(nodes=2)


@pytest.fixture
def haproxy(site: Site) -> t.Iterator[HAProxy]:
    with HAProxy(site.cluster) as haproxy:
        yield haproxy


def test_a_node_that_somebody_else_took_out_is_refused(site: Site, haproxy: HAProxy) -> None:
    haproxy.tell("set server site/n2 state maint")
    before = site.state_of_everything()
    result = site.run(**haproxy.variables)
    assert result.status != 0
    result.assert_says("n2: it is MAINT in backend site of the load balancer localhost", "Nothing was changed.")
    assert (haproxy.states()["n2"], site.state_of_everything() == before) == ("MAINT", True)


@pytest.mark.long
def test_a_backend_that_a_restart_leaves_to_nobody_is_refused_before_anything_is_changed(site: Site) -> None:
    with HAProxy(site.cluster, alone="n1") as haproxy:
        before = site.state_of_everything()
        refused = site.run("--check", **{**haproxy.variables, "haproxy_backend": ""})
    assert refused.status != 0
    emptied = "backend n1 of the load balancer localhost during the restart of n1"
    refused.assert_says(
        f"at least 1 node of 2 stay up; {emptied}", f"{emptied} would have no server that gets clients", "Nothing was changed."
    )
    assert site.state_of_everything() == before


@pytest.mark.long
def test_a_drain_that_cannot_end_is_undone_and_no_request_fails_in_the_run_that_goes_on(site: Site, haproxy: HAProxy) -> None:
    browsers = site.sign_in("eve")
    old = site.pids()
    site.cluster["n1"].behave(hung_page="/hung")
    with haproxy.request("n1", "/hung"):
        failed = site.run(drain_timeout=1, **haproxy.variables)
    assert failed.status != 0
    failed.assert_says("drained in site of localhost", "still counts sessions", "site/n1 1", "Done: none. Not done: n1, n2")
    assert (site.pids(), haproxy.states()) == (old, {"n1": "UP", "n2": "UP"})

    haproxy.tell("shutdown sessions server site/n1")
    with Traffic(haproxy.port, clients=8) as traffic:
        resumed = site.resume(failed)
    assert resumed.status == 0, resumed.output
    resumed.assert_says("resumed in phase rolling", ": PROVEN")
    assert (traffic.failures, traffic.answers["200"] > 1000) == ({}, True), traffic.answers
    assert (set(haproxy.states().values()), site.open_doors(browsers)) == ({"UP"}, [])


@pytest.mark.long
def test_nodes_that_a_killed_run_has_down_are_started_although_the_load_balancer_cannot_be_asked(site: Site, haproxy: HAProxy) -> None:
    browsers = site.sign_in("eve")
    variables = {**haproxy.variables, "route": "outage", "accept_outage": True, "run_id": "CHG-1"}
    site.kill_when(site.start(**variables), lambda steps: steps.get("n1") == "starting")
    assert site.pids()["n2"] == 0
    failed = site.run(**{**variables, "haproxy_socket": "/nonesuch/socket"})
    assert failed.status != 0
    failed.assert_says("stopped in step 'prove'", "it is still out of the load balancer: ", "Resume:")
    assert all(site.pids().values())
    resumed = site.run(**variables)
    assert resumed.status == 0, resumed.output
    assert (haproxy.states(), site.open_doors(browsers)) == ({"n1": "UP", "n2": "UP"}, [])


@pytest.mark.long
def test_a_node_that_a_killed_run_left_in_maintenance_is_put_back_by_its_resume(site: Site, haproxy: HAProxy) -> None:
    variables = {**haproxy.variables, "run_id": "CHG-1"}
    site.kill_when(site.start(**variables), lambda steps: steps.get("n1") == "stopping")
    assert haproxy.states()["n1"].startswith("MAINT")
    resumed = site.run(**variables)
    assert resumed.status == 0, resumed.output
    assert set(haproxy.states().values()) == {"UP"}
