# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON of others: a document without a bottom is none, nor one with halves of characters, and ends nothing with a traceback. Pure."""

from __future__ import annotations

import json
import typing as t

# no document that is read here has ten; what walks through one may do so by calling itself
_DEEPEST = 100
_TOO_DEEP = f"it is nested deeper than {_DEEPEST} times"


def parsed(text: str | bytes) -> t.Any:
    """The document; raises ValueError where it is none, nested deeper than any that is meant, or cannot be written as UTF-8."""
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    inside = [document]
    for _level in range(_DEEPEST):
        inside = [one for outer in inside for one in _parts_of(outer)]
        if not inside:
            # half a character (\ud800) can be escaped, and be written nowhere afterwards
            json.dumps(document, ensure_ascii=False).encode()
            return document
    raise ValueError(_TOO_DEEP)


def _parts_of(value: t.Any) -> t.Iterable[t.Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
