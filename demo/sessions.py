# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in's sessions: in the memory of one node, with a time-out; on wish written to disk at a stop and loaded at a start."""

from __future__ import annotations

import json
import secrets
import threading
import time
import typing as t
from pathlib import Path

from demo.disk import write_atomically


class Sessions:
    """Session id -> user ('' = anonymous) and the moment of the last request. ``timeout`` tells the seconds that hold now."""

    def __init__(self, timeout: t.Callable[[], float]) -> None:
        self._timeout = timeout
        self._lock = threading.Lock()
        self._rows: dict[str, tuple[str, float]] = {}

    def make(self, user: str) -> str:
        """A new session."""
        identifier = secrets.token_hex(16).upper()
        with self._lock:
            self._rows[identifier] = (user, time.time())
        return identifier

    def user_of(self, identifier: str) -> str | None:
        """The session's user; None when there is no such session, or no more. To ask is to use it."""
        with self._lock:
            user, used = self._rows.get(identifier, ("", 0.0))
            if time.time() - used > self._timeout():
                self._rows.pop(identifier, None)
                return None
            self._rows[identifier] = (user, time.time())
            return user

    def forget(self, identifier: str) -> None:
        """Sign-out."""
        with self._lock:
            self._rows.pop(identifier, None)

    def end(self, *users: str) -> None:
        """End every session of the user, by all names that it was begun with."""
        with self._lock:
            self._rows = {identifier: row for identifier, row in self._rows.items() if row[0] not in users}

    def save(self, path: Path) -> None:
        """As Tomcat does at a clean stop."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            write_atomically(path, json.dumps(self._rows))

    def load(self, path: Path) -> None:
        """As Tomcat does at a start, which then removes the file."""
        if path.exists():
            rows = json.loads(path.read_text(encoding="utf-8"))
            with self._lock:
                self._rows.update({name: (user, used) for name, (user, used) in rows.items()})
            path.unlink()
