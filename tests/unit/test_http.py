# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One exchange with a node ends in time, whatever the node does, and takes no more than it may."""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
import threading
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.seconds import WEEK
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site

from demo.patience import patient
from tests.unit.self_signed import self_signed

Serve = t.Callable[[socket.socket], None]
HALF_A_SECOND = 0.5
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


@contextlib.contextmanager
def _server(serve: Serve) -> t.Iterator[str]:
    """A server that answers one request by ``serve``, in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            with contextlib.suppress(OSError):
                connection, _address = listener.accept()
                with connection:
                    serve(connection)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread.join(patient(5))


def _drip(before: bytes) -> Serve:
    """Sends ``before`` and then a byte now and then, for ever: each one in time."""

    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(before)
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    return serve


def _say(answer: bytes) -> Serve:
    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(answer)

    return serve


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        OK + b"\r\n",
        OK + b"Content-Length: 100000\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n",
    ],
    ids=["status line", "header", "body without end", "body", "chunked"],
)
def test_a_byte_now_and_then_does_not_prolong_the_exchange(before: bytes) -> None:
    with _server(_drip(before)) as url:
        began = time.monotonic()
        with pytest.raises(SessionsError, match=r"no answer from http://127\.0\.0\.1:\d+/status: it did not answer in time"):
            Site(url, timeout=HALF_A_SECOND).get("/status")
        assert time.monotonic() - began < patient(5)


def test_endless_hundreds_do_not_prolong_the_exchange() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        while True:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    with _server(serve) as url, pytest.raises(SessionsError, match="did not answer in time"):
        Site(url, timeout=HALF_A_SECOND).get("/status")


def test_a_tls_handshake_that_drips_does_not_prolong_the_exchange() -> None:
    with _server(_drip(b"\x16\x03\x03\x40\x00")) as url, pytest.raises(SessionsError, match="no answer"):
        Site(url.replace("http:", "https:"), timeout=HALF_A_SECOND).get("/status")


def test_of_a_long_body_the_beginning_is_taken() -> None:
    with _server(_say(OK + b"\r\n" + b"x" * 3_000_000)) as url:
        assert len(Site(url, timeout=patient(30)).get("/").body) == 1_000_000


# below nothing: the library then reads whatever comes
ENDLESS_CHUNK = OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n"


def test_a_chunk_without_an_end_is_given_up_where_it_is_longer_than_any_answer() -> None:
    with (
        _server(_say(ENDLESS_CHUNK + b"x" * 20_000_000)) as url,
        pytest.raises(SessionsError, match=r"no answer .*: its answer is too long$"),
    ):
        Site(url, timeout=patient(30)).get("/")


def test_of_a_long_body_in_small_chunks_the_beginning_is_taken() -> None:
    chunks = (b"64\r\n" + b"x" * 100 + b"\r\n") * 30_000
    with _server(_say(OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)) as url:
        assert Site(url, timeout=patient(30)).get("/").body == "x" * 1_000_000


def test_where_the_kernel_knows_no_ipv6_the_other_address_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket

    def without_ipv6(family: int = -1, *kind: int, **more: t.Any) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return real(family, *kind, **more)

    with _server(_say(OK + b"\r\nbody")) as url:
        port = int(url.rpartition(":")[2])
        found = [
            (family, socket.SOCK_STREAM, 6, "", (host, port)) for family, host in ((socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1"))
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_asked, **_kind: found)
        monkeypatch.setattr(socket, "socket", without_ipv6)
        assert Site(f"http://localhost:{port}", timeout=patient(5)).get("/").body == "body"
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_asked, **_kind: found[:1])
        with pytest.raises(SessionsError, match=r"no answer .*: address family not supported by protocol$"):
            Site(f"http://localhost:{port}", timeout=patient(5)).get("/")


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000,
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: x\r\n" % number for number in range(200)) + b"\r\n",
    ],
    ids=["another protocol", "a header too long", "too many headers"],
)
def test_what_no_web_server_answers_is_no_answer(answer: bytes) -> None:
    with _server(_say(answer)) as url, pytest.raises(SessionsError, match=r"what came back is no answer of a web server$"):
        Site(url, timeout=patient(5)).get("/")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type",
        OK,
        OK + b"Content-Length: 13\r\n\r\n",
        OK + b"Content-Length: 13\r\n\r\nsession",
        OK + b"Transfer-Encoding: chunked\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n7\r\nsession\r\n",
    ],
    ids=["in a header", "after a header", "before the body", "in the body", "before the first chunk", "between chunks"],
)
def test_an_answer_that_breaks_off_is_none(answer: bytes) -> None:
    with _server(_say(answer)) as url, pytest.raises(SessionsError, match=r"no answer .*: its answer broke off$"):
        Site(url, timeout=patient(5)).get("/")


def test_an_address_that_is_silent_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with _server(_say(OK + b"\r\nbody")) as url, socket.socket() as full:
        port = int(url.rpartition(":")[2])
        # its queue is full: who connects waits
        full.bind(("127.0.0.2", port))
        full.listen(0)
        waiting = [socket.socket() for _one in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.2", port))
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in ("127.0.0.2", "127.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_asked, **_kind: found)
        assert Site(f"http://localhost:{port}", timeout=patient(2)).get("/").body == "body"
        for one in waiting:
            one.close()


def test_an_answer_is_read_with_its_cookies() -> None:
    answer = OK + b"Set-Cookie: S=1; Path=/; Partitioned\r\nSet-Cookie: R=2; Expires=Thu, 01-Jan-1970 00:00:10 GMT\r\n\r\nbody"
    with _server(_say(answer)) as url:
        found = Site(url, timeout=patient(5)).get("/")
    assert (found.status, found.body, found.headers["content-type"]) == (200, "body", "text/plain")
    assert [(one.name, one.value, one.expired) for one in found.cookies] == [("S", "1", False), ("R", "2", True)]


def test_the_end_of_a_cookie_is_told_by_the_clock_of_the_server_that_wrote_it() -> None:
    date = b"Date: Sun, 01 Jan 2090 00:00:00 GMT\r\n"
    with _server(_say(OK + date + b"Set-Cookie: S=1; Expires=Sat, 31 Dec 2089 23:59:59 GMT\r\n\r\n")) as url:
        assert Site(url, timeout=patient(5)).get("/").cookies[0].expired


@pytest.mark.parametrize("ask", [lambda site: site.post("/", {"a": "b"}), lambda site: site.post_json("/", b"a=b")], ids=["form", "JSON"])
def test_a_post_says_that_it_comes_from_no_page_and_names_the_public_site(ask: t.Callable[[Site], object]) -> None:
    heard: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        request = b""
        # what is left unread would reset the connection
        while not request.endswith(b"a=b"):
            request += connection.recv(4096)
        heard.append(request)
        connection.sendall(OK + b"\r\n")

    with _server(serve) as url:
        ask(Site(url, "https://jira.example.org", 5))
    lines = heard[0].split(b"\r\n")
    assert b"X-Atlassian-Token: no-check" in lines
    assert {b"Host: jira.example.org", b"X-Forwarded-Proto: https", b"X-Forwarded-Port: 443"} <= set(lines)
    assert len([line for line in lines if line.lower().startswith(b"host:")]) == 1


def test_a_secret_that_no_header_can_carry_is_not_quoted() -> None:
    with _server(_say(OK)) as url, pytest.raises(SessionsError, match="a character that no header can carry") as refusal:
        Site(url).get("/", {"S": "s3cret\nvalue"})
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize("url", ["", "jira:8080", "http://", "ftp://n1/", "http://n1:80x/", "http://[::1/"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(SessionsError, match="address of the node is no URL"):
        Site(url)


def test_name_and_password_before_a_host_are_not_shown() -> None:
    with pytest.raises(SessionsError) as refusal:
        Site("http://eve:s3cret@127.0.0.1:1", timeout=patient(2)).get("/")
    assert "s3cret" not in str(refusal.value)


def test_a_certificate_is_checked_unless_that_is_switched_off(tmp_path: Path) -> None:
    context = self_signed(tmp_path)

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(4096)
            secure.sendall(OK + b"\r\nbody")

    with _server(serve) as url, pytest.raises(SessionsError, match="its certificate is not accepted"):
        Site(url.replace("http:", "https:"), timeout=patient(10)).get("/")
    with _server(serve) as url:
        assert Site(url.replace("http:", "https:"), timeout=patient(10), validate_certs=False).get("/").body == "body"


@pytest.mark.parametrize("seconds", [0, -1, 604_801, 10**12])
def test_a_request_without_a_time_limit_that_can_be_meant_is_refused(seconds: int) -> None:
    with pytest.raises(SessionsError, match=r"^request_timeout is a number of seconds, more than 0 and 604800 \(a week\) at most: not"):
        Site("http://127.0.0.1:8080", timeout=seconds)
    Site("http://127.0.0.1:8080", timeout=WEEK)
