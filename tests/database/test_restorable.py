# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is deleted can be put back: the archive holds the values as they are, or the look refuses the table."""

from __future__ import annotations

import typing as t

import pytest

from tests.database.conftest import ENGINES, MYSQLS
from tests.database.site import Site, lines
from tests.database.test_refusals import refusal

HARD = "tab\there", "back\\slash", "\\N", "line\nfeed"


def same_after_purge_and_restore(site: Site) -> list[bytes]:
    """The archived lines of a table whose rows come back as they were."""
    before = site.rows()
    archives = site.purge()["archives"]
    assert site.rows() == []
    assert site.restore(archives)["rows"] == len(before)
    assert site.rows() == before
    assert site.restore(archives)["present"] == len(before)
    return lines(archives)


# types that a product, or a plug-in of it, may have added


@pytest.mark.parametrize(
    "kind", ["ENUM", "SET", "JSON", "double", "float", "decimal(30,10)", "time(6)", "year", "bit(64)", "date", "tinytext"]
)
def test_columns_of_every_readable_kind_come_back(mysqls: Site, kind: str) -> None:
    values: dict[str, t.Sequence[object]] = {
        "ENUM": HARD,
        "SET": HARD,
        "JSON": ['{"a": "tab\\tand \\\\ and \\u0041"}', "[]", "null"],
        "time(6)": ["-838:59:59.000000", "00:00:00.000001"],
        "year": [1999, 2026],
        "bit(64)": [2**64 - 1, 0],
        "date": ["0001-01-01", "9999-12-31"],
        "tinytext": HARD,
    }
    some = values.get(kind, [1.1, 123456.789, 0.1])
    quoted = ", ".join("'" + str(value).replace("\\", "\\\\") + "'" for value in some)
    mysqls.create().run_sql(f"ALTER TABLE remembermetoken ADD COLUMN more {kind}" + (f"({quoted})" if kind in ("ENUM", "SET") else ""))
    mysqls.sign_in(len(some) + 1)
    for number, value in enumerate(some, start=1):
        mysqls.query("UPDATE remembermetoken SET more = ? WHERE ID = ?", value, number)
    assert len(same_after_purge_and_restore(mysqls)) == len(some) + 1


@pytest.mark.parametrize("kind", ["uuid", "inet6"])
def test_columns_of_mariadbs_own_kinds_come_back(mariadb: Site, kind: str) -> None:
    mariadb.create().run_sql(f"ALTER TABLE remembermetoken ADD COLUMN more {kind}")
    mariadb.sign_in(1)
    mariadb.query(
        "UPDATE remembermetoken SET more = ?", {"uuid": "123e4567-e89b-12d3-a456-426655440000", "inet6": "2001:db8::ff00:42:8329"}[kind]
    )
    same_after_purge_and_restore(mariadb)


@pytest.mark.parametrize(
    "kind", ["varbinary(20)", "binary(4)", "blob", "longblob", "point", "geometry", "varchar(20) CHARACTER SET binary"]
)
def test_binary_and_spatial_columns_are_refused(mysqls: Site, kind: str) -> None:
    mysqls.create().run_sql(f"ALTER TABLE remembermetoken ADD COLUMN more {kind}")
    assert "could not be put back after a purge: it has the column more (" in refusal(mysqls)


def test_a_vector_is_refused(mysql: Site) -> None:
    mysql.create().run_sql("ALTER TABLE remembermetoken ADD COLUMN more vector(3)")
    assert "the column more (vector(3))" in refusal(mysql)


def test_bytes_are_refused_on_sqlite(sqlite: Site) -> None:
    sqlite.create().run_sql("ALTER TABLE remembermetoken ADD COLUMN more BLOB")
    assert "the column more (BLOB)" in refusal(sqlite)


@pytest.mark.parametrize("kind", ["json", "xml", "point", "json[]"])
def test_types_without_equality_are_refused(postgres_site: Site, kind: str) -> None:
    postgres_site.run_sql(f"ALTER TABLE remembermetoken ADD COLUMN more {kind}")
    assert f"the column more ({kind}), whose values cannot be compared" in refusal(postgres_site)


