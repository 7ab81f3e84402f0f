# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forms of a page as a browser would send them: nothing is put together from memory. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.page_reader import PageReader

# types of a field that a browser sends only when something is done with it
_NOT_SENT = ("checkbox", "radio", "file", "image", "reset", "button")


@dataclass
class Form:
    """``fields``: as they are sent, the first button that submits among them; ``action``: as it is written."""

    action: str = ""
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)
    _submits: bool = False

    def take(self, tag: str, given: t.Mapping[str, str]) -> None:
        """One input or button of the form."""
        name, kind = given.get("name", ""), given.get("type", "submit" if tag == "button" else "text").lower()
        if not name or kind in _NOT_SENT or "disabled" in given or (kind == "submit" and self._submits):
            return
        self._submits = self._submits or kind == "submit"
        self.fields[name] = given.get("value", "")


def forms_in(page: str) -> list[Form]:
    """The forms of the page, in their order."""
    return _read(page).forms


def title_of(page: str) -> str:
    """The title of the page on one line, ''."""
    return " ".join("".join(_read(page).title).split())


def path_of(action: str, asked: str, hosts: t.Collection[str]) -> str:
    """The whole path and query of a form's action on the page ``asked``; '' where it leads to another host than the site's own."""
    try:
        parts = urlsplit(urljoin(f"http://own{asked}", action))
        if parts.hostname not in ("own", *hosts) or parts.scheme not in ("http", "https"):
            return ""
    except ValueError:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _read(page: str) -> _Forms:
    parser = _Forms()
    parser.feed(page)
    return parser


class _Forms(PageReader):
    def __init__(self) -> None:
        self.forms: list[Form] = []
        self.title: list[str] = []
        self._open = self._in_title = False

    def handle_starttag(self, tag: str, attributes: t.Mapping[str, str]) -> None:
        if tag == "title":
            self._in_title = True
        elif tag == "form":
            self.forms.append(Form(attributes.get("action", ""), attributes.get("method", "get").lower()))
            self._open = True
        elif self._open and tag in ("input", "button"):
            self.forms[-1].take(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "form"
        self._in_title = self._in_title and tag != "title"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)
