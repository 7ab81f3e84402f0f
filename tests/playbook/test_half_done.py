# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that fails between two steps of a node: what serves is put back, what is down is named, and what is another's is let alone."""

from __future__ import annotations

import json
import sys
import typing as t

import pytest

from tests.playbook.runs import Site
from tests.playbook.test_killed import drained
from tests.playbook.test_outage import OUTAGE, own_tasks

MakeSite = t.Callable[..., Site]


def damage(site: Site, node: str) -> str:
    """A task, for a file of the site's own, that makes the record of the node one that can be neither read nor written."""
    script = site.folder / "damage.py"
    body = f"import pathlib\nfor path in pathlib.Path({str(site.archives)!r}).rglob('nodes/{node}.json'):\n    path.write_text('{{')\n"
    script.write_text(body, encoding="utf-8")
    return f"- name: Damage a record\n  ansible.builtin.command: {sys.executable} {script}\n  when: inventory_hostname == '{node}'\n"


def recorded(site: Site, node: str) -> dict[str, t.Any]:
    """What the record has of the node."""
    (path,) = site.archives.rglob(f"nodes/{node}.json")
    record: dict[str, t.Any] = json.loads(path.read_text(encoding="utf-8"))["record"]
    return record


def taken_over(site: Site, node: str) -> str:
    """A program that makes the lock of the node a newer start's."""
    newer = {"attempt": 9, "number": "0123456789abcdef", "controller": "elsewhere"}
    return (
        "import json, pathlib\n"
        f"path = pathlib.Path({str(site.cluster[node].home)!r}) / '.force_reauth.lock'\n"
        f"path.write_text(json.dumps({{**json.loads(path.read_text()), **{json.dumps(newer)}}}))\n"
    )


def test_nodes_that_were_drained_and_not_stopped_are_put_back_when_the_record_cannot_be_written(make_site: MakeSite) -> None:
    site = make_site(nodes=3)
    old = site.pids()
    variables = drained(site)
    with (site.folder / "drain.yml").open("a", encoding="utf-8") as file:
        file.write(damage(site, "n2"))
    failed = site.run(**variables, batches=[2])
    assert failed.status != 0
    failed.assert_says("stopped in step 'roll'", "n2.json", "Done: none. Not done: n1, n2, n3")
    assert ("still out of the load balancer" in failed.said, "not seen back" in failed.said) == (False, False)
    assert (site.pids(), list(site.folder.glob("drained-*")), recorded(site, "n1")["drain"]) == (old, [], "")


