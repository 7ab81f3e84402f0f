# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of keys that fit into memory at ten million rows: a table counts its keys up, so that most of them are neighbours. Pure."""

from __future__ import annotations

import typing as t
from collections import defaultdict

_WIDTH = 64
_BITS = [1 << bit for bit in range(_WIDTH)]


class KeyBits:
    """Whole numbers, as bits of words of 64: two bytes for each of many neighbours, about a hundred for one without any."""

    def __init__(self, keys: t.Iterable[int] = ()) -> None:
        self._words: dict[int, int] = defaultdict(int)
        self.add(keys)

    def add(self, keys: t.Iterable[int]) -> None:
        """Take in more of them."""
        for key in keys:
            self._words[key // _WIDTH] |= _BITS[key % _WIDTH]

    def __sub__(self, other: KeyBits) -> KeyBits:
        """Those that the other one has not."""
        left = KeyBits()
        left._words.update((word, bits & ~other._words.get(word, 0)) for word, bits in self._words.items())
        return left

    def __len__(self) -> int:
        """How many there are."""
        return sum(bin(bits).count("1") for bits in self._words.values())
