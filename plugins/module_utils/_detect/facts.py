# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found out, how sure it is, and from where."""

from __future__ import annotations

import typing as t

# likely: read from a damaged file, or one of several signs; default: nothing is set, and this is what the product then does
Sure = t.Literal["certain", "likely", "default", "unknown"]


class Found(t.NamedTuple):
    """A value and its ``source``: 'path:line', 'process 123', 'default', or why it is not known. False when the value is not known.

    ``missing``: it is not known because nobody set it, and no file that could have set it is damaged. ``lost``: what could have told
    cannot be read, and another place may still tell.
    """

    value: str = ""
    sure: Sure = "unknown"
    source: str = ""
    missing: bool = False
    lost: bool = False

    def __bool__(self) -> bool:
        return self.sure != "unknown"

    def but(self, value: str) -> Found:
        """The same source, another value."""
        return self._replace(value=value)

    def otherwise(self, value: str) -> Found:
        """What the product does by itself, where nobody set anything; what is unclear stays so."""
        return Found(value, "default", "default") if self.missing else self

    def at_most(self, sure: Sure) -> Found:
        """The same, no surer than this."""
        order: list[Sure] = ["certain", "likely", "default", "unknown"]
        return self._replace(sure=max(self.sure, sure, key=order.index))


class FactRow(t.TypedDict):
    """A fact as it is returned."""

    name: str
    value: str
    sure: Sure
    source: str


def port_number(text: str) -> int:
    """The port, 0 when it is none. Digits without an end are none: Python would refuse to read them."""
    digits = text.lstrip("0")
    return int(digits) if len(digits) <= 5 and digits.isascii() and digits.isdecimal() and int(digits) < 65536 else 0


def row(name: str, found: Found) -> FactRow:
    """The fact of that name."""
    return {"name": name, "value": found.value, "sure": found.sure, "source": found.source}
