# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server taken out of a load balancer and put back, whichever load balancer it is. Pure: the driver, the clock and the pause come in."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import few

POLL_SECONDS = 0.5
# looks in a row, over more than the 2 s after which HAProxy checks a server again where nothing else is configured
_SETTLED = 6
# seconds: a drain may be given less, its health checks are not quicker for that
_BACK = 30.0
# seconds: Apache httpd tries a worker that failed anew after 60 (retry), at the next request; a site that is open has one within 30 more
_ASKED = 90.0
_MOST_NAMED = 10


class Server(t.NamedTuple):
    """A server in one backend: ``status`` in the load balancer's own words, ``sessions`` those of now, queued ones with them.

    ``serves``: requests of everybody are sent to it, and its health check stands; ``gets_clients``: they are sent to it, whatever its last
    check said; ``out``: somebody has taken it out; ``closed``: so far that no client comes any more; ``backup``: it is used only where no
    other server can be, and may be a node or a page that says sorry. ``failed_after``: how many requests had been sent to it when one
    failed, where it is taken for down until the next one; None where it is not, or is checked without requests, too.
    """

    backend: str
    name: str
    status: str
    sessions: int
    serves: bool
    gets_clients: bool
    out: bool
    closed: bool
    backup: bool
    failed_after: int | None = None

    @property
    def path(self) -> str:
        """As it is named in sentences."""
        return f"{self.backend}/{self.name}"

    def as_other(self) -> dict[str, t.Any]:
        """What is told of it beside a server of its backend."""
        return {"name": self.name, "status": self.status, "gets_clients": self.gets_clients, "backup": self.backup}


