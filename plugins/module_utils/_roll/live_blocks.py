# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route live, how far it is: whose sessions are ended, in blocks, so that a resume asks again only for what has changed since. Pure.

Users go in the order of the SHA-256 of their names. A block is a range of it; the record knows it by its bounds and by one sum over the
names within, and no name. Who was renamed, made or removed meanwhile changes the sum of a block, or lies in none.
"""

from __future__ import annotations

import bisect
import functools
import hashlib
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.live_progress import Progress, grown, place_of, progress_in

# of each request at a time: the names of a block
_LARGEST = 5000


class Block(t.TypedDict):
    """``after``, ``upto``: the bounds, SHA-256 of names ('' is the beginning); ``sha256``: of all names within; ``names``: that were asked
    for, ``unknown``: of these the product did not know; ``deletion``: the number of the deletion of tokens after which that was."""

    after: str
    upto: str
    sha256: str
    names: int
    unknown: int
    deletion: str


def rest_of(names: t.Iterable[str], blocks: t.Sequence[Block], again: t.Collection[str] = ()) -> list[str]:
    """In their order, the names that are in no block; and those of ``again``, in any case. ``blocks``: of ``valid_of``, or made since."""
    order, wanted = _Order(names), {name.lower() for name in again}
    done = {place for block in order.unchanged(blocks) for place in order.within(block["after"], block["upto"])}
    return [name for place, name in zip(order.places, order.names) if place not in done or name.lower() in wanted]


def valid_of(names: t.Iterable[str], blocks: t.Sequence[Block], deletion: str) -> list[Block]:
    """The blocks that were done after this very deletion, and whose names are as they were; a record of before has no number: none."""
    return _Order(names).unchanged([block for block in blocks if deletion and block.get("deletion") == deletion])


def block_of(names: t.Iterable[str], part: t.Sequence[str], unknown: int, deletion: str) -> Block:
    """The block of a part of ``rest_of`` the names, whose sessions are ended by now."""
    order = _Order(names)
    after, upto = order.before(place_of(part[0])), place_of(part[-1])
    return {
        "after": after,
        "upto": upto,
        "sha256": order.sum_of(after, upto),
        "names": len(part),
        "unknown": unknown,
        "deletion": deletion,
    }


def noted_block(names: t.Iterable[str], rest: t.Sequence[str], noted: t.Any, deletion: str) -> list[Block]:
    """The block that a killed start had begun, of the note on its node; none where that does not fit to who is still to do.

    ``rest``: as that start had it, in which ``noted`` counts from the first of its block. ``deletion``: after which it was noted.
    """
    progress = progress_in(noted)
    if not progress or not progress["names"]:
        return []
    begin = next((number for number, name in enumerate(rest) if place_of(name) == progress["first"]), len(rest))
    part = rest[begin : begin + progress["names"]]
    seen: Progress | None = functools.reduce(lambda before, name: grown(before, name, True), part, None)
    return [block_of(names, part, progress["unknown"], deletion)] if seen and seen["chain"] == progress["chain"] else []


def bounds_of(rest: int, parallel: int) -> list[list[int]]:
    """Where the blocks of so many users begin and end: after each the record is written, and nothing is asked meanwhile."""
    size = max(1, parallel) * _LARGEST
    return [[begin, min(rest, begin + size)] for begin in range(0, rest, size)]


def progress_line(done: int, every: int, seconds: float, before: int = 0) -> str:
    """Done of all, per second, how long still. ``seconds``: since the first of them; ``before``: how many were done already then."""
    rate = done / seconds if seconds > 0 else 0.0
    still = f", {(every - before - done) / rate:.0f} s left" if rate else ""
    return f"Ended the sessions of {before + done} of {every} users, {rate:.{0 if rate >= 10 else 1}f} per second{still}."


class _Order:
    """All names in their order."""

    def __init__(self, names: t.Iterable[str]) -> None:
        rows = sorted((place_of(name), name) for name in set(names))
        self.places = [place for place, _name in rows]
        self.names = [name for _place, name in rows]

    def within(self, after: str, upto: str) -> list[str]:
        """The places of the names above ``after``, up to and with ``upto``."""
        return self.places[bisect.bisect_right(self.places, after) : bisect.bisect_right(self.places, upto)]

    def unchanged(self, blocks: t.Iterable[Block]) -> list[Block]:
        """The blocks whose names are as they were."""
        return [block for block in blocks if self.sum_of(block["after"], block["upto"]) == block["sha256"]]

    def sum_of(self, after: str, upto: str) -> str:
        """One sum over these names."""
        return hashlib.sha256("".join(self.within(after, upto)).encode()).hexdigest()

    def before(self, place: str) -> str:
        """The place before that one, '' for the first."""
        index = bisect.bisect_left(self.places, place)
        return self.places[index - 1] if index else ""
