# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tokens in the files of HSQLDB, by the jars of 1.8 and 2: looked at while the product runs, changed while it does not."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import hsqldb_process
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.hsqldb_program_files import WAY_BACK

from demo.packages import HSQLDB_JARS
from demo.patience import patient
from demo.tokens import Database
from tests.borrowed import borrow
from tests.database.conftest import NOBODY
from tests.database.hsqldb_product import Product, ask
from tests.database.site import Site, Values

ROWS = 10
OLD, NEW = HSQLDB_JARS.values()
LONG = pytest.mark.long
Made = t.Callable[[Path, str, Path], Product]


@dataclass(frozen=True)
class Fisheye(Site):
    """Its database is built in; ``jar`` reads it."""

    jar: Path = OLD

    def options(self, **more: object) -> Values:
        """As the modules get them."""
        return super().options(**{"database_jar": str(self.jar), "single_sweep": True, **more})


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Ten tokens of two users in files that are made once, and copied to a folder."""
    borrow("java-databases")
    top = tmp_path_factory.mktemp("hsqldb")

    def copied(jar: Path, kind: str, folder: Path) -> Product:
        template = top / f"{jar.stem}-{kind}"
        if not template.exists():
            template.mkdir()
            Product(jar, template).make(kind, ROWS)
        shutil.copytree(template, folder)
        return Product(jar, folder)

    return copied


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var/data/crudb"


@pytest.fixture(
    params=[
        pytest.param((OLD, "MEMORY"), id="1.8"),
        *(pytest.param(one, marks=LONG, id=f"{one[0].stem}-{one[1]}") for one in ((OLD, "CACHED"), (NEW, "MEMORY"), (NEW, "CACHED"))),
    ]
)
def product(request: pytest.FixtureRequest, made: Made, folder: Path) -> Product:
    """By each version, in each kind of table."""
    jar, kind = request.param
    return made(jar, kind, folder)


@pytest.fixture
def old(made: Made, folder: Path) -> Product:
    """By the version of Fisheye's day."""
    return made(OLD, "MEMORY", folder)


@pytest.fixture
def new(made: Made, folder: Path) -> Product:
    """By the version of today."""
    return made(NEW, "MEMORY", folder)


def site_of(product: Product, archive_dir: Path, jar: Path | None = None) -> Fisheye:
    return Fisheye(Database("hsqldb", str(product.base)), archive_dir, "fisheye", jar or product.jar)


@pytest.fixture
def fisheye(old: Product, archive_dir: Path) -> Fisheye:
    return site_of(old, archive_dir)


def refusal(act: t.Callable[..., object], *values: object, **more: object) -> str:
    with pytest.raises(SessionsError) as refused:
        act(*values, **more)
    return str(refused.value)


def names(folder: Path) -> list[str]:
    """What lies there, but for what HSQLDB makes and leaves by itself."""
    return sorted(one.name for one in folder.iterdir() if one.suffix not in (".lck", ".tmp", ".log"))


def test_every_token_is_archived_deleted_and_put_back_as_it_was(product: Product, archive_dir: Path) -> None:
    site = site_of(product, archive_dir)
    before, lying = product.rows(), names(product.base.parent)
    backup = site.back_up()
    purged = site.purge(expected_rows=backup["rows"])
    assert (purged["rows"], purged["users"]) == (ROWS, 2)
    assert backup["archive"]["sha256"] == purged["archives"][0]["sha256"]
    left, users, _nothing = product.run(
        "SELECT * FROM cru_login_cookie",
        "SELECT * FROM cru_user",
        "INSERT INTO cru_login_cookie (cru_login_cookie_id, cru_user_id) VALUES (999, 1)",
    )
    assert (left, len(users)) == ([], 2)
    restored = site.restore(purged["archives"])
    assert (restored["rows"], restored["present"]) == (ROWS, 0)
    # also what was made meanwhile stays as it is
    assert product.rows()[:-1] == before
    assert site.restore(purged["archives"])["present"] == ROWS
    assert names(product.base.parent) == lying


