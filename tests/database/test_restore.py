# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes back is what was deleted: exactly that, all or nothing, and only where it belongs."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import time
import typing as t
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke import restore as restoring
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.restore import Begun
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.connection import Connector
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import CommitUnknown

from demo.patience import patient
from demo.postgresql import PostgresServer
from tests.database.conftest import ENGINES
from tests.database.site import Site, Values, tree
from tests.database.tables import BITBUCKET, CONFLUENCE, HARD_ROWS


@pytest.fixture
def filled(site: Site) -> Site:
    """Rows that are hard to copy, and more than one batch of plain ones."""
    site.add(*HARD_ROWS)
    site.sign_in(1100, first=1000)
    return site


@pytest.fixture
def sqlite_site(sqlite: Site) -> Site:
    return sqlite.create()


def refusal(site: Site, archives: list[Values], **more: t.Any) -> str:
    before = site.rows()
    with pytest.raises(SessionsError) as refused:
        site.restore(archives, **more)
    assert site.rows() == before
    return str(refused.value)


def changed_archive(archive: Values, folder: Path, old: bytes, new: bytes) -> Values:
    """A copy whose content differs, with a sidecar and a hash that fit."""
    folder.mkdir(exist_ok=True)
    path = folder / Path(archive["path"]).name
    path.write_bytes(gzip.compress(gzip.decompress(Path(archive["path"]).read_bytes()).replace(old, new)))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    sidecar = {**json.loads(Path(archive["sidecar"]).read_text(encoding="utf-8")), "sha256": sha256}
    Path(str(path).replace(".tsv.gz", ".json")).write_text(json.dumps(sidecar), encoding="utf-8")
    return {"path": str(path), "sha256": sha256}


def test_brings_exactly_the_deleted_rows_back(filled: Site) -> None:
    before = filled.rows()
    done = filled.purge()
    back = filled.restore(done["archives"])
    assert filled.rows() == before
    assert (back["rows"], back["present"], back["changed"]) == (len(before), 0, True)
    assert back["archives"] == [{"path": one["path"], "sha256": one["sha256"]} for one in done["archives"]]


def test_an_archive_of_restored_rows_has_the_same_bytes(filled: Site) -> None:
    first = filled.back_up()["archive"]
    filled.restore(filled.purge()["archives"])
    second = filled.back_up()["archive"]
    assert Path(first["path"]).read_bytes() == Path(second["path"]).read_bytes()
    assert first["path"] != second["path"]


def test_changes_nothing_the_second_time(filled: Site) -> None:
    archives = filled.purge()["archives"]
    filled.restore(archives)
    again = filled.restore(archives)
    assert (again["rows"], again["present"], again["changed"]) == (0, 1108, False)


def test_check_mode_counts_and_changes_nothing(filled: Site) -> None:
    archives = filled.purge()["archives"]
    assert filled.restore(archives, check_mode=True)["rows"] == 1108
    assert filled.rows() == []


def test_keeps_rows_that_are_there_already(filled: Site) -> None:
    archives = filled.purge()["archives"]
    filled.add(HARD_ROWS[0], (500, None, "new login", None))
    back = filled.restore(archives)
    assert (back["rows"], back["present"]) == (1107, 1)
    assert len(filled.rows()) == 1109


def test_takes_the_same_row_from_two_archives_once(filled: Site) -> None:
    backup = filled.back_up()["archive"]
    archives = filled.purge()["archives"]
    assert filled.restore([backup, *archives])["rows"] == 1108
    assert len(filled.rows()) == 1108


def test_an_archive_can_be_read_back_by_hand(postgres_site: Site) -> None:
    postgres_site.add(*HARD_ROWS)
    before = postgres_site.rows()
    (archive,) = postgres_site.purge()["archives"]
    with postgres_site.database.connect() as connection, connection.cursor() as cursor, gzip.open(archive["path"]) as file:
        cursor.copy_expert("COPY remembermetoken FROM STDIN", file)
    assert postgres_site.rows() == before


