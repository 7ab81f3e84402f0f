# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One node of the stand-in: what it knows, and whom a request's cookies sign in."""

from __future__ import annotations

import json
import logging
import threading
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from demo.admin_calls import AdminCalls
from demo.behaviour import Behaviour
from demo.clear_all import ClearAll
from demo.disk import write_atomically
from demo.layout import NODE_FILE
from demo.products import StandInProduct
from demo.sessions import Sessions
from demo.tokens import Database, Tokens

STARTING = "STARTING"
SIGNED_IN, REFUSED, SECOND_STEP = "signed in", "refused", "second step"
# seconds between two notes that the node is alive
HEARTBEAT = 30
LOG = logging.getLogger("stand-in")


@dataclass
class Reply:
    """What a page adds to its answer: headers, among them Set-Cookie."""

    headers: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, value: str) -> None:
        """One header more."""
        self.headers.append((name, value))


class Node:
    """Sessions of its own, tokens and users shared with the other nodes."""

    def __init__(self, product: StandInProduct, install: Path, home: Path) -> None:
        settings = json.loads((home / NODE_FILE).read_text(encoding="utf-8"))
        self.product = product.on_line(settings["line"])
        self.home = home
        self.port: int = settings["port"]
        self.context: str = settings["context"]
        self._usual_state: str = settings["state"]
        self.install = install
        self.database = Database(**settings["database"])
        self.tokens = Tokens(self.database, product)
        self.sessions = Sessions(lambda: self.behaviour.session_timeout_seconds)
        self.messages = Messages(Path(settings["members_file"]).with_name("sessions-ended"), settings["name"])
        self.clear_all = ClearAll(self, self.product.pages.clear_all)
        self.admin_calls = AdminCalls(self, self.product.pages.admin_calls)
        self._name: str = settings["name"]
        self._users = TextsByName(Path(settings["users_file"]))
        self._renamed = TextsByName(Path(settings["users_file"]).with_name("renamed.json"))
        self._members_file = Path(settings["members_file"])
        self._began = time.monotonic()
        self._may_hang = self.behaviour.next_start_hangs
        self._token_cache = TokenCache(home / "stand-in-token-cache.json")
        self._rotation_cache = RotationCache()
        self._session_files = {"sessions_outlive_restart": home / "stand-in-sessions.json"}
        if product.persisted_sessions:
            self._session_files["persist_sessions"] = install / product.persisted_sessions
        for path in self._wanted_session_files():
            self.sessions.load(path)

    @property
    def behaviour(self) -> Behaviour:
        """The wishes of the moment."""
        return Behaviour.read(self.home)

    @property
    def state(self) -> str:
        """STARTING, or the state of a node that is up."""
        behaviour = self.behaviour
        hangs = behaviour.never_running or (self._may_hang and behaviour.next_start_hangs)
        if hangs or time.monotonic() - self._began < behaviour.start_seconds:
            return STARTING
        return behaviour.running_state or self._usual_state

    @property
    def takes_form(self) -> bool:
        """Whether the form signs in."""
        behaviour = self.behaviour
        return (behaviour.legacy_mode or not self.product.pages.sign_in_json) and not behaviour.single_sign_on

    def knows(self, user: str, password: str) -> bool:
        """Whether that is the user's password."""
        users = self._users()
        return user in users and users[user] == password

    def sign_in(self, user: str, password: str, remember_me: bool, reply: Reply) -> str:
        """Sign the user in and hand out the cookies; returns one of the three words above."""
        behaviour = self.behaviour
        if behaviour.asks_captcha or not self.knows(user, password):
            self._give_reason(reply, "AUTHENTICATION_DENIED" if behaviour.asks_captcha else "AUTHENTICATED_FAILED")
            LOG.warning("%s is refused", user)
            return REFUSED
        if behaviour.asks_second_step:
            return SECOND_STEP
        self._give_session(user, reply)
        if (remember_me or self.product.cookies.always_remembers) and not behaviour.remember_me_off:
            value = self.tokens.make(user)
            self._rotation_cache.remember(value, user)
            self._give_token(value, reply)
        self._give_reason(reply, "OK")
        return SIGNED_IN

    def user_of(self, cookies: t.Mapping[str, str], reply: Reply) -> str:
        """Whom the cookies sign in ('' = nobody), as the products find out: the session first, then the remember-me token."""
        if not self.behaviour.deaf:
            for ended in self.messages.new():
                self._end_here(ended)
        session_user = None if self.behaviour.ignores_session else self.sessions.user_of(cookies.get(self.product.cookies.session, ""))
        if session_user:
            return session_user
        value = cookies.get(self.product.cookies.remember_me, "")
        user, successor = self._use_token(value) if value else ("", "")
        if user:
            self._give_session(user, reply)
            self._give_reason(reply, "OK")
            if successor:
                self._give_token(successor, reply)
        elif value:
            self._give_reason(reply, "AUTHENTICATED_FAILED")
            self._empty_cookie(reply, self.product.cookies.remember_me)
        elif session_user is None:
            self._give_session("", reply)
        return user

    def sign_out(self, cookies: t.Mapping[str, str], reply: Reply) -> None:
        """End the session and delete the token of these cookies."""
        names = self.product.cookies
        self.sessions.forget(cookies.get(names.session, ""))
        self.tokens.forget(cookies.get(names.remember_me, ""))
        for name in (names.session, names.remember_me):
            self._empty_cookie(reply, name)

    def note_alive(self) -> None:
        """Note that this node is alive, again and again; a database that does not answer keeps no node from serving."""
        while True:
            try:
                self.tokens.note_alive(self._name)
            except Exception:
                LOG.exception("no heartbeat")
            time.sleep(HEARTBEAT)

    def members(self, authorization: str) -> list[str] | None:
        """The nodes of the cluster, for who has the token of an administrator; None for others."""
        known = json.loads(self._members_file.read_text(encoding="utf-8"))
        if authorization != f"Bearer {known['admin_token']}" or self.behaviour.token_expired:
            return None
        return t.cast("list[str]", known["nodes"])

    @property
    def users(self) -> list[str]:
        """The login names of all users."""
        return list(self._users())

    def end_sessions(self, user: str, authorization: str) -> int:
        """End the sessions of the user here, and tell the other nodes; returns the status of the answer."""
        if self.members(authorization) is None:
            return 401
        if user not in self._users():
            return 404
        self._end_here(user)
        self.messages.tell(user)
        return 204

    def _end_here(self, user: str) -> None:
        self.sessions.end(user, *(old for old, new in self._renamed().items() if new == user))

    def stop(self) -> None:
        """As a servlet container stops: what is to be persisted is written."""
        time.sleep(self.behaviour.stop_seconds)
        for path in self._wanted_session_files():
            self.sessions.save(path)

    def _use_token(self, value: str) -> tuple[str, str]:
        """Whom it signs in, and its successor where there is one; the lies of a cache come after the truth of the database."""
        user, successor = self.tokens.use(value)
        behaviour = self.behaviour
        if not user and behaviour.rotates_from_cache:
            user = self._rotation_cache.user_of(value)
            successor = self.tokens.replace(value, user) if user else ""
        self._rotation_cache.remember(successor, user)
        if not behaviour.token_cache:
            return user, successor
        if user:
            self._token_cache.remember(value, user)
        return user or self._token_cache.user_of(value), successor

    def _wanted_session_files(self) -> list[Path]:
        behaviour = self.behaviour
        return [path for wish, path in self._session_files.items() if getattr(behaviour, wish)]

    def _give_session(self, user: str, reply: Reply) -> None:
        self._set_cookie(reply, self.product.cookies.session, self.sessions.make(user))

    def _give_token(self, value: str, reply: Reply) -> None:
        names = self.product.cookies
        self._set_cookie(reply, names.remember_me, value, f"; Max-Age={names.remember_me_seconds}")

    def _give_reason(self, reply: Reply, reason: str) -> None:
        if self.product.pages.reason_header:
            reply.add(self.product.pages.reason_header, reason)

    def _set_cookie(self, reply: Reply, name: str, value: str, life: str = "") -> None:
        reply.add("Set-Cookie", f"{name}={value}; Path={self.context or '/'}{life}; HttpOnly{self.behaviour.cookie_attributes}")

    def _empty_cookie(self, reply: Reply, name: str) -> None:
        self._set_cookie(reply, name, "", "; Max-Age=0")


