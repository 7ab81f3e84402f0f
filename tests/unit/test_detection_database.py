# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which database a node has is known for certain, or it is said what is in doubt."""

from __future__ import annotations

import json
import typing as t
from xml.sax.saxutils import escape

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import Found

from tests.unit.fake_node import HOME, FakeNode, fact, look_at
from tests.unit.test_jdbc_url import ODD_URLS, SECRET

PROPERTIES, SHARED = "{home}/shared/bitbucket.properties", "/srv/shared/bitbucket.properties"
H2 = {"{home}/shared/data/db.mv.db": b""}


def dbconfig(url: str, user: str = "jira", more: str = "") -> dict[str, bytes]:
    """The settings of a Jira."""
    source = f"<jdbc-datasource><url>{escape(url)}</url><username>{escape(user)}</username></jdbc-datasource>"
    return {"{home}/dbconfig.xml": f"<jira-database-config>{source}{more}</jira-database-config>".encode()}


def confluence(step: str = "complete", kind: str = "custom") -> dict[str, bytes]:
    """A Confluence without a URL, whose built-in database is there."""
    settings = f"<confluence-configuration><setupStep>{step}</setupStep><setupType>{kind}</setupType></confluence-configuration>"
    return {"{home}/confluence.cfg.xml": settings.encode(), "{home}/database/h2db.mv.db": b""}


def bitbucket(*lines: str) -> dict[str, bytes]:
    """The settings of a Bitbucket."""
    return {PROPERTIES: "\n".join(lines).encode()}


def database(product: str, *node: t.Any, **more: t.Any) -> dict[str, t.Any]:
    found: dict[str, t.Any] = look_at(product, FakeNode(*node, **more))["database"]
    return found


def place(found: dict[str, t.Any]) -> tuple[t.Any, ...]:
    return tuple(found[name] for name in ("engine", "host", "port", "name"))


def test_what_the_url_says_whole_is_not_in_doubt() -> None:
    assert database("jira", dbconfig("jdbc:postgresql://db1/jira"))["doubts"] == {}


@pytest.mark.parametrize(
    ("url", "parts", "reason"),
    [
        ("jdbc:postgresql://2001:db8::7:5432/jira", {"host", "port"}, "an IPv6 address needs brackets"),
        ("jdbc:postgresql://db1:word/jira", {"host", "port"}, "its port is no port number"),
        ("jdbc:postgresql://db1/", {"name"}, "it names no database"),
        ("jdbc:postgresql://h1,h2/jira", {"host"}, "it names 2 hosts: h1, h2"),
        ("jdbc:postgresql://h1:1,h2:2/jira", {"host", "port"}, "it names 2 hosts: h1:1, h2:2"),
        ("jdbc:sqlserver://db1;instanceName=X;databaseName=jira", {"port"}, "an instance of the server, and not its port"),
        ("jdbc:oracle:thin:@alias", {"host", "port", "name"}, "an entry of another file"),
        ("jdbc:db2://db1/jira", {"engine", "host", "port", "name"}, "its driver is not known"),
        ("jdbc:sqlite::memory:", {"host", "port", "name"}, "it names no database"),
        ("jdbc:postgresql://{{ db_host }}/jira", {"host", "port"}, "a placeholder in it was never filled in"),
        ("jdbc:postgresql://db1/@db.name@", {"host", "port", "name"}, "a placeholder in it was never filled in"),
    ],
)
def test_a_part_that_the_url_does_not_say_is_in_doubt_with_file_and_reason(url: str, parts: set[str], reason: str) -> None:
    doubts = database("jira", dbconfig(url))["doubts"]
    assert doubts.keys() == parts
    assert all(one.startswith("/home-of-node/dbconfig.xml:1: ") and reason in one for one in doubts.values())


def test_a_damaged_or_contradicting_file_leaves_all_in_doubt() -> None:
    damaged = {name: data.replace(b"</jira-database-config>", b"") for name, data in dbconfig("jdbc:postgresql://db1/jira").items()}
    contradicting = dbconfig("jdbc:postgresql://db1/jira", more="<jdbc-datasource><url>jdbc:postgresql://db2/jira</url></jdbc-datasource>")
    for files, reason in ((damaged, "(damaged, "), (contradicting, "contradict each other"), ({}, "not set in /home-of-node/dbconfig.xml")):
        doubts = database("jira", files)["doubts"]
        assert {"engine", "host", "port", "name"} <= doubts.keys()
        assert all(reason in one for one in doubts.values())


