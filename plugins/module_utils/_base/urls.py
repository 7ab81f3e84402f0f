# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of the web. Pure."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

# of an address that names none
PORTS = {"http": 80, "https": 443}


def parts_of(url: str, whose: str) -> SplitResult:
    """Its parts, a host among them; ``whose``: what is called so in the SessionsError of what is no address."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in PORTS and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise SessionsError(f"The address of the {whose} is no URL: it is written http://<host>:<port>/<context path>, or with https.")
    return parts
