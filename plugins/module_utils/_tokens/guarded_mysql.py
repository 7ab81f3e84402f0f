# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PyMySQL's connection, which answers whatever a server asks, with a guard before what it sends.

Without TLS, and not over a unix socket, no packet is the password, and none is encrypted with a key that the server has just sent: anybody
could have sent it. Where TLS was asked for, nothing but the request for it goes out before (PyMySQL up to 1.1 goes on without). No file is
opened for a server that asks for one.
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
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.keepalive import keep_alive
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.tls import CERTAIN, VERIFIED, mode_of

try:
    import pymysql
    from pymysql.connections import Connection
    from pymysql.err import OperationalError
except ImportError:
    # its absence is said where the dialect is loaded
    Connection = object  # type: ignore[assignment,misc]
    OperationalError = Exception  # type: ignore[assignment,misc]

# the request for TLS is as long as the fixed part of every first answer
_TLS_REQUEST = 32
# of the protocol: a statement; that this client knows LOAD DATA LOCAL; the client's error number for a file that it does not give
_QUERY, _LOCAL_FILES, _FILE_ASKED_FOR = 3, 128, 2068
# bytes of rows that are sent at a time
_PACKET = 1 << 16


class GuardedConnection(Connection):
    """See the module. ``target``: where it leads; ``timeout``: in how many seconds the server must answer, until there is a connection."""

    def __init__(self, target: Database, timeout: int, **arguments: t.Any) -> None:
        self._target = target
        self._key: bytes | None = None
        # PyMySQL's own limit ends when there is a connection: a server that says nothing would hold it for ever
        super().__init__(client_flag=_LOCAL_FILES, connect_timeout=timeout, read_timeout=timeout, **arguments, **_tls_arguments(target))
        # statements may take what they need, of a server that is there
        self._read_timeout = None
        keep_alive(self._sock)  # type: ignore[attr-defined]

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

    def load(self, statement: str, data: bytes) -> None:
        """Run a LOAD DATA LOCAL with these bytes, whatever file the server asks for."""
        self._execute_command(_QUERY, statement)  # type: ignore[attr-defined]
        answer = self._read_packet()  # type: ignore[no-untyped-call]
        if answer.is_load_local_packet():
            for begin in range(0, len(data), _PACKET):
                self.write_packet(data[begin : begin + _PACKET])
            self.write_packet(b"")
            self._read_packet()  # type: ignore[no-untyped-call]

    def _read_query_result(self, unbuffered: bool = False) -> t.Any:
        try:
            return super()._read_query_result(unbuffered)  # type: ignore[misc]
        except RuntimeError:
            # PyMySQL's word for a server that asks for a file where none was offered
            raise OperationalError(_FILE_ASKED_FOR, "") from None

    def _create_ssl_ctx(self, sslp: t.Any) -> ssl.SSLContext:
        """Of PyMySQL: it would read every authority of the system, at each connection, and ask none of them."""
        return sslp if isinstance(sslp, ssl.SSLContext) else _tls_with_anybody()

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


def _tls_with_anybody() -> ssl.SSLContext:
    """For TLS where a server offers it, whoever it is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _no_tls() -> dict[str, t.Any]:
    """Before 1.0 PyMySQL has no word for it, and refuses that one; it uses TLS only where it is told to."""
    return {"ssl_disabled": True} if int(pymysql.VERSION[0]) >= 1 else {}


def _tls_arguments(database: Database) -> dict[str, t.Any]:
    mode = mode_of(database)
    if mode not in CERTAIN:
        # over a unix socket nobody listens
        return _no_tls() if mode == "disable" or database.host.startswith("/") else {}
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
