# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of an HSQLDB, without any Java: which are meant, who may open them with which jar, and the way back."""

from __future__ import annotations

import contextlib
import fcntl
import inspect
import os
import shutil
import tempfile
import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import (
    hsqldb_files,
    hsqldb_process,
    hsqldb_program,
    hsqldb_program_files,
)
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


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A /proc of no processes but this one."""
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/self").symlink_to("/proc/self")
    monkeypatch.setattr(hsqldb_files, "_PROC", tmp_path / "proc")
    return tmp_path / "proc"


def process(proc: Path, number: int, opened: Path, mount: int, mounts: str) -> None:
    for folder in ("fd", "fdinfo"):
        (proc / str(number) / folder).mkdir(parents=True)
    (proc / f"{number}/fd/7").symlink_to(opened)
    (proc / f"{number}/fdinfo/7").write_text(f"pos:\t0\nflags:\t0100002\nmnt_id:\t{mount}\n", encoding="ascii")
    (proc / f"{number}/mountinfo").write_bytes(f"1 0 0:1 / / rw - x x rw\n{mounts}".encode("latin-1"))


def test_a_process_that_ends_while_it_is_looked_at_has_nothing_open(base: Path, proc: Path) -> None:
    place = hsqldb_files.place_of(database(base))
    (proc / "41").mkdir()
    process(proc, 42, base.with_suffix(".log"), 9, "")
    (proc / "42/fd/8").symlink_to(base.parent / "closed meanwhile")
    assert hsqldb_files.users_of(place) == [42]


def test_only_what_may_be_on_their_device_is_asked_which_file_it_is(base: Path, proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, log = hsqldb_files.place_of(database(base)), base.with_suffix(".log")
    # the same device under another number, as in another namespace; a server that has vanished; a mount that is not told
    process(proc, 43, log, 700, f"700 1 {hsqldb_files._device_of(log).decode()} / /srv rw - x x rw\n")
    process(proc, 44, log, 700, "700 1 0:999999 / /d\xe9ad rw - nfs nas:/x rw\n")
    process(proc, 45, log, 701, "700 1 0:999999 / /dead rw - nfs nas:/x rw\n")
    same, asked = hsqldb_files._same, t.cast("list[str]", [])

    def ask(path: Path) -> tuple[int, int] | None:
        asked.append(str(path))
        return same(path)

    monkeypatch.setattr(hsqldb_files, "_same", ask)
    assert hsqldb_files.users_of(place) == [43, 45]
    assert sorted(one for one in asked if one.startswith(str(proc))) == [f"{proc}/43/fd/7", f"{proc}/45/fd/7"]
    # nothing is left out where their own device is not told
    monkeypatch.setattr(hsqldb_files, "_device_of", lambda _path: b"")
    assert hsqldb_files.users_of(place) == [43, 44, 45]


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
    assert hsqldb_program_files.put_back(str(base)) is True
    assert content(base) == {**before, "another.script": ""}
    assert hsqldb_program_files.put_back(str(base)) is False
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


# begins a change as the real one does, and is killed while it answers
DYING = """
import json, os, sys
from pathlib import Path
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.hsqldb_program_files import Files
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "open":
        files = Files(Path(request["base"]))
        files.keep()
        files.base.with_suffix(".script").write_text("half changed", encoding="utf-8")
        print(json.dumps({"ok": None}), flush=True)
        continue
    if request["do"] == "finish":
        files.drop_way_back()
    print(request["answer"], end="", flush=True)
    os.kill(os.getpid(), 9)
