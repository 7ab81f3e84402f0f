# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say where a node answers, as documented in the fragment ``web``."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site

WEB_OPTIONS: dict[str, t.Any] = {
    "product": {"type": "str", "required": True},
    "url": {"type": "str", "required": True},
    "site_url": {"type": "str", "default": ""},
    "validate_certs": {"type": "bool", "default": True},
    "request_timeout": {"type": "int", "default": 10},
}


def site_of(options: t.Mapping[str, t.Any]) -> Site:
    """The node that the options name."""
    return Site(options["url"], options["site_url"], options["request_timeout"], options["validate_certs"])
