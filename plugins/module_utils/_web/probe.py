# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``session_probe`` does in each of its modes."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.browser import Browser
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import product_of, site_of


def probe(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What the module returns; raises SessionsError."""
    browser = Browser(product_of(options), site_of(options), options["session_cookie"], options["remember_me_cookie"])
    if options["mode"] == "asked":
        nobody, doors, rows = browser.try_given(options["proof_cookies"], options["node"])
        return {"changed": False, "nobody": nobody, "doors": doors, "cookies": rows}
    if options["mode"] == "sign_in":
        cookies = browser.sign_in(options["username"], options["password"], options["node"])
        return {"changed": True, "rehearsed": True, "cookies": cookies}
    return {"changed": False, **browser.replay(options["cookies"])._asdict()}