def test_a_look_while_the_product_runs_sees_its_tokens_and_a_purge_is_refused(product: Product, archive_dir: Path) -> None:
    site = site_of(product, archive_dir)
    with product.running() as ask:
        ask("DELETE FROM cru_login_cookie WHERE cru_login_cookie_id = 1")
        ask("CHECKPOINT")
        before = product.files()
        look = site.look()
        assert "stop the product. Nothing was changed." in refusal(site.purge)
        assert product.files() == before
    assert (look["rows"], look["users"], look["ages"]["older"]) == (ROWS - 1, 2, ROWS - 1)
    assert any("a copy of them was looked at: what it had not written yet is seen after the stop" in note for note in look["notes"])
    assert WAY_BACK not in names(product.base.parent)


def lying(product: Product, but: t.Collection[str] = ()) -> dict[str, tuple[int, bytes]]:
    """Everything beside the files, too: which file it is, and what is in it."""
    return {
        str(one.relative_to(product.base.parent)): (one.stat().st_ino, one.read_bytes() if one.is_file() else b"")
        for one in product.base.parent.rglob("*")
        if one.suffix not in but
    }


def test_a_restore_in_check_mode_touches_none_of_the_files(product: Product, archive_dir: Path) -> None:
    site = site_of(product, archive_dir)
    archives = site.purge()["archives"]
    before = lying(product)
    rehearsed = site.restore(archives, check_mode=True)
    assert (rehearsed["rows"], rehearsed["present"], rehearsed["changed"]) == (ROWS, 0, True)
    assert [note for note in rehearsed["notes"] if "open in process" in note] == []
    assert lying(product) == before
    assert site.restore(archives)["rows"] == ROWS


def test_a_restore_is_rehearsed_while_the_product_runs(old: Product, fisheye: Fisheye) -> None:
    archives = fisheye.purge()["archives"]
    with old.started() as process:
        ask(process, "CALL 1")
        # the product itself writes these two while it runs
        before = lying(old, but=(".lck", ".log"))
        rehearsed = fisheye.restore(archives, check_mode=True)
        assert "stop the product. Nothing was changed." in refusal(fisheye.restore, archives)
        assert lying(old, but=(".lck", ".log")) == before
    assert rehearsed["rows"] == ROWS
    assert rehearsed["notes"][-1] == (
        f"The files {old.base}.* are open in process {process.pid}, so the rows were tried in a copy of them: "
        "stop the product before they are put back."
    )


@LONG
def test_what_was_found_again_after_the_run_is_counted_while_the_product_runs(old: Product, fisheye: Fisheye) -> None:
    fisheye.purge()
    with old.running() as ask:
        ask("INSERT INTO cru_login_cookie (cru_login_cookie_id, cru_user_id) VALUES (999, 1)")
        ask("CHECKPOINT")
        found = fisheye.purge(scope="archived")
        assert (found["left"], found["since"], found["checked"]) == (0, 1, ROWS)
        counted = fisheye.count(top=3, show_users=True)
    assert (counted["rows"], counted["top"]) == (1, [{"tokens": 1, "user": "eve"}])


@LONG
def test_the_tokens_of_some_users(old: Product, fisheye: Fisheye) -> None:
    assert fisheye.purge(usernames=["EVE"])["rows"] == ROWS // 2
    assert {row[1] for row in old.rows()} == {"2"}
    assert "CRU_USER knows no user bob" in refusal(fisheye.look, usernames=["bob"])


