# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said to SQL Server, by its documentation: no server of it was to be had."""

from __future__ import annotations

import io
import typing as t
from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import table as token_table
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import engine_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sqlserver import PINNED, SqlserverStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store_of_engine import store_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import ALL, FETCH, KeyRange, Keys
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import Candidate, FoundColumn, FoundTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import Owners
from sqlalchemy.dialects import mssql
from sqlalchemy.types import NullType

from tests.unit.scripted_connection import Rows, ScriptedConnection, put_back_recorded

DATETIME2: t.Any = mssql.DATETIME2
TIMESTAMP: t.Any = mssql.TIMESTAMP
DIALECT: t.Any = t.cast("t.Any", mssql.dialect)()
COLUMNS = (
    FoundColumn("ID", "NUMERIC(18, 0)"),
    FoundColumn("CREATED", "DATETIME"),
    FoundColumn("TOKEN", "NVARCHAR(60) COLLATE Latin1_General_CI_AS"),
    FoundColumn("USERNAME", "NVARCHAR(255)"),
)
TABLE = FoundTable("jiraschema", "remembermetoken", COLUMNS, "ID", "TOKEN", "USERNAME", "CREATED", "")
DELETE = "DELETE FROM jiraschema.remembermetoken WITH (TABLOCKX, HOLDLOCK) OUTPUT convert(varchar(40), deleted.[ID], 0)"


def store() -> SqlserverStore:
    database = Database(engine_named("sqlserver"), "jira", host="db")
    return t.cast("SqlserverStore", store_of(database, product_named("jira").tokens))


def connection(*answers: tuple[str, Rows | Exception]) -> ScriptedConnection:
    return ScriptedConnection(store().connector._engine.dialect, *answers)


def moved_out(said: ScriptedConnection, keys: Keys = ALL, table: FoundTable = TABLE) -> bytes:
    sink = io.BytesIO()
    one = store()
    one.sweep_class(one.connector, t.cast("t.Any", said), table).move_out(sink, keys)
    return sink.getvalue()


def test_rows_leave_by_the_delete_itself_under_a_lock_of_the_table() -> None:
    rows = [("7", "2026-01-02T03:04:05.123", "tab\t", None), ("8", None, "x", "eve")]
    said = connection(("OUTPUT", rows), ("rowcount_big", [(2,)]))
    assert moved_out(said) == b"7\t2026-01-02T03:04:05.123\ttab\\t\t\\N\n8\t\\N\tx\teve\n"
    assert said.options[0] == {"yield_per": FETCH}, "all rows would be kept in memory"
    delete, counted = said.said
    assert delete.startswith(DELETE)
    assert "convert(varchar(40), deleted.[CREATED], 126)" in delete
    assert "deleted.[TOKEN]" in delete
    assert delete.endswith("WHERE 1 = 1")
    assert counted == "SELECT rowcount_big()"


@pytest.mark.parametrize(
    ("keys", "table", "values"),
    [
        ([1, 2], TABLE, [1, 2]),
        (KeyRange(5), TABLE, [5]),
        (ALL, replace(TABLE, owners=Owners(("o'hara 100%", "日本"), spared=False, named=False)), ["o'hara 100%", "日本"]),
    ],
)
def test_the_driver_is_given_the_values_and_writes_them_in_every_alphabet(keys: Keys, table: FoundTable, values: list[object]) -> None:
    said = connection(("OUTPUT", []), ("rowcount_big", [(0,)]))
    moved_out(said, keys, table)
    assert list(said.values[0].values()) == values
    assert all(f"%({name})s" in said.said[0] for name in said.values[0])


def test_another_number_of_deleted_rows_than_were_written_is_refused() -> None:
    with pytest.raises(SessionsError, match="1 rows were read but 2 deleted, so the deletion was rolled back"):
        moved_out(connection(("OUTPUT", [("7", None, "x", None)]), ("rowcount_big", [(2,)])))


