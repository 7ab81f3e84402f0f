# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of an HSQLDB, without any Java: which are meant, who may open them with which jar, and the way back."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import hsqldb_files, hsqldb_program_files
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.commit_end import rolled_back
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import PutBack
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import engine_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.hsqldb_program_files import SCRATCH, WAY_BACK, Failed, Files

NAMES = ("crucible.properties", "crucible.script", "crucible.data", "crucible.backup", "crucible.log")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A database whose files are no real ones, and an install folder with its jar."""
    for name in NAMES:
        (tmp_path / "crudb").mkdir(exist_ok=True)
        (tmp_path / "crudb" / name).write_text(f"version=1.8.0\n{name}", encoding="utf-8")
    (tmp_path / "fisheye/lib").mkdir(parents=True)
    (tmp_path / "fisheye/lib/hsqldb-1.8.0.10.jar").touch()
    return tmp_path / "crudb/crucible"


def database(base: Path | str, jar: Path | str | None = None, **more: t.Any) -> Database:
    found = Path(base).parents[1] / "fisheye" if jar is None else jar
    return Database(engine_named("hsqldb"), str(base), jar=str(found), **more)


def refusal(base: Path | str, jar: Path | str | None = None, **more: t.Any) -> str:
    with pytest.raises(SessionsError) as refused:
        hsqldb_files.place_of(database(base, jar, **more))
    return str(refused.value)


def content(base: Path) -> dict[str, str]:
    return {one.name: one.read_text(encoding="utf-8") for one in base.parent.iterdir() if one.is_file()}


def test_the_jar_is_found_in_the_install_folder_and_the_owner_is_who_owns_the_files(base: Path) -> None:
    base.with_suffix(".script").chmod(0o640)
    place = hsqldb_files.place_of(database(base))
    assert (place.base, place.jar.name, place.owner.uid, place.owner.umask) == (base, "hsqldb-1.8.0.10.jar", os.geteuid(), 0o037)


def test_what_is_no_database_is_refused(base: Path) -> None:
    assert "is no path" in refusal("crudb/crucible", "x")
    assert "HSQLDB on db1 is a server" in refusal(base, host="db1")
    assert "are not both there: name the files of the database with database_name" in refusal(base.with_name("other"))
    assert "cannot be read" in refusal(base.parent / "nowhere/crucible")


def test_a_jar_that_is_not_the_one_is_refused(base: Path) -> None:
    install = base.parents[1] / "fisheye"
    assert "is not named: give the one that the product itself brings" in refusal(base, "")
    assert "is not there" in refusal(base, install / "lib/none.jar")
    assert "There is no jar of HSQLDB below" in refusal(base, base.parent)
    # a second name for the same file is no second jar
    (install / "lib/hsqldb.jar").symlink_to("hsqldb-1.8.0.10.jar")
    hsqldb_files.place_of(database(base))
    (install / "hsqldb-2.jar").touch()
    assert "There is 2 jars of HSQLDB" in refusal(base)


@pytest.mark.parametrize("opened", ["fisheye/lib/hsqldb-1.8.0.10.jar", "fisheye/lib", "fisheye"])
def test_a_jar_that_others_can_change_is_not_run_as_the_owner(base: Path, opened: str) -> None:
    (base.parents[1] / opened).chmod(0o777)
    assert f"{opened} can be changed by others than root and" in refusal(base)


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone gives files to others")
def test_the_files_belong_to_one_account_and_the_jar_to_no_third(base: Path) -> None:
    os.chown(base.with_suffix(".log"), 65534, 65534)
    assert "are not plain files of one account" in refusal(base)
    for name in NAMES:
        os.chown(base.parent / name, 65534, 65534)
    assert hsqldb_files.place_of(database(base)).owner.uid == 65534
    os.chown(base.parents[1] / "fisheye/lib", 1000, 1000)
    assert "can be changed by others" in refusal(base)


def test_a_link_among_the_files_is_refused(base: Path) -> None:
    base.with_suffix(".log").unlink()
    base.with_suffix(".log").symlink_to("/etc/passwd")
    assert "are not plain files of one account (crucible.log)" in refusal(base)


def test_room_for_the_copies_is_asked_for(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = hsqldb_files.place_of(database(base))
    hsqldb_files.check_room(place)
    monkeypatch.setattr(hsqldb_files, "_MARGIN", 1 << 60)
    with pytest.raises(SessionsError, match="too little room beside the files"):
        hsqldb_files.check_room(place)


def test_who_has_the_files_open_is_seen(base: Path) -> None:
    place = hsqldb_files.place_of(database(base))
    assert hsqldb_files.users_of(place) == []
    with base.with_suffix(".log").open():
        assert hsqldb_files.users_of(place) == [os.getpid()]


def test_a_way_back_that_was_left_is_refused(base: Path) -> None:
    place = hsqldb_files.place_of(database(base))
    hsqldb_files.check_no_way_back(place)
    (base.parent / WAY_BACK).mkdir()
    with pytest.raises(SessionsError, match="move its files back"):
        hsqldb_files.check_no_way_back(place)
    with pytest.raises(Failed, match="way back"):
        Files(base).keep()


def test_the_way_back_leads_to_the_files_as_they_were(base: Path) -> None:
    before, files = content(base), Files(base)
    files.keep()
    kept = base.parent / WAY_BACK
    assert kept.stat().st_mode & 0o777 == 0o700
    base.with_suffix(".script").write_text("changed", encoding="utf-8")
    base.with_suffix(".data").unlink()
    for new in ("crucible.script.new", "crucible.lck", "another.script"):
        (base.parent / new).touch()
    # cut short after the first file, and done again
    (kept / NAMES[0]).replace(base.parent / NAMES[0])
    hsqldb_program_files.put_back(str(base))
    assert content(base) == {**before, "another.script": ""}
    hsqldb_program_files.put_back(str(base))
    assert not kept.exists()


def test_a_copy_is_made_again_while_the_product_writes_its_files_anew(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied, again = hsqldb_program_files._copy_file, iter("xx")

    def writing(source: Path, target: Path) -> None:
        copied(source, target)
        if source.suffix == ".data" and next(again, ""):
            base.with_suffix(".new").write_text("version=1.8.0\nanew", encoding="utf-8")
            base.with_suffix(".new").replace(base.with_suffix(".script"))

    monkeypatch.setattr(hsqldb_program_files, "_copy_file", writing)
    scratch = Files(base).copy()
    assert (scratch / "crucible.script").read_text(encoding="utf-8").endswith("anew")
    assert len(list(base.parent.glob(f"{SCRATCH}*"))) == 1
    again = iter("x" * 100)
    with pytest.raises(Failed, match="moving"):
        Files(base).copy()


def test_what_a_killed_look_left_is_removed_and_what_one_at_work_has_is_not(base: Path) -> None:
    (base.parent / f"{SCRATCH}left").mkdir()
    at_work = Files(base).copy()
    assert [one.name for one in base.parent.glob(f"{SCRATCH}*")] == [at_work.name]
    Files(base).copy()
    assert at_work.exists()


def test_files_that_were_put_back_hold_nothing_of_the_transaction() -> None:
    assert rolled_back("hsqldb", PutBack(""))
    assert not rolled_back("hsqldb", SessionsError(""))
