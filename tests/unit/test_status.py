# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status of a cluster: its document, its screen, its statistics, and when its database is not asked."""

from __future__ import annotations

import typing as t

import jsonschema
import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.status import Seen, count_problem, status, status_stats
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.status_lines import ago, status_lines
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.settings import PREFIX
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.task_results import seen_looks, unseen_by_node
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.role_specification import defaults

from tests.evidence_runs import HOSTILE, names
from tests.schemas import fitting

Values = dict[str, t.Any]
DAY = 86_400
RUN: Values = {
    "cluster": "jira-0123456789ab",
    "run_id": "CHG-1",
    "folder": "/a/jira-0123456789ab/CHG-1",
    "phase": "proven",
    "age": 40 * DAY,
    "files": 3,
    "logins": 1200,
    "backed_up": 1201,
    "bytes": 4096,
    "kept": "",
    "removed": 0,
    "problem": "",
}
COUNTED: Values = {
    "cluster": "jira-0123456789ab",
    "database": "postgresql system 77 database jira schema public",
    "table": "remembermetoken",
    "rows": 1_600_000,
    "users": 18_230,
    "oldest": "2026-11-11T08:15:00Z",
    "ages": {"day": 90_000, "week": 410_000, "month": 1_100_000, "older": 0},
    "top": [{"tokens": 412, "user": ""}, {"tokens": 9, "user": ""}],
    "notes": [],
}
DATABASE: Values = {
    "engine": "postgresql",
    "host": "db1.example.org",
    "port": 5432,
    "name": "jira",
    "user": "jira",
    "schema": "",
    "ssl_mode": "",
    "embedded": False,
    "doubts": {},
}


def look_of(**more: t.Any) -> Values:
    return {
        "product": "jira",
        "title": "Jira",
        "version": "10.3.1",
        "url": "http://127.0.0.1:8080",
        "install_dir": "/opt/jira",
        "home_identity": "boot:1:2",
        "process": {"running": True, "identity": "boot:7:1", "seconds": 12 * DAY, "strangers": ""},
        "ready": {"ready": True, "saw": "state RUNNING"},
        "sessions": {"kept": "memory", "where": "context.xml:3", "saved": []},
        "database": DATABASE,
        "sign_on": {"server": "Crowd", "state": "off"},
        "survives": ["personal access tokens", "Basic authentication"],
        "locked_by": "",
        **more,
    }


def seen_of(nodes: t.Sequence[str], looks: t.Mapping[str, Values] | None = None, **more: t.Any) -> Seen:
    found: Values = {
        "nodes": list(nodes),
        "looks": {node: look_of() for node in nodes} if looks is None else looks,
        "unseen": {},
        "counted": COUNTED,
        "uncounted": "",
        "shelved": {"runs": [RUN]},
        "unshelved": "",
        "host": "db1",
        "at": "2026-11-30 08:00:00 UTC",
        "hosts": "jira",
        **more,
    }
    return t.cast("Seen", found)


@pytest.mark.parametrize("count", [0, 1, 3, 50])
def test_a_cluster_of_any_size_fits_a_screen_and_nothing_is_missing(count: int) -> None:
    document = fitting("session_status", status(seen_of(names(count))))
    lines = status_lines(document)
    assert (document["missing"], len(document["nodes"])) == ([], count)
    assert len(lines) <= 20
    assert f"Jira jira-0123456789ab, {count} node{'' if count == 1 else 's'} of jira" in lines[1] or count == 0
    assert "Tokens     1600000 of 18230 users in remembermetoken" in lines[2]


def test_the_schema_of_the_document_says_no() -> None:
    document = status(seen_of(names(2)))
    live = {**document["routes"], "live": {"enough": "perhaps", "why": ["x"]}}
    for change in ({"format": 2}, {"more": 1}, {"routes": live}, {"tokens": {**document["tokens"], "rows": -2}}):
        with pytest.raises(jsonschema.ValidationError):
            fitting("session_status", {**document, **change})


def test_a_document_in_which_hardly_anything_was_seen_has_the_same_shape() -> None:
    unseen = {"a": "lost", "b": "lost"}
    seen = seen_of(["a", "b"], {}, unseen=unseen, counted={}, uncounted="no node was seen", shelved={}, unshelved="open to others")
    document = fitting("session_status", status(seen))
    assert len(document["missing"]) == 4
    assert {route["enough"] for route in document["routes"].values()} == {"unknown"}


