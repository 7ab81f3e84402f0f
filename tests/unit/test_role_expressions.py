# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's own expressions make of what was given and seen, as Ansible evaluates them."""

from __future__ import annotations

import typing as t
from functools import cache
from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.dcops.atlassian_sessions.plugins.filter.decisions import FilterModule

ROLE = Path(__file__).parents[2] / "roles/force_reauth"


def loaded(path: str) -> t.Any:
    """A file of the role, with its templates."""
    return DataLoader().load_from_file(str(ROLE / path), trusted_as_template=True)


def evaluated(expression: str, **variables: t.Any) -> t.Any:
    """The expression with the variables of the role, and these in place of what a run has seen."""
    templar = _templar()
    templar.available_variables = {**loaded("vars/main.yml"), **variables}
    return templar.template(trust_as_template("{{ " + expression + " }}"))


@cache
def _templar() -> Templar:
    """It knows the decisions of the collection, which Ansible itself would look for in its folders."""
    templar = Templar(loader=DataLoader())
    for name, decision in FilterModule().filters().items():
        templar.environment.filters[f"dcops.atlassian_sessions.{name}"] = decision
    return templar


@pytest.mark.parametrize(
    ("blind", "unproven", "revoked", "seen", "told"),
    [
        ("all nodes are down", "", True, "", True),  # it stopped before it came to the word
        ("all nodes are down", "", True, "said with force_reauth_revoked", True),
        ("", "no proof account was given", True, "", True),
        ("", "no proof account was given", False, "the cookie is dead", True),
        ("", "", True, "", False),  # a cookie shows it
        ("all nodes are down", "", False, "", False),  # nobody has said it
    ],
)
def test_a_run_that_stops_is_told_the_word_again_that_it_was_given(blind: str, unproven: str, revoked: bool, seen: str, told: bool) -> None:
    plan = {"blind": blind, "unproven": unproven, "route": "outage", "resumed": False, "install_dir": ""}
    words = evaluated(
        "__force_reauth_told",
        __force_reauth_plan=plan,
        __force_reauth_given={"revoke": "manual", "revoked": revoked, "route": "outage"},
        __force_reauth_seen=seen,
    )
    assert words == ["force_reauth_revoke=manual", *(["force_reauth_revoked=true"] if told else [])]


@pytest.mark.parametrize(
    ("state", "is_down", "runs_it"),
    [("stopped", False, True), ("stopped", True, False), ("started", True, True), ("started", False, False)],
)
def test_a_task_file_of_the_site_is_run_only_on_a_node_that_is_not_yet_as_it_is_to_be(state: str, is_down: bool, runs_it: bool) -> None:
    look, act = loaded("tasks/service/tasks.yml")
    assert evaluated(act["when"], __force_reauth_state=state, **{look["register"]: {"ready": is_down}}) is runs_it


LOOKS_AT_THE_DATABASE = [
    ("plan", "Look at the tokens and at the records of earlier runs"),
    ("stop_all", "See that the tokens that the nodes have handed out are in the table that is to be purged"),
    ("by_product", "Mark how far the token table reaches"),
    ("by_product", "Count what is left of the tokens that were there before"),
    ("live/names", "Read them from the product's table"),
    ("status", "Count the tokens, and look at the archives"),
]


@pytest.mark.parametrize(("file", "name"), LOOKS_AT_THE_DATABASE)
def test_a_look_at_the_database_has_an_end_after_which_the_run_says_why(file: str, name: str) -> None:
    (task,) = (one for one in loaded(f"tasks/{file}.yml") if one["name"] == name)
    assert (task.get("timeout"), task.get("ignore_errors"), task.get("ignore_unreachable")) == (600, True, True)


@pytest.mark.parametrize(
    ("look", "asked"),
    [({"rows": 3}, True), ({"failed": True, "timedout": {"period": 600}}, False), ({"unreachable": True}, False)],
    ids=["seen", "given up", "lost"],
)
def test_the_records_are_not_looked_for_where_the_look_was_waited_for_in_vain(look: dict[str, t.Any], asked: bool) -> None:
    (block,) = (one for one in loaded("tasks/plan.yml") if one["name"] == LOOKS_AT_THE_DATABASE[0][1])
    (task,) = (one for one in block["block"] if one.get("register") == "__force_reauth_found_record")
    assert evaluated(task["when"], __force_reauth_look=look) is asked


