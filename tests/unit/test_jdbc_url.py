# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JDBC URLs say what they say, and nothing that they do not. More forms, inside their files, are in the corpus."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.jdbc_parts import JdbcUrl
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.jdbc_tls import DRIVERS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.jdbc_url import engine_in, parse_jdbc_url, with_properties
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES

NO_PORT = "its port is no port number"
NO_NAME = "it names no database"
NO_HOST = "it names no host"
ANOTHER = "its parameters may name another server"
INSTANCE = "it names an instance of the server, and not its port"
INSTANCE_WINS = "it names an instance of the server, whose port the driver looks up"
SRV = "it names an entry of the DNS that names the servers (SRV)"
FACTORY = "a socket factory of its own decides where it leads"
ELSEWHERE = "it names an entry of another file or directory (TNS, LDAP)"
NOT_CLEAR = "its host is not clear"
NAME_NOT_CLEAR = "the name of its database is not clear"
NEVER_FILLED_IN = "a placeholder in it was never filled in"
PG, MY, MS, ORA = "postgresql", "mysql", "sqlserver", "oracle"


ORACLE_DESCRIBED = JdbcUrl(ORA, "db1", 1522, True, "s", user="u")
ORACLE_TWO_NAMES = JdbcUrl(ORA, "db1", 1521, True, doubt="it does not name one service")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("jdbc:postgresql://db1:5433/jira", JdbcUrl(PG, "db1", 5433, True, "jira")),
        ("  jdbc:postgresql://db1/jira\n", JdbcUrl(PG, "db1", 5432, False, "jira")),
        ("JDBC:PostgreSQL://db1/jira", JdbcUrl(PG, "db1", 5432, False, "jira")),
        ("jdbc:postgresql:jira", JdbcUrl(PG, "localhost", 5432, False, "jira")),
        ("jdbc:postgresql:///jira", JdbcUrl(PG, "localhost", 5432, False, "jira")),
        ("jdbc:postgresql://db1/my%20db", JdbcUrl(PG, "db1", 5432, False, "my db")),
        ("jdbc:postgresql://db1/jira?currentSchema=a,b&user=u&password=p", JdbcUrl(PG, "db1", 5432, False, "jira", "a", "u")),
        ("jdbc:postgresql://u:p@db1/jira", JdbcUrl(PG, "db1", 5432, False, "jira")),
        ("jdbc:postgresql://[::1]/jira", JdbcUrl(PG, "::1", 5432, False, "jira")),
        ("jdbc:postgresql://db1:70000/jira", JdbcUrl(PG, name="jira", doubt=NO_PORT)),
        ("jdbc:postgresql://db1:²/jira", JdbcUrl(PG, name="jira", doubt=NO_PORT)),
        ("jdbc:postgresql://:5432/jira", JdbcUrl(PG, name="jira", doubt=NO_HOST)),
        ("jdbc:mysql:///jiradb", JdbcUrl(MY, "localhost", 3306, False, "jiradb")),
        ("jdbc:mysql://(host=db1,port=3307,password=p)/jiradb", JdbcUrl(MY, "db1", 3307, True, "jiradb")),
        ("jdbc:mysql://address=(host=db1)/jiradb", JdbcUrl(MY, "db1", 3306, False, "jiradb")),
        ("jdbc:mysql://address=(host=2001:db8::7)(port=3307)/x", JdbcUrl(MY, "2001:db8::7", 3307, True, "x")),
        ("jdbc:mysql://[::1]:3307/jiradb", JdbcUrl(MY, "::1", 3307, True, "jiradb")),
        ("jdbc:mysql+srv://u:p@db1/jiradb", JdbcUrl(MY, name="jiradb", user="u", doubt=SRV)),
        ("jdbc:mariadb://localhost/jiradb?localSocket=/run/m.sock", JdbcUrl("mariadb", "/run/m.sock", 0, True, "jiradb")),
        ("jdbc:mysql:db1", JdbcUrl(MY, doubt="it has no '//'")),
        ("jdbc:MariaDB:db1", JdbcUrl("mariadb", doubt="it has no '//'")),
        ("jdbc:sqlserver://;serverName=db1;portNumber=1434;database=jira", JdbcUrl(MS, "db1", 1434, True, "jira")),
        ("jdbc:sqlserver://db1:1433;databaseName=jira;userName=sa;password={a;b};", JdbcUrl(MS, "db1", 1433, True, "jira", user="sa")),
        ("jdbc:sqlserver://db1;instanceName=X;databaseName=jira", JdbcUrl(MS, "db1", 0, False, "jira", instance="X", doubt=INSTANCE)),
        ("jdbc:jtds:sqlserver://db1/jira;instance=X", JdbcUrl(MS, "db1", 0, False, "jira", instance="X", doubt=INSTANCE)),
        ("jdbc:jtds:sqlserver://db1:1433/jira;instance=X", JdbcUrl(MS, "db1", 0, False, "jira", instance="X", doubt=INSTANCE_WINS)),
        ("jdbc:sqlserver://db1\\X:1434;databaseName=jira", JdbcUrl(MS, "db1", 1434, True, "jira", instance="X")),
        ("jdbc:oracle:thin:@db1:1522:SID", JdbcUrl(ORA, "db1", 1522, True, ":SID")),
        ("jdbc:oracle:thin:@tcps://db1:2484/svc?wallet=x", JdbcUrl(ORA, "db1", 2484, True, "svc", ssl_mode="verify-ca")),
        ("jdbc:oracle:thin:u/p@db1/svc", JdbcUrl(ORA, "db1", 1521, False, "svc", user="u")),
        ("jdbc:oracle:thin:u/p", JdbcUrl(ORA, doubt="it has no '@'")),
        ("jdbc:sqlite:file:/srv/x.db?cache=shared", JdbcUrl("sqlite", name="/srv/x.db")),
        ("jdbc:sqlite::memory:", JdbcUrl("sqlite", doubt=NO_NAME)),
        ("jdbc:h2:tcp://db1:9092/jira", JdbcUrl("h2", "db1", 9092, True, "jira")),
        ("jdbc:h2:mem:jira", JdbcUrl("h2", name="jira", embedded=True)),
        ("jdbc:hsqldb:/srv/x;shutdown=true", JdbcUrl("hsqldb", name="/srv/x", embedded=True)),
        ("jdbc:aws-wrapper:postgresql://db1/jira", JdbcUrl(PG, "db1", 5432, False, "jira")),
        ("jdbc:db2://db1/jira", JdbcUrl(doubt="its driver is not known")),
        ("jdbc:postgresql://2001:db8::7:5432/jira", JdbcUrl(PG, name="jira", doubt=f"{NOT_CLEAR} (an IPv6 address needs brackets)")),
        ("jdbc:postgresql://db1/", JdbcUrl(PG, "db1", 5432, False, doubt=NO_NAME)),
        ("jdbc:mysql://db1:3306", JdbcUrl(MY, "db1", 3306, True, doubt=NO_NAME)),
        ("jdbc:sqlserver://db1:1433;user=sa", JdbcUrl(MS, "db1", 1433, True, user="sa", doubt=NO_NAME)),
        ("jdbc:postgresql:///jira?socketFactory=com.google.cloud.sql.postgres.SocketFactory", JdbcUrl(PG, name="jira", doubt=FACTORY)),
        ("jdbc:postgresql://db1/jira?socketFactory=x&socketFactoryArg=y", JdbcUrl(PG, name="jira", doubt=FACTORY)),
        ("jdbc:postgresql://db1/jira?service=other", JdbcUrl(PG, name="jira", doubt=ANOTHER)),
        ("jdbc:mysql:///jira?socketFactory=com.google.cloud.sql.mysql.SocketFactory", JdbcUrl(MY, name="jira", doubt=FACTORY)),
        ("jdbc:mysql:///jira?socketFactory=x&junixsocket.file=/run/m.sock", JdbcUrl(MY, "/run/m.sock", 0, True, "jira")),
        ("jdbc:mariadb:///jira?pipe=x", JdbcUrl("mariadb", name="jira", doubt=FACTORY)),
        ("jdbc:mysql://db1/jira?dnsSrv=true", JdbcUrl(MY, name="jira", doubt=SRV)),
        ("jdbc:sqlserver://db1,1433;databaseName=jira", JdbcUrl(MS, name="jira", doubt=NOT_CLEAR)),
        ("jdbc:sqlserver://db1?databaseName=jira", JdbcUrl(MS, doubt=NOT_CLEAR)),
        ("jdbc:sqlserver://db1;databaseName=jira;socketFactoryClass=x", JdbcUrl(MS, name="jira", doubt=FACTORY)),
        ("jdbc:oracle:thin:@alias?TNS_ADMIN=/etc/tns", JdbcUrl(ORA, doubt=ELSEWHERE)),
        ("jdbc:oracle:thin:@alias", JdbcUrl(ORA, doubt=ELSEWHERE)),
        ("jdbc:oracle:thin:@ldap://db1:389/x", JdbcUrl(ORA, doubt=ELSEWHERE)),
        ("jdbc:oracle:thin:u/p@ss@(DESCRIPTION=(ADDRESS=(HOST=db1)(PORT=1522))(CONNECT_DATA=(SERVICE_NAME=s)))", ORACLE_DESCRIBED),
        ("jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(HOST=db1))(CONNECT_DATA=(SID=a)(SERVICE_NAME=b)))", ORACLE_TWO_NAMES),
        ("jdbc:oracle:thin:u/p?@db1/svc", JdbcUrl(ORA, user="u", doubt="where its address begins is not clear")),
        ("jdbc:postgresql://{{ db_host }}:5432/jira", JdbcUrl(PG, name="jira", doubt=NEVER_FILLED_IN)),
        ("jdbc:postgresql://@db.host@:5432/jira", JdbcUrl(PG, name="jira", doubt=NEVER_FILLED_IN)),
        ("jdbc:postgresql://__DB_HOST__/jira", JdbcUrl(PG, name="jira", doubt=NEVER_FILLED_IN)),
        ("jdbc:postgresql://db1:%DB_PORT%/jira", JdbcUrl(PG, name="jira", doubt=NEVER_FILLED_IN)),
        ("jdbc:postgresql://db1/<%= name %>", JdbcUrl(PG, doubt=NEVER_FILLED_IN)),
        ("jdbc:${DB_TYPE}://db1/jira", JdbcUrl(doubt=NEVER_FILLED_IN)),
        ("jdbc:postgresql:?databaseName=jira", JdbcUrl(PG, "localhost", 5432, False, "jira")),
        *((f"jdbc:postgresql://db1/jira?{name}=x", JdbcUrl(PG, name="jira", doubt=ANOTHER)) for name in ("PGHOST", "pgport", "PGDBNAME")),
        ("JDBC:MySQL://db1/jira?user=u&password=p", JdbcUrl(MY, "db1", 3306, False, "jira", user="u")),
        ("jdbc:mysql://u:p?x@db1/jira", JdbcUrl(MY, doubt=ANOTHER)),
        ("jdbc:mariadb:///jira?localSocket=m.sock", JdbcUrl("mariadb", name="jira", doubt=FACTORY)),
        ("jdbc:mysql:///jira?namedPipePath=x", JdbcUrl(MY, name="jira", doubt=FACTORY)),
        ("jdbc:sqlserver://db1;port=1434;databaseName=jira", JdbcUrl(MS, "db1", 1434, True, "jira")),
        ("jdbc:sqlserver://db1;portNumber=1434;port=1;databaseName=jira;database=x", JdbcUrl(MS, "db1", 1434, True, "jira")),
        (
            "jdbc:sqlserver://;serverName=db1\\X;databaseName=jira",
            JdbcUrl(MS, "db1", 0, False, "jira", instance="X", doubt=INSTANCE),
        ),
        ("jdbc:jtds:sqlserver://db1:1433/a/b", JdbcUrl(MS, doubt=NAME_NOT_CLEAR)),
        ("jdbc:h2:/srv/x;USER=u", JdbcUrl("h2", name="/srv/x", user="u", embedded=True)),
        ("jdbc:h2:TCP://db1:9092/jira", JdbcUrl("h2", "db1", 9092, True, "jira")),
        ("jdbc:hsqldb:hsql://db1/jira", JdbcUrl("hsqldb", "db1", 0, False, "jira")),
        ("JDBC:DB2://db1/jira", JdbcUrl(doubt="its driver is not known")),
        ("jdbc:jtds:sqlserver://db1/jira;a=b;user=u", JdbcUrl(MS, "db1", 1433, False, "jira", user="u")),
        ("jdbc:h2:/srv/x;A=b;USER=u", JdbcUrl("h2", name="/srv/x", user="u", embedded=True)),
        ("jdbc:sqlserver://;databaseName=jira", JdbcUrl(MS, name="jira", doubt=NO_HOST)),
        ("jdbc:mysql://(host=db1/jira", JdbcUrl(MY, name="jira", doubt=NO_HOST)),
        ("", JdbcUrl(doubt="it is no JDBC URL")),
        ("postgresql://u:p@db1/jira", JdbcUrl(doubt="it is no JDBC URL")),
    ],
)
def test_a_url_is_taken_apart(url: str, expected: JdbcUrl) -> None:
    assert parse_jdbc_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "jdbc:postgresql://h1:5432,h2/jira",
        "jdbc:mariadb:sequential://h1:5432,h2/jira",
        "jdbc:mysql://[h1:5432,h2]/jira",
        "jdbc:mysql://u:p@h1:5432,u:p@h2/jira",
        "jdbc:mysql://(host=h1,port=5432),(host=h2)/jira",
        "jdbc:mysql://address=(host=h1)(port=5432),address=(host=h2)/jira",
        "jdbc:mysql://ADDRESS=(HOST=h1)(Port=5432),address=(Host=h2)/jira",
    ],
)
def test_of_several_hosts_none_is_chosen(url: str) -> None:
    parsed = parse_jdbc_url(url)
    assert (parsed.host, parsed.port, parsed.hosts, parsed.name) == ("", 0, ("h1:5432", "h2"), "jira")