@pytest.mark.parametrize("kind", ["bytea", "jsonb", "text[]", "inet", "interval", "numrange", "double precision", "char(3)"])
def test_columns_of_every_comparable_kind_come_back(postgres_site: Site, kind: str) -> None:
    value = {"bytea": "'\\x00ff5c'", "jsonb": """'{"a": "\\t"}'""", "text[]": "ARRAY[E'\\t', E'\\\\', NULL]", "inet": "'::1/64'"}
    more = {"interval": "'-3 days 04:05'", "numrange": "'[1,2)'", "double precision": "0.1::float8 + 0.2", "char(3)": "'a'"}
    postgres_site.run_sql(f"ALTER TABLE remembermetoken ADD COLUMN more {kind} DEFAULT {({**value, **more})[kind]}")
    postgres_site.sign_in(2)
    same_after_purge_and_restore(postgres_site)


# what a restore must not, or must, write itself

GENERATED = {
    "mariadb": ("varchar(9) AS (upper(TOKEN)) {}", ("VIRTUAL", "STORED")),
    "postgresql": ("text GENERATED ALWAYS AS (upper(token)) {}", ("STORED",)),
}
GENERATED["sqlite"] = GENERATED["postgresql"][0], ("VIRTUAL",)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql", *MYSQLS])
def test_generated_columns_are_made_again(engine: str, request: pytest.FixtureRequest) -> None:
    site: Site = request.getfixturevalue(engine).create()
    definition, kinds = GENERATED[site.database.sql]
    for kind in kinds:
        site.run_sql(f"ALTER TABLE remembermetoken ADD COLUMN made_{kind} {definition.format(kind)}")
    site.add((1, None, "abc", "user"), (2, None, None, None))
    assert same_after_purge_and_restore(site)[0] == b"1\t\\N\tabc\tuser\n"


def test_a_default_that_is_an_expression_is_no_generated_column(mysqls: Site) -> None:
    mysqls.create().run_sql("ALTER TABLE remembermetoken ADD COLUMN more varchar(40) DEFAULT (concat('a', 'b'))")
    mysqls.sign_in(1)
    assert same_after_purge_and_restore(mysqls)[0].endswith(b"\tab\n")


def test_keys_that_the_server_always_gives_come_back_as_they_were(postgres_site: Site) -> None:
    postgres_site.run_sql(
        "ALTER TABLE remembermetoken ALTER id TYPE bigint", "ALTER TABLE remembermetoken ALTER id ADD GENERATED ALWAYS AS IDENTITY"
    )
    postgres_site.run_sql("INSERT INTO remembermetoken (id, token) OVERRIDING SYSTEM VALUE VALUES (77, 'a'), (5, 'b')")
    same_after_purge_and_restore(postgres_site)


def test_a_name_with_a_percent_sign_is_a_name(postgres_site: Site) -> None:
    # the tests' driver halves each %%
    name = '"100%%s"'
    postgres_site.run_sql('ALTER TABLE remembermetoken ADD COLUMN "per%%cent" text', f"CREATE SCHEMA {name}")
    postgres_site.run_sql(f"ALTER TABLE remembermetoken SET SCHEMA {name}", f"ALTER ROLE CURRENT_USER SET search_path = {name}")
    try:
        postgres_site.run_sql("INSERT INTO remembermetoken VALUES (1, NULL, '%%s', '%%', '100%%')")
        assert same_after_purge_and_restore(postgres_site) == [b"1\t\\N\t%s\t%\t100%\n"]
    finally:
        postgres_site.run_sql("ALTER ROLE CURRENT_USER RESET search_path")


# keys


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("key", "what"), [("1", "another row's as well"), ("NULL", "is empty")], ids=["twice", "none"])
def test_rows_that_their_key_does_not_tell_apart_are_refused(engine: str, key: str, what: str, request: pytest.FixtureRequest) -> None:
    site: Site = request.getfixturevalue(engine)
    site.run_sql("CREATE TABLE remembermetoken (id numeric(18,0), created timestamp NULL, token varchar(80), username varchar(80))")
    site.sign_in(3)
    assert site.look()["rows"] == 3
    site.run_sql(f"INSERT INTO remembermetoken (id, token) VALUES ({key}, 'more')")  # noqa: S608  values of the test
    said = refusal(site)
    assert "could not be put back after a purge: it has 1 rows whose key (id)" in said
    assert what in said


@pytest.mark.parametrize("engine", ["postgresql", *MYSQLS])
def test_a_unique_index_is_enough_to_know(engine: str, request: pytest.FixtureRequest) -> None:
    site: Site = request.getfixturevalue(engine)
    site.run_sql(
        "CREATE TABLE remembermetoken (id numeric(18,0) NOT NULL UNIQUE, created timestamp NULL, token varchar(80), username varchar(80))"
    )
    site.sign_in(3)
    same_after_purge_and_restore(site)