@pytest.mark.parametrize(
    ("kind", "rendered"),
    [
        ("BIGINT", "convert(varchar(40), deleted.x, 0)"),
        ("BIT", "convert(varchar(40), deleted.x, 0)"),
        ("UNIQUEIDENTIFIER", "convert(varchar(40), deleted.x, 0)"),
        ("SMALLDATETIME", "convert(varchar(40), deleted.x, 126)"),
        ("DATETIME", "convert(varchar(40), deleted.x, 126)"),
        ("DATETIME2(7)", "convert(varchar(40), deleted.x, 121)"),
        ("DATETIMEOFFSET(7)", "convert(varchar(40), deleted.x, 121)"),
        ("DATE", "convert(varchar(40), deleted.x, 121)"),
        ("NVARCHAR(max)", "deleted.x"),
        ("VARCHAR(10) COLLATE Latin1_General_BIN", "deleted.x"),
        ("NTEXT", "deleted.x"),
    ],
)
def test_the_server_writes_what_the_driver_would_cut(kind: str, rendered: str) -> None:
    said = connection(("OUTPUT", []), ("rowcount_big", [(0,)]))
    moved_out(said, table=FoundTable("s", "t", (FoundColumn("x", kind),), "x", "x", "x", "x", ""))
    assert said.said[0].partition(" OUTPUT ")[2].startswith(rendered)
    assert store().knows(kind)


@pytest.mark.parametrize("kind", ["SMALLDATETIME", "DATETIME", "DATETIME2(7)", "DATETIMEOFFSET(7)", "DATE"])
def test_a_time_of_the_product_may_be_of_each_kind_that_the_server_has(kind: str) -> None:
    found = tuple(replace(one, type=kind) if one.name == "CREATED" else one for one in COLUMNS)
    assert token_table.match_columns(Candidate("dbo", "t"), found, product_named("jira").tokens, "there").columns == found


@pytest.mark.parametrize("kind", ["VARBINARY(20)", "IMAGE", "XML", "SQL_VARIANT", "FLOAT", "MONEY", "GEOGRAPHY", "HIERARCHYID", "unknown"])
def test_values_that_may_not_come_back_as_they_were_are_refused(kind: str) -> None:
    table = replace(TABLE, columns=(*COLUMNS, FoundColumn("more", kind)))
    said = connection(("sys.indexes", [(1,)]))
    assert store().unrestorable(t.cast("t.Any", said), table) == [
        f"the column more ({kind}), whose values are not known to come back as they were"
    ]


def test_columns_that_the_server_always_makes_anew_are_refused() -> None:
    said = connection(("generated_always_type <> 0", [("ValidFrom",), ("ValidTo",)]), ("sys.indexes", [(1,)]))
    assert store().unrestorable(t.cast("t.Any", said), TABLE) == [
        "the column ValidFrom (GENERATED ALWAYS), whose values are made anew",
        "the column ValidTo (GENERATED ALWAYS), whose values are made anew",
    ]
    assert said.values[0] == {"table": "jiraschema.remembermetoken"}


def test_what_the_account_may_have_set_is_set_before_a_sweep() -> None:
    said = connection()
    store().begin_sweep(t.cast("t.Any", said), TABLE, locked=True)
    (text,) = said.said
    assert text.split("; ") == [*PINNED, "SET LOCK_TIMEOUT 300"]
    assert {"SET XACT_ABORT ON", "SET ROWCOUNT 0", "SET NOCOUNT OFF", "SET TEXTSIZE 2147483647", "SET DATEFORMAT ymd"} <= set(PINNED)


@pytest.mark.parametrize("lock", [True, False])
def test_what_is_spared_is_counted_under_the_lock_of_the_deletion(lock: bool) -> None:
    one = store()
    sweep = one.sweep_class(one.connector, t.cast("t.Any", connection()), replace(TABLE, spared=("ID", -1)))
    counted = str(sweep.spared_query(lock).compile(dialect=DIALECT))
    assert ("FROM jiraschema.remembermetoken WITH (TABLOCKX, HOLDLOCK)" in counted) == lock
    deleted = str(sweep.statements.treated.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True}))
    assert "[ID] IS NULL OR " in deleted
    assert deleted.endswith("[ID] != -1")


