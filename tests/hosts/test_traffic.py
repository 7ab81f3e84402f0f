# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forty users work through HAProxy while the cluster is rolled: they sign in again, and nothing else happens to them."""

from __future__ import annotations

import typing as t

import pytest

from tests.hosts.bed import services
from tests.hosts.real_site import DRAIN, RealSite
from tests.hosts.traffic import Traffic
from tests.hosts.visitor import Visitor

CLIENTS = 40


def _users(site: RealSite) -> list[Visitor]:
    """Half of them keep their connection, half stick by the cookie alone; all are signed in."""
    visitors = [site.visitor(f"user{number:02d}", keeps_alive=number % 2 == 0) for number in range(CLIENTS)]
    for visitor in visitors:
        assert visitor.sign_in(site.balancer)
    return visitors


@pytest.mark.parametrize("requests", [pytest.param(2_000, id="short"), pytest.param(10_000, id="long", marks=pytest.mark.long)])
def test_no_request_fails_during_a_roll_that_drains_through_haproxy(
    site: RealSite, requests: int, record_testsuite_property: t.Callable[[str, object], None]
) -> None:
    with Traffic(site.balancer, _users(site)) as traffic:
        runs = 0
        while not runs or traffic.requests < requests:
            result = site.run(**DRAIN)
            assert result.status == 0, result.output
            runs += 1
    record_testsuite_property("traffic", f"{traffic.requests} requests in {runs} runs: {dict(traffic.counts)}")
    assert traffic.failures == []
    assert traffic.requests >= requests
    assert traffic.counts["signed_in"] >= CLIENTS, "everybody was asked to sign in again"
    assert set(services.states_of_servers(services.BALANCER).values()) == {"UP"}


@pytest.mark.long
def test_the_drain_is_undone_when_the_stop_never_happened(site: RealSite) -> None:
    first = site.site["n1"]
    old = site.pids()
    # without its lock the check right before the stop says no; the lock of another run would leave the node to that one
    run = site.start(run_id="drained", **DRAIN)
    site.wait_for_step(run, lambda steps: steps.get("n1") == "draining")
    (first.host.root / first.home.lstrip("/") / ".force_reauth.lock").unlink()
    result = run.wait(site.longest)
    assert result.status != 0
    result.assert_says("Done: none. Not done: n1, n2, n3")
    assert site.pids() == old
    site.site.wait_balanced(10)
