# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The products: one import and one line each. The imports are static, because a module ships only what it imports statically."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products.bamboo import BAMBOO
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products.bitbucket import BITBUCKET
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products.confluence import CONFLUENCE
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products.crowd import CROWD
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products.fisheye import FISHEYE
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products.jira import JIRA

PRODUCTS: dict[str, Product] = {product.name: product for product in (BAMBOO, BITBUCKET, CONFLUENCE, CROWD, FISHEYE, JIRA)}


def product_named(name: str) -> Product:
    """The product of that name; raises SessionsError with the list of known names."""
    if name not in PRODUCTS:
        raise SessionsError(f"The product {name!r} is not known. Known products: {', '.join(sorted(PRODUCTS))}.")
    return PRODUCTS[name]
