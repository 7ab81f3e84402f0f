# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells the rows that were there before an act from those that came after it, where the act is somebody else's.

By the time that stands in the newest row then: it was written by the same clocks as the times that it is compared with.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import Look, TokenStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import Statements

if t.TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection


class Mark(t.TypedDict):
    """``newest``: the time in the newest row, as text, '' for none; ``keys``: of the rows with that time."""

    newest: str
    keys: list[int]


MARK_OPTIONS: dict[str, t.Any] = {
    "newest": {"type": "str", "required": True},
    "keys": {"type": "list", "elements": "int", "required": True, "no_log": False},
}


def marks(looks: t.Sequence[tuple[TokenStore, Look]]) -> list[Mark]:
    """How far each table reaches now; raises SessionsError where one does not tell when a token was made."""
    return [_mark(store, look) for store, look in looks]


def left_of(looks: t.Sequence[tuple[TokenStore, Look]], before: t.Sequence[Mark]) -> int:
    """How many rows of then, when there were these marks of the same tables, are there now."""
    return sum(_left_of(store, look, mark) for (store, look), mark in zip(looks, before))


def _mark(store: TokenStore, look: Look) -> Mark:
    if store.wanted.created_is_end:
        raise SessionsError(f"{look.table.label} does not tell when a token was made.")
    with store.connector.connect("look at the newest tokens", store.begin) as connection:
        statements = Statements(look.table)
        newest = _newest(connection, statements, look)
        if newest is None:
            return {"newest": "", "keys": []}
        created = statements.table.c[look.table.created]
        query = statements.sql.select(statements.key).where(statements.treated, created == newest).order_by(statements.key)
        keys = connection.scalars(query)
        return {"newest": _text(newest), "keys": [int(key) for key in keys]}


def _left_of(store: TokenStore, look: Look, before: Mark) -> int:
    """One without a time cannot be told to be new, and counts."""
    with store.connector.connect("look for tokens of before", store.begin) as connection:
        statements = Statements(look.table)
        sql, created = statements.sql, statements.table.c[look.table.created]
        kinds: list[ColumnElement[bool]] = [created.is_(None)]
        newest = _newest(connection, statements, look)
        if newest is not None and before["newest"]:
            then = _value(before["newest"], newest)
            # the times of some engines are whole seconds: of that one the keys tell what is new
            kinds += [created < then, sql.and_(created == then, statements.key.in_(before["keys"]))]
        query = sql.select(sql.func.count()).select_from(statements.table).where(statements.treated, sql.or_(*kinds))
        return int(connection.scalar(query) or 0)


def _newest(connection: Connection, statements: Statements, look: Look) -> object:
    newest = statements.sql.func.max(statements.table.c[look.table.created])
    return connection.scalar(statements.sql.select(newest).select_from(statements.table).where(statements.treated))


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime.datetime) else str(value)


def _value(text: str, like: object) -> object:
    """The text as a value of the same kind; raises SessionsError."""
    try:
        if isinstance(like, datetime.datetime):
            return datetime.datetime.fromisoformat(text)
        return text if isinstance(like, str) else int(text)
    except ValueError:
        raise SessionsError(f"{text!r} is no time of this table.") from None