@pytest.mark.long
def test_a_load_balancer_that_takes_nodes_neither_out_nor_back_leaves_no_node_of_an_outage_down(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers = site.sign_in("eve")
    variables: dict[str, t.Any] = {**drained(site), **OUTAGE, "run_id": "CHG-1"}
    undrain = (site.folder / "undrain.yml").read_text(encoding="utf-8")
    fail = "- name: Fail\n  ansible.builtin.command: 'false'\n"
    with (site.folder / "drain.yml").open("a", encoding="utf-8") as file:
        file.write(fail)
    (site.folder / "undrain.yml").write_text(f"---\n{fail}  when: inventory_hostname == 'n1'\n{undrain[4:]}", encoding="utf-8")
    failed = site.run(**variables)
    assert failed.status != 0
    failed.assert_says("stopped in step 'prove'", "n1: it is still out of the load balancer: ", "Done: n2. Not done: n1", "Resume:")
    assert (all(site.pids().values()), [path.name for path in site.folder.glob("drained-*")]) == (True, ["drained-n1"])
    assert [(recorded(site, node)["step"], recorded(site, node)["drain"]) for node in ("n1", "n2")] == [("up", "tasks"), ("up", "")]
    (site.folder / "undrain.yml").write_text(undrain, encoding="utf-8")
    resumed = site.run(**variables)
    assert resumed.status == 0, resumed.output
    resumed.assert_says("Out n1: it was not seen back in the load balancer", ": PROVEN")
    assert ([recorded(site, node)["drain"] for node in ("n1", "n2")], list(site.folder.glob("drained-*"))) == (["", ""], [])
    assert site.open_doors(browsers) == []


@pytest.mark.long
def test_a_node_is_not_stopped_where_the_other_one_has_died_while_it_drained(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    old = site.pids()
    variables = drained(site)
    with (site.folder / "drain.yml").open("a", encoding="utf-8") as file:
        file.write(f"- name: Kill the other one\n  ansible.builtin.command: kill -9 {old['n2']}\n")
    failed = site.run(**variables)
    assert failed.status != 0
    failed.assert_says("stopped in step 'roll'", "n2 is not up: ", "Done: none. Not done: n1, n2")
    assert "still out of the load balancer" not in failed.said
    assert (site.pids(), list(site.folder.glob("drained-*"))) == ({"n1": old["n1"], "n2": 0}, [])


@pytest.mark.long
def test_a_node_that_a_newer_start_has_taken_over_while_it_drained_is_not_put_back_under_it(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    old = site.pids()
    variables = drained(site)
    script = site.folder / "take_over.py"
    script.write_text(taken_over(site, "n1"), encoding="utf-8")
    with (site.folder / "drain.yml").open("a", encoding="utf-8") as file:
        file.write(f"- name: Take it over\n  ansible.builtin.command: {sys.executable} {script}\n")
    failed = site.run(**variables)
    assert failed.status != 0
    failed.assert_says("n1: it is still out of the load balancer: This run was taken over by run", "(start 9, controller elsewhere)")
    assert (site.pids(), [path.name for path in site.folder.glob("drained-*")]) == (old, ["drained-n1"])


@pytest.mark.long
def test_a_node_that_passed_its_gate_is_put_back_although_that_cannot_be_recorded(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    old = site.pids()
    variables = {**drained(site), **own_tasks(site, "")}
    with (site.folder / "start.yml").open("a", encoding="utf-8") as file:
        file.write(damage(site, "n1"))
    failed = site.run(**variables)
    assert failed.status != 0
    failed.assert_says("stopped in step 'roll'", "n1.json", "Done: n1. Not done: n2")
    assert "still out of the load balancer" not in failed.said
    assert (site.pids()["n1"] != old["n1"], site.pids()["n2"], list(site.folder.glob("drained-*"))) == (True, old["n2"], [])


@pytest.mark.long
def test_a_node_whose_load_balancer_is_lost_when_it_is_to_be_put_back_is_not_done(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    old = site.pids()
    variables = drained(site)
    lost = "  delegate_to: lost\n  vars: {ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1}\n"
    with (site.folder / "undrain.yml").open("a", encoding="utf-8") as file:
        file.write(lost)
    failed = site.run(**variables)
    assert failed.status != 0
    failed.assert_says("Done: none. Not done: n1, n2", "n1: it is still out of the load balancer: ")
    assert (site.pids()["n1"] != old["n1"], site.pids()["n2"]) == (True, old["n2"])


@pytest.mark.long
def test_a_node_that_was_stopped_when_another_one_of_its_batch_does_not_stop_is_said_to_be_down(make_site: MakeSite) -> None:
    site = make_site(nodes=3)
    site.cluster["n2"].behave(stop_fails=True)
    failed = site.run(batches=[2], min_up=1)
    assert failed.status != 0
    failed.assert_says("n1: it is down: it was stopped, and not started", "Not done: n1, n2, n3", "Resume:")
    assert [name for name, pid in site.pids().items() if not pid] == ["n1"]


@pytest.mark.long
def test_a_start_that_fails_after_a_purge_that_failed_is_told_with_the_way_on(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    site.sign_in("eve")
    own = own_tasks(site, "ALTER TABLE remembermetoken RENAME TO gone")
    (site.folder / "start.yml").write_text("---\n- name: Start nothing\n  ansible.builtin.command: 'false'\n", encoding="utf-8")
    failed = site.run(**OUTAGE, **own)
    assert failed.status != 0
    failed.assert_says("stopped in step 'revoke'", "n1, n2: it did not come up again: non-zero return code", "Resume:")
    assert site.evidence()["verdict"] == "stopped"


@pytest.mark.long
def test_a_node_that_a_newer_start_has_taken_over_while_it_was_down_is_not_started(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    site.sign_in("eve")
    own = own_tasks(site, "")
    (site.folder / "statement.py").write_text(taken_over(site, "n2"), encoding="utf-8")
    failed = site.run(**OUTAGE, **own)
    assert failed.status != 0
    failed.assert_says("n2: it did not come up again: This run was taken over by run", "(start 9, controller elsewhere)")
    assert [name for name, pid in site.pids().items() if not pid] == ["n2"]


@pytest.mark.long
def test_a_node_whose_lock_is_gone_is_nobody_else_s_and_is_started_again(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    old = site.pids()
    own = own_tasks(site, "")
    lock = site.cluster["n2"].home / ".force_reauth.lock"
    (site.folder / "statement.py").write_text(f"import pathlib\npathlib.Path({str(lock)!r}).unlink()\n", encoding="utf-8")
    failed = site.run(**OUTAGE, **own)
    assert failed.status != 0
    failed.assert_says("stopped in step 'revoke'", "n2: The lock", "is gone")
    assert [name for name, pid in site.pids().items() if pid in (0, old[name])] == []
