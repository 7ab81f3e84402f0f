# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A roll over real Tomcats: units and scripts, saved sessions, a public address; and what Tomcat would do without the roll's care."""

from __future__ import annotations

import stat

from tests.hosts.conftest import MakeSite
from tests.hosts.real_site import RealSite


def test_every_old_cookie_is_dead_on_every_node_and_a_second_run_changes_nothing(site: RealSite) -> None:
    visitors = site.sign_in_everywhere("eve", "adam")
    before = site.pids()
    assert len(site.open_doors(visitors)) == 2 * 3 * (1 + 3), "each session at its node, each token at every node"

    first = site.run(run_id="CHG-1")

    assert first.status == 0, first.output
    first.assert_says("Run CHG-1: PROVEN", "n1: proven", "n2: proven", "n3: proven")
    after = site.pids()
    assert not [name for name, pid in after.items() if pid in (0, before[name])]
    assert site.open_doors(visitors) == []
    assert not site.site["n1"].saved_sessions.exists()
    assert site.site["n1"].host.run("systemctl", "is-active", "jira.service").strip() == "active"
    assert site.site["n3"].host.run("ps", "-o", "user=", "-p", str(after["n3"])).strip() == "jira"
    assert site.locks() == []
    assert {stat.S_IMODE(path.stat().st_mode) for path in site.archives.rglob("*") if path.is_file()} == {0o600}
    assert site.sign_in_everywhere("eve")

    second = site.run(run_id="CHG-1")

    assert second.status == 0, second.output
    second.assert_says("Run CHG-1 is finished (proven): nothing was changed.")
    assert site.pids() == after


def test_control_a_session_that_tomcat_saved_outlives_a_restart_without_the_roll(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    visitors = site.sign_in_everywhere("eve")
    site.site.tokens.clear()
    for node in site.site.nodes:
        node.stop()
    assert [node.saved_sessions.exists() for node in site.site.nodes] == [True, False], "n1 saves its sessions, n2 does not"
    for node in site.site.nodes:
        node.start()
        node.wait_running()
    assert site.open_doors(visitors) == [("eve", "n1", "JSESSIONID")]