@pytest.mark.parametrize("engine", ENGINES)
def test_brings_boolean_and_time_columns_back(engine: str, request: pytest.FixtureRequest) -> None:
    site: Site = replace(request.getfixturevalue(engine), product="bitbucket").create(BITBUCKET)
    site.run_sql(
        "INSERT INTO sta_remember_me_token VALUES (1, 's1', 't1', 7, '2026-01-02 03:04:05.123456', true, '10.0.0.1'), "
        "(2, 's2', 't2', NULL, NULL, NULL, NULL), (3, 's3', 't3', 8, '2026-01-02 03:04:05', false, '')"
    )
    before = site.rows("sta_remember_me_token")
    site.restore(site.purge()["archives"])
    assert site.rows("sta_remember_me_token") == before


# refusals


def test_wants_to_hear_that_logins_will_live(filled: Site) -> None:
    archives = filled.purge()["archives"]
    assert "accept_live_logins" in refusal(filled, archives, accept_live_logins=False)


def test_a_password_that_is_a_part_of_what_is_told_is_refused_before_anything_is_put_back(sqlite_site: Site) -> None:
    sqlite_site.sign_in(3)
    archives = sqlite_site.purge()["archives"]
    assert "database_password: this secret is also a part of" in refusal(sqlite_site, archives, database_password="jira")
    for told in ("remembermetoken-1.tsv", archives[0]["sha256"]):
        assert "what has to be told here (archives)" in refusal(sqlite_site, archives, database_password=told)


def test_a_row_that_is_there_with_other_content(filled: Site) -> None:
    archives = filled.purge()["archives"]
    filled.add((4, None, "somebody else's", None))
    assert "with other content" in refusal(filled, archives)


def test_two_archives_that_disagree(filled: Site, tmp_path: Path) -> None:
    (archive,) = filled.purge(single_sweep=True)["archives"]
    other = changed_archive(archive, tmp_path / "changed", b"plain", b"other")
    assert "with other content" in refusal(filled, [archive, other])
    assert "with other content" in refusal(filled, [other, archive])


@pytest.mark.parametrize(
    ("engine", "other"),
    [("sqlite", "postgresql"), ("postgresql", "sqlite"), ("mariadb", "sqlite"), ("mysql", "sqlite"), ("mysql", "mariadb")],
)
def test_a_foreign_database(engine: str, other: str, request: pytest.FixtureRequest) -> None:
    site: Site = request.getfixturevalue(engine).create()
    site.sign_in(3)
    (archive,) = site.purge(single_sweep=True)["archives"]
    foreign: Site = request.getfixturevalue(other).create()
    assert refusal(foreign, [archive]).startswith(f"{archive['path']} is of jira in ")


def test_a_database_of_the_same_server(postgres_site: Site, postgres_server: PostgresServer) -> None:
    postgres_site.sign_in(3)
    (archive,) = postgres_site.purge(single_sweep=True)["archives"]
    name = f"{postgres_site.database.name}_staging"
    other = replace(postgres_site, database=postgres_server.make_database(name)).create()
    assert "this is jira in postgresql system" in refusal(other, [archive])


def test_another_schema_of_the_same_database(postgres_site: Site) -> None:
    postgres_site.sign_in(3)
    (archive,) = postgres_site.purge(single_sweep=True)["archives"]
    postgres_site.run_sql("CREATE SCHEMA elsewhere", "ALTER TABLE remembermetoken SET SCHEMA elsewhere")
    with pytest.raises(SessionsError, match=r"schema public, this is jira in .* schema elsewhere"):
        postgres_site.restore([archive])


def test_the_archive_of_another_product(site: Site) -> None:
    site.sign_in(1)
    (archive,) = site.purge()["archives"]
    site.run_sql("DROP TABLE remembermetoken", CONFLUENCE[site.database.sql])
    assert "is of jira" in refusal(replace(site, product="confluence"), [archive])


def test_a_table_that_has_other_columns_by_now(filled: Site) -> None:
    (archive,) = filled.purge(single_sweep=True)["archives"]
    filled.run_sql("ALTER TABLE remembermetoken ADD COLUMN device varchar(20)")
    assert refusal(filled, [archive]).startswith(f"{archive['path']} is of a table remembermetoken with other columns")