def test_a_run_that_goes_on_from_a_deletion_by_hand_knows_when_it_did() -> None:
    *_before, block = (one for one in loaded("tasks/by_hand.yml") if one["name"] == "Go on")
    taken = next(one for one in block["block"] if one["name"].startswith("Take the run for one"))
    history = [{"name": "waiting", "at": "2026-12-01T10:00:00.000Z"}]
    written = [*history, {"name": "revoked", "at": "2026-12-02T09:41:00.000Z"}]
    known = {
        "__force_reauth_plan": {"phase": "waiting", "record": {"run_id": "r", "history": history}},
        "__force_reauth_run_recorded": {"record": {"history": written}},
        **taken["vars"],
    }
    plan = Templar(loader=DataLoader(), variables=known).template(taken["ansible.builtin.set_fact"]["__force_reauth_plan"])
    assert plan == {"phase": "revoked", "record": {"run_id": "r", "history": written}}


@pytest.mark.parametrize("number", ["", "8d2c"])
def test_a_run_that_was_set_aside_has_no_lock_to_give_back(number: str) -> None:
    (finished,) = (one for one in loaded("tasks/plan.yml") if one["name"] == "Say that a finished run has nothing left to do")
    given_back = finished["block"][0]
    plan = {"record": {"start": {"attempt": 1, "number": number}}}
    assert evaluated(given_back["when"], ansible_check_mode=False, __force_reauth_plan=plan) is bool(number)


@pytest.mark.parametrize("step", ["stop_all", "first_batch"])
def test_after_the_task_files_of_the_site_it_is_seen_whom_ansible_counts_in(step: str) -> None:
    assert loaded(f"tasks/{step}.yml")[-1].get("ansible.builtin.import_tasks") == "cluster/still_counted.yml"


def task_of(path: str, name: str) -> dict[str, t.Any]:
    """The task of that name in a task file of the role."""
    found: dict[str, t.Any] = next(one for one in loaded(f"tasks/{path}.yml") if one["name"] == name)
    return found


@pytest.mark.parametrize(
    ("route", "revoke", "told"),
    [
        ("rolling", "database", "a restart of one node after the other is not enough here"),
        ("outage", "database", "every node was down, and it works all the same"),
        ("outage", "product", "every node was down, and it works all the same"),
        ("outage", "manual", "the tokens are still there"),
        ("live", "manual", "the tokens are still there"),
    ],
)
def test_an_old_cookie_that_still_works_is_told_with_what_may_be_the_cause_on_that_route(route: str, revoke: str, told: str) -> None:
    dead = task_of("tokens/replay", "They are dead")
    said = evaluated(
        "__sentence",
        __sentence=dead["ansible.builtin.assert"]["fail_msg"],
        **{**dead["vars"], "__open": ["the remember-me cookie of n2 works"], "__no_answer": ""},
        __force_reauth_plan={"route": route, "revoke": revoke},
    )
    assert said.startswith(f"the remember-me cookie of n2 works: {told}")
    assert ("force_reauth_route=outage" in said) is (route == "rolling")


@pytest.mark.parametrize(
    ("route", "replayed", "goes_on"),
    [
        ("rolling", {"answers": []}, True),
        ("rolling", {"answers": [], "unanswered": [{}]}, False),
        ("rolling", {"unreachable": True}, False),
        # the others are still down
        ("outage", {"answers": [], "unanswered": [{}]}, True),
        ("outage", {"unreachable": True}, True),
    ],
)
def test_old_cookies_that_got_no_answer_leave_no_node_of_an_outage_down(route: str, replayed: dict[str, t.Any], goes_on: bool) -> None:
    dead = task_of("tokens/replay", "They are dead")
    known = {**dead["vars"], "__open": [], "__no_answer": "no answer" if replayed.get("unanswered") else ""}
    conditions = dead["ansible.builtin.assert"]["that"]
    seen = {"__force_reauth_plan": {"route": route}, "__force_reauth_first_replay": replayed}
    assert all(evaluated(one, **known, **seen) for one in conditions) is goes_on


