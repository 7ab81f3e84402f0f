# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks registered: nodes that were not seen, the evidence, and the sentence of a run that cannot go on."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.task_results import (
    abort_sentence,
    evidence,
    failure_told,
    failures,
    left_down,
    locks_kept,
    looks,
    nodes_done,
    not_up,
    places,
    standbys,
    told_apart,
    unseen,
    why_failed,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.verdict import Evidence, verdict

LATE = "the look did not end within 10 minutes, as where a file server (NFS) or a database server does not answer"
PING = "'ansible db -m ansible.builtin.ping' with this inventory says it"
READY = {"ready": True, "saw": "state RUNNING"}
SEEN = {"__force_reauth_detected": {"product": "jira", "ready": READY, "asked": {}}}


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (SEEN, []),
        ({}, ["n1: it was not seen"]),
        ({"__force_reauth_refusal": "locked by run x"}, ["n1: locked by run x"]),
        ({"__force_reauth_detected": {"unreachable": True, "msg": "no route to host"}}, ["n1: no route to host"]),
        ({"__force_reauth_detected": {"failed": True}}, ["n1: it was not seen"]),
        ({**SEEN, "__force_reauth_refusal": "nobody cannot be told."}, ["n1: nobody cannot be told"]),
    ],
    ids=["seen", "nothing registered", "refused", "lost", "failed without words", "nobody not told"],
)
def test_a_node_that_was_not_seen_is_named(found: dict[str, t.Any], sentence: list[str]) -> None:
    assert unseen(["n1"], {"n1": found}) == sentence


def test_nodes_that_were_not_seen_for_one_reason_are_named_together() -> None:
    assert unseen(["n1", "n2", "n3"], {"n1": {}, "n2": SEEN, "n3": {}}) == ["n1, n3: it was not seen"]


def test_looks_put_both_answers_together() -> None:
    assert looks(["n1"], {"n1": SEEN}) == {"n1": {"product": "jira", "ready": READY, "balanced": [], "drain_look": "", "asked": {}}}


def test_looks_tell_whom_cookies_opened_the_door_to_and_not_their_rows() -> None:
    asked = {"nobody": "an empty page", "doors": [], "cookies": [{"given": 0}], "changed": False}
    found = {"__force_reauth_detected": {**SEEN["__force_reauth_detected"], "asked": asked}}
    assert looks(["n1"], {"n1": found})["n1"]["asked"] == {"nobody": "an empty page", "doors": []}


def test_looks_name_the_server_in_every_load_balancer() -> None:
    server = {"backend": "jira", "name": "n1", "status": "UP", "sessions": 0}
    asked = {
        "__force_reauth_haproxies": {"results": [{"item": "lb1", "servers": [server]}]},
        "__force_reauth_apaches": {"results": [{"item": "lb2", "servers": [server]}]},
    }
    assert looks(["n1"], {"n1": {**SEEN, **asked}})["n1"]["balanced"] == [{"balancer": "lb1", **server}, {"balancer": "lb2", **server}]


@pytest.mark.parametrize(
    ("failed", "told"),
    [
        ({"msg": "'f5_pool' is undefined."}, "'f5_pool' is undefined"),
        ({"msg": "two\nlines"}, "two\\nlines"),
        ({"msg": "non-zero return code", "cmd": ["pool"], "stderr": "asked lb1\nno such pool."}, "non-zero return code: no such pool"),
    ],
)
def test_looks_tell_why_the_operators_own_look_at_a_load_balancer_failed(failed: dict[str, t.Any], told: str) -> None:
    found = {**SEEN, "__force_reauth_drain_look": failed}
    assert looks(["n1"], {"n1": found})["n1"]["drain_look"] == f"force_reauth_drain_look_tasks: {told}"


@pytest.mark.parametrize(("failed", "told"), [("", ""), ("lb1: it was not seen.", "lb1: it was not seen")])
def test_looks_tell_why_the_roles_look_at_a_load_balancer_failed(failed: str, told: str) -> None:
    found = {**SEEN, "__force_reauth_drain_look": {}, "__force_reauth_unbalanced": failed}
    assert looks(["n1"], {"n1": found})["n1"]["drain_look"] == told


def test_load_balancers_that_were_not_asked_are_none() -> None:
    skipped = {"__force_reauth_haproxies": {"results": [{"item": "lb1", "skipped": True}]}}
    assert looks(["n1"], {"n1": {**SEEN, **skipped}})["n1"]["balanced"] == []


