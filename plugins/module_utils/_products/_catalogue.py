# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The products: a function and a line each. Only the one that is named is loaded: each start of a module would pay for all of them.

The imports are written out, because a module ships only what it imports by name.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product


def product_named(name: str) -> Product:
    """The product of that name; raises SessionsError with the list of known names."""
    if name not in LOADERS:
        raise SessionsError(f"The product {name!r} is not known. Known products: {', '.join(sorted(LOADERS))}.")
    return LOADERS[name]()


def _bamboo() -> Product:
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products.bamboo import BAMBOO

    return BAMBOO


def _bitbucket() -> Product:
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products.bitbucket import BITBUCKET

    return BITBUCKET


def _confluence() -> Product:
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products.confluence import CONFLUENCE

    return CONFLUENCE


def _crowd() -> Product:
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products.crowd import CROWD

    return CROWD


def _fisheye() -> Product:
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products.fisheye import FISHEYE

    return FISHEYE


def _jira() -> Product:
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products.jira import JIRA

    return JIRA


LOADERS: t.Mapping[str, t.Callable[[], Product]] = {
    "bamboo": _bamboo,
    "bitbucket": _bitbucket,
    "confluence": _confluence,
    "crowd": _crowd,
    "fisheye": _fisheye,
    "jira": _jira,
}
