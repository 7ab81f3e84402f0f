# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sign-out does not end: how much of it there is, and where one ends it. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._where_to_end import END_AT

# of a product's word whose place nobody has named, and of one that an older run wrote down
_NO_PLACE = "not known here"


class Survivor(t.TypedDict):
    """``count``: -1 is not counted; ``how``: what was counted, or why it was not, ''; ``end_at``: where it is ended, in words."""

    what: str
    count: int
    how: str
    end_at: str


def survivors(survives: t.Sequence[t.Any], counted: t.Iterable[t.Mapping[str, t.Any]]) -> list[Survivor]:
    """One for each of the product's ``survives``. ``counted``: of the look at the database, empty where it was not asked."""
    found = {str(one["what"]): one for one in counted}
    return [
        {
            "what": what,
            "count": int(found.get(what, {}).get("count", -1)),
            "how": str(found.get(what, {}).get("how", "")),
            "end_at": END_AT.get(what, _NO_PLACE),
        }
        for what in map(str, survives)
    ]


def survivors_in_words(rows: t.Sequence[Survivor]) -> str:
    """In a line, with the numbers that are known."""
    return "; ".join(one["what"] + _number(one) for one in rows)


def _number(one: Survivor) -> str:
    if one["count"] >= 0:
        return f" ({one['count']})"
    return " (not counted)" if one["how"] else ""
