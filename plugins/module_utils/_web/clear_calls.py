# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has the product itself end every login, by its REST API: all remember-me tokens in one call, then each session that it lists.

The key of a listed session is a credential: it goes into the address of a call, and into no sentence.
"""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone
from itertools import islice
from urllib.parse import quote

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.json_text import parsed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import ClearCalls
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookies import moment_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.parallel_requests import Names, each, noted_by_nobody
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.patiently import Sleep, patiently

_PARALLEL = 8
# lists after the first, each of which may find what moved from page to page meanwhile
_ROUNDS = 5
_NOTHING = "Nothing was deleted."
_MOMENT = "%Y-%m-%dT%H:%M:%S.%f%z"


class _Session(t.NamedTuple):
    key: str
    begun: datetime


def check_calls(calls: ClearCalls, site: Site, authorization: str) -> None:
    """Raises SessionsError unless the product lets the account look, and answers as it is documented. Changes nothing."""
    answer = site.get_as(calls.right, authorization)
    if answer.status in (401, 403):
        raise SessionsError(f"{site.url} does not accept the administrator's name and password (HTTP {answer.status}). {_NOTHING}")
    if answer.status != 200:
        raise SessionsError(f"{site.url} does not tell what the administrator may do: {calls.right} answers {answer.status}. {_NOTHING}")
    # a list that begins anew with each page has no end: that is seen at the second
    list(islice(_pages(calls, site, authorization), 2))


def clear_by_calls(calls: ClearCalls, site: Site, authorization: str, sleep: Sleep) -> str:
    """Delete all remember-me tokens, then end the sessions of all users; returns the address of the first call.

    Who signs in after the first list was read stays signed in, by the clock that stands in the product's own answers. Raises SessionsError.
    """
    check_calls(calls, site, authorization)
    answer = site.post_as(calls.expire, authorization)
    if not 200 <= answer.status < 300:
        raise SessionsError(f"{site.url}{calls.expire} answers {answer.status}: whether the remember-me tokens are deleted is not known.")
    try:
        _end_listed(calls, site, authorization, sleep)
    except SessionsError as error:
        done = "The remember-me tokens are deleted, as it says, sessions are not all: have it done once more."
        raise SessionsError(f"{error} {done}") from error
    return f"{site.url}{calls.expire}"


def _end_listed(calls: ClearCalls, site: Site, authorization: str, sleep: Sleep) -> None:
    listed, cut_off = _listed(calls, site, authorization)
    for _round in range(_ROUNDS):
        _end(calls, site, authorization, listed, sleep)
        now, _date = _listed(calls, site, authorization)
        listed = [one for one in now if one.begun <= cut_off]
        if not listed:
            return
    raise SessionsError(f"{site.url} still lists {len(listed)} sessions of users that it said it had ended.")


def _listed(calls: ClearCalls, site: Site, authorization: str) -> tuple[list[_Session], datetime]:
    """All of them, and the moment up to which one that is found later belongs to them: of the list's end, or of its newest session."""
    found: dict[str, _Session] = {}
    moment = datetime.min.replace(tzinfo=timezone.utc)
    for page, now in _pages(calls, site, authorization):
        found.update({one.key: one for one in page})
        moment = max(moment, now, *(one.begun for one in page))
    return list(found.values()), moment


def _pages(calls: ClearCalls, site: Site, authorization: str) -> t.Iterator[tuple[list[_Session], datetime]]:
    """Page by page; raises SessionsError where one that is not the last says nothing new."""
    known: set[str] = set()
    read, last = 0, False
    while not last:
        page, last, now = _page(calls, site, authorization, read)
        if not last and {one.key for one in page} <= known:
            raise SessionsError(f"The list of sessions at {site.url} has no end: a page that it says is not the last has nothing new.")
        known.update(one.key for one in page)
        read += len(page)
        yield page, now


def _page(calls: ClearCalls, site: Site, authorization: str, start: int) -> tuple[list[_Session], bool, datetime]:
    """Sessions, whether it is the last page, and its moment."""
    answer = site.get_as(calls.sessions.format(start=start), authorization)
    try:
        document = parsed(answer.body) if answer.status == 200 else {}
        rows = [_Session(_text(row[calls.key]), _moment(row[calls.begun])) for row in document[calls.items]]
        last = document[calls.last]
    except (ValueError, KeyError, TypeError, OverflowError):
        last = None
    if not isinstance(last, bool):
        where = calls.sessions.partition("?")[0]
        raise SessionsError(f"{site.url}{where} is not the list of sessions that this product is known to give (HTTP {answer.status}).")
    return rows, last, moment_of(answer.headers.get("date", "")) or datetime.min.replace(tzinfo=timezone.utc)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("no text")
    return value


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _MOMENT).astimezone(timezone.utc)


def _end(calls: ClearCalls, site: Site, authorization: str, sessions: t.Sequence[_Session], sleep: Sleep) -> None:
    def end(kept: Site, key: str) -> bool:
        path = calls.end.format(key=quote(key, safe=""))
        answer, _seen = patiently(lambda: kept.delete_as(path, authorization), sleep)
        # one that has timed out meanwhile is not known any more
        if not answer or not (200 <= answer.status < 300 or answer.status == 404):
            what = f"answers {answer.status}" if answer else "does not answer"
            raise SessionsError(f"{site.url} {what} when a user's session is to be ended.")
        return answer.status != 404

    each(site, Names([one.key for one in sessions]), _PARALLEL, end, noted_by_nobody)
