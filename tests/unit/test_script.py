# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script for a database administrator, in the words of every engine; nothing of a node's settings means anything in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.script import Job, copy_of, script_of

GOLDEN = Path(__file__).with_name("scripts")
_JIRA = Job("Jira", "", "remembermetoken", "id", "", "", "CHG-4711", outage=False)
_BITBUCKET = replace(_JIRA, product="Bitbucket", table="sta_remember_me_token")
JOBS = {
    "postgresql": replace(_JIRA, engine="postgresql", schema="public", place="postgresql db.example.org:5432/jira, account jira"),
    "mysql": replace(_JIRA, engine="mysql", schema="jira-db", place="mysql db.example.org:3306/jira-db, account jira"),
    "mariadb": replace(_JIRA, engine="mariadb", schema="jiradb", place="mariadb db.example.org:3306/jiradb, account jira"),
    "sqlite": replace(_JIRA, engine="sqlite", place="sqlite /srv/jira.db"),
    "sqlserver": replace(_JIRA, engine="sqlserver", schema="jiraschema", place="sqlserver db.example.org:1433/jira, account jira"),
    "oracle": replace(_BITBUCKET, engine="oracle", place="oracle db.example.org:1521/ORCL, account BITBUCKET"),
    "h2": replace(_BITBUCKET, engine="h2", place="h2 /var/bitbucket/shared/data/db", outage=True),
    "hsqldb": replace(
        _JIRA,
        product="Fisheye",
        engine="hsqldb",
        table="cru_login_cookie",
        key="cru_login_cookie_id",
        place="hsqldb /var/fisheye/var/data/crudb/crucible",
        outage=True,
    ),
}


def test_every_engine_has_a_script() -> None:
    assert set(JOBS) == set(ENGINES)


@pytest.mark.parametrize("engine", JOBS)
def test_the_script_is_written_in_the_words_of_the_engine(engine: str) -> None:
    assert script_of(JOBS[engine]) == (GOLDEN / f"{engine}.sql").read_text(encoding="utf-8")


@pytest.mark.parametrize("engine", JOBS)
def test_no_statement_deletes_what_is_not_in_the_copy(engine: str) -> None:
    statements = [line for line in script_of(JOBS[engine]).splitlines() if not line.startswith("--")]
    deletes = [line for line in statements if line.startswith("DELETE")]
    assert len(deletes) == 1
    assert " IN (SELECT " in deletes[0]
    assert not [line for line in statements if line.startswith(("DROP", "TRUNCATE"))]


@pytest.mark.parametrize("schema", ["public; DROP TABLE x", 'a"b', "a`b", "a]b", "a b", "a\nb", "a'b", "-- a", "{copy}"])
def test_a_schema_that_is_no_name_is_refused(schema: str) -> None:
    with pytest.raises(SessionsError, match="cannot stand in a script"):
        script_of(replace(JOBS["postgresql"], schema=schema))


@pytest.mark.parametrize(("engine", "quoted"), [("sqlserver", "[jira-db]"), ("mysql", "`jira-db`"), ("postgresql", '"jira-db"')])
def test_a_schema_that_is_no_plain_word_is_quoted_in_the_way_of_the_engine(engine: str, quoted: str) -> None:
    lines = script_of(replace(JOBS[engine], schema="jira-db")).splitlines()
    assert f"--        When nobody will want to go back: DROP TABLE {quoted}.remembermetoken_chg_4711" in lines


def test_of_a_text_in_a_comment_each_other_character_is_a_question_mark() -> None:
    assert script_of(replace(JOBS["mysql"], place="a\nb;c")).splitlines()[1] == "-- Where: a?b?c, as the settings of the nodes name it"


@pytest.mark.parametrize("engine", JOBS)
def test_what_a_node_says_stays_in_its_comment(engine: str) -> None:
    hostile = "db\nDROP TABLE users;\r\u2028DELETE FROM x; {table} &x $(y) '\"`\\ /*"
    text = script_of(replace(JOBS[engine], place=hostile, product=hostile))

    def statements(script: str) -> list[str]:
        return [line for line in script.split("\n") if not line.startswith("--")]

    assert statements(text) == statements(script_of(JOBS[engine]))
    assert not set('\r\u2028{&$"\\*;') & set("".join(text.split("\n", 2)[:2]))


@pytest.mark.parametrize(
    ("run_id", "longest", "name"),
    [
        ("CHG-4711", 63, "remembermetoken_chg_4711"),
        ("a.b_C", 63, "remembermetoken_a_b_c"),
        ("20261127T044512.123456", 30, "remembermetoken_3c8ecbf8"),
        ("x" * 64, 63, "remembermetoken_7ce10097"),
    ],
)
def test_the_copy_is_called_by_the_run_as_far_as_the_engine_has_room(run_id: str, longest: int, name: str) -> None:
    assert copy_of("remembermetoken", run_id, longest) == name


def test_an_engine_that_is_not_known_is_refused() -> None:
    with pytest.raises(SessionsError, match="'db2' has no script"):
        script_of(replace(JOBS["postgresql"], engine="db2"))
