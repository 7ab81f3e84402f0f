# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a node up, or is it gone? Decided from what was seen, in one place."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._product import Product


@dataclass(frozen=True)
class Seen:
    """One look at a node. A page that did not answer has status 0 and the reason as its body; ``process`` is an identity or ''."""

    process: str
    status_code: int
    status_body: str
    page_code: int
    page_body: str


@dataclass(frozen=True)
class Readiness:
    """``status``: the product's own word, or ''; ``saw``: one sentence for people."""

    ready: bool
    status: str
    saw: str


def state_in(body: str) -> str:
    """The product's state in the JSON body of its status page, '' when there is none. The HTTP code alone is never readiness."""
    try:
        state = json.loads(body)["state"]
    except (ValueError, KeyError, TypeError):
        return ""
    return state if isinstance(state, str) else ""


def role_in_cluster(product: Product, state: str) -> str:
    """'primary' or 'secondary' where the product's nodes are not alike and the state tells, else ''."""
    web = product.web
    if not web.secondary_states or state not in web.ready_states:
        return ""
    return "secondary" if state in web.secondary_states else "primary"


def is_running(product: Product, seen: Seen, old_process: str) -> Readiness:
    """Ready: a ready state with 200, a functional page with 200, and a process that is not ``old_process``."""
    state = state_in(seen.status_body)
    web = product.web
    if not seen.status_code:
        return Readiness(False, state, seen.status_body)
    if seen.status_code != 200 or state not in web.ready_states:
        return Readiness(False, state, f"{web.status_path} answers {seen.status_code} with {f'state {state}' if state else 'no state'}")
    if not seen.page_code:
        return Readiness(False, state, f"state {state}, but {seen.page_body}")
    if seen.page_code != 200:
        return Readiness(False, state, f"state {state}, but {web.functional_path} answers {seen.page_code}")
    if not seen.process:
        return Readiness(False, state, f"state {state}, but no process of this installation was found")
    if seen.process == old_process:
        return Readiness(False, state, f"state {state}, but it is still the old process {pid_in(old_process)}")
    return Readiness(True, state, f"state {state}, process {pid_in(seen.process)}")


def is_stopped(processes: t.Sequence[str]) -> Readiness:
    """Stopped: no process of the installation is left, whichever it is."""
    if processes:
        return Readiness(False, "", f"process {', '.join(pid_in(one) for one in processes)} is still there")
    return Readiness(True, "", "no process is left")


def pid_in(identity: str) -> str:
    """The pid in '<boot id>:<pid>:<start ticks>'."""
    return identity.split(":")[1]
