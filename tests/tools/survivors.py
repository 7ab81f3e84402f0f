# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why no test needs to see a change that lived. Pure.

What is written in survivors.toml, what is the wording of a sentence alone, and what is as false as what was there.
"""

from __future__ import annotations

import re
import tomllib
import typing as t
from itertools import zip_longest

WORDING = "the wording alone; that it is said, and when, is tested"
FOR_CHECKERS = "a cast tells a type checker of a type, and does nothing"
AS_FALSE = "what is not there is as false as an empty text, and nobody reads more of it: another text in its place is seen"
# two words, or what stands between two
_WORDS = re.compile(r"[A-Za-z] [A-Za-z]|^[,;] $")
_CAST = re.compile(r"""t\.cast\(("[^"]*"|None), """)
_DOING = re.compile(r"""(\.connect\()"[^"]* [^"]*", """)
_FULL_STOP = re.compile(r"""(rstrip\(["'])XX\.XX(["']\))""")


class Change(t.NamedTuple):
    """A line of a file, as it was and as a mutant has it. ``file``: the room and the file."""

    file: str
    before: str
    after: str

    @property
    def in_words(self) -> str:
        """As it is listed."""
        return f"`{self.before}` became `{self.after}`"


class Reason(t.NamedTuple):
    """Why changes of one line are no hole. ``after``: a regular expression that is found in what the line became."""

    file: str
    before: str
    after: str
    because: str

    def holds(self, change: Change) -> bool:
        """Whether it explains this change."""
        return (self.file, self.before) == change[:2] and bool(re.search(self.after, change.after))


def read_reasons(text: str) -> list[Reason]:
    """The reasons of survivors.toml: by file, an array of tables ``before``, ``after`` and ``because``."""
    return [Reason(file, **one) for file, rows in tomllib.loads(text).items() for one in rows]


def explain(change: Change, reasons: t.Iterable[Reason]) -> str:
    """Why it is no hole, '' where nobody has said so."""
    found = next((one.because for one in reasons if one.holds(change)), "")
    if found:
        return found
    kinds = {WORDING: is_wording, AS_FALSE: is_as_false, FOR_CHECKERS: is_cast}
    return next((because for because, is_it in kinds.items() if is_it(change.before, change.after)), "")


def unused(reasons: t.Iterable[Reason], changes: t.Collection[Change]) -> list[Reason]:
    """The reasons that explain none of the changes."""
    return [one for one in reasons if not any(map(one.holds, changes))]


def is_wording(before: str, after: str) -> bool:
    """Whether only a text between quotes was changed, in mutmut's ways (XX around it, other case), and it is one that people read.

    So is the full stop that is taken from the end of a sentence, and what a connection is opened to do, which is said when it fails.
    """
    if before != after and _DOING.sub(r"\1None, ", before, count=1) == after:
        return True
    if before != after and _FULL_STOP.sub(r"\1.\2", after, count=1) == before:
        return True
    if after.replace("XX", "").casefold() != before.replace("XX", "").casefold():
        return False
    pairs = enumerate(zip_longest(before, after))
    begin = next((place for place, (one, other) in pairs if one != other), len(before))
    left = max(before.rfind(quote, 0, begin) for quote in "\"'")
    ends = [place for quote in "\"'" if (place := before.find(quote, max(begin, left + 1))) >= 0]
    return left >= 0 and bool(ends) and bool(_WORDS.search(before[left + 1 : min(ends)]))


def is_cast(before: str, after: str) -> bool:
    """Whether only the type was changed that a cast names."""
    return before != after and _CAST.sub("", before) == _CAST.sub("", after)


def is_as_false(before: str, after: str) -> bool:
    """Whether only the empty text became None, or was left out, that ``get`` gives for what is not there."""
    places = [found.end() for found in re.finditer(r"\.get\((?:[^()]|\([^()]*\))*, (?=\"\"\))", before)]
    return any(after == before[:place] + instead + before[place + 2 :] for place in places for instead in ("None", ""))
