# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script by which a database administrator deletes the tokens by hand, in the words of the engine. Pure.

What the nodes' settings say stands in it: names only as names, everything else in comments without a character that means something.
"""

from __future__ import annotations

import hashlib
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES

# what a schema or a database may be called where it stands in a script
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_$#-]{0,127}")
# needs no quotes; where it has none, each engine finds the case that the product created it with
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# also those that SQL*Plus (&) and sqlcmd ($) replace in comments
_NOT_IN_A_COMMENT = re.compile(r"[^A-Za-z0-9 ._:/,()@+=-]")


@dataclass(frozen=True)
class Job:
    """What is to be deleted. ``place``: the database in words; ``schema``: '' is that of the account; ``outage``: all nodes are down.

    ``where``: what keeps a statement to the rows that are deleted, '' for all; ``last``: no script of a further table follows.
    """

    product: str
    engine: str
    table: str
    key: str
    schema: str
    place: str
    run_id: str
    outage: bool
    where: str = ""
    last: bool = True


@dataclass(frozen=True)
class _Words:
    """The statements of an engine. ``longest``: of the name of a table. ``quotes``: around a name that is no plain one.

    No statement deletes what is not in the copy: where a tool goes on after an error, the tokens are still there.
    """

    find: str
    copy: tuple[str, ...]
    commit: tuple[str, ...] = ("COMMIT;",)
    end: tuple[str, ...] = ()
    export: str = ""
    longest: int = 63
    quotes: str = '""'


_IN_INFORMATION_SCHEMA = "SELECT table_schema, table_name FROM information_schema.tables WHERE LOWER(table_name) = '{lower}';"
_MYSQL = _Words(
    find=_IN_INFORMATION_SCHEMA,
    # CREATE commits: it comes before the transaction. The first read keeps writers out until the end
    copy=(
        "CREATE TABLE {copy} LIKE {table};",
        "SET SESSION innodb_lock_wait_timeout = 10;",
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;",
        "START TRANSACTION;",
        "SELECT COUNT(*) FROM {table} FOR UPDATE;",
        "INSERT INTO {copy} SELECT * FROM {table}{where};",
    ),
    export="mysqldump --single-transaction <database> {name}",
    longest=64,
    quotes="``",
)
_WORDS: t.Mapping[str, _Words] = {
    "postgresql": _Words(
        find=_IN_INFORMATION_SCHEMA,
        copy=(
            "BEGIN;",
            "SET LOCAL row_security = off;",
            "SET LOCAL lock_timeout = '10s';",
            "LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE;",
            "CREATE TABLE {copy} AS SELECT * FROM {table}{where};",
        ),
        export="pg_dump --data-only --table={name} <database>",
    ),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "sqlite": _Words(
        find="SELECT name FROM sqlite_master WHERE type = 'table' AND LOWER(name) = '{lower}';",
        copy=("BEGIN IMMEDIATE;", "CREATE TABLE {copy} AS SELECT * FROM {table}{where};"),
        export="sqlite3 <file> '.dump {name}'",
    ),
    "sqlserver": _Words(
        find=_IN_INFORMATION_SCHEMA,
        copy=(
            "SET XACT_ABORT ON;",
            "SET LOCK_TIMEOUT 10000;",
            "BEGIN TRANSACTION;",
            "SELECT * INTO {copy} FROM {table} WITH (TABLOCKX, HOLDLOCK){where};",
        ),
        commit=("COMMIT TRANSACTION;",),
        export="bcp {name} out <file> -N -d <database>",
        longest=128,
        quotes="[]",
    ),
    "oracle": _Words(
        find="SELECT owner, table_name FROM all_tables WHERE LOWER(table_name) = '{lower}';",
        # CREATE commits: it comes before the lock
        copy=(
            "CREATE TABLE {copy} AS SELECT * FROM {table} WHERE 1 = 0;",
            "LOCK TABLE {table} IN EXCLUSIVE MODE WAIT 10;",
            "INSERT INTO {copy} SELECT * FROM {table}{where};",
        ),
        export="expdp tables={name}",
        # before Oracle 12.2
        longest=30,
    ),
    "h2": _Words(
        find=_IN_INFORMATION_SCHEMA,
        copy=("SET AUTOCOMMIT FALSE;", "CREATE TABLE {copy} AS SELECT * FROM {table}{where};"),
        export="SCRIPT TO '<file>' TABLE {name}",
        longest=128,
    ),
    "hsqldb": _Words(
        find=_IN_INFORMATION_SCHEMA,
        copy=("SET AUTOCOMMIT FALSE;", "CREATE TABLE {copy} AS (SELECT * FROM {table}{where}) WITH DATA;"),
        # what is committed is in the files of the product when the database is closed
        end=("SHUTDOWN;",),
        export="SCRIPT '<file>'",
        longest=128,
    ),
}


def check_name(name: str, variable: str) -> str:
    """The name itself; raises SessionsError when it cannot stand in a script. '' is none."""
    if name and not _NAME.fullmatch(name):
        raise SessionsError(f"{variable} is {name!r}, which cannot stand in a script for the database: give it, as the database has it")
    return name


def copy_of(table: str, run_id: str, longest: int) -> str:
    """What the copy of the table is called: by the run, or by a hash of its id where that would be too long a name."""
    name = f"{table}_{re.sub(r'[^a-z0-9]', '_', run_id.lower())}"
    return name if len(name) <= longest else f"{table}_{hashlib.sha256(run_id.encode()).hexdigest()[:8]}"


def script_of(job: Job) -> str:
    """The script, ending in a line feed; raises SessionsError for an unknown engine, or a schema that cannot stand in it."""
    if job.engine not in _WORDS:
        raise SessionsError(f"The database engine {job.engine!r} has no script. Known engines: {', '.join(sorted(_WORDS))}.")
    words = _WORDS[job.engine]
    schema = check_name(job.schema, "database_schema")
    prefix = f"{_quoted(schema, words.quotes)}." if schema else ""
    copy = copy_of(job.table, job.run_id, words.longest)
    values = {
        "table": prefix + job.table,
        "copy": prefix + copy,
        "name": job.table,
        "lower": job.table.lower(),
        "key": job.key,
        "where": job.where,
    }
    lines = [*_head(job, words.export), "", *_steps(words, job.last)]
    return "".join(f"{line.format(**values)}\n" for line in lines)


def _head(job: Job, export: str) -> list[str]:
    when = (
        "all nodes of the product are down now and wait for this"
        if job.outage
        else "now; the product keeps running, and a sign-in may wait for some seconds"
    )
    return [
        f"-- Deletes the remember-me tokens of {_comment(job.product)}, for run {_comment(job.run_id)}.",
        f"-- Where: {_comment(job.place)}, as the settings of the nodes name it",
        "-- Who:   an account that may read and delete in {table}, and make a table beside it",
        f"-- When:  {when}",
        "-- How:   statement by statement, or as a whole. Each may be read before it is carried out: at the first error ROLLBACK and stop.",
        "--        Nothing is deleted that is not in the copy. To run it once more, rename the copy of the first time.",
        f"-- The engine is {ENGINES[job.engine].title}. Without the right to make a table: save the rows by its export, delete them all:",
        f"--        {export}",
        *(["-- Spared: the rows that do not fit{where}"] if job.where else []),
        f"-- Then:  tell whoever started run {_comment(job.run_id)}, which goes on when the tokens are deleted.",
        "-- Back:  INSERT INTO {table} SELECT * FROM {copy} makes the old logins work again.",
        "--        When nobody will want to go back: DROP TABLE {copy}",
    ]


def _steps(words: _Words, last: bool) -> list[str]:
    return [
        "-- 1. Look: the table is to be spelt and placed as below, else spell it so everywhere",
        words.find,
        "SELECT COUNT(*) FROM {table}{where};",
        "",
        "-- 2. Copy into {copy}. It holds live logins: nobody else may read it",
        *words.copy,
        "SELECT COUNT(*) FROM {copy};",
        "",
        "-- 3. Delete what was copied",
        "DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {copy});",
        "",
        "-- 4. Count: 0 is expected, else ROLLBACK and run it again",
        "SELECT COUNT(*) FROM {table}{where};",
        "",
        "-- 5. Commit",
        *words.commit,
        *(words.end if last else ()),
    ]


def _quoted(name: str, quotes: str) -> str:
    return name if _PLAIN.fullmatch(name) else f"{quotes[0]}{name}{quotes[1]}"


def _comment(text: str) -> str:
    return _NOT_IN_A_COMMENT.sub("?", text)[:300]
