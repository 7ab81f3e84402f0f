# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long to wait before a request is made once more. Pure."""

from __future__ import annotations

_FIRST = 0.5
_ATTEMPTS = 6
# what a server may ask for; more is for a person to decide
_LONGEST = 120.0


def pause_before(attempt: int, status: int, retry_after: str) -> float | None:
    """Seconds before the next attempt; None when there is none to be made.

    ``attempt``: how many were made before the one that failed. ``status``: of its answer, 0 for none. ``retry_after``: that header.
    """
    if attempt + 1 >= _ATTEMPTS or not (status in (0, 429) or status >= 500):
        return None
    growing = _FIRST * 2.0**attempt
    asked = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0
    return None if asked > _LONGEST else max(growing, asked)
