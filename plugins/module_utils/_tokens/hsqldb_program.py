# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that opens the files of HSQLDB, as the account that owns them; its text is handed to a Python of its own (hsqldb_process.py).

It is told what to do in lines of JSON, and answers each with one. To look, it opens a copy of the files: the product may be running. To
change, it copies the files (the way back), opens them, and puts the copy back unless it is told to finish; also when nobody is there any
more to tell it. Nothing but the standard library and JPype is imported.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import sys
import tempfile
import typing as t
from pathlib import Path

# the name of the way back, beside the files
WAY_BACK = "before-force-reauth"
_NAMES = "files.json"
# what a look, or a copy that was cut short, leaves when it is killed begins so
SCRATCH = ".force-reauth-"
# how often a copy is begun again because the product wrote its files anew meanwhile
_TRIES = 5
# in this order each copy is one state: .backup holds what .data held before, .log what came after .script
_ORDER = (".properties", ".script", ".data", ".lobs", ".backup", ".log")
_WHOLE = (".properties", ".script")
_ROWS = 1000
# no file of Java's own in a folder that others read, no signal of its own; quick to start
_JAVA = ("-Xrs", "-XX:+IgnoreUnrecognizedVMOptions", "-XX:-UsePerfData", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")

Json = t.Any


class Failed(Exception):
    """``kind`` says what failed; ``detail`` is a number, a version or a path, and never a text of the database's."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(kind, detail)
        self.kind, self.detail = kind, detail


class Files:
    """The files of one database: those that begin with its name and a dot."""

    def __init__(self, base: Path) -> None:
        self.base, self.folder = base, base.parent

    def all(self) -> list[Path]:
        """In the order in which they are to be copied; without the lock."""
        named = [one for one in self.folder.iterdir() if one.name.startswith(f"{self.base.name}.") and one.suffix != ".lck"]
        found = [one for one in named if one.is_file() and not one.is_symlink()]
        ranks = {suffix: number for number, suffix in enumerate(_ORDER)}
        return sorted(found, key=lambda one: (ranks.get(one.suffix, 0), one.name))

    def copy(self) -> Path:
        """A private folder with one state of them, whatever the product writes meanwhile."""
        self._remove_left_over()
        for _try in range(_TRIES):
            scratch = Path(tempfile.mkdtemp(dir=self.folder, prefix=SCRATCH))
            # open until this process ends: whoever finds the folder can tell by this lock that it is not left over
            fcntl.flock(os.open(scratch, os.O_RDONLY), fcntl.LOCK_EX)
            try:
                before = self._marks()
                for one in self.all():
                    _copy_file(one, scratch / one.name)
                if self._marks() == before:
                    return scratch
            except FileNotFoundError:
                # written anew under another name
                pass
            except BaseException:
                shutil.rmtree(scratch, ignore_errors=True)
                raise
            shutil.rmtree(scratch, ignore_errors=True)
        raise Failed("moving")

    def keep(self) -> None:
        """The way back, whole or not there."""
        if (self.folder / WAY_BACK).exists():
            raise Failed("way back")
        copy = self.copy()
        # which files there were: once some of them were put back, the folder does not tell any more
        (copy / _NAMES).write_text(json.dumps([one.name for one in copy.iterdir()]), encoding="utf-8")
        _sync(copy / _NAMES)
        copy.rename(self.folder / WAY_BACK)
        _sync(self.folder)

    def put_back(self) -> None:
        """The files are as they were kept. By renaming, which needs no room, and can be done again when it was cut short."""
        kept = self.folder / WAY_BACK
        with contextlib.suppress(FileNotFoundError):
            names = json.loads((kept / _NAMES).read_text(encoding="utf-8"))
            for one in self.all():
                if one.name not in names:
                    one.unlink()
            for name in names:
                if (kept / name).exists():
                    (kept / name).replace(self.folder / name)
            (kept / _NAMES).unlink()
        with contextlib.suppress(FileNotFoundError):
            self.base.with_name(f"{self.base.name}.lck").unlink()
        kept.rmdir()
        _sync(self.folder)

    def settle(self) -> None:
        """What was written is on the disk."""
        for one in self.all():
            _sync(one)
        _sync(self.folder)

    def drop_way_back(self) -> None:
        """It has served."""
        shutil.rmtree(self.folder / WAY_BACK)
        _sync(self.folder)

    def version(self) -> str:
        """Of the HSQLDB that wrote them."""
        for line in self.base.with_name(f"{self.base.name}.properties").read_text(encoding="latin-1").splitlines():
            name, _equals, value = line.partition("=")
            if name.strip() == "version":
                return value.strip()
        raise Failed("no version")

    def _marks(self) -> list[tuple[int, ...]]:
        found = (self.base.with_name(self.base.name + suffix).stat() for suffix in _WHOLE)
        return [(one.st_ino, one.st_size, one.st_mtime_ns) for one in found]

    def _remove_left_over(self) -> None:
        for one in self.folder.glob(f"{SCRATCH}*"):
            if not _in_use(one):
                shutil.rmtree(one, ignore_errors=True)


class Hsqldb:
    """HSQLDB in the Java of this process."""

    def __init__(self, jar: str) -> None:
        try:
            import jpype
        except ImportError:
            raise Failed("jpype") from None
        self._jpype = jpype
        try:
            jpype.startJVM(*_JAVA, classpath=[jar], convertStrings=False)
        except (OSError, RuntimeError, ValueError, jpype.JVMNotFoundException, jpype.JVMNotSupportedException):
            raise Failed("java") from None
        try:
            self._driver = jpype.JClass("org.hsqldb.jdbcDriver")()
        except (TypeError, jpype.JException):
            raise Failed("jar") from None
        self.version = str(self.open("mem:force_reauth", "sa", "").getMetaData().getDatabaseProductVersion())

    def open(self, place: str, user: str, password: str) -> t.Any:
        """A connection; without auto-commit."""
        properties = self._jpype.java.util.Properties()
        for name, value in (("user", user), ("password", password)):
            properties.setProperty(name, value)
        with self.errors():
            connection = self._driver.connect(f"jdbc:hsqldb:{place}", properties)
            connection.setAutoCommit(False)
        return connection

    @contextlib.contextmanager
    def errors(self) -> t.Iterator[None]:
        """Errors of Java by their numbers."""
        try:
            yield
        except self._jpype.JException as error:
            known = isinstance(error, self._jpype.JClass("java.sql.SQLException"))
            raise Failed("sql" if known else "java failed", str(error.getErrorCode()) if known else "") from None

    def bind(self, statement: t.Any, values: t.Sequence[Json]) -> None:
        """Set the values of a statement, each in its type."""
        for position, value in enumerate(values, start=1):
            if value is None:
                statement.setNull(position, self._jpype.java.sql.Types.VARCHAR)
            elif isinstance(value, bool):
                statement.setBoolean(position, value)
            elif isinstance(value, int):
                statement.setLong(position, value)
            elif isinstance(value, dict):
                statement.setBigDecimal(position, self._jpype.java.math.BigDecimal(value["decimal"]))
            else:
                statement.setString(position, value)

    def value(self, value: t.Any) -> Json:
        """A value of a row: NULL, a boolean, a whole number, a decimal or text. No other kind is read."""
        java = self._jpype.java
        if value is None:
            return None
        if isinstance(value, java.lang.String):
            return str(value)
        if isinstance(value, java.lang.Boolean):
            return bool(value)
        if isinstance(value, java.math.BigDecimal):
            return {"decimal": str(value.toPlainString())}
        if isinstance(value, (java.lang.Long, java.lang.Integer, java.lang.Short, java.lang.Byte)):
            return int(value)
        raise Failed("kind of value")


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


def put_back(base: str) -> None:
    """The way back of a process that was killed, if it left one."""
    files = Files(Path(base))
    if (files.folder / WAY_BACK).is_dir():
        files.put_back()


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
                    put_back(**values)
                    answer({"ok": None})
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


def _copy_file(source: Path, target: Path) -> None:
    shutil.copy2(source, target)
    _sync(target)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _in_use(folder: Path) -> bool:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


if __name__ == "__main__":
    main()
