# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run whose tokens are deleted by hand: what it refuses, when it goes on, what it says that it has not seen."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.by_hand import keep_script
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll import by_hand, report

from tests.unit.full_disk import fill_disk

OPTIONS: dict[str, t.Any] = {
    "accept_no_archive": False,
    "admin_username": "",
    "admin_password": "",
    "proof_password": "p",
    "revoke": "manual",
    "revoked": False,
    "proof_username": "canary",
    "proof_cookies": [],
}
DATABASE: dict[str, t.Any] = {
    "product": "jira",
    "engine": "oracle",
    "host": "db",
    "port": 1521,
    "name": "ORCL",
    "user": "jira",
    "schema": "",
    "ssl_mode": "",
    "doubts": {},
}
GIVEN: dict[str, t.Any] = {f"database_{name}": "" for name in ("engine", "server", "name", "user", "schema", "ssl_mode")} | {
    "database_port": 0,
    "revoke": "manual",
}


def look(given: dict[str, t.Any] | None = None, nodes: t.Sequence[str] = ("n1", "n2"), **database: t.Any) -> dict[str, t.Any]:
    return by_hand.look_without_database({**DATABASE, **database}, {**GIVEN, **(given or {})}, nodes)


@pytest.mark.parametrize(
    ("options", "phase", "scoped", "blind", "refused"),
    [
        ({}, "", False, "", ""),
        ({}, "waiting", False, "", ""),
        ({}, "", True, "", "leave the names of users out"),
        ({"revoked": True}, "", False, "", "prove nothing. Leave it out"),
        ({"revoked": True}, "prepared", False, "", "prove nothing. Leave it out"),
        ({"revoked": True}, "waiting", False, "all nodes are down", ""),
        ({"revoked": True}, "rolling", False, "", ""),
        ({}, "waiting", False, "all nodes are down", "(all nodes are down): see that the script was carried out"),
        ({}, "rolling", False, "all nodes are down", ""),
        ({"revoke": "database"}, "", True, "", ""),
        ({"revoke": "database", "revoked": True}, "", False, "", "force_reauth_revoke=manual"),
    ],
)
def test_what_cannot_be_done_by_hand_is_refused(options: dict[str, t.Any], phase: str, scoped: bool, blind: str, refused: str) -> None:
    problems = by_hand.hand_problems({**OPTIONS, **options}, {"phase": phase} if phase else {}, scoped, blind)
    assert [refused in one for one in problems] == ([True] if refused else [])


@pytest.mark.parametrize(
    ("product", "options", "route", "why"),
    [
        ("jira", {}, "rolling", ""),
        ("jira", {"proof_username": "", "proof_cookies": [{}]}, "rolling", ""),
        ("jira", {}, "outage", "all nodes are down"),
        ("jira", {"proof_username": ""}, "rolling", "no proof account was given"),
        ("bitbucket", {}, "rolling", "this product replaces its remember-me cookies at each use"),
        ("crowd", {}, "rolling", "this product's cookie ends by itself when nobody uses it for a while"),
    ],
)
def test_where_no_cookie_can_show_it_the_operator_has_to_say_it(product: str, options: dict[str, t.Any], route: str, why: str) -> None:
    assert by_hand.why_blind(product, {**OPTIONS, **options}, route) == why


def looked(*doors: tuple[str, str], product: str = "jira") -> dict[str, t.Any]:
    """A node, and whom the copied cookies open its door to."""
    rows = [{"name": name, "kind": "session" if name == "JSESSIONID" else "remember_me", "user": user} for name, user in doors]
    return {"product": product, "cookies": {"session": "JSESSIONID", "remember_me": "seraph"}, "asked": {"doors": rows}}


COPIED: dict[str, t.Any] = {"proof_username": "", "proof_cookies": [{}]}
NONE_COPIED = "no copied remember-me cookie opens the door"


