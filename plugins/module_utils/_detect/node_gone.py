# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at the processes of a node that is to be down. A file of its own: who asks for no page loads nothing that asks for one."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.belonging import check_installation, find_processes
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web import readiness


def look_for_stopped(product: Product, install_dir: str) -> dict[str, t.Any]:
    """Is every process of the installation gone? Keys as of ``look_for_running``; nothing is asked over HTTP."""
    check_installation([product], install_dir)
    identities = [process.identity for process in find_processes(product, install_dir)]
    found = readiness.is_stopped(identities)
    return {"ready": found.ready, "status": "", "process": (identities or [""])[0], "http_status": 0, "saw": found.saw}
