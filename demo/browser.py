# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's browser in front of the stand-in."""

from __future__ import annotations

import http.client
import json
import typing as t
import urllib.parse
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

from demo.cluster import ClusterNode
from demo.patience import patient

Cookies = dict[str, str]
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Page:
    """An answer: ``cookies`` were set by it, ``emptied`` are the names that it took away; ``headers`` have lower-case names."""

    status: int
    headers: t.Mapping[str, str]
    body: str
    cookies: Cookies
    emptied: tuple[str, ...]


@dataclass
class Browser:
    """One user's browser. ``cookies`` are those of the last sign-in, also the dead ones; a look changes a token that rotates."""

    user: str
    password: str = field(repr=False)
    cookies: Cookies = field(default_factory=dict, repr=False)

    def sign_in(self, node: ClusterNode, remember_me: bool = False) -> Cookies:
        """Sign in by what the login page shows, the form or JSON; keeps and returns the cookies by name ({} when refused)."""
        pages = node.product.pages
        if pages.sign_in_json and pages.form_mark not in fetch(node, pages.login, {}).body:
            wish = {"username": self.user, "password": self.password, "rememberMe": remember_me, "targetUrl": ""}
            answer = fetch(node, pages.sign_in_json, {}, json.dumps(wish), "application/json")
        else:
            names = node.product.form
            form = {names.username: self.user, names.password: self.password}
            if remember_me:
                form[names.remember_me] = names.ticked
            answer = fetch(node, pages.sign_in, {}, urllib.parse.urlencode(form))
        self.cookies = answer.cookies if answer.status in (200, 302) else {}
        return self.cookies

    def whoami(self, node: ClusterNode, *names: str) -> str:
        """Whom the cookies of these names (none named: all of them) open the door to at this node, '' for nobody."""
        answer = _ask(node, {name: value for name, value in self.cookies.items() if not names or name in names})
        token = node.product.cookies.remember_me
        if answer.body and node.product.cookies.rotates and token in answer.cookies:
            self.cookies[token] = answer.cookies[token]
        return answer.body

    def sign_out(self, node: ClusterNode) -> None:
        """Sign out; the (now dead) cookies are kept, as a thief would."""
        fetch(node, node.product.pages.sign_out, self.cookies)


def whoami(node: ClusterNode, cookies: Cookies) -> str:
    """Whom these cookies open the door to, '' for nobody; raises RuntimeError when the node does not tell."""
    return _ask(node, cookies).body


def _ask(node: ClusterNode, cookies: Cookies) -> Page:
    answer = fetch(node, node.product.pages.whoami, cookies)
    if answer.status != 200:
        raise RuntimeError(f"{node.name} answers {answer.status}")
    return answer


def fetch(node: ClusterNode, path: str, cookies: Cookies, form: str | None = None, content_type: str = FORM, accept: str = "") -> Page:
    """One request (POST when there is a form, or other content), no redirect followed; raises OSError when nothing answers."""
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
    if accept:
        headers |= {"Accept": accept}
    if form is not None:
        headers |= {"Content-Type": content_type, "X-Atlassian-Token": "no-check"}
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=patient(10))
    try:
        connection.request("GET" if form is None else "POST", node.layout.context + path, form, headers)
        answer = connection.getresponse()
        jar = SimpleCookie("\r\n".join(answer.headers.get_all("Set-Cookie") or []))
        lower = {name.lower(): value for name, value in answer.headers.items()}
        kept = {name: morsel.coded_value for name, morsel in jar.items() if morsel.value}
        return Page(answer.status, lower, answer.read().decode(), kept, tuple(name for name in jar if name not in kept))
    finally:
        connection.close()