@pytest.mark.parametrize(
    ("look_of_node", "options", "resumed", "why"),
    [
        # whether the sign-in gives one is seen then
        (looked(), {}, False, ""),
        (looked(product="crowd"), {}, False, "this product's cookie ends by itself when nobody uses it for a while"),
        (looked(), {"proof_username": ""}, False, "no proof account was given"),
        (looked(("JSESSIONID", "eve")), COPIED, False, NONE_COPIED),
        (looked(("JSESSIONID", "eve"), ("seraph", "")), COPIED, False, NONE_COPIED),
        (looked(("sso", "eve")), COPIED, False, NONE_COPIED),
        (looked(("seraph", "eve")), COPIED, False, ""),
        # it may have died by the deletion
        (looked(("seraph", "")), COPIED, True, ""),
        ({**looked(), "asked": {}}, COPIED, False, NONE_COPIED),
        (looked(product="crowd"), {"revoke": "database"}, False, ""),
    ],
)
def test_a_run_whose_deletion_by_hand_nothing_will_show_says_so_before_it(
    look_of_node: dict[str, t.Any], options: dict[str, t.Any], resumed: bool, why: str
) -> None:
    assert by_hand.why_unproven({"n1": look_of_node}, {**OPTIONS, **options}, resumed) == why


def test_what_is_known_without_the_database_is_its_place_and_the_table() -> None:
    found = look()
    assert (found["problem"], found["table"], found["database"]) == ("", "remembermetoken", "oracle db:1521/ORCL, account jira")
    job = {"product": "Jira", "engine": "oracle", "table": "remembermetoken", "key": "id", "schema": "", "place": found["database"]}
    assert found["job"] == {**job, "run_id": "", "outage": False, "where": "", "last": True}
    assert ("rows" in found, found["more_jobs"], found["notes"], found["others"]) == (False, [], [], 0)
    assert "run CHG-1 of" not in by_hand.script_text(found, "CHG-1", "outage")
    assert "for run CHG-1." in by_hand.script_text(found, "CHG-1", "outage")
    assert "all nodes of the product are down now" in by_hand.script_text(found, "CHG-1", "outage")


def test_each_table_of_a_product_with_several_has_its_script_and_what_makes_tokens_of_the_other_goes_first() -> None:
    found = look({"database_engine": "hsqldb"}, product="crowd")
    text = by_hand.script_text(found, "CHG-1", "outage")
    deletes = [line for line in text.splitlines() if line.startswith("DELETE")]
    assert found["table"] == "cwd_remember_me_token, cwd_token"
    assert [line.split()[2] for line in deletes] == ["cwd_remember_me_token", "cwd_token"]
    assert "-- Spared: the rows that do not fit WHERE directory_id IS NULL OR directory_id <> -1" in text
    assert text.count(" FROM cwd_token WHERE directory_id IS NULL OR directory_id <> -1") == 3
    assert text.count("\n\n-- Deletes the remember-me tokens of Crowd, ") == 1
    # the first script does not end the database of the second
    assert [line for line in text.splitlines() if line in ("COMMIT;", "SHUTDOWN;")] == ["COMMIT;", "COMMIT;", "SHUTDOWN;"]


@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
def test_mysql_calls_the_database_the_schema(engine: str) -> None:
    assert " `jira-db`.remembermetoken;" in by_hand.script_text(look(engine=engine, name="jira-db", schema="x"), "r", "rolling")
    assert " other.remembermetoken;" in by_hand.script_text(look({"database_name": "other"}, engine="mysql", name="jira"), "r", "rolling")


