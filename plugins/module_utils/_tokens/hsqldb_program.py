# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that opens the files of HSQLDB, as the account that owns them; hsqldb_process.py starts it.

It is told what to do in lines of JSON, and answers each with one. To look, it opens a copy of the files: the product may be running. To
change, it copies the files (the way back), opens them, and puts the copy back unless it is told to finish; also when nobody is there any
more to tell it. Nothing is imported but the standard library, JPype, and the two modules whose text is handed over with this one.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import typing as t
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.hsqldb_program_files import Failed, Files, put_back
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.hsqldb_program_java import Hsqldb, Json

_ROWS = 1000


class Session:
    """One database, opened. What it answers is plain JSON."""

    def __init__(self, base: str, jar: str, user: str, password: str, change: bool) -> None:
        self.files, self._account = Files(Path(base)), (user, password)
        self._java = Hsqldb(jar)
        written = self.files.version()
        if _line_of(written) != _line_of(self._java.version):
            raise Failed("version", f"{written} {self._java.version}")
        self._scratch: Path | None = None
        self._changes = change
        self._results: dict[int, t.Any] = {}
        if change:
            self.files.keep()
        else:
            self._scratch = self.files.copy()
        try:
            self._connection = self._open(self._scratch)
        except Failed:
            self.end()
            raise

    def execute(self, sql: str, values: t.Sequence[Json]) -> Json:
        """The names of the columns, '' where there are none, and how many rows were changed; rows are fetched by the number."""
        with self._java.errors():
            statement = self._connection.prepareStatement(sql)
            self._java.bind(statement, values)
            if not statement.execute():
                return {"number": 0, "columns": [], "changed": int(statement.getUpdateCount())}
            result = statement.getResultSet()
            described = result.getMetaData()
            number = len(self._results) + 1
            self._results[number] = result
            names = [str(described.getColumnLabel(column)) for column in range(1, described.getColumnCount() + 1)]
            return {"number": number, "columns": names, "changed": -1}

    def fetch(self, number: int, columns: int) -> Json:
        """The next rows; fewer than a thousand are the last."""
        result = self._results[number]
        rows: list[Json] = []
        with self._java.errors():
            while len(rows) < _ROWS and result.next():
                rows.append([self._java.value(result.getObject(column)) for column in range(1, columns + 1)])
        return rows

    def rollback(self) -> Json:
        """Undo what was not committed."""
        with self._java.errors():
            self._connection.rollback()

    def finish(self, counts: t.Sequence[str]) -> Json:
        """Commit, and close the files so that they hold it; open them once more, and count. Else they are put back."""
        try:
            wanted = self._counted(self._connection, counts)
            with self._java.errors():
                self._connection.commit()
                # without it a deletion that was committed may be lost
                self._connection.createStatement().execute("SHUTDOWN COMPACT")
            self.files.settle()
            self._scratch = self.files.copy()
            connection = self._open(self._scratch)
            found = self._counted(connection, counts)
            self._shut(connection)
            if found != wanted:
                raise Failed("count", f"{wanted} {found}")
        except (Failed, OSError) as error:
            self.end()
            reason = error if isinstance(error, Failed) else Failed("write", error.strerror or "")
            raise Failed("put back", f"{reason.kind} {reason.detail}".strip()) from None
        self._changes = False
        self.files.drop_way_back()
        self.end()
        return {"rows": found}

    def end(self) -> Json:
        """Close; what was changed and not finished is put back."""
        with contextlib.suppress(AttributeError, Failed):
            self._shut(self._connection)
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None
        if self._changes:
            self._changes = False
            self.files.put_back()

    def _open(self, scratch: Path | None) -> t.Any:
        base = scratch / self.files.base.name if scratch else self.files.base
        return self._java.open(f"file:{base}", *self._account)

    def _shut(self, connection: t.Any) -> None:
        with self._java.errors():
            connection.createStatement().execute("SHUTDOWN IMMEDIATELY")

    def _counted(self, connection: t.Any, counts: t.Sequence[str]) -> list[int]:
        with self._java.errors():
            found = [connection.createStatement().executeQuery(count) for count in counts]
            return [int(one.getLong(1)) for one in found if one.next()]


def serve(lines: t.Iterable[str], answer: t.Callable[[Json], None]) -> None:
    """Until the lines end."""
    session: Session | None = None
    try:
        for line in lines:
            request = json.loads(line)
            doing, values = request.pop("do"), request
            try:
                if doing == "open":
                    session = Session(**values)
                    answer({"ok": None})
                elif doing == "put_back":
                    answer({"ok": put_back(**values)})
                else:
                    answer({"ok": getattr(session, doing)(**values)})
            except Failed as error:
                answer({"failed": error.kind, "detail": error.detail})
            except OSError as error:
                answer({"failed": "write", "detail": error.strerror or ""})
    finally:
        if session:
            session.end()


def main() -> None:
    """What Java prints must not come between the answers."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(value: Json) -> None:
        with contextlib.suppress(BrokenPipeError):
            answers.write(json.dumps(value) + "\n")
            answers.flush()

    try:
        serve(sys.stdin, answer)
    finally:
        # no thread of Java's has anything left to do
        os._exit(0)


def _line_of(version: str) -> tuple[str, ...]:
    """Versions of one line read each other's files."""
    return tuple(version.split(".")[:2])


if __name__ == "__main__":
    main()
