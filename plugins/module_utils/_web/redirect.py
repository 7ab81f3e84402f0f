# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a redirect leads: to a sign-in, which is an answer of a working application, or to a page of one that is not up. Pure."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import urljoin, urlsplit

# the ways in which applications and identity providers name a page that signs people in
_SIGN_IN = re.compile(
    r"(?:log|sign)[-_]?(?:in|on)|/(?:idp|(?:start|sp|web)?sso|saml[\w-]*|oauth\d?|oidc|openid[\w-]*|authori[sz]\w+|adfs|cas)(?:[/.]|$)",
    re.IGNORECASE,
)
# and those in which a product names pages of its own while it cannot serve (starting, being set up, in maintenance), or somebody before it
_NOT_UP = re.compile(
    r"/(?:[\w-]*errors?|startup|starting|johnson|setup|bootstrap|maintenance|unavailable|sorry|status|offline|outage)\b", re.IGNORECASE
)
_NO_APPLICATION = re.compile(r"(?:status|maintenance|sorry|offline|outage|unavailable)\b")
_LONGEST = 200


class Redirect:
    """One redirect. ``asked``: the whole path that was asked for, and what follows it; ``hosts``: the node's own names, in lower case."""

    def __init__(self, location: str, asked: str, hosts: t.Collection[str]) -> None:
        try:
            parts = urlsplit(urljoin(f"http://own{asked}", location))
            self._host = "" if parts.hostname in (None, "own", *hosts) else str(parts.hostname)
            # a session that is written into the path is another one each time, as what follows the question mark is
            self._path = re.sub(r";[^/]*", "", parts.path) or "/"
        except ValueError:
            self._host, self._path = "", ""
        self._asked = asked.partition("?")[0]

    @property
    def target(self) -> str:
        """Host (where it is another one) and path, as far as they are shown and compared."""
        return re.sub(r"[^\x21-\x7e]", "?", f"{self._host}{self._path}")[:_LONGEST]

    @property
    def is_off_to_a_sign_in(self) -> bool:
        """Another host, or a page that signs people in; never the same page by another scheme, or one that says that nothing is up."""
        if not self._path or _NOT_UP.search(self._path) or _NO_APPLICATION.match(self._host):
            return False
        return not self.is_same_page and (bool(self._host) or bool(_SIGN_IN.search(self._path)))

    @property
    def is_same_page(self) -> bool:
        """The page that was asked for, by another scheme, port or name: the container or a proxy answers, no application."""
        return self._path == self._asked
