# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MySQL and MariaDB: rows that the server joins, and that come back thousands at a time, are the rows."""

from __future__ import annotations

import gzip
import time
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.threads import Beside
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke import purge as purge_module
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import connection, mysql_restore, mysql_rows, mysql_server
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.mysql_rows import MysqlSweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.rows_back import Restored

from demo.patience import wait_for
from demo.tokens import Database
from tests.database.conftest import MYSQLS
from tests.database.rogue import RogueServer, mysql_asking_for_a_file
from tests.database.site import Site, lines
from tests.database.tables import BITBUCKET, HARD_ROWS
from tests.database.test_contention import freeing, open_transaction
from tests.database.test_mysql import LEAVES_ITS_SOCKET, account
from tests.database.test_refusals import PASSWORD, refusal
from tests.database.test_settings import set_for_all

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# what is joined is told apart by tabs, ends of lines and a mark for NULL: values of nothing but those, beside NULLs
TRAPS: tuple[tuple[object, ...], ...] = (
    (21, None, "\v", None),
    (22, None, None, "\v"),
    (23, "2026-01-02 03:04:05", "\t", "\n"),
    (24, None, "\\f\f\\v\v", "',('"),
    (25, None, "'\\N'", "\\N"),
    (26, None, "\n\n\t\n", "%s %% %(x)s"),
    (27, None, "\x00", "\x1a"),
)
ROTATE = "UPDATE remembermetoken SET TOKEN = 'rotated' WHERE ID = {}"
# transactions that see a state and hold nothing
VIEWS = "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_lock_structs = 0"
WAITING = "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
# that table is a copy, which InnoDB makes anew only where nobody has read it for a tenth of a second
MADE_ANEW = 0.15


def transactions(site: Site, query: str) -> list[tuple[t.Any, ...]]:
    """What ``information_schema.innodb_trx`` says now."""
    time.sleep(MADE_ANEW)
    return site.query(query)


@pytest.fixture
def site(mysqls: Site) -> Site:
    """Jira's empty token table on MariaDB and on MySQL."""
    return mysqls.create()


@pytest.fixture(params=[0, 1], ids=["by INSERT", "by LOAD DATA"])
def loading(site: Site, request: pytest.FixtureRequest) -> t.Iterator[int]:
    """Whether the server takes files of its clients."""
    with set_for_all(site, local_infile=request.param):
        yield request.param


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three rows."""
    monkeypatch.setattr(mysql_rows, "PIECE", 3)
    monkeypatch.setattr(mysql_restore, "PIECE", 3)
    monkeypatch.setattr(mysql_restore, "_BATCH", 1)


def one_by_one(site: Site) -> list[bytes]:
    """The archive of a backup that joins nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mysql_rows, "text_of", lambda *_arguments: None)
        return lines([site.back_up()["archive"]])


@pytest.mark.usefixtures("loading", "small_pieces")
def test_joined_rows_are_the_rows_and_come_back(site: Site) -> None:
    site.add(*HARD_ROWS, *TRAPS)
    site.sign_in(20, first=100)
    before, expected = site.rows(), one_by_one(site)
    archives = site.purge()["archives"]
    assert lines(archives) == expected
    assert site.restore(archives)["rows"] == len(before)
    assert site.rows() == before


