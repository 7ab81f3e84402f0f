# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker of Apache httpd's mod_proxy_balancer, set by the form of its balancer-manager. Pure: asking comes in.

Where the form is sent is what the operator named; of the page only the nonce, and the names of balancer and worker, come back to it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from urllib.parse import urlencode

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.apache_page import (
    Worker,
    name_of_server,
    workers_called,
    workers_in,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.balancer import Server, State
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.answer import Answer

# status flags of a BalancerMember: N drains (only clients that stick to it come), D disables
_FLAGS: t.Mapping[State, t.Mapping[str, str]] = {
    "drain": {"w_status_N": "1"},
    "closed": {"w_status_D": "1"},
    "ready": {"w_status_N": "0", "w_status_D": "0"},
}
_REFUSALS = {
    401: "asks for a name and a password, and none is sent. Let the host that asks in without one ('Require local')",
    403: "does not let the host in that asks. Let it in ('Require local'), or ask from a host that it lets in",
    404: "is not there. It needs a Location with 'SetHandler balancer-manager' in the virtual host of the balancer",
}


class Manager(t.Protocol):
    """The page of one balancer-manager. Each raises SessionsError where nothing answers."""

    url: str

    def get(self, path: str) -> Answer:
        """The page, with what is appended to its address."""

    def post(self, path: str, form: t.Mapping[str, str]) -> Answer:
        """A form is sent to it."""


@dataclass(frozen=True)
class Apache:
    """The worker ``name`` in one balancer of a balancer-manager, or in all (``balancer`` ''). A driver.

    ``connections``: how many TCP connections lead from httpd to a worker, by its URL; None where that cannot be seen.
    """

    manager: Manager
    balancer: str
    name: str
    connections: t.Callable[[str], int | None]
    title: str = "Apache httpd"
    hint: str = (
        "httpd counts without a lock, and a much used worker can stay above 0 for ever: where nothing is left of its requests, "
        "'apachectl graceful' begins to count at 0, where BalancerPersist is Off"
    )

    def look(self) -> list[Server]:
        """As it is now. Raises SessionsError when the manager does not know it, or would not take a change."""
        workers = self._workers(self.balancer)
        for worker in workers:
            self._refuse_untakable(worker)
        return [self._server(worker) for worker in workers]

    def servers(self) -> list[Server]:
        """As it is now. Raises SessionsError when the manager does not know it."""
        return [self._server(worker) for worker in self._workers(self.balancer)]

    def peers(self) -> list[Server]:
        """All workers of its balancers, as the page tells of them now."""
        workers = workers_in(self._page(self.manager.get("")))
        balancers = {one.balancer for one in workers_called(workers, self.balancer, self.name)}
        return [one.server for one in workers if one.balancer in balancers]

    def set(self, server: Server, state: State) -> None:
        """Only the flags are sent, so nothing else of the worker changes. Raises SessionsError."""
        (worker,) = self._workers(server.backend)
        self._page(self.manager.post("", {**_names(worker), **_FLAGS[state]}))

    def _server(self, worker: Worker) -> Server:
        """It has no more requests than connections lead to it: the page's own number is not to be relied on (httpd 2.4, ``busy++``)."""
        server = worker.server
        leading = self.connections(worker.url) if server.sessions else None
        return server if leading is None else server._replace(sessions=min(server.sessions, leading))

    def _workers(self, balancer: str) -> list[Worker]:
        return workers_called(workers_in(self._page(self.manager.get(""))), balancer, self.name)

    def _page(self, answer: Answer) -> str:
        if answer.location:
            raise SessionsError(f"{self.manager.url} sends to {shown(answer.location, 200)}: name the balancer-manager by its own address.")
        if answer.status != 200:
            why = _REFUSALS.get(answer.status, f"answered with HTTP status {answer.status}")
            raise SessionsError(f"The balancer-manager {self.manager.url} {why}.")
        if name_of_server(answer.body) is None:
            raise SessionsError(
                f"{self.manager.url} is no balancer-manager of Apache httpd. Is it proxied ('ProxyPass /balancer-manager !' comes first)?"
            )
        return answer.body

    def _refuse_untakable(self, worker: Worker) -> None:
        """The page shows the form of a worker only where it takes what it is asked: nothing is changed by the question."""
        if not worker.nonce:
            raise SessionsError(f"The balancer {worker.balancer} has no nonce (nonce=None), and Apache httpd takes no change without one.")
        page = self._page(self.manager.get(f"?{urlencode(_names(worker))}"))
        if "Edit worker settings" not in page:
            name = shown(name_of_server(page) or "", 200)
            raise SessionsError(
                f"The balancer-manager {self.manager.url} takes no change: since httpd 2.4.41 the host of its address has to be the name "
                f"of the server. It calls itself {name}: name it in the address."
            )
        if "w_status_N" not in page or "w_status_D" not in page:
            raise SessionsError(f"The form of the balancer-manager {self.manager.url} cannot drain a worker: httpd 2.4 is needed.")


def _names(worker: Worker) -> dict[str, str]:
    return {"b": worker.balancer, "w": worker.url, "nonce": worker.nonce}
