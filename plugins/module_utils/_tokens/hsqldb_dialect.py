# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HSQLDB for SQLAlchemy: plain SQL, with each name in quotes, because what is not quoted is folded to upper case."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import hsqldb_process
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sqlalchemy_dep import sqlalchemy_module

_NAME = "hsqldb.jvm"


def register() -> None:
    """SQLAlchemy knows the dialect by its name."""
    sqlalchemy_module().dialects.registry.impls[_NAME] = _dialect


@functools.cache
def _dialect() -> type[t.Any]:
    """Made when it is asked for: this Python may have no SQLAlchemy."""
    sql = sqlalchemy_module()

    class Preparer(sql.sql.compiler.IdentifierPreparer):  # type: ignore[misc,name-defined]
        def quote(self, ident: str, force: t.Any = None) -> str:  # noqa: ARG002  of the parent
            return str(self.quote_identifier(ident))

    class Dialect(sql.engine.default.DefaultDialect):  # type: ignore[misc,name-defined]
        name = "hsqldb"
        driver = "jvm"
        preparer = Preparer
        supports_statement_cache = True
        supports_native_boolean = False

        @classmethod
        def import_dbapi(cls) -> t.Any:
            return hsqldb_process

    return Dialect