def test_of_many_nodes_those_that_are_alike_share_a_line_and_the_others_stand_out() -> None:
    nodes = names(50)
    looks = {node: look_of() for node in nodes}
    looks[nodes[0]] = look_of(process={"running": True, "identity": "boot:9:1", "seconds": 3, "strangers": ""})
    looks[nodes[7]] = look_of(ready={"ready": False, "saw": "state MAINTENANCE"})
    lines = [line for line in status_lines(status(seen_of(nodes, looks))) if line.startswith("Nodes")]
    assert len(lines) == 2
    assert lines[0].endswith("and 41 more: up, Jira 10.3.1, sessions in memory, process 3 seconds to 12 days old")
    assert f"{nodes[7]}: not ready (state MAINTENANCE), Jira 10.3.1" in lines[1]


def node_line(look: Values | None, unseen: str = "") -> str:
    seen = seen_of(["n1"], {} if look is None else {"n1": look}, unseen={"n1": unseen} if unseen else {})
    return next(line for line in status_lines(status(seen)) if line.startswith("n1"))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "n1         up, Jira 10.3.1, sessions in memory, process 12 days old, at http://127.0.0.1:8080"),
        ({"locked_by": "run CHG-1"}, "at work on it: run CHG-1"),
        ({"sessions": {"kept": "disk", "where": "x", "saved": ["/w/SESSIONS.ser"]}}, "saved sessions lie there: /w/SESSIONS.ser"),
        ({"sessions": {"kept": "replicated", "where": "x", "saved": []}}, "sessions replicated"),
        (
            {"process": {"running": False, "identity": "", "seconds": -1, "strangers": ""}},
            "down (no process of the product runs from /opt/jira)",
        ),
    ],
)
def test_a_node_tells_its_state_its_age_and_how_it_keeps_its_sessions(more: Values, expected: str) -> None:
    assert expected in node_line(look_of(**more))


def test_a_node_that_was_not_seen_is_said_to_be_with_the_reason_and_is_missing() -> None:
    assert node_line(None, "it does not answer") == "n1         not seen (it does not answer)"
    assert status(seen_of(["n1"], {}, unseen={"n1": "it does not answer"}))["missing"] == ["n1 was not seen: it does not answer"]


@pytest.mark.parametrize(
    ("looks", "rolling", "outage", "why"),
    [
        ({"a": look_of(), "b": look_of()}, "yes", "yes", "they end with its process"),
        ({"a": look_of()}, "no", "yes", "a single node cannot be restarted without an outage"),
        (
            {"a": look_of(), "b": look_of(sessions={"kept": "replicated", "where": "w", "saved": []})},
            "no",
            "yes",
            "b: its sessions are repl",
        ),
        ({"a": look_of(), "b": look_of(sessions={"kept": "outside", "where": "w", "saved": []})}, "no", "yes", "outside the process"),
        ({"a": look_of(), "b": look_of(sessions={"kept": "elsewhere", "where": "w", "saved": []})}, "no", "no", "outside the work folder"),
        ({"a": look_of(), "b": look_of(sessions={"kept": "unknown", "where": "w", "saved": []})}, "unknown", "yes", "is not known: b"),
        ({"a": look_of(database={**DATABASE, "embedded": True}), "b": look_of()}, "no", "yes", "embedded database"),
    ],
)
def test_each_route_is_judged_with_its_reason(looks: dict[str, Values], rolling: str, outage: str, why: str) -> None:
    routes = status(seen_of(list(looks), looks))["routes"]
    assert (routes["rolling"]["enough"], routes["outage"]["enough"]) == (rolling, outage)
    assert why in "; ".join(routes["rolling"]["why"])


@pytest.mark.parametrize(
    ("more", "enough", "why"),
    [
        ({}, "yes", "by its documentation; a run sees by old cookies whether it did"),
        ({"version": "9.4.2"}, "no", "Jira 9.11 or later is needed, and a has 9.4.2"),
        ({"version": ""}, "unknown", "the version of these nodes is not known: a"),
        ({"product": "confluence", "title": "Confluence"}, "no", "no call of Confluence is known"),
        ({"sessions": {"kept": "elsewhere", "where": "w", "saved": []}}, "no", "outside the work folder"),
        ({"sessions": {"kept": "outside", "where": "w", "saved": []}}, "unknown", "whether the product's call reaches the sessions of"),
        ({"sessions": {"kept": "disk", "where": "w", "saved": []}}, "unknown", "have not begun is not known: a"),
        (
            {"product": "bamboo", "title": "Bamboo", "sessions": {"kept": "disk", "where": "w", "saved": []}},
            "no",
            "a: it saves its sessions at a stop and loads them at its start, and the product's call does not end those",
        ),
        ({"database": {**DATABASE, "embedded": True}}, "no", "embedded database"),
    ],
)
def test_the_route_without_a_restart_is_judged_by_product_version_and_sessions(more: Values, enough: str, why: str) -> None:
    live = status(seen_of(["a"], {"a": look_of(**more)}))["routes"]["live"]
    assert live["enough"] == enough
    assert why in "; ".join(live["why"])


