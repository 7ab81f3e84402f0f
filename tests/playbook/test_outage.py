# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route outage: every node down, one sweep, every node up; and when the purge fails, nothing is lost and the nodes run again."""

from __future__ import annotations

import typing as t

import pytest

from demo.sampler import HealthSampler
from tests.playbook.runs import Site

MakeSite = t.Callable[..., Site]
OUTAGE = {"route": "outage", "accept_outage": True}


@pytest.mark.parametrize("nodes", [1, 3])
def test_every_node_is_down_at_once_and_everybody_is_signed_out(make_site: MakeSite, nodes: int) -> None:
    site = make_site(nodes=nodes)
    browsers = site.sign_in("eve", "adam", "noah")
    old = site.pids()
    with HealthSampler(site.cluster) as health:
        result = site.run(**OUTAGE, batches=[2])
    assert result.status == 0, result.output
    result.assert_says(": PROVEN", "every node is down at once")
    assert health.min_up == 0
    assert not [name for name, pid in site.pids().items() if pid in (0, old[name])]
    assert site.open_doors(browsers) == []
    assert site.locks() == []
    assert [archive["rows"] for archive in site.record()["revoked"]["archives"]] == [3 + nodes]


def test_a_purge_that_fails_keeps_every_token_and_the_nodes_run_again(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers = site.sign_in("eve")
    old = site.pids()
    # between the look and the purge: the folder of the run cannot be written any more
    hook = site.folder / "stop.yml"
    hook.write_text(
        "---\n"
        "- name: Stop the node\n  ansible.builtin.command: '{{ force_reauth_install_dir }}/bin/stop-jira.sh'\n"
        "- name: The token table is gone\n  ansible.builtin.command: >-\n"
        "    {{ ansible_playbook_python }} -c \"import sqlite3; c = sqlite3.connect('%s'); c.execute('ALTER TABLE remembermetoken RENAME TO gone')\"\n"
        "  when: inventory_hostname == 'n2'\n" % site.cluster.database.name,
        encoding="utf-8",
    )
    start = site.folder / "start.yml"
    start.write_text(
        "---\n- name: Start the node\n  ansible.builtin.command: '{{ force_reauth_install_dir }}/bin/start-jira.sh'\n", encoding="utf-8"
    )
    failed = site.run(**OUTAGE, service_manager="tasks", stop_tasks=str(hook), start_tasks=str(start))
    assert failed.status != 0
    failed.assert_says("stopped in step 'revoke'", "remembermetoken", "Resume:")
    with site.cluster.database.transaction() as execute:
        execute("ALTER TABLE gone RENAME TO remembermetoken")
    assert all(node.is_running() for node in site.cluster.nodes)
    assert not [name for name, pid in site.pids().items() if pid in (0, old[name])]
    assert site.open_doors(browsers) != []
    assert site.record()["phase"] == "prepared"


def test_a_node_that_does_not_come_back_after_a_failed_purge_is_named(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    site.sign_in("eve")
    site.cluster["n2"].behave(next_start_hangs=True)
    rows = site.cluster.token_rows()
    process = site.start(**OUTAGE, gate_timeout=3)
    while not (site.archives.exists() and site.cluster["n1"].pid == 0) and process.poll() is None:
        pass
    with site.cluster.database.transaction() as execute:
        execute("ALTER TABLE remembermetoken RENAME TO gone")
    failed = site.wait(process)
    assert failed.status != 0
    failed.assert_says("n2: it did not come up again")
    assert site.cluster["n1"].is_running()
    with site.cluster.database.transaction() as execute:
        execute("ALTER TABLE gone RENAME TO remembermetoken")
    assert site.cluster.token_rows()[: len(rows)] or rows