@pytest.mark.parametrize(
    ("url", "hosts", "port"),
    [
        ("jdbc:oracle:thin:@//h1:1521,h2:1521/S", ("h1:1521", "h2:1521"), 1521),
        ("jdbc:oracle:thin:@tcps://h1,h2:2484/S", ("h1", "h2:2484"), 0),
        ("jdbc:sqlserver://h1;failoverPartner=h2;databaseName=S", ("h1", "h2"), 1433),
        ("jdbc:postgresql://h1,h2/S", ("h1", "h2"), 5432),
        ("jdbc:postgresql://h1:5433,h2:5433/S", ("h1:5433", "h2:5433"), 5433),
    ],
)
def test_the_port_of_several_hosts_is_known_where_all_have_the_same(url: str, hosts: tuple[str, ...], port: int) -> None:
    parsed = parse_jdbc_url(url)
    assert (parsed.host, parsed.hosts, parsed.port, parsed.name) == ("", hosts, port, "S")


SECRET = "s3cret"
_IN_THE_SERVER = (
    *("u:PW@db1", "u:a/PW@db1", "u:a?PW@db1", "u:a#PW@db1", "u:a;PW@db1", "u:a:PW@db1", "u:PW:1@db1", "u/PW@db1", "db1:PW", "db1;pass=PW"),
    *("u:PW", "u:PW@:1", "[PW]", "[u:PW]", "u:12345?PW@db1", "db1:1521:PW", "db1,u:PW", "u:a@PW@db1", "db1 password=PW", "db1?password=PW"),
)
_ENGINES = (
    *("jdbc:postgresql://{}/jira", "jdbc:mysql://{}/jira", "jdbc:mariadb://{}/jira", "jdbc:mysql:replication://{}/jira"),
    *("jdbc:sqlserver://{};databaseName=jira", "jdbc:jtds:sqlserver://{}/jira", "jdbc:oracle:thin:{}/jira", "jdbc:oracle:thin:@{}/jira"),
    *("jdbc:oracle:thin:{}@(DESCRIPTION=(ADDRESS=(HOST=db1))(CONNECT_DATA=(SID=x)))", "jdbc:oracle:thin:@//{}/jira"),
    *("jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(HOST={}))(CONNECT_DATA=(SID=x)))", "jdbc:h2:tcp://{}/jira", "jdbc:hsqldb:hsql://{}/jira"),
    *("jdbc:mysql://address=(host={})/jira", "jdbc:mysql+srv://{}/jira", "jdbc:p6spy:postgresql://{}/jira"),
)
_WHOLE = (
    *("jdbc:postgresql://db1/jira", "jdbc:postgresql:jira", "jdbc:mysql://db1/jira", "jdbc:sqlserver://db1;databaseName=jira"),
    *("jdbc:jtds:sqlserver://db1/jira", "jdbc:oracle:thin:@db1:1521:jira", "jdbc:oracle:thin:@db1/jira", "jdbc:oracle:thin:@alias"),
    *(
        "jdbc:sqlite:/srv/x.db",
        "jdbc:h2:/srv/x",
        "jdbc:h2:tcp://db1/x",
        "jdbc:hsqldb:/srv/x",
        "jdbc:hsqldb:hsql://db1/x",
        "jdbc:db2://db1/x",
    ),
    *("jdbc:postgresql://db1/jira?currentSchema=a", "jdbc:postgresql://db1/jira?user=u", "jdbc:mariadb://db1/x?localSocket=/run/s"),
    *("jdbc:sqlserver://db1;instanceName=X;databaseName=jira", "jdbc:sqlserver://db1;user=sa", "jdbc:oracle:thin:u@db1:1521/x"),
)
_BEHIND = ("?password=PW", ";password=PW", "&password=PW", ",password=PW", " password=PW", "#password=PW", ":PW", "/password=PW", "@PW:x")
_OTHERS = (
    *("jdbc:postgresql://db1/x?sslpassword=PW", "jdbc:mysql://u:s3@PW@db1/x?trustStorePassword=PW", "PW", "jdbc:mysql:PW", "jdbc:PW:x"),
    *(
        "jdbc:sqlserver://db1;user=sa;pwd=PW;keyStoreSecret=PW",
        "jdbc:PW://db1/x",
        "jdbc:h2:/x;USER=u:PW",
        "jdbc:postgresql://db1/x?user=u:PW",
    ),
)
ODD_URLS = [
    url.replace("PW", SECRET)
    for url in (
        *(engine.format(server) for engine in _ENGINES for server in _IN_THE_SERVER),
        *(f"{url}{behind}" for url in _WHOLE for behind in _BEHIND),
        *_OTHERS,
    )
]


