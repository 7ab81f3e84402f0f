# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence of a run: its shape, what it says first, and what it says of each node."""

from __future__ import annotations

import copy
import json
import typing as t
from pathlib import Path

import jsonschema
import pytest
import yaml
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.command import command_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.gathered import gathered
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.model import BEFORE_THE_DELETION, evidence, stats
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._where_to_end import END_AT
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.content import merged, with_deletion

from tests.evidence_runs import HOSTILE, about, at, document, names, plan_of, record_of, seen_of, stopped_document
from tests.schemas import fitting

THREE = names(3)
NOTHING: t.Any = {"nodes": {}, "verdict": {}, "leftovers": {}}


def check(found: dict[str, t.Any]) -> dict[str, t.Any]:
    return fitting("evidence", found)


def test_the_schema_is_one_and_says_no() -> None:
    for change in ({"format": 2}, {"verdict": "good"}, {"more": 1}, {"sentence": ""}):
        with pytest.raises(jsonschema.ValidationError):
            check({**document(THREE), **change})


@pytest.mark.parametrize("count", [0, 1, 3, 50])
def test_a_proven_run_of_any_size_has_nothing_that_was_not_seen(count: int) -> None:
    found = check(document(names(count)))
    assert (found["verdict"], found["not_seen"], len(found["nodes"])) == ("proven", [], count)
    assert {node["proven_by"] for node in found["nodes"]} <= {"cookie"}
    assert found["sentence"].endswith(f"is dead on all {count} nodes, and was seen to be dead.")


def test_what_no_run_could_prove_comes_first_on_the_page_beside_the_proof() -> None:
    seen = seen_of(THREE)
    seen["verdict"] = {**seen["verdict"], "doubts": ["whether the cluster has more than the 3 nodes of the inventory is not known"]}
    found = check(evidence(record_of(THREE), plan_of(THREE), seen, about()))
    assert (found["verdict"], found["not_seen"]) == ("proven", seen["verdict"]["doubts"])


def test_each_node_tells_its_processes_its_steps_and_the_answer_to_each_cookie() -> None:
    node = check(document(THREE))["nodes"][1]
    assert (node["process_before"], node["process_after"], node["restarted"]) == ("boot:1:1", "boot:1:2", True)
    assert [(one["name"], one["at"]) for one in node["steps"]][2:] == [("starting", at(85)), ("up", at(115))]
    assert len(node["answers"]) == 6
    assert {(one["worked_for"], one["opens_for"]) for one in node["answers"]} == {("session-proof", "")}


def test_an_open_door_is_named_first_and_the_node_is_not_proven_by_its_cookie() -> None:
    nodes = names(2)
    seen = seen_of(nodes, {("session", nodes[0], nodes[1])})
    found = check(evidence(record_of(nodes, "unproven"), plan_of(nodes), seen, about("unproven")))
    assert found["not_seen"][0] == f"the session cookie that {nodes[0]} handed out still signs session-proof in at {nodes[1]}"
    assert [node["proven_by"] for node in found["nodes"]] == ["cookie", "process"]
    assert "1 things were not seen, or seen alive" in found["sentence"]


def test_a_node_whose_cookie_was_not_seen_to_work_is_seen_by_its_process_only() -> None:
    seen = seen_of(THREE)
    seen["nodes"][THREE[2]]["controls"] = []
    found = check(evidence(record_of(THREE), {**plan_of(THREE), "resumed": True}, seen, about()))
    assert [node["proven_by"] for node in found["nodes"]] == ["cookie", "cookie", "process"]
    assert found["not_seen"] == [f"of {THREE[2]} only the new process was seen, and no old cookie of its own that had worked"]


def test_a_remember_me_cookie_alone_proves_no_session_of_the_node_dead() -> None:
    seen = seen_of(THREE)
    seen["nodes"][THREE[0]]["controls"] = [row for row in seen["nodes"][THREE[0]]["controls"] if row["kind"] == "remember_me"]
    found = check(evidence(record_of(THREE), plan_of(THREE), seen, about()))
    assert found["nodes"][0]["proven_by"] == "process"


