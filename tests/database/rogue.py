# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that speak just enough of a protocol to ask for a password as they should not, and keep all that they are sent.

Sources: PostgreSQL manual, "Message Formats"; MySQL internals, "Connection Phase".
"""

from __future__ import annotations

import socket
import struct
import threading
import typing as t

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from demo.patience import patient

Talk = t.Callable[[socket.socket, bytearray], None]
# requests that come before the first message: TLS, GSSAPI
_PG_BEFORE = (80877103, 80877104)
# CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH; without SSL
_MYSQL_CAN = 0x00000008 | 0x00000200 | 0x00002000 | 0x00008000 | 0x00080000
_MYSQL_TLS = 0x00000800


class RogueServer:
    """``with RogueServer(talk) as server:`` on a port of 127.0.0.1; ``server.heard`` is all that anybody has sent."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.heard = bytearray()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> RogueServer:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        # a thread that waits in accept() is woken by this, not by close()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            with client:
                client.settimeout(patient(10))
                try:
                    self._talk(client, self.heard)
                except (OSError, EOFError):
                    # it hung up
                    continue


def _read(client: socket.socket, heard: bytearray, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = client.recv(count - len(data))
        heard += more
        if not more:
            raise EOFError
        data += more
    return data


def postgresql_asking_for_clear_text(client: socket.socket, heard: bytearray) -> None:
    """AuthenticationCleartextPassword, whatever comes."""
    while True:
        length = struct.unpack("!I", _read(client, heard, 4))[0]
        rest = _read(client, heard, length - 4)
        if struct.unpack("!I", rest[:4])[0] not in _PG_BEFORE:
            break
        client.sendall(b"N")
    client.sendall(b"R" + struct.pack("!II", 8, 3))
    _read(client, heard, 1)
    _read(client, heard, struct.unpack("!I", _read(client, heard, 4))[0] - 4)


def saying_nothing(client: socket.socket, heard: bytearray) -> None:
    """Until the other side hangs up."""
    while True:
        _read(client, heard, 1)


def talking_nonsense(client: socket.socket, heard: bytearray) -> None:
    """What no protocol has, as soon as anybody comes; then it listens."""
    client.sendall(b"\x05\0\0\0\x0a\xff\xfe\0\0N\0\xe9")
    saying_nothing(client, heard)


def _mysql_hello(plugin: bytes, capabilities: int) -> bytes:
    low, high = struct.pack("<I", capabilities)[:2], struct.pack("<I", capabilities)[2:]
    salt = b"0123456789abcdefghij"
    return (
        b"\x0a9.7.0\0" + struct.pack("<I", 1) + salt[:8] + b"\0" + low + b"\x2d\x02\0" + high + b"\x15" + b"\0" * 10 + salt[8:] + b"\0"
    ) + (plugin + b"\0")


def _send_packet(client: socket.socket, number: int, payload: bytes) -> None:
    client.sendall(struct.pack("<I", len(payload))[:3] + bytes([number]) + payload)


def _read_packet(client: socket.socket, heard: bytearray) -> int:
    """The number of the packet."""
    head = _read(client, heard, 4)
    _read(client, heard, int.from_bytes(head[:3], "little"))
    return head[3]


def mysql_asking_for(plugin: bytes, data: bytes = b"", claims_tls: bool = False, first: bytes = b"mysql_native_password") -> Talk:
    """A server that asks in ``first``'s way, then switches to the plug-in and listens to what comes."""

    def talk(client: socket.socket, heard: bytearray) -> None:
        _send_packet(client, 0, _mysql_hello(first, _MYSQL_CAN | (_MYSQL_TLS if claims_tls else 0)))
        number = _read_packet(client, heard)
        _send_packet(client, number + 1, b"\xfe" + plugin + b"\0" + data)
        _read_packet(client, heard)

    return talk


def mysql_with_a_key(plugin: bytes) -> Talk:
    """A server that wants the password under the key that it sends."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def talk(client: socket.socket, heard: bytearray) -> None:
        _send_packet(client, 0, _mysql_hello(plugin, _MYSQL_CAN))
        number = _read_packet(client, heard)
        if plugin == b"caching_sha2_password":
            # "full authentication", which makes the client ask for the key
            _send_packet(client, number + 1, b"\x01\x04")
            number = _read_packet(client, heard)
        _send_packet(client, number + 1, b"\x01" + pem)
        heard += b"KEY SENT"
        _read_packet(client, heard)

    return talk


def mysql_asking_for_a_file(path: str, answers: int) -> Talk:
    """A server that lets anybody in, answers so many statements with OK, and the next with a request for a file, as for LOAD DATA LOCAL."""

    def talk(client: socket.socket, heard: bytearray) -> None:
        _send_packet(client, 0, _mysql_hello(b"mysql_native_password", _MYSQL_CAN))
        for _statement in range(answers + 1):
            number = _read_packet(client, heard)
            _send_packet(client, number + 1, b"\0\0\0\x02\0\0\0")
        number = _read_packet(client, heard)
        _send_packet(client, number + 1, b"\xfb" + path.encode())
        _read(client, heard, 1 << 20)

    return talk