@pytest.mark.parametrize("url", ODD_URLS)
def test_no_password_stays_in_what_was_taken_apart(url: str) -> None:
    assert SECRET not in repr(parse_jdbc_url(url))


@pytest.mark.parametrize(
    ("words", "engine"),
    [
        ("postgres72", PG),
        ("postgresaurora96", PG),
        ("mysql57", MY),
        ("org.mariadb.jdbc.Driver", "mariadb"),
        ("mssql", MS),
        ("net.sourceforge.jtds.jdbc.Driver", MS),
        ("oracle10g", ORA),
        ("hsql", "hsqldb"),
        ("org.h2.Driver", "h2"),
        ("built-in", ""),
        ("", ""),
    ],
)
def test_a_database_type_or_a_driver_tells_the_engine(words: str, engine: str) -> None:
    assert engine_in(words) == engine


SERVERS = {
    PG: "jdbc:postgresql://db1/x",
    MY: "jdbc:mysql://db1/x",
    "mariadb": "jdbc:mariadb://db1/x",
    MS: "jdbc:sqlserver://db1;databaseName=x",
    ORA: "jdbc:oracle:thin:@//db1/x",
}


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_is_told_by_its_name(name: str) -> None:
    assert engine_in(name) == name


def test_every_engine_with_a_port_has_a_form_and_is_asked_for_its_tls() -> None:
    of_servers = {name for name, engine in ENGINES.items() if engine.default_port}
    assert of_servers == set(SERVERS)
    assert of_servers <= set(DRIVERS)


