# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said to Oracle, by its documentation: no server of it was to be had."""

from __future__ import annotations

import io
import socket
import typing as t
from dataclasses import replace

import pytest
import sqlalchemy
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Column, TokenTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import driver_connections
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import table as token_table
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_connections import oracle_arguments
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import Contended
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import engine_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.generic import type_text
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.oracle import PINNED, OracleStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store_of_engine import store_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import (
    Candidate,
    FoundColumn,
    FoundTable,
    match_columns,
)
from sqlalchemy import types
from sqlalchemy.dialects import oracle

from tests.unit.scripted_connection import Rows, ScriptedConnection, put_back_recorded

NUMBER: t.Any = oracle.NUMBER
BOOLEAN = TokenTable("t", (Column("claimed", "boolean"),), "claimed", "claimed", "claimed", "claimed", "epoch_ms")
COLUMNS = (
    FoundColumn("id", "NUMBER(18, 0)"),
    FoundColumn("created", "TIMESTAMP"),
    FoundColumn("token", "VARCHAR2(60 CHAR)"),
    FoundColumn("username", "VARCHAR2(255 CHAR)"),
)
TABLE = FoundTable("jira", "remembermetoken", COLUMNS, "id", "token", "username", "created", "")
NAMES = {"owner": "JIRA", "name": "REMEMBERMETOKEN"}


def store(name: str = "orcl") -> OracleStore:
    return t.cast("OracleStore", store_of(Database(engine_named("oracle"), name, host="db", user="jira"), product_named("jira").tokens))


def connection(*answers: tuple[str, Rows | Exception]) -> ScriptedConnection:
    return ScriptedConnection(store().connector._engine.dialect, *answers)


@pytest.mark.parametrize(
    ("kind", "text", "meant"),
    [
        (NUMBER(1, 0), "NUMBER(1, 0)", "integer"),
        (NUMBER(18, 0), "NUMBER(18, 0)", "integer"),
        (NUMBER(18, 2), "NUMBER(18, 2)", ""),
        (oracle.VARCHAR2(255), "VARCHAR2(255 CHAR)", "text"),
        (oracle.NVARCHAR2(40), "NVARCHAR2(40)", "text"),
        (oracle.TIMESTAMP(timezone=True), "TIMESTAMP WITH TIME ZONE", "timestamp"),
        (oracle.DATE(), "DATE", "timestamp"),
        (types.NullType(), "unknown", ""),
    ],
)
def test_types_are_written_by_the_dialect_of_the_connection(kind: t.Any, text: str, meant: str) -> None:
    written = type_text(t.cast("t.Any", connection()), kind)
    assert (written, token_table.kind_of(written)) == (text, meant)


def test_a_number_of_one_digit_is_a_boolean() -> None:
    claimed = FoundColumn("CLAIMED", type_text(t.cast("t.Any", connection()), NUMBER(1, 0)))
    assert match_columns(Candidate("s", "t"), [claimed], BOOLEAN, "there").columns == (claimed,)


def test_the_lock_comes_first_and_does_not_wait() -> None:
    said = connection()
    sweep = store().sweep_class(store().connector, t.cast("t.Any", said), TABLE)
    store().begin_sweep(t.cast("t.Any", said), TABLE, locked=True)
    assert said.said[0].startswith("ALTER SESSION SET NLS_NUMERIC_CHARACTERS = '.,' NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS'")
    assert said.said[1:] == ["LOCK TABLE jira.remembermetoken IN EXCLUSIVE MODE NOWAIT"]
    store().sweep_beside(sweep, replace(TABLE, name="more"))
    assert said.said[2:] == ["LOCK TABLE jira.more IN EXCLUSIVE MODE NOWAIT"]


def test_a_backup_counts_and_copies_one_state() -> None:
    said = connection()
    store().begin_copy(t.cast("t.Any", said))
    assert said.said[1:] == ["SET TRANSACTION READ ONLY"]


def test_rows_are_written_by_the_server_and_deleted_by_the_same_condition() -> None:
    said, sink, one = (
        connection(("SELECT", [("7", "2026-01-02 03:04:05.123456789", "tab\t", None)]), ("DELETE", [()])),
        io.BytesIO(),
        store(),
    )
    assert one.sweep_class(one.connector, t.cast("t.Any", said), TABLE).move_out(sink, [7, 8]) == 1
    assert sink.getvalue() == b"7\t2026-01-02 03:04:05.123456789\ttab\\t\t\\N\n"
    select, delete = said.said
    assert "to_char(jira.remembermetoken.id, 'TM9')" in select
    assert "to_char(jira.remembermetoken.created)" in select
    assert "to_char(jira.remembermetoken.token" not in select, "text is in its own alphabet"
    assert "FOR UPDATE" not in select
    assert select.partition(" WHERE ")[2] == "jira.remembermetoken.id IN (7, 8) ORDER BY jira.remembermetoken.id"
    assert delete == "DELETE FROM jira.remembermetoken WHERE jira.remembermetoken.id IN (7, 8)"


