# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signs in as a user's browser does, and replays cookies one by one to see whom they open the door to."""

from __future__ import annotations

import json
import typing as t
from urllib.parse import unquote

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Answer, Site

SESSION, REMEMBER_ME = "session", "remember_me"
# what a header says in place of a user's name
_NOBODY = "anonymous"


class CookieRow(t.TypedDict):
    """A cookie of the canary: ``kind`` is session or remember_me, ``node`` where it was handed out, ``value`` the secret."""

    kind: str
    name: str
    value: str
    node: str


COOKIE_OPTIONS: dict[str, t.Any] = {
    "kind": {"type": "str", "choices": [SESSION, REMEMBER_ME], "required": True},
    "name": {"type": "str", "required": True},
    "value": {"type": "str", "required": True, "no_log": True},
    "node": {"type": "str", "required": True},
}
"""The argument spec of a CookieRow."""


class AnswerRow(t.TypedDict):
    """Whom a cookie opened the door to (``user``, '' = nobody), and whether the product took the cookie away (``emptied``)."""

    kind: str
    node: str
    user: str
    emptied: bool


class Browser:
    """A user's browser in front of one node. Raises SessionsError, never with a cookie or a password in it."""

    def __init__(self, product: Product, site: Site, session_cookie: str = "", remember_me_cookie: str = "") -> None:
        self._web = product.web
        self._site = site
        self._names = {
            SESSION: session_cookie or product.web.session_cookie,
            REMEMBER_ME: remember_me_cookie or product.web.remember_me_cookie,
        }

    def sign_in(self, username: str, password: str, node: str) -> list[CookieRow]:
        """Both cookies of a fresh sign-in with 'remember me', each seen to open the door when it is sent alone."""
        answer = self._submit(username, password)
        return [self._seen_to_work(self._cookie_in(answer, kind, node), username, answer) for kind in (SESSION, REMEMBER_ME)]

    def replay(self, rows: t.Sequence[CookieRow]) -> tuple[list[AnswerRow], list[CookieRow]]:
        """Each cookie alone: whom it opened the door to, and the cookies that came back with another value."""
        answers: list[AnswerRow] = []
        renewed: list[CookieRow] = []
        for row in rows:
            user, emptied, value = self._replay_one(row)
            answers.append({"kind": row["kind"], "node": row["node"], "user": user, "emptied": emptied})
            if value:
                renewed.append({**row, "value": value})
        return answers, renewed

    def _submit(self, username: str, password: str) -> Answer:
        # the newer sign-in first: where it exists, the old form may still be there and refuse
        if self._web.sign_in_json_path:
            body = json.dumps({"username": username, "password": password, "rememberMe": True, "targetUrl": ""}).encode()
            answer = self._site.post_json(self._web.sign_in_json_path, body)
            if answer.status not in (404, 405):
                return answer
        form = {name: value.format(username=username, password=password) for name, value in self._web.sign_in_form}
        return self._site.post(self._web.sign_in_path, form)

    def _cookie_in(self, answer: Answer, kind: str, node: str) -> CookieRow:
        name = self._names[kind]
        for cookie in reversed(answer.cookies):
            if cookie.name == name and not cookie.expired:
                return {"kind": kind, "name": name, "value": cookie.value, "node": node}
        came = ", ".join(sorted({cookie.name for cookie in answer.cookies})) or "none"
        raise SessionsError(
            f"The sign-in of the proof account at {self._site.url} set no cookie {name} (HTTP {answer.status}, cookies set: {came}"
            f"{self._reason_in(answer)}). Wrong password, two-step verification, or another cookie name."
        )

    def _seen_to_work(self, row: CookieRow, username: str, answer: Answer) -> CookieRow:
        """The cookie as it is after its use: some products renew it each time."""
        user, _emptied, renewed = self._replay_one(row)
        if user.lower() != username.lower():
            raise SessionsError(self._not_signed_in(username, answer, row))
        return {**row, "value": renewed or row["value"]}

    def _not_signed_in(self, username: str, answer: Answer, row: CookieRow) -> str:
        return (
            f"The sign-in of the proof account {username} at {self._site.url} gave a cookie {row['name']} that opens the door to nobody "
            f"(HTTP {answer.status}{self._reason_in(answer)}). Wrong password, or two-step verification."
        )

    def _replay_one(self, row: CookieRow) -> tuple[str, bool, str]:
        answer = self._site.get(self._web.whoami_path, {row["name"]: row["value"]})
        own = [cookie for cookie in answer.cookies if cookie.name == row["name"]]
        renewed = [cookie.value for cookie in own if not cookie.expired and cookie.value != row["value"]]
        user = self._user_in(answer)
        # a dead session cookie is answered with a fresh, anonymous session: that one is nobody's to keep
        return user, any(cookie.expired for cookie in own), renewed[-1] if user and renewed else ""

    def _user_in(self, answer: Answer) -> str:
        """The user that the page names, '' for nobody; a page that says neither proves nothing."""
        named = unquote(answer.headers.get(self._web.whoami_header, "")) if self._web.whoami_header else ""
        if named not in ("", _NOBODY):
            return named
        user = answer.body.strip()
        if answer.status != 200 or "<" in user or len(user.splitlines()) > 1:
            page = f"{self._site.url}{self._web.whoami_path}"
            raise SessionsError(f"{page} does not tell who is signed in (HTTP {answer.status}): nothing can be proven by it.")
        return user

    def _reason_in(self, answer: Answer) -> str:
        reason = answer.headers.get(self._web.reason_header, "") if self._web.reason_header else ""
        return f", {reason}" if reason else ""