@pytest.mark.parametrize(("name", "url"), SERVERS.items())
def test_the_usual_port_is_that_of_the_engine(name: str, url: str) -> None:
    assert parse_jdbc_url(url) == JdbcUrl(name, "db1", ENGINES[name].default_port, False, "x")


def test_the_usual_ports_stand_in_one_file() -> None:
    """The other files ask it: one engine more is one line there."""
    utils = Path(__file__).resolve().parents[2] / "plugins/module_utils"
    ports = {str(engine.default_port) for engine in ENGINES.values()} - {"0"}
    found = {
        path.name
        for path in utils.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and str(node.value) in ports
    }
    assert found == {"engines.py"}


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        *[(f"jdbc:postgresql://db1/x?sslmode={mode}", "") for mode in ("disable", "allow", "prefer", "PREFER")],
        *[(f"jdbc:postgresql://db1/x?a=b&sslmode={mode}", mode) for mode in ("require", "verify-ca", "verify-full")],
        ("jdbc:postgresql://db1/x?sslMode=Require&ssl=false", "require"),
        ("jdbc:postgresql://db1/x?ssl=true", "verify-full"),
        ("jdbc:postgresql://db1/x?ssl", "verify-full"),
        ("jdbc:postgresql://db1/x?ssl=false", ""),
        ("jdbc:postgresql://db1/x?ssl=true&sslfactory=org.postgresql.ssl.NonValidatingFactory", "require"),
        ("jdbc:postgresql://db1/x?sslmode=${mode}", "unknown"),
        ("jdbc:postgresql://h1,h2/x?sslmode=require", "require"),
        ("jdbc:mysql://db1/x", ""),
        ("jdbc:mysql://db1/x?useSSL=false", ""),
        ("jdbc:mysql://db1/x?useSSL=false&requireSSL=true", ""),
        ("jdbc:mysql://db1/x?useSSL=true", "require"),
        ("jdbc:mysql://db1/x?requireSSL=true", "require"),
        ("jdbc:mysql://db1/x?useSSL=true&verifyServerCertificate=true", "verify-ca"),
        ("jdbc:mysql://db1/x?sslMode=PREFERRED&useSSL=true", ""),
        ("jdbc:mysql://db1/x?sslMode=REQUIRED", "require"),
        ("jdbc:mysql://db1/x?sslMode=VERIFY_CA", "verify-ca"),
        ("jdbc:mysql://db1/x?sslMode=VERIFY_IDENTITY", "verify-full"),
        ("jdbc:mysql://db1/x?useSSL=@use.ssl@", "unknown"),
        ("jdbc:mysql://(host=db1,sslMode=REQUIRED)/x", "unknown"),
        ("jdbc:mysql://ssl.example.org/x", ""),
        ("jdbc:mariadb://db1/x?useSsl=true", "verify-full"),
        ("jdbc:mariadb://db1/x?useSsl=true&disableSslHostnameVerification=true", "verify-ca"),
        ("jdbc:mariadb://db1/x?useSsl=true&trustServerCertificate=true", "require"),
        ("jdbc:mariadb://db1/x?sslMode=trust", "require"),
        ("jdbc:mariadb://db1/x?sslMode=verify-full", "verify-full"),
        ("jdbc:mariadb://db1/x?sslMode=disable", ""),
        ("jdbc:sqlserver://db1;databaseName=x", ""),
        ("jdbc:sqlserver://db1;databaseName=x;encrypt=false", ""),
        ("jdbc:sqlserver://db1;databaseName=x;encrypt=optional", ""),
        ("jdbc:sqlserver://db1;databaseName=x;encrypt=true", "verify-full"),
        ("jdbc:sqlserver://db1;databaseName=x;encrypt=mandatory;trustServerCertificate=true", "require"),
        ("jdbc:sqlserver://db1;databaseName=x;encrypt=strict;trustServerCertificate=true", "verify-full"),
        ("jdbc:sqlserver://db1;databaseName=x;encrypt=__E__", "unknown"),
        ("jdbc:jtds:sqlserver://db1/x;ssl=require", "require"),
        ("jdbc:jtds:sqlserver://db1/x;ssl=authenticate", "verify-ca"),
        ("jdbc:jtds:sqlserver://db1/x;ssl=request", ""),
        ("jdbc:oracle:thin:@//db1:1521/x", ""),
        ("jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=db1))(CONNECT_DATA=(SID=x)))", ""),
        ("jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCPS)(HOST=db1))(SECURITY=(SSL_SERVER_DN_MATCH=ON)))", "verify-full"),
        ("jdbc:oracle:thin:@tcps://db1:2484/x?ssl_server_dn_match=true", "verify-full"),
        ("jdbc:sqlite:/srv/x.db", ""),
    ],
)
def test_the_tls_that_a_url_insists_on_in_the_words_of_libpq(url: str, asked: str) -> None:
    assert parse_jdbc_url(url).ssl_mode == asked


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"jdbc:postgresql://h:{'9' * 5000}/d", id="postgresql, thousands of digits"),
        pytest.param(f"jdbc:mysql://h:{'9' * 5000}/d", id="mysql, thousands of digits"),
        pytest.param(f"jdbc:sqlserver://h:{'9' * 5000};databaseName=d", id="sqlserver, thousands of digits"),
        pytest.param(f"jdbc:oracle:thin:@//h:{'9' * 5000}/d", id="oracle, thousands of digits"),
        "jdbc:postgresql://h:99999/d",
        "jdbc:postgresql://h:0/d",
        "jdbc:postgresql://h:٣/d",
        "jdbc:postgresql://h:1\n2/d",
    ],
)
def test_a_port_that_is_none_is_said(url: str) -> None:
    parsed = parse_jdbc_url(url)
    assert (parsed.port, parsed.doubt) == (0, NO_PORT)


