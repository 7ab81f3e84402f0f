# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last look at a node before the act: is it still this run's, does its process run, do the old cookies still open the door?"""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.node_gone import look_for_stopped
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.content import is_done
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.node_lock import NodeLock, Owner
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.browser import Browser
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookie_rows import CookieRow
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site


def look_before_act(
    product: Product,
    install_dir: str,
    lock: tuple[NodeLock, Owner],
    site: Site,
    node_record: t.Mapping[str, t.Any],
    cookies: list[CookieRow],
) -> dict[str, t.Any]:
    """Keys: ``process``, ``running``, ``done``, ``answers``, ``renewed``, ``unanswered``; raises SessionsError when the lock is not ours.

    A node that is down, or done, is not asked for cookies: they are dead by then, and were seen to work before. Cookies that got no answer
    are a reason in ``unanswered``, no failure: the verdict says what was not seen.
    """
    node_lock, me = lock
    node_lock.check_mine(me)
    gone = look_for_stopped(product, install_dir)
    process = gone["process"]
    done = is_done(process, node_record)
    told = {"process": process, "running": not gone["ready"], "done": done, "answers": [], "renewed": [], "unanswered": ""}
    if done or gone["ready"] or not cookies:
        return told
    found = Browser(product, site).replay(cookies)
    reasons = dict.fromkeys(row["reason"].rstrip(".") for row in found.unanswered)
    return {**told, "answers": found.answers, "renewed": found.renewed, "unanswered": "; ".join(reasons)}
