# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options name, and what they cannot mean."""

from __future__ import annotations

import sys
import typing as t

import pytest
import sqlalchemy
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import sqlalchemy_dep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.connection import (
    _mysql_arguments,
    _postgresql_arguments,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import DATABASE_OPTIONS, Database, database_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES, check_supported, engine_named

GIVEN: dict[str, t.Any] = {
    **{name: option.get("default") for name, option in DATABASE_OPTIONS.items()},
    "engine": "postgresql",
    "database_name": "jira",
    "database_password": "sw0rdfish",
}


def database(engine: str = "postgresql", **more: t.Any) -> Database:
    return Database(engine_named(engine), "jira", **more)


def test_the_password_is_not_shown() -> None:
    assert "sw0rdfish" not in repr(database_of(GIVEN))
    assert DATABASE_OPTIONS["database_password"]["no_log"] is True


@pytest.mark.parametrize(("option", "value"), [("engine", "db2"), ("database_ssl_mode", "yes")])
def test_values_that_cannot_be_meant_are_refused(option: str, value: str) -> None:
    with pytest.raises(SessionsError, match=f"'{value}' is not known"):
        database_of({**GIVEN, option: value})


@pytest.mark.parametrize(
    ("found", "where"),
    [
        (database(), "the PostgreSQL database jira on localhost:5432"),
        (database(host="/run/pg"), "the PostgreSQL database jira on /run/pg"),
        (database("mariadb", host="db", port=3307), "the MariaDB database jira on db:3307"),
        (database("sqlite"), "the SQLite database jira"),
    ],
)
def test_a_database_is_called_by_its_place(found: Database, where: str) -> None:
    assert found.where == where


def test_libpq_is_given_what_was_set() -> None:
    given = _postgresql_arguments(database(host="db", user="u", ssl_mode="verify-full", ssl_ca="/ca"))
    assert {name: given.get(name) for name in ("host", "port", "sslmode", "sslrootcert")} == {
        "host": "db",
        "port": 5432,
        "sslmode": "verify-full",
        "sslrootcert": "/ca",
    }
    assert "sslmode" not in _postgresql_arguments(database())


@pytest.mark.parametrize(
    ("mode", "tls"),
    [
        ("", {}),
        ("prefer", {}),
        ("disable", {"ssl_disabled": True}),
        ("require", {"ssl": {"check_hostname": False, "verify_mode": "none"}}),
        ("verify-ca", {"ssl": {"ca": "/ca", "check_hostname": False, "verify_mode": "required"}}),
        ("verify-full", {"ssl": {"ca": "/ca", "check_hostname": True, "verify_mode": "required"}}),
    ],
)
def test_pymysql_is_given_what_comes_closest(mode: str, tls: dict[str, object]) -> None:
    given = _mysql_arguments(database("mysql", ssl_mode=mode, ssl_ca="/ca" if mode.startswith("verify") else ""))
    assert {name: value for name, value in given.items() if name.startswith("ssl")} == tls


def test_pymysql_is_given_a_socket() -> None:
    given = _mysql_arguments(database("mysql", host="/run/m.sock"))
    assert given["unix_socket"] == "/run/m.sock"
    assert "host" not in given


@pytest.mark.parametrize("name", [name for name, engine in ENGINES.items() if not engine.tested])
def test_engines_that_are_not_treated_are_refused_with_the_sql(name: str) -> None:
    with pytest.raises(SessionsError, match="DELETE FROM tokens"):
        check_supported(engine_named(name), "tokens", accept_untested=False)


@pytest.mark.parametrize("name", ["h2", "hsqldb"])
def test_embedded_engines_are_refused_whatever_is_accepted(name: str) -> None:
    with pytest.raises(SessionsError, match="is embedded"):
        check_supported(engine_named(name), "tokens", accept_untested=True)


@pytest.mark.parametrize("name", ["postgresql", "sqlite", "mysql", "mariadb"])
def test_other_engines_are_treated(name: str) -> None:
    check_supported(engine_named(name), "tokens", accept_untested=False)


@pytest.mark.parametrize("name", ["sqlserver", "oracle"])
def test_untested_engines_are_treated_when_that_is_accepted(name: str) -> None:
    check_supported(engine_named(name), "tokens", accept_untested=True)


def test_a_missing_package_is_named_with_the_python_that_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlalchemy_dep, "HAS_SQLALCHEMY", False)
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    with pytest.raises(SessionsError, match=r"The Python /usr/bin/python3 .* lacks SQLAlchemy: .* -m pip install 'SQLAlchemy>=2\.0'"):
        sqlalchemy_dep.sqlalchemy_module()


def test_an_old_package_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlalchemy, "__version__", "1.4.50")
    with pytest.raises(SessionsError, match=r"it has 1\.4\.50"):
        sqlalchemy_dep.sqlalchemy_module()
