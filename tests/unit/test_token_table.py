# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which table it is, and whether it is the product's."""

from __future__ import annotations

import datetime
import time
from decimal import Decimal

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Column, ColumnKind, Spared, TokenTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import (
    Candidate,
    FoundColumn,
    binary_columns,
    check_obstacles,
    check_restorable,
    choose,
    cluster_name,
    iso_time,
    match_columns,
    more_columns,
    notes,
)

WANTED = TokenTable(
    "tokens", (Column("id", "integer"), Column("token", "text"), Column("who", "text")), "id", "token", "who", "id", "epoch_ms"
)
WHERE = "the database"


def columns(**types: str) -> list[FoundColumn]:
    return [FoundColumn(name, kind) for name, kind in types.items()]


def test_chooses_the_only_table_whatever_its_case() -> None:
    assert choose([Candidate("s", "TOKENS"), Candidate("s", "other")], WANTED, "", WHERE) == Candidate("s", "TOKENS")


def test_chooses_by_schema_whatever_its_case() -> None:
    assert choose([Candidate("a", "tokens"), Candidate("B", "tokens")], WANTED, "b", WHERE) == Candidate("B", "tokens")


@pytest.mark.parametrize(
    ("candidates", "schema", "said"),
    [
        ([], "", "There is no table tokens in the database"),
        ([Candidate("a", "tokens2")], "", "There is no table tokens in the database"),
        ([Candidate("a", "tokens")], "b", "no table tokens in schema b (there is a.tokens)"),
        ([Candidate("a", "tokens"), Candidate("c", "tokens")], "b", "no table tokens in schema b (there is a.tokens and c.tokens)"),
        ([Candidate("a", "tokens"), Candidate("b", "tokens")], "", "more than one tokens in the database: a.tokens and b.tokens"),
        ([Candidate("a", "tokens"), Candidate("a", "Tokens")], "a", "a.Tokens and a.tokens"),
        ([Candidate("a", "tokens", "view")], "", "a.tokens in the database is a view"),
        ([Candidate("a", "tokens"), Candidate("b", "tokens", "view")], "", "a.tokens and b.tokens"),
    ],
)
def test_refuses_what_is_not_one_plain_table(candidates: list[Candidate], schema: str, said: str) -> None:
    with pytest.raises(SessionsError) as refused:
        choose(candidates, WANTED, schema, WHERE)
    assert said in str(refused.value)


TYPES: dict[ColumnKind, tuple[list[str], list[str]]] = {
    "integer": (
        [
            "bigint",
            "int",
            "INTEGER",
            "numeric(18,0)",
            "NUMERIC(18, 0)",
            "decimal(18,0)",
            "bigint(20)",
            "int(11) unsigned",
            "NUMBER(18,0)",
            "int8",
            "numeric",
        ],
        ["numeric(18,2)", "text", "timestamp", "boolean", "double precision", "interval", "point", ""],
    ),
    "text": (
        [
            "character varying(255)",
            "VARCHAR(255)",
            "nvarchar(255)",
            "text",
            "longtext",
            "VARCHAR2(255 CHAR)",
            "character(40)",
            "NCLOB",
            "varchar(255) binary",
        ],
        ["bytea", "blob", "integer", "uuid", "texture", "charge", ""],
    ),
    "timestamp": (
        [
            "timestamp with time zone",
            "timestamp(3) without time zone",
            "datetime",
            "datetime(6)",
            "DATETIME2(7)",
            "TIMESTAMP(6)",
            "DATE",
            "datetimeoffset(7)",
        ],
        ["bigint", "time", "text", "numeric(18,0)", ""],
    ),
    "boolean": (
        ["boolean", "bool", "bit", "bit(1)", "tinyint(1)", "NUMBER(1,0)", "BOOLEAN"],
        ["bit(8)", "tinyint(4)", "text", "integer", ""],
    ),
}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, (fitting, _other) in TYPES.items() for name in fitting])
def test_knows_the_types_of_each_kind(kind: ColumnKind, name: str) -> None:
    wanted = TokenTable("tokens", (Column("x", kind),), "x", "x", "x", "x", "epoch_ms")
    assert match_columns(Candidate("s", "tokens"), columns(x=name), wanted, WHERE).key == "x"


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, (_fitting, other) in TYPES.items() for name in other])
def test_refuses_the_types_of_other_kinds(kind: ColumnKind, name: str) -> None:
    wanted = TokenTable("tokens", (Column("x", kind),), "x", "x", "x", "x", "epoch_ms")
    with pytest.raises(SessionsError, match=f"not of kind {kind}"):
        match_columns(Candidate("s", "tokens"), columns(x=name), wanted, WHERE)


