# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route rolling: the cluster never goes down, every old cookie is dead, and a failure stops the roll where it is."""

from __future__ import annotations

import json
import typing as t

import pytest

from demo.behaviour import Behaviour
from demo.sampler import HealthSampler
from tests import tarball
from tests.playbook.runs import Site

USERS = [f"user{number:02d}" for number in range(1, 51)]
MakeSite = t.Callable[..., Site]


def test_everybody_is_signed_out_while_two_of_three_nodes_stay_up_and_a_second_run_changes_nothing(site: Site) -> None:
    browsers = site.sign_in(*USERS)
    old = site.pids()
    archived = site.cluster.token_rows()
    assert len(site.open_doors(browsers)) == len(USERS) * (1 + len(site.cluster.nodes))

    with HealthSampler(site.cluster) as health:
        first = site.run("--limit", "tracker", run_id="CHG-1")

    assert first.status == 0, first.output
    first.assert_says(
        "Run CHG-1: PROVEN", "3 nodes of the inventory: confirmed by the product", "Batches n1 | n2 | n3", f"{len(archived)} of"
    )
    assert health.min_up >= 2
    assert not [name for name, pid in site.pids().items() if pid in (0, old[name])]
    assert site.open_doors(browsers) == []
    assert not set(archived) & set(site.cluster.token_rows())
    assert site.locks() == []
    check_proven(site.evidence(), list(archived), list(site.pids()))
    assert site.record()["nodes_counted"]
    site.sign_in(*USERS[:3])

    before = site.state_of_everything()
    second = site.run("--limit", "tracker", run_id="CHG-1")
    assert second.status == 0, second.output
    second.assert_says("Run CHG-1 is finished (proven): nothing was changed.")
    # as a node that did not answer at the end would have kept it
    lock = site.cluster["n2"].home / ".force_reauth.lock"
    lock.write_text(json.dumps({"run_id": "CHG-1", **site.record()["start"]}), encoding="utf-8")
    others = site.run(run_id="CHG-1", usernames=[USERS[0], "canary"])
    assert others.status != 0
    others.assert_says(
        "Run CHG-1 is finished (proven): nothing was changed, but for its lock, which it had left on n2: it is given back.",
        "Run CHG-1 was proven, which does not prove what is asked for now: this run began for every user: give the same",
    )
    assert site.locks() == []
    assert site.state_of_everything() == before


def check_proven(found: dict[str, t.Any], archived: list[t.Any], nodes: list[str]) -> None:
    assert (found["verdict"], found["not_seen"], found["tokens"]["before"]) == ("proven", [], len(archived))
    assert sum(found["tokens"]["ages"].values()) == found["tokens"]["before"]
    # those of the canary were made in between
    assert 0 <= found["tokens"]["deleted"] - len(archived) <= len(nodes)
    assert {node["name"]: node["proven_by"] for node in found["nodes"]} == dict.fromkeys(nodes, "cookie")
    for node in found["nodes"]:
        assert [one["name"] for one in node["steps"]][-2:] == ["starting", "up"]
        assert node["process_before"] != node["process_after"] != ""
        assert node["back_at"] >= node["steps"][-1]["at"][:19]
        assert len(node["answers"]) == 2 * len(nodes)
    assert "--limit tracker" in found["command"]