SHELL = "ansible.builtin.shell"
HIDDEN = "the task 'Drain' failed, and hides its answer (no_log)"


def failed(**result: t.Any) -> dict[str, t.Any]:
    """What Ansible keeps of a task of a host that failed, and hides nothing."""
    return {"ansible_failed_result": result, "ansible_failed_task": {"action": SHELL, "no_log": False}}


@pytest.mark.parametrize(
    ("result", "task", "message"),
    [
        ({"msg": "non-zero return code"}, {"action": SHELL, "no_log": False}, "non-zero return code"),
        ({"msg": "s3cret", "_ansible_no_log": True}, {"action": SHELL, "no_log": True}, HIDDEN),
        ({"msg": "s3cret", "_ansible_no_log": True}, {"action": SHELL, "no_log": False}, HIDDEN),
        ({"msg": "s3cret"}, {"action": SHELL, "no_log": True}, HIDDEN),
        ({"msg": "s3cret"}, {"action": SHELL, "no_log": "{{ hide }}"}, HIDDEN),
        ({"msg": "s3cret"}, {"action": SHELL}, HIDDEN),
        ({"msg": "s3cret"}, {"no_log": True}, HIDDEN),
        ({"msg": "disk full", "_ansible_no_log": True}, {"action": "dcops.atlassian_sessions.run_record", "no_log": True}, "disk full"),
        ({"msg": "disk full"}, {"action": "dcops.atlassian_sessions.run_record", "no_log": True}, "disk full"),
    ],
    ids=["open", "hidden", "by its answer", "by its task", "by a template", "untold", "without an action", "own", "own, by its task"],
)
def test_a_task_of_the_site_that_hides_its_answer_is_not_told_by_it(result: dict[str, t.Any], task: dict[str, t.Any], message: str) -> None:
    more = {"stderr": "s3cret", "stdout": "s3cret", "cmd": "s3cret", "results": ["s3cret"], "invocation": {"module_args": "s3cret"}}
    told = failure_told({"failed": True, **more, **result}, {"name": "Drain", **task})
    assert (told["failed"], told["msg"]) == (True, message)
    assert told.keys() == ({"failed", "msg"} if "hides" in message else {"failed", "msg", "stderr", "stdout", "cmd"})


def test_nothing_is_told_of_what_did_not_fail() -> None:
    assert failure_told({}, {}) == {}


def test_the_nodes_that_keep_the_lock_of_a_run_that_is_over_are_named() -> None:
    found = {"n1": {"__force_reauth_released": {"changed": True}}, "n2": {"__force_reauth_released": {"unreachable": True}}, "n3": {}}
    again = "start this run once more, with its force_reauth_run_id, to have it given back"
    assert locks_kept(["n1", "n2"], found) == [f"Locked     n2: the lock of this run could not be given back: {again}"]
    assert locks_kept(["n1", "n3"], found) == []


def test_the_items_of_a_loop_that_failed_are_named() -> None:
    results: list[dict[str, t.Any]] = [
        {"item": "lb1"},
        {"item": "lb2", "failed": True, "msg": "no."},
        {"item": "lb3", "unreachable": True, "msg": "timed out"},
        {"item": "lb4", "failed": True},
    ]
    assert failures(results) == ["lb2: no", "lb3: timed out", "lb4: it was not seen"]


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"msg": "The table is locked."}, "The table is locked."),
        ({"msg": "The account is not known"}, "The account is not known."),
        ({"msg": "There is no table. Is this the product's database?"}, "There is no table. Is this the product's database?"),
        ({}, "It was not seen."),
        ({"failed": True, "msg": "Task failed: Timed out after 600 second(s).", "timedout": {"period": 600}}, f"{LATE}."),
        ({"msg": "The node_look action failed to execute in the expected time frame (600) and was terminated"}, f"{LATE}."),
        (
            {"unreachable": True, "msg": "Failed to connect to the host via ssh: <error censored due to no log>"},
            f"it was not reached, and why is hidden with the secrets of the task: {PING}.",
        ),
    ],
)
def test_a_reason_that_is_hidden_with_secrets_is_said_to_be_and_where_it_is_told(result: dict[str, t.Any], reason: str) -> None:
    assert why_failed(result, "db") == reason


