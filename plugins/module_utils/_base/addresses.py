# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses behind a name, and which of them are of this host."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
import time
import typing as t
from contextlib import closing, suppress


def seconds_until(ends: float) -> float:
    """How long it is until then, by the monotonic clock; raises TimeoutError when it is past."""
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def addresses_of(host: str, port: int, ends: float) -> list[t.Any]:
    """What the resolver says until then, as ``getaddrinfo`` does. It knows no limit: a thread asks it, and is left behind.

    Also at the end of the process. Raises OSError, or ValueError for what cannot be a name.
    """
    answers: queue.SimpleQueue[list[t.Any] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, ValueError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds_until(ends))
    except queue.Empty:
        raise OSError("its name could not be looked up in time") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def own_number(host: str, seconds: float, ipv6_first: bool) -> str:
    """The address of this host for which the name, or number, stands; '' where it stands for none, or that is not known in time.

    Of several the one that Java takes: IPv4 comes first, whatever the resolver says, or IPv6 where Java is told so.
    """
    with suppress(OSError, ValueError):
        numbers = [str(one[4][0]) for one in addresses_of(host, 0, time.monotonic() + seconds)]
        return next(filter(is_of_this_host, sorted(numbers, key=lambda number: (":" in number) != ipv6_first)), "")
    return ""


def is_of_this_host(number: str) -> bool:
    """Whether it is an address of this host. Nothing is sent: the kernel says from which address it would send."""
    address = ipaddress.ip_address(number.partition("%")[0])
    if address.is_loopback:
        return True
    try:
        with closing(socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_DGRAM)) as probe:
            # unbound, it would send from the first of its addresses in that network, also to the second. Where a foreign one may be bound
            # (ip_nonlocal_bind), Linux has no way from it; from a group of hosts (multicast) it has
            if address.version == 4 and not address.is_multicast:
                probe.bind((number, 0))
            probe.connect((number, 9))
            return bool(probe.getsockname()[0] == number)
    except OSError:
        return False
