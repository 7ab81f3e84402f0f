# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers with TLS: what is asked for is had, or refused with a sentence of what is wrong."""

from __future__ import annotations

import itertools
import os
import socket
import ssl
import tempfile
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import database_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store_of_engine import store_of

from demo.mariadb import MariadbServer
from demo.mysql import MysqlServer
from demo.postgresql import PostgresServer
from demo.tokens import Database
from tests.borrowed import borrow_mysql
from tests.database.certificates import Certificates, make_certificates
from tests.database.site import Site
from tests.database.test_refusals import PASSWORD, refusal

# PyMySQL leaves the socket of a connection that failed to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
_numbers = itertools.count(1)
MYSQL_TLS = pytest.param("mysql_tls", marks=pytest.mark.long)
# which it has, and another by which it is reached as well
NAME, OTHER_NAME = "localhost", "127.0.0.1"
NOT_SIGNED = "its TLS certificate is not accepted: no authority in database_ssl_ca (or of the system) has signed it"


@dataclass(frozen=True)
class TlsServer:
    """A running server with a certificate for NAME."""

    files: Certificates
    make_database: t.Callable[[str], Database]
    server: PostgresServer | MariadbServer


@contextmanager
def _folder() -> t.Iterator[tuple[Path, Certificates]]:
    with tempfile.TemporaryDirectory(prefix="das-tls-") as name:
        Path(name).chmod(0o755)
        yield Path(tempfile.mkdtemp(prefix="das-")), make_certificates(Path(name), NAME)


@pytest.fixture(scope="module")
def postgres_tls() -> t.Iterator[TlsServer]:
    with _folder() as (folder, files):
        settings = ("ssl=on", f"ssl_cert_file={files.certificate}", f"ssl_key_file={files.key}")
        server = PostgresServer(folder, tcp=True, settings=settings)
        server.give(files.key)
        with server:
            yield TlsServer(files, server.make_database, server)


@contextmanager
def _of_kind(kind: type[MariadbServer]) -> t.Iterator[TlsServer]:
    with _folder() as (folder, files):
        files.key.chmod(0o644)
        options = (f"--ssl-ca={files.authority}", f"--ssl-cert={files.certificate}", f"--ssl-key={files.key}")
        with kind(folder, tcp=True, settings=options) as server:
            yield TlsServer(files, server.make_database, server)


@pytest.fixture(scope="module")
def mariadb_tls() -> t.Iterator[TlsServer]:
    with _of_kind(MariadbServer) as made:
        yield made


@pytest.fixture(scope="module")
def mysql_tls() -> t.Iterator[TlsServer]:
    borrow_mysql()
    with _of_kind(MysqlServer) as made:
        yield made


@pytest.fixture(params=["postgres_tls", "mariadb_tls", MYSQL_TLS])
def tls(request: pytest.FixtureRequest) -> TlsServer:
    found: TlsServer = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def site(tls: TlsServer, archive_dir: Path) -> Site:
    """Jira's table, reached by the name of the certificate."""
    made = Site(tls.make_database(f"db{next(_numbers)}"), archive_dir).create()
    return made.with_database(host=NAME)


@pytest.mark.parametrize("mode", ["", "prefer", "require", "verify-ca", "verify-full"])
def test_purges_over_tls(site: Site, tls: TlsServer, mode: str) -> None:
    site.with_database(host=OTHER_NAME).sign_in(3)
    assert site.purge(database_ssl_mode=mode, database_ssl_ca=_ca(tls, mode))["rows"] == 3


def test_what_was_purged_over_tls_is_put_back_over_none_that_nobody_named(site: Site, tls: TlsServer) -> None:
    site.with_database(host=OTHER_NAME).sign_in(3)
    strict: dict[str, t.Any] = {"database_ssl_mode": "verify-full", "database_ssl_ca": _ca(tls, "verify-full")}
    archives = site.purge(**strict)["archives"]
    # before any connection: nobody listens there
    for database in (site, site.with_database(host="nowhere.invalid")):
        with pytest.raises(SessionsError, match="insisted on TLS verify-full, and nobody says what is wanted now"):
            database.restore(archives)
    assert site.restore(archives, **strict)["rows"] == 3


@pytest.mark.parametrize("mode", ["", "require"])
def test_a_server_that_vanishes_without_a_word_is_given_up_after_a_minute(site: Site, mode: str) -> None:
    store = store_of(database_of(site.options(database_ssl_mode=mode)), product_named("jira").tokens)
    with store.connector.connect("look", store.begin) as connection:
        driver = t.cast("t.Any", connection.connection.driver_connection)
        descriptor = driver.fileno() if site.engine == "postgresql" else driver._sock.fileno()
        with socket.socket(fileno=os.dup(descriptor)) as connected:
            names = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
            assert [connected.getsockopt(socket.IPPROTO_TCP, name) for name in names] == [30, 10, 3, 60_000]
            assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_an_authority_that_did_not_sign(site: Site, tls: TlsServer) -> None:
    for mode in ("require", "verify-ca", "verify-full"):
        assert NOT_SIGNED in refusal(site, database_ssl_mode=mode, database_ssl_ca=str(tls.files.other_authority))