def others_told(others: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    """In words, the other servers of a backend, where none that counts gets clients: one that does is a backup that is no node."""
    told = few([f"{one['name']}: {one['status']}{', backup' if one['backup'] else ''}" for one in others], _MOST_NAMED)
    return told + ("; a backup that is no node does not count" if any(one["gets_clients"] for one in others) else "")


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

    def peers(self) -> list[Server]:
        """All servers of its backends, itself among them."""

    def set(self, server: Server, state: State) -> None:
        """No new clients (drain), no clients (closed), all clients (ready)."""


@dataclass(frozen=True)
class Balancer:
    """What is done with a driver's server."""

    driver: Driver
    clock: t.Callable[[], float]
    sleep: t.Callable[[float], None]
    # a backend may be left without a server
    accept_outage: bool = False
    # the names of the servers that are nodes
    nodes: t.Collection[str] = ()

    def looked(self) -> list[dict[str, t.Any]]:
        """The server in each of its backends, with its ``others`` there, of each what ``as_other`` tells."""
        servers, peers = self.driver.look(), self.driver.peers()
        return [{**server._asdict(), "others": [one.as_other() for one in _others_of(server, peers)]} for server in servers]

    def unlike(self, state: str) -> list[Server]:
        """Where it is not yet 'out' or 'back'; nothing is unlike 'looked'. Raises SessionsError."""
        return _unlike(state, self.driver.look())

    def see_others(self) -> None:
        """Raises SessionsError where for 30 s nobody would reach a backend without it."""
        servers, seen = self._wait(_BACK, lambda server: not self._why_last(server))
        if not seen:
            self._refuse_last(servers, "is not taken out")

    def take_out(self, grace: float, timeout: float) -> None:
        """First no new client (drain, for ``grace`` seconds), then nobody (closed), until no session is left."""
        self.see_others()
        inside = self.unlike("out")
        self._set(inside, "drain")
        self._give_way(inside)
        if inside:
            self._wait(grace, lambda server: not server.sessions)
        # a client that sticks by cookie is still let in by drain
        self._set(inside, "closed")
        servers, _left = self._wait(timeout, lambda server: not server.sessions or not server.closed)
        self._refuse_reopened(servers)
        busy = ", ".join(f"{server.path} {server.sessions}" for server in servers if server.sessions)
        if busy:
            hint = f" {self.driver.hint}." if self.driver.hint else ""
            raise SessionsError(f"{self.driver.title} still counts sessions {timeout:g} s after the server was taken out: {busy}.{hint}")
        # the others may have gone meanwhile
        self._give_way(inside)

    def put_back(self, timeout: float) -> None:
        """Ready, until the load balancer itself says that it serves, and goes on saying so: it may say so before its first health check.

        What failed before it was put back says nothing of it as it is now: where nobody asks, nothing else will be known of it. One that
        was in already may have failed since, and is good where nobody was sent to it for so long that somebody would have been.
        """
        before, timeout = self.driver.look(), max(timeout, _BACK)
        outside, asked = _unlike("back", before), self.clock() + _ASKED

        def good(server: Server) -> bool:
            return server.serves or _is_unasked_since(server, before if self.clock() >= asked else outside)

        self._set(outside, "ready")
        servers, settled = self._wait(timeout, good, 1 if all(one.serves for one in before) else _SETTLED)
        if not settled:
            seen = ", ".join(f"{server.path} is {server.status}" for server in servers if not server.serves) or "it did not stay up"
            raise SessionsError(f"{self.driver.title} did not see the server up within {timeout:g} s: {seen}.")

    def _why_last(self, server: Server) -> str:
        """In words, that nobody would reach its backend without it, else ''.

        A backend that has no other server is down with its node, whoever serves elsewhere: nothing there can be kept up.
        """
        others = [] if self.accept_outage or not server.gets_clients else _others_of(server, self.driver.peers())
        # a backend that has backups alone has nobody else to be kept up by
        counted = [one for one in others if not one.backup or one.name in self.nodes] or others
        if not others or any(one.gets_clients for one in counted):
            return ""
        return f"has no other server in {server.backend} that gets clients ({others_told([one.as_other() for one in others])})"

    def _refuse_last(self, servers: t.Iterable[Server], what_of_it: str) -> None:
        for server in servers:
            why = self._why_last(server)
            if why:
                raise SessionsError(
                    f"{self.driver.title} {why}: {server.name} {what_of_it}, else nobody would reach the site. Have one of them serve "
                    "again, take out one at a time, or accept that with accept_outage=true, then go on."
                )

    def _give_way(self, drained: t.Sequence[Server]) -> None:
        """Of two that are taken out at once each saw the other serve before its drain; after it at least one sees that nobody is left.

        ``drained``: as they were before.
        """
        try:
            self._refuse_last(drained, "is put back")
        except SessionsError:
            self._set([one for one in drained if not one.out], "ready")
            raise

    def _refuse_reopened(self, servers: t.Iterable[Server]) -> None:
        seen = ", ".join(f"{server.path} is {server.status}" for server in servers if not server.closed)
        if seen:
            raise SessionsError(
                f"{self.driver.title} did not keep the server out: {seen}. Was it started anew, or did somebody else put the server back?"
            )

    def _set(self, servers: t.Iterable[Server], state: State) -> None:
        for server in servers:
            self.driver.set(server, state)

    def _wait(self, seconds: float, good: t.Callable[[Server], bool], looks: int = 1) -> tuple[list[Server], bool]:
        """The last look, and whether all were good so many ``looks`` in a row: it ends then, or at the end of the time."""
        end, seen = self.clock() + seconds, 0
        while True:
            servers = self.driver.servers()
            seen = seen + 1 if all(map(good, servers)) else 0
            if seen >= looks or self.clock() + POLL_SECONDS > end:
                return servers, seen >= looks
            self.sleep(POLL_SECONDS)


def _unlike(state: str, servers: t.Iterable[Server]) -> list[Server]:
    return [one for one in servers if (state == "out" and not one.closed) or (state == "back" and one.out)]


def _is_unasked_since(server: Server, before: t.Iterable[Server]) -> bool:
    """Whether it is in, and down for the request for which it was down ``before``: none has been sent to it since."""
    failed_before = {one.backend: one.failed_after for one in before}
    return not server.out and server.failed_after is not None and server.failed_after == failed_before.get(server.backend)


def _others_of(server: Server, peers: t.Iterable[Server]) -> list[Server]:
    return [one for one in peers if one.backend == server.backend and one.name != server.name]