"""


@pytest.fixture
def change(base: Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[hsqldb_process.HsqldbProcess]:
    """A change that has begun in such a process; the one that puts the files back is the real one."""
    real = hsqldb_process._texts()
    parts = [(hsqldb_program_files.__name__, inspect.getsource(hsqldb_program_files)), ("__main__", DYING)]
    programs = iter((parts, real))
    monkeypatch.setattr(hsqldb_process, "_texts", lambda: next(programs))
    process = hsqldb_process.HsqldbProcess(hsqldb_files.place_of(database(base)), database(base), change=True)
    yield process
    process.end()


@pytest.mark.parametrize("answer", ["", '{"ok": [[1, "ab', '{"ok": null}', "[]\n", "{}\n", "{\n"])
def test_a_process_that_dies_while_it_answers_leaves_the_files_as_they_were(
    base: Path, change: hsqldb_process.HsqldbProcess, answer: str
) -> None:
    assert content(base)["crucible.script"] == "half changed"
    with pytest.raises(PutBack, match="they are again as they were before it"):
        change.ask("execute", answer=answer)
    assert content(base) == {name: f"version=1.8.0\n{name}" for name in NAMES}
    assert not (base.parent / WAY_BACK).exists()


def test_a_process_that_dies_when_all_is_done_has_not_put_anything_back(base: Path, change: hsqldb_process.HsqldbProcess) -> None:
    with pytest.raises(SessionsError, match="all of the change is done, or none") as died:
        change.ask("finish", answer='{"ok": {"ro')
    # so that the archives of what it deleted are kept
    assert not rolled_back("hsqldb", died.value)
    assert content(base)["crucible.script"] == "half changed"


def test_a_way_back_that_has_served_is_gone_at_once(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = Files(base)
    files.keep()
    base.with_suffix(".script").write_text("version=1.8.0\nchanged", encoding="utf-8")
    with monkeypatch.context() as killed:
        killed.setattr(shutil, "rmtree", lambda *_path, **_how: None)
        files.drop_way_back()
    assert hsqldb_program_files.put_back(str(base)) is False
    assert content(base)["crucible.script"].endswith("changed")
    # by that name it is removed once its process has ended
    assert len(list(base.parent.glob(f"{SCRATCH}*"))) == 1


def test_a_copy_that_another_process_takes_for_left_over_is_made_again(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = tempfile.mkdtemp
    held: list[int] = []

    def make_and_lose(**where: t.Any) -> str:
        name = str(make(**where))
        if not held:
            held.append(os.open(name, os.O_RDONLY))
            fcntl.flock(held[0], fcntl.LOCK_EX)
        return name

    monkeypatch.setattr(tempfile, "mkdtemp", make_and_lose)
    scratch = Files(base).copy()
    assert (scratch / "crucible.script").is_file()
    os.close(held[0])


def test_files_that_were_put_back_hold_nothing_of_the_transaction() -> None:
    assert rolled_back("hsqldb", PutBack(""))
    assert not rolled_back("hsqldb", SessionsError(""))


class _Java:
    """In the place of Hsqldb: SHUTDOWN COMPACT changes the files, and each count is the next of these."""

    version = "1.8.0"

    def __init__(self, base: Path, counts: t.Sequence[int]) -> None:
        self._base, self._counts = base, iter(counts)

    def errors(self) -> t.ContextManager[None]:
        return contextlib.nullcontext()

    def open(self, *_words: str) -> _Java:
        return self

    def createStatement(self) -> _Java:  # noqa: N802  the names are Java's
        return self

    def commit(self) -> None:
        """It does."""

    def execute(self, sql: str) -> None:
        if sql == "SHUTDOWN COMPACT":
            self._base.with_suffix(".script").write_text("changed", encoding="utf-8")

    def executeQuery(self, _sql: str) -> _Java:  # noqa: N802
        return self

    def next(self) -> bool:
        return True

    def getLong(self, _column: int) -> int:  # noqa: N802
        return next(self._counts)


def session(base: Path, counts: t.Sequence[int], monkeypatch: pytest.MonkeyPatch) -> hsqldb_program.Session:
    """A change that has begun."""
    monkeypatch.setattr(hsqldb_program, "Hsqldb", lambda _jar: _Java(base, counts))
    return hsqldb_program.Session(str(base), "", "sa", "", change=True)


def test_files_that_hold_another_number_of_rows_than_were_left_are_put_back(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, change = content(base), session(base, [0, 1], monkeypatch)
    with pytest.raises(Failed) as failed:
        change.finish(["SELECT COUNT(*) FROM t"])
    assert (failed.value.kind, failed.value.detail) == ("put back", "count [0] [1]")
    assert content(base) == before
    assert not list(base.parent.glob(f"{SCRATCH}*"))
    assert not (base.parent / WAY_BACK).exists()


def test_files_that_hold_as_many_rows_as_were_left_stay_and_the_way_back_goes(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert session(base, [3, 3], monkeypatch).finish(["SELECT COUNT(*) FROM t"]) == {"rows": [3]}
    assert content(base)["crucible.script"] == "changed"
    assert not (base.parent / WAY_BACK).exists()
