# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts beside the nodes: Debian's PostgreSQL and MariaDB on one, its HAProxy on another."""

from __future__ import annotations

import typing as t

from demo.patience import patient
from demo.products import StandInProduct
from demo.tokens import Database
from tests.hosts.bed.host import Host
from tests.hosts.bed.places import DATABASE, FILES, LOAD_BALANCER, NETWORK, address

PUBLIC_HOST = "site.example.test"
BACKEND = "nodes"
SOCKET = "/run/haproxy/admin.sock"
STATES = f"show stat {BACKEND} 4 -1"
# run there: no program for a socket is on every Debian, but Python
_TALK = """
import socket, sys
talk = socket.socket(socket.AF_UNIX)
talk.settimeout(float(sys.argv[3]))
talk.connect(sys.argv[1])
talk.sendall(sys.argv[2].encode() + b"\\n")
print(b"".join(iter(lambda: talk.recv(65536), b"")).decode(), end="")
"""
_PORTS = {"postgresql": 5432, "mariadb": 3306}


def database_of(product: StandInProduct, engine: str) -> Database:
    """Where the product's tables are, and the account that owns them."""
    return Database(engine, product.name, address(DATABASE), _PORTS[engine], product.name, f"{product.name}-secret")


def prepare_database(host: Host) -> None:
    """Both servers listen for the nodes and for this machine, and do not wait for the disk."""
    (cluster,) = (host.root / "etc/postgresql").glob("*/main")
    inside = f"/{cluster.relative_to(host.root)}"
    host.write(
        f"{inside}/conf.d/bed.conf", "listen_addresses = '*'\nfsync = off\nssl = off\nshared_buffers = 32MB\nmax_connections = 200\n"
    )
    with (cluster / "pg_hba.conf").open("a", encoding="utf-8") as rules:
        rules.write(f"host all all {NETWORK}.0/24 scram-sha-256\n")
    host.write(
        "/etc/mysql/mariadb.conf.d/90-bed.cnf",
        "[mariadbd]\nbind-address = 0.0.0.0\nskip-name-resolve\ninnodb_flush_log_at_trx_commit = 2\ninnodb_buffer_pool_size = 32M\n",
    )
    for unit in ("postgresql", "mariadb"):
        host.inside("systemctl", "--quiet", "enable", unit)


def make_database(host: Host, database: Database) -> None:
    """An empty database with its account; one of an earlier call is dropped."""
    name, password = database.name, database.password
    if database.engine == "postgresql":
        client = ["runuser", "--user", "postgres", "--", "psql", "--quiet", "postgres"]
        statements = [
            f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
            f"DROP ROLE IF EXISTS {name}",
            f"CREATE ROLE {name} LOGIN PASSWORD '{password}'",
            f"CREATE DATABASE {name} OWNER {name}",
        ]
    else:
        client = ["mariadb"]
        statements = [
            f"DROP DATABASE IF EXISTS {name}",
            f"CREATE DATABASE {name}",
            f"DROP USER IF EXISTS {name}",
            f"CREATE USER {name} IDENTIFIED BY '{password}'",
            f"GRANT ALL ON {name}.* TO {name}",
        ]
    host.run(*client, text="".join(f"{statement};\n" for statement in statements))


def prepare_load_balancer(host: Host, product: StandInProduct, nodes: t.Sequence[str], port: int) -> None:
    """HAProxy in front of these nodes: clients stick to a node by a cookie, health is the product's own page."""
    servers = "\n".join(f"  server {name} {address(name)}:{port} check cookie {name}" for name in nodes)
    # a product without a status page: what its page of the application links says
    words = {
        "@status@": product.pages.status or product.pages.manifest,
        "@expected@": "RUNNING" if product.pages.status else "manifest",
        "@public_host@": PUBLIC_HOST,
        "@servers@": servers,
    }
    text = (FILES / "haproxy.cfg").read_text(encoding="utf-8")
    for place, value in words.items():
        text = text.replace(place, value)
    host.write("/etc/haproxy/haproxy.cfg", text)


def ask_load_balancer(host: Host, command: str) -> str:
    """What HAProxy's admin socket answers."""
    return host.run(*asking_load_balancer(command))


def asking_load_balancer(command: str) -> tuple[str, ...]:
    """The command, and its arguments, that says so to the socket on its host, and shows what it answers."""
    return ("python3", "-c", _TALK, SOCKET, command, str(patient(10)))


def states_of_servers(host: Host) -> dict[str, str]:
    """What HAProxy thinks of each node: UP, DOWN, MAINT, DRAIN, .."""
    return states_in(ask_load_balancer(host, STATES))


def states_in(table: str) -> dict[str, str]:
    """The same, of the answer to STATES."""
    rows = [row.split(",") for row in table.splitlines() if row.startswith(f"{BACKEND},")]
    return {row[1]: row[17] for row in rows}


BALANCER = Host(LOAD_BALANCER)
DATABASE_HOST = Host(DATABASE)
