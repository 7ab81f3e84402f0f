# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL for SQLAlchemy, without the question that SQLAlchemy asks before the search path is pinned; which servers are too old.

Whoever owns the database sets its search path, and may write a function of any name: it would run as the account of this run
(CVE-2018-1058).
"""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.collector import paused
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sqlalchemy_dep import sqlalchemy_module

_NAME = "postgresql.psycopg2"
# the first one whose catalogue has what is asked of it
_OLDEST = 100000


def register() -> None:
    """In place of SQLAlchemy's own of that name."""
    sqlalchemy_module().dialects.registry.impls[_NAME] = _dialect


def check_version(version: int, where: str) -> None:
    """Raises SessionsError when the server at ``where`` is too old. ``version``: as libpq has it, 90624 for 9.6.24, 0 for not known."""
    if 0 < version < _OLDEST:
        raise SessionsError(
            f"{where[:1].upper()}{where[1:]} is of version {version // 10000}.{version // 100 % 100}, and the oldest that will do is "
            f"{_OLDEST // 10000}. Have the script carried out by hand (in the playbook force_reauth_revoke=manual)."
        )


@functools.cache
def _dialect() -> type[t.Any]:
    """Made when it is asked for: this Python may have no SQLAlchemy."""
    with paused():
        from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2

    class Dialect(PGDialect_psycopg2):
        supports_statement_cache = True

        def _get_default_schema_name(self, connection: t.Any) -> str:  # noqa: ARG002  of the parent
            """Else the answer to 'select current_schema()'; nobody here asks for it."""
            return ""

    return Dialect
