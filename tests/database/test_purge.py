# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a purge does to the table, the archives and nothing else."""

from __future__ import annotations

import gzip
import json
import os
import stat
import typing as t
from collections import namedtuple
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import RunFolder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke import steps as revoke_steps
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.leftovers import find_leftovers
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import TokenStore

from tests.database.site import Site, lines, tree
from tests.database.tables import HARD_ROWS


def keys(values: dict[str, t.Any]) -> list[int]:
    return sorted(int(line.split(b"\t")[0]) for line in lines(values["archives"]))


def files(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def test_deletes_every_row_and_archives_each(site: Site) -> None:
    site.sign_in(120)
    done = site.purge()
    assert site.rows() == []
    assert keys(done) == list(range(1, 121))
    assert (done["rows"], done["users"], done["changed"]) == (120, 7, True)
    assert done["cut_off"].endswith("Z")
    assert done["oldest"].startswith("2026-02-03T04:05:00")


def test_says_of_each_archive_what_is_on_disk(site: Site) -> None:
    site.sign_in(3)
    (archive,) = site.purge()["archives"]
    sidecar = json.loads(Path(archive["sidecar"]).read_text(encoding="utf-8"))
    assert (sidecar["rows"], sidecar["sha256"], sidecar["run_id"], sidecar["format"]) == (3, archive["sha256"], "run-1", 1)
    assert [column["name"].lower() for column in sidecar["columns"]] == ["id", "created", "token", "username"]
    assert (archive["first"], archive["last"], archive["bytes"]) == ("1", "3", Path(archive["path"]).stat().st_size)


def test_keeps_archives_from_everybody_else(site: Site) -> None:
    site.sign_in(1)
    done = site.purge()
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [site.archive_dir, *site.archive_dir.rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert files(done["folder"]) == ["remembermetoken-1.json", "remembermetoken-1.tsv.gz"]


def test_purges_an_empty_table_in_one_sweep_and_without_an_archive(site: Site) -> None:
    done = site.purge()
    assert (done["rows"], done["archives"], done["changed"], done["sweeps"]) == (0, [], False, 1)
    assert files(done["folder"]) == []


def test_changes_nothing_the_second_time(site: Site) -> None:
    site.sign_in(5)
    first = site.purge()
    before = tree(site.archive_dir)
    assert site.purge()["changed"] is False
    assert tree(site.archive_dir) == before
    assert len(first["archives"]) == 1


def test_never_overwrites_an_archive(site: Site) -> None:
    site.sign_in(5)
    first = site.purge()
    site.sign_in(5, first=100)
    second = site.purge()
    assert files(second["folder"]) == [f"remembermetoken-{n}.{kind}" for n in (1, 2) for kind in ("json", "tsv.gz")]
    assert keys(first) == [1, 2, 3, 4, 5]
    assert keys(second) == [100, 101, 102, 103, 104]


def test_check_mode_counts_and_changes_nothing(site: Site, tmp_path: Path) -> None:
    site.sign_in(9)
    rows, before = site.rows(), tree(tmp_path)
    seen = site.look()
    assert (seen["rows"], seen["users"], seen["archives"], seen["cut_off"], seen["sweeps"]) == (9, 7, [], "", 0)
    assert site.rows() == rows
    assert tree(tmp_path) == before


def test_takes_a_single_sweep_when_told(site: Site) -> None:
    site.sign_in(4)
    done = site.purge(single_sweep=True)
    assert (done["rows"], done["sweeps"]) == (4, 1)


def test_copies_values_that_are_hard_to_copy(site: Site) -> None:
    site.add(*HARD_ROWS)
    done = site.purge()
    assert [line.count(b"\t") for line in lines(done["archives"])] == [3] * len(HARD_ROWS)
    assert lines(done["archives"])[1] == b"2\t\\N\t\\N\t\\N\n"


def test_copies_columns_that_the_product_is_not_known_for_and_says_so(site: Site) -> None:
    site.run_sql("ALTER TABLE remembermetoken ADD COLUMN device varchar(20)")
    site.sign_in(1)
    done = site.purge()
    assert "device" in done["notes"][0]
    assert lines(done["archives"])[0].count(b"\t") == 4


def test_removes_what_a_killed_writer_left_but_not_what_another_is_writing(site: Site) -> None:
    site.sign_in(1)
    folder = Path(site.purge()["folder"])
    (folder / ".draft-left").write_bytes(b"x")
    seen: list[list[str]] = []
    site.sign_in(1)
    site.purge(before_commit=lambda: seen.append(files(str(folder))))
    assert ".draft-left" not in seen[0]
    assert [name for name in seen[0] if name.startswith(".draft-")]
    assert not [name for name in files(str(folder)) if name.startswith(".draft-")]


# several starts of one run


def told(archives: t.Iterable[dict[str, t.Any]]) -> list[tuple[str, int, str]]:
    return [(Path(one["path"]).name, one["rows"], one["sha256"]) for one in archives]


def test_tells_the_archives_of_every_start_of_the_run(site: Site) -> None:
    written = []
    for first in range(0, 110, 10):
        site.sign_in(2, first=first)
        written += site.purge(single_sweep=True)["archives"]
    done = site.purge()
    assert (done["rows"], done["archives"]) == (0, [])
    assert told(done["archives_of_run"]) == told(written)


def purge_that_is_killed_before_its_commit(site: Site) -> None:
    """Its archive is on disk, and its rows are still in the table."""
    left: dict[Path, bytes] = {}

    def end() -> None:
        left.update({path: path.read_bytes() for path in site.archive_dir.rglob("remembermetoken-*")})
        raise SessionsError("It is killed.")

    with pytest.raises(SessionsError, match="It is killed"):
        site.purge(before_commit=end)
    assert left
    for path, content in left.items():
        path.write_bytes(content)


def test_leaves_out_an_archive_whose_rows_were_never_deleted(site: Site) -> None:
    site.sign_in(6)
    purge_that_is_killed_before_its_commit(site)
    site.run_sql("UPDATE remembermetoken SET token = 'renewed' WHERE id = 3", "DELETE FROM remembermetoken WHERE id = 4")
    purge_that_is_killed_before_its_commit(site)
    done = site.purge()
    assert len(list(site.archive_dir.rglob("*.tsv.gz"))) == 3
    assert told(done["archives_of_run"]) == told(done["archives"])
    assert sum(one["rows"] for one in done["archives_of_run"]) == 5


def test_an_archive_that_another_start_left_and_nobody_can_read_is_told_as_it_lies_there(site: Site) -> None:
    site.sign_in(2)
    (first,) = site.purge(single_sweep=True)["archives"]
    Path(first["path"]).write_bytes(b"damaged")
    site.sign_in(1, first=9)
    done = site.purge(single_sweep=True)
    assert told(done["archives_of_run"]) == told([first, *done["archives"]])


# the tokens that the nodes have just handed out


def handed_out(**tokens: str) -> list[dict[str, str]]:
    return [{"node": node, "token": token} for node, token in tokens.items()]


def test_deletes_where_the_tokens_are_that_the_nodes_have_handed_out(site: Site) -> None:
    site.sign_in(5)
    assert site.purge(expected_tokens=handed_out(n1="2", n2="5"))["rows"] == 5


@pytest.mark.parametrize("check_mode", [False, True], ids=["for real", "looked at"])
def test_deletes_nothing_in_a_table_in_which_a_token_is_not(site: Site, check_mode: bool) -> None:
    site.sign_in(3)
    act = site.look if check_mode else site.purge
    with pytest.raises(SessionsError, match=r"that n2, n3 handed out, and takes, is not in .*remembermetoken of .*: the nodes use another"):
        act(expected_tokens=handed_out(n1="3", n2="4", n3="100"))
    assert len(site.rows()) == 3
    assert not list(site.archive_dir.rglob("*.tsv.gz"))


@pytest.mark.parametrize("key", ["", "abc", "-1", "1.5", "\u0661", "9" * 19])
def test_a_key_that_is_none_is_said_and_nothing_is_deleted(site: Site, key: str) -> None:
    site.sign_in(1)
    with pytest.raises(SessionsError, match=r"expected_tokens wants the keys of rows of .*, which are numbers"):
        site.purge(expected_tokens=handed_out(n1=key))
    assert len(site.rows()) == 1


def test_a_token_that_an_earlier_start_of_the_run_deleted_is_no_sign_of_another_table(site: Site) -> None:
    site.sign_in(3)
    site.purge()
    site.sign_in(1, first=50)
    assert site.purge(expected_tokens=handed_out(n1="2", n2="50"))["rows"] == 1
    with pytest.raises(SessionsError, match=r"that n2 handed out, .*: the nodes use another database"):
        site.purge(expected_tokens=handed_out(n1="2", n2="51"))


# fewer rows than expected


@pytest.mark.parametrize("single_sweep", [False, True], ids=["two sweeps", "single sweep"])
@pytest.mark.parametrize("check_mode", [False, True], ids=["for real", "looked at"])
def test_deletes_nothing_where_what_the_look_counted_does_not_add_up(site: Site, check_mode: bool, single_sweep: bool) -> None:
    site.sign_in(10)
    act = site.look if check_mode else site.purge
    with pytest.raises(
        SessionsError, match=r"Unsuccessful: 12 rows .* were expected, 10 were found .* the other 2\. Nothing was deleted\."
    ):
        act(expected_rows=12, single_sweep=single_sweep)
    assert len(site.rows()) == 10
    assert not list(site.archive_dir.rglob("*.tsv.gz"))


def test_what_the_product_deleted_after_the_backup_is_told_by_its_keys_wherever_they_stand(sqlite: Site) -> None:
    columns = "token VARCHAR(255), created TIMESTAMP, id NUMERIC(18,0) PRIMARY KEY, username VARCHAR(255)"
    site = sqlite.create({"sqlite": f"CREATE TABLE remembermetoken ({columns})"})
    site.sign_in(10)
    site.back_up()
    site.run_sql("DELETE FROM remembermetoken WHERE id > 7")
    assert site.look(expected_rows=10)["rows"] == 7
    with pytest.raises(SessionsError, match=r"Unsuccessful: 11 rows .* were expected"):
        site.look(expected_rows=11)


def test_check_mode_accepts_what_the_purge_will_accept(site: Site) -> None:
    site.sign_in(4)
    site.purge()
    site.sign_in(10, first=50)
    site.back_up()
    site.run_sql("DELETE FROM remembermetoken WHERE id IN (53, 57)")
    # two others have signed in since: they stand for nobody
    site.sign_in(2, first=90)
    assert site.look(expected_rows=16)["rows"] == 10
    for act in (site.look, site.purge):
        with pytest.raises(SessionsError, match=r"10 were found .* the other 1\. Nothing was deleted\."):
            act(expected_rows=17)
    assert site.purge(expected_rows=16)["rows"] == 10


def test_without_a_backup_the_table_is_not_read_once_more_to_tell_which_rows_are_missing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.sign_in(3)
    monkeypatch.setattr(TokenStore, "copy", None)
    with pytest.raises(SessionsError, match=r"5 rows .* were expected, 3 were found"):
        site.look(expected_rows=5)


def lose_rows_after_the_look(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    make = RunFolder.make

    def make_later(folder: RunFolder) -> None:
        site.run_sql("DELETE FROM remembermetoken WHERE id < 3")
        make(folder)

    monkeypatch.setattr(RunFolder, "make", make_later)


def test_rolls_back_the_last_sweep_only_and_says_what_the_first_has_deleted(server_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    server_site.sign_in(10)
    lose_rows_after_the_look(server_site, monkeypatch)
    with pytest.raises(SessionsError, match=r"the other 2\. The last sweep was rolled back\.") as refused:
        server_site.purge(expected_rows=10)
    assert server_site.rows() == []
    assert files(server_site.look()["folder"]) == ["remembermetoken-1.json", "remembermetoken-1.tsv.gz"]
    archive = Path(server_site.look()["folder"], "remembermetoken-1.tsv.gz")
    assert str(refused.value).endswith(f"8 rows are archived and deleted so far: {archive}.")


def test_rows_that_go_after_the_look_are_missed_in_a_single_sweep(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.sign_in(10)
    lose_rows_after_the_look(site, monkeypatch)
    with pytest.raises(SessionsError, match=r"the other 2\. The last sweep was rolled back\.") as refused:
        site.purge(expected_rows=10, single_sweep=True)
    assert len(site.rows()) == 8
    assert "deleted so far" not in str(refused.value)


def test_the_one_row_of_a_table_is_missed_where_it_goes_after_the_look(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.sign_in(1)
    lose_rows_after_the_look(site, monkeypatch)
    with pytest.raises(SessionsError, match=r"1 rows .* were expected, 0 were found .* the other 1\. The last sweep was rolled back\."):
        site.purge(expected_rows=1)


def test_rows_that_go_after_the_look_are_not_explained_by_a_backup_of_others(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.sign_in(10, first=10)
    site.back_up()
    site.sign_in(2)
    lose_rows_after_the_look(site, monkeypatch)
    with pytest.raises(SessionsError, match=r"the other 2\. The last sweep was rolled back\."):
        site.purge(expected_rows=12, single_sweep=True)
    assert len(site.rows()) == 10


def test_more_rows_that_came_back_than_a_statement_names_are_deleted_all(site: Site) -> None:
    site.sign_in(1100)
    site.purge()
    site.sign_in(1100)
    done = site.purge(scope="archived")
    assert (done["rows"], done["left"], site.rows()) == (1100, 0, [])


def test_every_refusal_after_a_committed_sweep_says_what_is_deleted_and_where_it_lies(server_site: Site) -> None:
    server_site.sign_in(6)
    asked: list[int] = []

    def refuse_the_second() -> None:
        asked.append(1)
        if len(asked) == 2:
            raise SessionsError("The run was taken over.")

    with pytest.raises(SessionsError) as refused:
        server_site.purge(before_commit=refuse_the_second)
    archive = Path(server_site.look()["folder"], "remembermetoken-1.tsv.gz")
    assert str(refused.value) == f"The run was taken over. 6 rows are archived and deleted so far: {archive}."


def test_accepts_rows_that_an_earlier_purge_of_the_run_took(site: Site) -> None:
    site.sign_in(6)
    site.purge()
    site.sign_in(4, first=50)
    assert site.purge(expected_rows=10)["rows"] == 4


def test_accepts_rows_of_the_backup_that_went_by_themselves(site: Site) -> None:
    site.sign_in(10)
    site.back_up()
    site.run_sql("DELETE FROM remembermetoken WHERE id IN (3, 7)")
    assert site.purge(expected_rows=10)["rows"] == 8


def test_a_backup_explains_its_missing_rows_once_only(site: Site) -> None:
    site.sign_in(10)
    site.back_up()
    site.run_sql("DELETE FROM remembermetoken WHERE id IN (3, 7)")
    with pytest.raises(SessionsError, match=r"the other 1\."):
        site.purge(expected_rows=11)


def test_a_single_sweep_reads_the_backup_only_where_rows_are_missing(site: Site) -> None:
    """With every node stopped nobody signs out meanwhile, and a backup of millions of rows takes its time."""
    site.sign_in(10)
    os.truncate(site.back_up()["archive"]["path"], 60)
    with pytest.raises(SessionsError, match=r"backup-remembermetoken-1.* is damaged"):
        site.purge(expected_rows=11, single_sweep=True)
    assert len(site.rows()) == 10
    assert site.purge(expected_rows=10, single_sweep=True)["rows"] == 10


def test_a_backup_explains_missing_rows_also_in_a_single_sweep(site: Site) -> None:
    site.sign_in(10)
    site.back_up()
    site.run_sql("DELETE FROM remembermetoken WHERE id IN (3, 7)")
    assert site.purge(expected_rows=10, single_sweep=True)["rows"] == 8


def test_does_not_mistake_new_rows_for_missing_ones(site: Site) -> None:
    site.sign_in(3)
    assert site.purge(expected_rows=2)["rows"] == 3


# the fence


@pytest.fixture
def record(site: Site) -> tuple[RunRecords, dict[str, t.Any]]:
    """A run that this start owns."""
    records = RunRecords(str(site.archive_dir), site.look()["cluster"])
    return records, records.open("run-1", {"phase": "prepared"}, "controller-1", "1111")


def test_commits_while_the_run_is_its_own(site: Site, record: tuple[RunRecords, dict[str, t.Any]]) -> None:
    site.sign_in(2)
    assert site.purge(start=record[1])["rows"] == 2


def test_deletes_nothing_once_another_start_took_the_run_over(site: Site, record: tuple[RunRecords, dict[str, t.Any]]) -> None:
    site.sign_in(2)
    record[0].open("run-1", {}, "controller-2", "2222")
    for act in (site.look, site.purge):
        for scope in ("all", "archived"):
            with pytest.raises(SessionsError, match=r"taken over .*controller-2"):
                act(start=record[1], scope=scope)
    assert len(site.rows()) == 2
    assert not list(site.archive_dir.rglob("*.tsv.gz"))


def test_the_commit_asks_once_more_whose_run_it_is(
    site: Site, record: tuple[RunRecords, dict[str, t.Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    site.sign_in(2)
    make = RunFolder.make

    def make_later(folder: RunFolder) -> None:
        record[0].open("run-1", {}, "controller-2", "2222")
        make(folder)

    monkeypatch.setattr(RunFolder, "make", make_later)
    with pytest.raises(SessionsError, match=r"taken over .*controller-2"):
        site.purge(start=record[1])
    assert len(site.rows()) == 2


@pytest.mark.parametrize("check_mode", [False, True], ids=["for real", "looked at"])
def test_deletes_nothing_without_the_record_that_it_was_told_of(site: Site, check_mode: bool) -> None:
    site.sign_in(2)
    act = site.look if check_mode else site.purge
    with pytest.raises(SessionsError, match=r"run\.json is gone"):
        act(start={"attempt": 1, "number": "1111", "controller": ""})
    assert len(site.rows()) == 2
    assert not site.archive_dir.exists()


@pytest.mark.parametrize("scope", ["all", "archived"])
def test_a_server_that_has_taken_over_is_told_from_a_record_that_is_gone(sqlite: Site, scope: str) -> None:
    """Its identity is another one: the record lies with the server that the run began with."""
    sqlite.create().sign_in(2)
    first = RunRecords(str(sqlite.archive_dir), "jira-0123456789ab")
    start = first.open("run-1", {"phase": "prepared", "database": "mysql uuid-1 database jira"}, "controller-1", "1111")
    now = sqlite.look()["database"]
    with pytest.raises(SessionsError) as refused:
        sqlite.purge(start=start, scope=scope)
    said = (
        f"Run run-1 began with mysql uuid-1 database jira (its record lies in {first.folder_of('run-1')}), and what is asked now is {now}: "
    )
    assert str(refused.value).startswith(said)
    assert str(refused.value).endswith("which signs everybody out once more. Nothing more was changed.")
    assert len(sqlite.rows()) == 2


def test_check_mode_asks_whose_run_it_is_and_writes_nothing(
    site: Site, record: tuple[RunRecords, dict[str, t.Any]], tmp_path: Path
) -> None:
    site.sign_in(2)
    before = tree(tmp_path)
    assert site.look(start=record[1])["rows"] == 2
    assert tree(tmp_path) == before


@pytest.fixture
def recorded(site: Site, record: tuple[RunRecords, dict[str, t.Any]]) -> tuple[Path, dict[str, t.Any]]:
    """The archive of a purge that the record tells of, and the start that owns the run."""
    records, start = record
    site.sign_in(3)
    done = site.purge(start=start, single_sweep=True)
    revoked = {"rows": 3, "cut_off": done["cut_off"], "archives": done["archives_of_run"]}
    records.write("run-1", "", {"phase": "revoked", "revoked": revoked}, start)
    return Path(done["archives"][0]["path"]), start


def test_the_last_look_compares_with_every_archive_that_the_record_tells_of(recorded: tuple[Path, dict[str, t.Any]], site: Site) -> None:
    found = site.purge(scope="archived", start=recorded[1])
    assert (found["checked"], found["unread"]) == (3, [])


def test_what_came_back_is_counted_by_the_next_start_too_where_one_was_killed_after_it_had_deleted_it(
    recorded: tuple[Path, dict[str, t.Any]], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = site.purge(scope="archived", start=recorded[1])
    site.sign_in(3)

    def end(*_sources: object) -> t.NoReturn:
        raise SessionsError("It is killed.")

    looks: t.Iterator[t.Callable[..., t.Any]] = iter([find_leftovers, end])

    def look(*given: object) -> t.Any:
        return next(looks)(*given)

    with monkeypatch.context() as patch:
        patch.setattr(revoke_steps, "find_leftovers", look)
        with pytest.raises(SessionsError, match="It is killed"):
            site.purge(scope="archived", start=recorded[1])
    after = site.purge(scope="archived", start=recorded[1])
    told = [(one["came_back"], one["rows"], sum(archive["rows"] for archive in one["archives_of_run"])) for one in (before, after)]
    assert told == [(0, 0, 3), (3, 0, 6)]


def test_what_the_record_tells_of_was_deleted_also_where_a_row_of_it_is_in_the_table_again(
    recorded: tuple[Path, dict[str, t.Any]], site: Site
) -> None:
    path, start = recorded
    site.sign_in(1)
    done = site.purge(scope="archived", start=start)
    assert (done["came_back"], [one["rows"] for one in done["archives_of_run"]]) == (1, [3, 1])
    assert done["archives_of_run"][0]["path"] == str(path)


def test_the_look_at_what_came_back_asks_for_no_room_of_a_table(
    recorded: tuple[Path, dict[str, t.Any]], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands between the deletion and the restarts; a table has its size for a while after its rows are gone."""
    room = namedtuple("room", "f_bavail f_frsize")
    monkeypatch.setattr(os, "statvfs", lambda _path: room(16, 4096))
    assert site.purge(scope="archived", start=recorded[1])["rows"] == 0


def test_an_archive_of_the_record_that_is_gone_leaves_open_whether_its_tokens_came_back(
    recorded: tuple[Path, dict[str, t.Any]], site: Site
) -> None:
    path, start = recorded
    path.unlink()
    found = site.purge(scope="archived", start=start)
    assert (found["checked"], found["left"]) == (0, 0)
    assert found["unread"] == [f"{path} is not there any more: whether one of its tokens came back is not known"]


def test_another_file_in_the_place_of_an_archive_leaves_open_whether_its_tokens_came_back(
    recorded: tuple[Path, dict[str, t.Any]], site: Site
) -> None:
    path, start = recorded
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1))
    (said,) = site.purge(scope="archived", start=start)["unread"]
    assert said == f"{path} is not the file any more that the run wrote there: whether one of its tokens came back is not known"


def test_asks_before_each_commit(postgres_site: Site) -> None:
    asked: list[int] = []
    postgres_site.sign_in(2)

    def refuse_the_second() -> None:
        asked.append(len(postgres_site.rows()))
        if len(asked) == 2:
            raise SessionsError("This run was taken over.")

    with pytest.raises(SessionsError, match="taken over"):
        postgres_site.purge(before_commit=refuse_the_second)
    # the first sweep was committed and keeps its archive
    assert asked == [2, 0]
    assert len(list(postgres_site.archive_dir.rglob("*.tsv.gz"))) == 1
