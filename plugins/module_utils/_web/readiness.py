# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a node up, or is it gone? Decided from what was seen, in one place."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.json_text import parsed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product

# what to do where a page is sent to itself at another address
OWN_ADDRESS = "give the address at which the node itself answers with force_reauth_node_url, or _site_url"


class Seen(t.NamedTuple):
    """One look at a node. A page that did not answer has status 0 and the reason as its body; ``process`` is an identity or ''.

    ``status_target``, ``page_target``: where a redirect leads to, ''. ``page_is_off``: the page's leads off to a sign-in; ``page_is_same``:
    to that page itself, at another address.
    """

    process: str
    status_code: int
    status_body: str
    page_code: int
    page_body: str
    status_target: str = ""
    page_target: str = ""
    page_is_off: bool = False
    page_is_same: bool = False


class Readiness(t.NamedTuple):
    """``status``: the product's own word, or ''; ``saw``: one sentence for people."""

    ready: bool
    status: str
    saw: str


def state_in(body: str) -> str:
    """The product's state in the JSON body of its status page, '' when there is none. The HTTP code alone is never readiness."""
    try:
        state = parsed(body)["state"]
    except (ValueError, KeyError, TypeError):
        return ""
    return state if isinstance(state, str) else ""


def role_in_cluster(product: Product, state: str) -> str:
    """'primary' or 'secondary' where the product's nodes are not alike, 'unknown' for a state that both have, else ''."""
    web = product.web
    if not web.secondary_states or state not in web.ready_states:
        return ""
    if state in web.shared_states:
        return "unknown"
    return "secondary" if state in web.secondary_states else "primary"


def page_is_asked(product: Product, status_code: int, state: str) -> bool:
    """Whether the functional page tells more: a secondary, or what may be one, leaves its pages to the primary.

    A node that says no is believed.
    """
    web = product.web
    serves = state in web.ready_states and state not in (*web.secondary_states, *web.shared_states)
    return not web.status_path or (status_code == 200 and serves)


def is_running(product: Product, seen: Seen, old_process: str) -> Readiness:
    """Ready: a ready state where there is a status page, a functional page that answers, and another process than ``old_process``.

    The state comes with 200, but for a secondary's. The page answers with 200, or by sending the visitor off to a sign-in: single sign-on
    may be the only way in.
    """
    state = state_in(seen.status_body)
    said = f"state {state}" if state else f"{product.web.functional_path} answers {seen.page_code}"
    problem = _status_problem(product, seen, state) or _page_problem(product, seen, state) or _process_problem(seen, old_process)
    if problem:
        return Readiness(False, state, problem)
    return Readiness(True, state, f"{said}, process {pid_in(seen.process)}")


def _status_problem(product: Product, seen: Seen, state: str) -> str:
    web = product.web
    if not web.status_path:
        return ""
    if not seen.status_code:
        return seen.status_body
    if seen.status_target:
        return f"{web.status_path} answers {seen.status_code} to {seen.status_target}: {OWN_ADDRESS}"
    # a node that stands by may answer with a code by which a load balancer leaves it alone
    if state not in web.ready_states or (seen.status_code != 200 and state not in web.secondary_states):
        return f"{web.status_path} answers {seen.status_code} with {f'state {state}' if state else 'no state'}"
    return ""


def _page_problem(product: Product, seen: Seen, state: str) -> str:
    if seen.page_code == 200 or seen.page_is_off or not page_is_asked(product, seen.status_code, state):
        return ""
    problem = f"{product.web.functional_path} answers {seen.page_code}" if seen.page_code else seen.page_body
    if seen.page_target:
        other_page = ", which is no sign-in: name a page that answers to everybody with force_reauth_functional_path"
        problem += f" to {seen.page_target}{f': {OWN_ADDRESS}' if seen.page_is_same else other_page}"
    return f"state {state}, but {problem}" if state else problem


def _process_problem(seen: Seen, old_process: str) -> str:
    if not seen.process:
        return "it answers, but there is not exactly one process of this installation"
    if seen.process == old_process:
        return f"it answers, but it is still the old process {pid_in(old_process)}"
    return ""


def is_stopped(processes: t.Sequence[str]) -> Readiness:
    """Stopped: no process of the installation is left, whichever it is."""
    if processes:
        return Readiness(False, "", f"process {', '.join(pid_in(one) for one in processes)} is still there")
    return Readiness(True, "", "no process is left")


def pid_in(identity: str) -> str:
    """The pid in '<boot id>:<pid>:<start ticks>'."""
    return identity.split(":")[1]
