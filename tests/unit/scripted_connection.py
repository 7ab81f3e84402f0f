# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection to nothing: it compiles and keeps what it is told to run, and answers by patterns. For engines without a server."""

from __future__ import annotations

import re
import typing as t

Rows = t.Sequence[tuple[t.Any, ...]]


class ScriptedConnection:
    """``dialect`` is SQLAlchemy's; the first pattern found in a statement says its rows. ``said``: the statements so far."""

    def __init__(self, dialect: t.Any, *answers: tuple[str, Rows | Exception]) -> None:
        self.dialect = dialect
        self.said: list[str] = []
        self.values: list[t.Any] = []
        self._answers = answers

    def exec_driver_sql(self, statement: str, values: t.Any = None, **_options: object) -> _Result:
        """Keep it, and answer."""
        text = re.sub(r"\s+", " ", statement).strip()
        self.said.append(text)
        self.values.append(values)
        found = next((answer for pattern, answer in self._answers if re.search(pattern, text)), ())
        if isinstance(found, Exception):
            raise found
        return _Result(found)

    def execute(self, statement: t.Any, values: t.Any = None, **_options: object) -> _Result:
        """The same for an expression, its values in it."""
        return self.exec_driver_sql(str(statement.compile(dialect=self.dialect, compile_kwargs={"literal_binds": True})), values)

    def scalar(self, statement: t.Any) -> t.Any:
        """The one value of an expression."""
        return self.execute(statement).scalar_one()


class _Result(list[tuple[t.Any, ...]]):
    @property
    def rowcount(self) -> int:
        return len(self)

    def all(self) -> list[tuple[t.Any, ...]]:
        return self

    def one(self) -> tuple[t.Any, ...]:
        (row,) = self
        return row

    def scalar_one(self) -> t.Any:
        return self.one()[0]