@pytest.mark.parametrize(
    ("given", "database", "problem"),
    [
        (
            {},
            {"engine": "unknown", "doubts": {"engine": "dbconfig.xml is cut"}},
            (
                "the product's settings do not tell for certain which engine its database has (dbconfig.xml is cut): "
                "give force_reauth_database_engine"
            ),
        ),
        ({"database_engine": "oracle"}, {"engine": "unknown", "doubts": {"engine": "dbconfig.xml is cut"}}, ""),
        (
            {"database_engine": "db2"},
            {},
            "The database engine 'db2' is not known. Known engines: h2, hsqldb, mariadb, mysql, oracle, postgresql, sqlite, sqlserver",
        ),
        (
            {},
            {"schema": "x; DROP TABLE y"},
            "database_schema is 'x; DROP TABLE y', which cannot stand in a script for the database: give it, as the database has it",
        ),
        ({}, {"doubts": {"host": "nobody knows"}}, ""),
    ],
)
def test_a_script_that_cannot_be_written_is_refused(given: dict[str, t.Any], database: dict[str, t.Any], problem: str) -> None:
    assert look(given, **database)["problem"] == problem


def test_a_database_that_nothing_is_doubted_of_has_its_script() -> None:
    assert by_hand.look_without_database({one: DATABASE[one] for one in DATABASE if one != "doubts"}, GIVEN, ["n1"])["problem"] == ""


def test_a_cluster_has_the_name_by_which_a_run_of_another_release_is_found() -> None:
    assert (look()["cluster"], look(host="localhost")["cluster"]) == ("jira-2717fd7b3094", "jira-3a59d5c03cec")


def test_the_cluster_is_another_one_where_localhost_is_another_machine() -> None:
    assert look()["cluster"] == look(nodes=("n1",))["cluster"]
    assert look(host="localhost")["cluster"] != look(nodes=("other",), host="localhost")["cluster"]
    assert look(host="localhost")["cluster"] == look(nodes=("n2", "n1"), host="localhost")["cluster"]


def row(kind: str, node: str, user: str = "canary", value: str = "secret") -> dict[str, str]:
    return {"kind": kind, "name": f"{kind} cookie", "node": node, "user": user, "value": value}


@pytest.mark.parametrize(
    ("controls", "watched"),
    [
        ([row("remember_me", "n1")], 1),
        ([row("remember_me", "n1", user="")], 0),
        ([row("session", "n1")], 0),
        ([row("remember_me", "n2")], 0),
        ([], 0),
    ],
)
def test_only_a_remember_me_cookie_that_worked_before_shows_anything(controls: list[dict[str, str]], watched: int) -> None:
    cookies = [
        row("session", "n1"),
        row("remember_me", "n1"),
        row("remember_me", "n1", value=""),
        {**row("remember_me", "n1"), "name": "sso"},
    ]
    assert by_hand.watched(cookies, controls, "n1", "remember_me cookie", NOW, []) == [row("remember_me", "n1")] * watched


@pytest.mark.parametrize(
    ("users", "revoked", "said"),
    [
        ({"n1": "", "n2": ""}, False, "the old remember-me cookie of n1, n2 is dead"),
        (
            {"n1": "canary", "n2": "", "n3": "canary"},
            False,
            "the old remember-me cookie of n2 is dead; that of n1, n3 still works, which the first batch has to show dead",
        ),
        ({"n1": "canary", "n2": "canary"}, False, ""),
        ({}, False, ""),
        ({}, True, "said with force_reauth_revoked; the first batch has to show it"),
    ],
)
def test_a_dead_cookie_or_the_operator_says_that_the_tokens_are_deleted(users: dict[str, str], revoked: bool, said: str) -> None:
    hostvars: dict[str, dict[str, t.Any]] = {
        node: {"__force_reauth_watched": {"answers": [{"user": users[node]}]} if node in users else {"skipped": True}}
        for node in ("n1", "n2", "n3")
    }
    assert by_hand.deletion_seen(["n1", "n2", "n3"], hostvars, revoked) == said


NOW = "2026-12-10T12:00:00.000Z"
SAID = "that the tokens are deleted was only said, not seen"
OFF = "the sign-in gave no remember-me cookie: remember-me is switched off"


