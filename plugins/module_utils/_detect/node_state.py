# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a node: its process and its pages."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.process import find_processes
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web import readiness
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site


def look_for_running(product: Product, install_dir: str, site: Site, old_process: str) -> dict[str, t.Any]:
    """Is the node ready? Keys: ``ready``, ``status``, ``process``, ``http_status``, ``saw``."""
    processes = find_processes(product, install_dir)
    status_code, status_body = _page(site, product.web.status_path) if product.web.status_path else (0, "")
    page_wanted = readiness.page_is_asked(product, status_code, readiness.state_in(status_body))
    page_code, page_body = _page(site, product.web.functional_path) if page_wanted else (0, "")
    process = processes[0].identity if len(processes) == 1 else ""
    found = readiness.is_running(product, readiness.Seen(process, status_code, status_body, page_code, page_body), old_process)
    return {"ready": found.ready, "status": found.status, "process": process, "http_status": status_code, "saw": found.saw}


def look_for_stopped(product: Product, install_dir: str) -> dict[str, t.Any]:
    """Is every process of the installation gone? The same keys; nothing is asked over HTTP."""
    identities = [process.identity for process in find_processes(product, install_dir)]
    found = readiness.is_stopped(identities)
    return {"ready": found.ready, "status": "", "process": (identities or [""])[0], "http_status": 0, "saw": found.saw}


def look_for_role(product: Product, site: Site) -> str:
    """The part of a running node in its cluster, '' when all are alike or it does not tell; nothing is asked where all are alike."""
    if not product.web.secondary_states:
        return ""
    _code, body = _page(site, product.web.status_path)
    return readiness.role_in_cluster(product, readiness.state_in(body))


def _page(site: Site, path: str) -> tuple[int, str]:
    try:
        answer = site.get(path)
    except SessionsError as error:
        return 0, str(error)
    return answer.status, answer.body