@pytest.mark.parametrize("user", ["{{ x }}", "<%= x %>", "${x}", "%X%", "__X__", "@x@", "<user>", "$X"])
def test_an_account_that_was_never_filled_in_is_in_doubt(user: str) -> None:
    found = database("jira", dbconfig("jdbc:postgresql://db1/jira", user))
    assert (found["user"], found["doubts"]) == ("", {"user": "/home-of-node/dbconfig.xml:1: a placeholder in it was never filled in"})


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("jdbc:postgresql://db1/jira?user=${DB_USER}", "user"),
        ("jdbc:postgresql://db1/jira?user={{ u }}", "user"),
        ("jdbc:mysql://{{u}}@db1/jira", "user"),
        ("jdbc:sqlserver://db1;databaseName=jira;user=%USER%", "user"),
        ("jdbc:postgresql://db1/jira?currentSchema=@schema@", "schema"),
    ],
)
def test_an_account_or_a_schema_in_the_url_that_was_never_filled_in_is_in_doubt(url: str, part: str) -> None:
    files = {name: data.replace(b"<username></username>", b"") for name, data in dbconfig(url, "").items()}
    found = database("jira", files)
    assert (found["host"], found["doubts"]) == ("db1", {part: "/home-of-node/dbconfig.xml:1: a placeholder in it was never filled in"})


def test_a_schema_that_was_never_filled_in_is_in_doubt() -> None:
    found = database("jira", dbconfig("jdbc:postgresql://db1/jira", more="<schema-name>{{ s }}</schema-name>"))
    assert (found["schema"], list(found["doubts"])) == ("", ["schema"])


@pytest.mark.parametrize(
    ("url", "properties", "asked"),
    [
        ("jdbc:mysql://db1/jira", "useSSL=true;requireSSL=true", "require"),
        ("jdbc:mysql://db1/jira", "tcpKeepAlive=true;password=x", ""),
        ("jdbc:mysql://db1/jira?sslMode=VERIFY_IDENTITY", "useSSL=true", "verify-full"),
        ("jdbc:postgresql://db1/jira?sslmode=require", "sslmode=verify-ca", "verify-ca"),
        ("jdbc:postgresql://db1/jira", "sslmode={{ mode }}", "unknown"),
        ("jdbc:sqlserver://db1;databaseName=jira", "encrypt=true", "verify-full"),
        ("jdbc:jtds:sqlserver://db1/jira", "ssl=require", "require"),
    ],
)
def test_tls_that_is_asked_for_beside_the_url_counts(url: str, properties: str, asked: str) -> None:
    files = dbconfig(url)
    beside = f"<connection-properties>{properties}</connection-properties></jdbc-datasource>".encode()
    assert database("jira", {name: data.replace(b"</jdbc-datasource>", beside) for name, data in files.items()})["ssl_mode"] == asked


@pytest.mark.parametrize("user", ["jira", "jira_app", "o'brien", "DOM\\jira", "jira@server", "svc$", "C##JIRA", "__jira", "a%20b"])
def test_an_account_with_odd_signs_is_one(user: str) -> None:
    assert database("jira", dbconfig("jdbc:postgresql://db1/jira", user))["user"] == user


@pytest.mark.parametrize("url", ODD_URLS)
def test_no_part_of_a_password_in_an_odd_url_comes_out(url: str) -> None:
    assert SECRET not in json.dumps(look_at("jira", FakeNode(dbconfig(url))))


def test_a_placeholder_in_a_password_is_not_quoted() -> None:
    answer = look_at("jira", FakeNode(dbconfig(f"jdbc:postgresql://db1/jira?password=a${{{SECRET}}}b")))
    assert (place(answer["database"]), SECRET in json.dumps(answer)) == (("postgresql", "db1", 5432, "jira"), False)


