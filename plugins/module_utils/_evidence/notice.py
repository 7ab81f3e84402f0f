# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hook of the site is told of a run: one JSON document for each moment, and its signature. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown

FORMAT = 1
# a hook gets names whole, but for what is no name
_NAME = 300
EVENTS = ("started", "revoked", "batch", "waiting", "stopped", "verdict")
SIGNATURE = "X-Force-Reauth-Signature"
_OF_PLAN = ("run_id", "cluster", "title", "route", "nodes", "database_host", "folder")


def check_plan(plan: t.Mapping[str, t.Any]) -> None:
    """Raises SessionsError for a plan without what a hook is told of it."""
    missing = [name for name in _OF_PLAN if name not in plan]
    if missing or not isinstance(plan["nodes"], list):
        raise SessionsError(f"plan lacks {', '.join(missing) or 'a list of nodes'}: the hook was not told.")


def notice(event: str, plan: t.Mapping[str, t.Any], verdict: str, sentence: str, done: t.Sequence[str], at: str) -> bytes:
    """The document. ``plan``: as handed over by the role; ``verdict``: '' before the end; ``done``: of ``nodes_done``; no secret."""
    told = {
        "format": FORMAT,
        "event": event,
        "run_id": str(plan["run_id"]),
        "cluster": str(plan["cluster"]),
        "product": shown(plan["title"], _NAME),
        "route": str(plan["route"]),
        "nodes": [shown(node, _NAME) for node in plan["nodes"]],
        "done": [shown(node, _NAME) for node in done],
        "verdict": verdict,
        "sentence": shown(sentence),
        "record": shown(f"{plan['database_host']}:{plan['folder']}/run.json"),
        "at": at,
    }
    return json.dumps(told, sort_keys=True).encode()


def signature(key: str, body: bytes) -> str:
    """The value of the header by which a hook knows that the document is from who has the key: HMAC with SHA-256."""
    return "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
