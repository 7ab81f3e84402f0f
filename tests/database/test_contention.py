# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A purge among other sessions: nothing slips through, nobody waits long, and whoever is in the way is named."""

from __future__ import annotations

import secrets
import tempfile
import threading
import time
import typing as t
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke import purge as purge_module
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import postgresql as postgresql_module
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.postgresql_rows import PostgresqlSweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import Keys

from demo.patience import patient, wait_for
from demo.postgresql import PostgresServer
from tests.database.site import Site, lines
from tests.database.tables import BITBUCKET

INSERT = "INSERT INTO remembermetoken (id, created, token, username) VALUES ({}, CURRENT_TIMESTAMP, '{}', 'late')"


@contextmanager
def open_transaction(site: Site, statement: str) -> t.Iterator[t.Any]:
    """A connection that has run the statement and not committed it."""
    with closing(site.database.connect()) as connection, closing(connection.cursor()) as cursor:
        if site.engine == "postgresql":
            cursor.execute("SET application_name = 'idle writer'")
        cursor.execute(statement)
        yield connection


def freeing(connection: t.Any) -> t.Callable[[float], None]:
    """A pause in which this connection ends."""

    def pause(seconds: float) -> None:
        with suppress(Exception):
            connection.close()
        time.sleep(seconds)

    return pause


@pytest.mark.parametrize("key", [1, 10_000], ids=["a low key", "a high key"])
def test_archives_a_sign_in_whose_transaction_commits_after_the_first_sweep(server_site: Site, key: int) -> None:
    server_site.sign_in(20, first=100)
    with open_transaction(server_site, INSERT.format(key, "late token")) as writer:
        done = server_site.purge(sleep=lambda _seconds: writer.commit())
    assert server_site.rows() == []
    assert done["retries"] >= 1
    assert done["rows"] == 21
    assert [line.split(b"\t")[0] for line in lines(done["archives"]) if b"late token" in line] == [str(key).encode()]


def test_archives_a_row_that_arrives_between_the_sweeps(postgres_site: Site) -> None:
    postgres_site.sign_in(20, first=100)
    arrivals = [INSERT.format(5, "behind the sweep")]

    def arrive_once() -> None:
        if arrivals:
            postgres_site.run_sql(arrivals.pop())

    done = postgres_site.purge(before_commit=arrive_once)
    assert postgres_site.rows() == []
    assert [archive["rows"] for archive in done["archives"]] == [20, 1]


@pytest.mark.parametrize(
    ("change", "retries", "rows"),
    [
        ("DELETE FROM remembermetoken WHERE id = 105", 1, 19),
        ("UPDATE remembermetoken SET token = 'as it is now' WHERE id = 105", 1, 20),
        (INSERT.format(5, "as it is now"), 0, 21),
    ],
    ids=["signed out", "changed", "signed in"],
)
def test_what_changes_between_the_copy_and_the_deletion_is_archived_as_it_is_deleted(
    postgres_site: Site, monkeypatch: pytest.MonkeyPatch, change: str, retries: int, rows: int
) -> None:
    postgres_site.sign_in(20, first=100)
    changes, delete_beside = [change], PostgresqlSweep.delete_beside

    def change_once(sweep: PostgresqlSweep, keys: Keys, number: int) -> None:
        postgres_site.run_sql(changes.pop())
        delete_beside(sweep, keys, number)

    monkeypatch.setattr(PostgresqlSweep, "delete_beside", change_once)
    done = postgres_site.purge(lock_wait=0)
    assert (changes, done["retries"], done["rows"], postgres_site.rows()) == ([], retries, rows, [])
    archived = lines(done["archives"])
    assert (len(archived), sum(b"as it is now" in line for line in archived)) == (rows, "now" in change)


def test_tokens_that_each_use_changes_are_deleted_as_they_are_copied(bitbucket: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PostgresqlSweep, "delete_beside", None)
    assert (bitbucket.purge()["rows"], bitbucket.rows("sta_remember_me_token")) == (30, [])


def test_archives_a_row_with_a_low_key_that_arrives_behind_a_range(mysqls: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge_module, "RANGE", 10)
    mysqls.create().sign_in(25, first=100)
    move, moves = purge_module.Mover.move, [1, 2]

    def move_and_see_one_arrive(*arguments: t.Any, **more: t.Any) -> None:
        move(*arguments, **more)
        moves.pop()
        if not moves:
            mysqls.run_sql(INSERT.format(5, "behind the sweep"))
            monkeypatch.setattr(purge_module.Mover, "move", move)

    monkeypatch.setattr(purge_module.Mover, "move", move_and_see_one_arrive)
    done = mysqls.purge()
    assert mysqls.rows() == []
    assert [(archive["rows"], archive["first"]) for archive in done["archives"]] == [(10, "100"), (10, "110"), (5, "120"), (1, "5")]


