# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: batches, order, and everything that speaks against a run."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.content import is_done
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll import plan as roll_plan
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.doubts import doubt_lines
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.report import plan_lines
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.same_node import one_node_twice
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.verdict import came_back_problems

OPTIONS: dict[str, t.Any] = {
    "route": "auto",
    "batches": [1],
    "min_up": -1,
    "accept_outage": False,
    "usernames": None,
    "exclude_usernames": [],
    "proof_username": "canary",
    "proof_cookies": [],
    "revoke": "database",
    "revoked": False,
    "accept_no_archive": False,
    "admin_username": "",
    "admin_password": "",
    "proof_password": "p",
    "spared_username": "",
    "spared_password": "",
    "drain": "none",
    **dict.fromkeys(("database_engine", "database_server", "database_port", "database_name"), ""),
    "database_host": "dbhost",
    "accept_other_address": False,
}


def look(**changes: t.Any) -> dict[str, t.Any]:
    """A healthy node of a Jira on PostgreSQL."""
    healthy = {
        "product": "jira",
        "title": "Jira",
        "survives": [],
        "version": "9.12.2",
        "install_dir": "/opt/jira",
        "home_dir": "/var/jira",
        "database": {
            "engine": "postgresql",
            "host": "db",
            "port": 5432,
            "name": "jira",
            "schema": "public",
            "embedded": False,
            "doubts": {},
        },
        "process": {"running": True, "identity": "b:1:1"},
        "control": {"problem": ""},
        "sessions": {"kept": "memory", "where": "conf/context.xml:7"},
        "ready": {"ready": True, "saw": "state RUNNING"},
        "balanced": [],
        "drain_look": "",
    }
    return {**healthy, **changes}


def down() -> dict[str, t.Any]:
    return look(process={"running": False, "identity": ""}, ready={"ready": False, "saw": "no answer"})


def plan(looks: dict[str, t.Any], record: dict[str, t.Any] | None = None, **options: t.Any) -> dict[str, t.Any]:
    # each on a host of its own
    apart = {
        name: {**one, "process": {**one["process"], "identity": one["process"]["identity"] and f"{name}:1:1"}}
        for name, one in looks.items()
    }
    return roll_plan.make_plan(apart, {**OPTIONS, **options}, record or {})


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        (("b:41:1", "b:8:1"), ("b:42:1", "b:8:2"), ""),
        (("b:41:1", ""), ("", ""), ""),
        (("b:41:1", "b:8:1"), ("b:41:1", "b:8:1"), "process 41, home folder /var/jira"),
        (("b:41:1", "b:8:1"), ("b:42:1", "b:8:1"), "home folder /var/jira"),
        # both down, as an earlier start left them
        (("", "b:8:1"), ("", "b:8:1"), "home folder /var/jira"),
        # containers on one host, at the same path
        (("b:7:1", "b:61:2"), ("b:7:2", "b:62:2"), ""),
    ],
    ids=["two processes", "not told", "one process", "one home", "one home, down", "two containers"],
)
def test_a_node_under_two_names_is_refused(first: tuple[str, str], second: tuple[str, str], sentence: str) -> None:
    looks = {
        name: look(process={"running": bool(process), "identity": process}, home_identity=home, home_dir="/var/jira")
        for name, (process, home) in (("n1", first), ("n2", second))
    }
    problem = f"n1 and n2 are one node under two names ({sentence}): keep one in the group"
    assert one_node_twice(looks) == ([problem] if sentence else [])


def test_four_names_of_one_node_are_counted() -> None:
    looks = {name: look(process={"running": True, "identity": "b:41:1"}, home_identity="") for name in ("n1", "n2", "n3", "n4")}
    assert one_node_twice(looks) == ["n1 and n2 and n3 and n4 are one node under 4 names (process 41): keep one in the group"]


@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [
        ("http://jira.example.com", "http://Jira.example.com/", True),
        ("https://10.0.0.1:8443/jira", "https://10.0.0.1:8443/jira", True),
        ("http://10.0.0.1:8080", "http://10.0.0.1:8081", False),
        ("http://n1:8080", "http://n2:8080", False),
        ("http://n1:8080/jira//", "http://n1:8080/jira", True),
        # each means itself by it
        ("http://localhost:8080", "http://localhost:8080", False),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", False),
        ("http://[::1]:8080", "http://[::1]:8080", False),
    ],
)
def test_two_nodes_that_are_asked_at_one_address_are_refused(first: str, second: str, refused: bool) -> None:
    problem = (
        f"n1 and n2 are asked at one address ({second}), so that an answer of one would be taken for the other's: "
        "give each its own (force_reauth_node_url)"
    )
    assert plan({"n1": look(url=first), "n2": look(url=second)})["problems"] == [problem] * refused


def test_a_node_under_two_names_is_a_problem_of_the_plan() -> None:
    looks = {name: look(home_identity="b:8:1", home_dir="/var/jira") for name in ("n1", "n2", "n3")}
    assert plan(looks)["problems"] == ["n1 and n2 and n3 are one node under three names (home folder /var/jira): keep one in the group"]


@pytest.mark.parametrize(
    ("roles", "refused"), [(["primary", "unknown"], ["n1"]), (["primary", "secondary"], []), (["", ""], []), (["unknown"], [])]
)
def test_an_order_that_is_not_known_is_refused(roles: list[str], refused: list[str]) -> None:
    looks = {f"n{number}": look(role_in_cluster=role) for number, role in enumerate(roles)}
    assert [one.partition(":")[0] for one in roll_plan.order_problems(looks, {})] == refused
    assert roll_plan.order_problems(looks, {"nodes": list(looks)}) == []


def test_a_paused_cluster_is_refused_with_the_state_that_tells_no_part() -> None:
    ready = {"ready": True, "saw": "state PAUSED, process 42"}
    (first, _second) = roll_plan.order_problems(dict.fromkeys(("n1", "n2"), look(role_in_cluster="unknown", ready=ready)), {})
    assert first == (
        "n1: it did not tell whether it is the primary, which is restarted last: its status page gave no answer, or a state that all may "
        "have (state PAUSED, process 42)"
    )


def test_of_a_status_page_that_gave_no_answer_no_state_is_told() -> None:
    untold = look(role_in_cluster="unknown")
    untold.pop("ready", None)
    assert roll_plan.order_problems({"n1": untold, "n2": untold}, {})[0].endswith("or a state that all may have")


def test_a_copied_cookie_of_somebody_who_is_not_treated_is_refused() -> None:
    asked = {"nobody": "an empty page", "doors": [{"name": "JSESSIONID", "kind": "session", "user": "eve", "note": ""}]}
    looks = {"n1": look(asked=asked), "n2": look(asked=asked)}
    options: dict[str, t.Any] = {"proof_username": "", "proof_cookies": [{}], "usernames": ["adam"]}
    assert plan(looks, **options)["problems"] == ["the proof account eve is not among the users that are treated: its cookie would live on"]
    assert plan(looks, **{**options, "usernames": ["Eve"]})["problems"] == []