@pytest.mark.parametrize(
    ("lines", "arguments", "environment", "expected"),
    [
        (["jdbc.url=jdbc:postgresql://${DB}/x"], [], {"DB": "db1"}, ("postgresql", "db1", 5432, "x")),
        (["jdbc.url=jdbc:postgresql://${db}/x"], ["-Ddb=db1"], {}, ("postgresql", "db1", 5432, "x")),
        (["jdbc.url=jdbc:postgresql://${DB:db1}/x"], [], {}, ("postgresql", "db1", 5432, "x")),
        (["jdbc.url=jdbc:postgresql://${DB:db1}/x"], [], {"DB": "db2"}, ("postgresql", "db2", 5432, "x")),
        (["jdbc.url=jdbc:postgresql://${DB}/x"], [], {"DB": "${OTHER}", "OTHER": "db1"}, ("postgresql", "db1", 5432, "x")),
        (["jdbc.url=jdbc:h2:${bitbucket.shared.home}/data/db"], [], {}, ("h2", "", 0, "/home-of-node/shared/data/db")),
        (["jdbc.url=jdbc:h2:${user.home}/data/db"], [], {}, ("h2", "", 0, "")),
        (["jdbc.url=jdbc:postgresql://${DB}/x"], ["-DDB=db1"], {"DB": "db2"}, ("postgresql", "", 0, "x")),
        (["jdbc.url=jdbc:postgresql://${DB}/x"], [], {}, ("postgresql", "", 0, "x")),
        (["jdbc.url=jdbc:postgresql://${DB}/x"], [], {"DB": "${DB}"}, ("postgresql", "", 0, "x")),
        (["jdbc.url=jdbc:postgresql://db1/x"], [], {"JDBC_URL": "jdbc:postgresql://${DB:db2}/x"}, ("postgresql", "db2", 5432, "x")),
    ],
)
def test_what_spring_fills_in_is_filled_in_and_nothing_else(
    lines: list[str], arguments: list[str], environment: dict[str, str], expected: tuple[t.Any, ...]
) -> None:
    found = database("bitbucket", bitbucket(*lines), arguments, environment)
    assert place(found) == expected
    assert bool(found["doubts"]) == ("" in (expected[1] or expected[0], expected[3]) or expected[:2] == ("postgresql", ""))


def test_an_environment_that_cannot_be_read_leaves_what_it_could_override_in_doubt() -> None:
    arguments, unread = ["-Dbitbucket.shared.home=/home-of-node/shared"], "the environment of process 1 cannot be read"
    found = database("bitbucket", bitbucket("jdbc.url=jdbc:postgresql://db1/x"), arguments, None)
    assert {"engine", "host", "port", "name", "user"} == found["doubts"].keys()
    assert all(unread in one for one in found["doubts"].values())
    found = database("bitbucket", {**bitbucket(), **H2}, arguments, None)
    assert place(found) == ("unknown", "", 0, "")
    assert unread in found["doubts"]["engine"]
    with pytest.raises(SessionsError, match=f"^The shared home folder of Bitbucket is not known: {unread}"):
        database("bitbucket", bitbucket(), environment=None)


@pytest.mark.parametrize(
    ("product", "files", "more", "reason"),
    [
        ("confluence", {"{home}/database/h2db.mv.db": b""}, {}, "/confluence.cfg.xml is not there"),
        ("confluence", confluence(step="setupdbtype-start"), {}, "the set-up of the product is not finished"),
        ("confluence", confluence(kind="cluster"), {}, "a cluster has no built-in database"),
        ("confluence", {"{home}/confluence.cfg.xml": confluence()["{home}/confluence.cfg.xml"]}, {}, "none of the built-in one is there"),
        ("confluence", confluence(), {"process": ""}, "no process runs"),
        ("bitbucket", bitbucket("other.program=1"), {}, "none of the built-in one is there"),
        ("bitbucket", {}, {}, "none of the built-in one is there"),
        ("fisheye", {"{home}/config.xml": b"<config/>"}, {}, "none of the built-in one is there"),
    ],
)
def test_nothing_found_is_not_the_built_in_database(product: str, files: dict[str, bytes], more: dict[str, t.Any], reason: str) -> None:
    found = database(product, files, **more)
    assert (found["engine"], found["embedded"]) == ("unknown", False)
    assert reason in found["doubts"]["engine"]


