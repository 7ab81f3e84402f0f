# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who listens at the address of the database gets no password by asking for it."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import psycopg2.extensions
import pymysql
import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import driver_connections

from demo.tokens import Database
from tests.database.rogue import (
    RogueServer,
    mysql_asking_for,
    mysql_with_a_key,
    postgresql_asking_for_clear_text,
    saying_nothing,
    talking_nonsense,
)
from tests.database.site import Site
from tests.database.test_refusals import PASSWORD, refusal

# PyMySQL leaves the socket of a connection that failed to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
DIALOG = b"\x04Password: "


@pytest.fixture
def ask(tmp_path: Path) -> t.Callable[..., str]:
    """Looks at the tokens of the server on the port; returns the refusal."""

    def look(engine: str, port: int, **more: object) -> str:
        site = Site(Database(engine, "jira", "127.0.0.1", port, "jira", PASSWORD), tmp_path / "archives")
        said = refusal(site, **more)
        assert PASSWORD not in said
        return said

    return look


def test_postgresql_that_asks_for_clear_text(ask: t.Callable[..., str]) -> None:
    with RogueServer(postgresql_asking_for_clear_text) as server:
        said = ask("postgresql", server.port)
    assert "it asks for the password in clear text, and TLS is not certain: nothing was sent" in said
    assert "force_reauth_database_ssl_mode" in said
    # it was asked, and the name of the account came
    assert b"user\0jira\0" in server.heard
    assert PASSWORD.encode() not in server.heard


def test_postgresql_that_asks_an_old_libpq_for_clear_text(ask: t.Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psycopg2.extensions, "libpq_version", lambda: 150007)
    with RogueServer(postgresql_asking_for_clear_text) as server:
        said = [ask("postgresql", server.port), ask("postgresql", server.port, database_ssl_mode="disable")]
    assert "it does not offer TLS" in said[0]
    assert "psycopg2 uses libpq 15 here" in said[1]
    assert PASSWORD.encode() not in server.heard


@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
@pytest.mark.parametrize("mode", ["", "prefer", "disable"])
@pytest.mark.parametrize(("plugin", "data"), [(b"mysql_clear_password", b""), (b"dialog", DIALOG)], ids=["clear password", "dialog of PAM"])
def test_mysql_that_asks_for_clear_text(ask: t.Callable[..., str], engine: str, mode: str, plugin: bytes, data: bytes) -> None:
    with RogueServer(mysql_asking_for(plugin, data)) as server:
        said = ask(engine, server.port, database_ssl_mode=mode)
    assert "it asks for the password in clear text" in said
    assert b"jira\0" in server.heard
    assert PASSWORD.encode() not in server.heard


@pytest.mark.parametrize("plugin", [b"sha256_password", b"caching_sha2_password"])
def test_mysql_that_sends_a_key_of_its_own(ask: t.Callable[..., str], plugin: bytes) -> None:
    with RogueServer(mysql_with_a_key(plugin)) as server:
        said = ask("mysql", server.port)
    assert "it asks for the password under a key of its own, without TLS" in said
    assert server.heard.endswith(b"KEY SENT")


def test_a_key_of_the_server_is_taken_where_people_have_said_that_nobody_listens(ask: t.Callable[..., str]) -> None:
    with RogueServer(mysql_with_a_key(b"caching_sha2_password")) as server:
        ask("mysql", server.port, database_ssl_mode="disable")
    assert not server.heard.endswith(b"KEY SENT")
    assert PASSWORD.encode() not in server.heard


def test_a_package_that_the_driver_misses_is_named_with_the_command(ask: t.Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pymysql._auth._have_cryptography", False)
    with RogueServer(mysql_with_a_key(b"caching_sha2_password")) as server:
        said = ask("mysql", server.port, database_ssl_mode="disable")
    assert re.search(r"The Python .* lacks the package cryptography, which PyMySQL needs .* -m pip install cryptography", said)


@pytest.mark.parametrize("mode", ["require", "verify-full"])
def test_mysql_that_has_no_tls_hears_nothing_where_tls_is_asked_for(ask: t.Callable[..., str], mode: str) -> None:
    with RogueServer(mysql_asking_for(b"mysql_clear_password")) as server:
        said = ask("mysql", server.port, database_ssl_mode=mode)
    assert "it does not offer TLS" in said
    assert bytes(server.heard) == b""


def test_a_driver_that_would_go_on_without_tls_is_held(ask: t.Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As PyMySQL up to 1.1 does."""
    monkeypatch.setattr(
        pymysql.connections.Connection, "_ssl_required", property(lambda _self: False, lambda _self, _value: None), raising=False
    )
    with RogueServer(mysql_asking_for(b"mysql_clear_password")) as server:
        said = ask("mysql", server.port, database_ssl_mode="require")
    assert "it does not offer TLS" in said
    assert bytes(server.heard) == b""


@pytest.mark.parametrize("engine", ["postgresql", "mysql", "mariadb"])
def test_a_server_that_says_nothing_holds_nobody(ask: t.Callable[..., str], engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_connections, "_CONNECT_TIMEOUT", 1)
    with RogueServer(saying_nothing) as server:
        assert "it does not answer" in ask(engine, server.port)
    assert PASSWORD.encode() not in server.heard


@pytest.mark.parametrize("engine", ["postgresql", "mysql", "mariadb"])
def test_a_server_that_talks_nonsense_is_a_sentence(ask: t.Callable[..., str], engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_connections, "_CONNECT_TIMEOUT", 1)
    with RogueServer(talking_nonsense) as server:
        assert "cannot look at the token table: " in ask(engine, server.port)
    assert PASSWORD.encode() not in server.heard


def test_the_rogue_servers_get_the_password_of_a_driver_that_is_not_guarded() -> None:
    """They would notice."""
    who: dict[str, t.Any] = {"host": "127.0.0.1", "user": "jira", "password": PASSWORD}
    for talk in (mysql_asking_for(b"mysql_clear_password"), mysql_asking_for(b"dialog", DIALOG)):
        with RogueServer(talk) as server, pytest.raises(pymysql.err.OperationalError):
            pymysql.connect(port=server.port, **who)
        assert PASSWORD.encode() in server.heard
    with RogueServer(postgresql_asking_for_clear_text) as server, pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(port=server.port, dbname="jira", **who)
    assert PASSWORD.encode() in server.heard
