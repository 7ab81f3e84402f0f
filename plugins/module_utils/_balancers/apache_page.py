# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of Apache httpd's balancer-manager (2.4), as far as it is needed: which workers there are, and how each does. Pure.

Names and states as mod_proxy_balancer writes them (modules/proxy/mod_proxy_balancer.c, proxy_util.c).
"""

from __future__ import annotations

import re
import typing as t
from urllib.parse import parse_qs, urlsplit

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.balancer import Server
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.page_reader import PageReader
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown

_HEADING = re.compile(r"Load Balancer Manager for ([^<]{0,300})</h1>")
# draining, disabled, stopped
_OUT, _CLOSED = frozenset(("Drn", "Dis", "Stop")), frozenset(("Dis", "Stop"))
# hot standby, hot spare
_BACKUP = frozenset(("Stby", "Spar"))


class Worker(t.NamedTuple):
    """A row of the page. ``url``, ``route``: of its BalancerMember; ``nonce``: what a change of its balancer has to bring, '' is none.

    ``elected``: how often it was chosen for a request. ``later``: others of its balancer are of a lower set (lbset), and it is used only
    where none of them can be.
    """

    balancer: str
    url: str
    route: str
    status: str
    busy: int
    nonce: str
    elected: int
    later: bool

    @property
    def server(self) -> Server:
        """The same as a server; it is called by its route, where it has one."""
        flags = set(self.status.split())
        serves = "Ok" in flags and not flags & _OUT
        out, closed, backup = bool(flags & _OUT), bool(flags & _CLOSED), self.later or bool(flags & _BACKUP)
        # a health check of mod_proxy_hcheck goes on by itself
        failed_after = self.elected if "Err" in flags and "HcFl" not in flags else None
        name = self.route or self.url
        return Server(self.balancer, name, self.status, self.busy, serves, serves, out, closed, backup, failed_after)

    def is_called(self, name: str) -> bool:
        """By its route, its URL, or the host (and port) in it."""
        parts = urlsplit(self.url)
        return name in (self.route, self.url, parts.netloc, parts.hostname)


def name_of_server(page: str) -> str | None:
    """By which name the server was asked, as it says itself; None where the page is no balancer-manager's."""
    found = _HEADING.search(page)
    return found[1] if found else None


def workers_in(page: str) -> list[Worker]:
    """All workers of the page, in its order. Raises SessionsError where its tables are not as they are known."""
    parser = _Tables()
    try:
        parser.feed(page)
        rows = [row for row in parser.rows if "w" in row.names]
        lowest = _lowest_sets(rows)
        return [_worker(row, row.lbset > lowest[row.names["b"]]) for row in rows]
    except (KeyError, ValueError):
        raise SessionsError("The page of the balancer-manager has another shape than that of Apache httpd 2.4.") from None


def workers_called(workers: t.Sequence[Worker], balancer: str, name: str) -> list[Worker]:
    """The worker in that balancer, or in all that have it when it is ''. Raises SessionsError where it is not there, or not one alone."""
    inside = [one for one in workers if balancer in ("", one.balancer)]
    if not inside:
        known = ", ".join(sorted({one.balancer for one in workers})) or "none at all"
        raise SessionsError(
            f"This balancer-manager has no balancer {balancer or 'with a worker'}; it has {shown(known)}. Each virtual host has its own."
        )
    found = [one for one in inside if one.is_called(name)]
    twice = sorted(one.url for one in found if sum(other.balancer == one.balancer for other in found) > 1)
    if twice:
        raise SessionsError(f"More than one worker is called {name} there: {shown(', '.join(twice))}. Give the whole URL of the one.")
    if not found:
        known = ", ".join(f"{one.balancer}/{one.url}{f' (route {one.route})' if one.route else ''}" for one in inside)
        raise SessionsError(
            f"Apache httpd knows no worker {name}{f' in balancer {balancer}' if balancer else ''}; it knows {shown(known)}."
        )
    return found


class _Row:
    """``cells``: the text of each column, by its heading; ``names``: what the link of the row asks for."""

    def __init__(self, headings: t.Sequence[list[str]]) -> None:
        self._headings = headings
        self._texts: list[list[str]] = []
        self.names: dict[str, str] = {}

    @property
    def cells(self) -> dict[str, str]:
        return dict(zip(map("".join, self._headings), map("".join, self._texts)))

    @property
    def lbset(self) -> int:
        return int(self.cells["Set"])

    def begin(self) -> None:
        self._texts.append([])

    def add(self, text: str) -> None:
        if self._texts:
            self._texts[-1].append(text)

    def link(self, href: str) -> None:
        self.names = {name: values[0] for name, values in parse_qs(urlsplit(href).query, keep_blank_values=True).items()}


class _Tables(PageReader):
    def __init__(self) -> None:
        self.rows: list[_Row] = []
        self._headings: list[list[str]] = []
        self._in_heading = self._in_row = False

    def handle_starttag(self, tag: str, attributes: t.Mapping[str, str]) -> None:
        if tag == "table":
            self._headings = []
        elif tag == "th":
            self._headings.append([])
            self._in_heading = True
        elif tag == "tr":
            self.rows.append(_Row(self._headings))
            self._in_row = True
        elif self._in_row and tag == "td":
            self.rows[-1].begin()
        elif self._in_row and tag == "a":
            self.rows[-1].link(attributes.get("href", ""))

    def handle_endtag(self, tag: str) -> None:
        self._in_heading = self._in_heading and tag != "th"
        self._in_row = self._in_row and tag != "tr"

    def handle_data(self, data: str) -> None:
        if self._in_heading:
            self._headings[-1].append(data)
        elif self._in_row:
            self.rows[-1].add(data)


def _lowest_sets(rows: t.Iterable[_Row]) -> dict[str, int]:
    """By balancer."""
    lowest: dict[str, int] = {}
    for row in rows:
        balancer = row.names["b"]
        lowest[balancer] = min(row.lbset, lowest.get(balancer, row.lbset))
    return lowest


def _worker(row: _Row, later: bool) -> Worker:
    cells, names = row.cells, row.names
    route, status, busy, elected = (cells[heading].strip() for heading in ("Route", "Status", "Busy", "Elected"))
    return Worker(names["b"], names["w"], route, status, int(busy), names["nonce"], int(elected), later)
