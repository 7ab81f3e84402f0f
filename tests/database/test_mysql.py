# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only MySQL and MariaDB have: storage engines, modes, zero dates, sessions to name."""

from __future__ import annotations

import gc
import itertools
import tempfile
import typing as t
from pathlib import Path

import pymysql
import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import mysql_server
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.mysql_server import server_name

from demo.imitated import PRODUCTS
from demo.mariadb import MariadbServer
from demo.mysql import MysqlServer
from demo.tokens import Tokens
from tests.borrowed import borrow_mysql
from tests.database.conftest import ON_MYSQL
from tests.database.site import Site, lines
from tests.database.tables import JIRA
from tests.database.test_contention import INSERT, open_transaction
from tests.database.test_refusals import PASSWORD, refusal

TRIGGER = "CREATE TRIGGER kept BEFORE DELETE ON remembermetoken FOR EACH ROW SET @x = 1"
CHILD = "CREATE TABLE child (t decimal(18,0), CONSTRAINT pointing FOREIGN KEY (t) REFERENCES remembermetoken (ID) ON DELETE CASCADE)"
# PyMySQL leaves the socket of a connection that failed to the garbage collector
LEAVES_ITS_SOCKET = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def site(mysqls: Site) -> Site:
    """Jira's empty token table on MariaDB and on MySQL."""
    return mysqls.create()


def test_a_missing_table(mysqls: Site) -> None:
    assert "There is no table remembermetoken" in refusal(mysqls)


def test_two_candidates_that_differ_in_case_only(site: Site) -> None:
    site.run_sql(JIRA["mariadb"].replace("remembermetoken", "RememberMeToken"))
    assert "RememberMeToken and" in refusal(site)


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (["ALTER TABLE remembermetoken RENAME TO t", "CREATE VIEW remembermetoken AS SELECT * FROM t"], "is a view table"),
        (["ALTER TABLE remembermetoken ENGINE = MyISAM"], "the storage engine MyISAM, which cannot roll back"),
        (
            ["ALTER TABLE remembermetoken MODIFY ID bigint", "ALTER TABLE remembermetoken PARTITION BY HASH (ID) PARTITIONS 2"],
            "it has partitions",
        ),
        ([TRIGGER], "the trigger kept"),
        ([CHILD], "the foreign key pointing of child"),
    ],
    ids=["view", "MyISAM", "partitions", "trigger", "foreign key"],
)
def test_what_is_no_plain_table(site: Site, statements: list[str], named: str) -> None:
    site.run_sql(*statements)
    assert named in refusal(site)


def test_a_system_versioned_table(mariadb: Site) -> None:
    mariadb.create().run_sql("ALTER TABLE remembermetoken ADD SYSTEM VERSIONING")
    assert "is a system versioned table" in refusal(mariadb)


@pytest.mark.parametrize(
    ("granted", "missing"),
    [("SELECT", "lacks DELETE on"), ("DELETE", "the account lacks SELECT on it"), ("INSERT", "lacks SELECT and DELETE on")],
)
def test_missing_rights_by_name(site: Site, granted: str, missing: str) -> None:
    limited = account(site, granted)
    assert missing in refusal(limited)


def test_rights_to_read_and_delete_are_enough(site: Site) -> None:
    site.sign_in(3)
    assert account(site, "SELECT, DELETE").purge()["rows"] == 3


@pytest.mark.parametrize(("granted", "missing"), [("SELECT, DELETE", True), ("SELECT, DELETE, INSERT", False)])
def test_an_account_that_may_not_put_rows_back_is_told_so_beforehand(site: Site, granted: str, missing: bool) -> None:
    limited = account(site, granted)
    needs = f"restore_tokens needs INSERT on {site.database.name}.remembermetoken, or another account."
    said = [note for note in limited.look()["notes"] if "put tokens back" in note]
    assert said == [f"This account may not put tokens back: {needs}"] * missing
    assert not [note for note in limited.count()["notes"] if "put tokens back" in note]


def test_the_nodes_that_an_account_may_not_read_are_read_with_what_it_is_told_to_be_granted(site: Site) -> None:
    tokens = Tokens(site.database, PRODUCTS["jira"])
    tokens.create_members()
    tokens.note_alive("n1")
    limited = account(site, "SELECT, DELETE")
    looked = limited.look()
    assert looked["nodes_known"] == []
    site.run_sql(*(f"{grant} TO {limited.database.user}" for grant in looked["nodes_grant"].split(" and ")))
    looked = limited.look()
    assert (looked["nodes_known"], looked["nodes_grant"]) == (["n1"], "")


def test_triggers_and_foreign_keys_that_an_account_may_not_see_are_no_secret(site: Site) -> None:
    site.sign_in(1)
    limited = account(site, "SELECT, DELETE")
    table = f"{site.database.name}.remembermetoken"
    assert hidden(limited.look()) == [f"Triggers of {table}", f"Foreign keys of other tables that point at {table}"]
    assert hidden(limited.count()) == hidden(site.look()) == []