def test_a_name_that_the_certificate_does_not_have(site: Site, tls: TlsServer) -> None:
    elsewhere = {"database_host": OTHER_NAME, "database_ssl_ca": str(tls.files.authority)}
    assert "its TLS certificate is for another host name" in refusal(site, database_ssl_mode="verify-full", **elsewhere)
    assert site.look(database_ssl_mode="verify-ca", **elsewhere)["rows"] == 0


def test_without_a_file_of_authorities(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On MariaDB and MySQL the authorities of the system count; libpq has none of them."""
    monkeypatch.setenv("HOME", str(tmp_path))
    said = refusal(site, database_ssl_mode="verify-full")
    assert ("give their file on the database host with database_ssl_ca" if site.engine == "postgresql" else NOT_SIGNED) in said


def test_the_authorities_of_the_system_are_enough(site: Site, tls: TlsServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of the system for Python, of the account's home for libpq."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.files.authority))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".postgresql").mkdir()
    (tmp_path / ".postgresql/root.crt").write_bytes(tls.files.authority.read_bytes())
    assert site.look(database_ssl_mode="verify-full")["rows"] == 0
    assert "another host name" in refusal(site, database_ssl_mode="verify-full", database_host=OTHER_NAME)


def test_a_file_that_holds_no_authority(site: Site, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing", encoding="utf-8")
    said = refusal(site, database_ssl_mode="verify-full", database_ssl_ca=str(tmp_path / "ca.pem"))
    assert "the file of the TLS authorities (database_ssl_ca) is not understood" in said


# ways to sign in, on a real server


@pytest.fixture
def postgres_rules(postgres_tls: TlsServer, archive_dir: Path) -> t.Iterator[tuple[Site, t.Callable[[str], None]]]:
    """Jira's table, and what makes a line the server's only rule for those who come by TCP."""
    server = t.cast("PostgresServer", postgres_tls.server)
    site = Site(postgres_tls.make_database(f"db{next(_numbers)}"), archive_dir).create()

    def put(line: str) -> None:
        server.rules.write_text(f"local all all scram-sha-256\n{line}\n", encoding="utf-8")
        site.with_database(host=str(server.socket_dir)).query("SELECT pg_reload_conf()")

    yield site, put
    put("host all all 127.0.0.1/32 scram-sha-256")
    _until(lambda: _is_let_in(site))


@pytest.mark.parametrize("mode", ["", "prefer", "disable"])
def test_an_account_whose_method_is_clear_text_needs_tls(postgres_rules: tuple[Site, t.Callable[[str], None]], mode: str) -> None:
    site, put = postgres_rules
    put(f"host {site.database.name} all 127.0.0.1/32 password")
    _until(lambda: "it asks for the password in clear text" in refusal(site, database_ssl_mode=mode))
    assert site.look(database_ssl_mode="require")["rows"] == 0


def test_an_account_that_may_come_over_tls_alone_is_told_so(postgres_rules: tuple[Site, t.Callable[[str], None]]) -> None:
    site, put = postgres_rules
    put(f"hostssl {site.database.name} jira 127.0.0.1/32 scram-sha-256")
    _until(lambda: "without TLS: try database_ssl_mode require" in refusal(site, database_ssl_mode="disable"))
    assert site.look(database_ssl_mode="require")["rows"] == 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("host {name} somebody 127.0.0.1/32 scram-sha-256", "its pg_hba.conf has no line that lets this account into this database"),
        ("host {name} jira 127.0.0.1/32 reject", "its pg_hba.conf rejects this account, this database or this host"),
        ("host {name} jira 127.0.0.1/32 ident", "it lets in only the operating system's account of that name"),
    ],
)
def test_what_pg_hba_says_of_the_account(postgres_rules: tuple[Site, t.Callable[[str], None]], line: str, said: str) -> None:
    site, put = postgres_rules
    put(line.format(name=site.database.name))
    _until(lambda: said in refusal(site))


def _is_let_in(site: Site) -> bool:
    try:
        site.query("SELECT 1")
    except psycopg2.OperationalError:
        return False
    return True


def _until(come: t.Callable[[], bool]) -> None:
    """The server reads its rules in its own time."""
    for _try in range(200):
        try:
            if come():
                return
        except pytest.fail.Exception:
            # it still lets everybody in
            continue
    pytest.fail("it did not come")


def _ca(tls: TlsServer, mode: str) -> str:
    return str(tls.files.authority) if mode.startswith("verify") else ""


def test_a_password_beyond_ascii(site: Site) -> None:
    password, name = "pa€ß日本", f"u_{site.database.name}"
    create = f"CREATE ROLE {name} LOGIN PASSWORD" if site.engine == "postgresql" else f"CREATE USER {name} IDENTIFIED BY"
    site.with_database(host=OTHER_NAME).run_sql(f"{create} '{password}'", f"GRANT SELECT, DELETE ON remembermetoken TO {name}")
    assert site.with_database(user=name, password=password).look()["rows"] == 0
    said = refusal(site.with_database(user=name, password="pa€ß日"))
    assert "it refuses the user name or the password" in said


@pytest.mark.parametrize("tls", ["mariadb_tls", MYSQL_TLS], indirect=True)
def test_a_server_that_lets_nobody_in_without_tls(site: Site) -> None:
    by_address = site.with_database(host=OTHER_NAME)
    by_address.run_sql("SET GLOBAL require_secure_transport = ON")
    try:
        assert site.look()["rows"] == 0
        assert "wants TLS from this account" in refusal(site, database_ssl_mode="disable")
    finally:
        by_address.run_sql("SET GLOBAL require_secure_transport = OFF")


# accounts of MySQL: a password that the server has not seen since it started is asked for in clear text, or under a key


@pytest.fixture(params=["caching_sha2_password", "sha256_password"])
def newcomer(mysql_tls: TlsServer, archive_dir: Path, request: pytest.FixtureRequest) -> Site:
    """Jira's table, for an account that has not signed in yet."""
    site = Site(mysql_tls.make_database(f"db{next(_numbers)}"), archive_dir).create()
    name = f"u_{site.database.name}"
    create = f"CREATE USER {name} IDENTIFIED WITH {request.param} BY '{PASSWORD}'"
    site.run_sql(create, f"GRANT SELECT, DELETE ON remembermetoken TO {name}")
    return site.with_database(user=name, password=PASSWORD)


@pytest.fixture
def no_tls(mysql_tls: TlsServer) -> t.Iterator[None]:
    """MySQL's TLS is switched off."""
    with t.cast("MysqlServer", mysql_tls.server).database("mysql").transaction() as execute:
        execute("SET GLOBAL ssl_key = '/nowhere'")
        execute("ALTER INSTANCE RELOAD TLS NO ROLLBACK ON ERROR")
        yield
        execute("SET GLOBAL ssl_key = ?", str(mysql_tls.files.key))
        execute("ALTER INSTANCE RELOAD TLS")


@pytest.mark.long
@pytest.mark.parametrize("mode", ["", "prefer", "require", "disable"])
def test_mysql_gets_a_new_password_over_tls_or_under_its_key(newcomer: Site, mode: str) -> None:
    """Under its key where people have said that nobody listens."""
    assert newcomer.look(database_ssl_mode=mode)["rows"] == 0
    assert "it refuses the user name or the password" in refusal(newcomer, database_ssl_mode=mode, database_password="another")


@pytest.mark.long
@pytest.mark.usefixtures("no_tls")
def test_mysql_without_tls_gets_no_new_password_unless_people_have_said_that_nobody_listens(newcomer: Site) -> None:
    for mode in ("", "prefer"):
        assert "it asks for the password under a key of its own, without TLS" in refusal(newcomer, database_ssl_mode=mode)
    for mode in ("require", "verify-full"):
        assert "it does not offer TLS" in refusal(newcomer, database_ssl_mode=mode)
    assert newcomer.look(database_ssl_mode="disable")["rows"] == 0


@pytest.mark.long
def test_the_certificate_that_mysql_makes_for_itself(archive_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = ssl.create_default_context

    def as_python_3_13(**arguments: t.Any) -> ssl.SSLContext:
        context = make(**arguments)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", as_python_3_13)
    borrow_mysql()
    folder = Path(tempfile.mkdtemp(prefix="das-"))
    with MysqlServer(folder, tcp=True) as server:
        site = Site(server.make_database("jira"), archive_dir).create()
        authority = {"database_ssl_ca": str(folder / "data/ca.pem")}
        assert site.look(database_ssl_mode="verify-ca", **authority)["rows"] == 0
        assert "its TLS certificate is for another host name" in refusal(site, database_ssl_mode="verify-full", **authority)


@pytest.mark.parametrize("password", ["nul\0" + PASSWORD, "half\udce4" + PASSWORD])
def test_a_password_that_no_driver_can_send_is_not_quoted(site: Site, password: str) -> None:
    said = refusal(site.with_database(password=password))
    assert PASSWORD not in said
    assert "nul" not in said
    assert "half" not in said
