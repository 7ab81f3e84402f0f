# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first look at a node: what is installed, who is at work on it, is it up, who is nobody there. Changes nothing."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.node_gone import look_for_stopped
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.node_reader import detect
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.node_state import look_for_running
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.node_lock import NodeLock, owner_of, told
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import product_of, site_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.probe import probe


def first_look(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What product_detect finds, with ``ready`` (of node_ready) and ``asked`` (of session_probe, where a canary is wanted).

    ``locked_by``: who is at work on the node, '' for nobody. Raises SessionsError, with a ``run_id`` also when that is another run.
    Why nobody could be told is ``msg`` in ``asked``.
    """
    found = detect(options)
    lock = NodeLock(found["home_dir"])
    if options["run_id"]:
        lock.check_free(owner_of(options["run_id"], {}), options["abandon"])
    web = {**options, "product": found["product"], "url": found["url"], "site_url": options["site_url"] or found["site_url"]}
    if found["process"]["running"]:
        _check_address(found)
        ready = look_for_running(product_of(web), found["install_dir"], site_of(web), "")
    else:
        # where a node answers that is down need not be known
        ready = {**look_for_stopped(product_of(web), found["install_dir"]), "ready": False}
    asked = _asked({**web, **_cookie_names(found)}) if options["canary"] and ready["ready"] else {}
    return {**found, "ready": ready, "asked": asked, "locked_by": _holder(lock)}


def _holder(lock: NodeLock) -> str:
    try:
        holder = lock.holder()
    except SessionsError as error:
        return f"it is not known whom: {error}"
    return told(holder) if holder else ""


def _check_address(found: t.Mapping[str, t.Any]) -> None:
    if not found["url"]:
        (why,) = (fact["source"] for fact in found["facts"] if fact["name"] == "url")
        raise SessionsError(f"Where the node itself answers is not known: {why}.")


def _asked(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    try:
        return probe({**options, "mode": "asked"})
    except SessionsError as error:
        return {"msg": str(error)}


def _cookie_names(found: t.Mapping[str, t.Any]) -> dict[str, str]:
    return {f"{kind}_cookie": name for kind, name in found["cookies"].items()}
