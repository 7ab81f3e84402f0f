# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rows of the token table the canary's own cookies name: where they are not, it is another table than the one the nodes use. Pure."""

from __future__ import annotations

import re
import typing as t
from base64 import b64decode
from urllib.parse import unquote

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookie_rows import REMEMBER_ME

Rows = t.Sequence[t.Mapping[str, t.Any]]

_SECRET = "[0-9a-f]{40}"  # noqa: S105  the form of one
_KEY = re.compile(rf"([1-9][0-9]{{0,17}}):{_SECRET}")
_SERIES = re.compile(rf"({_SECRET}):{_SECRET}")


def expected_tokens(nodes: t.Sequence[str], hostvars: t.Mapping[str, t.Mapping[str, t.Any]], product: str) -> list[dict[str, str]]:
    """``node`` and ``token`` (key, or series, of its row) of each node whose one remember-me cookie was seen to work last.

    Nothing of a node that was down when it was last looked at: what it took before may be deleted since, by an earlier start. Nothing of a
    cookie whose form is not that of the product: it is not known which row is its.
    """
    form = product_named(product).web.remember_me_form
    asked = [node for node in nodes if hostvars[node]["__force_reauth_turn"].get("running")]
    named = {
        node: _named(form, _working(hostvars[node]["__force_reauth_cookies"], hostvars[node]["__force_reauth_controls"])) for node in asked
    }
    return [{"node": node, "token": token} for node, token in named.items() if token]


def _working(cookies: Rows, controls: Rows) -> str:
    """The value of the remember-me cookie, '' where there are several, or it opened no door to this start when it was last sent."""
    values = [row["value"] for row in cookies if row["kind"] == REMEMBER_ME and row["value"]]
    seen = [row["user"] for row in controls if row["kind"] == REMEMBER_ME and not row.get("begun")]
    return str(values[0]) if len(values) == 1 and seen and seen[-1] else ""


def _named(form: str, value: str) -> str:
    """The part of the cookie that its row is found by."""
    if form == "key":
        found = _KEY.fullmatch(unquote(value.strip('"')))
    elif form == "series":
        found = _SERIES.fullmatch(_unpacked(value.strip('"')))
    else:
        return ""
    return found[1] if found else ""


def _unpacked(value: str) -> str:
    try:
        return b64decode(unquote(value), validate=True).decode("ascii")
    except ValueError:
        return ""
