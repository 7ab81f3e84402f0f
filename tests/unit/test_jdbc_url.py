# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JDBC URLs say what they say, and nothing that they do not. More forms, inside their files, are in the corpus."""

from __future__ import annotations

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.jdbc_url import JdbcUrl, engine_in, parse_jdbc_url

NO_PORT = "its port is no port number"
PG, MY, MS, ORA = "postgresql", "mysql", "sqlserver", "oracle"


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
        ("jdbc:postgresql://db1:70000/jira", JdbcUrl(PG, "db1", 0, True, "jira", doubt=NO_PORT)),
        ("jdbc:postgresql://db1:²/jira", JdbcUrl(PG, "db1", 0, True, "jira", doubt=NO_PORT)),
        ("jdbc:postgresql://:5432/jira", JdbcUrl(PG, name="jira", doubt="it names no host")),
        ("jdbc:mysql:///jiradb", JdbcUrl(MY, "localhost", 3306, False, "jiradb")),
        ("jdbc:mysql://(host=db1,port=3307,password=p)/jiradb", JdbcUrl(MY, "db1", 3307, True, "jiradb")),
        ("jdbc:mysql://address=(host=db1)/jiradb", JdbcUrl(MY, "db1", 3306, False, "jiradb")),
        ("jdbc:mysql://address=(host=2001:db8::7)(port=3307)/x", JdbcUrl(MY, "2001:db8::7", 3307, True, "x")),
        ("jdbc:mysql://[::1]:3307/jiradb", JdbcUrl(MY, "::1", 3307, True, "jiradb")),
        ("jdbc:mysql+srv://u:p@db1/jiradb", JdbcUrl(MY, "db1", 3306, False, "jiradb", user="u")),
        ("jdbc:mariadb://localhost/jiradb?localSocket=/run/m.sock", JdbcUrl("mariadb", "/run/m.sock", 0, True, "jiradb")),
        ("jdbc:mysql:db1", JdbcUrl(MY, doubt="it has no '//'")),
        ("jdbc:sqlserver://;serverName=db1;portNumber=1434;database=jira", JdbcUrl(MS, "db1", 1434, True, "jira")),
        ("jdbc:sqlserver://db1:1433;databaseName=jira;userName=sa;password={a;b};", JdbcUrl(MS, "db1", 1433, True, "jira", user="sa")),
        ("jdbc:sqlserver://db1;instanceName=X;databaseName=jira", JdbcUrl(MS, "db1", 0, False, "jira", instance="X")),
        ("jdbc:jtds:sqlserver://db1/jira;instance=X", JdbcUrl(MS, "db1", 0, False, "jira", instance="X")),
        ("jdbc:oracle:thin:@db1:1522:SID", JdbcUrl(ORA, "db1", 1522, True, "SID")),
        ("jdbc:oracle:thin:@tcps://db1:2484/svc?wallet=x", JdbcUrl(ORA, "db1", 2484, True, "svc", ssl_mode="verify-ca")),
        ("jdbc:oracle:thin:u/p@db1/svc", JdbcUrl(ORA, "db1", 1521, False, "svc", user="u")),
        ("jdbc:oracle:thin:u/p", JdbcUrl(ORA, doubt="it has no '@'")),
        ("jdbc:sqlite:file:/srv/x.db?cache=shared", JdbcUrl("sqlite", name="/srv/x.db")),
        ("jdbc:sqlite::memory:", JdbcUrl("sqlite")),
        ("jdbc:h2:tcp://db1:9092/jira", JdbcUrl("h2", "db1", 9092, True, "jira")),
        ("jdbc:h2:mem:jira", JdbcUrl("h2", name="jira", embedded=True)),
        ("jdbc:hsqldb:/srv/x;shutdown=true", JdbcUrl("hsqldb", name="/srv/x", embedded=True)),
        ("jdbc:aws-wrapper:postgresql://db1/jira", JdbcUrl(PG, "db1", 5432, False, "jira")),
        ("jdbc:db2://db1/jira", JdbcUrl(doubt="the driver of jdbc:db2: is not known")),
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
    ],
)
def test_of_several_hosts_none_is_chosen(url: str) -> None:
    parsed = parse_jdbc_url(url)
    assert (parsed.host, parsed.port, parsed.hosts, parsed.name) == ("", 0, ("h1:5432", "h2"), "jira")


@pytest.mark.parametrize(
    "url",
    [
        "jdbc:postgresql://u:s3cret@db1/x",
        "jdbc:postgresql://u:s3cret/x",
        "jdbc:postgresql://db1/x?password=s3cret&sslpassword=s3cret",
        "jdbc:mysql://u:s3cret@db1,db2:s3cret/x",
        "jdbc:mysql://u:s3@cret@db1/x?trustStorePassword=s3cret",
        "jdbc:sqlserver://db1;user=sa;pwd=s3cret;keyStoreSecret=s3cret",
        "jdbc:oracle:thin:u/s3cret@db1:1521/x",
        "jdbc:oracle:thin:u/s3cret@(DESCRIPTION=(ADDRESS=(HOST=db1)))",
        "jdbc:h2:/srv/x;USER=sa;PASSWORD=s3cret",
        "s3cret",
        "jdbc:mysql:s3cret",
    ],
)
def test_no_password_stays_in_what_was_taken_apart(url: str) -> None:
    assert "s3cret" not in repr(parse_jdbc_url(url))


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