def test_a_stranger_s_process_is_told_of_where_the_product_s_is_missing() -> None:
    looks = {"n1": look(process={"running": False, "identity": "", "strangers": "the process 41 of eve says so"}), "n2": look()}
    assert "n1: no process of the product runs from /opt/jira (the process 41 of eve says so)" in plan(looks)["problems"][0]
    assert roll_plan.no_process(down()) == "no process of the product runs from /opt/jira"


def test_what_an_older_record_does_not_tell_of_a_node_that_is_down_is_what_is_seen_now() -> None:
    before = {"control": {"problem": "", "unit": "jira.service"}, "sessions": {"kept": "memory", "where": "x", "files": []}}
    seen = look(**{**down(), "control": {"problem": "", "unit": "", "account": "jira"}, "sessions": {**look()["sessions"], "names": ["S"]}})
    facts = plan({"n1": seen, "n2": look()}, {"node_records": {"n1": {"step": "stopping", "facts": before}}})["node_facts"]["n1"]
    assert (facts["control"]["unit"], facts["control"]["account"], facts["sessions"]["names"]) == ("jira.service", "jira", ["S"])


def test_a_node_that_is_down_is_started_with_the_language_that_its_process_had() -> None:
    seen, locale = look(**{**down(), "control": {"problem": "", "locale": {}}}), {"LANG": "de_DE.UTF-8"}
    record = {"node_records": {"n1": {"step": "stopping", "facts": {"control": {"problem": "", "locale": locale}}}}}
    assert plan({"n1": seen, "n2": look()}, record)["node_facts"]["n1"]["control"]["locale"] == locale


THREE = {name: look() for name in ("n3", "n1", "n2")}


@pytest.mark.parametrize(
    ("wanted", "nodes", "sizes"),
    [
        ([1], 3, [1, 1, 1]),
        ([2], 3, [2, 1]),
        ([1, 2], 5, [1, 2, 2]),
        (["1", "25%", "100%"], 5, [1, 1, 3]),
        (["10%"], 4, [1, 1, 1, 1]),
        (["100%"], 4, [4]),
        ([9], 2, [2]),
        ([], 2, [1, 1]),
    ],
)
def test_batches_are_counts_and_percentages_with_the_last_repeated(wanted: list[t.Any], nodes: int, sizes: list[int]) -> None:
    assert roll_plan.batch_sizes(wanted, nodes) == sizes


@pytest.mark.parametrize("wanted", [0, -1, "0%", "many", "", "1.5", "%", None])
def test_a_batch_that_is_no_number_is_refused(wanted: t.Any) -> None:
    assert "is no count and no percentage" in plan(THREE, batches=[wanted])["problems"][0]


def test_the_order_is_the_inventorys_with_a_primary_last() -> None:
    looks = {"n1": look(restart_order=1), "n2": look(restart_order=0), "n3": look()}
    assert plan(looks)["nodes"] == ["n2", "n3", "n1"]


@pytest.mark.parametrize(
    ("nodes", "wanted", "route"), [(1, "auto", "outage"), (2, "auto", "rolling"), (3, "outage", "outage"), (3, "rolling", "rolling")]
)
def test_rolling_is_the_default_of_two_nodes_or_more(nodes: int, wanted: str, route: str) -> None:
    assert plan({f"n{n}": look() for n in range(nodes)}, route=wanted)["route"] == route


def test_a_healthy_cluster_has_no_problem() -> None:
    made = plan(THREE)
    assert (made["problems"], made["batches"], made["min_up"]) == ([], [1, 1, 1], 2)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ready": {"ready": False, "saw": "/status answers 200 with state STARTING"}}, "n1: /status answers 200 with state STARTING"),
        ({"ready": {"msg": "no answer"}}, "n1: no answer"),
        ({"process": {"running": False, "identity": ""}}, "n1: no process of the product runs from /opt/jira"),
        ({"control": {"problem": "unit x does not hold the process"}}, "n1: unit x does not hold the process"),
        ({"sessions": {"kept": "replicated", "where": "server.xml:9 Cluster"}}, "n1: its sessions are replicated"),
        (
            {"sessions": {"kept": "elsewhere", "where": "context.xml:2 workDir"}},
            "n1: it saves its sessions in a file outside the work folder",
        ),
        ({"sessions": {"kept": "outside", "where": "context.xml:3 RedisManager"}}, "n1: its sessions are kept outside"),
        ({"database": {**look()["database"], "embedded": True}}, "an embedded database"),
    ],
)
def test_a_node_that_is_not_as_it_should_be_is_named(changes: dict[str, t.Any], sentence: str) -> None:
    assert any(sentence in problem for problem in plan({**THREE, "n1": look(**changes)})["problems"])


@pytest.mark.parametrize("kept", ["replicated", "outside"])
def test_sessions_elsewhere_are_no_problem_of_an_outage(kept: str) -> None:
    looks = {**THREE, "n1": look(sessions={"kept": kept, "where": "x"})}
    assert plan(looks, route="outage", accept_outage=True)["problems"] == []


@pytest.mark.parametrize(
    ("nodes", "options", "sentence"),
    [
        (1, {"route": "rolling"}, "a single node"),
        (1, {}, "force_reauth_accept_outage=true"),
        (3, {"route": "outage"}, "force_reauth_accept_outage=true"),
        (3, {"min_up": 3}, "force_reauth_min_up=3 cannot be kept"),
        (3, {"min_up": "3"}, "force_reauth_min_up=3 cannot be kept"),
        (3, {"batches": [2], "min_up": 2}, "force_reauth_min_up=2 cannot be kept"),
        (2, {"batches": ["100%"]}, "force_reauth_batches takes all 2 nodes down at once"),
        (2, {"batches": [2], "min_up": 0}, "force_reauth_batches takes all 2 nodes down at once"),
        (3, {"batches": [1, 5], "min_up": 0, "route": "outage"}, "say that you accept it"),
    ],
)
def test_a_route_that_cannot_be_is_refused(nodes: int, options: dict[str, t.Any], sentence: str) -> None:
    problems = plan({f"n{n}": look() for n in range(nodes)}, **options)["problems"]
    assert len(problems) == 1
    assert sentence in problems[0]


@pytest.mark.parametrize(
    ("step", "accepted"), [("stopping", True), ("cleaned", True), ("starting", True), ("", False), ("up", False), ("draining", False)]
)
def test_a_node_that_is_down_is_accepted_only_where_the_run_took_it_down(step: str, accepted: bool) -> None:
    record = {"nodes": ["n1", "n2"], "route": "rolling", "batches": [1], "node_records": {"n1": {"step": step}}}
    assert (plan({"n1": down(), "n2": look()}, record)["problems"] == []) is accepted


@pytest.mark.parametrize(
    ("steps", "accepted"),
    [
        (["draining", "stopping", "cleaned", "draining"], True),
        (["draining", "starting", "draining"], True),
        (["draining"], False),
        # seen up by the run since
        (["stopping", "starting", "up", "draining"], False),
    ],
)
def test_a_node_that_was_drained_while_it_was_down_is_accepted_as_the_run_had_left_it(steps: list[str], *, accepted: bool) -> None:
    history = [{"name": step, "at": "2026-11-29T03:00:00.000Z"} for step in steps]
    record = {"nodes": ["n1", "n2"], "route": "rolling", "node_records": {"n1": {"step": steps[-1], "history": history}}}
    problems = plan({"n1": down(), "n2": look()}, record)["problems"]
    assert problems == ([] if accepted else ["n1: no process of the product runs from /opt/jira"])


