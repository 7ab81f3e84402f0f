# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver of HSQLDB (PEP 249): a process of the files' owner that runs hsqldb_program.py. No Java runs in the module itself."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import typing as t
from contextlib import suppress
from decimal import Decimal

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.json_text import parsed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.packages import missing
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import (
    hsqldb_program,
    hsqldb_program_files,
    hsqldb_program_java,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import PutBack
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.hsqldb_files import Owner, Place

apilevel = "2.0"
paramstyle = "qmark"
threadsafety = 0

# rows of one answer
_ROWS = 1000
# the account of a built-in database
_ACCOUNT = "sa"
# what Java needs of the environment: where it is
_ENVIRONMENT = ("PATH", "JAVA_HOME")
# what the process does first: its modules are given to it as texts, because its account may not be able to read the files they are in
_START = """
import json, sys, types
for name, text in json.loads(sys.argv[1]):
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(text, name, "exec"), module.__dict__)
"""
# seconds for the end of a process that has nothing left to do but to put the files back
_END = 120


class Error(Exception):
    """HSQLDB's own number."""


class Program:
    """The process itself: a line for a line."""

    def __init__(self, owner: Owner) -> None:
        other = {"user": owner.uid, "group": owner.gid, "extra_groups": ()} if os.geteuid() != owner.uid else {}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _START, json.dumps(_texts())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # what Java says may hold values
                stderr=subprocess.DEVNULL,
                env={**{name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}, "LC_ALL": "C.UTF-8"},
                cwd="/",
                encoding="utf-8",
                # a signal to the module's group must not cut a change short
                start_new_session=True,
                umask=owner.umask,
                **t.cast("dict[str, t.Any]", other),
            )
        except OSError as error:
            raise SessionsError(f"The account {owner.name} cannot run {sys.executable}: {error.strerror}.") from error
        self._requests, self._answers = t.cast("t.IO[str]", self._process.stdin), t.cast("t.IO[str]", self._process.stdout)
        self.pid = self._process.pid

    def ask(self, doing: str, **values: t.Any) -> dict[str, t.Any]:
        """What it answers; nothing when it has ended, be it in the middle of the answer."""
        try:
            self._requests.write(json.dumps({"do": doing, **values}) + "\n")
            self._requests.flush()
            line = self._answers.readline()
        except (OSError, ValueError):
            line = ""
        return _answer_in(line)

    def end(self) -> None:
        """Nobody asks any more: it puts back what it did not finish, and ends."""
        with suppress(OSError):
            self._requests.close()
        try:
            self._process.wait(_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._answers.close()


class HsqldbProcess:
    """The database opened in a process of its own: a copy of its files, or with ``change`` the files themselves."""

    def __init__(self, place: Place, database: Database, change: bool) -> None:
        self._place, self._change = place, change
        self.program = Program(place.owner)
        try:
            account = {"user": database.user or _ACCOUNT, "password": database.password}
            self.ask("open", base=str(place.base), jar=str(place.jar), change=change, **account)
        except BaseException:
            self.end()
            raise

    def ask(self, doing: str, **values: t.Any) -> t.Any:
        """What it answers; raises Error with a number of HSQLDB's, or SessionsError."""
        answer = self.program.ask(doing, **values)
        if not answer:
            raise self._died()
        if "failed" in answer:
            raise self._error(answer["failed"], answer["detail"])
        return answer["ok"]

    def end(self) -> None:
        """What was not finished is put back."""
        self.program.end()

    def _died(self) -> SessionsError:
        """Nobody has the files now: a way back beside them is this change's."""
        self.end()
        files = f"the files {self._place.base}.*"
        if not self._change:
            return SessionsError(f"The process that read a copy of {files} ended: its Java was killed, perhaps for want of memory.")
        self._change = False
        helper = Program(self._place.owner)
        try:
            put_back = helper.ask("put_back", base=str(self._place.base)).get("ok")
        finally:
            helper.end()
        if put_back is None:
            return SessionsError(f"The process that changed {files} ended, and they could not be put back: {_by_hand(self._place)}")
        if not put_back:
            # it goes last, once the files were seen to hold the change
            return SessionsError(
                f"The process that changed {files} ended without a way back beside them: all of the change is done, or none."
            )
        return PutBack(f"The process that changed {files} ended: they are again as they were before it.")

    def _error(self, kind: str, detail: str) -> Exception:
        place = self._place
        if kind == "sql":
            return Error(int(detail))
        if kind == "jpype":
            return missing(f"JPype, for the account {place.owner.name}", "JPype1")
        if kind == "put back":
            return PutBack(f"The change of the files {place.base}.* failed ({detail}): they are again as they were before it.")
        written, _blank, read = detail.partition(" ")
        words = {"detail": detail, "written": written, "read": read, "jar": place.jar, "owner": place.owner.name}
        return SessionsError(f"The files {place.base}.* of HSQLDB: {_SENTENCES[kind].format(**words)}.")


def _answer_in(line: str) -> dict[str, t.Any]:
    """Nothing where its process did not come to the end of it."""
    try:
        found = parsed(line) if line.endswith("\n") else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _texts() -> list[tuple[str, str]]:
    """Of its modules, each before the one that imports it; the last one is the program."""
    parts = [(module.__name__, inspect.getsource(module)) for module in (hsqldb_program_files, hsqldb_program_java)]
    return [*parts, ("__main__", inspect.getsource(hsqldb_program))]


def _by_hand(place: Place) -> str:
    kept = place.base.parent / hsqldb_program_files.WAY_BACK
    return f"if {kept} is there, move what it holds back before the product is started."


_SENTENCES: t.Mapping[str, str] = {
    "java": "no Java was found for the account {owner}; install one, or name its folder with JAVA_HOME in the task's environment",
    "jar": "{jar} is no jar of HSQLDB; name the product's own with database_jar",
    "version": "they were written by version {written}, and {jar} is of {read}, which may not read them, or change them for ever; "
    "name the product's own jar with database_jar",
    "no version": "their .properties name no version; they are no database of HSQLDB, or a damaged one",
    "moving": "they were written anew while they were copied, again and again; try again",
    "way back": f"{hsqldb_program_files.WAY_BACK} beside them holds them as they were before a change that was cut short",
    "write": "they, or a copy beside them, cannot be read or written by the account {owner}: {detail}",
    "kind of value": "a value is neither text nor number nor boolean, and is not archived",
    "java failed": "Java failed (for want of memory, perhaps)",
}


class JvmCursor:
    """A cursor of PEP 249."""

    arraysize = 1

    def __init__(self, ask: t.Callable[..., t.Any]) -> None:
        self._ask = ask
        self.description: list[tuple[t.Any, ...]] | None = None
        self.rowcount = -1
        self._number = 0
        self._rows: list[tuple[t.Any, ...]] = []
        self._more = False

    def execute(self, sql: str, values: t.Sequence[t.Any] = ()) -> None:
        """Run it."""
        said = self._ask("execute", sql=sql, values=[_sent(one) for one in values])
        self._number, self.rowcount = said["number"], said["changed"]
        columns = [(name, None, None, None, None, None, None) for name in said["columns"]]
        self.description = columns or None
        self._rows, self._more = [], bool(columns)

    def executemany(self, sql: str, many: t.Sequence[t.Sequence[t.Any]]) -> None:
        """Run it for each."""
        done = 0
        for values in many:
            self.execute(sql, values)
            done += self.rowcount
        self.rowcount = done

    def fetchmany(self, size: int | None = None) -> list[tuple[t.Any, ...]]:
        """The next rows."""
        wanted = size or self.arraysize
        while self._more and len(self._rows) < wanted:
            rows = self._ask("fetch", number=self._number, columns=len(self.description or ()))
            self._rows += [tuple(_received(one) for one in row) for row in rows]
            self._more = len(rows) == _ROWS
        taken, self._rows = self._rows[:wanted], self._rows[wanted:]
        return taken

    def fetchone(self) -> tuple[t.Any, ...] | None:
        """The next row."""
        return next(iter(self.fetchmany(1)), None)

    def fetchall(self) -> list[tuple[t.Any, ...]]:
        """The rest."""
        return self.fetchmany(sys.maxsize)

    def close(self) -> None:
        """Nothing is held."""
        self._rows, self._more = [], False


class JvmConnection:
    """A connection of PEP 249. It is given its process, shared or its own, before the first statement."""

    def __init__(self) -> None:
        self._process: HsqldbProcess | None = None
        self._own = False
        self._counts: list[str] = []

    def read(self, process: HsqldbProcess) -> None:
        """Read in a process that others use, too."""
        self._process = process

    def change(self, process: HsqldbProcess) -> None:
        """Change the files."""
        self._process, self._own = process, True

    def count(self, statement: str) -> None:
        """A statement that has to answer the same before and after the files were closed."""
        self._counts.append(statement)

    def cursor(self) -> JvmCursor:
        """See PEP 249."""
        return JvmCursor(self._asked)

    def commit(self) -> None:
        """Of a change: the files hold it, seen by opening them again. Raises PutBack when they are as they were before."""
        if self._own:
            self._asked("finish", counts=self._counts)

    def rollback(self) -> None:
        """See PEP 249. A process that has ended has nothing to undo."""
        with suppress(Error, SessionsError):
            if self._process:
                self._process.ask("rollback")

    def close(self) -> None:
        """What was changed, and not committed, is put back."""
        if self._process and self._own:
            self._process.end()
        self._process = None

    def _asked(self, doing: str, **values: t.Any) -> t.Any:
        return t.cast("HsqldbProcess", self._process).ask(doing, **values)


def _sent(value: t.Any) -> t.Any:
    return {"decimal": format(value, "f")} if isinstance(value, Decimal) else value


def _received(value: t.Any) -> t.Any:
    return Decimal(value["decimal"]) if isinstance(value, dict) else value
