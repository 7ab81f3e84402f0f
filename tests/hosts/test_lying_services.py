# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Units and processes that do not do what they say: each run ends right, or stops with a true sentence."""

from __future__ import annotations

import pytest

from demo.patience import wait_for
from tests.hosts.bed.node import KINDS, Kind
from tests.hosts.conftest import MakeSite
from tests.hosts.real_site import RealSite

UNITS = (Kind(saves_sessions=True), Kind("simple", unit="tracker"))


@pytest.fixture
def pair(make_site: MakeSite) -> RealSite:
    """Two nodes with units."""
    return make_site(nodes=2, kinds=UNITS)


def test_another_services_unit_is_refused_before_anything_changes(pair: RealSite) -> None:
    visitors = pair.sign_in_everywhere("eve")
    pids, open_doors = pair.pids(), pair.open_doors(visitors)
    result = pair.run(service="ssh.service")
    assert result.status != 0
    result.assert_says("the unit ssh.service does not hold the process", "(it is in jira.service)", "Nothing was changed.")
    assert (pair.pids(), pair.open_doors(visitors), pair.locks()) == (pids, open_doors, [])


@pytest.mark.long
def test_a_unit_whose_program_ends_at_once_stops_the_roll_although_systemd_reports_success(pair: RealSite) -> None:
    visitors = pair.sign_in_everywhere("eve")
    old = pair.pids()
    first, last = pair.site.nodes
    first.drop_in("Type=simple\nExecStart=\nExecStart=/bin/false\nPIDFile=")
    failed = pair.run(gate_timeout=5)
    assert failed.status != 0
    failed.assert_says("stopped in step 'roll'", "Done: none. Not done: n1, n2", "connection refused")
    assert pair.pids() == {"n1": 0, "n2": old["n2"]}

    first.host.run("rm", "-r", "/etc/systemd/system/jira.service.d")
    first.host.run("systemctl", "daemon-reload")
    resumed = pair.resume(failed)
    assert resumed.status == 0, resumed.output
    resumed.assert_says(": PROVEN")
    assert pair.open_doors(visitors) == []
    assert last.pid != old["n2"]


@pytest.mark.long
def test_a_unit_that_systemd_starts_again_and_a_jvm_that_ignores_sigterm_end_and_start_once(pair: RealSite) -> None:
    visitors = pair.sign_in_everywhere("eve")
    first, last = pair.site.nodes
    first.drop_in("Restart=always\nRestartSec=0")
    last.tell(**{"stop.seconds": "600"})
    last.drop_in("TimeoutStopSec=5")
    result = pair.run()
    assert result.status == 0, result.output
    assert pair.open_doors(visitors) == []
    assert first.host.run("systemctl", "show", "--property=NRestarts", "--value", first.unit).strip() == "0"
    assert "Killing process" in last.host.run("journalctl", "--unit", last.unit, "--no-pager"), "SIGTERM was enough"


@pytest.mark.long
def test_a_node_that_comes_back_during_its_stop_stops_the_run(pair: RealSite) -> None:
    old = pair.pids()
    first = pair.site.nodes[0]
    # a watchdog outside of the unit, as sites have them
    first.host.write("/etc/systemd/system/watchdog.service", WATCHDOG.format(script=f"{first.install}/bin/start-jira.sh"))
    first.host.run("systemctl", "start", "watchdog.service")
    try:
        result = pair.run(stop_timeout=6)
    finally:
        first.host.run("systemctl", "stop", "watchdog.service")
        first.host.run("rm", "/etc/systemd/system/watchdog.service")
    assert result.status != 0
    result.assert_says("stopped in step 'roll'", "Done: none. Not done: n1, n2", "is still there")
    assert pair.pids()["n2"] == old["n2"]


WATCHDOG = """[Service]
ExecStart=/bin/sh -c 'while sleep 0.2; do pgrep -f "[c]atalina.base" >/dev/null || runuser -u jira -- {script}; done'
"""


@pytest.mark.long
def test_a_second_jvm_of_the_product_on_a_host_wants_the_folder_to_be_named(pair: RealSite) -> None:
    first = pair.site.nodes[0]
    visitors = pair.sign_in_everywhere("eve")
    second = first.but(folder="jira-test", port=8180, kind=Kind(unit="jira-test"))
    second.install_it()
    second.start()
    try:
        second.wait_running()
        refused = pair.run()
        assert refused.status != 0
        refused.assert_says(
            "2 installations were found", "/opt/atlassian/jira-test", "Name one with force_reauth_install_dir", "Nothing was changed."
        )
        neighbour = second.pid
        result = pair.run(install_dir=first.install)
        assert result.status == 0, result.output
        assert pair.open_doors(visitors) == []
        assert second.pid == neighbour, "the neighbour was touched"
    finally:
        second.remove()


@pytest.mark.long
def test_two_jvms_of_one_installation_are_refused(make_site: MakeSite) -> None:
    site = make_site(nodes=1, kinds=(KINDS[2],))
    (node,) = site.site.nodes
    mark = node.product.service.install_mark.format(node.install)
    node.host.run("systemd-run", "--quiet", "--unit=second", "python3", "-c", "import time; time.sleep(300)", mark)
    wait_for(lambda: "sleep" in node.host.run("pgrep", "--list-full", "--full", "time.sleep", check=False), "the second process runs", 10)
    result = site.run(accept_outage=True)
    assert result.status != 0
    result.assert_says(f"all run from {node.install}: end the one that should not be there", "Nothing was changed.")


@pytest.mark.long
def test_a_service_that_needs_a_minute_to_stop_is_waited_for(pair: RealSite) -> None:
    visitors = pair.sign_in_everywhere("eve")
    pair.site.nodes[0].tell(**{"stop.seconds": "60"})
    result = pair.run(stop_timeout=120)
    assert result.status == 0, result.output
    assert pair.open_doors(visitors) == []


@pytest.mark.long
def test_a_jvm_that_ignores_its_stop_script_stops_the_run_with_its_pid(make_site: MakeSite) -> None:
    site = make_site(nodes=2, kinds=(KINDS[2], Kind()))
    old = site.pids()
    site.site["n1"].tell(**{"stop.seconds": "600"})
    result = site.run(stop_timeout=10)
    assert result.status != 0
    result.assert_says("Done: none. Not done: n1, n2", f"process {old['n1']} is still there")
    assert site.pids() == old
