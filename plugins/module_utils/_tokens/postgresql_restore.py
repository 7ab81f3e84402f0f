# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of archives back into PostgreSQL: by COPY, and through a temporary table where some are there already."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.threads import FileAhead
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.postgresql_rows import (
    PostgresqlSweep,
    identifier,
    literal,
    quoted,
    run,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.rows_back import Restored, Rows, other_content
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import Sweep

_STAGING = "dcops_restore"
# bytes that are sent at a time
_BLOCK = 1 << 16


def copied_in(sweep: Sweep, target: str, columns: t.Sequence[str], archives: t.Sequence[Rows]) -> int:
    """Fill the target with these columns of the archives; returns how many rows."""
    names = ", ".join(identifier(sweep.connection, name) for name in columns)
    return sum(_copied(t.cast("PostgresqlSweep", sweep), f"{target} ({names})", archive) for archive in archives)


def _copied(sweep: PostgresqlSweep, target: str, archive: Rows) -> int:
    """It is unpacked while the server takes what came before."""
    with archive() as rows:
        ahead = FileAhead(rows, _BLOCK)
        try:
            return sweep.copy_in(target, ahead)
        finally:
            ahead.end()


def put_back_compared(sweep: Sweep, columns: t.Sequence[str], archives: t.Sequence[Rows]) -> Restored:
    """Through a temporary table, so that rows already there can be compared first."""
    connection, table, sql = sweep.connection, sweep.statements.table, sweep.statements.sql
    staging = sql.table(_STAGING, *(sql.column(name) for name in columns), schema="pg_temp")
    names = ", ".join(identifier(connection, name) for name in columns)
    none = literal(connection, sql.select(*(table.c[name] for name in columns)).where(sql.false()))
    run(connection, f"CREATE TEMPORARY TABLE {_STAGING} ON COMMIT DROP AS {none}")
    copied_in(sweep, f"pg_temp.{_STAGING}", columns, archives)
    # the planner knows no figures of the one table and old ones of the other: a nested loop would take hours
    connection.exec_driver_sql("SET LOCAL enable_nestloop = off")
    source: t.Any = staging
    if not _keys_are_unique(sweep, source):
        # the same rows may stand in several archives
        source = sql.select(staging).distinct().subquery()
        if not _keys_are_unique(sweep, source):
            raise other_content(sweep.table)
    same_key = table.c[sweep.table.key] == source.c[sweep.table.key]
    same_row = sql.and_(*(table.c[name].is_not_distinct_from(source.c[name]) for name in columns))
    compared = sql.select(sql.func.count(), sql.func.count().filter(same_row)).select_from(table.join(source, same_key))
    present, same = connection.execute(compared).one()
    if present != same:
        raise other_content(sweep.table)
    # sorted out first: an INSERT that looks at the table which it fills reads its own rows over and over
    there = sql.select(table.c[sweep.table.key]).scalar_subquery()
    connection.execute(sql.delete(staging).where(staging.c[sweep.table.key].in_(there)))
    # a key that is always generated would be made anew
    into = f"INSERT INTO {quoted(connection, sweep.table)} ({names}) OVERRIDING SYSTEM VALUE "
    done = run(connection, into + literal(connection, sql.select(*(source.c[name] for name in columns)))).rowcount
    # the rows of a further table may come
    run(connection, f"DROP TABLE pg_temp.{_STAGING}")
    return Restored(int(done), int(present))


def _keys_are_unique(sweep: Sweep, source: t.Any) -> bool:
    sql = sweep.statements.sql
    keys = sql.select(source.c[sweep.table.key].label("k"), sql.func.count().label("n")).group_by(source.c[sweep.table.key]).subquery()
    return not sweep.connection.scalar(sql.select(sql.func.count()).where(keys.c.n > 1))
