# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the look refuses, by name, before anything is changed; a purge refuses the same."""

from __future__ import annotations

import os
import typing as t
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords

from tests.database.conftest import NOBODY, unprivileged
from tests.database.site import Site, tree
from tests.database.tables import BITBUCKET, CONFLUENCE, JIRA, SYMFONY

PASSWORD = "Wr0ng-and-unmistakable"
COLUMNS = "id numeric(18,0), created timestamptz, token varchar(255), username varchar(255)"


def refusal(site: Site, **more: t.Any) -> str:
    """The sentence; the same whether looked at or purged, and nothing is made for archives."""
    with pytest.raises(SessionsError) as looked:
        site.look(**more)
    with pytest.raises(SessionsError) as purged:
        site.purge(**more)
    assert str(looked.value) == str(purged.value)
    assert not list(site.archive_dir.rglob("*"))
    return str(looked.value)


# what is not a plain table of the product


def test_a_missing_table(postgresql: Site) -> None:
    assert "There is no table remembermetoken" in refusal(postgresql)


def test_a_table_in_another_schema_than_the_named_one(postgres_site: Site) -> None:
    assert "in schema jiraschema (there is public.remembermetoken)" in refusal(postgres_site, database_schema="jiraschema")


def test_two_candidates_by_name(postgres_site: Site) -> None:
    postgres_site.run_sql("CREATE SCHEMA other", f"CREATE TABLE other.remembermetoken ({COLUMNS})")
    assert "other.remembermetoken and public.remembermetoken" in refusal(postgres_site)
    assert postgres_site.look(database_schema="public")["schema"] == "public"


def test_two_candidates_that_differ_in_case_only(postgres_site: Site) -> None:
    postgres_site.run_sql(f'CREATE TABLE "RememberMeToken" ({COLUMNS})')
    assert "public.RememberMeToken and public.remembermetoken" in refusal(postgres_site)


@pytest.mark.parametrize("engine", ["postgresql", "sqlite"])
def test_a_view_in_place_of_the_table(engine: str, request: pytest.FixtureRequest) -> None:
    site: Site = request.getfixturevalue(engine)
    site.run_sql(JIRA[engine].replace("remembermetoken", "hidden"), "CREATE VIEW remembermetoken AS SELECT * FROM hidden")
    assert "is a view, not a plain table" in refusal(site)


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (["CREATE MATERIALIZED VIEW remembermetoken AS SELECT 1 AS id"], "is a materialized view"),
        ([f"CREATE TABLE remembermetoken ({COLUMNS}) PARTITION BY RANGE (id)"], "is a partitioned table"),
        (
            [
                "CREATE EXTENSION file_fdw",
                "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
                f"CREATE FOREIGN TABLE remembermetoken ({COLUMNS}) SERVER files OPTIONS (filename '/nowhere')",
            ],
            "is a foreign table",
        ),
        (
            [
                f"CREATE TABLE whole ({COLUMNS}) PARTITION BY RANGE (id)",
                "CREATE TABLE remembermetoken PARTITION OF whole FOR VALUES FROM (1) TO (2)",
            ],
            "is a partition of another table",
        ),
    ],
    ids=["materialized view", "partitioned", "foreign", "partition"],
)
def test_another_kind_of_table(postgresql: Site, statements: list[str], named: str) -> None:
    postgresql.run_sql(*statements)
    assert named in refusal(postgresql)


FUNCTION = "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (["ALTER TABLE remembermetoken ENABLE ROW LEVEL SECURITY"], "it has row-level security"),
        ([FUNCTION, "CREATE TRIGGER kept BEFORE DELETE ON remembermetoken FOR EACH ROW EXECUTE FUNCTION keep()"], "the trigger kept"),
        (["CREATE RULE kept AS ON DELETE TO remembermetoken DO INSTEAD NOTHING"], "the rule kept"),
        (["CREATE TABLE child () INHERITS (remembermetoken)"], "the child table public.child"),
        (
            ["CREATE TABLE more (token numeric REFERENCES remembermetoken ON DELETE CASCADE)"],
            "the foreign key more_token_fkey of public.more",
        ),
    ],
    ids=["row-level security", "trigger", "rule", "inheritance", "foreign key"],
)
def test_what_would_make_a_delete_do_something_else(postgres_site: Site, statements: list[str], named: str) -> None:
    postgres_site.sign_in(3)
    postgres_site.run_sql(*statements)
    assert named in refusal(postgres_site)
    assert len(postgres_site.rows()) == 3