@pytest.mark.parametrize(
    ("folders", "apart"),
    [({"n1": "/a", "n2": "/a"}, False), ({"n1": "/a", "n2": "/b"}, True), ({"n1": "", "n2": "/a"}, True), ({"n1": "", "n2": ""}, False)],
)
def test_hosts_that_say_different_things_before_the_variables_are_taken_are_named(folders: dict[str, str], apart: bool) -> None:
    hostvars = {host: {"force_reauth_archive_dir": folder} if folder else {} for host, folder in folders.items()}
    said = "force_reauth_archive_dir is said once for the cluster, and n2 and n1 have different values"
    assert told_apart(list(folders), hostvars, ["archive_dir"]) == ([said] if apart else [])


def row(node: str, user: str = "") -> dict[str, str]:
    """An answer on the session cookie of that node, or the cookie."""
    return {"kind": "session", "node": node, "user": user}


def _plan(route: str = "outage", kept: str = "disk") -> dict[str, t.Any]:
    return {"nodes": ["n1"], "route": route, "node_facts": {"n1": {"sessions": {"kept": kept}}}}


def test_evidence_of_a_node_that_registered_nothing_is_empty() -> None:
    empty: Evidence = {"controls": [], "answers": [], "before": "", "after": "", "alone": ""}
    assert evidence(_plan(), {"n1": {}}) == {"n1": empty}


def test_evidence_of_a_node_has_the_answers_before_the_act_and_after_it() -> None:
    before, after = row("n1", "adam"), row("n1")
    found = {"__force_reauth_cookies": [row("n1")], "__force_reauth_controls": [before], "__force_reauth_replayed": {"answers": [after]}}
    told = evidence(_plan(), {"n1": found})["n1"]
    assert (told["controls"], told["answers"]) == ([before], [after])


def _answering(node: str, controls: t.Sequence[dict[str, str]], answers: t.Sequence[dict[str, str]]) -> dict[str, t.Any]:
    """A node that handed out one session cookie, and what it answered before the act and after it."""
    return {"__force_reauth_cookies": [row(node)], "__force_reauth_controls": controls, "__force_reauth_replayed": {"answers": answers}}


def test_no_node_speaks_for_another_one_before_the_act() -> None:
    answers = [row("n1"), row("n2")]
    hostvars = {
        "n1": _answering("n1", [row("n1")], answers),
        "n2": _answering("n2", [row("n2", "adam"), row("n1", "adam")], answers),
    }
    facts = {"sessions": {"kept": "disk"}}
    plan = {"nodes": ["n1", "n2"], "route": "rolling", "node_facts": {"n1": facts, "n2": facts}}
    told = evidence(plan, hostvars)
    assert {node: one["controls"] for node, one in told.items()} == {"n1": [row("n1")], "n2": [row("n2", "adam")]}
    assert any(one.startswith("n1: its session cookie was dead already") for one in verdict(told, True, 0, [])["missing"])


def test_an_answer_on_a_cookie_that_was_not_sent_is_none() -> None:
    forged = [row("n1"), row("n9"), {"kind": "remember_me", "node": "n1", "user": ""}]
    told = evidence(_plan(), {"n1": _answering("n1", [], forged)})
    assert told["n1"]["answers"] == [row("n1")]
    assert "n1: the remember-me cookie of n1 was not replayed there" in verdict(told, True, 0, [])["missing"]


@pytest.mark.parametrize(("plan", "alone"), [(_plan("live"), True), (_plan(kept="unknown"), True), (_plan(kept="replicated"), False)])
def test_evidence_tells_where_no_restart_shows_the_end_of_the_sessions(plan: dict[str, t.Any], alone: bool) -> None:
    assert bool(evidence(plan, {"n1": {}})["n1"]["alone"]) is alone


def test_where_a_product_lies_is_read_from_the_variables_of_its_host() -> None:
    found = {"force_reauth_install_dir": "/opt/jira", "force_reauth_home_dir": None, "force_reauth_route": "rolling"}
    assert places(found) == {"install_dir": "/opt/jira", "home_dir": ""}


def test_evidence_tells_why_there_are_no_answers() -> None:
    found = {"__force_reauth_turn": {"unanswered": "no answer."}, "__force_reauth_replayed": {"msg": "it does not tell."}}
    told = evidence(_plan(), {"n1": found})["n1"]
    assert (told["before"], told["after"]) == ("no answer.", "it does not tell.")