def test_no_route_is_said_to_be_enough_for_a_node_that_was_not_seen() -> None:
    routes = status(seen_of(["a", "b"], {"a": look_of()}, unseen={"b": "lost"}))["routes"]
    assert {one["enough"] for one in routes.values()} == {"unknown"}


def test_tokens_that_were_not_counted_are_not_none() -> None:
    document = status(seen_of(["a"], counted={}, uncounted="wrong password"))
    assert (document["tokens"]["rows"], document["missing"]) == (-1, ["the tokens were not counted: wrong password"])
    assert "Tokens     not counted" in status_lines(document)
    assert not any("By age" in line for line in status_lines(document))


def test_archives_that_were_not_looked_at_are_not_none() -> None:
    document = status(seen_of(["a"], shelved={}, unshelved="is open to others"))
    assert document["missing"] == ["the archives were not looked at: is open to others"]
    assert "Archives   not looked at on db1" in status_lines(document)
    assert "Archives   none on db1" in status_lines(status(seen_of(["a"], shelved={"runs": []})))


def test_archives_tell_age_and_logins_and_one_that_was_not_judged_is_missing() -> None:
    odd = {**RUN, "run_id": "CHG-2", "files": 0, "problem": "is a link"}
    document = status(seen_of(["a"], shelved={"runs": [RUN, odd, *[{**RUN, "run_id": f"r{number}"} for number in range(10)]]}))
    text = "\n".join(status_lines(document))
    assert "Archives   33 of 12 runs on db1, with 14400 logins that would work again" in text
    assert "jira-0123456789ab/CHG-1 (proven), 40 days old, 3 archives with 1200 logins, a backup of 1201" in text
    assert "and of 4 more runs" in text
    assert document["missing"] == ["archives in /a/jira-0123456789ab/CHG-1 were not judged: is a link"]


@pytest.mark.parametrize(
    ("logins", "archived", "said"),
    [
        ([1200, 300], 1500, "with 1500 logins that would work again"),
        ([0], 0, "with 0 logins that would work again"),
        ([-1], -1, "with an unknown number of logins that would work again"),
        ([1200, -1], -1, "with at least 1200 logins that would work again"),
        ([1, -1, 0], -1, "with at least 1 login that would work again"),
    ],
)
def test_an_unknown_number_of_logins_is_not_none(logins: list[int], archived: int, said: str) -> None:
    runs = [{**RUN, "run_id": f"r{number}", "logins": one} for number, one in enumerate(logins)]
    document = fitting("session_status", status(seen_of(["a"], shelved={"runs": runs})))
    assert status_stats(document)["force_reauth_status"]["archived"] == archived
    assert any(line.startswith("Archives ") and line.endswith(said) for line in status_lines(document))


def test_archives_that_nobody_looked_at_hold_an_unknown_number_of_logins() -> None:
    document = status(seen_of(["a"], shelved={}, unshelved="is open to others"))
    assert status_stats(document)["force_reauth_status"]["archived"] == -1
    assert status_stats(status(seen_of(["a"], shelved={"runs": []})))["force_reauth_status"]["archived"] == 0


def test_a_folder_beside_the_archives_that_is_no_clusters_is_named_and_nothing_is_missing() -> None:
    for runs in ([], [RUN]):
        document = fitting("session_status", status(seen_of(["a"], shelved={"runs": runs, "other_folders": ["lost+found"]})))
        assert document["missing"] == []
        assert "           No cluster's folder, and not looked into: lost+found" in status_lines(document)


def test_names_of_users_are_shown_only_where_they_were_asked_for() -> None:
    assert "Most       412, 9 of one user each (force_reauth_show_users names them)" in status_lines(status(seen_of(["a"])))
    named = {**COUNTED, "top": [{"tokens": 412, "user": "eve"}, {"tokens": 9, "user": "adam"}]}
    assert "Most       eve 412, adam 9" in status_lines(status(seen_of(["a"], counted=named)))