@pytest.mark.parametrize(("steps", "accepted"), [(["stopping", "starting", "up", "draining"], True), (["draining"], False)])
def test_a_node_that_an_outage_had_up_and_drained_since_is_its_to_start(steps: list[str], *, accepted: bool) -> None:
    history = [{"name": step, "at": "2026-11-29T03:00:00.000Z"} for step in steps]
    record = {"nodes": ["n1", "n2"], "route": "outage", "node_records": {"n1": {"step": "draining", "history": history}}}
    problems = plan({"n1": down(), "n2": look()}, record, accept_outage=True)["problems"]
    assert problems == ([] if accepted else ["n1: no process of the product runs from /opt/jira"])


LATE = look(ready={"ready": False, "saw": "/status gave no answer"})


@pytest.mark.parametrize(
    ("route", "steps", "down_now", "refused"),
    [
        # the first one is up, and has the users of all
        ("outage", {"n1": "up", "n2": "cleaned", "n3": "cleaned"}, "n2 n3", []),
        ("outage", {"n1": "up", "n2": "starting", "n3": "up"}, "n2", []),
        # nobody is started who would take users from it
        ("outage", {"n1": "up", "n2": "up", "n3": "up"}, "", ["n1: /status gave no answer"]),
        # it died after the outage had it up
        ("outage", {"n1": "up", "n2": "up", "n3": "up"}, "n3", []),
        # by somebody else than the run
        ("outage", {"n1": "up", "n2": "up", "n3": ""}, "n3", ["n1: /status gave no answer", "n3: no process of the product runs"]),
        ("outage", {"n1": "up", "n2": "cleaned", "n3": ""}, "n2 n3", ["n3: no process of the product runs"]),
        ("rolling", {"n1": "up", "n2": "stopping", "n3": ""}, "n2", ["n1: /status gave no answer"]),
    ],
)
def test_a_node_that_answers_nobody_is_accepted_while_an_outage_has_others_down(
    route: str, steps: dict[str, str], down_now: str, refused: list[str]
) -> None:
    record = {"nodes": list(steps), "route": route, "node_records": {node: {"step": step} for node, step in steps.items()}}
    looks = {"n1": LATE, **{node: down() if node in down_now.split() else look() for node in ("n2", "n3")}}
    problems = plan(looks, record, accept_outage=True)["problems"]
    assert len(problems) == len(refused)
    assert all(problem.startswith(start) for problem, start in zip(problems, refused, strict=True))


def test_a_node_of_which_an_outage_has_recorded_nothing_is_not_its_to_start() -> None:
    record = {"nodes": ["n1", "n2"], "route": "outage", "node_records": {"n2": {"step": "cleaned"}}}
    made = plan({"n1": down(), "n2": down()}, record, accept_outage=True)
    assert made["problems"] == ["n1: no process of the product runs from /opt/jira"]


def test_a_node_that_an_outage_had_up_is_not_started_beside_a_process_that_may_be_it() -> None:
    record = {"nodes": ["n1", "n2"], "route": "outage", "node_records": {"n1": {"step": "up"}, "n2": {"step": "cleaned"}}}
    contained = {**down(), "process": {**down()["process"], "strangers": "the process 41 runs in a container"}}
    made = plan({"n1": contained, "n2": down()}, record, accept_outage=True)
    assert made["problems"] == ["n1: no process of the product runs from /opt/jira (the process 41 runs in a container)"]
    assert made["nodes"] == ["n2", "n1"]


@pytest.mark.parametrize(
    ("route", "nodes", "batches"),
    [("outage", ["n2", "n4", "n1", "n3"], [2, 2]), ("rolling", ["n1", "n2", "n3", "n4"], [2, 2])],
)
def test_what_an_outage_has_left_down_is_started_before_anybody_who_is_up_is_waited_for(
    route: str, nodes: list[str], batches: list[int]
) -> None:
    steps = {"n1": "up", "n2": "cleaned", "n3": "up", "n4": "starting"}
    record = {
        "nodes": list(steps),
        "route": route,
        "batches": batches,
        "node_records": {node: {"step": step} for node, step in steps.items()},
    }
    looks = {node: down() if node in ("n2", "n4") else look() for node in steps}
    made = plan(looks, record, accept_outage=True)
    assert (made["nodes"], list(made["node_facts"]), made["batches"]) == (nodes, nodes, batches)


def balanced(
    status: str, backend: str = "site", name: str = "n1", others: t.Mapping[str, str] | None = None, backups: t.Collection[str] = ()
) -> list[dict[str, t.Any]]:
    """What a node's load balancer says of it. ``others``: the other servers of the backend, name -> status."""
    told = {
        one: {"name": one, "status": of, "gets_clients": of.startswith("UP"), "backup": one in backups}
        for one, of in {name: status, **(others or {})}.items()
    }
    own = {**told.pop(name), "balancer": "lb1", "backend": backend, "serves": status == "UP", "out": status == "MAINT"}
    return [{**own, "others": list(told.values())}]


@pytest.mark.parametrize(("status", "used"), [("UP", True), ("UP 2/3", True), ("MAINT", False), ("DOWN", False)])
def test_a_node_that_the_load_balancer_does_not_use_is_refused(status: str, used: bool) -> None:
    problems = plan({"n1": look(balanced=balanced(status, others={"n2": "UP"})), "n2": look()})["problems"]
    refusal = f"n1: it is {status} in backend site of the load balancer lb1, before this run has touched it"
    assert problems == ([] if used else [refusal])


def backend_of(
    nodes: str, statuses: t.Mapping[str, str], name: str = "site", backups: t.Collection[str] = ()
) -> dict[str, dict[str, t.Any]]:
    """The looks at these nodes, as a backend with those servers has them."""
    return {node: look(balanced=balanced(statuses[node], name, node, statuses, backups)) for node in nodes.split()}