def test_a_remember_me_cookie_stands_in_where_the_session_cookie_opens_nothing() -> None:
    seen = seen_of(THREE)
    for node in seen["nodes"].values():
        node["answers"] = [{**row, "absent": "it alone opens nothing"} if row["kind"] == "session" else row for row in node["answers"]]
        node["controls"] = [{**row, "absent": "x", "user": ""} if row["kind"] == "session" else row for row in node["controls"]]
    found = check(evidence(record_of(THREE), plan_of(THREE), seen, about()))
    assert {node["proven_by"] for node in found["nodes"]} == {"cookie"}


def test_the_controls_of_an_earlier_start_come_from_the_record() -> None:
    seen, record = seen_of(THREE), record_of(THREE)
    record["node_records"][THREE[0]]["controls"] = seen["nodes"][THREE[0]]["controls"]
    seen["nodes"][THREE[0]]["controls"] = []
    assert check(evidence(record, plan_of(THREE), seen, about()))["nodes"][0]["proven_by"] == "cookie"


def test_what_the_record_has_of_a_node_speaks_for_no_other_one() -> None:
    seen, record = seen_of(THREE), record_of(THREE)
    record["node_records"][THREE[1]]["controls"] = seen["nodes"][THREE[0]]["controls"]
    for node in THREE[:2]:
        seen["nodes"][node]["controls"] = []
    assert check(evidence(record, plan_of(THREE), seen, about()))["nodes"][0]["proven_by"] == "process"


def test_a_stopped_run_says_what_is_not_restarted_and_what_is_open() -> None:
    found = check(stopped_document(THREE))
    assert found["not_seen"] == [
        f"not seen to be restarted: {THREE[1]}, {THREE[2]}",
        f"the session cookie that {THREE[0]} handed out still signs session-proof in at {THREE[0]}",
        "no verdict was reached: no old cookie counts as dead",
    ]
    assert found["sentence"] == "Stopped in step 'roll': the run has not come to its end, and nothing is proven."
    assert (found["tokens"]["left"], found["tokens"]["since"]) == (-1, -1)


def test_a_run_that_stopped_before_the_purge_says_so() -> None:
    record = record_of(THREE, "prepared", 0)
    del record["revoked"]
    found = check(evidence(record, plan_of(THREE), NOTHING, about("stopped", stopped={"step": "revoke", "sentence": "x", "resume": "y"})))
    assert found["not_seen"][:2] == ["the tokens are not known to be deleted", f"not seen to be restarted: {', '.join(THREE)}"]


def test_a_run_that_was_set_aside_is_told_from_its_record_alone() -> None:
    found = check(evidence(record_of(THREE, "abandoned", 1), {}, NOTHING, about("abandoned")))
    assert (found["run"]["product"], [node["restarted"] for node in found["nodes"]]) == ("Jira", [True, False, False])
    assert found["sentence"].startswith("Abandoned:")


def test_a_record_that_cannot_be_read_is_what_was_not_seen() -> None:
    problem = {"record_problem": "db1 does not answer", "record_sha256": "", "at": ""}
    found = check(evidence({}, plan_of(THREE), seen_of(THREE), about("unproven", **problem)))
    assert found["not_seen"][0] == "the run record could not be read: db1 does not answer"
    assert [node["name"] for node in found["nodes"]] == THREE


def test_rows_made_since_are_not_told_from_those_that_were_left_alone() -> None:
    assert document(THREE)["tokens"]["since"] == 12
    record = {**record_of(THREE), "users": "adam, eve"}
    assert check(evidence(record, plan_of(THREE), seen_of(THREE), about()))["tokens"]["since"] == -1


def test_counts_that_a_template_made_a_text_of_are_numbers() -> None:
    record = {**record_of(THREE), "tokens": "7", "batches": ["2", "1"]}
    record["node_records"][THREE[0]]["gate_seconds"] = "12"
    seen = seen_of(THREE)
    seen["nodes"][THREE[0]]["gate_seconds"] = -1
    found = check(evidence(record, plan_of(THREE), seen, about()))
    assert (found["tokens"]["before"], found["plan"]["batches"]) == (7, [THREE[:2], THREE[2:]])
    assert found["nodes"][0]["gate_seconds"] == 12


