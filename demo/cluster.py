# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster of stand-in nodes on one machine, in one folder, on ports of its own. Used by the demo and by the tests."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import signal
import subprocess
import typing as t
from dataclasses import dataclass, replace
from pathlib import Path

from demo.behaviour import HEALTHY, Behaviour
from demo.disk import write_atomically
from demo.hsqldb import ACCOUNT
from demo.imitated.jira import JIRA
from demo.layout import NodeLayout
from demo.patience import patient, wait_for
from demo.ports import ReservedPort
from demo.processes import all_arguments, kill_until_gone
from demo.products import BUILT_IN, StandInProduct
from demo.tokens import Database, Tokens

CANARY = "canary"
FIRST_USER = 10000
UP = ("RUNNING", "PAUSED", "RUNNING_AS_SECONDARY")


@dataclass(frozen=True, eq=False)
class ClusterNode:
    """One node; ``layout`` tells all that its files say."""

    layout: NodeLayout

    @property
    def name(self) -> str:
        """Its name in the inventory and in the cluster: n1, n2, .."""
        return self.layout.name

    @property
    def product(self) -> StandInProduct:
        """Whose stand-in it is."""
        return self.layout.product

    @property
    def install(self) -> Path:
        """The install folder."""
        return self.layout.install

    @property
    def home(self) -> Path:
        """The (local) home folder."""
        return self.layout.home

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return self.layout.port

    @property
    def url(self) -> str:
        """Where the node itself answers, with the context path."""
        return f"http://127.0.0.1:{self.port}{self.layout.context}"

    @property
    def pid(self) -> int:
        """The pid of the node's process, 0 when none runs; found by its command line, whoever started it."""
        wanted = os.fsencode(self.product.service.install_mark.format(self.install))
        return next((pid for pid, arguments in all_arguments() if wanted in arguments), 0)

    @property
    def persisted_sessions(self) -> Path:
        """Where SESSIONS.ser lies when there is one; the install folder for a product that never has one."""
        return self.install / self.product.persisted_sessions

    @property
    def log(self) -> str:
        """What the process wrote into its log."""
        return self.layout.path(self.product.service.log).read_text(encoding="utf-8")

    @property
    def pid_file(self) -> Path | None:
        """Where the start script writes the pid; None where the product has no such file."""
        return self.layout.path(self.product.service.pid_file) if self.product.service.pid_file else None

    def start(self) -> None:
        """Run the start script and wait until its process is there; raises CalledProcessError, TimeoutError."""
        self.run_script(self.product.service.start)
        # the script returns when it has forked: what it forked becomes the node a moment later
        wait_for(lambda: bool(self.pid), f"{self.name} starts")

    def stop(self) -> None:
        """Run the stop script and wait until the process is gone; raises CalledProcessError, TimeoutError."""
        self.run_script(self.product.service.stop)
        wait_for(lambda: not self.pid, f"{self.name} stops")

    def run_script(self, command: tuple[str, ...]) -> str:
        """Run a script of the install folder with its arguments; returns what it said, raises CalledProcessError."""
        program, *arguments = command
        words = [str(self.install / program), *arguments]
        return subprocess.run(words, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout

    def kill(self) -> None:
        """SIGKILL, as the kernel's when memory is short: nothing is written, the pid file stays."""
        if pid := self.pid:
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: not self.pid, f"{self.name} is killed")

    def restart(self) -> None:
        """Stop, start, wait until RUNNING."""
        self.stop()
        self.start()
        self.wait_running()

    def state(self) -> str:
        """What the status page says, '' when nothing answers soon. Without such a page: RUNNING when the manifest is there."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patient(1))
        pages = self.product.pages
        try:
            connection.request("GET", self.layout.context + (pages.status or pages.manifest), headers={"Accept": "application/json"})
            answer = connection.getresponse()
            if not pages.status:
                return "RUNNING" if answer.status == 200 else ""
            return str(json.load(answer)["state"])
        except (OSError, http.client.HTTPException, ValueError):
            return ""
        finally:
            connection.close()

    def is_running(self) -> bool:
        """Up, by its status page."""
        return self.state() in UP

    def wait_running(self, seconds: float = 30) -> None:
        """Wait until RUNNING, for so many seconds more than its start is to take; raises TimeoutError."""
        wait_for(self.is_running, f"{self.name} is RUNNING", seconds + Behaviour.read(self.home).start_seconds)

    def behave(self, **changes: object) -> None:
        """Change how the node behaves from now on: fields of Behaviour (``persist_sessions`` also changes its context.xml)."""
        self.layout.write_behaviour(Behaviour.read(self.home).but(changes))


class Cluster:
    """``with Cluster(folder, nodes=3) as cluster:`` three RUNNING nodes n1..n3; everything is taken down and the folder removed at the end.

    ``folder`` must not exist yet. ``database`` is where the tokens are (default: an SQLite file in the folder); of the built-in one its
    engine is enough. ``behaviour`` holds for every node, ``per_node`` (by node name) instead of it. ``users`` maps the names of the users
    to their passwords; the user CANARY is there from the beginning.
    Ports are reserved as long as this object (and its process) lives: clusters may run side by side.
    """

    def __init__(
        self,
        folder: Path,
        nodes: int = 3,
        database: Database | None = None,
        product: StandInProduct = JIRA,
        behaviour: Behaviour = HEALTHY,
        per_node: t.Mapping[str, Behaviour] | None = None,
        context: str = "",
    ) -> None:
        self.folder = folder
        self.product = product
        self.shared = folder / "shared"
        self.users: dict[str, str] = {}
        # opens the page that names the nodes
        self.admin_token = secrets.token_urlsafe(20)
        self._behaviours = {"": behaviour, **(per_node or {})}
        self._ports = [ReservedPort() for _node in range(nodes)]
        self.database = self._complete(database or Database("sqlite", str(self.shared / f"{product.name}.db")))
        self.tokens = Tokens(self.database, product)
        self.nodes = [self._node(number, reserved.port, context) for number, reserved in enumerate(self._ports[:nodes], 1)]

    def __enter__(self) -> t.Self:
        try:
            self.create()
            self.start()
        except BaseException:
            self.destroy()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.destroy()

    def __getitem__(self, name: str) -> ClusterNode:
        return next(node for node in self.nodes if node.name == name)

    def create(self) -> None:
        """Files, tables and the canary; nothing runs yet."""
        self.shared.mkdir(parents=True)
        # a built-in database lies in the home of its node
        for node in self.nodes:
            node.layout.write(self._behaviours.get(node.name, self._behaviours[""]))
        self.tokens.create_users()
        self.create_tables()
        self.tokens.create_members()
        self.add_user(CANARY)
        members = {"admin_token": self.admin_token, "nodes": [node.name for node in self.nodes]}
        write_atomically(self.shared / "members.json", json.dumps(members))

    def create_tables(self) -> None:
        """The product's token table, empty, in the database of the cluster."""
        self.tokens.create()

    def start(self) -> None:
        """Start every node and wait until all are RUNNING (a node that never will is waited for in vain: TimeoutError)."""
        for node in self.nodes:
            node.start()
        self.wait_running()

    def stop(self) -> None:
        """Stop every node by its script and wait until all processes are gone."""
        for node in self.nodes:
            node.stop()

    def wait_running(self, seconds: float = 30) -> None:
        """Wait until every node is RUNNING; raises TimeoutError that names the first that is not."""
        for node in self.nodes:
            node.wait_running(seconds)

    def destroy(self) -> None:
        """Kill what is left of the nodes, whoever started it, remove the folder, give the ports back. May be called twice."""
        kill_until_gone(self._pids)
        shutil.rmtree(self.folder, ignore_errors=True)
        for reserved in self._ports:
            reserved.release()

    def add_user(self, name: str, password: str = "") -> str:
        """Make a user, also while the nodes run; returns the password (a made-up one when none is given)."""
        self.add_users([name], password)
        return self.users[name]

    def add_users(self, names: t.Sequence[str], password: str = "") -> None:
        """Make users, with one password, or a made-up one for each."""
        new = [name for name in names if name not in self.users]
        self.tokens.add_users({name: FIRST_USER + len(self.users) + number for number, name in enumerate(new)})
        self.users |= {name: password or secrets.token_urlsafe(12) for name in names}
        write_atomically(self.shared / "users.json", json.dumps(self.users))

    def rename_user(self, old: str, new: str) -> None:
        """Give a user another login name, also while the nodes run: who is signed in stays so."""
        self.tokens.rename_user(old, new)
        self.users[new] = self.users.pop(old)
        write_atomically(self.shared / "renamed.json", json.dumps({old: new}))
        write_atomically(self.shared / "users.json", json.dumps(self.users))

    def token_rows(self) -> list[tuple[int, str, str]]:
        """The token table as it is: (id, token, user), sorted."""
        return self.tokens.rows()

    def inventory(self, **variables: object) -> dict[str, t.Any]:
        """An inventory of this cluster: group ``tracker`` with a host per node. ``variables`` go to the group's variables."""
        group_vars = {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "force_reauth_hosts": "tracker",
            "force_reauth_service_manager": "scripts",
            **variables,
        }
        hosts = {node.name: {"force_reauth_install_dir": str(node.install)} for node in self.nodes}
        return {"all": {"children": {"tracker": {"hosts": hosts, "vars": group_vars}}}}

    def write_inventory(self, path: Path, **variables: object) -> Path:
        """Write ``inventory()`` as YAML; returns the path."""
        path.write_text(
            "---\n# the inventory of a stand-in cluster\n" + "\n".join(_yaml(self.inventory(**variables))) + "\n", encoding="utf-8"
        )
        return path

    def _complete(self, database: Database) -> Database:
        """Where the built-in one is, which belongs to the first node."""
        built_in = self.product.built_in
        if not built_in or database.engine != BUILT_IN:
            return database
        install, home = self._folders("n1")
        files = built_in.files.format(install=install, home=home)
        self._ports.append(ReservedPort())
        return replace(database, name=files, host="127.0.0.1", port=self._ports[-1].port, user=ACCOUNT)

    def _folders(self, name: str) -> tuple[Path, Path]:
        return self.folder / name / "install", self.folder / name / "home"

    def _node(self, number: int, port: int, context: str) -> ClusterNode:
        name = f"n{number}"
        install, home = self._folders(name)
        state = self.product.pages.secondary_state if number > 1 else ""
        layout = NodeLayout(name, self.product, install, home, self.shared, port, context, self.database, state or "RUNNING")
        return ClusterNode(layout)

    def _pids(self) -> list[int]:
        mark = os.fsencode(self.product.service.home_mark.format(f"{self.folder}/"))
        return [pid for pid, arguments in all_arguments() if any(argument.startswith(mark) for argument in arguments)]


def _yaml(value: t.Mapping[str, t.Any], indent: str = "") -> t.Iterator[str]:
    for name, inner in value.items():
        if isinstance(inner, dict) and inner:
            yield f"{indent}{name}:"
            yield from _yaml(inner, indent + "  ")
        else:
            # a JSON scalar or list is YAML
            yield f"{indent}{name}: {json.dumps(inner)}"
