# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many connections lead from a host to a node: the tables of Linux, and those of this machine."""

from __future__ import annotations

import socket
import typing as t
from contextlib import closing
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.connections import TABLES, Connections
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.tcp_table import (
    Connection,
    address_of,
    connections_in,
    leading_to,
    listens,
)

from demo.packages import MAY_BE_MISSING
from demo.patience import wait_for

HEADING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
ROW = "   {}: {} {} {:02X} 00000000:00000000 00:00000000 00000000    33        0 12345 1 0000000000000000 20 4 0 10 -1\n"
N1, LB = ("10.0.0.1", 8080), ("10.0.0.9", 40000)
ANY = "0.0.0.0"  # noqa: S104
OPEN, OPENING, HALF_CLOSED, WAITING, LISTENING = 1, 2, 8, 6, 10


def written(host: str, port: int) -> str:
    """As the kernel of a machine writes it whose processor is little-endian."""
    data = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
    words = [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]
    return f"{''.join(f'{word:08X}' for word in words)}:{port:04X}"


def read(text: str) -> list[Connection]:
    return connections_in(text, "little")


def table(*rows: tuple[tuple[str, int], tuple[str, int], int]) -> str:
    lines = [ROW.format(number, written(*local), written(*remote), state) for number, (local, remote, state) in enumerate(rows)]
    return HEADING + "".join(lines)


@pytest.mark.parametrize(("words", "byteorder"), [("0100007F:1F90 0900000A:9C40", "little"), ("7F000001:1F90 0A000009:9C40", "big")])
def test_a_line_of_a_kernel_is_read(words: str, byteorder: t.Literal["little", "big"]) -> None:
    line = f"   1: {words} 01 00000000:00000000 00:00000000 00000000    33        0 47 1 0000000000000000 20 4 0 10 -1\n"
    assert connections_in(HEADING + line, byteorder) == [Connection(("127.0.0.1", 8080), ("10.0.0.9", 40000), OPEN)]


@pytest.mark.parametrize(
    ("host", "form"), [("10.0.0.1", "10.0.0.1"), ("::ffff:10.0.0.1", "10.0.0.1"), ("2001:db8::1", "2001:db8::1"), ("::", "::")]
)
def test_addresses_are_read_in_the_form_in_which_names_are_resolved(host: str, form: str) -> None:
    assert read(table((LB, (host, 8080), OPEN))) == [Connection(LB, (form, 8080), OPEN)]


@pytest.mark.parametrize(
    "row", ["   1: 0100007F:1F90\n", "   1: 01:1F90 02:1F90 01\n", "   1: 0100007F 0100007F 01\n", "\n", "   1: x:1 y:2 01\n"]
)
def test_a_table_of_another_shape_is_none(row: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # of whatever words
        connections_in(HEADING + row, "little")


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([], 0),
        ([(LB, N1, OPEN), (LB, N1, OPENING)], 2),
        ([(LB, N1, HALF_CLOSED), (LB, N1, WAITING)], 0),
        ([(N1, LB, OPEN)], 0),
        ([(LB, ("10.0.0.1", 8081), OPEN), (LB, ("10.0.0.2", 8080), OPEN)], 0),
    ],
)
def test_what_leads_to_a_node_is_open_or_being_opened(rows: list[t.Any], count: int) -> None:
    assert leading_to(read(table(*rows)), {N1}) == count


@pytest.mark.parametrize(
    ("local", "state", "expected"),
    [
        (("127.0.0.1", 80), LISTENING, True),
        ((ANY, 80), LISTENING, True),
        (("::", 80), LISTENING, True),
        (("10.0.0.9", 80), LISTENING, False),
        (("127.0.0.1", 81), LISTENING, False),
        (("127.0.0.1", 80), OPEN, False),
    ],
)
def test_a_page_is_answered_here_where_somebody_listens_to_its_address(local: tuple[str, int], state: int, *, expected: bool) -> None:
    assert listens(read(table((local, (ANY, 0), state))), ("127.0.0.1", 80)) is expected


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://n1.example.org:8080", ("n1.example.org", 8080)),
        ("http://n1/confluence", ("n1", 80)),
        ("https://[2001:db8::1]", ("2001:db8::1", 443)),
        ("ajp://n1", ("n1", 8009)),
        ("unix:/run/n1.sock|http://", None),
        ("http://n1:port", None),
        ("http://[n1", None),
        ("fcgi://n1", None),
        ("n1:8080", None),
    ],
)
def test_the_address_of_a_worker_is_that_in_its_url(url: str, address: tuple[str, int] | None) -> None:
    assert address_of(url) == address


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


@pytest.fixture(params=["127.0.0.1", "::1"])
def page(request: pytest.FixtureRequest) -> t.Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.socket(family) as listener:
        try:
            listener.bind((request.param, 0))
        except OSError:
            pytest.skip(f"{MAY_BE_MISSING}: IPv6, on this machine")
        listener.listen()
        yield listener


def test_connections_of_this_machine_are_counted_while_they_are_open(page: socket.socket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as worker:
        seen = Connections(f"{url_of(page)}/balancer-manager")
        assert seen.to(url_of(worker)) == 0
        with socket.create_connection(worker.getsockname()), closing(worker.accept()[0]) as accepted:
            assert seen.to(url_of(worker)) == 1
            # the node has nothing more to say
            accepted.shutdown(socket.SHUT_WR)
            wait_for(lambda: seen.to(url_of(worker)) == 0, "the end is seen")


@pytest.mark.parametrize("url", ["http://n1.invalid:8080", f"http://{'n' * 64}:8080", "http://n\0:8080", "unix:/run/n1.sock|http://"])
def test_a_worker_whose_address_is_not_known_is_not_said_to_have_none(page: socket.socket, url: str) -> None:
    assert Connections(url_of(page)).to(url) is None


def test_where_the_page_is_answered_elsewhere_nothing_is_known(page: socket.socket) -> None:
    # of a network that is nobody's (RFC 5737), on the port on which somebody listens here
    elsewhere = f"http://192.0.2.1:{page.getsockname()[1]}/balancer-manager"
    assert Connections(elsewhere).to("http://127.0.0.1:1") is None
    page.close()
    assert Connections("http://127.0.0.1:1/balancer-manager").to("http://127.0.0.1:1") is None


def test_tables_that_cannot_be_understood_are_none(page: socket.socket, tmp_path: Path) -> None:
    other = tmp_path / "tcp"
    other.write_text("sl\n 1: x\n", encoding="ascii")
    assert Connections(url_of(page), tables=(*TABLES, other)).to("http://127.0.0.1:1") is None
