# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many TCP connections lead from this host to a node: what a load balancer on it cannot have lost count of."""

from __future__ import annotations

import socket
import sys
import typing as t
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.tcp_table import (
    Address,
    address_of,
    connections_in,
    leading_to,
    listens,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.addresses import is_of_this_host

# every user may read them; they hold the network namespace of who reads, and no other
TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


class Connections:
    """Those of this host, where ``page`` (the address of the load balancer's) is answered on it."""

    def __init__(self, page: str, tables: t.Sequence[Path] = TABLES) -> None:
        self._page, self._tables = page, tables

    def to(self, url: str) -> int | None:
        """How many lead to that worker; None where that cannot be seen from here."""
        worker, here = _resolved(url), [one for one in _resolved(self._page) if is_of_this_host(one[0])]
        try:
            connections = [
                one for table in self._tables if table.exists() for one in connections_in(table.read_text(encoding="ascii"), sys.byteorder)
            ]
        except (OSError, ValueError):
            return None
        return leading_to(connections, worker) if worker and any(listens(connections, one) for one in here) else None


def _resolved(url: str) -> set[Address]:
    address = address_of(url)
    try:
        found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM) if address else []
    except (OSError, ValueError):
        # no such name, or one that cannot be a name
        return set()
    return {(str(one[4][0]), int(one[4][1])) for one in found}