class TextsByName:
    """A file that the nodes share, which is read anew when it has changed; where there is none, it is empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[tuple[int, int], dict[str, str]] = ((0, 0), {})

    def __call__(self) -> dict[str, str]:
        """What it holds now."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return {}
        as_it_is = (found.st_ino, found.st_mtime_ns)
        if self._seen[0] != as_it_is:
            self._seen = (as_it_is, json.loads(self._path.read_text(encoding="utf-8")))
        return self._seen[1]


class Messages:
    """What the nodes tell each other: whose sessions have ended. A line for each in a file that they share, read from where one was."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        self._lock = threading.Lock()
        self._read = path.stat().st_size if path.exists() else 0

    def tell(self, user: str) -> None:
        """Tell the others."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([self._name, user]) + "\n")

    def new(self) -> list[str]:
        """Whom others have told of since the last look."""
        if not self._path.exists() or self._path.stat().st_size == self._read:
            return []
        with self._lock, self._path.open("rb") as file:
            file.seek(self._read)
            whole = file.read().rpartition(b"\n")[0]
            self._read += len(whole) + 1 if whole else 0
            told = [json.loads(line) for line in whole.splitlines()]
        return [user for name, user in told if name != self._name]


class TokenCache:
    """The lie of a node that remembers tokens by itself: in a file, so that it survives the purge and the restart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def remember(self, value: str, user: str) -> None:
        """Keep a token that was good."""
        with self._lock:
            write_atomically(self._path, json.dumps({**self._read(), value: user}))

    def user_of(self, value: str) -> str:
        """The user of a token that once was good, ''."""
        return self._read().get(value, "")

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        rows: dict[str, str] = json.loads(self._path.read_text(encoding="utf-8"))
        return rows


class RotationCache:
    """Tokens that this process handed out, with their users: what an old process may still believe in after the purge."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users: dict[str, str] = {}

    def remember(self, value: str, user: str) -> None:
        """Keep a token that was handed out; '' is none."""
        if value:
            with self._lock:
                self._users[value] = user

    def user_of(self, value: str) -> str:
        """The user of a token that this process handed out, ''; only once, because its successor comes in its place."""
        with self._lock:
            return self._users.pop(value, "")
