# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users' browsers in front of the bed's nodes and of its load balancer."""

from __future__ import annotations

import http.client
import urllib.parse
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

from demo.patience import patient
from demo.products import StandInProduct
from tests.hosts.bed.services import PUBLIC_HOST


@dataclass(frozen=True)
class Place:
    """Where a browser asks: a node itself, or the load balancer."""

    name: str
    address: str
    port: int


@dataclass
class Visitor:
    """One user. ``cookies`` are those that were set last, also the dead ones; ``keeps_alive``: one connection for all requests."""

    product: StandInProduct
    user: str
    password: str = field(repr=False)
    keeps_alive: bool = False
    cookies: dict[str, str] = field(default_factory=dict, repr=False)
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def sign_in(self, place: Place) -> bool:
        """Sign in with 'remember me'; False when that was refused."""
        form = self.product.form
        fields = {form.username: self.user, form.password: self.password, form.remember_me: form.ticked}
        status, _body = self.request(place, self.product.pages.sign_in, self.cookies, urllib.parse.urlencode(fields))
        return status == 302 and self.product.cookies.remember_me in self.cookies

    def look(self, place: Place, milliseconds: int = 0) -> tuple[int, str]:
        """The HTTP status, and whom all cookies together open the door to, '' for nobody."""
        return self.request(place, f"{self.product.pages.whoami}?ms={milliseconds}", self.cookies)

    def replay(self, place: Place, cookie: str, value: str) -> str:
        """Whom one cookie alone opens the door to, '' for nobody; the browser's own cookies stay as they are."""
        kept = dict(self.cookies)
        status, user = self.request(place, self.product.pages.whoami, {cookie: value})
        self.cookies = kept
        assert status == 200, f"{place.name} answers {status}"
        return user

    def leave(self) -> None:
        """Close the connection that is kept."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def request(self, place: Place, path: str, cookies: dict[str, str], form: str | None = None) -> tuple[int, str]:
        """One request; raises OSError or HTTPException when nothing answers."""
        connection = self._connection or http.client.HTTPConnection(place.address, place.port, timeout=patient(30))
        headers = {"Host": PUBLIC_HOST, "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request("GET" if form is None else "POST", path, form, headers)
            answer = connection.getresponse()
            body = answer.read().decode()
        except (OSError, http.client.HTTPException):
            connection.close()
            self.leave()
            raise
        self._keep(connection)
        for name, morsel in SimpleCookie("\r\n".join(answer.headers.get_all("Set-Cookie") or [])).items():
            if morsel.value:
                self.cookies[name] = morsel.coded_value
            else:
                self.cookies.pop(name, None)
        return answer.status, body

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        if self.keeps_alive:
            self._connection = connection
        else:
            connection.close()
