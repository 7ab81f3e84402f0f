# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one source tells of the nodes of a cluster, and what of the product's page for administrators tells them. Pure."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.json_text import parsed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import MembersPage


class Told(t.TypedDict):
    """What one source says: the ids of the nodes that are alive; where there are none, ``nodes_note`` is the reason."""

    nodes_known: list[str]
    nodes_note: str


def nothing_told(note: str) -> Told:
    """A source that does not know."""
    return {"nodes_known": [], "nodes_note": note}


def members_in_page(page: MembersPage, status: int, body: str) -> Told:
    """The nodes in the answer of the product's page."""
    if status != 200:
        return nothing_told(f"its page {page.path} answers {status}")
    try:
        document = parsed(body)
        nodes = document[page.nodes] if page.nodes else document
        named = [str(one[page.node]) for one in nodes if json.dumps(one.get(page.state)).strip('"') not in page.gone_states]
    except (ValueError, KeyError, TypeError, AttributeError):
        return nothing_told(f"its page {page.path} answers something else than a list of nodes")
    return {"nodes_known": sorted(named), "nodes_note": "" if named else f"its page {page.path} names no node"}