@pytest.mark.parametrize(
    ("route", "running", "done", "asked"),
    [
        ("rolling", True, False, ["n2", "n3"]),
        ("rolling", True, True, []),
        ("rolling", False, False, []),
        # no node goes down there
        ("outage", False, False, []),
        ("outage", True, False, []),
    ],
)
def test_other_nodes_are_asked_only_where_one_is_to_go_down(route: str, running: bool, done: bool, asked: list[str]) -> None:
    look = task_of("cluster/others", "Look at the other nodes")
    gates = {node: {"__force_reauth_gate": {"process": "b:1:1"}} for node in ("n1", "n2", "n3")}
    turn = {"__force_reauth_turn": {"running": running, "done": done}}
    found = evaluated(
        "__loop",
        __loop=look["loop"],
        **look["vars"],
        __force_reauth_plan={"route": route, "nodes": list(gates)},
        ansible_play_batch=["n1"],
        hostvars={node: {**gate, **turn} for node, gate in gates.items()},
    )
    assert list(found) == asked


@pytest.mark.parametrize(("step", "how"), [("guard", "import_tasks"), ("node/drain", "include_tasks")])
def test_the_other_nodes_are_looked_at_last_before_a_node_goes_down(step: str, how: str) -> None:
    assert loaded(f"tasks/{step}.yml")[-1].get(f"ansible.builtin.{how}") == "cluster/others.yml"


@pytest.mark.parametrize(
    ("route", "running", "goes_on"), [("outage", False, True), ("outage", True, False), ("rolling", False, False), ("rolling", True, False)]
)
def test_a_load_balancer_keeps_no_node_of_an_outage_from_its_start(route: str, running: bool, goes_on: bool) -> None:
    strict, lenient = (
        task_of("node/drain", "Take the node out"),
        task_of("node/drain", "Take a node out that an outage has down, or go on without"),
    )
    seen = {"__force_reauth_plan": {"route": route}, "__force_reauth_turn": {"running": running}}
    assert (evaluated(lenient["when"], **seen), evaluated(strict["when"], **seen)) == (goes_on, not goes_on)
    assert (lenient["any_errors_fatal"], bool(lenient["rescue"])) == (False, True)


@pytest.mark.parametrize(
    ("path", "block"),
    [
        ("undrain", "Put a node back after an outage, or keep why it is still out"),
        ("node/drain", "Take a node out that an outage has down, or go on without"),
    ],
)
@pytest.mark.parametrize(("given", "waited"), [(300.0, 30), (30.0, 30), (5.0, 5)])
def test_a_load_balancer_is_not_waited_for_long_while_an_outage_has_other_nodes_down(
    path: str, block: str, given: float, waited: int
) -> None:
    hurried = task_of(path, block)["block"][0]
    known = {"__force_reauth_given": {"drain_timeout": given}}
    for driver, ask in zip(("haproxy_server", "apache_worker"), loaded("tasks/balancer/ask.yml"), strict=False):
        timeout = ask[f"dcops.atlassian_sessions.{driver}"]["timeout"]
        assert evaluated("__timeout", __timeout=timeout, **known) == given
        assert evaluated("__timeout", __timeout=timeout, **known, **hurried.get("vars", {})) == waited


@pytest.mark.parametrize(("path", "task"), [("undrain", "Put the node back"), ("node/drain", "Take the node out")])
def test_a_load_balancer_has_its_whole_time_where_no_node_is_down_for_it(path: str, task: str) -> None:
    put_back = loaded("tasks/prove.yml")[1]["block"][0]
    assert [one.get("vars", {}) for one in (task_of(path, task), put_back)] == [{}, {}]