def test_a_cookie_that_got_no_answer_is_not_seen_and_the_reason_is_told() -> None:
    late = [{"kind": kind, "node": "n1", "reason": "it did not answer in time."} for kind in ("session", "remember_me")]
    found = _answering("n1", [row("n1", "adam")], [])
    found["__force_reauth_replayed"]["unanswered"] = late
    missing = verdict(evidence(_plan(), {"n1": found}), True, 0, [])["missing"]
    assert "n1: it did not answer in time" in missing
    assert "n1: the session cookie of n1 was not replayed there" in missing


def test_the_sentence_of_an_aborted_run_names_nodes_reasons_and_the_way_on() -> None:
    hostvars: dict[str, dict[str, t.Any]] = {
        "n1": {"__force_reauth_back": 1.0},
        "n2": {
            **failed(msg="The node was not up."),
            "__force_reauth_unlocked": {"results": [{"item": "n2", "unreachable": True}, {"item": "n1"}]},
        },
        # of a task that ran once for all
        "n3": {"__force_reauth_unlocked": {"results": [{"item": "n2", "unreachable": True}, {"item": "n1"}]}},
    }
    plan = {"record": {}, "run_id": "CHG-1", "nodes": ["n1", "n2", "n3"]}
    assert abort_sentence(plan, hostvars, "roll", "ansible-playbook x -e force_reauth_run_id=CHG-1") == (
        "Run CHG-1 stopped in step 'roll'. Done: n1. Not done: n2, n3. Last seen: n2: The node was not up; n2 does not answer. "
        "Resume: ansible-playbook x -e force_reauth_run_id=CHG-1 (and the variables and vault options of this run)"
    )


@pytest.mark.parametrize(
    ("back", "said"),
    [
        ([], "Done: none. Not done: n1, n2, n3. Last seen: see the failed task above. "),
        (["n1", "n3"], "Done: n1, n3. Not done: n2. Last seen: see the failed task above. "),
        (["n1", "n2", "n3"], "Done: n1, n2, n3. Not done: none. Last seen: see the failed task above. "),
    ],
)
def test_the_sentence_of_an_aborted_run_names_all_that_is_done_and_all_that_is_not(back: list[str], said: str) -> None:
    nodes = ["n1", "n2", "n3"]
    hostvars = {node: {"__force_reauth_back": 1.0} if node in back else {} for node in nodes}
    sentence = abort_sentence({"record": {}, "run_id": "r", "nodes": nodes}, hostvars, "prove", "c")
    assert sentence == f"Run r stopped in step 'prove'. {said}Resume: c (and the variables and vault options of this run)"


def before(step: str = "up", identity: str = "b:1:1") -> dict[str, t.Any]:
    """What an earlier start recorded of a node that is process b:1:2 now."""
    return {"step": step, "identity": identity, "sessions": "memory"}


@pytest.mark.parametrize(
    ("phase", "record", "found", "done"),
    [
        ("rolling", before(), {}, True),
        ("rolling", before("starting"), {}, False),
        ("rolling", before(identity="b:1:2"), {}, False),
        ("rolling", {**before(), "sessions": "disk"}, {}, False),
        ("rolling", before(), {"__force_reauth_still_out": "lb1 does not answer"}, False),
        ("rolling", {**before(), "drain": "haproxy"}, {}, False),
        ("rolling", {**before(), "drain": ""}, {}, True),
        ("rolling", {}, {}, False),
        ("rolling", {}, {"__force_reauth_back": 1.0}, True),
        ("rolling", {}, {"__force_reauth_back": 1.0, "__force_reauth_gate": {"process": "b:1:2"}}, True),
        ("rolling", {}, {"__force_reauth_back": 1.0, "__force_reauth_gate": {"failed": True}}, False),
        ("rolling", {}, {"__force_reauth_back": 1.0, "__force_reauth_gate": {"unreachable": True}}, False),
        ("rolling", before(), {"__force_reauth_gate": {"failed": True}}, False),
        ("revoked", before(), {}, False),
        ("prepared", before(), {}, False),
    ],
    ids=[
        *("seen back by an earlier start", "not seen up", "not restarted", "saved sessions may be back", "still out"),
        *("not seen back", "seen back", "no record"),
        *("by this start", "by this start, and its gate passed", "died since", "lost since", "back by an earlier start, and died since"),
        *("another deletion since", "nothing deleted yet"),
    ],
)
def test_a_node_that_an_earlier_start_restarted_and_saw_back_is_done(
    phase: str, record: dict[str, t.Any], found: dict[str, t.Any], *, done: bool
) -> None:
    facts = {node: {"process": {"identity": "b:1:2"}} for node in ("n1", "n2")}
    plan = {"run_id": "r", "nodes": ["n1", "n2"], "phase": phase, "node_facts": facts, "record": {"node_records": {"n1": record}}}
    assert nodes_done(plan, {"n1": found, "n2": {}}) == (["n1"] if done else [])
    said = "Done: n1. Not done: n2." if done else "Done: none. Not done: n1, n2."
    assert said in abort_sentence(plan, {"n1": found, "n2": {}}, "lock the nodes", "c")