@pytest.mark.parametrize("port", [pytest.param("9" * 5000, id="thousands of digits"), "99999", "٣", "0"])
def test_a_socket_of_postgresql_without_a_port_is_not_clear(port: str) -> None:
    url = parse_jdbc_url(f"jdbc:postgresql:d?socketFactory=F&socketFactoryArg=/run/.s.PGSQL.{port}")
    assert (url.host, url.doubt) == ("", FACTORY)


def test_a_port_with_zeros_before_it_is_one() -> None:
    assert parse_jdbc_url("jdbc:postgresql://h:0005433/d").port == 5433


@pytest.mark.parametrize(
    "url",
    [
        "jdbc:postgresql://h/d?" + "&" * 200_000,
        "jdbc:sqlserver://h" + ";" * 200_000,
        "jdbc:mysql://[" + "," * 200_000,
        "jdbc:postgresql://[" + ":" * 200_000 + "/d",
        "jdbc:oracle:thin:@(DESCRIPTION=(HOST=" + " " * 200_000 + "(",
    ],
    ids=["and", "semicolons", "commas", "colons", "blanks"],
)
def test_a_url_that_is_longer_than_any_is_not_taken_apart(url: str) -> None:
    assert parse_jdbc_url(url) == JdbcUrl(doubt="it is longer than 10000 characters")


