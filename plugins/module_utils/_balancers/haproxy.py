# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server of HAProxy, taken out and put back by commands of its runtime API. Pure: asking, the clock and the pause come in."""

from __future__ import annotations

import csv
import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

Ask = t.Callable[[str], str]
POLL_SECONDS = 0.5


class Server(t.NamedTuple):
    """A line of ``show stat``: ``status`` as HAProxy writes it ('UP', 'UP 1/3', 'MAINT', ..), ``sessions`` those of now and queued."""

    backend: str
    name: str
    status: str
    sessions: int

    @property
    def path(self) -> str:
        """As the runtime API names it."""
        return f"{self.backend}/{self.name}"

    @property
    def up(self) -> bool:
        """See ``serves``."""
        return serves(self.status)

    @property
    def out(self) -> bool:
        """Whether somebody has taken it out."""
        return self.status.startswith(("MAINT", "DRAIN"))

    @property
    def in_maintenance(self) -> bool:
        """Whether no client at all is sent to it."""
        return self.status.startswith("MAINT")


def serves(status: str) -> bool:
    """Whether HAProxy sends requests to a server of that status; without health checks it does until it is told otherwise."""
    return status.startswith(("UP", "no check"))


def servers_of(stat: str, backend: str, name: str) -> list[Server]:
    """The server in that backend, or in all when it is ''. ``stat``: of ``show stat``. Raises SessionsError when there is none."""
    lines = list(csv.DictReader(stat.lstrip("# ").splitlines()))
    servers = [line for line in lines if line.get("svname") not in (None, "FRONTEND", "BACKEND")]
    found = [
        Server(line["pxname"], line["svname"], line["status"], int(line["scur"] or 0) + int(line["qcur"] or 0))
        for line in servers
        if line["svname"] == name and backend in ("", line["pxname"])
    ]
    if not found:
        known = ", ".join(sorted({f"{line['pxname']}/{line['svname']}" for line in servers})) or "no server at all"
        raise SessionsError(f"HAProxy knows no server {name}{f' in backend {backend}' if backend else ''}; it knows {known}.")
    return found


@dataclass(frozen=True)
class Balancer:
    """The server ``name`` in one backend of an HAProxy, or in all (``backend`` '')."""

    ask: Ask
    clock: t.Callable[[], float]
    sleep: t.Callable[[float], None]
    backend: str
    name: str

    def look(self) -> list[Server]:
        """As it is now. Raises SessionsError when HAProxy does not know it, or does not let its state be set."""
        level = self.ask("show cli level").strip()
        if level in ("user", "operator"):
            raise SessionsError(f"The socket of HAProxy has level {level}, and only level admin may take a server out.")
        return self._servers()

    def unlike(self, state: str) -> list[Server]:
        """Where it is not yet 'out' or 'back'; nothing is unlike 'looked'."""
        return [one for one in self.look() if (state == "out" and not one.in_maintenance) or (state == "back" and one.out)]

    def take_out(self, grace: float, timeout: float) -> None:
        """First no new client (drain, for ``grace`` seconds), then nobody (maint), until no session is left."""
        inside = self.unlike("out")
        self._set(inside, "drain")
        if inside:
            self._wait(grace, lambda server: not server.sessions)
        # a client that sticks by cookie is still let in by drain
        self._set(inside, "maint")
        busy = [server for server in self._wait(timeout, lambda server: not server.sessions) if server.sessions]
        if busy:
            counts = ", ".join(f"{server.path} {server.sessions}" for server in busy)
            raise SessionsError(f"HAProxy still counts sessions {timeout:g} s after the server was taken out: {counts}.")

    def put_back(self, timeout: float) -> None:
        """Ready, until HAProxy's own check says up."""
        self._set(self.unlike("back"), "ready")
        down = [server for server in self._wait(timeout, lambda server: server.up) if not server.up]
        if down:
            seen = ", ".join(f"{server.path} is {server.status}" for server in down)
            raise SessionsError(f"HAProxy did not see the server up within {timeout:g} s: {seen}.")

    def _servers(self) -> list[Server]:
        return servers_of(self.ask("show stat"), self.backend, self.name)

    def _set(self, servers: t.Iterable[Server], state: str) -> None:
        for server in servers:
            answer = self.ask(f"set server {server.path} state {state}").strip()
            if answer:
                raise SessionsError(f"HAProxy refused to set {server.path} to {state}: {answer}")

    def _wait(self, seconds: float, good: t.Callable[[Server], bool]) -> list[Server]:
        """The last look: at the first moment at which all are good, or at the end of the time."""
        end = self.clock() + seconds
        while True:
            servers = self._servers()
            if all(map(good, servers)) or self.clock() + POLL_SECONDS > end:
                return servers
            self.sleep(POLL_SECONDS)
