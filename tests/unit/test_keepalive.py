# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that has vanished without a word is noticed within a minute."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_connections import postgresql_arguments
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import engine_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.keepalive import keep_alive

KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


@pytest.mark.parametrize(
    ("libpq", "given"),
    [(110022, KEEPALIVES), (120000, {**KEEPALIVES, "tcp_user_timeout": 60_000}), (170011, {**KEEPALIVES, "tcp_user_timeout": 60_000})],
)
def test_libpq_is_told_what_its_version_knows(libpq: int, given: dict[str, int]) -> None:
    arguments = postgresql_arguments(Database(engine_named("postgresql"), "jira", host="db"), libpq)
    assert {name: value for name, value in arguments.items() if name.startswith(("keepalives", "tcp_"))} == given


def test_a_socket_over_a_network_asks_whether_the_server_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as connected:
        keep_alive(connected)
        assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        names = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
        assert [connected.getsockopt(socket.IPPROTO_TCP, name) for name in names] == [30, 10, 3, 60_000]


def test_a_system_that_knows_fewer_options_is_asked_for_those(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "TCP_USER_TIMEOUT")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as connected:
        keep_alive(connected)
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30


def test_a_unix_socket_is_left_as_it_is() -> None:
    one, other = socket.socketpair()
    with closing(one), closing(other):
        keep_alive(one)
        assert not one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