@pytest.mark.parametrize(
    ("action", "told"),
    [(SHELL, "the task 'Drain' failed, and hides its answer (no_log). "), ("dcops.atlassian_sessions.run_record", "The disk is full. ")],
    ids=["of the site", "own"],
)
def test_the_sentence_of_an_aborted_run_tells_no_answer_that_a_task_of_the_site_hides(action: str, told: str) -> None:
    kept = failed(msg="The disk is full.") | {"ansible_failed_task": {"action": action, "name": "Drain", "no_log": True}}
    assert f"Last seen: n1: {told}" in abort_sentence({"record": {}, "run_id": "r", "nodes": ["n1"]}, {"n1": kept}, "roll", "c")


def test_nodes_that_failed_alike_are_named_together_and_each_is_kept_short() -> None:
    long = failed(msg="x" * 2500)
    sentence = abort_sentence({"record": {}, "run_id": "r", "nodes": ["n1", "n2"]}, {"n1": long, "n2": long}, "roll", "c")
    assert "Last seen: n1, n2: xxx" in sentence
    assert " .. [500 characters left out] .. " in sentence


def test_a_node_that_is_still_out_of_the_load_balancer_is_named_beside_what_failed_first() -> None:
    node = {"__force_reauth_failure": {"msg": "first"}, "ansible_failed_result": {"msg": "x"}, "__force_reauth_still_out": "lb: no"}
    sentence = abort_sentence({"record": {}, "run_id": "r", "nodes": ["n1"]}, {"n1": node}, "roll", "c")
    assert "n1: first; n1: it is still out of the load balancer: lb: no. Resume" in sentence


BACK = "it was not seen back in the load balancer (force_reauth_drain=haproxy): a resume puts it back"
DRAINED = {"__force_reauth_drained": "haproxy", "__force_reauth_back": ""}
OUT = {"step": "starting", "drain": "haproxy"}


@pytest.mark.parametrize(
    ("found", "before", "told"),
    [
        ({**DRAINED, **failed(msg="It was not up.")}, {}, f"n1: It was not up; n1: {BACK}"),
        ({**DRAINED, "__force_reauth_recorded": {"failed": True}}, {}, f"n1: {BACK}"),
        # no task has recorded anything yet, and no batch has come to it
        ({}, OUT, f"n1: {BACK}"),
        ({"__force_reauth_recorded": {"record": OUT}}, {}, f"n1: {BACK}"),
        # killed while it was put back
        ({}, {"step": "up", "drain": "haproxy"}, f"n1: {BACK}"),
        ({**DRAINED, "__force_reauth_still_out": "lb: no"}, OUT, "n1: it is still out of the load balancer: lb: no"),
        ({**DRAINED, "__force_reauth_undrained": True}, OUT, "see the failed task above"),
        ({"__force_reauth_recorded": {"record": {"step": "draining", "drain": ""}}}, OUT, "see the failed task above"),
        ({}, {"step": "starting"}, "see the failed task above"),
    ],
    ids=["its gate", "not recorded", "early", "in the record", "up", "still out", "put back", "put back before", "not drained"],
)
def test_a_node_that_the_run_leaves_out_of_the_load_balancer_is_named(found: dict[str, t.Any], before: dict[str, t.Any], told: str) -> None:
    plan = {"record": {"node_records": {"n1": before}} if before else {}, "run_id": "r", "nodes": ["n1"]}
    assert f"Last seen: {told}. Resume: c" in abort_sentence(plan, {"n1": found}, "roll", "c")


