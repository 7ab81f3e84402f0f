# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP with one node: no redirect is followed, no cookie is kept, an error page is an answer like any other."""

from __future__ import annotations

import io
import re
import typing as t
from dataclasses import dataclass
from http.client import HTTPException
from http.cookies import CookieError, SimpleCookie
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit

from ansible.module_utils.urls import Request
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

_LONGEST_BODY = 1_000_000


@dataclass(frozen=True)
class SetCookie:
    """A cookie of an answer. ``expired``: the server took it away (emptied, or ``Max-Age=0``)."""

    name: str
    value: str
    expired: bool


@dataclass(frozen=True)
class Answer:
    """What came back; the names of ``headers`` are in lower case."""

    status: int
    headers: t.Mapping[str, str]
    cookies: tuple[SetCookie, ...]
    body: str


class Site:
    """One node's own address. Raises SessionsError only when nothing answers."""

    def __init__(self, url: str, site_url: str = "", timeout: float = 10.0, validate_certs: bool = True) -> None:
        self.url = url.rstrip("/")
        self._headers = _forwarded(site_url)
        # a proxy of the environment leads somewhere else than to this node
        self._request = Request(use_proxy=False, timeout=timeout, validate_certs=validate_certs, follow_redirects="none")

    def get(self, path: str, cookies: t.Mapping[str, str] | None = None) -> Answer:
        """GET the path with these cookies and no others."""
        return self._open("GET", path, cookies or {}, None, "")

    def post(self, path: str, form: t.Mapping[str, str], cookies: t.Mapping[str, str] | None = None) -> Answer:
        """POST the form."""
        return self._open("POST", path, cookies or {}, urlencode(form).encode(), "application/x-www-form-urlencoded")

    def post_json(self, path: str, body: bytes) -> Answer:
        """POST a JSON document."""
        return self._open("POST", path, {}, body, "application/json")

    def get_as(self, path: str, token: str) -> Answer:
        """GET the path without a cookie, with a personal access token."""
        # the library's own complaint would quote it
        if not re.fullmatch(r"[\x21-\x7e]+", token):
            raise SessionsError(f"{self.url}{path} is not asked: the token is empty, or has a character that no header can carry.")
        return self._open("GET", path, {}, None, "", {"Authorization": f"Bearer {token}", "Accept": "application/json"})

    def _open(
        self,
        method: str,
        path: str,
        cookies: t.Mapping[str, str],
        data: bytes | None,
        content_type: str,
        more: t.Mapping[str, str] | None = None,
    ) -> Answer:
        headers = {**self._headers, **(more or {})}
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        if content_type:
            headers["Content-Type"] = content_type
        try:
            return _answer(self._request.open(method, self.url + path, data=data, headers=headers))
        except HTTPError as error:
            return _answer(error)
        except (OSError, HTTPException, URLError, ValueError) as error:
            raise SessionsError(f"no answer from {self.url}{path}: {_reason(error)}") from None


def _forwarded(site_url: str) -> dict[str, str]:
    if not site_url:
        return {}
    parts = urlsplit(site_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return {
        "Host": parts.netloc,
        "X-Forwarded-Host": parts.netloc,
        "X-Forwarded-Proto": parts.scheme,
        "X-Forwarded-Port": str(port),
    }


def _answer(response: t.Any) -> Answer:
    # the body of an HTTPError may be missing
    body = (response.read(_LONGEST_BODY) if response.fp else io.BytesIO().read()) or b""
    headers = {name.lower(): value for name, value in response.headers.items()}
    cookies = [cookie for line in response.headers.get_all("Set-Cookie") or [] for cookie in _cookies(line)]
    return Answer(response.status, headers, tuple(cookies), body.decode("utf-8", "replace"))


def _cookies(line: str) -> list[SetCookie]:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(line)
    except CookieError:
        return []
    # coded_value: sent back byte for byte as it came
    return [SetCookie(name, morsel.coded_value, morsel["max-age"] == "0" or not morsel.value) for name, morsel in jar.items()]


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    if isinstance(reason, TimeoutError):
        return "it did not answer in time"
    return str(getattr(reason, "strerror", None) or reason).lower()
