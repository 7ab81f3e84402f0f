# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names and numbers stand for this host."""

from __future__ import annotations

import socket
import threading
import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.addresses import is_of_this_host, own_number

# of networks that are kept for documents: no host has them
ELSEWHERE = ("192.0.2.7", "2001:db8::7")


@pytest.mark.parametrize(
    ("host", "number"),
    [("127.0.0.1", "127.0.0.1"), ("127.0.0.9", "127.0.0.9"), *((one, "") for one in ELSEWHERE), ("no host", ""), ("x" * 300, "")],
)
def test_a_number_is_this_hosts_or_none(host: str, number: str) -> None:
    assert own_number(host, 10, ipv6_first=False) == number


@pytest.mark.parametrize(
    ("numbers", "ipv6_first", "own"),
    [
        ([ELSEWHERE[0], "127.0.0.1"], False, "127.0.0.1"),
        (ELSEWHERE, False, ""),
        ([], False, ""),
        (["::1", "127.0.0.1", "127.0.0.2"], False, "127.0.0.1"),
        (["127.0.0.1", "::1"], True, "::1"),
        (["::1", ELSEWHERE[0]], False, "::1"),
        (["127.0.0.1"], True, "127.0.0.1"),
    ],
    ids=["one of several", "none", "no address", "as Java takes it", "as Java is told to", "IPv6 alone is its own", "IPv4 alone"],
)
def test_a_name_stands_for_the_number_that_is_this_hosts(
    numbers: t.Sequence[str], ipv6_first: bool, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_asked, **_kind: [(socket.AF_INET, 1, 6, "", (one, 0)) for one in numbers])
    assert own_number("jira1.example.com", 10, ipv6_first) == own


class FakeSocket:
    """Of a host with two addresses of one network, which sends from the first unless it is bound to another; it may be bound to any."""

    OWN = ("10.9.0.5", "10.9.0.6")

    def __init__(self, *_kind: t.Any) -> None:
        self._name = ""

    def bind(self, address: tuple[str, int]) -> None:
        """As with ip_nonlocal_bind."""
        self._name = address[0]

    def connect(self, _address: tuple[str, int]) -> None:
        """There is a way to every host, from an own address."""
        self._name = self._name or self.OWN[0]
        # what Linux makes of a group that is bound
        if self._name not in self.OWN and not self._name.startswith("224."):
            raise OSError

    def getsockname(self) -> tuple[str, int]:
        """From where it would send."""
        return self._name, 9

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("number", "own"), [("10.9.0.5", True), ("10.9.0.6", True), ("10.9.0.7", False), (ELSEWHERE[0], False), ("224.0.0.1", False)]
)
def test_a_second_address_of_one_network_is_this_hosts_too(number: str, own: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", FakeSocket)
    assert is_of_this_host(number) is own


@pytest.mark.parametrize("number", [*ELSEWHERE, "0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255"])  # noqa: S104
def test_what_is_no_address_of_one_host_is_not_this_hosts(number: str) -> None:
    assert not is_of_this_host(number)


def test_a_resolver_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    end = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_asked, **_kind: [] * end.wait())
    assert own_number("jira1.example.com", 0.1, ipv6_first=False) == ""
    end.set()