def test_the_wait_for_a_start_is_told_and_not_that_for_the_look_which_ends_an_outage() -> None:
    seen = seen_of(THREE)
    seen["nodes"][THREE[0]]["gate_seconds"] = 1
    assert check(evidence(record_of(THREE), plan_of(THREE), seen, about()))["nodes"][0]["gate_seconds"] == 12


def test_a_wait_that_could_not_be_recorded_is_told_as_it_was_seen() -> None:
    record = record_of(THREE)
    del record["node_records"][THREE[0]]["gate_seconds"]
    assert check(evidence(record, plan_of(THREE), seen_of(THREE), about()))["nodes"][0]["gate_seconds"] == 12


def test_a_look_of_a_later_start_is_not_told_as_the_tokens_before() -> None:
    record = record_of(THREE)
    del record["tokens_seen"]
    plan = {**plan_of(THREE), "phase": "rolling", "look": {"users": 1, "rows": 1, "oldest": "2026", "ages": {"day": 1}}}
    tokens = check(evidence(record, plan, seen_of(THREE), about()))["tokens"]
    assert (tokens["before"], tokens["users"], tokens["ages"]) == (1_600_000, -1, {})


def test_what_survives_has_a_place_where_one_is_known() -> None:
    assert document(THREE)["survives"][0] == {
        "what": "personal access tokens",
        "count": -1,
        "how": "",
        "end_at": "Personal access tokens, of each user; an administrator may revoke them",
    }
    assert document(THREE)["survives"][2]["end_at"] == "not known here"


def test_what_was_counted_of_it_is_told_with_what_was_counted() -> None:
    plan = plan_of(THREE)
    plan["look"] = {
        "notes": [],
        "survivors": [{"what": "personal access tokens", "count": 412, "how": "those that have expired among them"}],
    }
    found = check(evidence(record_of(THREE), plan, seen_of(THREE), about()))["survives"]
    assert [one["count"] for one in found] == [412, -1, -1]
    assert found[0]["how"] == "those that have expired among them"


def test_what_survives_and_the_places_to_end_it_are_of_each_other() -> None:
    """Of mobile apps no page of the vendor's names a place: said as not known."""
    survives = {one for product in PRODUCTS.values() for one in product.survives}
    assert survives ^ set(END_AT) == {"mobile apps"}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_others_call_something_is_kept_as_it_is_in_a_document_of_the_same_shape(text: str) -> None:
    nodes = [text, f"{text}2"]
    record = {**record_of(nodes, "unproven"), **dict.fromkeys(("users", "product", "database", "table"), text)}
    plan = {**plan_of(nodes), "survives": [text], "standbys": [text], "proof": [text]}
    found = check(evidence(record, plan, seen_of(nodes, {("session", text, text)}), about("unproven", command=text, host=text)))
    assert [node["name"] for node in found["nodes"]] == nodes
    assert json.loads(json.dumps(found)) == found


def test_tokens_that_came_back_are_counted_and_what_is_left_is_what_was_not_seen() -> None:
    seen = seen_of(THREE)
    seen["leftovers"] = {"came_back": 3, "left": 1, "since": 12}
    seen["verdict"]["missing"] = ["1 of the archived tokens are in the token table again"]
    found = check(evidence(record_of(THREE, "unproven"), plan_of(THREE), seen, about("unproven")))
    assert (found["tokens"]["came_back"], found["tokens"]["left"], found["tokens"]["since"]) == (3, 1, 12)
    assert found["not_seen"][0] == "1 of the archived tokens are in the token table again"


def test_what_came_back_to_a_run_that_is_over_is_told_by_its_record() -> None:
    record = {**record_of(THREE, "unproven"), "tokens_that_came_back": "5"}
    assert check(evidence(record, plan_of(THREE), seen_of(THREE), about("unproven")))["tokens"]["came_back"] == 5


def test_what_came_back_before_the_first_restart_tells_nothing_of_the_end() -> None:
    looked = {"__force_reauth_compared": {"came_back": 2, "left": 0}}
    judged = {**looked, "__force_reauth_verdict": {"verdict": "unproven"}}
    assert gathered(["a"], {"a": looked}, 0.0, "")["leftovers"] == {}
    assert gathered(["a"], {"a": judged}, 0.0, "")["leftovers"] == {"came_back": 2, "left": 0}


