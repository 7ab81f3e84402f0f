# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signs in as a user's browser does, and sends cookies one by one to see whom they open the door to."""

from __future__ import annotations

import json
import time
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.answer import Answer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookie_rows import (
    KINDS,
    REMEMBER_ME,
    SESSION,
    CookieRow,
    Door,
    GivenRow,
    Replayed,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookies import SetCookie, sent_to
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.patiently import Sleep, patiently
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.sign_in_refused import (
    ABSENT,
    OTHER_WAY,
    Attempt,
    is_sent_back,
    shows_form,
    why_not,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.visitor import Visitor, is_nobody, visitor_in

# so many other cookies of a sign-in are tried when none has the name of the remember-me cookie
_MOST_OTHERS = 10
# seconds, of all cookies: while every user signs in again, a node may refuse some requests
_PATIENCE = 120.0
_WITHOUT_PROOF = (
    "Where that is right for this site, nothing can be proven on it: leave out force_reauth_proof_username, force_reauth_proof_password "
    "and force_reauth_proof_cookies, and the run ends unproven."
)


class Browser:
    """A user's browser in front of one node. Raises SessionsError, never with a cookie or a password in it."""

    def __init__(self, product: Product, site: Site, session_cookie: str = "", remember_me_cookie: str = "") -> None:
        self._web = product.web
        # a token that is replaced at each use is used up by looking at it
        self._rotates = bool(product.tokens.series)
        self._site = site
        self._names = {
            SESSION: session_cookie or product.web.session_cookie,
            REMEMBER_ME: remember_me_cookie or product.web.remember_me_cookie,
        }

    def nobody(self) -> str:
        """How the site answers a visitor without any cookie; raises SessionsError where that does not tell nobody from somebody."""
        visitor, answer = self._ask({})
        if visitor.user:
            raise SessionsError(f"{self._page} names the user {visitor.user} to a visitor without any cookie: {self._useless}")
        if not visitor.nobody:
            where = f" to {answer.location.partition('?')[0][:200]!r}, which is no sign-in" if answer.location else ""
            way_out = f" {_WITHOUT_PROOF}" if answer.location else ""
            raise SessionsError(
                f"{self._page} answers a visitor without any cookie with HTTP {answer.status}{where}: {self._useless}{way_out}"
            )
        return visitor.nobody

    def sign_in(self, username: str, password: str, node: str) -> list[CookieRow]:
        """The cookies of a fresh sign-in with 'remember me', each seen to open the door when it is sent alone; one kind is enough."""
        nobody = self.nobody()
        attempt = self._submit(username, password)
        cookies = attempt.answer.cookies
        rows = [self._row(kind, cookies, username, node, nobody) for kind in KINDS]
        if all(row["absent"] for row in rows):
            reason = why_not(self._web, self._followed_back(attempt), self._site.hosts)
            raise SessionsError(f"The proof account {username} is not signed in at {self._site.url}: {reason}")
        return rows

    def signed_in(self, username: str, password: str) -> dict[str, str]:
        """All cookies of a fresh sign-in, by name, seen to open the door together."""
        attempt = self._submit(username, password)
        cookies = {cookie.name: cookie.value for cookie in attempt.answer.cookies if not cookie.expired}
        if not cookies or self._ask(cookies)[0].user.lower() != username.lower():
            reason = why_not(self._web, attempt, self._site.hosts).replace(f", {OTHER_WAY}", ".")
            raise SessionsError(f"The administrator {username} is not signed in at {self._site.url}: {reason}")
        return cookies

    def try_given(self, given: t.Sequence[t.Mapping[str, str]], node: str) -> tuple[str, list[Door], list[GivenRow]]:
        """What nobody looks like; whom each copied cookie opens the door to at this node; the first of each kind that opens it."""
        nobody, again = self.nobody(), self.nobody()
        if nobody != again:
            raise SessionsError(f"{self._page} answers visitors without any cookie now with {nobody}, now with {again}: {self._useless}")
        doors: list[Door] = []
        rows: dict[str, GivenRow] = {}
        for number, one in enumerate(given):
            kind = SESSION if one["name"] == self._names[SESSION] else REMEMBER_ME
            door = self._door({**self._absent(kind, node, nobody, ""), "name": one["name"], "value": one["value"]})
            doors.append(door)
            if door["user"] and kind not in rows:
                rows[kind] = {"kind": kind, "name": one["name"], "node": node, "nobody": nobody, "absent": "", "given": number}
        return nobody, doors, [rows.get(kind) or self._none_given(kind, node, nobody) for kind in KINDS]

    def replay(self, rows: t.Sequence[CookieRow], sleep: Sleep = time.sleep, clock: t.Callable[[], float] = time.monotonic) -> Replayed:
        """Each cookie alone, and again where the node refuses it for the moment. What was seen of one is kept, whatever another does."""
        end = clock() + _PATIENCE
        found = Replayed([], [], [])
        for row in rows:
            try:
                user, emptied, value = ("", False, "") if row["absent"] else self._replay_patiently(row, sleep, lambda: clock() < end)
            except SessionsError as error:
                found.unanswered.append({"kind": row["kind"], "node": row["node"], "reason": str(error)})
                continue
            found.answers.append({"kind": row["kind"], "node": row["node"], "user": user, "emptied": emptied, "absent": row["absent"]})
            if value:
                found.renewed.append({**row, "value": value})
        return found

    @property
    def _page(self) -> str:
        return f"{self._site.url}{self._web.whoami_path}"

    @property
    def _useless(self) -> str:
        return "by this page no cookie can be proven dead. Is force_reauth_site_url the public address of the site?"

    def _submit(self, username: str, password: str) -> Attempt:
        """Once, by the way that the page shows: a second try of a wrong password brings the account nearer to its lock."""
        path = self._site.path_of(self._web.sign_in_page)
        page = self._site.get(self._web.sign_in_page)
        if not shows_form(self._web, page):
            body = json.dumps({"username": username, "password": password, "rememberMe": True, "targetUrl": ""}).encode()
            answer = self._site.post_json(self._web.sign_in_json_path, body)
            if answer.status not in ABSENT:
                return Attempt(True, answer, page, path)
        form = {name: value.format(username=username, password=password) for name, value in self._web.sign_in_form}
        return Attempt(False, self._site.post(self._web.sign_in_path, form), page, path)

    def _followed_back(self, attempt: Attempt) -> Attempt:
        """With the page that a refused form leads back to, as this visitor sees it: it may ask for more than before."""
        if not is_sent_back(attempt, self._site.hosts):
            return attempt
        cookies = {cookie.name: cookie.value for cookie in attempt.answer.cookies if not cookie.expired}
        return attempt._replace(shown=self._site.get(self._web.sign_in_page, cookies).body)

    def _row(self, kind: str, cookies: tuple[SetCookie, ...], username: str, node: str, nobody: str) -> CookieRow:
        """The cookie of this kind that opens the door, as it is after its use: some products renew it each time."""
        name = self._names[kind]
        own = self._sent(cookies, name)
        for cookie in own or (self._others(cookies) if kind == REMEMBER_ME else []):
            row: CookieRow = {**self._absent(kind, node, nobody, ""), "name": cookie.name, "value": cookie.value}
            user, _emptied, renewed = self._replay_one(row)
            if user and user.lower() != username.lower():
                raise SessionsError(f"The sign-in of the proof account {username} at {self._site.url} opens the door to {user}.")
            if user:
                return {**row, "value": renewed or row["value"], "ends": cookie.ends}
        return self._absent(kind, node, nobody, self._why_absent(kind, bool(own)))

    def _others(self, cookies: tuple[SetCookie, ...]) -> list[SetCookie]:
        """Where no cookie has the name of the remember-me cookie: it may have another one."""
        names = dict.fromkeys(cookie.name for cookie in cookies if cookie.name != self._names[SESSION])
        return [cookie for name in names for cookie in self._sent(cookies, name)][:_MOST_OTHERS]

    def _why_absent(self, kind: str, came: bool) -> str:
        if came:
            return f"the {KINDS[kind]} {self._names[kind]} alone opens the door to nobody here"
        return f"the sign-in gave no {KINDS[kind]}" + (": remember-me is switched off" if kind == REMEMBER_ME else "")

    def _absent(self, kind: str, node: str, nobody: str, why: str) -> CookieRow:
        return {"kind": kind, "name": self._names[kind], "value": "", "node": node, "nobody": nobody, "absent": why}

    def _none_given(self, kind: str, node: str, nobody: str) -> GivenRow:
        why = f"no copied {KINDS[kind]} opens the door"
        return {"kind": kind, "name": self._names[kind], "node": node, "nobody": nobody, "absent": why, "given": -1}

    def _door(self, row: CookieRow) -> Door:
        if self._rotates and row["kind"] == REMEMBER_ME:
            note = "not tried: this product replaces it at each use, so that looking at it would end it. Copy the session cookie"
            return {"name": row["name"], "kind": row["kind"], "user": "", "note": note}
        return {"name": row["name"], "kind": row["kind"], "user": self._replay_one(row)[0], "note": ""}

    def _replay_patiently(self, row: CookieRow, sleep: Sleep, may_wait: t.Callable[[], bool]) -> tuple[str, bool, str]:
        if self._rotates and row["kind"] == REMEMBER_ME:
            # one that was taken, and whose successor got lost on the way, counts as stolen when it is sent again
            return self._replay_one(row)
        answer, seen = patiently(lambda: self._site.get(self._web.whoami_path, {row["name"]: row["value"]}), sleep, may_wait)
        if not answer:
            raise SessionsError(f"{seen}.")
        return self._told(row, answer)

    def _replay_one(self, row: CookieRow) -> tuple[str, bool, str]:
        return self._told(row, self._site.get(self._web.whoami_path, {row["name"]: row["value"]}))

    def _told(self, row: CookieRow, answer: Answer) -> tuple[str, bool, str]:
        visitor = self._visitor(answer)
        if not visitor.user and not is_nobody(visitor, row["nobody"]):
            raise SessionsError(f"{self._page} does not tell who is signed in (HTTP {answer.status}): nothing can be proven by it.")
        living = self._sent(answer.cookies, row["name"])
        taken = any(cookie.expired for cookie in answer.cookies if cookie.name == row["name"]) and not living
        renewed = [cookie.value for cookie in living if cookie.value != row["value"]]
        # a dead session cookie is answered with a fresh, anonymous session: that one is nobody's to keep
        return visitor.user, taken, renewed[0] if visitor.user and renewed else ""

    def _ask(self, cookies: t.Mapping[str, str]) -> tuple[Visitor, Answer]:
        answer = self._site.get(self._web.whoami_path, cookies)
        return self._visitor(answer), answer

    def _visitor(self, answer: Answer) -> Visitor:
        return visitor_in(self._web, answer, self._site.path_of(self._web.whoami_path), self._site.hosts)

    def _sent(self, cookies: t.Iterable[SetCookie], name: str) -> list[SetCookie]:
        return sent_to(self._site.path_of(self._web.whoami_path), cookies, name)
