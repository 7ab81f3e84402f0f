# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real playbook on the bed, over ssh, and what a test wants to know of the hosts."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from demo.cluster import CANARY
from tests.hosts.bed import services
from tests.hosts.bed.bed import Site
from tests.hosts.bed.host import KEYS, SSH_OPTIONS
from tests.hosts.bed.node import Node
from tests.hosts.bed.places import address
from tests.hosts.visitor import Place, Visitor
from tests.playbook.runs import Playbook

GROUP = "tracker"
DRAIN: t.Mapping[str, t.Any] = {
    "drain": "haproxy",
    "haproxy_hosts": [services.BALANCER.name],
    "haproxy_backend": services.BACKEND,
    "drain_timeout": 60,
}
"""Variables of a run that takes nodes out of the bed's load balancer."""
Door = tuple[str, str, str]
"""User, node, cookie."""


class RealSite(Playbook):
    """A product on the bed and the way to run the playbook on it: as root by ssh, unless the variables say otherwise."""

    longest = 600

    def __init__(self, site: Site, folder: Path) -> None:
        super().__init__(folder)
        self.site = site
        self.variables |= {
            "force_reauth_hosts": GROUP,
            "force_reauth_gate_timeout": 120,
            "force_reauth_stop_timeout": 60,
            "ansible_user": "root",
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_ssh_private_key_file": str(KEYS / "id"),
            "ansible_ssh_common_args": " ".join((*SSH_OPTIONS, "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=2")),
        }
        self.environment = {
            "ANSIBLE_TIMEOUT": "10",
            "ANSIBLE_REMOTE_TMP": "~/.ansible/tmp",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder / "cp"),
        }

    @property
    def secrets(self) -> dict[str, str]:
        """What is never in an inventory."""
        return {
            "force_reauth_proof_password": self.site.users[CANARY],
            "force_reauth_database_password": self.site.database.password,
        }

    def write_inventory(self, **variables: object) -> Path:
        """The inventory: the nodes, and the load balancer beside them; variables without the prefix get it."""
        group = self.group_variables(variables)
        own = {name: value for name, value in group.items() if name.startswith("ansible_")}
        nodes = {node.name: {"ansible_host": node.host.address} for node in self.site.nodes}
        balancers = {services.BALANCER.name: {"ansible_host": services.BALANCER.address, **own}}
        path = self.folder / "inventory.json"
        children = {GROUP: {"hosts": nodes, "vars": group}, "balancers": {"hosts": balancers}}
        path.write_text(json.dumps({"all": {"children": children}}, indent=2), encoding="utf-8")
        return path

    def place(self, node: Node) -> Place:
        """The node, for a browser."""
        return Place(node.name, node.host.address, node.listens)

    @property
    def balancer(self) -> Place:
        """The load balancer, for a browser."""
        return Place("lb", address("lb"), 80)

    def visitor(self, user: str, keeps_alive: bool = False) -> Visitor:
        """A browser of that user, who is made when not there yet."""
        password = self.site.users.get(user) or self.site.add_user(user)
        return Visitor(self.site.product, user, password, keeps_alive)

    def sign_in_everywhere(self, *users: str) -> list[Visitor]:
        """A browser for each user and node, signed in at that node, with 'remember me'."""
        visitors = [(self.visitor(user), node) for user in users for node in self.site.nodes]
        for visitor, node in visitors:
            assert visitor.sign_in(self.place(node)), f"{visitor.user} at {node.name}"
        return [visitor for visitor, _node in visitors]

    def open_doors(self, visitors: t.Iterable[Visitor]) -> list[Door]:
        """Each cookie that, sent alone, still opens a node."""
        return [
            (visitor.user, node.name, cookie)
            for visitor in visitors
            for node in self.site.nodes
            for cookie, value in visitor.cookies.items()
            if visitor.replay(self.place(node), cookie, value)
        ]

    def pids(self) -> dict[str, int]:
        """The process of each node, 0 for none."""
        return {node.name: node.pid for node in self.site.nodes}

    def locks(self) -> list[str]:
        """The nodes that are locked."""
        return [node.name for node in self.site.nodes if (node.host.root / node.home.lstrip("/") / ".force_reauth.lock").exists()]
