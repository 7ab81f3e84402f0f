# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the settings of a product speak of its database: JDBC."""

from __future__ import annotations

import typing as t

from demo.tokens import Database

_WORDS: t.Mapping[str, t.Mapping[str, str]] = {
    "sqlite": {
        "database_type": "sqlite",
        "schema": "",
        "driver": "org.sqlite.JDBC",
        "dialect": "org.hibernate.community.dialect.SQLiteDialect",
    },
    "postgresql": {
        "database_type": "postgres72",
        "schema": "public",
        "driver": "org.postgresql.Driver",
        "dialect": "org.hibernate.dialect.PostgreSQLDialect",
    },
    "mariadb": {
        "database_type": "mariadb",
        "schema": "",
        "driver": "org.mariadb.jdbc.Driver",
        "dialect": "org.hibernate.dialect.MariaDBDialect",
    },
    "mysql": {
        "database_type": "mysql8",
        "schema": "",
        "driver": "com.mysql.cj.jdbc.Driver",
        "dialect": "org.hibernate.dialect.MySQLDialect",
    },
}


def database_words(database: Database) -> dict[str, str]:
    """The values for the templates of settings: ``engine``, ``jdbc_url``, ``database_user`` and the words above."""
    url = _URLS[database.engine](database)
    return {"engine": database.engine, **_WORDS[database.engine], "jdbc_url": url, "database_user": database.user}


def _sqlite(database: Database) -> str:
    return f"jdbc:sqlite:{database.name}"


def _postgresql(database: Database) -> str:
    factory = "socketFactory=org.newsclub.net.unix.AFUNIXSocketFactory$FactoryArg"
    return f"jdbc:postgresql://localhost/{database.name}?{factory}&socketFactoryArg={database.host}/.s.PGSQL.{database.port}"


def _mariadb(database: Database) -> str:
    if database.host.startswith("/"):
        return f"jdbc:mariadb://localhost/{database.name}?localSocket={database.host}"
    return f"jdbc:mariadb://{database.host}:{database.port}/{database.name}"


def _mysql(database: Database) -> str:
    return f"jdbc:mysql://{database.host}:{database.port}/{database.name}?sslMode=REQUIRED"


_URLS: t.Mapping[str, t.Callable[[Database], str]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "mariadb": _mariadb,
    "mysql": _mysql,
}
