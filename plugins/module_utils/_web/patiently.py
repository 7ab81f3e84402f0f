# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request that is made again, with growing pauses, while the node refuses it for the moment."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.answer import Answer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.pauses import pause_before

Sleep = t.Callable[[float], None]


def patiently(ask: t.Callable[[], Answer], sleep: Sleep, may_wait: t.Callable[[], bool] = lambda: True) -> tuple[Answer | None, str]:
    """The answer that ends it, or none; and what was seen last, in words. ``may_wait``: whether a pause may be made now."""
    for attempt in itertools.count():
        answer = None
        try:
            answer = ask()
            seen = f"HTTP {answer.status}"
        except SessionsError as error:
            seen = str(error).rstrip(".")
        pause = pause_before(attempt, answer.status if answer else 0, answer.headers.get("retry-after", "") if answer else "")
        if pause is None or not may_wait():
            return answer, seen
        sleep(pause)
    raise AssertionError("it is counted without an end")
