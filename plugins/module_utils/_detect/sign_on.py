# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the single sign-on of another server signs the users of a product in again, whose session was ended. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import FactRow, row
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.lookup import Lookup
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import SignOnKeys

SignOnState = t.Literal["on", "off", "unknown"]


def find_sign_on(keys: SignOnKeys, lookup: Lookup) -> tuple[dict[str, str], FactRow]:
    """``server`` and ``state`` (on, off or unknown), and the fact that says where it stands."""
    found = lookup.find(keys.setting).otherwise("")
    state: SignOnState = "unknown"
    if found and re.fullmatch(keys.on, found.value):
        state = "on"
    elif found.sure in ("certain", "default") and (not found.value or re.fullmatch(keys.off, found.value)):
        state = "off"
    return {"server": keys.server, "state": state}, row("sign_on.state", found)