def test_a_link_in_place_of_the_archive(filled: Site) -> None:
    (archive,) = filled.purge(single_sweep=True)["archives"]
    path = Path(archive["path"])
    path.rename(path.with_name("real"))
    path.symlink_to("real")
    assert "it is a link" in refusal(filled, [archive])


def test_a_file_of_another_account(filled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    (archive,) = filled.purge(single_sweep=True)["archives"]
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert f"belongs to another account (uid {owner})" in refusal(filled, [archive])


def test_a_cut_file(filled: Site) -> None:
    (archive,) = filled.purge(single_sweep=True)["archives"]
    path = Path(archive["path"])
    path.write_bytes(path.read_bytes()[:-20])
    assert "is damaged" in refusal(filled, [archive])


def test_an_altered_file(filled: Site, tmp_path: Path) -> None:
    (archive,) = filled.purge(single_sweep=True)["archives"]
    altered = changed_archive(archive, tmp_path / "changed", b"plain", b"admin")
    assert "expected were" in refusal(filled, [{**altered, "sha256": archive["sha256"]}])


def test_another_hash_than_the_file_has(filled: Site) -> None:
    (archive,) = filled.purge(single_sweep=True)["archives"]
    assert "is not what was written" in refusal(filled, [{**archive, "sha256": "0" * 64}])


def test_an_archive_without_its_description(filled: Site) -> None:
    (archive,) = filled.purge(single_sweep=True)["archives"]
    Path(archive["sidecar"]).unlink()
    assert "remembermetoken-1.json cannot be opened" in refusal(filled, [archive])


@pytest.mark.parametrize(("text", "said"), [("{", "is damaged"), ("[]", "is damaged"), ('{"format": 2}', "is damaged")])
def test_a_description_that_is_none(filled: Site, text: str, said: str) -> None:
    (archive,) = filled.purge(single_sweep=True)["archives"]
    Path(archive["sidecar"]).write_text(text, encoding="utf-8")
    assert said in refusal(filled, [archive])


def test_no_right_to_insert(postgres_site: Site) -> None:
    postgres_site.sign_in(3)
    archives = postgres_site.purge()["archives"]
    account = f"reader_{postgres_site.database.name}"
    postgres_site.run_sql(
        f"CREATE ROLE {account} LOGIN PASSWORD '{postgres_site.database.password}'", f"GRANT SELECT, DELETE ON remembermetoken TO {account}"
    )
    assert "cannot put the tokens back: the account lacks a right" in refusal(postgres_site.with_database(user=account), archives)


@pytest.mark.parametrize("damaged", [b"\t", b"user", b"12\t"], ids=["no columns", "other content", "no key"])
def test_a_failure_in_the_second_archive_puts_nothing_back(site: Site, tmp_path: Path, damaged: bytes) -> None:
    site.sign_in(3)
    (first,) = site.purge(single_sweep=True)["archives"]
    site.sign_in(3, first=10)
    (second,) = site.purge(single_sweep=True)["archives"]
    site.add((12, None, "there already", "user"))
    broken = changed_archive(second, tmp_path / "changed", damaged, b"")
    refusal(site, [first, broken])
    assert [row[0] for row in site.rows()] == [12]


# the record


def test_takes_the_proof_of_the_run_back(filled: Site) -> None:
    records = RunRecords(str(filled.archive_dir), filled.look()["cluster"])
    start = records.open("run-1", {"phase": "prepared"}, "controller", "1")
    archives = filled.purge(start=start)["archives"]
    records.write("run-1", "", {"phase": "proven"}, start)
    filled.restore(archives, check_mode=True)
    assert "proof_withdrawn" not in records.read("run-1")
    filled.restore(archives)
    record = records.read("run-1")
    assert (record["proof_withdrawn"], record["phase"]) == (True, "proven")


def run_of(site: Site, run_id: str, phase: str = "proven") -> list[Values]:
    """A run that deletes and comes to that phase; its archives."""
    records = RunRecords(str(site.archive_dir), site.look()["cluster"])
    start = records.open(run_id, {"phase": "prepared"}, "controller", "1")
    archives: list[Values] = site.purge(run_id=run_id, single_sweep=True, start=start)["archives"]
    for one in ("revoked", phase):
        records.write(run_id, "", {"phase": one}, start)
    return archives


def copied(archives: t.Iterable[Values], folder: Path) -> list[Values]:
    """As somebody took them to a vault, and back to another folder."""
    folder.mkdir()
    for archive in archives:
        for name in ("path", "sidecar"):
            shutil.copy2(archive[name], folder)
    return [{**archive, "path": str(folder / Path(archive["path"]).name)} for archive in archives]


def test_takes_the_proof_back_wherever_the_archive_lies(sqlite_site: Site, tmp_path: Path) -> None:
    sqlite_site.sign_in(3)
    back = sqlite_site.restore(copied(run_of(sqlite_site, "run-1"), tmp_path / "vault"))
    record = RunRecords(str(sqlite_site.archive_dir), back["cluster"]).read("run-1")
    assert (record["proof_withdrawn"], back["proofs_withdrawn"], back["notes"]) == (
        True,
        ["run-1"],
        ["What run run-1 proved holds no longer."],
    )


def test_takes_the_proof_back_of_tokens_that_were_put_back_before_without_its_record(sqlite_site: Site, tmp_path: Path) -> None:
    sqlite_site.sign_in(3)
    archives = copied(run_of(sqlite_site, "run-1"), tmp_path / "vault")
    first = sqlite_site.restore(archives, archive_dir=str(tmp_path / "other"))
    assert (first["rows"], first["proofs_withdrawn"]) == (3, [])
    records = RunRecords(str(sqlite_site.archive_dir), first["cluster"])
    rehearsed = sqlite_site.restore(archives, check_mode=True)
    assert (rehearsed["changed"], rehearsed["notes"]) == (True, ["What run run-1 proved would hold no longer."])
    assert "proof_withdrawn" not in records.read("run-1")
    again = sqlite_site.restore(archives)
    assert (again["rows"], again["present"], again["changed"], again["proofs_withdrawn"]) == (0, 3, True, ["run-1"])
    assert records.read("run-1")["proof_withdrawn"] is True
    once_more = sqlite_site.restore(archives)
    assert (once_more["changed"], once_more["notes"]) == (False, ["What run run-1 proved holds no longer."])


def test_sets_no_run_aside_for_tokens_that_are_there_but_the_one_that_is_named(sqlite_site: Site) -> None:
    sqlite_site.sign_in(3)
    archives = run_of(sqlite_site, "run-1")
    sqlite_site.restore(archives)
    records = RunRecords(str(sqlite_site.archive_dir), sqlite_site.look()["cluster"])
    records.open("run-2", {"phase": "prepared", "revoke": "database"}, "controller", "1")
    records.open("run-3", {"phase": "rolling"}, "controller", "1")
    # it knows nothing of these tokens, and could end proven
    assert refusal(sqlite_site, archives).startswith("Run run-3 of this cluster is not finished")
    again = sqlite_site.restore(archives, abandon="run-3")
    assert (again["rows"], again["changed"], again["set_aside"]) == (0, True, ["run-3"])
    assert [records.read(run)["phase"] for run in ("run-1", "run-2", "run-3")] == ["proven", "prepared", "abandoned"]


def test_takes_back_what_later_runs_have_proven_and_leaves_earlier_ones(sqlite_site: Site) -> None:
    by_run = {}
    for number in (1, 2, 3):
        sqlite_site.sign_in(3, first=10 * number)
        by_run[number] = run_of(sqlite_site, f"run-{number}")
    back = sqlite_site.restore(by_run[2])
    records = RunRecords(str(sqlite_site.archive_dir), back["cluster"])
    assert back["proofs_withdrawn"] == ["run-2", "run-3"]
    assert [records.read(f"run-{number}").get("proof_withdrawn", False) for number in by_run] == [False, True, True]


@pytest.mark.parametrize("check_mode", [True, False])
def test_waits_for_the_end_of_another_run(sqlite_site: Site, check_mode: bool) -> None:
    sqlite_site.sign_in(3)
    archives = run_of(sqlite_site, "run-1")
    run_of(sqlite_site, "run-2", phase="rolling")
    before = tree(sqlite_site.archive_dir)
    said = refusal(sqlite_site, archives, check_mode=check_mode)
    assert said.startswith("Run run-2 of this cluster is not finished")
    assert tree(sqlite_site.archive_dir) == before


def test_sees_a_run_that_began_while_the_rows_were_put_back(sqlite_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite_site.sign_in(3)
    archives = run_of(sqlite_site, "run-1")
    put_back = restoring._put_back

    def beside_a_start(*args: t.Any) -> t.Any:
        RunRecords(str(sqlite_site.archive_dir), sqlite_site.look()["cluster"]).open("run-2", {"phase": "rolling"}, "controller", "1")
        return put_back(*args)

    monkeypatch.setattr(restoring, "_put_back", beside_a_start)
    assert refusal(sqlite_site, archives).startswith("Run run-2 of this cluster is not finished")


def test_sets_a_run_aside_that_is_named(sqlite_site: Site) -> None:
    sqlite_site.sign_in(3)
    archives = run_of(sqlite_site, "run-1")
    run_of(sqlite_site, "run-2", phase="rolling")
    back = sqlite_site.restore(archives, abandon="run-2")
    records = RunRecords(str(sqlite_site.archive_dir), back["cluster"])
    assert (back["set_aside"], records.read("run-2")["phase"], len(sqlite_site.rows())) == (["run-2"], "abandoned", 3)


def test_sets_a_run_aside_that_has_deleted_nothing_and_not_one_that_has(sqlite_site: Site) -> None:
    sqlite_site.sign_in(3)
    archives = run_of(sqlite_site, "run-1")
    records = RunRecords(str(sqlite_site.archive_dir), sqlite_site.look()["cluster"])
    start = records.open("run-2", {"phase": "prepared", "revoke": "database"}, "controller", "1")
    assert sqlite_site.restore(archives)["set_aside"] == ["run-2"]
    with pytest.raises(SessionsError, match="taken over"):
        records.check("run-2", start)
    records.open("run-3", {"phase": "prepared", "revoke": "database"}, "controller", "1")
    # killed between its deletion and the record of it
    sqlite_site.purge(run_id="run-3")
    assert refusal(sqlite_site, archives).startswith("Run run-3 of this cluster is not finished")


def test_puts_back_beside_a_record_that_cannot_be_read_and_says_so(sqlite_site: Site) -> None:
    sqlite_site.sign_in(3)
    archives = run_of(sqlite_site, "run-1")
    damaged = sqlite_site.archive_dir / sqlite_site.look()["cluster"] / "run-0/run.json"
    damaged.parent.mkdir(mode=0o700)
    damaged.write_text("{", encoding="utf-8")
    back = sqlite_site.restore(archives)
    assert (back["rows"], back["proofs_withdrawn"]) == (3, ["run-1"])
    assert any(str(damaged) in note and note.endswith("cannot be taken back.") for note in back["notes"])


def test_sets_the_unfinished_run_aside_whose_own_archives_are_put_back(sqlite_site: Site) -> None:
    sqlite_site.sign_in(3)
    archives = run_of(sqlite_site, "run-1", phase="rolling")
    rehearsed = sqlite_site.restore(archives, check_mode=True)
    records = RunRecords(str(sqlite_site.archive_dir), rehearsed["cluster"])
    assert rehearsed["notes"] == ["Run run-1 is not finished: it would be set aside."]
    assert records.read("run-1")["phase"] == "rolling"
    back = sqlite_site.restore(archives)
    assert (back["set_aside"], records.read("run-1")["phase"], len(sqlite_site.rows())) == (["run-1"], "abandoned", 3)


def test_says_of_which_run_no_record_is_known(sqlite_site: Site) -> None:
    sqlite_site.sign_in(1)
    back = sqlite_site.restore(sqlite_site.purge()["archives"])
    folder = sqlite_site.archive_dir / back["cluster"]
    assert (back["rows"], back["changed"], back["proofs_withdrawn"]) == (1, True, [])
    assert back["notes"] == [f"No record of run run-1 lies in {folder}: no proof of it was taken back."]


def test_an_archive_beside_a_record_of_another_folder(sqlite_site: Site, tmp_path: Path) -> None:
    sqlite_site.sign_in(3)
    archives = run_of(sqlite_site, "run-1")
    said = refusal(sqlite_site, archives, archive_dir=str(tmp_path / "other"))
    assert f"name {sqlite_site.archive_dir} with archive_dir" in said
    said = refusal(sqlite_site, [*copied(archives, tmp_path / "vault"), *archives], archive_dir=str(tmp_path / "other"))
    assert f"name {sqlite_site.archive_dir} with archive_dir" in said, "behind one that may lie where it does"


def test_a_copy_in_folders_of_the_same_names_has_no_record_beside_it(sqlite_site: Site, tmp_path: Path) -> None:
    sqlite_site.sign_in(3)
    archives = run_of(sqlite_site, "run-1")
    vault = tmp_path / "vault" / sqlite_site.look()["cluster"]
    vault.mkdir(parents=True)
    assert sqlite_site.restore(copied(archives, vault / "run-1"), archive_dir=str(tmp_path / "other"))["rows"] == 3


def test_a_commit_whose_end_is_not_known_is_not_told_as_nothing_changed(filled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    archives = filled.purge()["archives"]

    def lost(_connector: Connector, connection: t.Any, _doing: str) -> None:
        connection.commit()
        raise CommitUnknown("Whether that has happened is not known: look, then go on from there.")

    with monkeypatch.context() as patch:
        patch.setattr(Connector, "commit", lost)
        with pytest.raises(Begun, match="is not known"):
            filled.restore(archives)
    assert filled.restore(archives)["rows"] == 0


def test_no_archive_at_all_is_a_sentence(filled: Site) -> None:
    with pytest.raises(SessionsError, match="No archive is named"):
        filled.restore([])


def test_leaves_the_record_alone_when_nothing_is_put_back(filled: Site) -> None:
    archives = filled.purge()["archives"]
    filled.restore(archives)
    records = RunRecords(str(filled.archive_dir), filled.look()["cluster"])
    records.open("run-1", {"phase": "prepared"}, "controller", "1")
    filled.restore(archives)
    assert "proof_withdrawn" not in records.read("run-1")


def test_takes_no_time_for_rows_times_rows(postgres_site: Site) -> None:
    """After a VACUUM the planner believes that the table is empty, and it fills while the rows are put back."""
    postgres_site.run_sql("INSERT INTO remembermetoken SELECT i, now(), md5(i::text), 'user' || i FROM generate_series(1, 60000) i")
    archives = postgres_site.purge()["archives"]
    with closing(postgres_site.database.connect()) as connection, closing(connection.cursor()) as cursor:
        connection.autocommit = True
        cursor.execute("VACUUM ANALYZE remembermetoken")
    began = time.monotonic()
    assert postgres_site.restore(archives)["rows"] == 60_000
    # a second or so; every row against every other takes minutes
    assert time.monotonic() - began < patient(30)


# what old servers let in


def test_brings_dates_of_zeros_and_a_key_of_zero_back(mysqls: Site) -> None:
    mysqls.run_sql(
        "CREATE TABLE remembermetoken (ID bigint AUTO_INCREMENT PRIMARY KEY, CREATED datetime, TOKEN varchar(255), USERNAME varchar(255))",
        "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'",
        "INSERT INTO remembermetoken VALUES (0, '0000-00-00 00:00:00', 'a', 'b'), (7, '2026-02-31 00:00:00', 'c', 'd')",
    )
    before = mysqls.query("SELECT ID, CAST(CREATED AS CHAR), TOKEN FROM remembermetoken ORDER BY ID")
    mysqls.restore(mysqls.purge()["archives"])
    assert mysqls.query("SELECT ID, CAST(CREATED AS CHAR), TOKEN FROM remembermetoken ORDER BY ID") == before


@pytest.mark.parametrize("charset", ["latin1", "utf8mb3", "utf8mb4"])
def test_brings_texts_of_every_character_set_back(mysqls: Site, charset: str) -> None:
    mysqls.create()
    mysqls.run_sql(f"ALTER TABLE remembermetoken CONVERT TO CHARACTER SET {charset}")
    mysqls.add((1, None, "tab\t back\\slash é", "ß\n"), (2, None, "É", "SS"))
    before = mysqls.rows()
    mysqls.restore(mysqls.purge()["archives"])
    assert mysqls.rows() == before
