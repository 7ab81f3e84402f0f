# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of language and time zone that a process hands on to the one that takes its place. Pure."""

from __future__ import annotations

import re
import typing as t

_KINDS = ("CTYPE", "NUMERIC", "TIME", "COLLATE", "MONETARY", "MESSAGES", "PAPER", "NAME", "ADDRESS", "TELEPHONE", "MEASUREMENT")
LOCALE_NAMES = ("LANG", "LANGUAGE", "LC_ALL", *(f"LC_{kind}" for kind in (*_KINDS, "IDENTIFICATION")), "TZ")
# no path: what starts a script as another account reads these, too
_LOCALE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@:-]{0,99}")
_ZONE = re.compile(r":?(?:/etc/localtime|(?:/usr/share/zoneinfo/)?[A-Za-z<](?:[A-Za-z0-9_+,:<>-]|[./](?!\.)){0,99})")


def is_locale(value: object) -> bool:
    """Whether these are such variables, by their names, with values that such variables have."""
    return isinstance(value, dict) and all(_is_setting(name, one) for name, one in value.items())


def locale_in(variable: t.Callable[[str], str | None]) -> dict[str, str]:
    """Those that are set, by their names. ``variable``: the value of one, '' or None when it is not set or nobody tells."""
    told = {name: variable(name) or "" for name in LOCALE_NAMES}
    return {name: value for name, value in told.items() if _is_setting(name, value)}


def _is_setting(name: object, value: object) -> bool:
    form = _ZONE if name == "TZ" else _LOCALE
    return name in LOCALE_NAMES and isinstance(value, str) and form.fullmatch(value) is not None
