# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bed: nodes, a load balancer and a database host, up and down."""

from __future__ import annotations

import shutil
import subprocess
import typing as t
from dataclasses import dataclass

from demo.cluster import CANARY
from demo.imitated import PRODUCTS
from demo.patience import wait_for
from demo.products import StandInProduct
from demo.tokens import Database, Tokens
from tests.hosts.bed import image, services
from tests.hosts.bed.application import compile_for_all
from tests.hosts.bed.host import IMAGE, KEYS, Host, call, make_network, remove_network
from tests.hosts.bed.needs import missing
from tests.hosts.bed.node import PORTS, USUAL_KINDS, Kind, Node
from tests.hosts.bed.places import DATABASE, FOLDER, LOAD_BALANCER, address, node_names

ENGINES = {"jira": "postgresql", "bamboo": "mariadb", "fisheye": "postgresql"}


class BedMissing(Exception):
    """This machine cannot have a bed; says why."""


@dataclass(frozen=True)
class Site:
    """A product on the nodes of the bed, its database and its users (name -> password)."""

    product: StandInProduct
    database: Database
    nodes: tuple[Node, ...]
    users: dict[str, str]

    @property
    def tokens(self) -> Tokens:
        """The token table."""
        return Tokens(self.database, self.product)

    def __getitem__(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    def add_user(self, name: str) -> str:
        """Make a user; returns the password."""
        password = f"{name}-secret"
        with self.database.transaction() as execute:
            execute("INSERT INTO stand_in_account (login, password) VALUES (?, ?)", name, password)
        self.tokens.add_user(name, 10_000 + len(self.users))
        self.users[name] = password
        return password

    def start(self) -> None:
        """Start every node and wait until all are up, also for the load balancer."""
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait_running()
        self.wait_balanced()

    def remove(self) -> None:
        """Stop every node, however it hangs, and remove its files: the hosts are as they were. Broken network cables are mended."""
        for node in self.nodes:
            node.host.link(True)
            node.remove()

    def wait_balanced(self, seconds: float = 30) -> None:
        """Wait until the load balancer says of every node that it is up."""
        names = {node.name for node in self.nodes}
        wait_for(
            lambda: services.states_of_servers(services.BALANCER) == dict.fromkeys(names, "UP"), "every node is UP in HAProxy", seconds
        )


def up(nodes: int, tell: t.Callable[[str], None] = print) -> None:
    """Boot all hosts and wait for their sshd. Raises BedMissing, and what a host raises: then the bed is down again."""
    problems = missing()
    if problems:
        raise BedMissing(" ".join(problems))
    image.build(tell)
    down()
    try:
        _up(nodes)
    except BaseException:
        down()
        raise


def down() -> None:
    """Switch all hosts off and remove everything, also what an earlier start has left."""
    for host in hosts():
        host.destroy()
    remove_network()
    shutil.rmtree(FOLDER, ignore_errors=True)


def hosts() -> list[Host]:
    """The hosts of the bed that is there."""
    folder = FOLDER / "hosts"
    return [Host(path.name) for path in sorted(folder.iterdir())] if folder.is_dir() else []


def deploy(product_name: str, nodes: int, kinds: t.Sequence[Kind] = ()) -> Site:
    """Install a product on the first nodes; nothing of it runs yet. Its database is new, with one user: CANARY.

    ``kinds``: in what the nodes differ; as is usual for the product when none are given.
    """
    # its pages know the form alone
    product = PRODUCTS[product_name].on_line(PRODUCTS[product_name].lines[-1])
    database = services.database_of(product, ENGINES[product_name])
    services.make_database(services.DATABASE_HOST, database)
    site = Site(product, database, tuple(_nodes(product, database, nodes, kinds or USUAL_KINDS[product_name])), {})
    with database.transaction() as execute:
        execute("CREATE TABLE stand_in_account (login varchar(64) PRIMARY KEY, password varchar(64) NOT NULL)")
    site.tokens.create_users()
    site.tokens.create()
    site.tokens.create_members()
    site.add_user(CANARY)
    for node in site.nodes:
        site.tokens.note_alive(node.name)
    for node in site.nodes:
        node.install_it()
    services.prepare_load_balancer(services.BALANCER, product, [node.name for node in site.nodes], PORTS[product_name])
    services.BALANCER.run("systemctl", "restart", "haproxy")
    return site


def _nodes(product: StandInProduct, database: Database, number: int, kinds: t.Sequence[Kind]) -> t.Iterator[Node]:
    for place, name in enumerate(node_names(number)):
        kind = kinds[place] if place < len(kinds) else kinds[0]
        state = product.pages.secondary_state if place else ""
        yield Node(Host(name), product, database, kind, state or "RUNNING")


def _up(nodes: int) -> None:
    image.unpack(IMAGE)
    compile_for_all(IMAGE)
    KEYS.mkdir()
    for key in ("id", "host"):
        call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bed", "-f", str(KEYS / key))
    make_network()
    all_hosts = [Host(name) for name in (DATABASE, LOAD_BALANCER, *node_names(nodes))]
    names = "127.0.0.1 localhost\n" + "".join(f"{address(host.name)} {host.name}\n" for host in all_hosts)
    for host in all_hosts:
        host.prepare(names)
        if host.name == DATABASE:
            services.prepare_database(host)
        host.boot()
    for host in all_hosts:
        host.wait()
    wait_for(_databases_answer, "PostgreSQL and MariaDB answer", 60)


def _databases_answer() -> bool:
    try:
        services.DATABASE_HOST.run("runuser", "--user", "postgres", "--", "psql", "--quiet", "--command", "SELECT 1")
        services.DATABASE_HOST.run("mariadb", "--execute", "SELECT 1")
    except subprocess.CalledProcessError:
        return False
    return True
