# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has the product itself delete every token, by the way that it has."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import check_told
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.administrator import by_password
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.clear_all import clear_all
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.clear_calls import check_calls, clear_by_calls
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import WEB_OPTIONS, product_of, site_of

CLEAR_OPTIONS: dict[str, t.Any] = {
    **WEB_OPTIONS,
    "username": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
}


def clear_or_ask(options: t.Mapping[str, t.Any], check_mode: bool) -> str:
    """Of the module's options: the address that did it. In check mode '', after asking what can be asked: of a page nothing can.

    Raises SessionsError.
    """
    product, site = product_of(options), site_of(options)
    username, password = options["username"], options["password"]
    check_told({"page": f"{site.url}{_path(product)}"}, CLEAR_OPTIONS, options)
    if not product.clear_calls:
        return "" if check_mode else clear_all(product, site, username, password)
    authorization = by_password(username, password)
    if check_mode:
        check_calls(product.clear_calls, site, authorization)
        return ""
    return clear_by_calls(product.clear_calls, site, authorization, time.sleep)


def _path(product: Product) -> str:
    """Of the page, or the first call, that does it."""
    if product.clear_calls:
        return product.clear_calls.expire
    return product.clear_page.path if product.clear_page else ""