@pytest.mark.parametrize(
    ("product", "files", "engine"),
    [("confluence", confluence(), "h2"), ("bitbucket", H2, "h2"), ("bitbucket", {**bitbucket(), **H2}, "h2")],
)
def test_the_built_in_database_is_one_that_was_seen(product: str, files: dict[str, bytes], engine: str) -> None:
    answer = look_at(product, FakeNode(files))
    assert (answer["database"]["engine"], answer["database"]["embedded"], answer["database"]["doubts"]) == (engine, True, {})
    assert fact(answer, "database.engine")[1].endswith(".mv.db is there")


@pytest.mark.parametrize(
    "how", [{"environment": {"BITBUCKET_SHARED_HOME": "/srv/shared"}}, {"arguments": ["-Dbitbucket.shared.home=/srv/shared"]}]
)
def test_a_shared_home_elsewhere_is_read(how: dict[str, t.Any]) -> None:
    files = {SHARED: b"jdbc.url=jdbc:postgresql://db1/x", **bitbucket("jdbc.url=jdbc:postgresql://old/x"), **H2}
    assert database("bitbucket", files, **how)["host"] == "db1"


@pytest.mark.parametrize("setting", ["tcpip", "multicast", "aws", "azure", "kubernetes"])
def test_any_network_of_hazelcast_makes_a_cluster(setting: str) -> None:
    others = [f"hazelcast.network.{one}=false" for one in ("tcpip", "multicast", "aws", "azure", "kubernetes") if one != setting]
    assert look_at("bitbucket", FakeNode(bitbucket(*others, f"hazelcast.network.{setting}=true")))["clustered"] is True
    assert look_at("bitbucket", FakeNode(bitbucket(*others)))["clustered"] is False


def test_a_database_is_no_surer_than_the_home_that_its_settings_were_read_in() -> None:
    node = FakeNode(dbconfig("jdbc:postgresql://db1/jira"), [], None, process="")
    found = look_at("jira", node, home=Found(HOME, "likely", "x:1"))["database"]
    assert place(found) == ("postgresql", "db1", 5432, "jira")
    assert set(found["doubts"]) == {"engine", "host", "port", "name"}
    assert found["doubts"]["host"].endswith("/dbconfig.xml:1, in a home folder that is only likely: x:1")
    assert look_at("jira", node)["database"]["doubts"] == {}


def test_of_a_bitbucket_that_is_down_without_a_unit_nothing_is_taken_by_default() -> None:
    node = FakeNode({**bitbucket("jdbc.url=jdbc:postgresql://db1/bitbucket", "server.port=7999"), **H2}, [], None, process="")
    answer = look_at("bitbucket", node)
    assert place(answer["database"]) == ("unknown", "", 0, "")
    assert set(answer["database"]["doubts"]) == {"engine", "host", "port", "name", "user"}
    assert (answer["url"], answer["sessions"]["kept"]) == ("", "unknown")


BITBUCKET_SETTINGS = bitbucket("jdbc.url=jdbc:postgresql://old-db/x", "jdbc.user=x", "server.port=7990", "server.context-path=/old")
TOLD = {"jdbc.url": "jdbc:postgresql://new-db/x", "hazelcast.http.sessions": "replicated", "hazelcast.network.tcpip": "true"}
TOLD_OF_WEB = {"server.port": "7999", "server.context-path": "/new"}


def seen_of(answer: dict[str, t.Any]) -> tuple[t.Any, ...]:
    return answer["database"]["host"], answer["sessions"]["kept"], answer["clustered"], answer["port"], answer["context_path"]


@pytest.mark.parametrize("sign", ["-D", "--"])
def test_an_argument_of_a_bitbucket_counts_before_its_environment_and_its_file(sign: str) -> None:
    arguments = [f"{sign}{key}={value}" for key, value in {**TOLD, **TOLD_OF_WEB}.items()]
    environment = {"JDBC_URL": "jdbc:postgresql://older-db/x", "HAZELCAST_HTTP_SESSIONS": "local", "SERVER_PORT": "7991"}
    answer = look_at("bitbucket", FakeNode(BITBUCKET_SETTINGS, arguments, environment))
    assert (seen_of(answer), answer["database"]["doubts"]) == (("new-db", "replicated", True, 7999, "/new"), {})
    assert fact(answer, "database.host") == ("certain", "process 1")


