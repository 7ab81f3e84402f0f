# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the stand-in on which an administrator deletes all remember-me tokens, with the password asked once more before it."""

from __future__ import annotations

import hashlib
import typing as t

if t.TYPE_CHECKING:
    from demo.node import Node

_PAGE = "/user/AllUsersRememberMeCookies!default.jspa"
_ACT = "/user/AllUsersRememberMeCookies.jspa"
_SUDO = "/WebSudoAuthenticate.jspa"


class Answer(t.NamedTuple):
    """Status, where a redirect leads to, and the page."""

    status: int
    location: str
    body: str


class ClearAll:
    """Pages below ``top``; who gave the password once more is remembered by the session."""

    def __init__(self, node: Node, top: str) -> None:
        self._node, self._top = node, top
        self._sudo: set[str] = set()

    def get(self, path: str, user: str, session: str) -> Answer:
        """A page for a user."""
        if not user:
            return Answer(302, self._node.product.pages.login, "")
        if path != self._top + _PAGE or user not in self._node.behaviour.administrators:
            return Answer(403, "", "<title>Stand-in: not for you</title>")
        if session not in self._sudo:
            return Answer(200, "", self._form(_SUDO, session, webSudoDestination=self._top + _PAGE, webSudoPassword=""))
        shape = "/user/Other.jspa" if self._node.behaviour.clear_all == "shape" else _ACT
        return Answer(200, "", self._form(shape, session))

    def post(self, path: str, user: str, session: str, sent: t.Mapping[str, str]) -> Answer:
        """A form of a user: refused without the right token against forged requests."""
        allowed = user in self._node.behaviour.administrators and sent.get("atl_token") == _token(session)
        stale = {"stale": True, "stale at the end": path != self._top + _SUDO}
        if not allowed or stale.get(self._node.behaviour.clear_all):
            return Answer(403, "", "<title>XSRF Security Token Missing</title>")
        if path == self._top + _SUDO:
            if self._node.behaviour.clear_all == "closed" or not self._node.knows(user, sent.get("webSudoPassword", "")):
                return self.get(self._top + _PAGE, user, session)
            self._sudo.add(session)
            return Answer(302, sent["webSudoDestination"], "")
        if path != self._top + _ACT or session not in self._sudo:
            return Answer(403, "", "<title>Stand-in: not for you</title>")
        if self._node.behaviour.clear_all == "own":
            self._node.tokens.clear_of(user)
        elif self._node.behaviour.clear_all != "lies":
            self._node.tokens.clear()
        return Answer(302, self._top + _PAGE, "")

    def _form(self, action: str, session: str, **fields: str) -> str:
        hidden = {"atl_token": _token(session), **fields}
        inputs = "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in hidden.items())
        search = '<form action="/secure/QuickSearch.jspa"><input name="searchString"></form>'
        where = f"{self._node.context}{self._top}{action}"
        return (
            f'<title>Stand-in</title>{search}<form action="{where}" method="post">{inputs}<input type="submit" name="Go" value="Go"></form>'
        )


def _token(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()[:16]
