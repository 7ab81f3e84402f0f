# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the other end that has vanished without a word counts as lost: after a minute; the kernel would wait for two hours.

A statement may take what it needs: it is the server's kernel that answers here. The server asks back in the same way, where it can be told
so by a session: what a host that is gone has locked would stay locked meanwhile.
"""

from __future__ import annotations

import socket
import typing as t

# seconds of silence, then between questions; so many of them without an answer
_IDLE, _INTERVAL, _COUNT = 30, 10, 3
# the least of a driver that counts in minutes, and then asks ten times in another one
IDLE_MINUTES = 1
# what PostgreSQL is told of its end; it heeds none of them on a unix socket
OF_POSTGRESQL = (("tcp_keepalives_idle", str(_IDLE)), ("tcp_keepalives_interval", str(_INTERVAL)), ("tcp_keepalives_count", str(_COUNT)))
# Seconds for which a transaction may hold locks and ask nothing. Meanwhile an archive reaches the disk and is read back, which takes
# less than a minute at ten million rows; a file system that does not answer (NFS) would take for ever.
SILENCE = 300
# until what was sent has to be acknowledged
_UNACKNOWLEDGED_MS = 60_000
# an older one refuses a parameter that it does not know
_LIBPQ_WITH_USER_TIMEOUT = 120000
# no system knows all of them
_OPTIONS = (("TCP_KEEPIDLE", _IDLE), ("TCP_KEEPINTVL", _INTERVAL), ("TCP_KEEPCNT", _COUNT), ("TCP_USER_TIMEOUT", _UNACKNOWLEDGED_MS))


def libpq_keepalive(libpq: int) -> dict[str, int]:
    """The parameters of libpq, of that version; it heeds none of them on a unix socket."""
    known = {"keepalives_idle": _IDLE, "keepalives_interval": _INTERVAL, "keepalives_count": _COUNT}
    return {**known, "tcp_user_timeout": _UNACKNOWLEDGED_MS} if libpq >= _LIBPQ_WITH_USER_TIMEOUT else known


def keep_alive(connected: socket.socket) -> None:
    """The same for a socket; a unix socket is left as it is."""
    if connected.family == socket.AF_UNIX:
        return
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _OPTIONS:
        if hasattr(socket, name):
            connected.setsockopt(socket.IPPROTO_TCP, t.cast("int", getattr(socket, name)), value)
