# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows in which the cookies of the canary, and what they open, travel from task to task. Pure."""

from __future__ import annotations

import typing as t

SESSION, REMEMBER_ME = "session", "remember_me"
KINDS = {SESSION: "session cookie", REMEMBER_ME: "remember-me cookie"}
"""Each kind of cookie, in words."""


class _LastingRow(t.TypedDict, total=False):
    """``ends``: when the cookie ends by its age, ISO, UTC; '' or nothing where that is not known, as of copied ones."""

    ends: str


class CookieRow(_LastingRow):
    """A cookie of the canary: ``kind`` is session or remember_me, ``node`` where it was handed out, ``value`` the secret.

    ``nobody``: how this site answers a visitor without a cookie. ``absent``: why there is no such cookie, or why it is no canary; it has
    no value then.
    """

    kind: str
    name: str
    value: str
    node: str
    nobody: str
    absent: str


COOKIE_OPTIONS: dict[str, t.Any] = {
    "kind": {"type": "str", "choices": [*KINDS], "required": True},
    "name": {"type": "str", "required": True},
    "value": {"type": "str", "required": True, "no_log": True},
    "node": {"type": "str", "required": True},
    "nobody": {"type": "str", "default": ""},
    "absent": {"type": "str", "default": ""},
    "ends": {"type": "str", "default": ""},
}
"""The argument spec of a CookieRow."""

GIVEN_OPTIONS: dict[str, t.Any] = {"name": {"type": "str", "required": True}, "value": {"type": "str", "required": True, "no_log": True}}
"""The argument spec of a cookie that a person copied from a browser."""


class GivenRow(t.TypedDict):
    """The row of a copied cookie, without its value: ``given`` is its number in the list that was given, -1 for none."""

    kind: str
    name: str
    node: str
    nobody: str
    absent: str
    given: int


class AnswerRow(t.TypedDict):
    """Whom a cookie opened the door to (``user``, '' = nobody), and whether the product took the cookie away (``emptied``)."""

    kind: str
    node: str
    user: str
    emptied: bool
    absent: str


class UnansweredRow(t.TypedDict):
    """A cookie of which was not seen whom it opens the door to, and why not: it is neither alive nor dead."""

    kind: str
    node: str
    reason: str


class Replayed(t.NamedTuple):
    """The ``answers`` on cookies; those that were ``renewed``, with the new value; and the cookies that got no answer that tells."""

    answers: list[AnswerRow]
    renewed: list[CookieRow]
    unanswered: list[UnansweredRow]


class Door(t.TypedDict):
    """Whom a copied cookie opens the door to at this node, '' for nobody; ``note``: why it was not tried."""

    name: str
    kind: str
    user: str
    note: str