def test_properties_without_an_end_are_taken_apart_in_a_moment() -> None:
    url = with_properties(JdbcUrl(PG, "h", 5432, True, "d"), ";" * 200_000 + "sslmode=require")
    assert url.ssl_mode == "require"


@pytest.mark.parametrize(
    ("url", "properties", "port", "doubt"),
    [
        ("jdbc:jtds:sqlserver://db1:1433/jira", "instance=X", 0, INSTANCE_WINS),
        ("jdbc:jtds:sqlserver://db1/jira", "a=b;INSTANCE=X", 0, INSTANCE),
        ("jdbc:sqlserver://db1;databaseName=jira", "instanceName=X", 0, INSTANCE),
        ("jdbc:sqlserver://db1:1434;databaseName=jira", "instanceName=X", 1434, ""),
        ("jdbc:sqlserver://db1:1434;databaseName=jira", "instance=", 1434, ""),
        ("jdbc:postgresql://db1/jira", "instance=X", 5432, ""),
    ],
)
def test_an_instance_beside_the_url_has_a_port_of_its_own(url: str, properties: str, port: int, doubt: str) -> None:
    found = with_properties(parse_jdbc_url(url), properties)
    assert (found.host, found.port, found.doubt) == ("db1", port, doubt)


def test_a_separator_in_braces_is_part_of_the_value() -> None:
    url = parse_jdbc_url("jdbc:sqlserver://h;user={a};database={x;encrypt=true};x={a;{b;applicationName={y}")
    assert (url.user, url.name, url.doubt) == ("a", "", NAME_NOT_CLEAR)
