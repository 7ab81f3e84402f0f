# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the tokens by their age. For people to read: what cannot be counted is not told, and fails nothing."""

from __future__ import annotations

import datetime
import decimal
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import Look, TokenStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import Statements

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# the youngest days of each, the last one has no end
_DAYS = {"day": 1, "week": 7, "month": 30}
OLDER = "older"


def ages_of(looks: t.Sequence[tuple[TokenStore, Look]]) -> dict[str, int]:
    """Rows by age: ``day``, ``week``, ``month``, ``older``, each without those before it; empty where one of the tables does not tell."""
    ages = [_ages_of(store, look) for store, look in looks]
    return {name: sum(one[name] for one in ages) for name in (*_DAYS, OLDER)} if all(ages) else {}


def _ages_of(store: TokenStore, look: Look) -> dict[str, int]:
    if store.wanted.created_is_end:
        return {}
    try:
        with store.connector.connect("count the tokens by their age", store.begin) as connection:
            now = store.sweep_class(store.connector, connection, look.table).now()
            return _counted(connection, Statements(look.table), look.table.created, now)
    except (SessionsError, ValueError, TypeError):
        return {}


def _counted(connection: Connection, statements: Statements, created: str, now: str) -> dict[str, int]:
    sql, column = statements.sql, statements.table.c[created]
    rows, newest = connection.execute(
        sql.select(sql.func.count(), sql.func.max(column)).select_from(statements.table).where(statements.treated)
    ).one()
    if newest is None:
        return {**dict.fromkeys(_DAYS, 0), OLDER: int(rows)}
    moment = datetime.datetime.fromisoformat(now.replace("Z", "+00:00"))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)
    bounds = [like(newest, moment - datetime.timedelta(days=days)) for days in _DAYS.values()]
    # as words of the statement: HSQLDB knows no type of a value that stands alone
    one, none = sql.literal_column("1"), sql.literal_column("0")
    younger = [sql.func.sum(sql.case((column >= bound, one), else_=none)) for bound in bounds]
    found = connection.execute(sql.select(*younger).select_from(statements.table).where(statements.treated)).one()
    steps = [0, *map(int, found), int(rows)]
    return {name: upto - after for name, after, upto in zip((*_DAYS, OLDER), steps, steps[1:])}


def like(value: object, moment: datetime.datetime) -> object:
    """The moment as the column writes its values; raises ValueError where that cannot be told."""
    naive = moment.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    if isinstance(value, datetime.datetime):
        return moment if value.tzinfo else naive
    if isinstance(value, (int, decimal.Decimal)):
        return int(moment.timestamp() * 1000)
    if isinstance(value, str):
        return str(int(moment.timestamp() * 1000)) if value.isdigit() else naive.isoformat(sep=value[10:11] or " ", timespec="seconds")
    raise ValueError(f"no time: {type(value)}")