@pytest.mark.parametrize(
    ("looks", "batches", "emptied"),
    [
        (backend_of("n1 n2", {"n1": "UP", "n2": "UP"}), [1], []),
        # one health check has failed, and it still gets clients
        (backend_of("n1 n2", {"n1": "UP", "n2": "UP 2/3"}), [1], []),
        (backend_of("n1", {"n1": "UP", "s1": "UP"}, "dc1") | backend_of("n2", {"n2": "UP", "s2": "UP 1/3"}, "dc2"), [1], []),
        (
            backend_of("n1", {"n1": "UP", "s1": "DOWN"}, "dc1") | backend_of("n2", {"n2": "UP", "s2": "MAINT"}, "dc2"),
            [1],
            [("dc1", "n1", "s1: DOWN"), ("dc2", "n2", "s2: MAINT")],
        ),
        (
            backend_of("n1", {"n1": "UP"}, "dc1") | backend_of("n2 n3", {"n2": "UP", "n3": "UP"}, "dc2"),
            [1],
            [("dc1", "n1", "it has no other server")],
        ),
        (
            backend_of("j1 j2", {"j1": "UP", "j2": "UP"}, "dc1") | backend_of("j3 j4", {"j3": "UP", "j4": "UP", "s": "DOWN"}, "dc2"),
            [2],
            [("dc1", "j1 and j2", "it has no other server"), ("dc2", "j3 and j4", "s: DOWN")],
        ),
        (
            backend_of("j1 j2", {"j1": "UP", "j2": "UP"}, "dc1") | backend_of("j3 j4", {"j3": "UP", "j4": "UP"}, "dc2"),
            [1, 2, 1],
            [],
        ),
        (backend_of("n1 n2", {"n1": "UP", "n2": "UP", "sorry": "UP"}, backups=["n2", "sorry"]), [1], []),
        (
            backend_of("n1", {"n1": "UP", "n2": "UP"}, "dc1", ["n2"]) | backend_of("n2", {"n1": "UP", "n2": "UP"}, "dc2", ["n1"]),
            [1],
            [],
        ),
        (
            backend_of("n1", {"n1": "UP", "sorry": "UP"}, "dc1", ["sorry"]) | backend_of("n2", {"n2": "UP", "s2": "UP"}, "dc2"),
            [1],
            [("dc1", "n1", "sorry: UP, backup; a backup that is no node does not count")],
        ),
    ],
    ids=[
        "two",
        "a failed check",
        "standbys that serve",
        "standbys that do not",
        "one alone",
        "a batch for each backend",
        "a batch across both",
        "a node that is a backup",
        "each the backup of the other",
        "a page that says sorry",
    ],
)
def test_a_backend_that_a_batch_leaves_to_nobody_is_told_and_refused_unless_it_is_accepted(
    looks: dict[str, dict[str, t.Any]], batches: list[int], emptied: list[tuple[str, str, str]]
) -> None:
    lines = [f"backend {backend} of the load balancer lb1 during the restart of {nodes}" for backend, nodes, _others in emptied]
    made = plan(looks, batches=batches)
    assert made["emptied"] == lines
    way_out = "have another one serve, take smaller force_reauth_batches, or say with force_reauth_accept_outage=true that it may be down"
    assert made["problems"] == [
        f"{line} would have no server that gets clients ({others}): {way_out}"
        for line, (_backend, _nodes, others) in zip(lines, emptied, strict=True)
    ]
    accepted = plan(looks, batches=batches, accept_outage=True)
    assert (accepted["problems"], accepted["emptied"]) == ([], lines)


@pytest.mark.parametrize("route", ["outage", "live"])
def test_a_route_that_takes_nobody_out_of_the_load_balancer_leaves_no_backend_to_nobody(route: str) -> None:
    looks = backend_of("n1", {"n1": "UP", "s1": "DOWN"}) | {"n2": look()}
    assert plan(looks, route=route, accept_outage=True, admin_token="t")["emptied"] == []


# by another process than the one that it had
DONE = {"step": "up", "identity": "old", "sessions": "memory"}


@pytest.mark.parametrize(
    ("n1", "n2", "records", "batches", "emptied"),
    [
        # the run took it out, and puts it back before the next batch
        ("MAINT", "UP", {"n1": {"step": "starting"}}, [1], []),
        ("MAINT", "UP", {"n1": {"step": "starting"}}, [2, 1], ["n2"]),
        ("UP", "UP", {"n1": DONE}, [2, 1], []),
        ("MAINT", "UP", {"n1": DONE}, [2, 1], ["n2"]),
        ("UP", "UP", {"n1": DONE, "n2": DONE}, [2, 1], []),
    ],
    ids=["out", "out, of its batch", "done, of its batch", "done and not back", "both done"],
)
def test_a_run_that_goes_on_looks_at_those_that_it_has_still_to_take_out(
    n1: str, n2: str, records: dict[str, t.Any], batches: list[int], emptied: list[str]
) -> None:
    record = {"nodes": ["n1", "n2", "n3"], "route": "rolling", "batches": batches, "node_records": records}
    made = plan(backend_of("n1 n2", {"n1": n1, "n2": n2, "s": "DOWN"}) | {"n3": look()}, record)
    assert made["emptied"] == [f"backend site of the load balancer lb1 during the restart of {node}" for node in emptied]


@pytest.mark.parametrize("step", ["draining", "stopping", "cleaned", "starting", "up", ""])
def test_a_node_that_the_run_itself_took_out_of_the_load_balancer_is_accepted(step: str) -> None:
    # without a step where the node was down by itself when it was drained
    node = {"step": step} if step else {"step": "", "drain": "haproxy"}
    record = {"nodes": ["n1", "n2"], "route": "rolling", "batches": [1], "node_records": {"n1": node}}
    out = look(balanced=balanced("MAINT", others={"n2": "UP"}), drain_look="it is out")
    assert plan({"n1": out, "n2": look()}, record, drain="haproxy")["problems"] == []


BY_TASKS = "n1: it was not seen back in the load balancer (force_reauth_drain=tasks): a resume puts it back"


@pytest.mark.parametrize(
    ("status", "node", "out"),
    [
        ("MAINT", {"step": "draining"}, ["n1: it is MAINT in backend site of the load balancer lb1: a resume puts it back"]),
        ("MAINT", {"step": "", "drain": "haproxy"}, ["n1: it is MAINT in backend site of the load balancer lb1: a resume puts it back"]),
        # nobody has taken it out
        ("DOWN", {"step": "starting"}, []),
        ("UP", {"step": "starting", "drain": "haproxy"}, []),
        # by somebody else
        ("MAINT", {"step": ""}, []),
        # no load balancer is asked
        ("", {"step": "stopping", "drain": "tasks"}, [BY_TASKS]),
        ("", {"step": "up", "drain": "tasks"}, [BY_TASKS]),
        ("", {"step": "up", "drain": ""}, []),
        ("", {"step": "stopping"}, []),
    ],
)
def test_a_node_that_an_earlier_start_left_out_of_the_load_balancer_is_named(status: str, node: dict[str, t.Any], out: list[str]) -> None:
    record = {"nodes": ["n1", "n2"], "route": "rolling", "batches": [1], "node_records": {"n1": node}}
    seen = look(balanced=balanced(status, others={"n2": "UP"}) if status else [])
    assert plan({"n1": seen, "n2": look()}, record, drain=node.get("drain") or "none")["out"] == out


def test_a_load_balancer_that_is_not_seen_is_refused_for_a_node_that_no_start_has_touched() -> None:
    seen = {"n1": look(drain_look="lb1: it was not seen"), "n2": look()}
    assert plan(seen)["problems"] == ["n1: lb1: it was not seen"]
    record = {"nodes": ["n1", "n2"], "route": "rolling", "batches": [1], "node_records": {"n2": {"step": "up"}}}
    assert plan(seen, record)["problems"] == ["n1: lb1: it was not seen"]