def test_an_argument_of_the_program_counts_before_one_of_java() -> None:
    arguments = ["-Djdbc.url=jdbc:postgresql://old/x", "--jdbc.url=jdbc:postgresql://new/x"]
    assert database("bitbucket", BITBUCKET_SETTINGS, arguments)["host"] == "new"


@pytest.mark.parametrize("variable", ["SERVER_CONTEXT_PATH", "SERVER_CONTEXTPATH"])
def test_both_spellings_of_a_variable_of_spring_count(variable: str) -> None:
    assert look_at("bitbucket", FakeNode(BITBUCKET_SETTINGS, [], {variable: "/new"}))["context_path"] == "/new"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        (
            "SPRING_APPLICATION_JSON",
            json.dumps({"jdbc": {"url": TOLD["jdbc.url"]}, "hazelcast.http.sessions": 1, "hazelcast.network.TCP_IP": 1}),
        ),
        *(
            (name, " ".join(f"-D{key}={value}" for key, value in TOLD.items()))
            for name in ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")
        ),
    ],
)
def test_what_a_variable_may_set_that_is_not_read_is_not_known(variable: str, value: str) -> None:
    answer = look_at("bitbucket", FakeNode(BITBUCKET_SETTINGS, [], {variable: value}))
    assert seen_of(answer) == ("", "unknown", True, 7990, "/old")
    assert answer["database"]["doubts"].keys() == {"engine", "host", "port", "name"}
    assert f"the variable {variable} of process 1 may set" in answer["database"]["doubts"]["host"]


def test_what_such_a_variable_does_not_set_is_known() -> None:
    variables = {"SPRING_APPLICATION_JSON": '{"server": {"port": 1}}', "JAVA_TOOL_OPTIONS": "-Xmx1g -Dserver.port=1"}
    assert database("bitbucket", BITBUCKET_SETTINGS, [], variables)["doubts"] == {}


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ('{"jdbc.url": "x"}', {"engine", "host", "port", "name"}),
        ('{"JDBC_URL": "x"}', {"engine", "host", "port", "name"}),
        ('{"\\u006adbc": {"Url": "x"}}', {"engine", "host", "port", "name"}),
        ('{"jdbc": {"user": null}}', {"user"}),
        ("{jdbc.url: x", {"engine", "host", "port", "name"}),
        # names that only have a word of it
        ('{"plugin": {"mirroring": {"upstream": {"url": "https://x"}}}}', set()),
        ('{"feature.user.timezones": false, "logging.logger.com.example.support": "DEBUG"}', set()),
        ('{"jdbc": {"url.comment": "x"}, "jdbc.urls": ["jdbc.url"]}', set()),
        ("[]", set()),
    ],
)
def test_the_json_of_spring_sets_what_it_names(text: str, unknown: set[str]) -> None:
    assert database("bitbucket", BITBUCKET_SETTINGS, [], {"SPRING_APPLICATION_JSON": text})["doubts"].keys() == unknown


def test_an_argument_of_the_process_counts_before_the_variables_of_java_but_for_the_last() -> None:
    arguments = ["-Djdbc.url=jdbc:postgresql://new/x"]
    assert database("bitbucket", BITBUCKET_SETTINGS, arguments, {"JAVA_TOOL_OPTIONS": "-Djdbc.url=x"})["host"] == "new"
    assert database("bitbucket", BITBUCKET_SETTINGS, arguments, {"_JAVA_OPTIONS": "-Djdbc.url=x"})["host"] == ""


def test_the_arguments_that_a_unit_gives_to_the_scripts_are_not_known() -> None:
    given = {"JVM_SUPPORT_RECOMMENDED_ARGS": "-Djdbc.url=jdbc:postgresql://new-db/x"}
    found = database("bitbucket", BITBUCKET_SETTINGS, [], given, process="")
    assert "the variable JVM_SUPPORT_RECOMMENDED_ARGS of its unit may set -Djdbc.url, and is not read" in found["doubts"]["host"]
