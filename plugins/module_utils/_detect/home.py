# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the home folder of an installation is. A file of its own: who asks for processes needs no more of what the files say."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import Found
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.setting_lookup import Lookup, Node
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import DEFAULT, Product


def find_home(product: Product, install: str, node: Node) -> Found:
    """The home folder: from the process, else from the files, else the usual one."""
    return Lookup(node, {"install": install}, product=product.name).find(product.files.home)


def usual_home(product: Product, install: str, node: Node) -> Found:
    """The home folder that the product takes where nothing names one; missing where it takes none."""
    usual = tuple(place for place in product.files.home if place.where == DEFAULT)
    return Lookup(node, {"install": install}, product=product.name).find(usual)