def test_a_read_stalls_nobody_and_may_wait_for_longer() -> None:
    said = connection()
    store().begin(t.cast("t.Any", said))
    assert said.said == ["; ".join((*PINNED, "SET LOCK_TIMEOUT 5000"))]


def test_a_backup_counts_and_copies_one_state() -> None:
    said = connection()
    store().begin_copy(t.cast("t.Any", said))
    assert said.said == ["; ".join((*PINNED, "SET LOCK_TIMEOUT 5000")), "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"]


def test_triggers_and_what_else_changes_a_delete_are_asked_in_the_catalogue() -> None:
    said = connection(("sys.triggers", [("the trigger audit",)]))
    assert store().obstacles(t.cast("t.Any", said), Candidate("my schema", "remembermetoken")) == ["the trigger audit"]
    for view in ("sys.triggers", "sys.foreign_keys", "sys.security_predicates", "TableTemporalType", "is_memory_optimized"):
        assert view in said.said[0]
    assert said.values == [{"table": "[my schema].remembermetoken"}]


@pytest.mark.parametrize(("found", "what"), [("U ", "table"), ("V ", "view"), ("SN", "synonym"), ("ET", "external table")])
def test_what_has_the_name_is_told_by_its_kind(found: str, what: str) -> None:
    said = connection(("sys.objects", [("dbo", "RememberMeToken", found)]))
    assert store().candidates(t.cast("t.Any", said), "RememberMeToken") == [Candidate("dbo", "RememberMeToken", what)]
    assert said.values == [("remembermetoken",)]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (
            [("Updateability", [(1,)])],
            "^Nothing can be deleted in the SQL Server database jira on db:1433: it is read-only. Name the server to which",
        ),
        (
            [("Updateability", [(0,)]), ("has_perms", [("DELETE",), ("VIEW DEFINITION (..)",)]), ("user_name", [("jirauser",)])],
            r"The account jirauser lacks DELETE and VIEW DEFINITION \(..\) on jiraschema.remembermetoken",
        ),
    ],
)
def test_what_the_account_or_the_database_does_not_allow_is_refused(answers: list[tuple[str, Rows]], message: str) -> None:
    with pytest.raises(SessionsError, match=message):
        store().check_rights(t.cast("t.Any", connection(*answers)), TABLE)


def test_the_name_of_the_database_is_one_whatever_is_in_it() -> None:
    said = connection(("Updateability", [(0,)]), ("VIEW DATABASE STATE", [(0,)]))
    store().check_rights(t.cast("t.Any", said), TABLE)
    store().size(t.cast("t.Any", said), TABLE, 1)
    asked = [text for text in said.said if "'DATABASE'" in text]
    assert [text.count("db_name()") - text.count("quotename(db_name())") for text in asked] == [0, 0]


def test_rights_are_tried_on_no_row() -> None:
    said = connection(("Updateability", [(0,)]))
    store().check_rights(t.cast("t.Any", said), TABLE)
    assert said.said[-1] == "DELETE FROM jiraschema.remembermetoken WHERE 0 = 1"