def test_a_load_balancer_that_is_not_seen_keeps_no_node_down_that_a_run_has_down() -> None:
    down = look(drain_look="lb1: it was not seen", process={**look()["process"], "running": False})
    nodes = {"n1": {"step": "starting", "drain": "haproxy"}, "n2": {"step": "cleaned"}}
    record = {"nodes": ["n1", "n2"], "route": "outage", "batches": [1], "phase": "rolling", "node_records": nodes}
    assert plan({"n1": down, "n2": down}, record, drain="haproxy", accept_outage=True, route="outage")["problems"] == []


@pytest.mark.parametrize(("drain", "same"), [("haproxy", True), ("none", False), ("tasks", False)])
def test_a_node_is_put_back_in_the_way_in_which_it_was_taken_out(drain: str, same: bool) -> None:
    nodes = {"n1": {"step": "starting", "drain": "haproxy"}, "n2": {"step": ""}}
    record = {"nodes": ["n1", "n2"], "route": "rolling", "batches": [1], "node_records": nodes}
    problems = plan({"n1": look(), "n2": look()}, record, drain=drain)["problems"]
    refusal = f"n1: an earlier start of this run took it out of the load balancer by force_reauth_drain=haproxy, and now it is {drain}"
    assert [one.split(":", 2)[0] for one in problems] == ([] if same else ["n1"])
    assert same or problems[0].startswith(refusal)


def test_a_node_that_was_put_back_may_be_taken_out_in_another_way() -> None:
    assert roll_plan.drain_problem({"step": "draining", "drain": ""}, "tasks") == ""


@pytest.mark.parametrize(
    ("n1", "n2", "recorded", "told"),
    [
        (("/opt/jira", "host"), ("/opt/jira", "host"), "", ""),
        (("/srv/jira", "process"), ("/srv/jira", "process"), "", "/srv/jira"),
        (("/srv/jira", "process"), ("/srv/jira", "host"), "", "/srv/jira"),
        (("/srv/jira", "process"), ("/opt/jira", "host"), "", ""),
        (("/srv/jira", "host"), ("/srv/jira", "host"), "process", "/srv/jira"),
        (("/srv/my jira", "process"), ("/srv/my jira", "process"), "", ""),
        (("/srv/jira,/x", "process"), ("/srv/jira,/x", "process"), "", ""),
    ],
    ids=["found", "by processes", "by one", "apart", "told with -e", "with a blank", "of two"],
)
def test_a_start_that_goes_on_is_told_the_folder_that_a_process_alone_told(
    n1: tuple[str, str], n2: tuple[str, str], recorded: str, told: str
) -> None:
    looks = {name: look(install_dir=folder, install_dir_by=by) for name, (folder, by) in {"n1": n1, "n2": n2}.items()}
    records = {"n2": {"step": "starting", "facts": {"install_dir_by": recorded}}} if recorded else {}
    record = {"nodes": ["n1", "n2"], "route": "rolling", "batches": [1], "node_records": records} if recorded else None
    assert plan(looks, record)["install_dir"] == told


def test_the_facts_of_a_node_that_is_down_come_from_the_record() -> None:
    earlier = look(control={"problem": "", "unit": "jira.service"})
    record = {"nodes": ["n1", "n2"], "node_records": {"n1": {"step": "cleaned", "facts": earlier}}}
    facts = plan({"n1": down(), "n2": look()}, record)["node_facts"]["n1"]
    assert (facts["control"]["unit"], facts["process"]["running"]) == ("jira.service", False)


def test_the_facts_of_a_node_that_runs_are_what_is_seen_now() -> None:
    earlier = look(control={"problem": "", "unit": "old.service"})
    record = {"nodes": ["n1", "n2"], "node_records": {"n1": {"step": "starting", "facts": earlier}}}
    seen = look(control={"problem": "", "unit": "jira.service"})
    assert plan({"n1": seen, "n2": look()}, record)["node_facts"]["n1"]["control"]["unit"] == "jira.service"


def test_a_resumed_run_keeps_its_route_order_and_batches() -> None:
    record = {"nodes": ["n2", "n1", "n3"], "route": "outage", "batches": [3]}
    made = plan(THREE, record, route="rolling", batches=[1], accept_outage=True)
    assert (made["nodes"], made["route"], made["batches"]) == (["n2", "n1", "n3"], "outage", [3])


@pytest.mark.parametrize(
    ("nodes", "sentence"), [(["n1", "n2"], "n3: it is not in the record"), (["n1", "n2", "n3", "n4"], "n4: it is in the run record")]
)
def test_a_group_that_has_changed_since_the_first_start_is_refused(nodes: list[str], sentence: str) -> None:
    assert any(sentence in problem for problem in plan(THREE, {"nodes": nodes})["problems"])


# what the role adds to the plan
HANDED_OVER: dict[str, t.Any] = {
    **dict.fromkeys(("run_id", "asked", "database_host", "folder", "statements"), "x"),
    "resumed": True,
    "membership": {"sentence": "confirmed by the product", "doubt": ""},
    "standbys": [],
    "look": {"rows": 0, "users": 0, "table": "t", "database": "d", "oldest": "", "others": 0},
}


@pytest.mark.parametrize("nodes", [["n1", "n2", "n3", "n4"], ["a", "b", "c"]], ids=["one is gone", "all have other names"])
@pytest.mark.parametrize("route", ["rolling", "outage", "live"])
def test_a_run_whose_nodes_are_not_there_any_more_is_planned_and_told_up_to_its_refusal(nodes: list[str], route: str) -> None:
    seen = look(url="http://10.0.0.1:8080", control={"problem": "", "manager": "scripts", "unit": "", "account": "jira"})
    options = {"accept_outage": True, "admin_token": "", "route": route}
    made = plan(dict.fromkeys(THREE, seen), {"nodes": nodes, "route": route, "phase": "rolling"}, **options)
    told = plan_lines({**made, **HANDED_OVER}, check_mode=False)
    assert [line.split()[0] for line in told if " at http://" in line] == [node for node in nodes if node in THREE]
    (problem,) = [one for one in made["problems"] if "in the run record" in one]
    assert problem.endswith("and begin a new run that sets it aside with force_reauth_abandon")


@pytest.mark.parametrize(
    ("record", "problems"),
    [
        ({"nodes": ["n1", "n2", "n3"], "standbys": ["n4"]}, []),
        ({"nodes": ["n1", "n2"], "standbys": ["n3"]}, ["n3: it was a cold standby when this run began; make the group what it was, or "]),
        ({"nodes": ["n1", "n2", "n3", "n4"], "standbys": []}, ["n4: it is in the run record, but not in the group, or a cold standby now"]),
    ],
    ids=["still one", "has taken over", "is one now"],
)
def test_a_cold_standby_of_the_first_start_is_still_one(record: dict[str, t.Any], problems: list[str]) -> None:
    found = plan(THREE, record)["problems"]
    assert [one[: len(said)] for one, said in zip(found, problems, strict=True)] == problems


ENDED = {"phase": "proven", "nodes": ["n1", "n2"], "users": "", "asked": "postgresql db:5432/jira"}
OF_A_COPY = {**ENDED, "asked": "postgresql db-staging:5432/jira"}
MOVED = (
    "this run was of the database asked at postgresql db-staging:5432/jira, and now it is postgresql db:5432/jira: take another "
    "force_reauth_run_id; or, where both lead to one database (it has moved, or another name of its server is given), say so with "
    "force_reauth_accept_other_address=true"
)
ADAM = "adam alone; the tokens of all others stay"


