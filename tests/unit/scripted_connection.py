# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection to nothing: it compiles and keeps what it is told to run, and answers by patterns. For engines without a server.

As a driver does it wants a value for each place of a statement, and no more.
"""

from __future__ import annotations

import re
import types
import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.rows_back import Restored
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import TokenStore

Rows = t.Sequence[tuple[t.Any, ...]]
Options = t.Mapping[str, object]
_NONE: Options = types.MappingProxyType({})
_TEXT = re.compile(r"'[^']*'")
# %(name)s and %s, :name and :1
_PLACE = re.compile(r"%\((\w+)\)s|%(s)|(?<!:):(\w+)")


class ScriptedConnection:
    """``dialect`` is SQLAlchemy's; the first pattern found in a statement says its rows. ``said``: the statements so far."""

    def __init__(self, dialect: t.Any, *answers: tuple[str, Rows | Exception]) -> None:
        self.dialect = dialect
        self.said: list[str] = []
        self.values: list[t.Any] = []
        self.options: list[Options] = []
        self._answers = answers

    def exec_driver_sql(self, statement: str, values: t.Any = None, execution_options: Options = _NONE) -> _Result:
        """Keep it, and answer."""
        if not execution_options.get("no_parameters"):
            _check_places(statement, values or ())
        return self._answer(statement, values, execution_options)

    def execute(self, statement: t.Any, execution_options: Options = _NONE) -> _Result:
        """The same for an expression, its values in it."""
        text = str(statement.compile(dialect=self.dialect, compile_kwargs={"literal_binds": True}))
        return self._answer(text, None, execution_options)

    def scalar(self, statement: t.Any) -> t.Any:
        """The one value of an expression."""
        return self.execute(statement).scalar_one()

    def _answer(self, statement: str, values: t.Any, options: Options) -> _Result:
        self.options.append(options)
        text = re.sub(r"\s+", " ", statement).strip()
        self.said.append(text)
        self.values.append(values)
        found = next((answer for pattern, answer in self._answers if re.search(pattern, text)), ())
        if isinstance(found, Exception):
            raise found
        return _Result(found)


def _check_places(statement: str, values: t.Mapping[str, object] | t.Sequence[object]) -> None:
    places = ["".join(found) for found in _PLACE.findall(_TEXT.sub("", statement))]
    if isinstance(values, t.Mapping):
        assert set(places) == set(values), f"{statement} is given {sorted(values)}"
    else:
        assert len(places) == len(values), f"{statement} is given {len(values)} values"
    assert "%" not in _PLACE.sub("", statement), f"{statement} has a place that is none"


def put_back_recorded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[t.Any, ...]]:
    """With what every engine's own way hands rows on to be put back, each time; none is."""
    given: list[tuple[t.Any, ...]] = []

    def put_back(*words: object) -> Restored:
        given.append(words)
        return Restored(0, 0)

    monkeypatch.setattr(TokenStore, "put_back", put_back)
    return given


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