def test_single_sign_on_is_told_with_the_nodes_that_name_it() -> None:
    fact = {"name": "sign_on.state", "value": "SSOAuth", "source": "/x:3", "sure": "certain"}
    named = look_of(sign_on={"server": "Crowd", "state": "on"}, facts=[fact])
    lines = status_lines(status(seen_of(["a", "b", "c"], {"a": named, "b": named, "c": look_of()})))
    (line,) = [line for line in lines if "Sign-on" in line]
    assert line.startswith("Sign-on    Crowd single sign-on is on: ")
    assert line.endswith("(/x:3: SSOAuth), on a, b")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_others_call_something_stays_on_its_line(text: str) -> None:
    look = look_of(
        title=text,
        url=text,
        locked_by=text,
        sign_on={"server": text, "state": "on"},
        facts=[{"name": "sign_on.state", "value": text, "source": text, "sure": "certain"}],
        survives=[text],
        sessions={"kept": text, "where": text, "saved": [text]},
    )
    counted = {**COUNTED, "database": text, "oldest": text, "table": text, "top": [{"tokens": 1, "user": text}], "notes": [text]}
    run = {**RUN, "cluster": text, "run_id": text, "phase": text}
    document = fitting(
        "session_status",
        status(seen_of([text], {text: look}, counted=counted, shelved={"runs": [run], "other_folders": [text]}, hosts=text)),
    )
    lines = status_lines(document)
    assert all(line.isprintable() for line in lines)
    assert max(map(len, lines)) < 1000
    assert len(lines) <= 20
    assert all(one.isprintable() for one in status_stats(document)["force_reauth_status"]["missing"])


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 seconds"), (59, "59 seconds"), (60, "1 minute"), (3 * 3600, "3 hours"), (DAY, "1 day"), (-1, "0 seconds")],
)
def test_an_age_is_told_in_its_largest_unit(seconds: int, expected: str) -> None:
    assert ago(seconds) == expected


def test_a_pipeline_gets_the_numbers() -> None:
    looks = {"a": look_of(), "b": look_of(ready={"ready": False})}
    found = status_stats(status(seen_of(["a", "b"], looks)))["force_reauth_status"]
    assert (found["tokens"], found["users"], found["nodes"], found["nodes_up"], found["archived"]) == (1_600_000, 18_230, 2, 1, 1200)
    assert found["missing"] == []


GIVEN = {name[len(PREFIX) :]: value for name, value in defaults().items()}


def problem(looks: dict[str, Values], **given: t.Any) -> str:
    settings = {**GIVEN, **given}
    return count_problem(looks, {node: {"__force_reauth_taken": {"settings": settings}} for node in looks}, settings, False)


def test_a_database_of_which_the_nodes_are_certain_is_asked() -> None:
    assert problem({"a": look_of(), "b": look_of()}, database_password="x") == ""


@pytest.mark.parametrize(
    ("looks", "given", "expected"),
    [
        ({}, {}, "no node was seen"),
        ({"a": look_of(), "b": look_of(version="9.12.1")}, {}, "these are nodes of 2 clusters: jira 10.3.1 on postgresql"),
        ({"a": look_of(database={**DATABASE, "doubts": {"name": "a placeholder"}})}, {}, "do not tell for certain which database"),
        ({"a": look_of()}, {"database_user": "report", "database_password": "x"}, "its password goes only where you say"),
        ({"a": look_of(database={**DATABASE, "host": "localhost"})}, {}, "which is on the node itself"),
    ],
)
def test_a_password_goes_nowhere_where_it_is_not_certain_that_it_belongs(looks: dict[str, Values], given: Values, expected: str) -> None:
    assert expected in problem(looks, **given)


def test_nodes_that_were_told_different_things_are_not_asked_about() -> None:
    hostvars = {node: {"__force_reauth_taken": {"settings": {**GIVEN, "database_name": node}}} for node in ("a", "b")}
    found = count_problem({"a": look_of(), "b": look_of()}, hostvars, GIVEN, False)
    assert "force_reauth_database_name is said once for the cluster" in found


def test_nodes_that_were_not_seen_are_told_apart_from_those_that_were() -> None:
    hostvars: dict[str, Values] = {
        "a": {"__force_reauth_detected": {**look_of(), "asked": {}}},
        "b": {"__force_reauth_refusal": "locked.", "__force_reauth_detected": {}},
        "c": {},
    }
    seen = seen_looks(list(hostvars), hostvars)
    assert list(seen) == ["a"]
    assert unseen_by_node(list(hostvars), seen, hostvars) == {"b": "locked", "c": "it was not seen"}


def test_a_look_that_failed_is_none_whoever_looked() -> None:
    seen = {"a": look_of(), "b": {"failed": True, "msg": "no rights."}, "c": {"unreachable": True, "ready": {"ready": True}}, "d": {}}
    assert unseen_by_node([*seen, "e"], seen, {"a": {}}) == {"b": "no rights", **dict.fromkeys("cde", "it was not seen")}
