# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script for a database administrator, carried out in the files of H2 and HSQLDB, which no module of this collection can open."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.script import Job, script_of

from demo.packages import JAVA_DATABASES
from tests.borrowed import borrow

pytestmark = pytest.mark.long

# what the product does: unquoted names, which these engines keep in upper case
TABLE = "CREATE {} TABLE cru_login_cookie (cru_login_cookie_id bigint PRIMARY KEY, cru_rnd varchar(255));\n"
ROWS = "".join(f"INSERT INTO cru_login_cookie VALUES ({number}, 'token {number}');\n" for number in range(50))  # noqa: S608


class Files:
    """A database in files, opened by H2's own tool, which takes every driver."""

    def __init__(self, engine: str, folder: Path) -> None:
        self.engine, self._folder = engine, folder
        self._address = {"h2": f"jdbc:h2:{folder}/db", "hsqldb": f"jdbc:hsqldb:file:{folder}/db"}[engine]

    def carry_out(self, script: str) -> str:
        """What it answers; a script that fails is a failure."""
        path = self._folder / "script.sql"
        path.write_text(script, encoding="utf-8")
        jars = ":".join(map(str, JAVA_DATABASES))
        address = ["-url", self._address, "-user", "sa"]
        command = ["java", "-cp", jars, "org.h2.tools.RunScript", *address, "-showResults", "-script", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def rows(self, table: str) -> int:
        """As they are when the files are opened anew."""
        answer = self.carry_out(f"SELECT COUNT(*) FROM {table};\n")  # noqa: S608  a name of the tests
        return int(answer.rpartition("--> ")[2].split()[0])


@pytest.mark.parametrize(("engine", "kind"), [("h2", ""), ("hsqldb", "CACHED")])
def test_every_token_is_copied_and_deleted_in_the_files(tmp_path: Path, engine: str, kind: str) -> None:
    borrow("java-databases")
    files = Files(engine, tmp_path)
    end = {"h2": "", "hsqldb": "SHUTDOWN;"}[engine]
    files.carry_out(TABLE.format(kind) + ROWS + end)
    names: dict[str, t.Any] = {"table": "cru_login_cookie", "key": "cru_login_cookie_id", "schema": "", "place": "files"}
    job = Job(product="Fisheye", engine=engine, run_id="CHG-4711", outage=True, **names)
    answers = [line for line in files.carry_out(script_of(job)).splitlines() if line.startswith("--> ")]
    assert [one.split()[-1] for one in answers] == ["CRU_LOGIN_COOKIE", "50", "50", "0"]
    assert (files.rows("cru_login_cookie"), files.rows("cru_login_cookie_chg_4711")) == (0, 50)