@pytest.mark.parametrize("moment", ["closed", pytest.param("deleted", marks=LONG)])
def test_a_process_that_is_killed_in_the_middle_leaves_the_files_as_they_were(
    old: Product, fisheye: Fisheye, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = old.files()
    killed: list[int] = []
    ask = hsqldb_process.Program.ask

    def kill(program: hsqldb_process.Program, doing: str, **values: t.Any) -> dict[str, t.Any]:
        if doing == "finish" and not killed:
            killed.append(program.pid)
            if moment == "closed":
                # the files hold the deletion, and nobody has heard of it
                ask(program, "execute", sql="SHUTDOWN COMPACT", values=[])
            os.kill(program.pid, signal.SIGKILL)
        return ask(program, doing, **values)

    monkeypatch.setattr(hsqldb_process.Program, "ask", kill)
    assert "they are again as they were before it" in refusal(fisheye.purge)
    assert old.files() == before
    assert not list(fisheye.archive_dir.rglob("*.tsv.gz"))
    assert fisheye.purge()["rows"] == ROWS


def test_its_java_listens_nowhere(fisheye: Fisheye, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    ask = hsqldb_process.Program.ask

    def listen(program: hsqldb_process.Program, doing: str, **values: t.Any) -> dict[str, t.Any]:
        answer = ask(program, doing, **values)
        asked.append(program.pid)
        # where Java waits for jcmd and jstack, whatever TMPDIR says
        assert not Path("/tmp", f".java_pid{program.pid}").exists()
        return answer

    monkeypatch.setattr(hsqldb_process.Program, "ask", listen)
    assert fisheye.look()["rows"] == ROWS
    assert asked


@LONG
def test_when_the_module_is_killed_its_process_puts_the_files_back(old: Product, fisheye: Fisheye) -> None:
    before = old.files()
    child = os.fork()
    if not child:
        fisheye.purge(before_commit=lambda: os.kill(os.getpid(), signal.SIGKILL))
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    end = time.monotonic() + patient(60)
    while (old.base.parent / WAY_BACK).exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert old.files() == before
    assert fisheye.purge()["rows"] == ROWS


@contextmanager
def full_disk(after: int) -> t.Iterator[None]:
    """No file of this process, and of those that it starts, may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (after, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@LONG
@pytest.mark.parametrize("more", [-1, 0, 300])
def test_a_full_disk_leaves_the_files_as_they_were(old: Product, fisheye: Fisheye, more: int) -> None:
    archives = fisheye.purge()["archives"]
    before = old.files()
    with full_disk(max(map(len, before.values())) + more):
        refusal(fisheye.restore, archives)
    assert old.files() == before
    assert fisheye.restore(archives)["rows"] == ROWS


@LONG
@pytest.mark.parametrize(("written", "read"), [(OLD, NEW), (NEW, OLD)])
def test_files_of_another_version_are_refused_and_not_touched(
    made: Made, folder: Path, archive_dir: Path, written: Path, read: Path
) -> None:
    product = made(written, "MEMORY", folder)
    before = product.files()
    said = refusal(site_of(product, archive_dir, read).look)
    assert "they were written by version" in said
    assert "name the product's own jar with database_jar" in said
    assert product.files() == before
    assert names(folder) == sorted(before)


@LONG
def test_a_jar_of_something_else_a_wrong_password_and_a_damaged_file(old: Product, fisheye: Fisheye) -> None:
    other = NEW.with_name("h2.jar").resolve()
    assert f"{other} is no jar of HSQLDB" in refusal(fisheye.look, database_jar=str(other))
    assert "refuses the user name or the password" in refusal(fisheye.look, database_password="wrong")
    script = old.base.with_suffix(".script")
    script.write_text("CREATE NONSENSE\n", encoding="utf-8")
    assert "it answered with error" in refusal(fisheye.look)
    assert script.read_text(encoding="utf-8") == "CREATE NONSENSE\n"


# what a Python says before the program
LACKING = {
    "JPype1": 'import sys; sys.modules["jpype"] = None',
    "Java": "import jpype\ndef none(*_, **__): raise jpype.JVMNotFoundException()\njpype.startJVM = none",
}


@LONG
@pytest.mark.parametrize(("lacks", "said"), [("JPype1", "-m pip install JPype1"), ("Java", "no Java was found for the account")])
def test_what_the_host_lacks_is_said_at_the_look(
    old: Product, fisheye: Fisheye, lacks: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    first = f"{LACKING[lacks]}\nimport sys; exec(sys.argv.pop(1))"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -I -c \'{first}\' "$3" "$4"\n', encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    before = old.files()
    assert said in refusal(fisheye.look)
    assert old.files() == before


@LONG
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("CREATE TABLE cru_note (n INTEGER, FOREIGN KEY (n) REFERENCES cru_login_cookie (cru_login_cookie_id))", "the foreign key"),
        ('CREATE TRIGGER kept AFTER DELETE ON cru_login_cookie FOR EACH ROW CALL "org.hsqldb.Trigger"', "it has the trigger KEPT. Remove"),
        ("ALTER TABLE cru_login_cookie ADD COLUMN at TIMESTAMP", "the column AT (TIMESTAMP), whose values are not known to come back"),
        ("ALTER TABLE cru_login_cookie DROP COLUMN cru_rnd", "there is no column cru_rnd"),
        ("DROP TABLE cru_login_cookie", "There is no table cru_login_cookie"),
    ],
)
def test_what_could_not_be_purged_or_put_back_is_refused_at_the_look(old: Product, fisheye: Fisheye, changed: str, said: str) -> None:
    old.run(changed)
    assert said in refusal(fisheye.look)


# of version 2 alone
ALWAYS = "ALTER TABLE cru_login_cookie ALTER COLUMN cru_login_cookie_id SET GENERATED ALWAYS AS IDENTITY (START WITH 100)"
MADE = "ALTER TABLE cru_login_cookie ADD COLUMN made VARCHAR(300) GENERATED ALWAYS AS (UPPER(cru_rnd))"
TRIGGER = "CREATE TRIGGER kept AFTER DELETE ON cru_login_cookie FOR EACH ROW DELETE FROM cru_user"


@LONG
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (ALWAYS, "it has the column CRU_LOGIN_COOKIE_ID (GENERATED ALWAYS), whose values are made anew. Treat"),
        (TRIGGER, "it has the trigger KEPT. Remove"),
    ],
    ids=["identity", "trigger"],
)
def test_what_only_version_2_has_is_refused_at_the_look(new: Product, archive_dir: Path, changed: str, said: str) -> None:
    new.run(changed)
    assert said in refusal(site_of(new, archive_dir).look)


@LONG
def test_a_generated_column_is_made_again(new: Product, archive_dir: Path) -> None:
    new.run(MADE)
    site, before = site_of(new, archive_dir), new.rows()
    assert before[0][-1] == before[0][3].upper()
    archives = site.purge()["archives"]
    assert site.restore(archives)["rows"] == ROWS
    assert new.rows() == before


def python_for_everybody(folder: Path) -> Path:
    """The system's Python with the tests' JPype: that of the tests may lie where only root may go."""
    system = Path("/usr/bin/python3")
    version = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    if not system.exists() or subprocess.run([system, "-c", version], check=False).returncode:
        pytest.skip("the system has another Python than the tests, which cannot load their JPype")
    packages, installed = folder / "packages", Path(sysconfig.get_path("purelib"))
    packages.mkdir()
    for one in (*installed.glob("*jpype*"), *installed.glob("packaging*")):
        (shutil.copytree if one.is_dir() else shutil.copy)(one, packages / one.name)
    python = folder / "python"
    first = f'import sys; sys.path.insert(0, "{packages}"); exec(sys.argv.pop(1))'
    python.write_text(f'#!/bin/sh\nexec {system} -I -c \'{first}\' "$3" "$4"\n', encoding="utf-8")
    python.chmod(0o755)
    return python


@LONG
@pytest.mark.skipif(os.geteuid() != 0, reason="root alone gives files to others")
def test_root_opens_the_files_as_their_owner(old: Product, fisheye: Fisheye, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, script = old.rows(), old.base.with_suffix(".script")
    for one in old.base.parents:
        if not one.stat().st_mode & 0o001:
            one.chmod(one.stat().st_mode | 0o011)
    for one in (old.base.parent, *old.base.parent.iterdir()):
        shutil.chown(one, NOBODY, NOBODY)
    script.chmod(0o640)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", str(python_for_everybody(tmp_path)))
        archives = fisheye.purge()["archives"]
        assert fisheye.restore(archives)["rows"] == ROWS
    assert {one.stat().st_uid for one in old.base.parent.iterdir()} == {NOBODY}
    assert script.stat().st_mode & 0o777 == 0o640
    assert old.rows() == before
