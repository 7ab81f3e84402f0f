# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backends of the load balancers would a batch leave to nobody, while its nodes restart? Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.balancer import others_told

Server = t.Mapping[str, t.Any]


class Emptied(t.NamedTuple):
    """``nodes``: of the batch; ``others``: servers of the backend that are none of the run's, in words, '' where it has none."""

    nodes: tuple[str, ...]
    backend: str
    balancer: str
    others: str

    @property
    def line(self) -> str:
        """For the plan."""
        return f"backend {self.backend} of the load balancer {self.balancer} during the restart of {' and '.join(self.nodes)}"

    @property
    def problem(self) -> str:
        """For the refusal."""
        return (
            f"{self.line} would have no server that gets clients ({self.others or 'it has no other server'}): have another one serve, take "
            "smaller force_reauth_batches, or say with force_reauth_accept_outage=true that it may be down"
        )


def emptied(balanced: t.Mapping[str, t.Sequence[Server]], batches: t.Sequence[t.Sequence[str]], done: t.Collection[str]) -> list[Emptied]:
    """Batch by batch. ``balanced``: by node, its server in each backend, with ``balancer`` and ``others``.

    ``done``: the nodes that are not restarted any more.
    """
    names = {server["name"] for servers in balanced.values() for server in servers}
    places: dict[tuple[str, str], dict[str, Server]] = {}
    for node, servers in balanced.items():
        for server in servers:
            places.setdefault((server["balancer"], server["backend"]), {})[node] = server
    return [
        Emptied(tuple(taken), backend, balancer, others_told(_strangers(servers)))
        for batch in batches
        for (balancer, backend), servers in places.items()
        for taken in [[node for node in batch if node not in done and node in servers and servers[node]["gets_clients"]]]
        if taken and not _is_kept_up(servers, batch, done, names)
    ]


def _is_kept_up(servers: t.Mapping[str, Server], batch: t.Sequence[str], done: t.Collection[str], names: t.Container[str]) -> bool:
    """By a node of another batch, which the plan has seen to serve, or which the run puts back before, or by somebody else.

    A backup may be a page that says sorry, unless it is called as a node is (``names``) that was looked for in another backend.
    """
    up = [node for node, server in servers.items() if node not in batch or (node in done and server["gets_clients"])]
    return bool(up) or any(one["gets_clients"] and (not one["backup"] or one["name"] in names) for one in _strangers(servers))


def _strangers(servers: t.Mapping[str, Server]) -> list[Server]:
    """The servers of a backend that are none of the nodes with a place in it."""
    own = [server["name"] for server in servers.values()]
    first = next(iter(servers.values()))
    return [one for one in first["others"] if one["name"] not in own]