@pytest.mark.parametrize(
    ("acted", "down"),
    [
        ({"state": "stopped", "changed": True}, True),
        ({"state": "stopped", "failed": True, "msg": "It does not stop."}, False),
        ({"state": "started", "changed": True}, False),
        ({"begun": "stopped"}, False),
        ({}, False),
    ],
)
def test_a_node_that_was_stopped_when_another_one_of_its_batch_failed_is_said_to_be_down(acted: dict[str, t.Any], *, down: bool) -> None:
    hostvars = {"n1": {"__force_reauth_acted": acted}, "n2": failed(msg="It does not stop.")}
    sentence = abort_sentence({"record": {}, "run_id": "r", "nodes": ["n1", "n2"]}, hostvars, "roll", "c")
    said = "n1: it is down: it was stopped, and not started; " if down else ""
    assert f"Last seen: {said}n2: It does not stop. Resume" in sentence


@pytest.mark.parametrize("how", ["failed", "unreachable"])
def test_a_node_that_did_not_come_back_after_a_failed_purge_is_named(how: str) -> None:
    hostvars = {"n1": {"__force_reauth_started_again": {how: True, "msg": "Last seen: no answer."}}}
    sentence = abort_sentence({"record": {}, "run_id": "r", "nodes": ["n1"]}, hostvars, "revoke", "c")
    assert "n1: it did not come up again: Last seen: no answer" in sentence


@pytest.mark.parametrize(
    ("result", "sentences"),
    [
        ({"ready": True, "saw": "state RUNNING"}, []),
        ({"ready": False, "saw": "state STARTING"}, ["n2 is not up: state STARTING"]),
        ({"unreachable": True, "msg": "no route"}, ["n2 is not up: no route"]),
        ({"failed": True}, ["n2 is not up: it does not answer"]),
    ],
    ids=["up", "starting", "lost", "failed"],
)
def test_another_node_that_is_not_up_is_named(result: dict[str, t.Any], sentences: list[str]) -> None:
    assert not_up([{"item": "n2", **result}]) == sentences


LINES = "Stopping\nTomcat did not stop\nStop aborted."


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"cmd": ["stop.sh"], "stderr": LINES, "stdout": "more"}, "non-zero return code: Stop aborted."),
        ({"cmd": ["stop.sh"], "stderr": "", "stdout": LINES}, "non-zero return code: Stop aborted."),
        ({"cmd": ["stop.sh"], "stderr": "Stopped by XX", "stdout": ""}, "non-zero return code: Stopped by XX."),
        ({"cmd": ["stop.sh"], "stderr": "", "stdout": ""}, "non-zero return code."),
        ({"cmd": ["stop.sh"]}, "non-zero return code."),
        ({"stderr": LINES}, "non-zero return code."),
    ],
    ids=["errors", "output", "no full stop", "silent", "nothing", "no command"],
)
def test_a_command_that_failed_is_told_with_its_last_words(result: dict[str, t.Any], said: str) -> None:
    found = failed(msg="non-zero return code", **result)
    sentence = abort_sentence({"record": {}, "run_id": "r", "nodes": ["n1"]}, {"n1": found}, "roll", "c")
    assert f" Last seen: n1: {said} Resume: c" in sentence


def detected(pid: int = 0, saved: t.Sequence[str] = ()) -> dict[str, t.Any]:
    """What ``product_detect`` returns of a node, as far as it matters here."""
    return {
        "item": "n3",
        "install_dir": "/opt/one",
        "process": {"running": pid > 0, "pid": pid},
        "sessions": {"kept": "disk", "saved": list(saved)},
    }


@pytest.mark.parametrize(
    ("look", "more"),
    [
        (detected(), ""),
        (
            detected(saved=["/a.ser", "/b.ser"]),
            "; saved sessions lie on it, which its start may bring back: remove /a.ser and /b.ser before it is started",
        ),
    ],
    ids=["down", "saved sessions"],
)
def test_a_cold_standby_that_is_down_is_named_with_what_lies_on_it(look: dict[str, t.Any], more: str) -> None:
    assert standbys(["n3"], [look]) == {"lines": [f"n3: cold standby, left alone{more}"], "problems": []}


