# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a node: its process and its pages."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.belonging import check_installation, find_processes
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web import readiness
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.answer import Answer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.redirect import Redirect


class _Page(t.NamedTuple):
    """``code`` 0: it did not answer, and ``body`` says why. ``target``: where a redirect leads to; ``is_off``: to a sign-in.

    ``is_same``: to that page itself, at another address.
    """

    code: int
    body: str
    target: str = ""
    is_off: bool = False
    is_same: bool = False


_NOT_ASKED = _Page(0, "")
# seconds between two looks of one waiting
_BETWEEN = 0.25
Seen = dict[str, t.Any]


def look_for_running(product: Product, install_dir: str, site: Site, old_process: str) -> dict[str, t.Any]:
    """Is the node ready? Keys: ``ready``, ``status``, ``process``, ``http_status``, ``saw``."""
    check_installation([product], install_dir)
    processes = find_processes(product, install_dir)
    status = _status(product, site) if product.web.status_path else _NOT_ASKED
    page_wanted = readiness.page_is_asked(product, status.code, readiness.state_in(status.body))
    page = _page(site, product.web.functional_path, site.get) if page_wanted else _NOT_ASKED
    process = processes[0].identity if len(processes) == 1 else ""
    answers = (status.code, status.body, page.code, page.body, status.target, page.target, page.is_off, page.is_same)
    seen = readiness.Seen(process, *answers)
    found = readiness.is_running(product, seen, old_process)
    return {"ready": found.ready, "status": found.status, "process": process, "http_status": status.code, "saw": found.saw}


def look_until_ready(look: t.Callable[[], Seen], seconds: float, clock: t.Callable[[], float], sleep: t.Callable[[float], None]) -> Seen:
    """Look again and again for so many seconds, until what is looked for is seen; at least once. Returns the last look."""
    ends = clock() + seconds
    while True:
        seen = look()
        if seen["ready"] or clock() + _BETWEEN > ends:
            return seen
        sleep(_BETWEEN)


def look_for_role(product: Product, site: Site) -> str:
    """The part of a running node in its cluster, '' when all are alike (then nothing is asked) or it does not tell, or ``unknown``."""
    if not product.web.secondary_states:
        return ""
    page = _status(product, site)
    return readiness.role_in_cluster(product, readiness.state_in(page.body)) if page.code else "unknown"


def _status(product: Product, site: Site) -> _Page:
    return _page(site, product.web.status_path, site.get_json)


def _page(site: Site, path: str, get: t.Callable[[str], Answer]) -> _Page:
    try:
        answer = get(path)
    except SessionsError as error:
        return _Page(0, str(error))
    if not answer.location:
        return _Page(answer.status, answer.body)
    redirect = Redirect(answer.location, site.path_of(path), site.hosts)
    return _Page(answer.status, answer.body, redirect.target, redirect.is_off_to_a_sign_in, redirect.is_same_page)
