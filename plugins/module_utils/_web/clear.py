# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has the product itself delete every token, by the way that it has."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.administrator import by_password
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.clear_all import clear_all
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.clear_calls import check_calls, clear_by_calls
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import product_of, site_of


def clear_or_ask(options: t.Mapping[str, t.Any], check_mode: bool) -> str:
    """Of the module's options: the address that did it. In check mode '', after asking what can be asked: of a page nothing can.

    Raises SessionsError.
    """
    product, site = product_of(options), site_of(options)
    username, password = options["username"], options["password"]
    if not product.clear_calls:
        return "" if check_mode else clear_all(product, site, username, password)
    authorization = by_password(username, password)
    if check_mode:
        check_calls(product.clear_calls, site, authorization)
        return ""
    return clear_by_calls(product.clear_calls, site, authorization, time.sleep)