def test_nothing_that_was_handed_over_is_changed() -> None:
    record, plan, seen = record_of(THREE), plan_of(THREE), seen_of(THREE)
    before = copy.deepcopy((record, plan, seen))
    evidence(record, plan, seen, about())
    assert (record, plan, seen) == before


def test_pipelines_get_one_value() -> None:
    told = stats(stopped_document(THREE), "ansible-playbook ..")["force_reauth"]
    assert set(told) == {"run_id", "verdict", "cluster", "tokens", "users", "cut_off", "missing", "record", "resume"}
    assert (told["verdict"], told["tokens"], told["record"]) == (
        "stopped",
        1_600_000,
        "db1:/srv/force_reauth/jira-0123456789ab/CHG-1/run.json",
    )


def test_what_the_tasks_registered_is_found_on_whichever_host() -> None:
    answer = {"kind": "session", "node": "c", "user": ""}
    hosts: dict[str, dict[str, t.Any]] = {
        "a": {"__force_reauth_gate": {"process": "p", "seconds": 7}, "__force_reauth_back": "100.0"},
        "b": {"__force_reauth_verdict": {"verdict": "proven"}, "__force_reauth_gate": {"process": "p", "failed": True}},
        "c": {
            "__force_reauth_cookies": [answer],
            "__force_reauth_first_replay": {"answers": [answer, {**answer, "node": "d"}]},
            "__force_reauth_controls": [{**answer, "user": "eve"}, {**answer, "node": "a", "user": "eve"}],
            "__force_reauth_back": "",
        },
    }
    found = gathered(["a", "b", "c", "gone"], hosts, 160.0, "2026-11-25T02:53:00.000Z")
    assert found["verdict"] == {"verdict": "proven"}
    # a minute ago, whatever the clocks say
    assert [node["back_at"] for node in found["nodes"].values()] == ["2026-11-25T02:52:00.000Z", "", ""]
    assert [(node["process"], node["gate_seconds"]) for node in found["nodes"].values()] == [("p", 7), ("", -1), ("", -1)]
    # and nothing that a node said of another one, or of a cookie that it was not sent
    assert found["nodes"]["c"]["answers"] == [answer]
    assert found["nodes"]["c"]["controls"] == [{**answer, "user": "eve"}]


@pytest.mark.parametrize("back", ["nan", "inf", "-1e30", {}, None, "soon"])
def test_a_time_that_is_none_is_not_told(back: object) -> None:
    found = gathered(["a"], {"a": {"__force_reauth_back": back}}, 160.0, "2026-11-25T02:53:00.000Z")
    assert found["nodes"]["a"]["back_at"] == ""


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["@secrets.yml"], "@secrets.yml"),
        (["force_reauth_run_id=CHG-1"], "force_reauth_run_id=CHG-1"),
        (["force_reauth_proof_password=geheim"], "'force_reauth_proof_password=***'"),
        (["force_reauth_run_id=CHG-1 other=geheim"], "'force_reauth_run_id=CHG-1 other=***'"),
        (['{"force_reauth_proof_password": "geheim"}'], "'***'"),
        (["force_reauth_proof_password: geheim"], "'***'"),
        (["x='geheim"], "'***'"),
        (["force_reauth_run_id='a b'"], """'force_reauth_run_id='"'"'a b'"'"''"""),
    ],
)
def test_the_command_shows_no_value_but_those_of_the_role_that_are_no_secret(given: list[str], shown: str) -> None:
    found = command_of({"args": ["site.yml"], "inventory": ["hosts"], "extra_vars": given}, {"force_reauth_run_id"})
    assert found == f"ansible-playbook -i hosts site.yml -e {shown}"
    assert "geheim" not in found


def test_the_command_has_what_selects_and_leaves_out() -> None:
    given = {"args": ["site.yml"], "subset": "n1", "tags": ["all"], "skip_tags": ["x"], "start_at_task": "a b", "vault_ids": ["v@prompt"]}
    assert command_of(given, ()) == "ansible-playbook --skip-tags x --vault-id v@prompt site.yml --limit n1 --start-at-task 'a b'"


