# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in's REST API for administrators: the end of all remember-me tokens, and of each session that it lists. As Crowd 6.0 has it."""

from __future__ import annotations

import base64
import json
import typing as t
from urllib.parse import unquote

if t.TYPE_CHECKING:
    from demo.node import Node

# of one page
MOST_SESSIONS = 3


class AdminCalls:
    """Paths below ``top``; with name and password of an administrator (Basic)."""

    def __init__(self, node: Node, top: str) -> None:
        self._node, self._top = node, top

    def answer(self, method: str, path: str, query: t.Mapping[str, str], authorization: str) -> tuple[int, str]:
        """Status and document."""
        status = self._status(authorization)
        what = (method, path.removeprefix(self._top))
        if status:
            return status, "{}"
        if what == ("GET", "/remember-me/config"):
            return 200, json.dumps({"enabled": True, "expirationPeriod": 300})
        if what == ("GET", "/sessions/user"):
            return 200, json.dumps(self._sessions(query))
        lies = self._node.behaviour.clear_all == "lies"
        if what == ("POST", "/remember-me/expire-all"):
            if not lies:
                self._node.tokens.clear_more()
            return 204, ""
        if method == "DELETE" and what[1].startswith("/sessions/"):
            if not lies:
                self._node.tokens.forget(unquote(what[1].removeprefix("/sessions/")))
            return 204, ""
        return 404, "{}"

    def _status(self, authorization: str) -> int:
        """Why nobody is answered, 0 for an administrator."""
        kind, _space, text = authorization.partition(" ")
        try:
            user, _colon, password = base64.b64decode(text).decode().partition(":") if kind == "Basic" else ("", "", "")
        except ValueError:
            return 401
        if not self._node.knows(user, password):
            return 401
        return 0 if user in self._node.behaviour.administrators else 403

    def _sessions(self, query: t.Mapping[str, str]) -> dict[str, object]:
        start, limit = int(query.get("start", 0)), min(int(query.get("limit", MOST_SESSIONS)), MOST_SESSIONS)
        rows = self._node.tokens.begun()
        values = [{"randomHash": token, "initialization": begun, "username": login} for token, begun, login in rows[start : start + limit]]
        document = {"values": values, "size": len(values), "start": start, "limit": limit, "isLastPage": start + limit >= len(rows)}
        return {"values": values} if self._node.behaviour.clear_all == "shape" else document
