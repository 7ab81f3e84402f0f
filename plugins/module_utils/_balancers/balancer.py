# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server taken out of a load balancer and put back, whichever load balancer it is. Pure: the driver, the clock and the pause come in."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

POLL_SECONDS = 0.5


class Server(t.NamedTuple):
    """A server in one backend: ``status`` in the load balancer's own words, ``sessions`` those of now, queued ones with them.

    ``serves``: requests of everybody are sent to it; ``out``: somebody has taken it out; ``closed``: so far that no client comes any more.
    """

    backend: str
    name: str
    status: str
    sessions: int
    serves: bool
    out: bool
    closed: bool

    @property
    def path(self) -> str:
        """As it is named in sentences."""
        return f"{self.backend}/{self.name}"


State = t.Literal["drain", "closed", "ready"]


class Driver(t.Protocol):
    """How one server of one load balancer is looked at and set. Each raises SessionsError."""

    @property
    def title(self) -> str:
        """What the load balancer is called in sentences."""

    @property
    def hint(self) -> str:
        """What to know where it does not stop counting sessions; '' is nothing."""

    def look(self) -> list[Server]:
        """The server in each of its backends; an error, too, where its state could not be set."""

    def servers(self) -> list[Server]:
        """The same, without the question whether it could be set."""

    def set(self, server: Server, state: State) -> None:
        """No new clients (drain), no clients (closed), all clients (ready)."""


@dataclass(frozen=True)
class Balancer:
    """What is done with a driver's server."""

    driver: Driver
    clock: t.Callable[[], float]
    sleep: t.Callable[[float], None]

    def unlike(self, state: str) -> list[Server]:
        """Where it is not yet 'out' or 'back'; nothing is unlike 'looked'."""
        return [one for one in self.driver.look() if (state == "out" and not one.closed) or (state == "back" and one.out)]

    def take_out(self, grace: float, timeout: float) -> None:
        """First no new client (drain, for ``grace`` seconds), then nobody (closed), until no session is left."""
        inside = self.unlike("out")
        self._set(inside, "drain")
        if inside:
            self._wait(grace, lambda server: not server.sessions)
        # a client that sticks by cookie is still let in by drain
        self._set(inside, "closed")
        servers = self._wait(timeout, lambda server: not server.sessions or not server.closed)
        self._refuse_reopened(servers)
        busy = ", ".join(f"{server.path} {server.sessions}" for server in servers if server.sessions)
        if busy:
            hint = f" {self.driver.hint}." if self.driver.hint else ""
            raise SessionsError(f"{self.driver.title} still counts sessions {timeout:g} s after the server was taken out: {busy}.{hint}")

    def put_back(self, timeout: float) -> None:
        """Ready, until the load balancer itself says that it serves."""
        self._set(self.unlike("back"), "ready")
        down = [server for server in self._wait(timeout, lambda server: server.serves) if not server.serves]
        if down:
            seen = ", ".join(f"{server.path} is {server.status}" for server in down)
            raise SessionsError(f"{self.driver.title} did not see the server up within {timeout:g} s: {seen}.")

    def _refuse_reopened(self, servers: t.Iterable[Server]) -> None:
        seen = ", ".join(f"{server.path} is {server.status}" for server in servers if not server.closed)
        if seen:
            raise SessionsError(
                f"{self.driver.title} did not keep the server out: {seen}. Was it started anew, or did somebody else put the server back?"
            )

    def _set(self, servers: t.Iterable[Server], state: State) -> None:
        for server in servers:
            self.driver.set(server, state)

    def _wait(self, seconds: float, good: t.Callable[[Server], bool]) -> list[Server]:
        """The last look: at the first moment at which all are good, or at the end of the time."""
        end = self.clock() + seconds
        while True:
            servers = self.driver.servers()
            if all(map(good, servers)) or self.clock() + POLL_SECONDS > end:
                return servers
            self.sleep(POLL_SECONDS)