def test_what_somebody_else_deleted_is_neither_dated_nor_counted() -> None:
    record = {**record_of(THREE), "deleted": "by hand: the old remember-me cookie of n1 is dead"}
    del record["revoked"], record["tokens"], record["tokens_seen"]
    plan = plan_of(THREE)
    plan["look"] = {key: plan["look"][key] for key in ("database", "table", "notes") if key in plan["look"]}
    found = check(evidence(record, plan, seen_of(THREE), about()))
    assert (found["run"]["deleted"], found["run"]["cut_off"]) == (record["deleted"], "")
    assert (found["tokens"]["before"], found["tokens"]["deleted"], found["archives"]) == (-1, -1, [])
    begun = next(one["at"] for one in record["history"] if one["name"] == "prepared")
    assert f"that began before this run began ({begun}, clock of the database host) is dead on all 3 nodes" in found["sentence"]
    unknown = check(evidence({**record, "history": []}, plan, seen_of(THREE), about()))
    assert "that began before the tokens were deleted, at a moment that was not seen, is dead on all 3 nodes" in unknown["sentence"]


MONDAY, TUESDAY, FRIDAY = (f"2026-11-{day}T08:00:00.000Z" for day in (23, 24, 27))


@pytest.mark.parametrize(
    ("history", "moment"),
    [
        ([("waiting", MONDAY), ("revoked", FRIDAY)], MONDAY),
        # the first word was given too early: the cookies that worked then tell that the tokens were there
        ([("waiting", MONDAY), ("revoked", TUESDAY), ("rolling", TUESDAY), ("waiting", TUESDAY), ("revoked", FRIDAY)], TUESDAY),
    ],
    ids=["once", "again"],
)
def test_what_is_proven_of_a_deletion_by_hand_began_before_it_was_asked_for(history: list[tuple[str, str]], moment: str) -> None:
    record = {**record_of(THREE), "revoke": "manual", "deleted": "by hand: the old remember-me cookie of n1 is dead"}
    del record["revoked"]
    record["history"] = [{"name": "prepared", "at": MONDAY}, *({"name": name, "at": when} for name, when in history)]
    told = check(evidence(record, plan_of(THREE), seen_of(THREE), about()))["sentence"]
    assert f"that began before this run waited for the deletion by hand ({moment}, clock of the database host) is dead on all 3" in told


@pytest.mark.parametrize(
    ("deleted", "told"),
    [
        ("by hand: said with force_reauth_revoked; the first batch has to show it", "it was said that the tokens of everybody are"),
        ("by hand: the old remember-me cookie of n1 is dead", "the tokens of everybody are deleted and the nodes were"),
    ],
    ids=["said", "seen"],
)
def test_a_deletion_that_was_only_said_is_told_as_such(deleted: str, told: str) -> None:
    record = {**record_of(THREE, "unproven"), "revoke": "manual", "deleted": deleted}
    del record["revoked"]
    seen = seen_of(THREE)
    seen["verdict"]["missing"] = ["that the tokens are deleted was only said, not seen (no proof account was given)"]
    assert check(evidence(record, plan_of(THREE), seen, about("unproven")))["sentence"].startswith(f"Unproven: {told}")


def undeleted(**more: t.Any) -> dict[str, t.Any]:
    """The record of a run that has not recorded its deletion, at its first start."""
    record = {**record_of(THREE, "prepared", 0), "revoke": "database", **more}
    del record["revoked"]
    return record


def stopped_in(step: str) -> dict[str, t.Any]:
    return {"stopped": {"step": step, "sentence": "19800 rows are archived and deleted so far", "resume": "y"}}


RESUMED = {"start": {"attempt": 2, "number": "ab", "controller": "ops1"}}
ANEW = {"start": {"attempt": 2, "number": "cd", "controller": "ops1"}}


