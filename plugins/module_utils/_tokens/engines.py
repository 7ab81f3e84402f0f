# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The database engines: what each is called, how it is reached, and what was tried with it. Pure.

Nodes load it at every look: what the SQL alone needs is elsewhere (``supported.py``).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError


@dataclass(frozen=True)
class Engine:
    """``dialect`` is SQLAlchemy's name with the driver, ``package`` the driver's name at the package index ('' = in the standard library).

    ``tested``: run against a real server in this project's tests. ``embedded``: its files belong to one process at a time.
    """

    name: str
    title: str
    dialect: str
    package: str
    default_port: int
    tested: bool = True
    embedded: bool = False

    @property
    def is_mysql(self) -> bool:
        """Whether it speaks MySQL's protocol."""
        return self.dialect.startswith("mysql")


_ALL = (
    Engine("postgresql", "PostgreSQL", "postgresql+psycopg2", "psycopg2-binary", 5432),
    Engine("sqlite", "SQLite", "sqlite", "", 0),
    Engine("mysql", "MySQL", "mysql+pymysql", "PyMySQL", 3306),
    Engine("mariadb", "MariaDB", "mysql+pymysql", "PyMySQL", 3306),
    Engine("sqlserver", "SQL Server", "mssql+pymssql", "pymssql", 1433, tested=False),
    Engine("oracle", "Oracle", "oracle+oracledb", "oracledb", 1521, tested=False),
    Engine("hsqldb", "HSQLDB", "hsqldb+jvm", "JPype1", 0, embedded=True),
    Engine("h2", "H2", "", "", 0, tested=False, embedded=True),
)
ENGINES: t.Mapping[str, Engine] = {engine.name: engine for engine in _ALL}


def engine_named(name: str) -> Engine:
    """The engine of that name; raises SessionsError with the list of known names."""
    if name not in ENGINES:
        raise SessionsError(f"The database engine {name!r} is not known. Known engines: {', '.join(sorted(ENGINES))}.")
    return ENGINES[name]
