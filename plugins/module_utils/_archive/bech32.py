# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bech32, in which age writes its keys. Pure. Source: BIP 173; age lifts its limit of length."""

from __future__ import annotations

import typing as t

_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM = 6


def bech32(prefix: str, data: bytes) -> str:
    """The bytes after the prefix (lower case), with a checksum over both."""
    values = _fives(data)
    return f"{prefix}1{''.join(_LETTERS[value] for value in [*values, *_checksum(prefix, values)])}"


def _fives(data: bytes) -> list[int]:
    """The bits in groups of five, filled up with zeros."""
    bits = "".join(f"{byte:08b}" for byte in data)
    return [int(bits[begin : begin + 5].ljust(5, "0"), 2) for begin in range(0, len(bits), 5)]


def _checksum(prefix: str, values: t.Sequence[int]) -> list[int]:
    letters = [ord(letter) for letter in prefix]
    spread = [*(letter >> 5 for letter in letters), 0, *(letter & 31 for letter in letters)]
    rest = _remainder([*spread, *values, *[0] * _CHECKSUM]) ^ 1
    return [rest >> 5 * (_CHECKSUM - 1 - place) & 31 for place in range(_CHECKSUM)]


def _remainder(values: t.Iterable[int]) -> int:
    rest = 1
    for value in values:
        top = rest >> 25
        rest = (rest & 0x1FFFFFF) << 5 ^ value
        for place, number in enumerate(_GENERATOR):
            rest ^= number if top >> place & 1 else 0
    return rest
