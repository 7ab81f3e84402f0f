# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which answers to a COMMIT say that nothing of it became real; every other one leaves that open, be it no answer of the driver's."""

from __future__ import annotations

import typing as t
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.task_results import why_failed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.commit_end import rolled_back
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.connection import Connector
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import CommitUnknown, PutBack
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import engine_named
from jinja2.nativetypes import NativeEnvironment

RESTORE = Path(__file__).parents[2] / "roles/force_reauth/tasks/restore.yml"


class DriverError(Exception):
    """As psycopg2 gives its code."""

    pgcode: str | None = None


def of_postgresql(code: str | None) -> DriverError:
    error = DriverError("text")
    error.pgcode = code
    return error


@pytest.mark.parametrize("code", ["23503", "23505", "40001", "40P01", "40002", "25P02", "25P03", "55P03"])
def test_postgresql_has_rolled_back(code: str) -> None:
    assert rolled_back("postgresql", of_postgresql(code))


@pytest.mark.parametrize("code", [None, "", "40003", "08006", "57P01", "57P02", "53100", "58030", "XX000", "1205"])
def test_postgresql_has_not_said_so(code: str | None) -> None:
    assert not rolled_back("postgresql", of_postgresql(code))


@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
@pytest.mark.parametrize(
    ("number", "known"),
    [(1205, True), (1213, True), (1180, True), (3101, True), (1290, True), (1836, True)]
    + [(number, False) for number in (2006, 2013, 1021, 1030, 1047, 1053, 3100, 4031, 12050)],
)
def test_numbers_of_mysql(engine: str, number: int, known: bool) -> None:
    assert rolled_back(engine, Exception(number, "text")) == known


@pytest.mark.parametrize("engine", ["sqlserver", "oracle", "unheard of"])
@pytest.mark.parametrize(
    "told", [1205, (1205, b"text"), (20003, b"text"), (20006, b"text"), (20047, b"text"), "DPY-4011: text", "ORA-03113: text"]
)
def test_of_other_engines_nothing_is_known(engine: str, told: object) -> None:
    assert not rolled_back(engine, Exception(told, "text"))
    assert not rolled_back(engine, Exception(SimpleNamespace(full_code=told)))


def test_sqlite_is_still_in_its_transaction_when_others_read() -> None:
    assert rolled_back("sqlite", Exception("database is locked"))
    assert not rolled_back("sqlite", Exception("disk I/O error"))


def test_an_error_without_anything_says_nothing() -> None:
    assert not rolled_back("mysql", Exception())


@pytest.fixture
def connector(tmp_path: Path) -> Connector:
    (tmp_path / "jira.db").touch()
    return Connector(Database(engine_named("sqlite"), str(tmp_path / "jira.db")), None)


def begun(connection: t.Any) -> None:
    connection.exec_driver_sql("BEGIN")


def failing(error: Exception) -> t.Callable[..., t.NoReturn]:
    def fail(*_words: object, **_more: object) -> t.NoReturn:
        raise error

    return fail


@pytest.mark.parametrize("error", [BrokenPipeError(32, "Broken pipe"), TimeoutError("timed out"), KeyError("s3cret")])
def test_what_a_driver_lets_out_in_a_commit_leaves_its_end_open(connector: Connector, error: Exception, monkeypatch: t.Any) -> None:
    monkeypatch.setattr(connector._engine.dialect, "do_commit", failing(error))
    with connector.connect("do it", begun) as connection, pytest.raises(CommitUnknown) as open_end:
        connector.commit(connection, "commit it")
    said = str(open_end.value)
    assert "cannot commit it: " in said
    assert "Whether that has happened is not known" in said
    assert "s3cret" not in said


def test_a_commit_that_fails_outside_of_the_driver_leaves_its_end_open(connector: Connector, monkeypatch: t.Any) -> None:
    with connector.connect("do it", lambda _connection: None) as connection:
        monkeypatch.setattr(connection, "commit", failing(ConnectionResetError()))
        with pytest.raises(CommitUnknown, match="cannot commit it: the connection was lost"):
            connector.commit(connection, "commit it")


def test_what_was_put_back_is_known(connector: Connector, monkeypatch: t.Any) -> None:
    with connector.connect("do it", lambda _connection: None) as connection:
        monkeypatch.setattr(connection, "commit", failing(PutBack("as before")))
        with pytest.raises(PutBack, match=r"^as before$"):
            connector.commit(connection, "commit it")


@pytest.mark.parametrize("call", ["do_execute", "do_rollback"])
def test_a_link_that_ends_is_no_fault_of_the_disk(connector: Connector, call: str, monkeypatch: t.Any) -> None:
    def work() -> None:
        with connector.connect("do it", begun) as connection:
            monkeypatch.setattr(connector._engine.dialect, call, failing(BrokenPipeError(32, "Broken pipe")))
            connection.exec_driver_sql("SELECT 1")

    with pytest.raises(SessionsError, match="cannot do it: the connection was lost"):
        work()


def test_a_fault_of_the_disk_is_no_link_that_ends(connector: Connector) -> None:
    with pytest.raises(OSError, match="No space left"), connector.connect("do it", lambda _connection: None):
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        ({"begun": False}, "Nothing was changed."),
        ({"begun": True}, "Whether tokens were put back is not known. Do it again: it leaves alone what was put back already."),
        ({"rc": 137}, "Whether tokens were put back is not known. Do it again: it leaves alone what was put back already."),
        ({"unreachable": True}, "Whether tokens were put back is not known. Do it again: it leaves alone what was put back already."),
    ],
)
def test_a_restore_without_an_answer_is_not_said_to_have_changed_nothing(answer: dict[str, t.Any], end: str) -> None:
    task = next(one for one in yaml.safe_load(RESTORE.read_text(encoding="utf-8")) if one["name"] == "They are put back")
    jinja = NativeEnvironment()
    jinja.filters["dcops.atlassian_sessions.why_failed"] = why_failed
    known = {"__force_reauth_given": {"database_host": "db"}, "__force_reauth_restored": {"msg": "It failed", **answer}}
    own = {name: jinja.from_string(text).render(known) for name, text in task["vars"].items()}
    said = jinja.from_string(task["ansible.builtin.assert"]["fail_msg"]).render({**known, **own})
    assert said == f"db: It failed. {end}"
