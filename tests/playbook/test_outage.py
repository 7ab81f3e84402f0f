# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route outage: every node down, one sweep, every node up; and when the purge fails, nothing is lost and the nodes run again."""

from __future__ import annotations

import sys
import typing as t

import pytest

from demo.sampler import HealthSampler
from tests.playbook.runs import Site
from tests.playbook.test_by_hand import carry_out

MakeSite = t.Callable[..., Site]
OUTAGE: dict[str, t.Any] = {"route": "outage", "accept_outage": True}


@pytest.mark.long
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


@pytest.mark.long
def test_a_started_node_that_answers_nobody_leaves_the_others_down_neither_in_the_run_nor_in_its_resume(make_site: MakeSite) -> None:
    site = make_site(nodes=3)
    first = site.cluster["n1"]
    variables = {**OUTAGE, "request_timeout": 1, "run_id": "CHG-1"}
    run = site.start(**variables)
    site.wait_for_step(run, lambda steps: steps.get("n1") == "up")
    first.behave(hung_page=first.product.pages.status)
    site.kill_when(run, lambda steps: steps.get("n2") == "starting")
    resumed = site.start(**variables)
    site.wait_for_step(resumed, lambda steps: steps.get("n3") == "up")
    first.behave(hung_page="")
    result = resumed.wait()
    assert result.status == 0, result.output
    result.assert_says(": PROVEN")


@pytest.mark.long
def test_a_node_that_dies_while_the_others_are_started_is_named_before_the_proof_and_started_by_the_resume(make_site: MakeSite) -> None:
    site = make_site(nodes=3)
    browsers = site.sign_in("eve", "adam")
    variables = {**OUTAGE, "gate_timeout": 10, "run_id": "CHG-1"}
    run = site.start(**variables)
    site.wait_for_step(run, lambda steps: steps.get("n2") == "starting")
    site.cluster["n1"].kill()
    failed = run.wait()
    assert failed.status != 0
    failed.assert_says("stopped in step 'prove'", "n1: The node was not up within ", "Done: n2, n3. Not done: n1", "Resume:")
    assert [name for name, pid in site.pids().items() if not pid] == ["n1"]
    assert (site.record()["phase"], site.locks()) == ("rolling", ["n1"])
    resumed = site.run(**variables)
    assert resumed.status == 0, resumed.output
    resumed.assert_says(": PROVEN")
    assert not [name for name, pid in site.pids().items() if not pid]
    assert (site.open_doors(browsers), site.locks()) == ([], [])


def own_tasks(site: Site, between_stop_and_purge: str) -> dict[str, t.Any]:
    """Task files of a user that stop and start a node; when n2 has stopped, the SQL statement is carried out."""
    script = site.folder / "statement.py"
    body = f"    connection.execute({between_stop_and_purge!r})\n"
    script.write_text(f"import sqlite3\nwith sqlite3.connect({site.cluster.database.name!r}) as connection:\n{body}", encoding="utf-8")
    command = "---\n- name: Run the script\n  ansible.builtin.command: '{{ force_reauth_install_dir }}/bin/%s-jira.sh'\n"
    statement = f"- name: Run the statement\n  ansible.builtin.command: {sys.executable} {script}\n  when: inventory_hostname == 'n2'\n"
    for verb, more in (("stop", statement), ("start", "")):
        (site.folder / f"{verb}.yml").write_text(command.replace("%s", verb) + more, encoding="utf-8")
    return {"service_manager": "tasks", "stop_tasks": str(site.folder / "stop.yml"), "start_tasks": str(site.folder / "start.yml")}


def test_a_purge_that_fails_keeps_every_token_and_the_nodes_run_again(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers = site.sign_in("eve")
    old = site.pids()
    failed = site.run(**OUTAGE, **own_tasks(site, "ALTER TABLE remembermetoken RENAME TO gone"))
    assert failed.status != 0
    failed.assert_says("stopped in step 'revoke'", "remembermetoken", "Resume:")
    with site.cluster.database.transaction() as execute:
        execute("ALTER TABLE gone RENAME TO remembermetoken")
    assert all(node.is_running() for node in site.cluster.nodes)
    assert not [name for name, pid in site.pids().items() if pid in (0, old[name])]
    assert ("eve", "n2", "seraph.rememberme.cookie") in site.open_doors(browsers)
    assert site.record()["phase"] == "prepared"

    (site.folder / "statement.py").write_text("", encoding="utf-8")
    resumed = site.resume(failed)
    assert resumed.status == 0, resumed.output
    assert site.open_doors(browsers) == []


@pytest.mark.long
def test_the_start_file_of_the_site_is_not_run_on_a_node_that_still_runs(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    old, own = site.pids(), own_tasks(site, "")
    (site.folder / "stop.yml").write_text("---\n- name: Stop nothing\n  ansible.builtin.command: 'false'\n", encoding="utf-8")
    tell = f"---\n- name: Tell\n  ansible.builtin.command: touch {site.folder}/start-of-{{{{ inventory_hostname }}}}\n"
    (site.folder / "start.yml").write_text(tell, encoding="utf-8")
    failed = site.run(**OUTAGE, **own)
    assert failed.status != 0
    failed.assert_says("stopped in step 'revoke'")
    assert (site.pids(), list(site.folder.glob("start-of-*"))) == (old, [])


@pytest.mark.long
def test_the_stop_file_of_the_site_is_not_run_on_nodes_that_wait_for_a_deletion_by_hand(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers, old = site.sign_in("eve"), site.pids()
    waits = site.run(**OUTAGE, **own_tasks(site, ""), revoke="manual")
    waits.assert_says("All nodes are down until then")
    carry_out(site)
    resumed = site.resume(waits)
    assert resumed.status == 0, resumed.output
    resumed.assert_says(": PROVEN")
    assert not [name for name, pid in site.pids().items() if pid in (0, old[name])]
    assert site.open_doors(browsers) == []


@pytest.mark.long
def test_a_node_that_does_not_come_back_after_a_failed_purge_is_named(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    site.sign_in("eve")
    site.cluster["n2"].behave(next_start_hangs=True)
    failed = site.run(**OUTAGE, **own_tasks(site, "ALTER TABLE remembermetoken RENAME TO gone"), gate_timeout=3)
    assert failed.status != 0
    failed.assert_says("n2: it did not come up again")
    assert site.cluster["n1"].is_running()


@pytest.mark.long
def test_a_run_that_leaves_every_node_down_is_resumed_by_its_command_alone(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers, old = site.sign_in("eve"), site.pids()
    own = own_tasks(site, "")
    (site.folder / "start.yml").write_text("---\n- name: Start nothing\n  ansible.builtin.command: 'false'\n", encoding="utf-8")
    failed = site.run(**OUTAGE, **own)
    assert failed.status != 0
    failed.assert_says("stopped in step 'roll'", "Not done: n1, n2")
    assert (set(site.pids().values()), site.locks()) == ({0}, ["n1", "n2"])

    other = site.run(**OUTAGE, **own, run_id="another")
    assert other.status != 0
    other.assert_says("n1, n2: locked by run", "Nothing was changed.")

    own_tasks(site, "")
    resumed = site.resume(failed)
    assert resumed.status == 0, resumed.output
    resumed.assert_says(": PROVEN")
    assert not [name for name, pid in site.pids().items() if pid in (0, old[name])]
    assert (site.open_doors(browsers), site.locks()) == ([], [])