@pytest.mark.parametrize(
    ("record", "nodes", "options", "said"),
    [
        (ENDED, 2, {}, []),
        ({}, 3, {"usernames": ["adam"]}, []),
        (
            {**ENDED, "proof_withdrawn": True},
            2,
            {},
            ["its tokens, or older ones, were put back, and old cookies open the door again"],
        ),
        (ENDED, 3, {}, ["n3: it is not in the record of this run"]),
        (ENDED, 1, {}, ["n2: it is in the run record, but not in the group, or a cold standby now"]),
        (
            ENDED,
            2,
            {"usernames": ["canary"]},
            ["this run began for every user: give the same force_reauth_usernames or force_reauth_exclude_usernames"],
        ),
        ({**ENDED, "users": ADAM}, 2, {"usernames": ["adam"]}, []),
        (
            {**ENDED, "users": ADAM},
            2,
            {},
            [f"this run began for {ADAM}: give the same force_reauth_usernames or force_reauth_exclude_usernames"],
        ),
        ({"phase": "proven", "nodes": ["n1", "n2"]}, 2, {}, []),
        (
            {**ENDED, "standbys": ["n3"]},
            3,
            {},
            ["n3: it was a cold standby when this run began"],
        ),
        ({**ENDED, "tokens_that_came_back": "0"}, 2, {}, []),
        ({**ENDED, "tokens_that_came_back": "3"}, 2, {}, came_back_problems(3)),
        ({**ENDED, "phase": "unproven", "tokens_that_came_back": "3"}, 2, {}, []),
        (OF_A_COPY, 2, {}, [MOVED]),
        (OF_A_COPY, 2, {"accept_other_address": True}, []),
        (OF_A_COPY, 2, {"database_server": "db-staging"}, []),
    ],
    ids=[
        *("the same", "no record", "restored", "one node more", "one node less", "other users", "the same users"),
        *(
            "every user",
            "of an older release",
            "a standby that took over",
            "none came back",
            "some came back",
            "and it says so",
            "of a copy",
            "has moved",
            "the same address said",
        ),
    ],
)
def test_a_finished_run_proves_nothing_of_what_it_did_not_do(
    record: dict[str, t.Any], nodes: int, options: dict[str, t.Any], said: list[str]
) -> None:
    assert plan({f"n{number}": look() for number in range(1, nodes + 1)}, record, **options)["otherwise"] == said


@pytest.mark.parametrize("phase", ["prepared", "waiting", "revoked", "rolling"])
def test_a_run_does_not_go_on_with_a_copy_of_its_database(phase: str) -> None:
    """A copy by a snapshot has the identity of the original, and its nodes may have the same names: its purge would be left out here."""
    nodes, record = {"n1": look(), "n2": look()}, {**OF_A_COPY, "phase": phase}
    assert plan(nodes, record)["problems"] == [MOVED]
    assert plan(nodes, {**record, "asked": plan(nodes)["asked_place"]})["problems"] == []
    assert plan(nodes, record, accept_other_address=True)["problems"] == []


def test_nodes_of_two_clusters_are_told_apart_by_product_version_and_database() -> None:
    other = look(database={**look()["database"], "name": "wiki"})
    found = roll_plan.clusters({"n1": look(), "w1": other, "n2": look(), "x1": look(version="10.0.0")})
    assert [nodes for _words, nodes in found] == [["n1", "n2"], ["w1"], ["x1"]]
    assert found[1][0] == "jira 9.12.2 on postgresql db:5432/wiki/public"


@pytest.mark.parametrize(
    ("database", "version", "words"),
    [
        ({"port": 0}, "9.12.2", "jira 9.12.2 on postgresql db/jira/public"),
        ({"port": ""}, "9.12.2", "jira 9.12.2 on postgresql db/jira/public"),
        ({}, "", "jira (version unknown) on postgresql db:5432/jira/public"),
    ],
)
def test_what_is_not_known_of_a_cluster_is_left_out_of_its_words(database: dict[str, t.Any], version: str, words: str) -> None:
    node = look(version=version, database={**look()["database"], **database})
    assert [said for said, _nodes in roll_plan.clusters({"n1": node})] == [words]


IN_DOUBT = {"engine": "unknown", "host": "", "port": 0, "name": "", "doubts": {"engine": "no process runs"}}


def _down_with(**database: t.Any) -> dict[str, t.Any]:
    return {**down(), "database": {**look()["database"], **database}}


def test_a_node_that_is_down_and_does_not_tell_its_database_parts_no_cluster() -> None:
    other_home = {"host": "other-db", "doubts": {"host": "in a home folder that is only likely"}}
    assert [nodes for _words, nodes in roll_plan.clusters({"n1": _down_with(**IN_DOUBT), "n2": look()})] == [["n1", "n2"]]
    assert [nodes for _words, nodes in roll_plan.clusters({"n1": _down_with(**other_home), "n2": look()})] == [["n1", "n2"]]


def test_a_node_that_is_down_and_is_certain_of_another_database_is_another_cluster_s() -> None:
    looks = {"n1": look(), "n2": _down_with(name="wiki", doubts={})}
    assert [nodes for _words, nodes in roll_plan.clusters(looks)] == [["n1"], ["n2"]]


def test_of_which_of_two_clusters_a_node_is_that_does_not_tell_is_not_guessed() -> None:
    looks = {"n1": look(), "n2": look(version="10.0.0"), "n3": _down_with(**IN_DOUBT)}
    assert roll_plan.clusters(looks)[2] == ("a cluster that they do not tell, being down", ["n3"])


def test_one_node_cannot_talk_the_others_out_of_tls() -> None:
    strict = look(database={**look()["database"], "ssl_mode": "verify-full"})
    found = roll_plan.clusters({"n1": look(), "n2": strict})
    assert [words for words, _nodes in found] == [
        "jira 9.12.2 on postgresql db:5432/jira/public",
        "jira 9.12.2 on postgresql db:5432/jira/public with TLS verify-full",
    ]


def test_a_record_that_names_no_users_is_of_a_run_for_every_user() -> None:
    (problem,) = plan(THREE, {"nodes": list(THREE)}, usernames=["canary"])["problems"]
    assert problem.startswith("this run began for every user: ")


RECORDED = {"identity": "b:1:1"}


@pytest.mark.parametrize(
    ("process", "record", "done"),
    [
        ("", {**RECORDED, "sessions": "memory", "cleaned": True}, False),
        ("b:1:1", {**RECORDED, "sessions": "memory", "cleaned": True}, False),
        ("b:2:9", {}, False),
        ("b:2:9", {**RECORDED, "sessions": "disk"}, False),
        ("b:2:9", {**RECORDED, "sessions": "unknown", "cleaned": False}, False),
        ("b:2:9", {**RECORDED, "sessions": "memory"}, True),
        ("b:2:9", {**RECORDED, "sessions": "disk", "cleaned": True}, True),
        ("b:2:9", {"identity": "", "sessions": "memory"}, True),
    ],
    ids=[
        "down",
        "old process",
        "identity never recorded",
        "sessions saved",
        "unknown how kept",
        "in memory",
        "saved, but removed",
        "was down",
    ],
)
def test_done_is_another_process_into_which_no_session_can_have_come(process: str, record: dict[str, t.Any], done: bool) -> None:
    assert is_done(process, record) is done


