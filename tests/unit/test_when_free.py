# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long is waited for what others hold."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.when_free import Clock, pauses, when_free
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import Contended


def test_pauses_grow_up_to_a_limit() -> None:
    assert list(itertools.islice(pauses(1, 5), 5)) == [1, 2, 4, 5, 5]


class Held:
    """Something that others hold until a moment, by a clock whose seconds pass while one sleeps."""

    def __init__(self, until: float) -> None:
        self.until, self.moment, self.tries = until, 100.0, 0
        self.clock = Clock(lambda: self.moment, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.moment += seconds

    def act(self) -> str:
        self.tries += 1
        if self.moment < self.until:
            raise Contended("held")
        return "done"


@pytest.mark.parametrize(("until", "tries"), [(0, 1), (100.1, 2), (100.2, 3), (101.5, 5)])
def test_what_others_hold_is_tried_again_until_it_is_free(until: float, tries: int) -> None:
    held = Held(until)
    assert (when_free(held.act, held.clock, 1.5), held.tries) == ("done", tries)


@pytest.mark.parametrize(("seconds", "waited"), [(0, 0), (0.05, 0), (0.3, 0.3), (1.4, 0.7)])
def test_no_longer_than_it_may_take(seconds: float, waited: float) -> None:
    held = Held(1000)
    with pytest.raises(Contended):
        when_free(held.act, held.clock, seconds)
    assert held.moment == pytest.approx(100 + waited)


def test_another_failure_is_not_tried_again() -> None:
    tries: list[str] = []

    def act() -> t.NoReturn:
        tries.append("once")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        when_free(act, Held(0).clock, 10)
    assert tries == ["once"]
