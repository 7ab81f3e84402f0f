# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a run does, each process of the product is its account's: root comes by sudo, and a node has a unit or scripts alone."""

from __future__ import annotations

import typing as t

import pytest

from tests.hosts.bed.node import Kind, Node
from tests.hosts.conftest import MakeSite
from tests.hosts.real_site import RealSite

SUDO: dict[str, t.Any] = {"ansible_user": "deploy", "ansible_become": True}
BOTH = (Kind("scripts"), Kind())


def accounts(node: Node) -> set[str]:
    """Whose the processes of the product are; empty when none runs."""
    mark = node.product.service.install_mark.format(node.install)
    rows = node.host.run("ps", "-e", "-ww", "-o", "user=", "-o", "args=").splitlines()
    return {row.split()[0] for row in rows if mark in row.split()}


@pytest.mark.long
def test_after_a_failed_start_and_a_resume(make_site: MakeSite) -> None:
    site = make_site(nodes=2, kinds=BOTH)
    visitors = site.sign_in_everywhere("eve")
    first, last = site.site.nodes
    script = first.script("start")[0]
    first.host.run("sed", "--in-place", "2i exit 1", script)
    failed = site.run(**SUDO)
    assert failed.status != 0
    failed.assert_says("restarted by scripts as jira", f"{script} ended with status 1", "Done: none. Not done: n1, n2")
    assert (accounts(first), accounts(last)) == (set(), {"jira"})

    first.host.run("sed", "--in-place", "2d", script)
    first.host.run("chmod", "a-x", script)
    refused = site.resume(failed)
    assert refused.status != 0
    refused.assert_says(f"n1: The account jira cannot run {script}", "Nothing was changed.")

    first.host.run("chmod", "a+x", script)
    resumed = site.resume(failed)
    assert resumed.status == 0, resumed.output
    resumed.assert_says(": PROVEN")
    assert site.open_doors(visitors) == []
    assert (accounts(first), accounts(last)) == ({"jira"}, {"jira"})


@pytest.mark.long
def test_after_an_outage_whose_purge_failed_and_its_resume(make_site: MakeSite) -> None:
    site = make_site(nodes=2, kinds=BOTH)
    visitors = site.sign_in_everywhere("eve")
    failed = _outage_beside_a_session_that_holds_a_row(site)
    assert failed.status != 0
    failed.assert_says("stopped in step 'revoke'", "were not enough (lock_wait)")
    assert [accounts(node) for node in site.site.nodes] == [{"jira"}, {"jira"}]

    resumed = site.resume(failed)
    assert resumed.status == 0, resumed.output
    assert site.open_doors(visitors) == []
    assert [accounts(node) for node in site.site.nodes] == [{"jira"}, {"jira"}]


def _outage_beside_a_session_that_holds_a_row(site: RealSite) -> t.Any:
    with site.site.database.transaction() as execute:
        execute("SELECT id FROM remembermetoken FOR UPDATE")
        return site.run(**SUDO, route="outage", accept_outage=True, lock_wait=1)
