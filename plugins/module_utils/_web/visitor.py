# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom the page that names the user names, and what nobody looks like there. Pure."""

from __future__ import annotations

import typing as t
from urllib.parse import unquote

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Web
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.answer import Answer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.redirect import Redirect

# what a header says in place of a user's name
_ANONYMOUS = "anonymous"
_LONGEST_NAME = 255
EMPTY = "an empty page"


class Visitor(t.NamedTuple):
    """Who is seen: ``user``, or what ``nobody`` looks like; neither: the answer tells nothing."""

    user: str
    nobody: str


def visitor_in(web: Web, answer: Answer, asked: str, hosts: t.Collection[str]) -> Visitor:
    """Who is signed in by this answer of the page ``asked``. A status code alone names nobody: see ``is_nobody``."""
    named = unquote(answer.headers.get(web.whoami_header, ""))
    if named not in ("", _ANONYMOUS) and _is_name(named):
        return Visitor(named, "")
    if answer.status == 200:
        text = answer.body.strip()
        if not text:
            return Visitor("", EMPTY)
        return Visitor(text if _is_name(text) else "", "")
    if answer.status in (401, 403):
        return Visitor("", f"status {answer.status}")
    redirect = Redirect(answer.location, asked, hosts)
    return Visitor("", f"a redirect to {redirect.target}" if redirect.is_off_to_a_sign_in else "")


def is_nobody(visitor: Visitor, before: str) -> bool:
    """Whether the page says that nobody is signed in: empty, or as it answered a visitor without any cookie before the act.

    A proxy may refuse everybody, or send everybody off: what was not seen before may hide a session that lives.
    """
    return not visitor.user and bool(visitor.nobody) and visitor.nobody in (EMPTY, before)


def _is_name(text: str) -> bool:
    return len(text) <= _LONGEST_NAME and text.isprintable() and "<" not in text and not text.startswith(("{", "["))