def hidden(seen: dict[str, t.Any]) -> list[str]:
    """Of what the notes say that it may be hidden."""
    return [note.partition(" may be hidden from this account: ")[0] for note in seen["notes"] if "hidden" in note]


@pytest.mark.parametrize("by_role", [False, True], ids=["account", "role"])
@pytest.mark.parametrize(
    ("statement", "grant", "named", "left"),
    [
        (TRIGGER, "TRIGGER ON {database}.remembermetoken", "the trigger kept", "Foreign"),
        (CHILD, "REFERENCES ON {database}.*", "the foreign key pointing of child", "Triggers"),
    ],
    ids=["trigger", "foreign key"],
)
def test_the_right_that_a_note_asks_for_shows_what_was_hidden(
    site: Site, statement: str, grant: str, named: str, left: str, by_role: bool
) -> None:
    limited = account(site, "SELECT, DELETE")
    name = whose = limited.database.user
    if by_role:
        whose = f"r_{name}"
        default = f"SET DEFAULT ROLE {whose} {'FOR' if site.engine == 'mariadb' else 'TO'} {name}"
        site.run_sql(f"CREATE ROLE {whose}", f"GRANT {whose} TO {name}", default)
    site.run_sql(f"GRANT {grant.format(database=site.database.name)} TO {whose}")
    assert [what.split(" ")[0] for what in hidden(limited.look())] == [left]
    site.run_sql(statement)
    assert named in refusal(limited)


def account(site: Site, rights: str, limits: str = "") -> Site:
    """The same database for an account with these rights on the table."""
    name = f"l_{site.database.name}"
    site.run_sql(
        f"CREATE USER {name} IDENTIFIED BY '{PASSWORD}' {limits}",
        f"GRANT {rights} ON {site.database.name}.remembermetoken TO {name}",
    )
    return site.with_database(user=name, password=PASSWORD)


@LEAVES_ITS_SOCKET
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"database_name": "nowhere"}, "it has no database of that name"),
        ({"database_password": PASSWORD}, "it refuses the user name or the password"),
        ({"database_host": "/nowhere/socket"}, "nobody listens there"),
        ({"database_host": "127.0.0.1", "database_port": 1}, "nobody listens there"),
    ],
)
def test_a_database_that_cannot_be_reached(site: Site, more: dict[str, object], said: str) -> None:
    refused = refusal(site, **more)
    gc.collect()
    assert said in refused
    assert PASSWORD not in refused


@LEAVES_ITS_SOCKET
@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("ACCOUNT LOCK", "the account may not sign in there (NOLOGIN, locked"),
        ("PASSWORD EXPIRE", "the account's password has expired"),
        ("WITH MAX_QUERIES_PER_HOUR 1", "the account has no connection left (a limit of its own)"),
        ("REQUIRE SSL", "or wants TLS from this account"),
        ("REQUIRE X509", "or a certificate, which this collection cannot give"),
    ],
)
def test_what_the_server_says_of_the_account(site: Site, limit: str, said: str) -> None:
    assert said in refusal(account(site, "SELECT, DELETE", limit))


def test_the_name_of_the_engine_does_not_matter(site: Site) -> None:
    site.sign_in(2)
    assert site.look(engine="mysql")["cluster"] == site.look(engine="mariadb")["cluster"]
    assert site.purge(engine="mysql")["rows"] == 2


def test_settings_of_the_account_do_not_matter(site: Site) -> None:
    site.sign_in(2)
    site.run_sql("SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED", "SET GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'")
    try:
        site.add((77, None, "back\\slash", "tab\there"))
        done = site.purge()
    finally:
        site.run_sql("SET GLOBAL TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SET GLOBAL sql_mode = DEFAULT")
    assert (done["rows"], site.rows()) == (3, [])
    assert b"77\t\\N\tback\\\\slash\ttab\\there\n" in lines(done["archives"])