def test_leaves_what_was_made_after_the_cut_off(postgres_site: Site) -> None:
    postgres_site.sign_in(3)
    with open_transaction(postgres_site, "SELECT 1") as late:
        calls: list[threading.Thread] = []

        def sign_in_again() -> None:
            with closing(late.cursor()) as cursor:
                # waits for the lock of the last sweep, so it commits after the cut-off
                cursor.execute(INSERT.format(900, "new login"))
            late.commit()

        def before_commit() -> None:
            if len(postgres_site.query("SELECT 1 FROM pg_locks WHERE mode = 'ShareRowExclusiveLock'")):
                calls.append(threading.Thread(target=sign_in_again))
                calls[0].start()
                wait_for(lambda: bool(postgres_site.query("SELECT 1 FROM pg_locks WHERE NOT granted")), "the sign-in waits")

        postgres_site.purge(before_commit=before_commit)
        calls[0].join()
    assert [row[2] for row in postgres_site.rows()] == ["new login"]
    assert postgres_site.purge(scope="archived")["left"] == 0


def test_names_the_session_that_holds_the_table(postgres_site: Site) -> None:
    postgres_site.sign_in(3)
    with open_transaction(postgres_site, INSERT.format(900, "secret of a row")) as writer:
        pid = writer.get_backend_pid() if hasattr(writer, "get_backend_pid") else 0
        with pytest.raises(SessionsError) as refused:
            postgres_site.purge(lock_wait=0)
    said = str(refused.value)
    assert f"session {pid} (idle writer, idle in transaction, for " in said
    assert "3 rows are archived and deleted so far" in said
    assert "secret of a row" not in said
    assert "INSERT" not in said


def test_what_came_back_is_deleted_with_every_writer_kept_out(postgres_site: Site) -> None:
    postgres_site.sign_in(3)
    postgres_site.purge()
    postgres_site.sign_in(1)
    with open_transaction(postgres_site, INSERT.format(900, "new login")), pytest.raises(SessionsError, match="is held by session"):
        postgres_site.purge(scope="archived", lock_wait=0)
    assert len(postgres_site.rows()) == 1


@pytest.fixture
def vacuumed(archive_dir: Path) -> t.Iterator[Site]:
    """1000 tokens under an autovacuum of minutes, as an account sees them that may see nothing of other sessions."""
    slow = "autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1"
    often = "autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0"
    with PostgresServer(Path(tempfile.mkdtemp(prefix="das-")), settings=("autovacuum_naptime=1s",)) as server:
        site = Site(server.make_database("vacuumed"), archive_dir).create()
        password = secrets.token_hex(8)
        site.run_sql(
            f"CREATE ROLE product LOGIN PASSWORD '{password}'",
            "GRANT SELECT, DELETE ON remembermetoken TO product",
            f"ALTER TABLE remembermetoken SET ({slow}, {often})",
            "INSERT INTO remembermetoken SELECT i, now(), 't' || i, 'user' || i FROM generate_series(1, 50000) i",
            "DELETE FROM remembermetoken WHERE id > 1000",
        )
        held = "SELECT 1 FROM pg_locks WHERE relation = 'remembermetoken'::regclass AND mode = 'ShareUpdateExclusiveLock'"
        wait_for(lambda: bool(site.query(held)), "the autovacuum begins")
        yield site.with_database(user="product", password=password)


def test_an_autovacuum_gives_way(vacuumed: Site) -> None:
    done = vacuumed.purge(lock_wait=3)
    assert (done["rows"], done["retries"], vacuumed.rows()) == (1000, 0, [])
    # it does so for one that has waited for the server's deadlock_timeout
    assert done["wait_seconds"] > 1


