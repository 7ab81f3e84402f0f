# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PyMySQL's connection, which answers whatever a server asks, with a guard before what it sends.

Without TLS, and not over a unix socket, no packet is the password, and none is encrypted with a key that the server has just sent: anybody
could have sent it. Where TLS was asked for, nothing but the request for it goes out before (PyMySQL up to 1.1 goes on without).
"""

from __future__ import annotations

import ssl
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import Unsafe
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.error_words import (
    CLEAR_TEXT,
    FOREIGN_KEY,
    NO_AUTHORITY,
    NO_TLS,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.tls import CERTAIN, VERIFIED, mode_of

try:
    from pymysql.connections import Connection
except ImportError:
    # its absence is said where the dialect is loaded
    Connection = object  # type: ignore[assignment,misc]

# the request for TLS is as long as the fixed part of every first answer
_TLS_REQUEST = 32


class GuardedConnection(Connection):
    """See the module. ``target``: where it leads; ``timeout``: in how many seconds the server must answer, until there is a connection."""

    def __init__(self, target: Database, timeout: int, **arguments: t.Any) -> None:
        self._target = target
        self._key: bytes | None = None
        # PyMySQL's own limit ends when there is a connection: a server that says nothing would hold it for ever
        super().__init__(connect_timeout=timeout, read_timeout=timeout, **arguments, **_tls_arguments(target))
        # statements may take what they need
        self._read_timeout = None

    @property
    def server_public_key(self) -> bytes | None:
        """The key with which PyMySQL would encrypt the password."""
        return self._key

    @server_public_key.setter
    def server_public_key(self, key: bytes | None) -> None:
        # "disable" is said by people only, and means that they trust the network
        if key and not self._is_private() and self._target.ssl_mode != "disable":
            raise Unsafe(FOREIGN_KEY)
        self._key = key

    def write_packet(self, payload: bytes) -> None:
        """Send it, unless it must not be sent."""
        if not self._is_private():
            if mode_of(self._target) in CERTAIN and len(payload) > _TLS_REQUEST:
                raise Unsafe(NO_TLS)
            if self.password and payload.rstrip(b"\0") == self.password:
                raise Unsafe(CLEAR_TEXT)
        super().write_packet(payload)

    def _is_private(self) -> bool:
        # set by PyMySQL for unix sockets, and when TLS has begun
        return bool(getattr(self, "_secure", False))


def _tls_arguments(database: Database) -> dict[str, t.Any]:
    mode = mode_of(database)
    if mode not in CERTAIN:
        return {"ssl_disabled": True} if mode == "disable" else {}
    try:
        # without a file the authorities of the system count
        context = ssl.create_default_context(cafile=database.ssl_ca or None)
    except ssl.SSLError:
        raise Unsafe(NO_AUTHORITY) from None
    # what MySQL makes for itself lacks extensions that Python 3.13 wants
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.check_hostname = mode == "verify-full"
    context.verify_mode = ssl.CERT_REQUIRED if mode in VERIFIED else ssl.CERT_NONE
    return {"ssl": context}
