# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options name, and what they cannot mean."""

from __future__ import annotations

import re
import ssl
import sys
import typing as t
from pathlib import Path

import pytest
import sqlalchemy
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.source import look_at_sources
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import sqlalchemy_dep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import DATABASE_OPTIONS, Database, database_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_connections import (
    check_tls,
    mysql_arguments,
    postgresql_arguments,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES, engine_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.guarded_mysql import _tls_arguments
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.supported import check_supported
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.tls import older_libpq_problem, unnamed_problem

GIVEN: dict[str, t.Any] = {
    **{name: option.get("default") for name, option in DATABASE_OPTIONS.items()},
    "engine": "postgresql",
    "database_host": "db",
    "database_name": "jira",
    "database_user": "jira",
    "database_password": "sw0rdfish",
}
TABLES = [product_named("jira").tokens]
FILES = "/home/confluence/database/h2db"


def database(engine: str = "postgresql", **more: t.Any) -> Database:
    return Database(engine_named(engine), "jira", **more)


def test_the_password_is_not_shown() -> None:
    assert "sw0rdfish" not in repr(database_of(GIVEN))
    assert DATABASE_OPTIONS["database_password"]["no_log"] is True


@pytest.mark.parametrize(("option", "value"), [("engine", "db2"), ("database_ssl_mode", "yes")])
def test_values_that_cannot_be_meant_are_refused(option: str, value: str) -> None:
    with pytest.raises(SessionsError, match=f"'{value}' is not known"):
        database_of({**GIVEN, option: value})


@pytest.mark.parametrize("engine", [name for name, engine in ENGINES.items() if engine.default_port])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"database_host": ""}, "database_host is empty: name the server of "),
        ({"database_host": " "}, "database_host is empty: name the server of "),
        ({"database_name": ""}, "database_name is empty: name the database"),
        ({"database_port": 0}, "database_port 0 is no port"),
        ({"database_port": -1}, "database_port -1 is no port"),
        ({"database_port": 65536}, "database_port 65536 is no port"),
    ],
)
def test_a_part_that_somebody_did_not_know_is_refused(engine: str, options: dict[str, t.Any], said: str) -> None:
    with pytest.raises(SessionsError, match=f"^{said}"):
        database_of({**GIVEN, "engine": engine, **options})


def test_an_engine_that_is_not_known_is_refused() -> None:
    with pytest.raises(SessionsError, match="engine 'unknown' is not known"):
        database_of({**GIVEN, "engine": "unknown"})


@pytest.mark.parametrize(
    "options",
    [
        {"engine": "sqlite", "database_host": "", "database_port": 0},
        {"engine": "mariadb", "database_host": "/run/m.sock", "database_port": 0},
    ],
)
def test_a_file_and_a_socket_have_no_port(options: dict[str, t.Any]) -> None:
    assert database_of({**GIVEN, **options}).port == 0


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("database_ssl_mode", "unknown", "says of TLS is not clear: .*force_reauth_database_ssl_mode.* verify-full"),
        ("database_host", "/run/pg,elsewhere", "names several servers"),
        ("database_user", "", "database_user is empty, and a password is given: .*force_reauth_database_user"),
        ("database_user", " ", "database_user is empty, and a password is given"),
    ],
)
def test_what_is_not_clear_is_asked_for(option: str, value: str, said: str) -> None:
    with pytest.raises(SessionsError, match=said):
        database_of({**GIVEN, option: value})


@pytest.mark.parametrize(
    ("found", "where"),
    [
        (database(host="db"), "the PostgreSQL database jira on db:5432"),
        (database(host="/run/pg"), "the PostgreSQL database jira on /run/pg"),
        (database("mariadb", host="db", port=3307), "the MariaDB database jira on db:3307"),
        (database("sqlite"), "the SQLite database jira"),
    ],
)
def test_a_database_is_called_by_its_place(found: Database, where: str) -> None:
    assert found.where == where


LIBPQ_15, LIBPQ_16, LIBPQ_17 = 159999, 160000, 170011
ANY_TLS = {"sslmode": "require"}
NO_CLEAR_TEXT = {"require_auth": "!password"}


@pytest.mark.parametrize(
    ("host", "mode", "ca", "libpq", "given"),
    [
        ("db", "", "", LIBPQ_17, NO_CLEAR_TEXT),
        ("db", "prefer", "", LIBPQ_17, {"sslmode": "prefer", **NO_CLEAR_TEXT}),
        ("db", "disable", "", LIBPQ_17, {"sslmode": "disable", **NO_CLEAR_TEXT}),
        ("db", "require", "", LIBPQ_17, ANY_TLS),
        ("db", "verify-full", "/ca", LIBPQ_17, {"sslmode": "verify-full", "sslrootcert": "/ca"}),
        ("db", "require", "/ca", LIBPQ_17, {"sslmode": "verify-ca", "sslrootcert": "/ca"}),
        ("/run/pg", "", "", LIBPQ_17, {}),
        ("db", "", "", LIBPQ_16, NO_CLEAR_TEXT),
        # it cannot refuse by itself
        ("db", "", "", LIBPQ_15, ANY_TLS),
        ("db", "prefer", "", LIBPQ_15, ANY_TLS),
        ("/run/pg", "", "", LIBPQ_15, {}),
    ],
)
def test_libpq_gives_no_password_in_clear_text_where_others_may_listen(
    host: str, mode: str, ca: str, libpq: int, given: dict[str, str]
) -> None:
    arguments = postgresql_arguments(database(host=host, ssl_mode=mode, ssl_ca=ca), libpq)
    assert {name: value for name, value in arguments.items() if name.startswith("ssl") or name == "require_auth"} == given
    assert (arguments["host"], arguments["port"]) == (host, 5432)