def test_a_gate_that_fails_in_the_first_batch_stops_the_roll_and_the_printed_command_ends_proven(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers = site.sign_in("eve")
    old = site.pids()
    site.cluster["n1"].behave(next_start_hangs=True)
    failed = site.run(gate_timeout=4)
    assert failed.status != 0
    failed.assert_says("stopped in step 'roll'", "Done: none. Not done: n1, n2", "STARTING")
    assert (site.pids()["n2"], site.pids()["n1"] != old["n1"], site.locks()) == (old["n2"], True, [])
    stopped = site.evidence()
    assert (stopped["verdict"], stopped["stopped"]["step"]) == ("stopped", "roll")
    assert "not seen to be restarted: n1, n2" in stopped["not_seen"]

    site.cluster["n1"].behave(next_start_hangs=False)
    resumed = site.resume(failed)
    assert resumed.status == 0, resumed.output
    resumed.assert_says("resumed in phase rolling", ": PROVEN", "Evidence ")
    assert site.open_doors(browsers) == []
    told = site.evidence()
    assert (told["verdict"], told["run"]["starts"], told["run"]["resumed"], told["tokens"]["users"]) == ("proven", 2, True, 1)


@pytest.mark.long
def test_a_gate_that_fails_in_the_last_batch_leaves_it_out_and_the_resume_ends_proven(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers = site.sign_in("eve")
    site.cluster["n2"].behave(next_start_hangs=True)
    failed = site.run(gate_timeout=4)
    assert failed.status != 0
    failed.assert_says("Done: n1. Not done: n2")
    pid = site.pids()["n1"]
    site.cluster["n2"].behave(next_start_hangs=False)
    resumed = site.resume(failed)
    assert resumed.status == 0, resumed.output
    assert site.pids()["n1"] == pid, "a node that was done was restarted"
    assert site.open_doors(browsers) == []


@pytest.mark.long
@pytest.mark.parametrize("removed", [True, False], ids=["removed by the roll", "control: kept"])
def test_sessions_that_were_saved_at_the_stop_are_dead_because_the_roll_removes_them(make_site: MakeSite, removed: bool) -> None:
    site = make_site(nodes=2, behaviour=Behaviour(persist_sessions=True))
    (browser,) = site.sign_in("eve")
    if not removed:
        site.cluster["n1"].restart()
        assert site.open_doors([browser])[0] == ("eve", "n1", "JSESSIONID")
        return
    result = site.run()
    assert result.status == 0, result.output
    assert site.open_doors([browser]) == []


@pytest.mark.long
def test_a_node_that_cannot_be_put_back_into_the_load_balancer_stops_the_roll_and_gives_the_locks_back(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    drain, undrain = site.folder / "drain.yml", site.folder / "undrain.yml"
    drain.write_text("---\n- name: Nothing to do\n  ansible.builtin.meta: noop\n", encoding="utf-8")
    undrain.write_text("---\n- name: Fail\n  ansible.builtin.fail:\n    msg: it refuses\n", encoding="utf-8")
    old = site.pids()
    result = site.run(drain="tasks", drain_tasks=str(drain), undrain_tasks=str(undrain))
    assert result.status != 0
    result.assert_says("Not done: n1, n2", "n1: it refuses", "n1: it is still out of the load balancer: it refuses", "Resume:")
    assert (site.pids()["n2"], site.locks()) == (old["n2"], [])


@pytest.mark.long
def test_a_rescue_of_the_site_after_a_lost_load_balancer_ends_the_run_neither_early_nor_in_green(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers, old = site.sign_in("eve"), site.pids()
    drain, undrain, second = (site.folder / name for name in ("drain.yml", "undrain.yml", "out-by-the-second"))
    lost = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    first = {"name": "Ask the first", "ansible.builtin.command": "true", "delegate_to": "lb1", "vars": lost}
    other = {"name": "Ask the second", "ansible.builtin.command": f"touch {second}"}
    drain.write_text(json.dumps([{"name": "Take it out", "block": [first], "rescue": [other]}]), encoding="utf-8")
    undrain.write_text(json.dumps([{"name": "Nothing to undo", "ansible.builtin.meta": "noop"}]), encoding="utf-8")
    stopped = site.run(drain="tasks", drain_tasks=str(drain), undrain_tasks=str(undrain))
    assert stopped.status != 0
    stopped.assert_says("Done: n1. Not done: n2", "n1: Ansible counts n1 as failed, although a task file of the site went on by its rescue")
    assert (second.exists(), site.pids()["n2"], site.pids()["n1"] != old["n1"], site.locks()) == (True, old["n2"], True, [])

    drain.write_text(json.dumps([other]), encoding="utf-8")
    pid = site.pids()["n1"]
    resumed = site.resume(stopped)
    assert resumed.status == 0, resumed.output
    resumed.assert_says(": PROVEN")
    assert (site.pids()["n1"], site.open_doors(browsers)) == (pid, [])


def test_what_a_task_of_the_site_hides_the_run_hides_too(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    drain = site.folder / "drain.yml"
    told = "echo word-of-the-balancer; echo word-of-the-balancer >&2; false"
    task = {"name": "Tell the balancer", "ansible.builtin.shell": told, "no_log": True}
    drain.write_text(json.dumps([task]), encoding="utf-8")
    result = site.run("-v", drain="tasks", drain_tasks=str(drain), undrain_tasks=str(drain))
    assert result.status != 0
    result.assert_says("n1: the task 'Tell the balancer' failed, and hides its answer (no_log)", "Done: none.")
    kept = [path.read_bytes() for path in site.archives.rglob("*") if path.is_file()]
    assert kept
    assert not [one for one in (result.output.encode(), *kept) if b"word-of-the-balancer" in one]


@pytest.mark.long
def test_a_token_cache_that_survives_the_purge_stops_the_roll_after_the_first_batch(site: Site) -> None:
    for node in site.cluster.nodes:
        node.behave(token_cache=True)
    old = site.pids()
    result = site.run()
    assert result.status != 0
    result.assert_says("still signs canary in at n1", "is not enough here", "Not done: n2, n3")
    assert {name: pid for name, pid in site.pids().items() if name != "n1"} == {"n2": old["n2"], "n3": old["n3"]}
    told = site.evidence()
    assert (told["verdict"], told["nodes"][0]["proven_by"]) == ("stopped", "process")
    assert [one for one in told["not_seen"] if "still signs canary in at n1" in one]


@pytest.mark.long
def test_a_node_whose_sessions_outlive_its_restart_is_unproven_by_name(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    site.cluster["n2"].behave(sessions_outlive_restart=True)
    result = site.run(run_id="lie")
    assert result.status != 0
    result.assert_says("UNPROVEN", "n1: proven", "n2: unproven", "the session cookie that n2 handed out still signs canary in at n2")
    told = site.evidence()
    assert told["not_seen"][0] == "the session cookie that n2 handed out still signs canary in at n2"
    assert {node["name"]: node["proven_by"] for node in told["nodes"]} == {"n1": "cookie", "n2": "process"}
    again = site.run(run_id="lie")
    assert again.status != 0
    again.assert_says("Run lie is finished (unproven): nothing was changed.")


@pytest.mark.long
def test_a_session_that_had_died_before_the_stop_proves_nothing(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    site.cluster["n2"].behave(session_timeout_seconds=1)
    result = site.run()
    assert result.status != 0
    result.assert_says("UNPROVEN", "n2: its session cookie was dead already before the end of its sessions")


@pytest.mark.long
def test_a_playbook_of_ones_own_imports_that_of_the_installed_tarball_with_variables_of_its_groups(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    tarball.install(tarball.build(site.folder), site.folder / "collections")
    site.environment["ANSIBLE_COLLECTIONS_PATH"] = str(site.folder / "collections")
    playbook = site.folder / "ours.yml"
    playbook.write_text(
        "---\n- name: Sign everybody out\n  ansible.builtin.import_playbook: dcops.atlassian_sessions.force_reauth\n"
        "  vars:\n    force_reauth_hosts: tracker\n",
        encoding="utf-8",
    )
    group_vars = site.folder / "group_vars"
    group_vars.mkdir()
    (group_vars / "tracker.yml").write_text('---\nforce_reauth_batches: ["50%"]\nforce_reauth_min_up: 0\n', encoding="utf-8")
    result = site.run(playbook=str(playbook), hosts="nonesuch")
    assert result.status == 0, result.output
    result.assert_says("Batches n1 | n2", "at least 0 nodes of 2 stay up", ": PROVEN")
