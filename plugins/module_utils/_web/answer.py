# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a page answers: status, headers, cookies, body. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookies import SetCookie


class Answer(t.NamedTuple):
    """What came back; the names of ``headers`` are in lower case."""

    status: int
    headers: t.Mapping[str, str]
    cookies: tuple[SetCookie, ...]
    body: str

    @property
    def location(self) -> str:
        """Where a redirect leads to, '' for every other answer."""
        return self.headers.get("location", "") if 300 <= self.status < 400 else ""
