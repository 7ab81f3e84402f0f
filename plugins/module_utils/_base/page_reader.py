# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page of others, taken apart in a time that grows with its length alone. Pure.

That of Python's ``html.parser`` grows with the square or worse (a page of a megabyte would hold a module for days), and some pages end it
with an error.
"""

from __future__ import annotations

import re
import typing as t
from html import unescape

# whatever begins here ends here, at the end of the page at the latest: nothing is looked through a second time
_MARK = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<[!?][^>]*(?:>|\Z)"
    r"|<(?P<end>/?)(?P<tag>[A-Za-z][^\s/>]*)"
    r"(?P<attributes>(?:=\s*(?:\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z))|=(?!\s*[\"'])|[^>=])*)(?P<closed>>|\Z)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([^\s/=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'][^\s]*)))?")
# what they hold is no part of the page
_RAW = {tag: re.compile(rf"</{tag}(?=[\s/>])|\Z", re.IGNORECASE) for tag in ("script", "style")}
# no character has such a number; Python refuses to read one of some thousand digits
_NO_CHARACTER = re.compile(r"&#(?:[0-9]{9,}|[xX][0-9A-Fa-f]{9,});?")


class PageReader:
    """Calls its methods for each tag and each text of a page, in their order; names of tags and attributes in lower case."""

    def feed(self, page: str) -> None:
        """Take the page apart. A tag that is never closed is none."""
        position = 0
        while found := _MARK.search(page, position):
            self._tell(page[position : found.start()])
            position = self._take(found, page)
        self._tell(page[position:])

    def handle_starttag(self, tag: str, attributes: t.Mapping[str, str]) -> None:
        """A tag that opens; an attribute without a value has ''."""

    def handle_endtag(self, tag: str) -> None:
        """A tag that closes."""

    def handle_data(self, data: str) -> None:
        """A text between two tags; never ''."""

    def _take(self, found: re.Match[str], page: str) -> int:
        """Where to go on."""
        tag = (found["tag"] or "").lower()
        if not tag or not found["closed"]:
            return found.end()
        if found["end"]:
            self.handle_endtag(tag)
            return found.end()
        self.handle_starttag(tag, _attributes_in(found["attributes"]))
        ends = _RAW[tag].search(page, found.end()) if tag in _RAW else None
        return ends.start() if ends else found.end()

    def _tell(self, text: str) -> None:
        if text:
            self.handle_data(_read(text))


def _attributes_in(text: str) -> dict[str, str]:
    return {name.lower(): _read(double or single or bare) for name, double, single, bare in _ATTRIBUTE.findall(text)}


def _read(text: str) -> str:
    return unescape(_NO_CHARACTER.sub("\ufffd", text))