def test_names_columns_as_the_database_does() -> None:
    found = match_columns(Candidate("S", "TOKENS"), columns(ID="int", WHO="text", TOKEN="text"), WANTED, WHERE)
    assert (found.label, found.key, found.token, found.user, found.created, found.series) == ("S.TOKENS", "ID", "TOKEN", "WHO", "ID", "")
    assert found.position("TOKEN") == 2


def test_rows_that_are_spared_and_series_are_named_as_the_database_does() -> None:
    wanted = WANTED._replace(series="token", spared=Spared("id", 7, "logins of applications"))
    found = match_columns(Candidate("S", "TOKENS"), columns(ID="int", WHO="text", TOKEN="text"), wanted, WHERE)
    assert (found.series, found.spared) == ("TOKEN", ("ID", 7))


def test_says_everything_that_is_wrong_at_once() -> None:
    with pytest.raises(SessionsError, match="there is no column id; column token is int and not of kind text; there is no column who"):
        match_columns(Candidate("", "tokens"), columns(token="int"), WANTED, WHERE)


def test_tells_columns_that_are_not_the_products() -> None:
    found = match_columns(Candidate("", "tokens"), columns(id="int", who="text", token="text", Extra="blob"), WANTED, WHERE)
    assert more_columns(found, WANTED) == ["Extra"]
    assert [note for note in notes(found, WANTED, {}) if "(Extra); they are archived, too" in note]


@pytest.mark.parametrize(
    ("sorts", "said"),
    [({}, []), ({"0": 7}, []), ({"0": 7, "2": 1}, ["s.tokens holds logins of several sorts (7 of kind 0, 1 of kind 2)"])],
)
def test_several_sorts_of_logins_in_one_table_are_said(sorts: dict[str, int], said: list[str]) -> None:
    wanted = WANTED._replace(sort="kind")
    found = match_columns(Candidate("s", "tokens"), columns(id="int", token="text", who="text"), wanted, WHERE)
    assert [note.partition(";")[0] for note in notes(found, wanted, sorts)] == said


def test_what_could_not_be_put_back_is_named() -> None:
    found = match_columns(Candidate("s", "tokens"), columns(id="int", token="text", who="text", photo="blob"), WANTED, WHERE)
    assert binary_columns(found) == ["the column photo (blob)"]
    check_restorable("s.tokens", [])
    with pytest.raises(SessionsError, match=r"^s.tokens could not be put back after a purge: it has a; b. Treat the table by hand.$"):
        check_restorable("s.tokens", ["a", "b"])


def test_obstacles_are_named() -> None:
    check_obstacles("tokens", [])
    with pytest.raises(SessionsError, match="it has the trigger a; the rule b"):
        check_obstacles("tokens", ["the trigger a", "the rule b"])


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "timestamp", ""),
        (datetime.datetime.fromisoformat("2026-01-02T03:04:05.678"), "timestamp", "2026-01-02T03:04:05"),
        (datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.timezone(datetime.timedelta(hours=2))), "timestamp", "2026-01-02T01:04:00Z"),
        ("2026-01-02 03:04:05", "timestamp", "2026-01-02T03:04:05"),
        (1767323045000, "timestamp", "2026-01-02T03:04:05Z"),
        (Decimal(1767323045000), "epoch_ms", "2026-01-02T03:04:05Z"),
        (0, "epoch_ms", "1970-01-01T00:00:00Z"),
        (10**18, "epoch_ms", "1000000000000000000"),
        (-(10**18), "epoch_ms", "-1000000000000000000"),
        pytest.param(10**400, "epoch_ms", f"1{'0' * 400}", id="no float"),
        ("no number", "epoch_ms", "no number"),
        ("9" * 14, "timestamp", "5138-11-16T09:46:39Z"),
        (
            datetime.datetime(1, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1))),
            "timestamp",
            "0001-01-01T00:00:00+01:00",
        ),
    ],
)
def test_times_are_told_as_far_as_they_are_known(value: object, unit: str, text: str) -> None:
    assert iso_time(value, unit) == text


def test_a_time_with_a_zone_is_told_in_utc_wherever_this_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        zone = datetime.timezone(datetime.timedelta(hours=2))
        assert iso_time(datetime.datetime(2026, 2, 3, 4, 5, 6, tzinfo=zone), "timestamp") == "2026-02-03T02:05:06Z"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_columns_that_cannot_be_seen_are_a_right_that_is_missing() -> None:
    with pytest.raises(SessionsError, match="the account lacks SELECT on it"):
        match_columns(Candidate("s", "tokens"), [], WANTED, WHERE)


def test_a_cluster_is_named_by_product_and_database() -> None:
    name = cluster_name("jira", "postgresql system 1 database jira schema public")
    assert name == cluster_name("jira", "postgresql system 1 database jira schema public")
    assert name.startswith("jira-")
    assert len(name) == len("jira-") + 12
    assert name != cluster_name("jira", "postgresql system 2 database jira schema public")
