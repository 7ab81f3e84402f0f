# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long something may take. Pure."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

# what Linux waits for is counted in milliseconds, in 32 bits: 24 days
WEEK = 604_800


def check_seconds(name: str, seconds: float) -> None:
    """Raises SessionsError where an option that limits a time gives none, or more than can be meant."""
    if not 0 < seconds <= WEEK:
        raise SessionsError(f"{name} is a number of seconds, more than 0 and {WEEK} (a week) at most: not {seconds:g}. Nothing was done.")