def test_one_that_does_not_give_way_is_waited_for_once_and_named(vacuumed: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    # too short for any
    monkeypatch.setattr(postgresql_module, "_YIELDS_AFTER_MS", "SELECT 0")
    asked: list[bool] = []
    only_vacuumed = postgresql_module.PostgresqlStore._only_vacuumed

    def seen(*arguments: t.Any) -> bool:
        asked.append(only_vacuumed(*arguments))
        return asked[-1]

    monkeypatch.setattr(postgresql_module.PostgresqlStore, "_only_vacuumed", seen)
    with pytest.raises(
        SessionsError, match=r"is held by session \d+ \(autovacuum worker, unknown, since when is hidden from this account\); 2 s"
    ):
        vacuumed.purge(lock_wait=2)
    assert asked == [True]


def test_a_writer_is_waited_for_no_longer_than_others_may_stand_in_the_queue(postgres_site: Site) -> None:
    postgres_site.sign_in(3)
    with open_transaction(postgres_site, INSERT.format(900, "x")) as writer:
        done = postgres_site.purge(sleep=lambda _seconds: writer.commit())
    assert (done["rows"], done["retries"]) == (4, 1)
    assert done["wait_seconds"] < patient(1)


def test_deletes_nothing_in_a_single_sweep_that_never_gets_the_lock(site: Site) -> None:
    site.sign_in(3)
    with open_transaction(site, INSERT.format(900, "x")), pytest.raises(SessionsError, match=r"is held by .* Nothing was deleted"):
        site.purge(lock_wait=0, single_sweep=True)
    assert len(site.rows()) == 3
    assert not list(site.archive_dir.rglob("*.tsv.gz"))


def test_goes_on_when_the_table_is_free_again(site: Site) -> None:
    site.sign_in(3)
    pauses: list[float] = []
    with open_transaction(site, INSERT.format(900, "x")) as writer:

        def sleep(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 3:
                writer.commit()

        done = site.purge(sleep=sleep, lock_wait=60)
    assert (done["rows"], done["retries"], len(pauses)) == (4, 3, 3)
    assert pauses == sorted(pauses)
    # MySQL 5.7 looks once a second whether a second is over
    assert 0.2 < done["wait_seconds"] < patient(4)


def test_readers_are_never_kept_waiting(server_site: Site) -> None:
    server_site.sign_in(3)
    seen: list[int] = []
    server_site.purge(before_commit=lambda: seen.append(server_site.query("SELECT count(*) FROM remembermetoken")[0][0]))
    assert seen == [3, 0]


def test_every_token_of_a_busy_table_is_archived_or_newer_than_the_cut_off(server_site: Site) -> None:
    """Eight clients sign in again and again, also during the purge: what they were told is committed is in the archives, or still there."""
    server_site.sign_in(20_000, first=1_000_000)
    before = {tuple(map(str, row[:3:2])) for row in server_site.rows()}
    stop = threading.Event()
    committed: list[list[int]] = [[] for _client in range(8)]
    waits: list[float] = []

    def client(number: int) -> None:
        with closing(server_site.database.connect()) as connection, closing(connection.cursor()) as cursor:
            key = 2_000_000 + number * 100_000
            while not stop.is_set():
                key += 1
                began = time.monotonic()
                cursor.execute(INSERT.format(key, f"t{key}"))
                connection.commit()
                waits.append(time.monotonic() - began)
                committed[number].append(key)
                time.sleep(0.002)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    try:
        wait_for(lambda: all(len(keys) > 10 for keys in committed), "every client signs in")
        before_purge = sum(map(len, committed))
        done = server_site.purge(lock_wait=300)
        after_purge = [len(keys) for keys in committed]
        wait_for(lambda: all(len(keys) > count for keys, count in zip(committed, after_purge, strict=True)), "every client goes on")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert sum(after_purge) > before_purge, "nobody signed in meanwhile"
    archived = {int(line.split(b"\t")[0]) for line in lines(done["archives"])}
    left = {int(row[0]) for row in server_site.rows()}
    assert {key for keys in committed for key in keys} | set(range(1_000_000, 1_020_000)) == archived | left
    assert not archived & left
    texts = {tuple(line.decode().split("\t")[:3:2]) for line in lines(done["archives"])}
    assert before <= texts
    assert {(str(key), f"t{key}") for key in archived if key >= 2_000_000} <= texts
    # of each client the archived keys are the older ones
    assert all(max([key for key in keys if key in archived], default=0) < min(key for key in keys if key in left) for keys in committed)
    assert max(waits) < patient(1)


# tokens that are updated on use


@pytest.fixture
def bitbucket(postgresql: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """30 tokens in ranges of 10."""
    monkeypatch.setattr(purge_module, "RANGE", 10)
    site = Site(postgresql.database, postgresql.archive_dir, "bitbucket").create(BITBUCKET)
    site.run_sql(
        "INSERT INTO sta_remember_me_token "
        "SELECT i * 3, 'series' || i, 'token' || i, mod(i, 5), now(), false, NULL FROM generate_series(1, 30) i"
    )
    return site


def test_goes_in_ranges_where_tokens_rotate(bitbucket: Site) -> None:
    done = bitbucket.purge()
    assert [archive["rows"] for archive in done["archives"]] == [10, 10, 10]
    assert (done["sweeps"], done["rows"], bitbucket.rows("sta_remember_me_token")) == (5, 30, [])


def test_takes_all_in_one_sweep_when_no_node_runs(bitbucket: Site) -> None:
    done = bitbucket.purge(single_sweep=True)
    assert [archive["rows"] for archive in done["archives"]] == [30]


def test_the_token_that_a_node_has_handed_out_is_found_by_its_series(bitbucket: Site) -> None:
    assert bitbucket.look(expected_tokens=[{"node": "n1", "token": "series7"}])["rows"] == 30
    with pytest.raises(SessionsError, match="that n2 handed out"):
        bitbucket.look(expected_tokens=[{"node": "n1", "token": "series7"}, {"node": "n2", "token": "series31"}])


def test_deletes_descendants_of_archived_series(bitbucket: Site) -> None:
    bitbucket.purge()
    # a request that read series 7 before the purge writes its successor now; the others are new logins
    bitbucket.run_sql(
        "INSERT INTO sta_remember_me_token VALUES (500, 'series7', 'rotated', 1, now(), false, NULL), "
        "(501, 'new', 'fresh', 1, now(), false, NULL), (502, NULL, NULL, 1, now(), false, NULL)"
    )
    assert bitbucket.look(scope="archived")["rows"] == 1
    done = bitbucket.purge(scope="archived")
    assert (done["rows"], done["left"], done["checked"], done["changed"]) == (1, 0, 30, True)
    assert [row[0] for row in bitbucket.rows("sta_remember_me_token")] == [501, 502]
    assert b"rotated" in lines(done["archives"])[0]
    again = bitbucket.purge(scope="archived")
    assert (again["rows"], again["left"], again["checked"], again["changed"]) == (0, 0, 31, False)


def test_a_later_descendant_of_a_descendant_is_found(bitbucket: Site) -> None:
    bitbucket.purge()
    for key in (500, 600):
        values = f"{key}, 'series7', 'rotated{key}', 1, now(), false, NULL"
        bitbucket.run_sql(f"INSERT INTO sta_remember_me_token VALUES ({values})")  # noqa: S608  numbers of the test
        assert bitbucket.purge(scope="archived")["rows"] == 1


def test_finds_archived_rows_again_by_key_and_by_token(site: Site) -> None:
    site.sign_in(5)
    archived = site.rows()
    site.purge()
    site.add((3, None, "other", None), (77, None, archived[4][2], None), (78, None, None, None))
    done = site.purge(scope="archived")
    assert (done["rows"], done["left"]) == (2, 0)
    assert [row[0] for row in site.rows()] == [78]


def test_a_run_that_archived_nothing_is_compared_with_nothing_which_is_refused(site: Site) -> None:
    site.sign_in(5)
    site.purge()
    site.sign_in(1)
    for act in (site.look, site.purge):
        with pytest.raises(SessionsError, match=r"Run run-l has no archive in .*/run-l, and no record there says that its table was empty"):
            act(scope="archived", run_id="run-l")
    assert len(site.rows()) == 1


def test_does_not_take_the_backup_for_an_archive_of_deleted_rows(site: Site) -> None:
    site.sign_in(5)
    site.back_up()
    with pytest.raises(SessionsError, match=r"Run run-1 has no archive in "):
        site.purge(scope="archived")
    assert len(site.rows()) == 5


def test_of_an_empty_table_the_record_says_that_there_is_no_archive(site: Site) -> None:
    records = RunRecords(str(site.archive_dir), site.look()["cluster"])
    start = records.open("run-1", {"phase": "prepared"}, "controller-1", "1111")
    done = site.purge(start=start)
    revoked = {"rows": 0, "cut_off": done["cut_off"], "archives": done["archives_of_run"]}
    records.write("run-1", "", {"phase": "revoked", "revoked": revoked}, start)
    site.sign_in(1)
    found = site.purge(scope="archived", start=start)
    assert {name: found[name] for name in ("rows", "left", "checked", "since", "unread")} == {
        **dict.fromkeys(("rows", "left", "checked"), 0),
        "since": 1,
        "unread": [],
    }
