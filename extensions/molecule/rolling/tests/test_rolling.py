# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a roll over three Tomcats of Jira's shape."""

from __future__ import annotations

import typing as t

import testinfra

from extensions.molecule.shared import looks
from tests.hosts.bed import services

testinfra_hosts = ["ansible://cluster"]
JVM = "-Dcatalina.base=/opt/atlassian/jira "
UNITS = {"n1": "jira", "n2": "tracker"}


def _name(host: t.Any) -> str:
    return str(host.backend.get_hostname())


def test_the_record_says_proven_and_nobody_else_can_read_it() -> None:
    assert looks.record()["phase"] == "proven"
    assert looks.open_files() == []


def test_its_unit_is_active(host: t.Any) -> None:
    unit = UNITS.get(_name(host))
    assert unit is None or host.service(unit).is_running


def test_its_process_is_another_one_of_the_products_account(host: t.Any) -> None:
    assert looks.identity_now(host, JVM) != looks.identity_before(_name(host))
    assert host.process.get(ppid=1, comm="java").user == "jira"


def test_no_saved_sessions_are_left(host: t.Any) -> None:
    assert host.check_output("find /opt/atlassian/jira/work -name SESSIONS.ser") == ""


def test_haproxy_says_that_every_node_is_up() -> None:
    balancer = testinfra.get_host("ansible://lb?ansible_inventory=" + looks.inventory())
    command = services.asking_load_balancer(services.STATES)
    table = balancer.check_output(" ".join("%s" for _word in command), *command)
    assert services.states_in(table) == {"n1": "UP", "n2": "UP", "n3": "UP"}
