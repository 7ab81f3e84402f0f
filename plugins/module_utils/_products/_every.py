# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every product, for who does not know yet which one it is."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import LOADERS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product

PRODUCTS: t.Mapping[str, Product] = {name: load() for name, load in LOADERS.items()}