@pytest.fixture(scope="module", params=[("--lower-case-table-names=1",), ()], ids=["folded", "exact"])
def names(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """By what a server folds the names of tables, or does not."""
    settings: tuple[str, ...] = request.param
    return settings


@pytest.fixture(scope="module", params=["mariadb", ON_MYSQL])
def tcp_server(request: pytest.FixtureRequest, names: tuple[str, ...]) -> t.Iterator[MariadbServer]:
    """A server on a port, whose account has a password."""
    if request.param == "mysql":
        borrow_mysql()
    kind = {"mariadb": MariadbServer, "mysql": MysqlServer}[request.param]
    with kind(Path(tempfile.mkdtemp(prefix="das-")), tcp=True, settings=names) as server:
        yield server


def test_a_server_on_a_port_that_may_fold_names(tcp_server: MariadbServer, archive_dir: Path) -> None:
    site = Site(tcp_server.make_database("tracker"), archive_dir)
    Tokens(site.database, PRODUCTS["jira"]).create_users()
    Tokens(site.database, PRODUCTS["jira"]).add_user("eve", 1)
    columns = "ID bigint PRIMARY KEY, CREATED datetime, TOKEN varchar(255), USERNAME varchar(255)"
    site.run_sql(f"CREATE TABLE RememberMeToken ({columns})")
    site.run_sql("INSERT INTO RememberMeToken VALUES (1, '2026-02-03 04:05:06', 'a', 'KEY1'), (2, NULL, 'b', 'KEY2')")
    with pytest.raises(SessionsError, match="it refuses the user name or the password"):
        site.purge(database_password=PASSWORD)
    folded = site.query("SELECT @@lower_case_table_names") == [(1,)]
    done = site.purge(usernames=["eve"])
    assert (done["table"], done["rows"], done["others"]) == ("remembermetoken" if folded else "RememberMeToken", 1, 1)
    assert (site.purge()["rows"], site.rows("RememberMeToken")) == (1, [])
    assert site.restore(done["archives"])["rows"] == 1


def test_names_the_session_that_holds_rows(site: Site) -> None:
    site.sign_in(3)
    with open_transaction(site, INSERT.format(900, "secret of a row")) as writer:
        with pytest.raises(SessionsError) as refused:
            site.purge(lock_wait=0)
        assert f"session {writer.thread_id()} (running, for " in str(refused.value)
    assert "secret of a row" not in str(refused.value)
    assert len(site.rows()) == 3


def test_more_rows_than_are_fetched_at_a_time(site: Site) -> None:
    site.sign_in(3500)
    assert site.purge()["rows"] == 3500
    assert site.rows() == []


HOST = {"hostname": "db1", "port": "3306"}


@pytest.mark.parametrize(
    ("reported", "name"),
    [
        ({**HOST, "wsrep_on": "ON", "server_uid": "own", "wsrep_cluster_state_uuid": "shared"}, "cluster shared"),
        ({**HOST, "wsrep_on": "OFF", "server_uid": "own"}, "own"),
        ({**HOST, "server_uuid": "own"}, "own"),
        ({**HOST, "server_uuid": "own", "group_replication_group_name": "AA-BB"}, "group aa-bb"),
        ({**HOST, "server_uuid": "own", "group_replication_group_name": ""}, "own"),
        (HOST, "db1:3306"),
    ],
)
def test_a_cluster_has_one_name_on_every_node(reported: dict[str, str], name: str) -> None:
    """Not run on a cluster: what its nodes answer is imitated."""
    assert server_name(reported) == name


@pytest.mark.parametrize(("single", "notes"), [("ON", 0), ("OFF", 1)])
def test_a_group_with_several_primaries_is_said(single: str, notes: int) -> None:
    """Not run on such a group: what its members answer is imitated."""
    reported = {"group_replication_group_name": "aa-bb", "group_replication_single_primary_mode": single}
    said = mysql_server.cluster_notes(reported)
    assert len([note for note in said if "a group with several primaries" in note]) == len(said) == notes


def test_a_galera_cluster_is_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not run on a Galera cluster: its answer is imitated."""
    Tokens(site.database, PRODUCTS["jira"]).create_users()
    assert site.look()["notes"] == []
    ask = mysql_server.reported_by
    monkeypatch.setattr(
        mysql_server, "reported_by", lambda connection: {**ask(connection), "wsrep_on": "ON", "wsrep_cluster_state_uuid": "shared"}
    )
    looked = site.look()
    assert "a node of a Galera cluster (wsrep_on)" in looked["notes"][0]
    assert looked["database"] == f"mysql cluster shared database {site.database.name}"


@pytest.mark.parametrize("number", [1213, 1180, 3101])
def test_a_commit_that_fails_certification_is_tried_again(site: Site, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Galera and Group Replication answer a commit that a node elsewhere was faster than, and the transaction is rolled back."""
    site.sign_in(3)
    commit, refused = pymysql.connections.Connection.commit, itertools.chain([True], itertools.repeat(False))

    def certify(connection: t.Any) -> None:
        if next(refused):
            connection.rollback()
            raise pymysql.err.OperationalError(number, "rolled back")
        commit(connection)

    monkeypatch.setattr(pymysql.connections.Connection, "commit", certify)
    done = site.purge()
    monkeypatch.undo()
    assert (done["retries"], done["rows"], site.rows()) == (1, 3, [])
    assert len(lines(done["archives"])) == 3
    assert len(list(site.archive_dir.rglob("*.tsv.gz"))) == len(done["archives"])