def test_a_trigger_on_sqlite(sqlite: Site) -> None:
    sqlite.create().run_sql("CREATE TRIGGER kept BEFORE DELETE ON RememberMeToken BEGIN SELECT RAISE(IGNORE); END")
    assert "the trigger kept" in refusal(sqlite)


@pytest.mark.parametrize("engine", ["postgresql", "sqlite"])
@pytest.mark.parametrize(
    ("tables", "product", "named"),
    [
        (CONFLUENCE, "jira", "column created is bigint and not of kind timestamp"),
        (JIRA, "confluence", "column created is time"),
        (SYMFONY, "bamboo", "there is no column id"),
        (
            {engine: text.replace("sta_remember_me_token", "remembermetoken") for engine, text in BITBUCKET.items()},
            "jira",
            "no column created",
        ),
    ],
    ids=["Confluence's as Jira's", "Jira's as Confluence's", "Symfony's as Bamboo's", "Bitbucket's as Jira's"],
)
def test_the_table_of_another_product(
    engine: str, tables: t.Mapping[str, str], product: str, named: str, request: pytest.FixtureRequest
) -> None:
    site: Site = replace(request.getfixturevalue(engine), product=product).create(tables)
    assert named in refusal(site).replace("BIGINT", "bigint").replace("TIME", "time")


def test_an_unknown_product_and_an_unknown_engine(postgres_site: Site) -> None:
    assert "Known products: bamboo" in refusal(replace(postgres_site, product="jenkins"))
    assert "Known engines: h2" in refusal(postgres_site, engine="db2")


@pytest.mark.parametrize("engine", ["sqlserver", "oracle", "h2"])
def test_engines_that_are_not_treated_with_the_sql_to_run_by_hand(postgres_site: Site, engine: str) -> None:
    assert "DELETE FROM remembermetoken" in refusal(postgres_site, engine=engine)


# what is found all the same


def test_finds_a_table_in_another_schema(postgresql: Site) -> None:
    postgresql.run_sql("CREATE SCHEMA jiraschema", JIRA["postgresql"].replace("remembermetoken", "jiraschema.remembermetoken"))
    assert postgresql.look()["schema"] == "jiraschema"


@pytest.mark.parametrize("engine", ["postgresql", "sqlite"])
def test_finds_and_purges_a_table_in_other_case(engine: str, request: pytest.FixtureRequest) -> None:
    site: Site = request.getfixturevalue(engine)
    site.run_sql(
        'CREATE TABLE "REMEMBERMETOKEN" ("ID" numeric(18,0) PRIMARY KEY, "CREATED" timestamp, "TOKEN" varchar(80), "USERNAME" varchar(80))'
    )
    site.run_sql('INSERT INTO "REMEMBERMETOKEN" VALUES (1, NULL, NULL, NULL)')
    done = site.purge()
    assert (done["table"], done["rows"]) == ("REMEMBERMETOKEN", 1)
    assert site.rows('"REMEMBERMETOKEN"') == []


# rights


@pytest.fixture
def limited(postgres_site: Site) -> Site:
    """The same database for an account without any right on the table."""
    account = f"limited_{postgres_site.database.name}"
    postgres_site.run_sql(f"CREATE ROLE {account} LOGIN PASSWORD '{postgres_site.database.password}'")
    postgres_site.sign_in(3)
    return postgres_site.with_database(user=account)


@pytest.mark.parametrize(
    ("granted", "missing"), [("SELECT", "lacks DELETE on"), ("DELETE", "lacks SELECT on"), ("INSERT", "lacks SELECT and DELETE on")]
)
def test_missing_rights_by_name(postgres_site: Site, limited: Site, granted: str, missing: str) -> None:
    postgres_site.run_sql(f"GRANT {granted} ON remembermetoken TO {limited.database.user}")
    assert f"The account {limited.database.user} {missing} public.remembermetoken" in refusal(limited)


