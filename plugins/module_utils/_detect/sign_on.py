# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the single sign-on of another server signs the users of a product in again, whose session was ended. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import FactRow, row
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.setting_lookup import Lookup
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import SignOnKeys

SignOnState = t.Literal["on", "off", "unknown"]
# no name and no password in it
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._/-]*)?")


def find_sign_on(keys: SignOnKeys, lookup: Lookup) -> tuple[dict[str, str], FactRow]:
    """``server``, its ``address`` ('' where it is not known), ``state`` (on, off or unknown), and the fact that says where it stands."""
    found = lookup.find(keys.setting).otherwise("")
    state: SignOnState = "unknown"
    if found and re.fullmatch(keys.on, found.value):
        state = "on"
    elif found.sure in ("certain", "default") and (not found.value or re.fullmatch(keys.off, found.value)):
        state = "off"
    address = lookup.find(keys.address)
    plain = address.value if address and _ADDRESS.fullmatch(address.value) else ""
    return {"server": keys.server, "address": plain, "state": state}, row("sign_on.state", found)