@pytest.mark.parametrize(
    ("product", "cookies", "controls", "why"),
    [
        ("jira", [row("remember_me", "n1")], [row("remember_me", "n1")], ""),
        ("bitbucket", [row("remember_me", "n1")], [row("remember_me", "n1")], ""),
        ("jira", [row("session", "n1")], [row("session", "n1")], "no remember-me cookie was seen to work before it"),
        (
            "jira",
            [row("session", "n1"), {**row("remember_me", "n1", value=""), "absent": OFF}],
            [row("session", "n1"), row("remember_me", "n1", user="")],
            OFF,
        ),
        ("jira", [row("remember_me", "n1")], [row("remember_me", "n1", user="")], "no remember-me cookie was seen to work before it"),
        # it may be one of single sign-on, which ends for reasons of its own
        (
            "jira",
            [{**row("remember_me", "n1"), "name": "sso"}],
            [row("remember_me", "n1")],
            "no remember-me cookie was seen to work before it",
        ),
        (
            "crowd",
            [row("remember_me", "n1")],
            [row("remember_me", "n1")],
            "this product's cookie ends by itself when nobody uses it for a while",
        ),
        ("jira", [], [], "no remember-me cookie was seen to work before it"),
    ],
)
def test_a_deletion_by_hand_that_no_cookie_can_show_was_only_said(
    product: str, cookies: list[dict[str, str]], controls: list[dict[str, str]], why: str
) -> None:
    facts = {"product": product, "cookies": {"session": "JSESSIONID", "remember_me": "remember_me cookie"}}
    plan = {"revoke": "manual", "nodes": ["n2", "n1"], "node_facts": {"n2": facts, "n1": facts}, "record": {}}
    seen = [{"absent": "", **one} for one in cookies]
    hostvars: dict[str, dict[str, t.Any]] = {"n1": {"__force_reauth_cookies": seen, "__force_reauth_controls": controls}, "n2": {}}
    assert by_hand.only_said(plan, hostvars, NOW) == ([f"{SAID} ({why})"] if why else [])
    assert by_hand.only_said({**plan, "revoke": "database"}, hostvars, NOW) == []


def since(*moments: str) -> list[dict[str, str]]:
    """The history of a record: ``waiting 2026-12-01``."""
    return [{"name": name, "at": f"{day}T12:00:00.000Z"} for name, day in (one.split() for one in moments)]


@pytest.mark.parametrize(
    ("ends", "history", "until"),
    [
        ("", [], ""),
        ("2026-12-01T12:00:00.000Z", since("waiting 2026-11-26"), "2026-12-01T12:00:00.000Z"),
        ("", since("waiting 2026-11-26"), "2026-11-27T12:00:00.000Z"),
        ("", since("waiting 2026-11-26", "revoked 2026-11-27", "waiting 2026-11-28"), "2026-11-29T12:00:00.000Z"),
    ],
)
def test_the_death_of_a_cookie_counts_up_to_its_own_end_or_a_day_of_waiting(ends: str, history: list[dict[str, str]], until: str) -> None:
    assert by_hand.counts_until({"ends": ends}, history) == until


BY_AGE, MAY_BE = "the remember-me cookie ended by its age, on", "the copied cookie may have ended by its age since"