def test_a_missing_right_on_the_schema(postgres_site: Site, limited: Site) -> None:
    postgres_site.run_sql(
        "CREATE SCHEMA closed",
        "ALTER TABLE remembermetoken SET SCHEMA closed",
        f"GRANT ALL ON closed.remembermetoken TO {limited.database.user}",
    )
    assert f"The account {limited.database.user} lacks USAGE on the schema closed in " in refusal(limited)
    postgres_site.run_sql(f"GRANT USAGE ON SCHEMA closed TO {limited.database.user}")
    assert limited.look()["rows"] == 3


def test_rights_to_read_and_delete_are_enough(postgres_site: Site, limited: Site) -> None:
    postgres_site.run_sql(f"GRANT SELECT, DELETE ON remembermetoken TO {limited.database.user}")
    assert limited.purge()["rows"] == 3


@pytest.mark.parametrize(
    ("more", "closed", "needs"),
    [
        ("", False, ["INSERT on public.remembermetoken"]),
        (", INSERT", False, []),
        (", INSERT", True, ["TEMPORARY on the database (where some of the rows are there already)"]),
    ],
)
def test_an_account_that_may_not_put_rows_back_is_told_so_beforehand(
    postgres_site: Site, limited: Site, more: str, closed: bool, needs: list[str]
) -> None:
    postgres_site.run_sql(
        f"GRANT SELECT, DELETE{more} ON remembermetoken TO {limited.database.user}",
        *[f"REVOKE TEMPORARY ON DATABASE {postgres_site.database.name} FROM PUBLIC"] * closed,
    )
    said = [note for note in limited.look()["notes"] if "put tokens back" in note]
    assert said == [f"This account may not put tokens back: restore_tokens needs {right}, or another account." for right in needs]
    assert not [note for note in limited.count()["notes"] if "put tokens back" in note]


def test_a_cluster_has_one_name_for_all_accounts_that_may_read_it(postgres_site: Site, limited: Site) -> None:
    postgres_site.run_sql(f"GRANT SELECT, DELETE ON remembermetoken TO {limited.database.user}")
    assert limited.look()["cluster"] == postgres_site.look()["cluster"]


def test_a_database_that_is_read_only(postgres_site: Site) -> None:
    postgres_site.run_sql(f"ALTER DATABASE {postgres_site.database.name} SET default_transaction_read_only = on")
    assert "is closed to writers (default_transaction_read_only of the database is on)" in refusal(postgres_site)


# connections


def test_a_wrong_password_without_repeating_it(postgres_site: Site) -> None:
    said = refusal(postgres_site.with_database(password=PASSWORD))
    assert "refuses the user name or the password" in said
    assert PASSWORD not in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"database_name": "nowhere"}, "it has no database of that name"),
        ({"database_port": 1}, "nobody listens there"),
        ({"database_host": "127.0.0.1", "database_port": 1}, "nobody listens there"),
        ({"database_host": "no-such-host.invalid"}, "its host name is not known here"),
        ({"database_ssl_mode": "sometimes"}, "database_ssl_mode 'sometimes' is not known"),
    ],
)
def test_a_database_that_cannot_be_reached(postgres_site: Site, more: dict[str, object], said: str) -> None:
    assert said in refusal(postgres_site, **more)


def test_an_sqlite_file_that_is_not_there_is_not_made(sqlite: Site) -> None:
    assert "is no file" in refusal(sqlite)
    assert not Path(sqlite.database.name).exists()


def test_an_sqlite_file_that_is_none(sqlite: Site) -> None:
    Path(sqlite.database.name).write_bytes(b"no database" * 100)
    assert "the file is no SQLite database" in refusal(sqlite)


def test_an_sqlite_file_that_may_not_be_written(sqlite: Site) -> None:
    sqlite.create()
    folder = Path(sqlite.database.name).parent
    folder.chmod(0o500)
    with unprivileged(folder):
        assert "must be readable and writable" in refusal(sqlite)


