# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database host and load balancer are reached each by its own connection: another account, with sudo, at another port than the nodes."""

from __future__ import annotations

import importlib.util
import json
import shutil
import typing as t
from pathlib import Path

import pytest

from demo.playbook import PLAYBOOK
from tests.hosts.bed.host import KEYS, SSH_OPTIONS, Host
from tests.hosts.bed.services import BALANCER, DATABASE_HOST
from tests.hosts.conftest import MakeSite
from tests.hosts.real_site import DRAIN, GROUP, RealSite

PORT = 2022
ARCHIVES = "/var/lib/force_reauth"
# pure Python (what of it is compiled may be missing): it runs with the Python of the database host, too
DRIVER = ("sqlalchemy", "pymysql", "typing_extensions")
DRIVER_FOLDER = "/opt/drivers"


@pytest.fixture
def _others(hosts: None) -> t.Iterator[None]:  # noqa: ARG001 # a mark has no effect on a fixture
    """sshd of both at another port, and the driver on the database host."""
    for host in (DATABASE_HOST, BALANCER):
        host.write("/etc/ssh/sshd_config.d/bed-port.conf", f"Port {PORT}\n")
        host.run("systemctl", "restart", "ssh")
    _install_driver(DATABASE_HOST)
    yield
    for host in (DATABASE_HOST, BALANCER):
        host.run("rm", "/etc/ssh/sshd_config.d/bed-port.conf")
        host.run("systemctl", "restart", "ssh")
    DATABASE_HOST.run("rm", "-rf", DRIVER_FOLDER, ARCHIVES)


def _install_driver(host: Host) -> None:
    target = host.root / DRIVER_FOLDER.lstrip("/")
    for name in DRIVER:
        found = importlib.util.find_spec(name)
        assert found
        assert found.origin
        source = Path(found.origin)
        target.mkdir(exist_ok=True)
        if source.name == "__init__.py":
            shutil.copytree(source.parent, target / name)
        else:
            shutil.copy(source, target)
    host.write(f"{DRIVER_FOLDER}/python", f'#!/bin/sh\nPYTHONPATH={DRIVER_FOLDER} exec /usr/bin/python3 "$@"\n', mode=0o755)


def _inventory(site: RealSite, of_group: t.Mapping[str, t.Any], of_nodes: t.Mapping[str, t.Any]) -> Path:
    connection = {
        "ansible_port": PORT,
        "ansible_user": "deploy",
        "ansible_become": True,
        "ansible_ssh_private_key_file": str(KEYS / "id"),
        "ansible_ssh_common_args": " ".join(SSH_OPTIONS),
    }
    pythons = {DATABASE_HOST: f"{DRIVER_FOLDER}/python", BALANCER: "/usr/bin/python3"}
    others = {
        host.name: {"ansible_host": host.address, "ansible_python_interpreter": python, **connection} for host, python in pythons.items()
    }
    nodes = {node.name: {"ansible_host": node.host.address, **of_nodes} for node in site.site.nodes}
    group = site.group_variables({**DRAIN, "archive_dir": ARCHIVES, **of_group})
    path = site.folder / "inventory.json"
    children = {GROUP: {"hosts": nodes, "vars": group}, "others": {"hosts": others}}
    path.write_text(json.dumps({"all": {"children": children}}), encoding="utf-8")
    return path


def _came_in(host: Host) -> list[str]:
    """The accounts that have come in by ssh, one after the other."""
    lines = host.run("journalctl", "--unit", "ssh", "--no-pager", "--output", "cat").splitlines()
    return [line.split()[3] for line in lines if line.startswith("Accepted publickey for ")]


def _became_root(host: Host) -> list[str]:
    """The accounts that have run something of Ansible's as root by sudo; a connection that is kept tells no second time who came in."""
    lines = host.run("journalctl", "--identifier", "sudo", "--no-pager", "--output", "cat").splitlines()
    return [line.split()[0] for line in lines if "USER=root" in line and "BECOME-SUCCESS" in line]


@pytest.mark.long
@pytest.mark.usefixtures("_others")
def test_the_sql_runs_on_the_database_host_by_its_own_connection_wherever_the_variable_stands(make_site: MakeSite) -> None:
    site = make_site("bamboo", nodes=2)
    visitors = site.sign_in_everywhere("eve")
    hosts = (DATABASE_HOST, BALANCER)
    came, became = ({host: len(seen(host)) for host in hosts} for seen in (_came_in, _became_root))
    named = {"force_reauth_database_host": DATABASE_HOST.name}
    importing = site.folder / "importing.yml"
    importing.write_text(json.dumps([{"import_playbook": PLAYBOOK, "vars": named}]), encoding="utf-8")
    of_command_line = ("-e", f"force_reauth_database_host={DATABASE_HOST.name}")
    for arguments, of_nodes, playbook in (((), named, PLAYBOOK), (of_command_line, {}, PLAYBOOK), ((), {}, str(importing))):
        before = len(_became_root(DATABASE_HOST))
        rehearsed = site.run("--check", *arguments, inventory=_inventory(site, {}, of_nodes), playbook=playbook)
        assert rehearsed.status == 0, rehearsed.output
        assert set(_became_root(DATABASE_HOST)[before:]) == {"deploy"}, (arguments, playbook)

    result = site.run(inventory=_inventory(site, {"database_host": DATABASE_HOST.name}, {}))
    assert result.status == 0, result.output
    result.assert_says(": PROVEN")
    assert site.open_doors(visitors) == []
    for host in hosts:
        assert (set(_came_in(host)[came[host] :]), set(_became_root(host)[became[host] :])) == ({"deploy"}, {"deploy"}), host.name
    archives = DATABASE_HOST.run("find", ARCHIVES, "-type", "f", "-printf", "%u %m %f\n").splitlines()
    assert any(line.endswith(".gz") for line in archives), archives
    assert {line.rpartition(" ")[0] for line in archives} == {"root 600"}
    assert not site.archives.exists()
