# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends the sessions of users by the product's own call, several at a time, and as fast as the product lets it."""

from __future__ import annotations

import time
import typing as t
from urllib.parse import quote

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.json_text import parsed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import EndSessions, Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.live_note import LiveNote
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.live_progress import Progress, progress_in
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.node_lock import NodeLock, owner_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.administrator import by_password, by_token
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import product_of, site_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.parallel_requests import Names, Note, each, noted_by_nobody
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.patiently import Sleep, patiently

ADMIN_OPTIONS: dict[str, t.Any] = {
    "admin_token": {"type": "str", "no_log": True},
    "admin_username": {"type": "str"},
    "admin_password": {"type": "str", "no_log": True},
}
NOTE_OPTIONS: dict[str, t.Any] = {
    "home_dir": {"type": "path"},
    "run_id": {"type": "str"},
    "start": {"type": "dict"},
    "deletion": {"type": "str", "default": ""},
    "progress": {"type": "dict", "default": {}},
    "seconds": {"type": "float", "default": 0.0},
}
# of the action plugin alone
SHOWN_OPTIONS: dict[str, t.Any] = {"done_before": {"type": "int", "default": 0}, "of_all": {"type": "int", "default": 0}}


class Ended(t.TypedDict):
    """How many users' sessions were ended, how many of the names the product does not know, in how many seconds.

    ``progress``: the users that are done, with those of earlier calls; empty where there are none.
    """

    ended: int
    unknown: int
    seconds: float
    progress: dict[str, t.Any]


def end_or_ask(options: t.Mapping[str, t.Any], check_mode: bool) -> Ended:
    """Of the module's options: in check mode ask whether the account may do it, else do it."""
    call, site = call_of(product_of(options)), site_of(options)
    authorization = authorization_of(options)
    if check_mode:
        check_right(call, site, authorization)
        return {"ended": 0, "unknown": 0, "seconds": 0.0, "progress": {}}
    note = _noted_by_run(options) if options.get("home_dir") else noted_by_nobody
    names = Names(options["usernames"], options.get("seconds") or 0.0, progress_in(options.get("progress")))
    return end_sessions(call, site, authorization, names, options["parallel"], time.sleep, note)


def _noted_by_run(options: t.Mapping[str, t.Any]) -> Note:
    """Of a run that has the lock of the node: only while it still has it."""
    lock, me = NodeLock(options["home_dir"]), owner_of(options["run_id"], options["start"])
    paper = LiveNote(options["home_dir"], options["deletion"])

    def note(progress: Progress | None) -> None:
        lock.check_mine(me)
        if progress:
            paper.write(progress)

    return note


def authorization_of(options: t.Mapping[str, t.Any]) -> str:
    """By the token where there is one, else by name and password."""
    if options["admin_token"]:
        return by_token(options["admin_token"])
    return by_password(options["admin_username"] or "", options["admin_password"] or "")


def call_of(product: Product) -> EndSessions:
    """The product's call; raises SessionsError where none is known."""
    if not product.end_sessions:
        raise SessionsError(f"No call of {product.title} is known that ends a user's sessions without a restart. Nothing was changed.")
    return product.end_sessions


def check_right(call: EndSessions, site: Site, authorization: str) -> None:
    """Raises SessionsError unless the product says that the account may do it. Changes nothing."""
    answer = site.get_as(call.right, authorization)
    if answer.status in (401, 403):
        raise SessionsError(f"{site.url} does not accept the administrator's token, or name and password (HTTP {answer.status}).")
    if answer.status != 200:
        raise SessionsError(f"{site.url} does not tell what the administrator may do: {call.right} answers {answer.status}.")
    if call.right_at and _at(answer.body, call.right_at) is not True:
        raise SessionsError(f"{site.url} says that the account is no administrator's: it may not end the sessions of others.")


def end_sessions(call: EndSessions, site: Site, authorization: str, names: Names, parallel: int, sleep: Sleep, note: Note) -> Ended:
    """End the sessions of each of them, in ``parallel`` requests at a time; ``note`` is told how far it is, every few seconds.

    Raises SessionsError when one could not be ended, or ``note`` raises it; no other one is begun then. To do it twice harms nobody.
    """
    began = time.monotonic()
    each(site, names, parallel, lambda kept, name: _end(call, kept, authorization, name, sleep), note)
    ended, unknown = names.counts()
    return {"ended": ended, "unknown": unknown, "seconds": time.monotonic() - began, "progress": dict(names.progress() or {})}


def _end(call: EndSessions, site: Site, authorization: str, name: str, sleep: Sleep) -> bool:
    """Whether the product knows the user; raises SessionsError when it neither did it nor said so."""
    path = call.path.format(name=quote(name, safe=""))
    answer, seen = patiently(lambda: site.delete_as(path, authorization), sleep)
    if answer and (200 <= answer.status < 300 or answer.status == 404):
        return answer.status != 404
    raise SessionsError(f"The sessions of {shown(name)!r} could not be ended at {site.url}: {seen}.")


def _at(body: str, keys: t.Sequence[str]) -> t.Any:
    try:
        found = parsed(body)
        for key in keys:
            found = found[key]
    except (ValueError, KeyError, TypeError):
        return None
    return found