@pytest.mark.parametrize(("identity", "said_more"), [(1, ["SET IDENTITY_INSERT jiraschema.remembermetoken ON"]), (0, [])])
def test_keys_that_the_server_gives_are_put_back_as_they_were(identity: int, said_more: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    given = put_back_recorded(monkeypatch)
    said, one, archives = connection(("TableHasIdentity", [(identity,)])), store(), [io.BytesIO]
    sweep = one.sweep_class(one.connector, t.cast("t.Any", said), TABLE)
    one.put_back(sweep, ["ID"], archives)
    assert said.said[1:] == said_more
    assert given == [(one, sweep, ["ID"], archives)]
    assert said.values[0] == {"table": "jiraschema.remembermetoken"}


def test_a_schema_may_have_a_sign_of_the_driver_in_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    put_back_recorded(monkeypatch)
    said, one = connection(("TableHasIdentity", [(1,)])), store()
    one.put_back(one.sweep_class(one.connector, t.cast("t.Any", said), replace(TABLE, schema="50%")), ["ID"], [])
    assert said.said[-1] == "SET IDENTITY_INSERT [50%].remembermetoken ON"


def test_columns_come_with_their_types_and_without_those_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        {"name": "ID", "type": mssql.NUMERIC(18, 0)},
        {"name": "AT", "type": DATETIME2(7)},
        {"name": "MADE", "type": mssql.NVARCHAR(9), "computed": {"sqltext": "x"}},
        {"name": "VERSION", "type": TIMESTAMP()},
        {"name": "ODD", "type": NullType()},
    ]

    class Inspector:
        def get_columns(self, _name: str, _schema: str) -> list[dict[str, t.Any]]:
            return found

    monkeypatch.setattr(sqlalchemy, "inspect", lambda _connection: Inspector())
    columns = store().columns(t.cast("t.Any", connection()), Candidate("dbo", "t"))
    assert columns == [FoundColumn("ID", "NUMERIC(18, 0)"), FoundColumn("AT", "DATETIME2(7)"), FoundColumn("ODD", "unknown")]


def test_the_cut_off_is_told_in_utc() -> None:
    one = store()
    said = connection(("sysutcdatetime", [("2026-01-02T03:04:05Z",)]))
    assert one.sweep_class(one.connector, t.cast("t.Any", said), TABLE).now() == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(("may_see", "pages", "size"), [(0, 81920, 10 * 1024), (1, 81920, 81920), (1, 8, 10 * 200)])
def test_the_room_is_asked_for_where_the_account_may_see_it(may_see: int, pages: int, size: int) -> None:
    said = connection(("VIEW DATABASE STATE", [(may_see,)]), ("dm_db_partition_stats", [(pages,)]))
    assert store().size(t.cast("t.Any", said), TABLE, 10) == size


@pytest.mark.parametrize(
    ("answer", "told"),
    [([(51,), (52,)], "session 51; session 52"), ([], "another process"), (SessionsError("may not see it"), "another process")],
)
def test_who_holds_the_table_is_told_where_the_account_may_see_it(
    answer: Rows | Exception, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, one = connection(("dm_tran_locks", answer)), store()

    @contextmanager
    def connect(_doing: str, begin: t.Callable[[ScriptedConnection], object]) -> t.Iterator[ScriptedConnection]:
        begin(said)
        yield said

    monkeypatch.setattr(one.connector, "connect", connect)
    assert one.blockers(TABLE) == told
    assert said.said[0].endswith("SET LOCK_TIMEOUT 5000")
    assert said.values[-1] == {"table": "jiraschema.remembermetoken"}


@pytest.mark.parametrize("found", [[(1,)], []])
def test_only_a_key_of_each_row_alone_is_unique(found: Rows) -> None:
    said = connection(("sys.indexes", found))
    assert store().has_unique_key(t.cast("t.Any", said), TABLE) == bool(found)
    assert said.values == [{"table": "jiraschema.remembermetoken", "key": "ID"}]


@pytest.mark.parametrize(("port", "told"), [(0, 1433), (1533, 1533)])
def test_the_database_is_known_by_its_address(port: int, told: int) -> None:
    database = Database(engine_named("sqlserver"), "jira", host="db", port=port)
    one = store_of(database, product_named("jira").tokens)
    assert one.identity(t.cast("t.Any", connection()), TABLE) == f"sqlserver db:{told} jira schema jiraschema"


@pytest.mark.parametrize(("port", "told"), [(0, 1433), (1533, 1533)])
def test_it_is_reached_where_the_options_say_and_as_whom_they_say(port: int, told: int) -> None:
    database = Database(engine_named("sqlserver"), "jira", host="db", port=port, user="jirauser", password="p@ss/word")
    url = store_of(database, product_named("jira").tokens).connector._engine.url
    assert (url.username, url.password, url.host, url.port, url.database) == ("jirauser", "p@ss/word", "db", told, "jira")