@pytest.mark.parametrize(("above", "mode"), [(0, 0o777), (0, 0o1777), (0, 0o757), (1, 0o777)])
def test_an_sqlite_file_beside_which_others_may_put_a_journal_is_not_opened(sqlite: Site, tmp_path: Path, above: int, mode: int) -> None:
    path = tmp_path / "upper/lower/jira.db"
    path.parent.mkdir(parents=True)
    site = sqlite.with_database(name=str(path))
    site.create()
    path.parents[above].chmod(mode)
    said = refusal(site)
    assert f"{path.parents[above]} can be changed by others than" in said
    assert "Run as the file's owner (become), or close it to others." in said
    path.parents[above].chmod(0o755)
    assert site.look()["rows"] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone gives files to others")
@pytest.mark.parametrize("given", ["jira.db", "."])
def test_an_sqlite_file_of_another_account_is_not_opened_as_root(sqlite: Site, tmp_path: Path, given: str) -> None:
    path = tmp_path / "lower/jira.db"
    path.parent.mkdir()
    site = sqlite.with_database(name=str(path))
    site.create()
    os.chown(path.parent / given, 65534, 65534)
    assert "can be changed by others than" in refusal(site)


# the archive folder


def test_an_archive_folder_that_cannot_be_written(site: Site, tmp_path: Path) -> None:
    if os.geteuid():
        site.archive_dir.mkdir(mode=0o500)
    # whose the file of the database is gets as far as the folder
    if site.engine == "sqlite" and not os.geteuid():
        for one in (Path(site.database.name), Path(site.database.name).parent):
            os.chown(one, NOBODY, NOBODY)
    with unprivileged(tmp_path):
        assert "in which this account may write" in refusal(site)


def test_an_archive_folder_that_is_a_file(site: Site) -> None:
    site.archive_dir.write_text("", encoding="utf-8")
    with pytest.raises(SessionsError, match="is not a folder of its own"):
        site.look()


@pytest.mark.parametrize("level", [0, 1, 2], ids=["run", "cluster", "archive_dir"])
def test_folders_that_others_could_get_at(sqlite: Site, level: int, tmp_path: Path) -> None:
    """Whoever owns an upper one can put another in the place of a lower one."""
    sqlite.create().sign_in(1)
    folder = Path(sqlite.look()["folder"])
    folder.parent.parent.mkdir(mode=0o700)
    folder.parent.mkdir(mode=0o700)
    folder.mkdir(mode=0o700)
    one = [folder, *folder.parents][level]
    acts: list[t.Callable[[], object]] = [
        sqlite.look,
        sqlite.back_up,
        sqlite.purge,
        lambda: RunRecords(str(sqlite.archive_dir), folder.parent.name).read("run-1"),
    ]

    def all_say(words: str) -> None:
        for act in acts:
            with pytest.raises(SessionsError, match=rf"{one}\b.*{words}"):
                act()

    one.chmod(0o750)
    all_say(r"is open to others \(mode 0750\): make it 0700")
    one.chmod(0o700)
    if not os.geteuid():
        os.chown(one, NOBODY, -1)
        all_say(f"belongs to another account \\(uid {NOBODY}\\)")
        os.chown(one, 0, -1)
    one.rename(tmp_path / "elsewhere")
    one.symlink_to(tmp_path / "elsewhere")
    all_say("is not a folder of its own")
    assert not [path for path in (tmp_path / "elsewhere").rglob("*") if path.is_file()]
    assert len(sqlite.rows()) == 1


def test_a_run_id_that_leads_elsewhere(site: Site) -> None:
    assert "is not usable" in refusal(site, run_id="../other")


def test_too_little_room(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    room = namedtuple("room", "f_bavail f_frsize")
    monkeypatch.setattr(os, "statvfs", lambda _path: room(16, 4096))
    assert "too little room" in refusal(site)
    for check_mode in (True, False):
        with pytest.raises(SessionsError, match="too little room"):
            site.back_up(check_mode=check_mode)
    assert tree(site.archive_dir) == {}