@pytest.mark.parametrize(
    ("ends", "history", "why"),
    [
        ("2026-12-10T12:00:00.001Z", [], ""),
        ("2026-12-10T12:00:00.000Z", [], f"{BY_AGE} 2026-12-10"),
        ("2026-12-01T12:00:00.000Z", since("waiting 2026-11-26"), f"{BY_AGE} 2026-12-01"),
        # it ended by its age when the run had gone on already
        ("2026-12-01T12:00:00.000Z", since("waiting 2026-11-26", "revoked 2026-11-30"), ""),
        ("2026-12-01T12:00:00.000Z", since("waiting 2026-11-26", "revoked 2026-12-02"), f"{BY_AGE} 2026-12-01"),
        # the word was given too early, and the first batch showed that the tokens are there
        ("2026-12-01T12:00:00.000Z", since("waiting 2026-11-26", "revoked 2026-11-27", "waiting 2026-11-27"), f"{BY_AGE} 2026-12-01"),
        (
            "2026-12-01T12:00:00.000Z",
            since("waiting 2026-11-26", "revoked 2026-11-27", "waiting 2026-11-27", "revoked 2026-12-02"),
            f"{BY_AGE} 2026-12-01",
        ),
        # of a copied one nobody knows its age
        ("", [], ""),
        ("", since("waiting 2026-12-10"), ""),
        ("", since("waiting 2026-12-09"), f"{MAY_BE} 2026-12-10"),
        ("", since("waiting 2026-11-26", "revoked 2026-11-26"), ""),
        ("", since("waiting 2026-11-26", "revoked 2026-11-28"), f"{MAY_BE} 2026-11-27"),
    ],
)
def test_a_cookie_that_may_have_ended_by_its_age_while_the_run_waited_shows_no_deletion(
    ends: str, history: list[dict[str, str]], why: str
) -> None:
    cookie = {**row("remember_me", "n1"), "absent": "", "ends": ends}
    facts = {"product": "jira", "cookies": {"session": "JSESSIONID", "remember_me": "remember_me cookie"}}
    plan = {"revoke": "manual", "nodes": ["n1"], "node_facts": {"n1": facts}, "record": {"history": history}}
    hostvars = {"n1": {"__force_reauth_cookies": [cookie], "__force_reauth_controls": [row("remember_me", "n1")]}}
    assert by_hand.only_said(plan, hostvars, NOW) == ([f"{SAID} ({why})"] if why else [])
    if not history or history[-1]["name"] == "waiting":
        watched = by_hand.watched([cookie], [row("remember_me", "n1")], "n1", "remember_me cookie", NOW, history)
        assert watched == ([] if why else [cookie])


def test_a_run_that_waits_says_who_has_to_do_what_and_how_it_goes_on() -> None:
    plan = {"run_id": "r", "route": "rolling", "phase": "waiting", "database_host": "localhost", "look": look()}
    said = by_hand.waiting_sentence(plan, "/a/revoke.sql", True, "ansible-playbook x", [], [])
    assert said.startswith("The tokens are still there: ")
    assert "carries out /a/revoke.sql on localhost" in said
    assert "Resume: ansible-playbook x (and the variables and vault options of this run)" in said
    # the key of the cookies is lost, or remember-me is switched off
    assert by_hand.waiting_sentence(plan, "/a", False, "x", [], []).startswith(
        "No old cookie could be asked whether the tokens are deleted: if you"
    )


@pytest.mark.parametrize(
    ("route", "until"),
    [("rolling", "Until then every node runs, and nobody is signed out"), ("outage", "All nodes are down until then")],
)
def test_a_run_that_begins_to_wait_says_it_whole(route: str, until: str) -> None:
    plan = {"run_id": "r", "route": route, "phase": "prepared", "database_host": "db1", "look": {"database": "db:5432/jira"}}
    assert by_hand.waiting_sentence(plan, "/a", False, "x", [], []) == (
        "Run r waits, and nothing is proven yet. Now a database administrator carries out /a on db1 (it stands in the plan above, too) "
        f"in db:5432/jira. {until}. Afterwards, and not before: Resume: x (and the variables and vault options of this run)"
    )