def test_a_node_that_the_load_balancer_did_not_take_back_is_put_back_before_anything_is_proven() -> None:
    _look, put_back, *_others = loaded("tasks/prove.yml")
    assert put_back["block"][0]["ansible.builtin.include_tasks"] == "balancer/back_in.yml"
    assert [evaluated(put_back["when"], __force_reauth_still_out=why) for why in ("", "lb1: it was not seen")] == [False, True]


@pytest.mark.parametrize(("came_back", "kept"), [(0, False), (3, True)])
def test_what_came_back_before_the_roll_is_in_the_record_also_where_an_earlier_start_deleted_it(came_back: int, kept: bool) -> None:
    (task,) = (one for one in loaded("tasks/revoke.yml") if one["name"] == "Record that the roll may begin")
    archives = [{"path": "/a/t-1.tsv.gz", "rows": 9}, {"path": "/a/t-2.tsv.gz", "rows": 3}]
    known = {
        "__force_reauth_compared": {"rows": 0, "came_back": came_back, "archives_of_run": archives},
        "__force_reauth_run_recorded": {},
        "__force_reauth_opened": {"record": {"revoked": {"rows": 9, "archives": archives[:1]}}},
        **task["vars"],
    }
    values = Templar(loader=DataLoader(), variables=known).template(task["vars"]["__force_reauth_values"])
    assert values == {"phase": "rolling", **({"revoked": {"rows": 9, "archives": archives}} if kept else {})}


def test_after_an_outage_every_node_is_seen_up_once_more_before_anything_else_is_asked_of_it() -> None:
    look, *_others = loaded("tasks/prove.yml")
    # included: an import that is skipped would forget the gate of the roll
    assert look["ansible.builtin.include_tasks"] == "gate.yml"
    routes = ("rolling", "outage", "live")
    assert [evaluated(look["when"], __force_reauth_plan={"route": route}) for route in routes] == [False, True, False]


def test_the_look_at_what_came_back_waits_for_locks_as_long_as_the_purge() -> None:
    module = "dcops.atlassian_sessions.remember_me_purge"
    (look,) = (one[module] for one in loaded("tasks/tokens/came_back.yml") if module in one)
    (purge,) = (one[module] for one in task_of("revoke", "Back up and delete the tokens")["block"] if module in one)
    assert look["lock_wait"] == purge["lock_wait"]


ALIVE, DEAD = {"kind": "session", "node": "n1", "user": "proof"}, {"kind": "session", "node": "n1", "user": ""}


@pytest.mark.parametrize(
    ("replays", "lives"),
    [
        ([{"answers": []}, {"answers": [DEAD]}], False),
        ([{"answers": [DEAD]}, {"answers": [DEAD, ALIVE]}], True),
        ([{"answers": [ALIVE]}, {"unreachable": True, "msg": "lost"}], True),
        # what is not seen is told as such elsewhere
        ([{"answers": [DEAD]}, {"unreachable": True, "msg": "lost"}], False),
        ([{"msg": "no answer"}, {"skipped": True}], False),
        ([None, None], False),
    ],
    ids=["dead", "alive on one", "alive, the other lost", "dead, the other lost", "no answer", "not replayed"],
)
@pytest.mark.parametrize("unnamed", [[], ["a/b"]])
def test_a_live_run_ends_by_restarts_what_still_opens_a_door_after_the_calls(
    replays: list[dict[str, t.Any] | None], lives: bool, unnamed: list[str]
) -> None:
    hostvars = {f"n{number}": {"__force_reauth_after_calls": one} if one else {} for number, one in enumerate(replays)}
    seen = {"__force_reauth_blind": [], "__force_reauth_live_unnamed": unnamed, "hostvars": hostvars}
    plan = {"route": "live", "restart_route": "rolling", "nodes": list(hostvars)}
    assert evaluated("__force_reauth_lives_on", __force_reauth_plan=plan, **seen) is lives
    assert evaluated("__force_reauth_needs_restarts", __force_reauth_plan=plan, **seen) is (lives or bool(unnamed))
    assert evaluated("__force_reauth_needs_restarts", __force_reauth_plan={**plan, "route": "rolling"}, **seen) is False
