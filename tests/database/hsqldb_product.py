# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built-in HSQLDB of a product: its files, and a process that has them open, as the product's own does while it runs.

Run by its path with a jar and the path of the files it is that process: a line of SQL in, a line of JSON (the rows) out.
"""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t
from contextlib import contextmanager
from pathlib import Path

Rows = list[list[t.Any]]

# unquoted, as the product writes its names: upper case in the files. What Fisheye's columns are on HSQLDB is known by their names alone
TABLES = (
    "CREATE CACHED TABLE cru_user (cru_user_id INTEGER PRIMARY KEY, cru_user_name VARCHAR(255))",
    (
        "CREATE {} TABLE cru_login_cookie (cru_login_cookie_id INTEGER PRIMARY KEY, cru_user_id INTEGER NOT NULL, cru_create_date BIGINT, "
        "cru_rnd VARCHAR(255), cru_type INTEGER, cru_url VARCHAR(1024), cru_recursive_url BOOLEAN, amount DECIMAL(12,2), "
        "FOREIGN KEY (cru_user_id) REFERENCES cru_user (cru_user_id))"
    ),
)


class Product:
    """Files in a folder, and the jar that reads them."""

    def __init__(self, jar: Path, folder: Path) -> None:
        self.jar, self.base = jar, folder / "crucible"

    def make(self, kind: str, tokens: int) -> None:
        """Both tables; ``kind``: how that of the tokens is stored."""
        self.run(*(table.format(kind) for table in TABLES), *_rows(tokens))

    @contextmanager
    def running(self) -> t.Iterator[t.Callable[[str], Rows]]:
        """The process: takes a statement; ends as a product does that is stopped."""
        with self.started() as process:
            # it has the files open when it answers
            ask(process, "CALL 1")
            yield lambda sql: ask(process, sql)
            ask(process, "SHUTDOWN")

    @contextmanager
    def started(self) -> t.Iterator[subprocess.Popen[str]]:
        """The process; ends without a word."""
        with subprocess.Popen(
            [sys.executable, __file__, str(self.jar), str(self.base)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, *statements: str) -> list[Rows]:
        """Start, run them, stop."""
        with self.running() as ask_it:
            return [ask_it(sql) for sql in statements]

    def rows(self, table: str = "cru_login_cookie") -> Rows:
        """As the product's own jar reads them."""
        return self.run(f"SELECT * FROM {table} ORDER BY 1")[0]  # noqa: S608  a name of the tests

    def files(self) -> dict[str, bytes]:
        """What is on the disk, but for the lock."""
        return {one.name: one.read_bytes() for one in self.base.parent.iterdir() if one.is_file() and one.suffix != ".lck"}


def _rows(count: int) -> list[str]:
    """So many tokens of two users, with texts that are hard to write."""
    hard = ("plain", "it''s\ta tab", "back\\slash", "\\N", "ünï→日本語", "", "NULL")
    users = [f"({number}, '{name}')" for number, name in ((1, "eve"), (2, "adam"))]
    rows = [
        f"({n}, {n % 2 + 1}, {1_700_000_000_000 + n}, 'token{n} {hard[n % 7]}', 0, "
        f"{'NULL' if n % 3 else repr('')}, {'NULL' if n % 5 == 0 else 'TRUE' if n % 2 else 'FALSE'}, {n}.50)"
        for n in range(1, count + 1)
    ]
    into = [("cru_user", one) for one in users] + [("cru_login_cookie", one) for one in rows]
    return [f"INSERT INTO {table} VALUES {values}" for table, values in into]  # noqa: S608  rows of the tests


def ask(process: subprocess.Popen[str], sql: str) -> Rows:
    """The rows of the answer; none for a statement that gives none."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(sql) + "\n")
    process.stdin.flush()
    found: Rows = json.loads(process.stdout.readline())
    return found


def _main(jar: str, base: str) -> None:
    import jpype

    jpype.startJVM("-XX:-UsePerfData", classpath=[jar], convertStrings=True)
    properties = jpype.java.util.Properties()
    properties.setProperty("user", "sa")
    properties.setProperty("password", "")
    connection = jpype.JClass("org.hsqldb.jdbcDriver")().connect(f"jdbc:hsqldb:file:{base}", properties)
    for line in sys.stdin:
        statement = connection.createStatement()
        rows: Rows = []
        if statement.execute(json.loads(line)):
            result = statement.getResultSet()
            columns = range(1, result.getMetaData().getColumnCount() + 1)
            while result.next():
                rows.append([result.getString(column) for column in columns])
        print(json.dumps(rows), flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
