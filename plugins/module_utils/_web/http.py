# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP with one node: no redirect is followed, no cookie is kept, an error page is an answer like any other."""

from __future__ import annotations

import copy
import io
import socket
import ssl
import time
import typing as t
from datetime import datetime, timezone
from http.client import BadStatusLine, HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from urllib.parse import SplitResult, urlencode, urlsplit

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.addresses import addresses_of, seconds_until
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.seconds import check_seconds
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.urls import PORTS, parts_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.answer import Answer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookies import cookies_in, moment_of

_LONGEST_BODY = 1_000_000
# of a body as it comes in, with the sizes of its chunks between
_MOST_BYTES = 2 * _LONGEST_BODY
# the products refuse a post without a token of a page of theirs, unless it says that it does not come from a browser's page
_NO_PAGE = {"X-Atlassian-Token": "no-check"}
_BROKEN_OFF = "its answer broke off"
# before Python 3.10 that of a socket was another one
_TOO_LATE = (TimeoutError, socket.timeout)


class Site:
    """One node's own address. Raises SessionsError only when nothing answers within ``timeout`` seconds, from name to last byte.

    ``whose``: what is called so in the sentence of a bad address; ``refers``: it is told that each request comes from its own page.
    """

    def __init__(
        self, url: str, site_url: str = "", timeout: float = 10.0, validate_certs: bool = True, *, whose: str = "node", refers: bool = False
    ) -> None:
        check_seconds("request_timeout", timeout)
        self._where = parts_of(url, whose)
        self.url = f"{self._where.scheme}://{_netloc(self._where)}{self._where.path.rstrip('/')}"
        self._headers = {"Host": _netloc(self._where), **_forwarded(site_url), **({"Referer": self.url} if refers else {})}
        self.hosts = frozenset(str(urlsplit(one).hostname).lower() for one in (self.url, site_url) if one)
        self._port = self._where.port or PORTS[self._where.scheme]
        self._timeout = timeout
        self._tls = _tls(validate_certs) if self._where.scheme == "https" else None
        self._keeps = False
        self._open: socket.socket | None = None

    def kept(self) -> Site:
        """The same address for one thread that asks many times: over one connection, as long as the node leaves it open."""
        other = copy.copy(self)
        other._keeps = True
        return other

    def leave(self) -> None:
        """Close what was kept."""
        if self._open:
            self._open.close()
            self._open = None

    def path_of(self, page: str) -> str:
        """The whole path of a page, with the context path."""
        return self._where.path.rstrip("/") + page

    def get(self, path: str, cookies: t.Mapping[str, str] | None = None) -> Answer:
        """GET the path with these cookies and no others."""
        together = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
        return self._ask("GET", path, None, {"Cookie": together} if together else {})

    def get_json(self, path: str) -> Answer:
        """GET the path without a cookie, as a JSON document: who asks for none may get XML."""
        return self._ask("GET", path, None, {"Accept": "application/json"})

    def post(self, path: str, form: t.Mapping[str, str]) -> Answer:
        """POST the form."""
        return self._ask("POST", path, urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded", **_NO_PAGE})

    def submit(self, path: str, form: t.Mapping[str, str], cookies: t.Mapping[str, str]) -> Answer:
        """POST a form of a page as a browser does: with its cookies, and without the word that it is none."""
        together = "; ".join(f"{name}={value}" for name, value in cookies.items())
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": together}
        return self._ask("POST", path, urlencode(form).encode(), headers)

    def post_json(self, path: str, body: bytes) -> Answer:
        """POST a JSON document."""
        return self._ask("POST", path, body, {"Content-Type": "application/json", "Accept": "application/json", **_NO_PAGE})

    def post_signed(self, path: str, body: bytes, headers: t.Mapping[str, str]) -> Answer:
        """POST a JSON document to somebody who is no product, with these headers beside."""
        return self._ask("POST", path, body, {"Content-Type": "application/json", **headers})

    def get_as(self, path: str, authorization: str) -> Answer:
        """GET the path without a cookie, with that header."""
        return self._ask("GET", path, None, {"Authorization": authorization, "Accept": "application/json"})

    def post_as(self, path: str, authorization: str) -> Answer:
        """POST nothing to the path without a cookie, with that header."""
        return self._ask("POST", path, b"", {"Authorization": authorization, "Accept": "application/json", **_NO_PAGE})

    def delete_as(self, path: str, authorization: str) -> Answer:
        """DELETE the path without a cookie, with that header."""
        return self._ask("DELETE", path, None, {"Authorization": authorization, "Accept": "application/json", **_NO_PAGE})

    def _ask(self, method: str, path: str, data: bytes | None, headers: t.Mapping[str, str]) -> Answer:
        try:
            kept = {} if self._keeps else {"Connection": "close"}
            return self._exchange(method, path, data, {**self._headers, **headers, **kept})
        except (OSError, HTTPException) as error:
            raise SessionsError(f"no answer from {self.url}{path}: {_reason(error)}") from None
        except ValueError:
            # the library's own words would quote it
            why = "something in the request has a character that no header can carry"
            raise SessionsError(f"{self.url}{path} is not asked: {why}.") from None

    def _exchange(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Answer:
        ends = time.monotonic() + self._timeout
        before, self._open = self._open, None
        if before:
            try:
                return self._exchange_over(before, method, path, data, headers, ends)
            except (ConnectionError, BadStatusLine):
                # the node has closed it meanwhile, as it may at any time
                pass
        return self._exchange_over(self._connected(ends), method, path, data, headers, ends)

    def _exchange_over(
        self, sock: socket.socket, method: str, path: str, data: bytes | None, headers: dict[str, str], ends: float
    ) -> Answer:
        connection = HTTPConnection(str(self._where.hostname), self._port)
        connection.sock = sock
        try:
            sock.settimeout(seconds_until(ends))
            connection.request(method, self.path_of(path), data, headers)
            with _Response(sock, method, ends) as response:
                response.begin()
                answer = _answer(response)
                if self._keeps and response.isclosed() and not response.will_close:
                    self._open, connection.sock = sock, None
            return answer
        finally:
            connection.close()

    def _connected(self, ends: float) -> socket.socket:
        host = str(self._where.hostname)
        plain = _connected_to(host, self._port, ends)
        if not self._tls:
            return plain
        try:
            plain.settimeout(seconds_until(ends))
            return self._tls.wrap_socket(plain, server_hostname=host)
        except OSError:
            plain.close()
            raise


class _Bytes(io.RawIOBase):
    """The bytes of a socket, as long as the time for the whole exchange lasts: a byte now and then does not make it longer."""

    def __init__(self, sock: socket.socket, ends: float) -> None:
        super().__init__()
        self._sock = sock
        self._ends = ends
        # of the headers the library takes so many, and so long ones; of a body it may be told to take all
        self.left: int | None = None
        self._began = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int:
        self._sock.settimeout(seconds_until(self._ends))
        count = self._sock.recv_into(buffer)
        if self.left is not None:
            self.left -= count
            if self.left < 0:
                raise OSError("its answer is too long")
        elif self._began and not count:
            # the library takes this for the end of the headers
            raise OSError(_BROKEN_OFF)
        self._began = True
        return count


class _Response(HTTPResponse):
    """An answer that is read within the time, and of a body no more than may be.

    The sizes of its lines and the number of its headers are bounded by the library.
    """

    def __init__(self, sock: socket.socket, method: str, ends: float) -> None:
        super().__init__(sock, method=method)
        self.fp.close()
        self._bytes = _Bytes(sock, ends)
        self.fp = io.BufferedReader(self._bytes)

    def begin(self) -> None:
        """Read up to the body."""
        super().begin()
        self._bytes.left = _MOST_BYTES


def _connected_to(host: str, port: int, ends: float) -> socket.socket:
    problem = OSError("it has no address")
    addresses = addresses_of(host, port, ends)
    for number, (family, kind, protocol, _name, address) in enumerate(addresses):
        one = None
        try:
            # a kernel may not know the family of one address (IPv6 is off), and another address answers
            one = socket.socket(family, kind, protocol)
            # one that a firewall swallows leaves time for the others
            one.settimeout(seconds_until(ends) / (len(addresses) - number))
            one.connect(address)
        except OSError as error:
            if one:
                one.close()
            problem = error
        else:
            return one
    raise problem


def _tls(validate_certs: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _netloc(parts: SplitResult) -> str:
    """Host and port, without a name and a password before them."""
    return parts.netloc.rpartition("@")[2]


def _forwarded(site_url: str) -> dict[str, str]:
    if not site_url:
        return {}
    parts = parts_of(site_url, "site")
    port = parts.port or PORTS[parts.scheme]
    host = _netloc(parts)
    return {"Host": host, "X-Forwarded-Host": host, "X-Forwarded-Proto": parts.scheme, "X-Forwarded-Port": str(port)}


def _answer(response: HTTPResponse) -> Answer:
    body = response.read(_LONGEST_BODY)
    if response.length and len(body) < _LONGEST_BODY:
        raise OSError(_BROKEN_OFF)
    headers = {name.lower(): value for name, value in response.headers.items()}
    lines = response.headers.get_all("Set-Cookie") or []
    now = (moment_of(headers.get("date", "")) if lines else None) or datetime.now(timezone.utc)
    return Answer(response.status, headers, cookies_in(lines, now), body.decode("utf-8", "replace"))


def _reason(error: Exception) -> str:
    if isinstance(error, _TOO_LATE):
        return "it did not answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted ({error.verify_message})"
    if isinstance(error, IncompleteRead):
        return _BROKEN_OFF
    if isinstance(error, HTTPException) and not isinstance(error, OSError):
        return "what came back is no answer of a web server"
    return str(getattr(error, "strerror", None) or error).lower()
