# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The TCP connections of a host, as Linux lists them in /proc/net/tcp and tcp6 (proc(5), net/ipv4/tcp_ipv4.c). Pure."""

from __future__ import annotations

import ipaddress
import typing as t
from urllib.parse import urlsplit

Address = tuple[str, int]
ByteOrder = t.Literal["little", "big"]

# include/net/tcp_states.h
_ESTABLISHED, _SYN_SENT, _LISTEN = 0x01, 0x02, 0x0A
# of a BalancerMember
_PORTS = {"http": 80, "ws": 80, "h2c": 80, "https": 443, "wss": 443, "h2": 443, "ajp": 8009}


class Connection(t.NamedTuple):
    """A row of the table; IPv4 inside IPv6 is IPv4."""

    local: Address
    remote: Address
    state: int


def connections_in(table: str, byteorder: ByteOrder) -> list[Connection]:
    """Its rows; ``byteorder`` of the machine that wrote it. Raises ValueError where they are not as they are known."""
    try:
        return [_connection(line.split(), byteorder) for line in table.splitlines()[1:]]
    except IndexError:
        raise ValueError("no table of TCP connections") from None


def leading_to(connections: t.Iterable[Connection], addresses: t.Container[Address]) -> int:
    """How many are open, or are being opened: one on which the other side has said that nothing more comes is neither."""
    return sum(one.remote in addresses and one.state in (_ESTABLISHED, _SYN_SENT) for one in connections)


def listens(connections: t.Iterable[Connection], address: Address) -> bool:
    """Whether somebody waits for connections to that address here."""
    host, port = address
    # S104: nothing is bound, it is compared
    return any(one.state == _LISTEN and one.local in ((host, port), ("0.0.0.0", port), ("::", port)) for one in connections)  # noqa: S104


def address_of(url: str) -> Address | None:
    """Host and port in the URL of a worker or of a page; None where it has none, as that of a socket file."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname and port else None


def _connection(cells: t.Sequence[str], byteorder: ByteOrder) -> Connection:
    return Connection(_address(cells[1], byteorder), _address(cells[2], byteorder), int(cells[3], 16))


def _address(written: str, byteorder: ByteOrder) -> Address:
    """``0100007F:1F90``: words of 32 bits."""
    host, port = written.split(":")
    if len(host) % 8:
        raise ValueError("no address")
    words = (int(host[at : at + 8], 16) for at in range(0, len(host), 8))
    found = ipaddress.ip_address(b"".join(word.to_bytes(4, byteorder) for word in words))
    return str(getattr(found, "ipv4_mapped", None) or found), int(port, 16)
