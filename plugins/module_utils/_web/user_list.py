# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of all users as the product itself lists them to an administrator. A list that may have an end too early is refused."""

from __future__ import annotations

import time
import typing as t
from urllib.parse import quote

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.json_text import parsed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import UserList
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import (
    UNKNOWN_OPTIONS,
    Treated,
    check_known,
    scope_of,
    treated_among,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import product_of, site_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.patiently import Sleep, patiently
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.user_sessions import authorization_of, call_of

_WAY_OUT = "Give force_reauth_database_password: then the users are read from the product's own table. Nothing was changed."

LIST_OPTIONS: dict[str, t.Any] = {
    "usernames": {"type": "list", "elements": "str"},
    "exclude_usernames": {"type": "list", "elements": "str", "default": []},
    **UNKNOWN_OPTIONS,
    "expected": {"type": "list", "elements": "str", "default": []},
}


class _Page(t.NamedTuple):
    """``more``: where the next page starts, '' after the last."""

    names: list[str]
    more: str


def listed_names(options: t.Mapping[str, t.Any]) -> Treated:
    """Of the module's options. Raises SessionsError when the list cannot be told to be complete."""
    product, site = product_of(options), site_of(options)
    scope = scope_of(options["usernames"], options["exclude_usernames"])
    names = every_name(call_of(product).users, product.title, site, authorization_of(options), time.sleep)
    place = f"The list of users at {site.url}"
    treated = treated_among(scope, names, place)
    if options["unknown_usernames"] == "refused":
        check_known(treated["unknown_users"])
    missing = [name for name in options["expected"] if name.lower() not in {one.lower() for one in names}]
    if missing:
        raise SessionsError(f"{place} is not complete: it has no {' and no '.join(map(shown, missing))}. {_WAY_OUT}")
    return treated


def every_name(pages: UserList, title: str, site: Site, authorization: str, sleep: Sleep) -> list[str]:
    """Page by page, over one connection; raises SessionsError where the end of the list is not known to be its end."""
    names: dict[str, None] = {}
    path, starts, kept = pages.path, {""}, site.kept()
    try:
        while True:
            answer, seen = patiently(lambda page=path: kept.get_as(page, authorization), sleep)  # type: ignore[misc]
            if not answer or answer.status != 200:
                raise SessionsError(_refused(pages, title, site, seen))
            page = _page_in(pages, answer.body, len(names))
            if page is None or page.more in starts - {""} or (page.names and not set(page.names) - set(names)):
                raise SessionsError(f"{site.url}{path} is not the list of users that {title} is known to give. {_WAY_OUT}")
            names.update(dict.fromkeys(page.names))
            if not page.more:
                return list(names)
            starts.add(page.more)
            path = pages.path + pages.more.format(start=quote(page.more, safe=""))
    finally:
        kept.leave()


def _refused(pages: UserList, title: str, site: Site, seen: str) -> str:
    if seen in ("HTTP 404", "HTTP 405"):
        return f"{site.url} has no list of all its users: {title} {pages.known_to} have one. {_WAY_OUT}"
    return f"{site.url} does not list its users to this administrator: {seen}. {_WAY_OUT}"


def _page_in(pages: UserList, body: str, before: int) -> _Page | None:
    """None where the document has another shape, or does not tell whether it is the last."""
    try:
        document = parsed(body)
        names = [item[pages.name] for item in document[pages.items]]
        if not all(isinstance(name, str) and name for name in names):
            return None
        if pages.last:
            ended = document[pages.last]
            return _Page(names, "" if ended is True else _start(document[pages.next])) if isinstance(ended, bool) else None
    except (ValueError, KeyError, TypeError):
        return None
    return _Page(names, str(before + len(names)) if names else "")


def _start(value: object) -> str:
    """Raises ValueError for what leads nowhere."""
    if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
        raise ValueError(value)
    return str(value)