@pytest.mark.parametrize(("mode", "refused"), [("disable", True), ("allow", True), ("", False), ("require", False)])
def test_an_old_libpq_is_refused_where_tls_is_ruled_out(mode: str, refused: bool) -> None:
    said = older_libpq_problem(database(host="db", ssl_mode=mode), LIBPQ_15)
    assert ("psycopg2 uses libpq 15 here" in said) is refused
    assert [older_libpq_problem(database(host="db", ssl_mode=mode), libpq) for libpq in (LIBPQ_16, LIBPQ_17)] == ["", ""]


@pytest.mark.parametrize(
    ("mode", "checks"),
    [
        ("require", (ssl.CERT_NONE, False)),
        ("verify-ca", (ssl.CERT_REQUIRED, False)),
        ("verify-full", (ssl.CERT_REQUIRED, True)),
    ],
)
@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
def test_pymysql_checks_a_certificate_without_a_file_by_the_authorities_of_the_system(
    engine: str, mode: str, checks: tuple[ssl.VerifyMode, bool]
) -> None:
    context = _tls_arguments(database(engine, host="db", ssl_mode=mode))["ssl"]
    assert (context.verify_mode, context.check_hostname) == checks


@pytest.mark.parametrize(("mode", "given"), [("", {}), ("prefer", {}), ("disable", {"ssl_disabled": True})])
def test_pymysql_is_left_to_itself_where_tls_is_no_must(mode: str, given: dict[str, object]) -> None:
    assert _tls_arguments(database("mysql", host="db", ssl_mode=mode)) == given


