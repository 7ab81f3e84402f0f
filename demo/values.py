# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How remember-me cookies are written: the parts of a row in the value, and back."""

from __future__ import annotations

import base64
import binascii
import typing as t
from dataclasses import dataclass
from urllib.parse import quote, unquote

Row = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class ValueFormat:
    """``parts`` are the words of a row, joined by colons and encoded; the row is found again by ``found_by``."""

    parts: tuple[str, ...]
    found_by: tuple[str, ...]
    encode: t.Callable[[str], str]
    decode: t.Callable[[str], str]

    def write(self, row: Row) -> str:
        """The value of the cookie."""
        return self.encode(":".join(str(row[part]) for part in self.parts))

    def read(self, value: str) -> dict[str, t.Any] | None:
        """What the row is to be found by, None for a value that is none of ours."""
        texts = self.decode(value).rsplit(":", len(self.parts) - 1)
        if len(texts) != len(self.parts):
            return None
        found = dict(zip(self.parts, texts, strict=True))
        if "id" not in found:
            return {word: found[word] for word in self.found_by}
        number = found["id"]
        if not (number.isascii() and number.isdigit() and len(number) <= 18):
            return None
        return {word: int(number) if word == "id" else found[word] for word in self.found_by}


def _encode_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decode_base64(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _encode_url(text: str) -> str:
    return quote(text, safe="")


FORMATS: t.Mapping[str, ValueFormat] = {
    "seraph": ValueFormat(("id", "token"), ("id", "token"), _encode_url, unquote),
    "series": ValueFormat(("series", "token"), ("series", "token"), _encode_base64, _decode_base64),
    "token": ValueFormat(("token",), ("token",), str, str),
    "named": ValueFormat(("login", "id", "token"), ("id", "token"), _encode_url, unquote),
}
