# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells a hook of the site. Its address may hold a secret: nothing but its host is ever shown."""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site

# seconds, from the look-up of the name to the last byte of the answer
_LONGEST = 5.0


def check_hook(url: str) -> None:
    """Raises SessionsError when that is no address of a hook; '' is none, and wanted to be none."""
    if not url:
        return
    try:
        Site(url)
    except SessionsError:
        raise SessionsError("force_reauth_notify_url is no URL: it is written https://<host>/<path>, or with http") from None


def tell_hook(url: str, body: bytes, headers: t.Mapping[str, str]) -> str:
    """Post the document; why it was not taken, ''. Never raises, and no redirect is followed."""
    try:
        parts = urlsplit(url)
        answer = Site(f"{parts.scheme}://{parts.netloc}", timeout=_LONGEST).post_signed(_path(parts.path, parts.query), body, headers)
    except (SessionsError, ValueError):
        return f"{_host(url)} did not take it within {_LONGEST:g} s, or could not be reached"
    return "" if 200 <= answer.status < 300 else f"{_host(url)} answered {answer.status}"


def _path(path: str, query: str) -> str:
    return (path or "/") + (f"?{query}" if query else "")


def _host(url: str) -> str:
    try:
        return str(urlsplit(url).hostname or "the hook")
    except ValueError:
        return "the hook"
