# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cookies as a browser reads them (RFC 6265, section 5): whatever attributes it does not know it ignores, and keeps the cookie. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

# the characters of a cookie's name (RFC 6265), and those that can be sent back in its value
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x20-\x3a\x3c-\x7e\x80-\xff]*")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# seconds, ten years: no calendar ends by then
_OLDEST = 315_360_000
_DATE_DELIMITERS = re.compile(r"[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")


@dataclass(frozen=True)
class SetCookie:
    """A cookie of an answer, to be sent back byte for byte. ``expired``: the server took it away. ``path``: '' holds everywhere.

    ``ends``: when a browser forgets it, ISO, UTC; '' with its window, or where that is not told.
    """

    name: str
    value: str
    expired: bool
    path: str = ""
    ends: str = ""


def cookies_in(lines: t.Iterable[str], now: datetime) -> tuple[SetCookie, ...]:
    """The cookies of these Set-Cookie headers; ``now`` is the moment of the answer (UTC), by the clock that also wrote their Expires."""
    found = (_cookie(line, now) for line in lines)
    return tuple(cookie for cookie in found if cookie)


def sent_to(path: str, cookies: t.Iterable[SetCookie], name: str) -> list[SetCookie]:
    """The cookies of that name as a browser would send them to the path: the most particular one first, of one place only the last."""
    by_place = {cookie.path: cookie for cookie in cookies if cookie.name == name}
    living = [cookie for cookie in by_place.values() if not cookie.expired]
    # behind a proxy that maps paths, none may fit the path at which the node itself is asked
    fitting = [cookie for cookie in living if _reaches(cookie.path, path)] or living
    return sorted(fitting, key=lambda cookie: -len(cookie.path))


def moment_of(text: str) -> datetime | None:
    """The moment of a cookie's Expires, read as leniently as browsers do; None for what is no date."""
    found: dict[str, tuple[int, ...]] = {}
    for token in _DATE_DELIMITERS.split(text):
        for part, read in _PARTS:
            numbers = read(token) if part not in found else None
            if numbers:
                found[part] = numbers
                break
    if len(found) != len(_PARTS):
        return None
    try:
        (year,), (month,), (day,), (hour, minute, second) = (found[part] for part in ("year", "month", "day", "time"))
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None


def _cookie(line: str, now: datetime) -> SetCookie | None:
    pair, *rest = line.split(";")
    name, equals, value = (part.strip(" \t") for part in pair.partition("="))
    if not equals or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        return None
    attributes = {key.strip(" \t").lower(): text.strip(" \t") for key, _equals, text in (one.partition("=") for one in rest)}
    path = attributes.get("path", "")
    end = _end_of(attributes, now)
    expired = not value.strip('"') or (end is not None and end <= now)
    ends = f"{end:%Y-%m-%dT%H:%M:%S}.000Z" if end else ""
    return SetCookie(name, value, expired, path if path.startswith("/") else "", ends)


def _end_of(attributes: t.Mapping[str, str], now: datetime) -> datetime | None:
    age = attributes.get("max-age", "")
    # as browsers do: where both stand, the age counts; what is no number is no age
    if re.fullmatch(r"-?[0-9]+", age):
        return now if age.startswith("-") else now + timedelta(seconds=min(int(age.lstrip("0")[:12] or "0"), _OLDEST))
    return moment_of(attributes.get("expires", ""))


def _reaches(place: str, path: str) -> bool:
    return path == place or path.startswith(place if place.endswith("/") else f"{place}/")


def _time(token: str) -> tuple[int, ...] | None:
    match = re.match(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D|$)", token)
    return tuple(int(one) for one in match.groups()) if match else None


def _day(token: str) -> tuple[int, ...] | None:
    match = re.match(r"(\d{1,2})(?:\D|$)", token)
    return (int(match[1]),) if match else None


def _month(token: str) -> tuple[int, ...] | None:
    word = token[:3].lower()
    return (_MONTHS.index(word) + 1,) if word in _MONTHS else None


def _year(token: str) -> tuple[int, ...] | None:
    match = re.match(r"(\d{2,4})(?:\D|$)", token)
    if not match:
        return None
    year = int(match[1])
    return (year + (1900 if 70 <= year <= 99 else 2000 if year < 70 else 0),)


# in the order in which the parts are looked for in each word
_PARTS: tuple[tuple[str, t.Callable[[str], tuple[int, ...] | None]], ...] = (
    ("time", _time),
    ("day", _day),
    ("month", _month),
    ("year", _year),
)
