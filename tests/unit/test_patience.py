# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time-outs that grow with a busy machine, and waits that last as long as something goes on."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from demo import patience
from demo.patience import Patience, slowness, wait_for

CHECKOUT = Path(__file__).resolve().parents[2]


class Machine:
    """Its speed and its clock, as a test wants them."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slowness = 1.0
        self.measured = 0
        self.patience = Patience(self.measure, lambda: self.now)

    def measure(self) -> float:
        self.measured += 1
        return self.slowness


@pytest.mark.parametrize(("slowness", "factor"), [(0.2, 1), (1, 1), (3.5, 3.5)])
def test_a_time_out_grows_with_a_slow_machine_and_never_shrinks(slowness: float, factor: float) -> None:
    machine = Machine()
    machine.slowness = slowness
    assert machine.patience.factor == factor


def test_the_speed_is_measured_again_after_a_while_and_the_slowest_moment_counts() -> None:
    machine = Machine()
    seen = []
    for machine.now, machine.slowness in [(0, 2), (10, 9), (31, 5), (62, 3)]:
        seen.append(machine.patience.factor)
    assert (seen, machine.measured) == ([2, 2, 5, 5], 3)


def test_a_measured_speed_is_a_positive_number() -> None:
    assert slowness() > 0


def test_what_never_comes_is_named() -> None:
    with pytest.raises(TimeoutError, match=r"waited \d+ s in vain: it comes"):
        wait_for(lambda: False, "it comes", 0.01)


def test_a_busy_machine_is_given_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = itertools.count()
    monkeypatch.setattr(patience, "patient", lambda _seconds: 3600.0)
    wait_for(lambda: next(looks) == 5, "it comes", 0)


def test_what_goes_on_is_waited_for_and_what_stands_still_is_not() -> None:
    looks, steps = itertools.count(), itertools.chain(range(20), itertools.repeat(20))
    with pytest.raises(TimeoutError):
        wait_for(lambda: next(looks) > 1000, "it comes", 0.05, lambda: next(steps))
    assert next(looks) >= 20


# a test that counts seconds by itself fails on a busy machine; less than one is there to run out
_FIXED = re.compile(
    r"\b(?:connect_)?timeout=[1-9]|request_timeout\": [1-9]|\b(?:settimeout|join|wait)\([1-9]|in_time\(.*, [1-9]"
    r"|time\.monotonic\(\) - \w+ < \d|time\.monotonic\(\) \+ \d"
)


def test_no_test_has_a_time_out_of_its_own() -> None:
    files = [path for folder in ("tests", "demo") for path in (CHECKOUT / folder).rglob("*.py") if path != Path(__file__)]
    found = [f"{path.name}: {match[0]}" for path in files for match in _FIXED.finditer(path.read_text(encoding="utf-8"))]
    clocks_are_imitated = ("test_apache.py: ", "test_haproxy.py: ", "test_gate.py: ")
    # it would count how fast the machine is, in the midst of what is asked of it
    a_node_waits = ("tokens.py: ",)
    # nobody listens where that is used; a playbook is given more by runs.py
    others = ('test_http_timeout.py: request_timeout": 1', 'test_outage.py: request_timeout": 1')
    assert [one for one in found if not one.startswith((*clocks_are_imitated, *a_node_waits, *others))] == []


@pytest.mark.parametrize(
    ("line", "fixed"),
    [
        ("process.wait(timeout=5)", True),
        ("psycopg2.connect(connect_timeout=30)", True),
        ('{"request_timeout": 10}', True),
        ("client.settimeout(10)", True),
        ("thread.join(5)", True),
        ("go.wait(60)", True),
        ("in_time(lambda: int(7), 60)", True),
        ("in_time(lambda: go.wait(patient(60)), 0.01)", False),
        ("assert time.monotonic() - began < 5", True),
        ("end = time.monotonic() + 5", True),
        ("thread.join(patient(5))", False),
        ('{"request_timeout": patient(10)}', False),
        ("go.wait(0.05)", False),
        ("site.run(gate_timeout=4)", False),
    ],
)
def test_a_time_out_of_a_test_is_known_by_how_it_is_written(line: str, fixed: bool) -> None:
    assert (_FIXED.search(line) is not None) is fixed