def test_no_node_has_to_stay_up_where_the_operator_says_so() -> None:
    made = plan(THREE, batches=[2], min_up=0)
    assert (made["min_up"], made["problems"]) == (0, [])


@pytest.mark.parametrize("min_up", [-1, 3])
def test_an_outage_keeps_no_node_up(min_up: int) -> None:
    made = plan(THREE, route="outage", batches=[3], accept_outage=True, min_up=min_up)
    assert (made["min_up"], made["problems"]) == (0, [])


def test_a_batch_that_leaves_too_few_nodes_up_is_refused_with_their_number() -> None:
    assert plan(THREE, batches=[2], min_up=2)["problems"] == ["force_reauth_min_up=2 cannot be kept: a batch of 2 leaves 1 of 3 nodes up"]


def test_the_plan_names_the_product_and_what_outlives_the_run() -> None:
    made = plan({name: look(survives=["access tokens"]) for name in THREE})
    assert (made["title"], made["survives"]) == ("Jira", ["access tokens"])


def _fact(name: str, sure: str, source: str = "server.xml:3") -> dict[str, str]:
    return {"name": name, "value": "", "sure": sure, "source": source}


def test_what_rests_on_a_doubt_or_a_default_is_said_once_for_the_nodes_that_share_it() -> None:
    certain, damaged = (
        [_fact("url", "certain")],
        [_fact("url", "likely", "server.xml:3 (damaged)"), _fact("site_url", "unknown", "two proxies")],
    )
    usual = [_fact("context_path", "default"), _fact("cookies.session", "default"), _fact("version", "unknown")]
    facts = {"n1": {"facts": [*certain, *usual]}, "n2": {"facts": [*damaged, *usual]}, "n3": {"facts": damaged}, "n4": {"facts": certain}}
    assert doubt_lines(facts) == [
        "n1, n2: nothing is set for context_path, cookies.session: what the product does by itself is taken",
        "n2, n3: url is only likely (server.xml:3 (damaged))",
        "n2, n3: site_url is not known (two proxies)",
    ]


def test_everybody_is_treated_unless_users_are_named() -> None:
    assert (plan(THREE)["users"], plan(THREE, proof_username="")["users"]) == ("", "")
    made = plan(THREE, usernames="Canary, eve")
    assert (made["users"], made["problems"]) == ("Canary, eve alone; the tokens of all others stay", [])
    made = plan(THREE, exclude_usernames=["eve"])
    assert (made["users"], made["problems"]) == ("all but eve, whose tokens stay", [])


@pytest.mark.parametrize("options", [{"usernames": ["eve"]}, {"exclude_usernames": "eve,CANARY"}])
def test_a_proof_account_that_is_not_treated_is_refused(options: dict[str, t.Any]) -> None:
    assert plan(THREE, **options)["problems"] == [
        "the proof account canary is not among the users that are treated: its cookie would live on"
    ]


@pytest.mark.parametrize(
    ("recorded", "options", "said"),
    [
        ("", {"usernames": ["canary"]}, "this run began for every user: "),
        ("canary alone; the tokens of all others stay", {}, "this run began for canary alone; the tokens of all others stay: "),
        ("canary alone; the tokens of all others stay", {"usernames": ["canary"]}, ""),
    ],
)
def test_a_resumed_run_treats_the_users_of_its_first_start(recorded: str, options: dict[str, t.Any], said: str) -> None:
    record = {"nodes": list(THREE), "users": recorded}
    problems = plan(THREE, record, **options)["problems"]
    assert [one.startswith(said) for one in problems] == ([True] if said else [])


NO_NAME = (
    "force_reauth_proof_password is given without force_reauth_proof_username, so that nothing would be proven: give both, or, where that "
    "is meant, -e force_reauth_proof_password= behind all other variables"
)
# n1 was restarted when the tokens were gone: its process is another one than the record has
ONE_DONE = {"n1": {"identity": "b:0:1", "cleaned": True}}
RESTARTED = {**ONE_DONE, **{node: {"identity": "b:0:1", "cleaned": True} for node in ("n2", "n3")}}


@pytest.mark.parametrize(
    ("options", "node_records", "problems"),
    [
        ({"proof_username": "", "proof_password": ""}, None, []),
        ({"proof_password": ""}, None, ["give force_reauth_proof_password"]),
        ({"proof_username": ""}, None, [NO_NAME]),
        ({"proof_username": "", "proof_cookies": [{}]}, None, []),
        ({"proof_password": "", "proof_cookies": [{}]}, None, []),
        ({"proof_password": ""}, ONE_DONE, ["give force_reauth_proof_password"]),
        # nobody signs in any more, and the old cookies are replayed by the name
        ({"proof_password": ""}, RESTARTED, []),
        # a group without a proof account shares the file of secrets; its run began when that was not asked
        ({"proof_username": ""}, ONE_DONE, []),
    ],
)
def test_half_of_a_proof_account_is_refused_before_anything_is_changed(
    options: dict[str, t.Any], node_records: dict[str, t.Any] | None, problems: list[str]
) -> None:
    begun = {"nodes": list(THREE), "route": "rolling", "phase": "rolling", "batches": [1], "users": "", "node_records": node_records}
    assert plan(THREE, begun if node_records else None, **options)["problems"] == problems


BEGUN = {"phase": "waiting", "nodes": ["n1", "n2"], "route": "rolling", "batches": [1], "users": ""}
DOORS = {"nobody": "401", "doors": [{"user": "", "name": "JSESSIONID", "kind": "session", "note": ""}]}
NO_COOKIE = "none of force_reauth_proof_cookies opens the door at any node: copy them again, from a browser that is signed in now"
NOBODY = {"proof_username": "", "proof_password": "", "proof_cookies": []}


