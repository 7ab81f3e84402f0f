# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the product's page for administrators for the nodes of its cluster. Whatever fails is a reason, no failure."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.administrator import by_token
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.members_told import Told, members_in_page, nothing_told


def members_by_page(product: Product, site: Site, token: str) -> Told:
    """The nodes that the product's page names to an administrator."""
    page = product.members_page
    if not page:
        return nothing_told("no page of it is known to name its nodes")
    try:
        answer = site.get_as(page.path, by_token(token))
    except SessionsError as error:
        return nothing_told(str(error).rstrip("."))
    return members_in_page(page, answer.status, answer.body)
