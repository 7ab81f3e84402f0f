# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The usual ways to hosts: another account with sudo, through another host, as the product's own account."""

from __future__ import annotations

import json
import typing as t

import pytest

from tests.hosts.bed.host import KEYS
from tests.hosts.bed.node import KINDS, Kind, Node
from tests.hosts.bed.places import address
from tests.hosts.conftest import MakeSite
from tests.hosts.real_site import RealSite

JUMP = """
Host *
  User deploy
  IdentityFile {key}
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
  ServerAliveInterval 5
  ServerAliveCountMax 2
Host {nodes}
  ProxyJump {jump}
"""


@pytest.mark.long
def test_an_account_with_sudo_through_a_jump_host(site: RealSite) -> None:
    visitors = site.sign_in_everywhere("eve")
    config = site.folder / "ssh_config"
    nodes = " ".join(node.host.address for node in site.site.nodes)
    config.write_text(JUMP.format(key=KEYS / "id", nodes=nodes, jump=address("lb")), encoding="utf-8")
    result = site.run(ansible_user="deploy", ansible_become=True, ansible_ssh_common_args=f"-F {config}")
    assert result.status == 0, result.output
    result.assert_says(": PROVEN")
    assert site.open_doors(visitors) == []
    log = site.site["n1"].host.run("journalctl", "--unit", "ssh", "--no-pager")
    assert f"Accepted publickey for deploy from {address('lb')}" in log


def test_an_account_without_rights_is_refused_by_name_before_anything_changes(site: RealSite) -> None:
    old = site.pids()
    result = site.run(ansible_user="deploy")
    assert result.status != 0
    result.assert_says("Not ready:", "Nothing was changed.")
    assert site.pids() == old


@pytest.mark.long
def test_the_products_own_account_is_enough_where_its_scripts_start_it(make_site: MakeSite) -> None:
    site = make_site(nodes=2, kinds=(KINDS[2], KINDS[2]))
    visitors = site.sign_in_everywhere("eve")
    result = site.run(ansible_user="deploy", ansible_become=True, ansible_become_user="jira")
    assert result.status == 0, result.output
    assert site.open_doors(visitors) == []
    assert site.site["n1"].host.run("ps", "-o", "user=", "-p", str(site.pids()["n1"])).strip() == "jira"


RULE = """
polkit.addRule(function(action, subject) {
    if (action.id == "org.freedesktop.systemd1.manage-units" && action.lookup("unit") == "jira.service" && subject.user == "jira"
        && VERBS.indexOf(action.lookup("verb")) >= 0) { return polkit.Result.YES; }
});
"""


def _allow(node: Node, *verbs: str) -> None:
    node.host.write("/etc/polkit-1/rules.d/10-bed.rules", RULE.replace("VERBS", json.dumps(verbs)))


@pytest.mark.long
def test_the_products_own_account_manages_its_unit_where_polkit_lets_it_and_is_refused_before_anything_changes_where_not(
    make_site: MakeSite,
) -> None:
    site = make_site(nodes=2, kinds=(Kind(), Kind()))
    visitors = site.sign_in_everywhere("eve")
    old = site.pids()
    own: dict[str, t.Any] = {"ansible_user": "deploy", "ansible_become": True, "ansible_become_user": "jira"}
    first, last = site.site.nodes
    for node, verbs in ((first, ("stop", "start")), (last, ("stop",))):
        _allow(node, *verbs)
    refused = site.run(**own)
    assert refused.status != 0
    refused.assert_says(f"{last.name}: This account may not start the unit jira.service: run as root (become)", "Nothing was changed.")
    assert f"{first.name}: This account may not" not in refused.said
    assert site.pids() == old

    _allow(last, "stop", "start")
    result = site.run(**own)
    assert result.status == 0, result.output
    assert site.open_doors(visitors) == []
    assert all(pid not in (0, old[name]) for name, pid in site.pids().items())