@pytest.mark.parametrize(
    ("changes", "record", "options", "problems"),
    [
        ({"role_in_cluster": "unknown"}, BEGUN, {}, []),
        ({"asked": DOORS}, None, {}, [NO_COOKIE]),
        (
            {"asked": {"nobody": "401", "doors": [{"user": "eve", "name": "JSESSIONID", "kind": "session", "note": ""}]}},
            None,
            {"usernames": ["adam"], **NOBODY},
            ["the proof account eve is not among the users that are treated: its cookie would live on"],
        ),
        ({"asked": DOORS}, BEGUN, {}, []),
        ({}, None, {"revoked": True}, ["force_reauth_revoked is said of tokens that are deleted by hand (force_reauth_revoke=manual)"]),
        (
            {},
            None,
            {"revoke": "manual", "usernames": ["canary"]},
            ["force_reauth_revoke=manual deletes the tokens of every user: leave the names of users out"],
        ),
        (
            {},
            None,
            {"revoke": "manual", "revoked": True},
            [
                (
                    "force_reauth_revoked is said of a run that waits, and this one has not: tokens that were deleted before its canary "
                    "signed in prove nothing. Leave it out"
                )
            ],
        ),
        ({}, BEGUN, {"revoke": "manual", "revoked": True}, []),
        (
            {},
            BEGUN,
            {"revoke": "manual", **NOBODY},
            [
                (
                    "this run waits for the tokens to be deleted by hand, and no cookie can show it here (no proof account was given): "
                    "see that the script was carried out, then say so with force_reauth_revoked=true"
                )
            ],
        ),
        (
            {},
            None,
            {"route": "live"},
            ["force_reauth_route=live needs an administrator: give force_reauth_admin_token, or force_reauth_admin_username and _password"],
        ),
        (
            {},
            None,
            {"route": "live", "admin_token": "t", **NOBODY},
            [
                (
                    "force_reauth_route=live: only old cookies can show that the sessions are ended: give force_reauth_proof_username, or "
                    "force_reauth_proof_cookies"
                )
            ],
        ),
        ({}, None, {"admin_token": ""}, []),
        (
            {},
            None,
            {"revoke": "product", "usernames": ["canary"], "proof_password": ""},
            [
                "give force_reauth_proof_password",
                "force_reauth_revoke=product deletes the tokens of every user: leave the names of users out",
                (
                    "force_reauth_revoke=product makes no archive, and nothing can be put back: say that you accept it with "
                    "force_reauth_accept_no_archive=true"
                ),
                (
                    "force_reauth_revoke=product needs an administrator: give force_reauth_admin_username and force_reauth_admin_password, "
                    "or a proof account that is one"
                ),
            ],
        ),
        (
            {},
            None,
            {"revoke": "product", "accept_no_archive": True, "admin_username": "adam", "admin_password": "p", **NOBODY},
            [
                (
                    "force_reauth_revoke=product: only old cookies can show that the tokens are deleted: give force_reauth_proof_username, "
                    "or force_reauth_proof_cookies"
                )
            ],
        ),
    ],
)
def test_every_part_of_the_plan_says_what_speaks_against_the_run(
    changes: dict[str, t.Any], record: dict[str, t.Any] | None, options: dict[str, t.Any], problems: list[str]
) -> None:
    given = {"admin_token": "", "users_without_database": False, **options}
    assert plan({"n1": look(**changes), "n2": look(**changes)}, record, **given)["problems"] == problems


@pytest.mark.parametrize(
    ("recorded", "wanted", "route"),
    [
        ("live", "rolling", "rolling"),
        ("live", "outage", "outage"),
        ("live", "auto", "live"),
        ("live", "live", "live"),
        ("rolling", "auto", "rolling"),
        ("rolling", "live", "rolling"),
        ("rolling", "outage", "rolling"),
        ("outage", "rolling", "outage"),
    ],
)
def test_a_live_run_may_be_finished_by_restarts_and_any_other_route_that_is_asked_for_is_refused(
    recorded: str, wanted: str, route: str
) -> None:
    record = {**BEGUN, "phase": "rolling", "route": recorded}
    made = plan({"n1": look(), "n2": look()}, record, route=wanted, admin_token="t", accept_outage=True)
    refusal = (
        f"this run goes on by route {route}, and force_reauth_route={wanted} is asked for: give force_reauth_route={route}, or set the run "
        "aside with force_reauth_abandon, and begin a new one"
    )
    assert (made["route"], made["problems"]) == (route, [] if wanted in ("auto", route) else [refusal])


@pytest.mark.parametrize(
    ("changes", "wanted"), [({}, "outage"), ({"sessions": {"kept": "replicated", "where": "server.xml:9 Cluster"}}, "outage")]
)
def test_a_live_run_of_nodes_that_cannot_be_rolled_is_taken_up_as_an_outage_that_stops_them_all(
    changes: dict[str, t.Any], wanted: str
) -> None:
    record = {**BEGUN, "nodes": ["n1"], "phase": "rolling", "route": "live"}
    made = plan({"n1": look(**changes)}, record, route=wanted, admin_token="t", accept_outage=True)
    assert (made["route"], made["phase"], made["restart_route"], made["problems"]) == ("outage", "revoked", "outage", [])


@pytest.mark.parametrize(
    ("recorded", "wanted"),
    [("manual", "product"), ("manual", "database"), ("product", "manual"), ("product", "database"), ("database", "manual")],
)
def test_a_run_goes_on_by_the_way_of_deletion_by_which_it_began(recorded: str, wanted: str) -> None:
    looks, may = {"n1": look(), "n2": look()}, {"accept_no_archive": True, "admin_username": "adam", "admin_password": "p"}
    record = {**BEGUN, "revoke": recorded}
    refusal = (
        f"this run began with force_reauth_revoke={recorded}, and now it is {wanted}: give force_reauth_revoke={recorded}, or set the run "
        "aside with force_reauth_abandon, and begin a new one"
    )
    assert plan(looks, record, revoke=wanted, **may)["problems"] == [refusal]
    assert plan(looks, record, revoke=recorded, **may)["problems"] == []


@pytest.mark.parametrize(
    ("product", "options", "blind"),
    [
        ("jira", {}, ""),
        ("jira", {"route": "outage"}, "all nodes are down"),
        ("jira", NOBODY, "no proof account was given"),
        ("bitbucket", {}, "this product replaces its remember-me cookies at each use"),
    ],
)
def test_the_plan_says_why_no_cookie_can_show_a_deletion(product: str, options: dict[str, t.Any], blind: str) -> None:
    assert plan({"n1": look(product=product), "n2": look(product=product)}, **options)["blind"] == blind


def test_the_plan_says_how_it_will_be_proven_and_who_deletes() -> None:
    made = plan({"n1": look(), "n2": look()}, revoke="manual", chosen="a password")
    assert made["proof"] == ["canary signs in on one node, then on the others; after the act every old cookie is sent again, alone"]
    assert (made["revoke"], made["chosen"], made["unproven"]) == ("manual", "a password", "")


def test_the_plan_says_that_a_deletion_by_hand_will_not_be_seen() -> None:
    made = plan({"n1": look(), "n2": look()}, revoke="manual", proof_username="")
    assert made["unproven"] == "no proof account was given"
    copied: dict[str, t.Any] = {"revoke": "manual", "proof_username": "", "proof_cookies": [{"name": "x", "value": "y"}]}
    made = plan({"n1": look(), "n2": look()}, **copied)
    assert made["unproven"] == "no copied remember-me cookie opens the door"
    # of a run that goes on it may have died by it
    assert plan({"n1": look(), "n2": look()}, {**BEGUN, "revoke": "manual"}, **copied)["unproven"] == ""


def test_a_plan_whose_batches_are_none_takes_one_node_and_keeps_none_up() -> None:
    made = plan({"n1": look(), "n2": look()}, batches=["many"])
    assert (made["batches"], made["min_up"]) == ([1], 0)
    assert made["problems"] == ["force_reauth_batches: 'many' is no count and no percentage (1, '25%')"]
