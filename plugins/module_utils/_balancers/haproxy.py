# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server of HAProxy, set by commands of its runtime API. Pure: asking comes in."""

from __future__ import annotations

import csv
import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.balancer import Server, State
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

Ask = t.Callable[[str], str]
# its own words for the states
_STATES: t.Mapping[State, str] = {"drain": "drain", "closed": "maint", "ready": "ready"}


def server_of(backend: str, name: str, status: str, sessions: int, weight: str, backup: bool) -> Server:
    """``status`` as HAProxy writes it ('UP', 'UP 1/3', 'MAINT', ..). Without health checks it serves until it is told otherwise.

    'UP 1/3' is one that has just left its maintenance and was not checked yet, or whose last check failed: it gets clients, and the next
    check may take it down. With ``weight`` 0 it is called 'UP', too, and only clients that stick to it come.
    """
    up, out = status.startswith(("UP", "no check")), status.startswith(("MAINT", "DRAIN"))
    weightless = up and weight == "0"
    gets_clients = up and not weightless
    serves = gets_clients and status in ("UP", "no check")
    told = f"{status} with weight 0" if weightless else status
    return Server(backend, name, told, sessions, serves, gets_clients, out, closed=status.startswith("MAINT"), backup=backup)


def all_servers_of(stat: str) -> list[Server]:
    """Every server of every backend."""
    lines = list(csv.DictReader(stat.lstrip("# ").splitlines()))
    return [_server_in(line) for line in lines if line.get("svname") not in (None, "FRONTEND", "BACKEND")]


def servers_of(stat: str, backend: str, name: str) -> list[Server]:
    """The server in that backend, or in all when it is ''. ``stat``: of ``show stat``. Raises SessionsError when there is none."""
    servers = all_servers_of(stat)
    found = [one for one in servers if one.name == name and backend in ("", one.backend)]
    if not found:
        known = ", ".join(sorted({one.path for one in servers})) or "no server at all"
        raise SessionsError(f"HAProxy knows no server {name}{f' in backend {backend}' if backend else ''}; it knows {known}.")
    return found


def _server_in(line: t.Mapping[str, str]) -> Server:
    sessions = int(line["scur"] or 0) + int(line["qcur"] or 0)
    return server_of(line["pxname"], line["svname"], line["status"], sessions, line["weight"], line["bck"] == "1")


@dataclass(frozen=True)
class HAProxy:
    """The server ``name`` in one backend of an HAProxy, or in all (``backend`` ''). A driver."""

    ask: Ask
    backend: str
    name: str
    title: str = "HAProxy"
    hint: str = ""

    def look(self) -> list[Server]:
        """As it is now. Raises SessionsError when HAProxy does not know it, or does not let its state be set."""
        level = self.ask("show cli level").strip()
        if level in ("user", "operator"):
            raise SessionsError(f"The socket of HAProxy has level {level}, and only level admin may take a server out.")
        return self.servers()

    def servers(self) -> list[Server]:
        """As it is now. Raises SessionsError when HAProxy does not know it."""
        return servers_of(self.ask("show stat"), self.backend, self.name)

    def peers(self) -> list[Server]:
        """All servers of its backends, as they are now."""
        stat = self.ask("show stat")
        backends = {one.backend for one in servers_of(stat, self.backend, self.name)}
        return [one for one in all_servers_of(stat) if one.backend in backends]

    def set(self, server: Server, state: State) -> None:
        """Raises SessionsError with what HAProxy says against it."""
        answer = self.ask(f"set server {server.path} state {_STATES[state]}").strip()
        if answer:
            raise SessionsError(f"HAProxy refused to set {server.path} to {_STATES[state]}: {answer}")