def test_a_run_that_begins_to_wait_says_that_it_will_end_unproven() -> None:
    plan = {"run_id": "r", "route": "rolling", "phase": "prepared", "database_host": "db1", "look": {"database": "db:5432/jira"}}
    said = by_hand.waiting_sentence(plan, "/a", False, "x", [f"{SAID} ({OFF})"], [])
    assert f"nobody is signed out. It will end unproven: {SAID} ({OFF}). Afterwards, and not before: Resume: x" in said


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ([], ""),
        (["2026-12-10T12:00:00.000Z", "2026-12-13T12:00:00.000Z", ""], "The old cookies show it up to 2026-12-13. "),
        ([""], "The copied cookies show it for a day: of what is dead by then nobody knows whether it died of its age. "),
    ],
)
def test_a_run_that_waits_says_up_to_when_its_cookies_show_something(ends: list[str], said: str) -> None:
    plan = {"run_id": "r", "route": "rolling", "phase": "waiting", "database_host": "db1", "look": look()}
    cookies = [{**row("remember_me", "n1"), "ends": one} if one else row("remember_me", "n1") for one in ends]
    assert f"nobody is signed out. {said}Afterwards, " in by_hand.waiting_sentence(plan, "/a", False, "x", [], cookies)


def script_options(archives: Path, start: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Those of keep_script, of run r."""
    return {"archive_dir": str(archives), "cluster": "jira-1", "run_id": "r", "start": start, "content": "COMMIT;\n"}


def test_a_script_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = RunRecords(str(tmp_path / "a"), "jira-1").open("r", {"phase": "prepared"}, "here", "1")
    options = script_options(tmp_path / "a", start)

    fill_disk(monkeypatch)
    said = r"The script .*revoke-jira-1-r\.sql cannot be kept: No space left on device\. See to its folder, then resume\."
    with pytest.raises(SessionsError, match=said):
        keep_script(options, check_mode=False)


def test_the_script_is_kept_beside_the_record_for_its_owner_alone(tmp_path: Path) -> None:
    records = RunRecords(str(tmp_path / "a"), "jira-1")
    start = records.open("r", {"phase": "prepared"}, "here", "1")
    options = script_options(tmp_path / "a", start)
    assert keep_script(options, check_mode=True)["changed"]
    assert not list(records.folder_of("r").glob("*.sql"))
    kept = keep_script(options, check_mode=False)
    path = Path(kept["path"])
    assert (path.name, path.read_text(encoding="utf-8"), path.stat().st_mode & 0o777) == ("revoke-jira-1-r.sql", "COMMIT;\n", 0o600)
    assert not keep_script(options, check_mode=False)["changed"]
    records.open("r", {}, "there", "2")
    with pytest.raises(SessionsError, match="taken over by start 2"):
        keep_script({**options, "content": "other"}, check_mode=False)
    assert path.read_text(encoding="utf-8") == "COMMIT;\n"


def test_no_script_is_kept_where_another_account_may_put_one(tmp_path: Path) -> None:
    records = RunRecords(str(tmp_path / "a"), "jira-1")
    start = records.open("r", {"phase": "prepared"}, "here", "1")
    options = script_options(tmp_path / "a", start)
    (tmp_path / "a").chmod(0o777)
    with pytest.raises(SessionsError, match=rf"{tmp_path}/a is open to others"):
        keep_script(options, check_mode=False)
    assert not list(tmp_path.rglob("*.sql"))


PLAN: dict[str, t.Any] = {
    "run_id": "r",
    "title": "Jira",
    "membership": {"sentence": "1 node", "doubt": ""},
    "users": "",
    "nodes": ["n1"],
    "node_facts": {"n1": {}},
    "standbys": [],
    "folder": "/a",
    "database_host": "localhost",
    "route": "rolling",
    "look": {"notes": []},
    "survives": [],
}
FOUND: dict[str, t.Any] = {"verdict": "proven", "nodes": {"n1": "proven"}, "seen": [], "missing": [], "doubts": []}


def test_the_result_says_what_was_not_seen_of_a_deletion_by_hand() -> None:
    lines = report.result_lines(PLAN, {"deleted": "by hand: the old remember-me cookie of n1 is dead"}, FOUND, 7)
    assert "Deleted    by hand: the old remember-me cookie of n1 is dead" in lines
    assert [line for line in lines if line.startswith("Not seen ")]
    assert not [line for line in lines if line.startswith("Cut-off")]
    assert [line for line in lines if "for 7 s after the deletion was seen" in line]


def test_the_result_does_not_call_a_deletion_seen_that_was_only_said() -> None:
    record = {"deleted": f"by hand: {by_hand.deletion_seen(['n1'], {'n1': {}}, True)}"}
    lines = report.result_lines(PLAN, record, FOUND, 7)
    assert [line for line in lines if "for 7 s after the deletion was said, and before that since it happened" in line]


def test_what_was_counted_in_the_database_is_not_called_unseen() -> None:
    lines = report.result_lines(PLAN, {"deleted": "by the product itself", "counted": True}, FOUND, 7)
    assert "Not seen   the second in which they were deleted, whether there is a copy, whether one came back" in lines


def test_the_result_of_a_purge_tells_its_cut_off() -> None:
    record = {"revoked": {"rows": 3, "cut_off": "2026-01-01T00:00:00Z", "archives": []}}
    lines = report.result_lines(PLAN, record, FOUND, 7)
    assert "Cut-off    2026-01-01T00:00:00Z (clock of the database), 3 tokens archived and deleted" in lines
    assert not [line for line in lines if line.startswith(("Deleted", "Not seen", "Left"))]


def test_the_result_tells_what_a_purge_left_alone() -> None:
    left = [{"table": "cwd_token", "what": "application tokens", "before": 3, "after": 4}]
    record = {"revoked": {"rows": 3, "cut_off": "2026-01-01T00:00:00Z", "archives": [], "left_alone": left}}
    assert "Left       4 application tokens in cwd_token, 3 before" in report.result_lines(PLAN, record, FOUND, 7)


@pytest.mark.parametrize(
    ("product", "options", "scoped", "refused"),
    [
        ("jira", {}, False, []),
        ("jira", {"admin_username": "root", "admin_password": "q", "proof_username": "", "proof_cookies": [{}]}, False, []),
        ("jira", {"admin_username": "root"}, False, ["needs an administrator"]),
        ("jira", {"proof_password": ""}, False, ["needs an administrator"]),
        ("jira", {"accept_no_archive": False}, False, ["force_reauth_accept_no_archive=true"]),
        ("jira", {}, True, ["leave the names of users out"]),
        ("confluence", {}, False, ["no page or call of Confluence is known"]),
        ("crowd", {}, False, []),
        ("jira", {"proof_username": ""}, False, ["only old cookies can show", "needs an administrator"]),
        ("jira", {"proof_username": "", "proof_cookies": [{}]}, False, ["needs an administrator"]),
    ],
)
def test_what_the_product_cannot_delete_is_refused(product: str, options: dict[str, t.Any], scoped: bool, refused: list[str]) -> None:
    wanted = {**OPTIONS, "revoke": "product", "accept_no_archive": True, **options}
    problems = by_hand.product_problems({"n1": {"product": product, "version": "9.9"}}, wanted, scoped)
    assert len(problems) == len(refused)
    assert all(part in problem for part, problem in zip(refused, problems, strict=True))


def test_the_other_ways_need_nothing_of_the_product() -> None:
    assert by_hand.product_problems({"n1": {"product": "confluence", "version": "9.9"}}, OPTIONS, True) == []


@pytest.mark.parametrize(
    ("version", "said"), [("6.0.1", ""), ("7.0", ""), ("5.3.9", "n2 has 5.3.9"), ("", "n2 has a version that is not known")]
)
def test_a_version_without_the_calls_is_refused_by_its_node(version: str, said: str) -> None:
    looks = {"n1": {"product": "crowd", "version": "6.1"}, "n2": {"product": "crowd", "version": version}}
    problems = by_hand.product_problems(looks, {**OPTIONS, "revoke": "product", "accept_no_archive": True}, False)
    assert problems == ([f"force_reauth_revoke=product: Crowd 6.0 or later is needed, and {said}"] if said else [])


@pytest.mark.parametrize(("named", "who"), [("", ("canary", "p")), ("root", ("root", "q"))])
def test_the_proof_account_is_the_administrator_where_no_other_is_named(named: str, who: tuple[str, str]) -> None:
    found = by_hand.administrator({**OPTIONS, "admin_username": named, "admin_password": "q"})
    assert (found["username"], found["password"]) == who


def test_no_script_is_needed_where_the_product_deletes() -> None:
    assert look({"revoke": "product"}, engine="unknown", doubts={"engine": "it is cut"})["problem"] == ""


MADE: dict[str, t.Any] = {
    **PLAN,
    "node_facts": {
        "n1": {
            "title": "Jira",
            "version": "11.3.0",
            "url": "http://n1",
            "control": {"manager": "systemd", "unit": "jira.service"},
            "balanced": [],
            "sessions": {"kept": "memory"},
        }
    },
    "resumed": False,
    "asked": "postgresql db/jira",
    "batches": [1],
    "min_up": 0,
    "emptied": [],
    "out": [],
    "proof": [],
    "blind": "",
    "unproven": "",
    "chosen": "",
    "statements": "",
}


COUNTED = {"rows": 3, "users": 1, "table": "t", "database": "d", "oldest": "", "others": 0}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"revoke": "manual", "look": look(), "statements": "BEGIN;\n\nCOMMIT;\n"},
            [
                "By hand    the run writes the script below and ends; a database administrator carries it out; the printed command goes on",
                "Goes on    by a remember-me cookie of the proof account that has died",
                "Proven     where a remember-me cookie works before the deletion and is dead at the end: your word alone proves nothing",
                "Script     | BEGIN;",
                "Script     |",
                "Script     | COMMIT;",
            ],
        ),
        (
            {"revoke": "manual", "look": look(), "blind": "all nodes are down"},
            ["Goes on    by your word, force_reauth_revoked=true (all nodes are down)"],
        ),
        (
            {"revoke": "manual", "look": look(), "unproven": NONE_COPIED},
            [
                f"Goes on    by your word, force_reauth_revoked=true ({NONE_COPIED})",
                f"Unproven   this run will end so: nothing will show that the tokens are deleted ({NONE_COPIED})",
            ],
        ),
        (
            {"revoke": "product", "look": look()},
            [
                "Tokens     not counted: the product deletes them itself; oracle db:1521/ORCL, account jira is not asked",
                "Archives   none, and nothing can be put back",
            ],
        ),
        (
            {"revoke": "database", "look": COUNTED},
            ["Tokens     3 of 1 user in t, d", "Archives   /a on localhost"],
        ),
        (
            {"revoke": "database", "look": {**COUNTED, "encrypted_for": 2}},
            ["Archives   /a on localhost, encrypted for 2 recipients"],
        ),
        (
            {"revoke": "product", "look": {**look(), "rows": 3}},
            [
                "Tokens     3 in remembermetoken, oracle db:1521/ORCL, account jira: the product deletes them itself",
                "Counted    after it none of them may be left in the table",
            ],
        ),
        (
            {
                "revoke": "database",
                "chosen": "force_reauth_revoke=auto: a password of the database is given",
                "look": COUNTED,
            },
            ["Revoke     database (force_reauth_revoke=auto: a password of the database is given)"],
        ),
    ],
)
def test_the_plan_says_who_deletes_and_what_nobody_counts(changes: dict[str, t.Any], said: list[str]) -> None:
    lines = report.plan_lines({**MADE, **changes}, True)
    assert [line for line in said if line not in lines] == []
    assert ("what the product shows to the administrator" in lines[-2]) == (changes["revoke"] == "product")
    assert [line for line in lines if line.startswith("Counted ")] == [line for line in said if line.startswith("Counted ")]