@pytest.mark.usefixtures("small_pieces")
def test_rows_that_the_connection_beside_does_not_see_are_read_by_the_one_that_wrote_them(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.sign_in(20)
    archives = site.purge()["archives"]
    # what a proxy may make of it: another server
    monkeypatch.setattr(mysql_server, "begin_uncommitted", mysql_server.begin_view)
    assert (site.restore(archives)["rows"], len(site.rows())) == (20, 20)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("last_act", ["begin_uncommitted", "this_server"])
def test_a_connection_beside_that_is_lost_keeps_no_row_from_coming_back(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, last_act: str
) -> None:
    site.sign_in(20)
    archives, act = site.purge()["archives"], getattr(mysql_server, last_act)

    def act_and_lose(beside: Connection) -> object:
        done, thread = act(beside), beside.exec_driver_sql("SELECT connection_id()").scalar_one()
        monkeypatch.setattr(mysql_server, last_act, act)
        site.run_sql(f"KILL {thread}")
        return done

    monkeypatch.setattr(mysql_server, last_act, act_and_lose)
    assert (site.restore(archives)["rows"], len(site.rows()), caplog.records) == (20, 20, [])


@pytest.mark.parametrize("same", [True, False])
def test_a_connection_beside_that_leads_to_another_server_is_not_asked(site: Site, monkeypatch: pytest.MonkeyPatch, same: bool) -> None:
    site.sign_in(3)
    archives, told, asked, put_back = site.purge()["archives"], ["one", "one" if same else "other"], [], mysql_restore.put_back

    def put_back_noting(sweep: MysqlSweep, beside: MysqlSweep | None, *more: t.Any) -> Restored:
        asked.append(beside is not None)
        return put_back(sweep, beside, *more)

    monkeypatch.setattr(mysql_server, "this_server", lambda _connection: told.pop())
    monkeypatch.setattr(mysql_restore, "put_back", put_back_noting)
    assert (site.restore(archives)["rows"], asked) == (3, [same])


@pytest.fixture(params=["read beside", "read by the one that wrote", "one connection"])
def restoring(site: Site, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Site:
    """An account that puts rows back, and how they are read again."""
    if request.param == "read by the one that wrote":
        monkeypatch.setattr(mysql_server, "begin_uncommitted", mysql_server.begin_view)
    return account(site, "SELECT, INSERT, DELETE", "WITH MAX_USER_CONNECTIONS 1" * (request.param == "one connection"))


@LEAVES_ITS_SOCKET
@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("highest_first", [True, False])
def test_archives_come_back_in_any_order(site: Site, restoring: Site, highest_first: bool) -> None:
    site.sign_in(20, first=100)
    archives = site.purge()["archives"]
    # one batch, and all others lie between its keys
    site.add(*((number, None, f"token{number}", "somebody") for number in (99, 200, 201)))
    archives += site.purge()["archives"]
    assert restoring.restore(archives[::-1] if highest_first else archives)["rows"] == 23
    assert len(site.rows()) == 23


@pytest.mark.usefixtures("loading", "small_pieces")
def test_rows_of_several_archives_are_counted_once(site: Site) -> None:
    site.sign_in(20)
    backup = site.back_up()["archive"]
    archives = site.purge()["archives"]
    site.restore(archives[:1])
    site.run_sql("DELETE FROM remembermetoken WHERE ID NOT IN (2, 3, 9, 11)")
    again = site.restore([backup, *archives])
    assert (again["rows"], again["present"], len(site.rows())) == (16, 4, 20)


@pytest.mark.parametrize("limit", [16, 1024, 4096])
def test_what_the_server_cuts_is_read_row_by_row(site: Site, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    site.add(*HARD_ROWS, *TRAPS)
    site.sign_in(50, first=100)
    expected = one_by_one(site)
    monkeypatch.setattr(mysql_server, "PINNED", {**mysql_server.PINNED, "group_concat_max_len": limit})
    assert lines([site.back_up()["archive"]]) == expected
    assert lines(site.purge()["archives"]) == expected


@pytest.mark.usefixtures("loading")
def test_rows_that_are_longer_than_a_statement_come_back(site: Site) -> None:
    site.run_sql("ALTER TABLE remembermetoken MODIFY TOKEN mediumtext")
    site.add(*((number, None, f"{number}'\\" * 12_000, None) for number in range(100_000, 100_012)))
    before = site.rows()
    site.restore(site.purge()["archives"])
    assert site.rows() == before


@pytest.mark.usefixtures("loading")
def test_bits_come_back(site: Site) -> None:
    stash = replace(site, product="bitbucket").create(BITBUCKET)
    stash.run_sql(
        "INSERT INTO sta_remember_me_token VALUES (1, 's1', 't1', 7, NULL, b'1', '1'), (2, 's2', 't2', 7, NULL, b'0', '0'), "
        "(3, 's3', 't3', 7, NULL, NULL, NULL)"
    )
    before = stash.rows("sta_remember_me_token")
    stash.restore(stash.purge()["archives"])
    assert stash.rows("sta_remember_me_token") == before


@pytest.mark.usefixtures("loading")
def test_a_row_that_another_one_keeps_out_is_not_lost_in_silence(site: Site) -> None:
    """LOAD DATA LOCAL leaves it out with a warning."""
    site.run_sql("ALTER TABLE remembermetoken ADD UNIQUE (TOKEN)")
    site.sign_in(5)
    archives = site.purge()["archives"]
    token = gzip.decompress(Path(archives[0]["path"]).read_bytes()).split(b"\t")[2].decode()
    site.add((77, None, token, "somebody"))
    with pytest.raises(SessionsError, match=r"with other content|the same key or token"):
        site.restore(archives)
    assert len(site.rows()) == 1


@pytest.mark.usefixtures("loading")
def test_a_token_whose_user_is_gone_stays_away_though_the_account_checks_no_foreign_keys(site: Site) -> None:
    site.run_sql("CREATE TABLE people (id decimal(18,0) PRIMARY KEY)", "INSERT INTO people VALUES (1), (2), (3)")
    site.run_sql("ALTER TABLE remembermetoken ADD FOREIGN KEY (ID) REFERENCES people (id)")
    site.sign_in(3)
    archives = site.purge()["archives"]
    site.run_sql("DELETE FROM people WHERE id = 2")
    with set_for_all(site, foreign_key_checks=0), pytest.raises(SessionsError, match=r"a user who is gone|cannot hold them exactly"):
        site.restore(archives)
    assert site.rows() == []


def test_a_token_that_a_restriction_of_mariadb_forbids_by_now_stays_away_though_the_account_checks_none(mariadb: Site) -> None:
    """MySQL has no such setting."""
    site = mariadb.create()
    site.sign_in(3)
    archives = site.purge()["archives"]
    site.run_sql("ALTER TABLE remembermetoken ADD CONSTRAINT late CHECK (ID > 1)")
    with set_for_all(site, check_constraint_checks=0), pytest.raises(SessionsError):
        site.restore(archives)
    assert site.rows() == []


@pytest.mark.usefixtures("loading")
def test_a_value_that_does_not_fit_any_more_is_not_cut_in_silence(site: Site) -> None:
    site.sign_in(5)
    archives = site.purge()["archives"]
    site.run_sql("ALTER TABLE remembermetoken MODIFY USERNAME varchar(3)")
    with pytest.raises(SessionsError):
        site.restore(archives)
    assert site.rows() == []


@pytest.mark.parametrize("engine", MYSQLS)
@pytest.mark.parametrize("answers", [1, 2])
def test_a_server_that_asks_for_a_file_gets_none(engine: str, answers: int, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("nobody's business", encoding="utf-8")
    with RogueServer(mysql_asking_for_a_file(str(file), answers)) as server:
        site = Site(Database(engine, "jira", "127.0.0.1", server.port, "jira", PASSWORD), tmp_path / "archives")
        assert "it asks for a file of this machine, which nobody offered: nothing was sent" in refusal(site)
    assert b"nobody's business" not in server.heard


@pytest.mark.usefixtures("loading", "small_pieces")
def test_rows_that_do_not_lie_by_their_keys_come_by_key_all_the_same(site: Site) -> None:
    site.run_sql("ALTER TABLE remembermetoken ADD UNIQUE (ID), DROP PRIMARY KEY, ADD PRIMARY KEY (TOKEN)")
    site.add(*((number, None, f"token{99 - number}", "somebody") for number in range(10, 30)))
    before, expected = site.rows(), one_by_one(site)
    archives = site.purge()["archives"]
    assert lines(archives) == expected == sorted(expected)
    site.restore(archives)
    assert site.rows() == before


@pytest.mark.usefixtures("small_pieces")
def test_a_row_that_somebody_holds_is_met_in_a_later_piece_too(site: Site) -> None:
    site.sign_in(20)
    held = "SELECT * FROM remembermetoken WHERE ID = 15 FOR UPDATE"
    with open_transaction(site, held) as writer, pytest.raises(SessionsError, match=rf"session {writer.thread_id()} \("):
        site.purge(lock_wait=0)
    assert len(site.rows()) == 20
    assert site.purge()["rows"] == 20


def test_the_state_before_the_ranges_is_kept_until_the_last_of_them_is_gone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge_module, "RANGE", 10)
    site.sign_in(25)
    expected = [0, 1, 1, 1]

    def see_views() -> None:
        views = expected.pop()
        wait_for(lambda: transactions(site, VIEWS) == [(views,)], f"{views} view", 10)

    assert site.purge(before_commit=see_views)["rows"] == 25
    assert expected == []


def test_a_view_that_somebody_ends_stops_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge_module, "RANGE", 10)
    site.sign_in(25)
    ended: list[int] = []

    def end_views() -> None:
        for (thread,) in transactions(site, VIEWS.replace("count(*)", "trx_mysql_thread_id")):
            site.run_sql(f"KILL {thread}")
            ended.append(thread)

    assert site.purge(before_commit=end_views)["rows"] == 25
    assert (len(set(ended)), site.rows()) == (1, [])


def test_an_account_that_may_have_one_connection_alone_deletes_in_ranges_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge_module, "RANGE", 10)
    site.sign_in(25)
    limited = account(site, "SELECT, DELETE", "WITH MAX_USER_CONNECTIONS 1")
    assert limited.purge()["rows"] == 25


@LEAVES_ITS_SOCKET
def test_a_connection_that_the_server_still_counts_is_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.sign_in(3)
    limited = account(site, "SELECT, DELETE", "WITH MAX_USER_CONNECTIONS 1")
    monkeypatch.setattr(connection, "sleep", freeing(limited.database.connect()))
    assert limited.purge()["rows"] == 3


@pytest.mark.long
@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("changed", [104, 119], ids=["in a range", "after the last range"])
def test_a_row_that_changes_while_its_lock_is_waited_for_is_archived_as_it_is_then(
    site: Site, changed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge_module, "RANGE", 15)
    site.sign_in(20, first=100)
    with open_transaction(site, ROTATE.format(changed)) as writer:

        def commit_when_waited_for() -> None:
            wait_for(lambda: bool(transactions(site, WAITING)), "the purge waits")
            writer.commit()

        committing = Beside(commit_when_waited_for)
        done = site.purge()
        committing.end()
    # on a busy machine the wait may end first, and the sweep begins anew
    assert site.rows() == []
    assert [line.split(b"\t")[:3:2] for line in lines(done["archives"]) if b"rotated" in line] == [[str(changed).encode(), b"rotated"]]