@pytest.mark.parametrize(
    ("record", "more", "end", "rows"),
    [
        (undeleted(), stopped_in("lock the nodes"), "stopped", 0),
        (undeleted(), stopped_in("sign in the canary"), "stopped", 0),
        (undeleted(), stopped_in("revoke"), "stopped", -1),
        (undeleted(**RESUMED), stopped_in("sign in the canary"), "stopped", -1),
        (undeleted(**ANEW), stopped_in("sign in the canary"), "stopped", 0),
        (undeleted(revoke="product"), stopped_in("revoke"), "stopped", -1),
        (undeleted(revoke="manual", phase="waiting", **RESUMED), stopped_in("sign in the canary"), "stopped", -1),
        (undeleted(revoke="manual", phase="waiting"), stopped_in("have the tokens deleted by hand"), "waiting", -1),
        (undeleted(**RESUMED), {}, "abandoned", -1),
        ({}, {**stopped_in("lock the nodes"), "record_problem": "db1 does not answer"}, "stopped", -1),
        (record_of(THREE, "rolling"), stopped_in("roll"), "stopped", 1_600_000),
    ],
    ids=[
        "at its locks",
        "before the deletion",
        "in the deletion",
        "an earlier start may have begun",
        "the earlier start was refused",
        "by the product",
        "by hand, before it is seen",
        "waiting",
        "set aside",
        "no record",
        "recorded",
    ],
)
def test_no_token_counts_as_not_deleted_where_the_deletion_may_have_begun(
    record: dict[str, t.Any], more: dict[str, t.Any], end: str, rows: int
) -> None:
    plan = {**plan_of(THREE), "resumed": record.get("start") == RESUMED["start"]}
    found = check(evidence(record, plan, NOTHING, about(end, **more)))
    assert (found["tokens"]["deleted"], stats(found, "")["force_reauth"]["tokens"]) == (rows, rows)


def test_the_steps_before_the_deletion_are_those_of_the_playbook() -> None:
    plays = yaml.safe_load((Path(__file__).parents[2] / "playbooks/force_reauth.yml").read_text(encoding="utf-8"))
    named = [one.get("vars", {}).get("__force_reauth_step") for play in plays for one in [play, *play["tasks"]]]
    steps = [step for step in named if step]
    assert tuple(steps[: steps.index("revoke")]) == BEFORE_THE_DELETION


def test_a_word_that_was_given_too_early_is_no_deletion_any_more() -> None:
    record = undeleted(revoke="manual", phase="rolling", deleted="by hand: said with force_reauth_revoked; the first batch has to show it")
    after = merged(record, with_deletion(record, {"phase": "waiting"}, "x"), at(90))
    found = check(evidence(after, plan_of(THREE), NOTHING, about("stopped", **stopped_in("roll"))))
    assert (after["deleted"], found["run"]["deleted"], found["tokens"]["deleted"]) == ("", "", -1)
    assert found["not_seen"][0] == "the tokens are not known to be deleted"


def test_a_run_that_waits_says_that_nothing_is_proven() -> None:
    record = record_of(THREE, "waiting", 0)
    del record["revoked"]
    waits = {"step": "have the tokens deleted by hand", "sentence": "x", "resume": "y"}
    found = check(evidence(record, plan_of(THREE), NOTHING, about("waiting", stopped=waits)))
    assert found["not_seen"][0] == "the tokens are not known to be deleted"
    assert found["sentence"].startswith("Waiting: ")


@pytest.mark.parametrize(
    ("record", "end", "problem"),
    [
        ({}, "proven", "there is no record of a run CHG-1 there"),
        (record_of(THREE, "unproven"), "proven", "the record says 'unproven', not 'proven'"),
        (record_of(THREE, "rolling"), "unproven", "the record says 'rolling', not 'unproven'"),
    ],
    ids=["no such run", "unproven", "not over"],
)
def test_a_verdict_that_the_record_does_not_have_is_not_told(record: dict[str, t.Any], end: str, problem: str) -> None:
    found = check(evidence(record, {}, NOTHING, {**about(end), "run_id": "CHG-1"}))
    assert (found["verdict"], found["stopped"]["sentence"]) == ("stopped", problem)
    assert "nothing is proven" in found["sentence"]
    assert found["not_seen"]


def test_a_verdict_whose_record_cannot_be_read_again_stands_and_says_so() -> None:
    found = check(evidence({}, plan_of(THREE), seen_of(THREE), {**about(), "record_problem": "it is damaged"}))
    assert (found["verdict"], found["not_seen"][0]) == ("proven", "the run record could not be read: it is damaged")
