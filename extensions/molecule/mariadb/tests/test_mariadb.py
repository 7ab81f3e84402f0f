# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a roll over three Tomcats of Bamboo's shape."""

from __future__ import annotations

import typing as t

from extensions.molecule.shared import looks

testinfra_hosts = ["ansible://cluster"]
JVM = "-Dcatalina.base=/opt/atlassian/bamboo "


def test_the_record_says_proven_and_that_the_primary_came_last() -> None:
    assert looks.record()["phase"] == "proven"
    assert looks.record()["nodes"] == ["n2", "n3", "n1"]
    assert looks.open_files() == []


def test_its_unit_is_active_with_another_process(host: t.Any) -> None:
    assert host.service("bamboo").is_running
    assert looks.identity_now(host, JVM) != looks.identity_before(str(host.backend.get_hostname()))
    assert host.process.get(ppid=1, comm="java").user == "bamboo"


def test_no_token_is_left_of_before() -> None:
    assert looks.record()["revoked"]["rows"] >= 3, "the proof account had one for each node"
