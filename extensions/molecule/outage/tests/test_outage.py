# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After an outage of one Jetty of Fisheye's shape."""

from __future__ import annotations

import typing as t

from extensions.molecule.shared import looks

testinfra_hosts = ["ansible://cluster"]


def test_the_record_says_proven_and_nobody_else_can_read_it() -> None:
    assert (looks.record()["phase"], looks.record()["route"]) == ("proven", "outage")
    assert looks.open_files() == []


def test_its_unit_is_active_with_another_process(host: t.Any) -> None:
    assert host.service("fisheye").is_running
    # the node was down at the cut-off
    assert looks.identity_before("n1") == ""
    assert host.process.get(comm="java").user == "fisheye"


def test_it_answers(host: t.Any) -> None:
    assert "<typeId>fecru</typeId>" in host.check_output("curl --silent http://127.0.0.1:8060/rest/applinks/1.0/manifest")