@pytest.mark.parametrize(
    ("results", "problem"),
    [
        ([detected(pid=4711)], "its process runs: 4711 from /opt/one"),
        ([{**detected(), "process": {"running": False, "pid": 0, "strangers": "41 says so"}}], "41 says so"),
        ([{"item": "n3", "failed": True, "msg": "No installation was found."}], "was not seen: No installation was found"),
        ([{"item": "n3", "unreachable": True, "msg": "timed out"}], "was not seen: timed out"),
        ([{"item": "n3", "failed": True, "msg": "Timed out.", "timedout": {"period": 600}}], f"was not seen: {LATE}"),
        ([{**detected(), "failed": True, "msg": "It was cut off."}], "was not seen: It was cut off"),
        ([{"item": "n3"}], "was not seen: it does not answer"),
        ([{**detected(), "item": "n4"}], "was not seen: it does not answer"),
        ([], "was not seen: it does not answer"),
    ],
    ids=["runs", "may run", "failed", "lost", "given up", "seen in part", "says nothing", "another one", "not asked"],
)
def test_a_standby_that_runs_or_was_not_seen_speaks_against_the_run(results: list[dict[str, t.Any]], problem: str) -> None:
    assert standbys(["n3"], results) == {"lines": [], "problems": [f"n3 is named a cold standby, and {problem}"]}


def test_every_standby_is_judged_by_its_own_look() -> None:
    found = standbys(["n3", "n4"], [{**detected(pid=7), "item": "n4"}, detected()])
    assert (found["lines"], len(found["problems"])) == (["n3: cold standby, left alone"], 1)
    assert found["problems"][0].startswith("n4 is named a cold standby")


def recorded(step: str, history: t.Sequence[str] = (), **more: t.Any) -> dict[str, t.Any]:
    return {"__force_reauth_recorded": {"record": {"step": step, "history": [{"name": name} for name in history]}}, **more}


UP, FAILED = {"process": "boot:1:2"}, {"process": "boot:1:2", "failed": True}


@pytest.mark.parametrize(
    ("found", "route", "left"),
    [
        ({}, "outage", False),
        (recorded(""), "outage", False),
        (recorded("stopping"), "outage", True),
        (recorded("cleaned"), "outage", True),
        (recorded("starting"), "outage", True),
        (recorded("up"), "outage", False),
        (recorded("starting", __force_reauth_gate=UP), "outage", False),
        (recorded("starting", __force_reauth_gate=FAILED), "outage", True),
        (recorded("cleaned", __force_reauth_started_again=UP), "outage", False),
        (recorded("cleaned", __force_reauth_started_again=FAILED), "outage", True),
        (recorded("cleaned", __force_reauth_started_again={"failed": True, "msg": "it did not start"}), "outage", True),
        # the record could not be written, and the node was told to stop
        ({"__force_reauth_recorded": {"failed": True}, "__force_reauth_acted": {"changed": True}}, "outage", True),
        ({"__force_reauth_recorded": {"failed": True}, "__force_reauth_acted": {}}, "outage", False),
        (recorded("stopping"), "rolling", False),
        # a drain of a node that is down, as an older release wrote it
        (recorded("draining", history=["stopping", "cleaned", "draining"]), "outage", True),
        (recorded("draining", history=["draining"]), "outage", False),
    ],
)
def test_a_node_is_left_down_when_it_was_stopped_in_an_outage_and_was_not_seen_up_since(
    found: dict[str, t.Any], route: str, *, left: bool
) -> None:
    assert left_down(["n1", "n2"], {"n1": found, "n2": {}}, {"route": route, "record": {}}) == (["n1"] if left else [])


@pytest.mark.parametrize(
    ("phase", "found", "left"),
    [
        ("rolling", {}, ["n1"]),
        ("rolling", {"__force_reauth_recorded": {"failed": True}}, ["n1"]),
        ("rolling", recorded("up"), []),
        # set aside: nobody goes on with it
        ("abandoned", {}, []),
    ],
    ids=["not recorded yet", "not to be recorded", "up since", "over"],
)
def test_a_start_that_fails_early_leaves_down_what_an_earlier_one_stopped(phase: str, found: dict[str, t.Any], left: list[str]) -> None:
    record = {"phase": phase, "node_records": {"n1": {"step": "cleaned"}, "n2": {"step": "up"}}}
    assert left_down(["n1", "n2", "n3"], {"n1": found, "n2": {}, "n3": {}}, {"route": "outage", "record": record}) == left