def test_fewer_deleted_rows_than_were_read_are_refused() -> None:
    one = store()
    said = connection(("SELECT", [("7", None, "x", None)]))
    with pytest.raises(SessionsError, match="1 rows were read but 0 deleted"):
        one.sweep_class(one.connector, t.cast("t.Any", said), TABLE).move_out(io.BytesIO(), [7])


def describe(monkeypatch: pytest.MonkeyPatch, identity: dict[str, bool] | None) -> None:
    """How SQLAlchemy describes a table with that identity of its key."""

    class Inspector:
        def get_columns(self, name: str, schema: str) -> list[dict[str, t.Any]]:
            assert (schema, name) == (TABLE.schema, TABLE.name)
            return [
                {"name": "id", "type": NUMBER(18, 0), **({"identity": identity} if identity else {})},
                {"name": "token", "type": NUMBER()},
            ]

    def inspect(given: object) -> Inspector:
        assert isinstance(given, ScriptedConnection)
        return Inspector()

    monkeypatch.setattr(sqlalchemy, "inspect", inspect)


@pytest.mark.parametrize(
    ("identity", "told"),
    [
        (None, []),
        ({"always": False, "on_null": False}, []),
        ({"always": False, "on_null": True}, []),
        ({"always": True, "on_null": False}, ["the column id (GENERATED ALWAYS), whose values are made anew"]),
    ],
    ids=["none", "by default", "by default on null", "always"],
)
def test_keys_that_the_server_always_gives_are_refused(
    identity: dict[str, bool] | None, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    describe(monkeypatch, identity)
    assert store().unrestorable(t.cast("t.Any", connection(("all_indexes", [(1,)]))), TABLE) == told


@pytest.mark.parametrize(
    "kind", ["CLOB", "NCLOB", "RAW(16)", "BLOB", "LONG", "FLOAT", "BINARY_DOUBLE", "INTERVAL DAY TO SECOND", "unknown"]
)
def test_values_that_may_not_come_back_as_they_were_are_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    describe(monkeypatch, None)
    table = replace(TABLE, columns=(*COLUMNS, FoundColumn("more", kind)))
    said = connection(("all_indexes", [(1,)]))
    assert store().unrestorable(t.cast("t.Any", said), table) == [
        f"the column more ({kind}), whose values are not known to come back as they were"
    ]
    assert said.values == [{**NAMES, "key": "ID"}]


def test_formats_comparisons_and_the_end_of_a_commit_are_pinned() -> None:
    assert PINNED["NLS_TIMESTAMP_TZ_FORMAT"].endswith("FF9 TZH:TZM")
    assert (PINNED["NLS_COMP"], PINNED["TIME_ZONE"], PINNED["COMMIT_WAIT"]) == ("BINARY", "+00:00", "WAIT")


@pytest.mark.parametrize(
    ("owner", "found", "candidate", "written"),
    [
        ("JIRA", "REMEMBERMETOKEN", Candidate("jira", "remembermetoken"), "jira.remembermetoken"),
        ("50%", "REMEMBERMETOKEN", Candidate("50%", "remembermetoken"), '"50%".remembermetoken'),
        ("JIRA", "RememberMeToken", Candidate("jira", "RememberMeToken"), 'jira."RememberMeToken"'),
        ("Jira", "remembermetoken", Candidate("Jira", "remembermetoken"), '"Jira"."remembermetoken"'),
    ],
)
def test_a_table_is_found_whatever_its_case_and_called_by_its_very_name(owner: str, found: str, candidate: Candidate, written: str) -> None:
    said = connection(("all_objects", [(owner, found, "TABLE")]), ("all_triggers", [("the trigger audit",)]))
    (one,) = store().candidates(t.cast("t.Any", said), "RememberMeToken")
    assert one == candidate
    assert said.values == [("remembermetoken",)]
    assert store().obstacles(t.cast("t.Any", said), one) == ["the trigger audit"]
    assert said.values[-1] == {"owner": owner, "name": found}
    store().begin_sweep(
        t.cast("t.Any", said), FoundTable(one.schema, one.name, COLUMNS, "id", "token", "username", "created", ""), locked=True
    )
    assert said.said[-1] == f"LOCK TABLE {written} IN EXCLUSIVE MODE NOWAIT"


def test_what_is_no_table_is_told_as_what_it_is() -> None:
    said = connection(("all_objects", [("JIRA", "REMEMBERMETOKEN", "MATERIALIZED VIEW")]))
    assert store().candidates(t.cast("t.Any", said), "remembermetoken") == [Candidate("jira", "remembermetoken", "materialized view")]


@pytest.mark.parametrize(("told", "size"), [(81920, 81920), (0, 10 * 200)])
def test_the_room_is_what_the_statistics_say_and_no_less_than_rows_take(told: int, size: int) -> None:
    said = connection(("num_rows", [(told,)]))
    assert store().size(t.cast("t.Any", said), TABLE, 10) == size
    assert said.values == [NAMES]


def test_rights_are_tried_on_no_row_and_named() -> None:
    denied = store().connector.driver_error("ORA-01031: insufficient privileges")
    said = connection(("^DELETE", denied), ("FROM dual", [("JIRA_RO",)]))
    with pytest.raises(SessionsError, match="The account JIRA_RO lacks DELETE on "):
        store().check_rights(t.cast("t.Any", said), TABLE)


LOCK_TO_WRITE = "LOCK TABLE jira.remembermetoken IN ROW EXCLUSIVE MODE NOWAIT"


def test_a_delete_of_nothing_waits_for_nobody() -> None:
    said = connection()
    store().check_rights(t.cast("t.Any", said), TABLE)
    assert said.said[1:] == [LOCK_TO_WRITE, "DELETE FROM jira.remembermetoken WHERE 0 = 1"]


def test_a_lock_of_others_is_worth_another_try() -> None:
    busy = store().connector.driver_error("ORA-00054: resource busy and acquire with NOWAIT specified or timeout expired")
    with pytest.raises(Contended, match="cannot try the account's rights: others hold a lock on the table"):
        store().check_rights(t.cast("t.Any", connection(("^LOCK", busy))), TABLE)


def test_who_may_not_lock_may_not_delete() -> None:
    denied = store().connector.driver_error("ORA-01031: insufficient privileges")
    said = connection(("^LOCK", denied), ("FROM dual", [("JIRA_RO",)]))
    with pytest.raises(SessionsError, match="The account JIRA_RO lacks DELETE on "):
        store().check_rights(t.cast("t.Any", said), TABLE)


def test_rows_are_put_back_under_a_lock_that_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    given = put_back_recorded(monkeypatch)
    said, one, archives = connection(), store(), [io.BytesIO]
    one.put_back_beside(t.cast("t.Any", said), TABLE, ["id"], archives)
    assert said.said == [LOCK_TO_WRITE]
    ((_store, sweep, *rest),) = given
    assert (sweep.connection, sweep.table, sweep.connector) == (said, TABLE, one.connector)
    assert rest == [["id"], archives]


def test_the_cut_off_is_told_in_utc() -> None:
    one = store()
    said = connection(("sys_extract_utc", [("2026-01-02T03:04:05Z",)]))
    assert one.sweep_class(one.connector, t.cast("t.Any", said), TABLE).now() == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(("name", "address"), [("orcl", {"service_name": "orcl"}), (":orcl", {"sid": "orcl"})])
def test_a_sid_is_no_service(name: str, address: dict[str, str]) -> None:
    given = oracle_arguments(store(name).database)
    assert {key: given[key] for key in ("service_name", "sid") if key in given} == address
    assert (given["host"], given["port"], given["user"]) == ("db", 1521, "jira")


def test_a_server_that_takes_the_connection_and_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    connect, kept = socket.create_connection, t.cast("list[socket.socket]", [])

    def keep(*where: t.Any) -> socket.socket:
        kept.append(connect(*where))
        assert kept[0].gettimeout() == 15
        return kept[0]

    monkeypatch.setattr(socket, "create_connection", keep)
    monkeypatch.setattr(driver_connections, "_OPENING_TIMEOUT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = Database(engine_named("oracle"), "orcl", "127.0.0.1", silent.getsockname()[1], user="jira", password="x")
        with pytest.raises(SessionsError, match="cannot look at the token table: it does not answer"):
            store_of(place, product_named("jira").tokens).look()
        # whoever falls silent later is noticed by the kernel
        assert kept[0].getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert kept[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
        kept[0].shutdown(socket.SHUT_RDWR)
        kept[0].close()


def test_a_host_without_an_address_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_words: object, **_more: object) -> t.NoReturn:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    place = Database(engine_named("oracle"), "orcl", "db.invalid", user="jira", password="x")
    with pytest.raises(SessionsError, match="its host name is not known here"):
        store_of(place, product_named("jira").tokens).look()
