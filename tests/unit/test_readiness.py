# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ready is what the product's own state, a working page and a new process say together; anything less is a no."""

from __future__ import annotations

import json

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.readiness import (
    Readiness,
    Seen,
    is_running,
    is_stopped,
    page_is_asked,
    role_in_cluster,
    state_in,
)

OLD, NEW = "boot:41:1", "boot:42:2"
READY = {
    "jira": ["RUNNING"],
    "confluence": ["RUNNING"],
    "bitbucket": ["RUNNING"],
    "bamboo": ["RUNNING", "PAUSED", "RUNNING_AS_SECONDARY"],
}
STATES = ["STARTING", "FIRST_RUN", "MAINTENANCE", "ERROR", "STOPPING", "RUNNING", "PAUSED", "RUNNING_AS_SECONDARY", "running", ""]
PAIRS = [(name, state) for name in READY for state in STATES]


def _seen(state: str, status: int = 200, page: int = 200, process: str = NEW) -> Seen:
    return Seen(process, status, json.dumps({"state": state}), page, "<html>")


@pytest.mark.parametrize(("name", "state"), PAIRS)
def test_only_the_documented_states_are_ready(name: str, state: str) -> None:
    assert is_running(PRODUCTS[name], _seen(state), OLD).ready == (state in READY[name])


@pytest.mark.parametrize("name", READY)
@pytest.mark.parametrize(
    ("seen", "saw"),
    [
        (_seen("RUNNING", status=503), " answers 503 with state RUNNING"),
        (Seen(NEW, 0, "no answer from http://n1: connection refused", 0, ""), "no answer from http://n1: connection refused"),
        (Seen(NEW, 200, "<html>RUNNING</html>", 200, ""), " answers 200 with no state"),
        (_seen("RUNNING", page=500), " answers 500"),
        (_seen("RUNNING", page=302), " answers 302"),
        (Seen(NEW, 200, '{"state": "RUNNING"}', 0, "it did not answer in time"), "state RUNNING, but it did not answer in time"),
        (_seen("RUNNING", process=""), "there is not exactly one process of this installation"),
        (_seen("RUNNING", process=OLD), "it is still the old process 41"),
    ],
)
def test_a_node_is_not_ready(name: str, seen: Seen, saw: str) -> None:
    found = is_running(PRODUCTS[name], seen, OLD)
    assert not found.ready
    assert found.saw.endswith(saw)


def test_a_node_is_ready_and_says_by_what() -> None:
    assert is_running(PRODUCTS["jira"], _seen("RUNNING"), OLD) == Readiness(True, "RUNNING", "state RUNNING, process 42")


def test_a_secondary_is_not_asked_for_its_pages() -> None:
    bamboo = PRODUCTS["bamboo"]
    assert not page_is_asked(bamboo, 200, "RUNNING_AS_SECONDARY")
    assert is_running(bamboo, _seen("RUNNING_AS_SECONDARY", page=0), OLD).ready
    assert page_is_asked(bamboo, 200, "RUNNING")


@pytest.mark.parametrize(
    ("page", "process", "ready", "saw"),
    [
        (200, NEW, True, "/rest/applinks/1.0/manifest answers 200, process 42"),
        (503, NEW, False, "/rest/applinks/1.0/manifest answers 503"),
        (0, NEW, False, "connection refused"),
        (200, "", False, "it answers, but there is not exactly one process of this installation"),
        (200, OLD, False, "it answers, but it is still the old process 41"),
    ],
)
def test_without_a_status_page_a_working_page_decides(page: int, process: str, ready: bool, saw: str) -> None:
    seen = Seen(process, 0, "", page, "connection refused" if not page else "<manifest/>")
    assert is_running(PRODUCTS["fisheye"], seen, OLD) == Readiness(ready, "", saw)


@pytest.mark.parametrize(
    ("name", "state", "role"),
    [
        ("bamboo", "RUNNING", "primary"),
        ("bamboo", "PAUSED", "primary"),
        ("bamboo", "RUNNING_AS_SECONDARY", "secondary"),
        ("bamboo", "STARTING", ""),
        ("bamboo", "", ""),
        ("jira", "RUNNING", ""),
        ("fisheye", "", ""),
    ],
)
def test_the_state_tells_the_part_in_a_cluster_of_unlike_nodes(name: str, state: str, role: str) -> None:
    assert role_in_cluster(PRODUCTS[name], state) == role


@pytest.mark.parametrize("body", ["", "RUNNING", "[]", "null", '{"state": 1}', '{"state": null}', '{"status": "RUNNING"}', '"state"'])
def test_a_body_without_a_state_has_none(body: str) -> None:
    assert state_in(body) == ""


def test_a_node_is_stopped_when_no_process_is_left() -> None:
    assert is_stopped([]).ready
    assert is_stopped([OLD, NEW]) == Readiness(False, "", "process 41, 42 is still there")