@pytest.mark.parametrize(("host", "mode"), [("db", "disable"), ("/run/m.sock", "")])
@pytest.mark.parametrize(
    ("version", "given"), [((0, 9, 3, None), {}), ((0, 10, 1, "final"), {}), ((1, 0, 0, "final"), {"ssl_disabled": True})]
)
def test_an_older_pymysql_is_told_no_word_that_it_does_not_know(
    host: str, mode: str, version: tuple[object, ...], given: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pymysql.VERSION", version)
    assert _tls_arguments(database("mysql", host=host, ssl_mode=mode)) == given


def test_pymysql_is_given_a_socket() -> None:
    given = mysql_arguments(database("mysql", host="/run/m.sock"))
    assert given["unix_socket"] == "/run/m.sock"
    assert "host" not in given


def test_passwords_go_as_utf_8() -> None:
    assert mysql_arguments(database("mysql", password="pass€日"))["password"] == "pass€日".encode()


@pytest.mark.parametrize(
    ("engine", "mode", "ca", "said"),
    [
        ("postgresql", "verify-full", "", "TLS verify-full needs the certificates .* force_reauth_database_ssl_ca"),
        ("postgresql", "verify-ca", "", "TLS verify-ca needs the certificates"),
        ("postgresql", "verify-full", "/nowhere/ca.pem", "/nowhere/ca.pem is no file that this account may read"),
        ("mariadb", "verify-full", "/nowhere/ca.pem", "/nowhere/ca.pem is no file that this account may read"),
        ("postgresql", "", __file__, "nothing would be checked by it"),
        ("mysql", "prefer", __file__, "nothing would be checked by it"),
        ("sqlserver", "require", "", "SQL Server is not told of TLS here, so require cannot be kept"),
        ("oracle", "verify-full", "", "Oracle is not told of TLS here"),
        ("oracle", "", __file__, "database_ssl_ca cannot be kept"),
    ],
)
def test_tls_that_is_not_to_be_had_is_refused_with_the_variable(
    engine: str, mode: str, ca: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(SessionsError, match=said):
        check_tls(database(engine, host="db", ssl_mode=mode, ssl_ca=ca))


@pytest.mark.parametrize("engine", ["sqlserver", "oracle"])
@pytest.mark.parametrize("mode", ["", "allow", "prefer"])
def test_tls_that_nobody_insists_on_is_no_problem_of_a_driver_that_is_not_told_of_it(engine: str, mode: str) -> None:
    check_tls(database(engine, ssl_mode=mode))


@pytest.mark.parametrize(
    ("engine", "mode", "ca"),
    [
        ("postgresql", "", ""),
        ("postgresql", "require", ""),
        ("postgresql", "verify-full", __file__),
        ("mysql", "verify-full", ""),
        ("mariadb", "verify-ca", ""),
        ("sqlserver", "prefer", ""),
        ("sqlite", "verify-full", ""),
    ],
)
def test_tls_that_is_to_be_had(engine: str, mode: str, ca: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    check_tls(database(engine, host="db", ssl_mode=mode, ssl_ca=ca))


@pytest.mark.parametrize(
    ("before", "host", "mode", "refused"),
    [
        ("require", "db", "", True),
        ("verify-ca", "db", "", True),
        ("verify-full", "db", "", True),
        ("verify-full", "db", "verify-full", False),
        # who says less means it
        ("verify-full", "db", "prefer", False),
        ("verify-full", "/run/pg", "", False),
        ("prefer", "db", "", False),
        ("disable", "db", "", False),
        # an older archive, and what no run writes
        ("", "db", "", False),
        ("{{ x }}", "db", "", False),
    ],
)
def test_live_logins_go_over_no_weaker_tls_than_that_of_their_run_unless_its_mode_is_named(
    before: str, host: str, mode: str, refused: bool
) -> None:
    said = unnamed_problem(database(host=host, ssl_mode=mode), "/a/t-1.tsv.gz", before)
    assert bool(said) == refused
    assert all(word in said for word in ("/a/t-1.tsv.gz", before, "force_reauth_database_ssl_mode") if refused)


def test_a_socket_of_postgresql_never_has_tls() -> None:
    check_tls(database(host="/run/pg", ssl_mode="verify-full"))


def test_libpq_knows_authorities_in_the_home_of_the_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".postgresql").mkdir()
    (tmp_path / ".postgresql/root.crt").touch()
    check_tls(database(host="db", ssl_mode="verify-full"))


@pytest.mark.parametrize("name", [name for name, engine in ENGINES.items() if not engine.tested])
def test_engines_that_are_not_treated_are_refused_with_the_sql(name: str) -> None:
    with pytest.raises(SessionsError, match="DELETE FROM remembermetoken"):
        check_supported(engine_named(name), TABLES, False, FILES, "")


def test_the_sql_for_several_tables_names_each_and_spares_what_is_no_users() -> None:
    with pytest.raises(SessionsError) as refused:
        check_supported(engine_named("oracle"), product_named("crowd").token_tables, False, FILES, "")
    for words in (
        '"DELETE FROM cwd_token WHERE directory_id IS NULL OR directory_id <> -1"',
        '"DELETE FROM cwd_remember_me_token", "COMMIT", look that "SELECT COUNT(*) FROM cwd_token WHERE',
        'directory_id <> -1" and "SELECT COUNT(*) FROM cwd_remember_me_token" says 0, and start the nodes.',
    ):
        assert words in str(refused.value)


@pytest.mark.parametrize(("owner", "whose"), [("confluence", "that owns them (confluence), "), ("", "that owns them, ")])
def test_h2_is_refused_with_all_that_a_hand_needs(owner: str, whose: str) -> None:
    with pytest.raises(SessionsError, match="is built in") as refused:
        check_supported(engine_named("h2"), TABLES, True, FILES, owner)
    jar = "find <install folder> -name 'h2*.jar'"
    for word in (f"its files ({FILES})", whose, jar, 'end with "SHUTDOWN": without it', "Open it once more"):
        assert word in str(refused.value)


def test_the_owner_of_the_files_of_a_built_in_database_is_named_where_they_are_here(tmp_path: Path) -> None:
    options = {**GIVEN, "product": "confluence", "engine": "h2", "database_name": str(tmp_path / "h2db"), "accept_untested_engine": True}
    with pytest.raises(SessionsError, match="owns them, "):
        look_at_sources(options)
    (tmp_path / "h2db.mv.db").touch()
    with pytest.raises(SessionsError, match=rf"owns them \({re.escape(tmp_path.owner())}\), "):
        look_at_sources(options)


@pytest.mark.parametrize("name", ["postgresql", "sqlite", "mysql", "mariadb", "hsqldb"])
def test_other_engines_are_treated(name: str) -> None:
    check_supported(engine_named(name), TABLES, False, FILES, "")


@pytest.mark.parametrize("name", ["sqlserver", "oracle"])
def test_untested_engines_are_treated_when_that_is_accepted(name: str) -> None:
    check_supported(engine_named(name), TABLES, True, FILES, "")


def test_a_missing_package_is_named_with_the_python_that_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlalchemy_dep, "HAS_SQLALCHEMY", False)
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    with pytest.raises(SessionsError, match=r"The Python /usr/bin/python3 .* lacks SQLAlchemy: .* -m pip install 'SQLAlchemy>=2\.0'"):
        sqlalchemy_dep.sqlalchemy_module()


def test_an_old_package_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlalchemy, "__version__", "1.4.50")
    with pytest.raises(SessionsError, match=r"it has 1\.4\.50"):
        sqlalchemy_dep.sqlalchemy_module()
