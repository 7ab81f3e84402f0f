# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the settings say, the plan names a database that the files state, or refuses; never a default that nobody wrote."""

from __future__ import annotations

import re
import typing as t
from xml.sax.saxutils import escape

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import Found
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.which_database import database_problem
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import DATABASE_OPTIONS, Database, database_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.fake_node import CERTAIN_HOME, HOME, FakeNode, look_at

NOTHING = {"database_port": 0, **{f"database_{name}": "" for name in ("engine", "server", "name", "user", "schema")}}


def _looks(database: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"n1": {"database": database, "process": {"identity": "b:1:1", "running": True}}}


# what stands where a value belongs: a value, nothing, a placeholder, something else
_HOSTS = st.sampled_from(
    [
        "db1",
        "db-2.example.org",
        "[2001:db8::7]",
        "2001:db8::7",
        "",
        "h1,h2",
        "h1:1,h2",
        "{{ db }}",
        "${DB}",
        "__DB__",
        "@db@",
        "%DB%",
        "a b",
        "u:p",
    ]
)
_PORTS = st.sampled_from(["", ":5433", ":word", ":0", ":99999", ":${PORT}", ":{{ port }}", ":"])
_NAMES = st.sampled_from(["jira", "my-db", "", "<%= name %>", "${NAME}", "a;password=x", "@name@", "a/b", "jira "])
_PARAMETERS = st.sampled_from(["", "?user=u", "?socketFactory=x", "?currentSchema=a", ";x=y", "?@db3/other", "?dnsSrv=true", "?service=x"])
_FORMS = st.sampled_from(
    [
        *("jdbc:postgresql://{host}{port}/{name}{parameters}", "jdbc:mysql://{host}{port}/{name}{parameters}", "jdbc:postgresql:{name}"),
        *(
            "jdbc:mariadb://{host}{port}/{name}",
            "jdbc:sqlserver://{host}{port};databaseName={name}",
            "jdbc:jtds:sqlserver://{host}{port}/{name}",
        ),
        *(
            "jdbc:sqlserver://{host}\\X;databaseName={name}",
            "jdbc:oracle:thin:@{host}{port}:{name}",
            "jdbc:oracle:thin:@//{host}{port}/{name}",
        ),
        *("jdbc:oracle:thin:@{name}", "jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(HOST={host}))(CONNECT_DATA=(SID={name})))"),
        *("jdbc:sqlite:/srv/{name}", "jdbc:h2:/srv/{name}", "jdbc:h2:tcp://{host}{port}/{name}", "jdbc:hsqldb:hsql://{host}{port}/{name}"),
        *("jdbc:db2://{host}{port}/{name}", "{name}", "", "jdbc:{host}", "jdbc:mysql+srv://{host}/{name}"),
    ]
)
URLS = st.builds(lambda form, **parts: form.format(**parts), _FORMS, host=_HOSTS, port=_PORTS, name=_NAMES, parameters=_PARAMETERS)
ENVIRONMENTS = st.sampled_from(
    [{}, {"DB": "db9"}, {"DB": "", "PORT": "5444"}, {"NAME": "{{ x }}"}, {"JDBC_URL": "jdbc:postgresql://db8/x"}, None]
)

Files = dict[str, bytes]


def _jira(urls: list[str], cut: int) -> Files:
    inside = "".join(f"<jdbc-datasource><url>{escape(url)}</url></jdbc-datasource>" for url in urls)
    return _file(
        "{home}/dbconfig.xml", f"<jira-database-config><database-type>postgres72</database-type>{inside}</jira-database-config>", cut
    )


def _hibernate(root: str, place: str) -> t.Callable[[list[str], int], Files]:
    def files(urls: list[str], cut: int) -> Files:
        inside = "".join(f'<property name="hibernate.connection.url">{escape(url)}</property>' for url in urls)
        return _file(place, f"<{root}><setupStep>complete</setupStep><properties>{inside}</properties></{root}>", cut)

    return files


def _bitbucket(urls: list[str], cut: int) -> Files:
    return _file("{home}/shared/bitbucket.properties", "\n".join(f"jdbc.url={url}" for url in urls), cut)


def _fisheye(urls: list[str], cut: int) -> Files:
    inside = "".join(f'<connection jdbcurl="{escape(url)}"/>' for url in urls)
    return _file("{home}/config.xml", f'<config><database type="postgresql">{inside}</database></config>', cut)


def _file(place: str, text: str, cut: int) -> Files:
    return {place: text[: len(text) - cut].encode()}


PRODUCTS: dict[str, t.Callable[[list[str], int], Files]] = {
    "jira": _jira,
    "confluence": _hibernate("confluence-configuration", "{home}/confluence.cfg.xml"),
    "bamboo": _hibernate("application-configuration", "{home}/bamboo.cfg.xml"),
    "bitbucket": _bitbucket,
    "fisheye": _fisheye,
}


def _taken(found: dict[str, t.Any]) -> Database | None:
    """What the modules would ask, None when they refuse."""
    options = {**{name: option.get("default") for name, option in DATABASE_OPTIONS.items()}, "engine": found["engine"]}
    place = {f"database_{name}": found[name] for name in ("host", "name", "ssl_mode")}
    try:
        return database_of({**options, **place, "database_port": found["port"]})
    except SessionsError:
        return None


def _is_stated(database: Database, text: str) -> bool:
    """Whether somebody wrote each part of it; a port that nobody wrote is the usual one, and localhost is what 'jdbc:postgresql:' means."""
    engine = ENGINES[database.engine.name]
    # in a properties file a backslash stands for what follows it: the product reads db1\X as db1X, too
    written = text + text.replace("\\", "")
    host = (
        not engine.default_port or database.host in written or (database.host == "localhost" and ("postgresql:" in text or ":///" in text))
    )
    port = database.port in (0, engine.default_port) or str(database.port) in text
    word = next((word for word in (engine.name, "jtds") if word in text), "")
    # an Oracle SID is told apart from a service's name by a colon before it
    name = database.name.removeprefix(":") if engine.name == "oracle" else database.name
    return bool(word) and host and port and name in text


# of each product the files of its built-in database, and what lies there beside
BUILT_IN = {
    "jira": {},
    "confluence": {"{home}/database/h2db.mv.db": b""},
    "bamboo": {},
    "bitbucket": {"{home}/shared/data/db.mv.db": b""},
    "fisheye": {"{home}/var/data/crudb/crucible.script": b""},
}
# a name of a data source, and where the container defines it
_RESOURCE = '<Resource name="jdbc/DS" url="{url}"/>'
_SERVICE = '<Server><Service><Engine><Host><Context docBase="../{webapp}">{resource}</Context></Host></Engine></Service></Server>'
WEBAPPS = {"jira": "atlassian-jira", "confluence": "confluence", "bamboo": "atlassian-bamboo"}
_OF_JIRA = "<jira-database-config><jndi-datasource><jndi-name>{name}</jndi-name></jndi-datasource></jira-database-config>"
_OF_HIBERNATE = '<{root}><setupStep>complete</setupStep><property name="hibernate.connection.datasource">{name}</property></{root}>'
_NAMED = {
    "jira": ("{home}/dbconfig.xml", _OF_JIRA),
    "confluence": ("{home}/confluence.cfg.xml", _OF_HIBERNATE.replace("{root}", "confluence-configuration")),
    "bamboo": ("{home}/bamboo.cfg.xml", _OF_HIBERNATE.replace("{root}", "application-configuration")),
}


def _data_source(product: str, urls: list[str], name: str, cut: int) -> Files:
    """Settings that name a data source, which the files of the container define so often."""
    place, text = _NAMED[product]
    resource = "".join(_RESOURCE.format(url=escape(url, {'"': "&quot;"})) for url in urls)
    server = _SERVICE.format(webapp=WEBAPPS[product], resource=resource)
    return {place: text.format(name=escape(name)).encode(), **_file("{install}/conf/server.xml", server, cut)}


def _contradict(urls: list[str]) -> bool:
    return len({url.strip() for url in urls} - {""}) > 1


def _checked(product: str, files: Files, node: FakeNode, environment: dict[str, str] | None, home: Found) -> bool:
    """Whether the plan refuses; else it names what somebody wrote, and a built-in database is one that was seen."""
    written, values = " ".join(data.decode() for data in files.values()), environment or {}
    # a value may stand in the middle of a word
    filled = re.sub(r"\$\{(\w+)\}", lambda place: values.get(place[1], place[0]), written)
    text = " ".join([written, filled, *values.values()])
    try:
        found = look_at(product, node, home=home)["database"]
    except SessionsError:
        return True
    problem = database_problem(_looks(found), NOTHING, same_machine=True)
    if problem:
        assert "force_reauth_database_" in problem
        return True
    assert home.sure == "certain"
    if found["engine"] in ("h2", "hsqldb"):
        built_in = set(BUILT_IN[product]) <= set(files) and bool(BUILT_IN[product])
        assert found["name"] in text.replace("\\", "") or (built_in and node.process and found["name"].startswith(HOME))
        return False
    taken = _taken(found)
    assert taken
    assert _is_stated(taken, text)
    return False


HOMES = st.sampled_from([CERTAIN_HOME, CERTAIN_HOME, CERTAIN_HOME, Found(HOME, "likely", "x:1")])
PROCESSES = st.sampled_from(["process 1", "process 1", ""])


@settings(max_examples=800, deadline=None)
@given(
    product=st.sampled_from(sorted(PRODUCTS)),
    urls=st.lists(URLS, max_size=2),
    cut=st.sampled_from([0, 0, 0, 1, 25, 60]),
    environment=ENVIRONMENTS,
    built_in=st.booleans(),
    process=PROCESSES,
    home=HOMES,
)
@example("jira", ["jdbc:postgresql://2001:db8::7:5432/jira"], 0, {}, False, "process 1", CERTAIN_HOME)
@example("jira", ["jdbc:postgresql://db1/jira", "jdbc:postgresql://db2/jira"], 0, {}, False, "process 1", CERTAIN_HOME)
@example("bitbucket", [], 0, None, True, "process 1", CERTAIN_HOME)
@example("bitbucket", ["jdbc:postgresql://db1/x"], 0, None, False, "", CERTAIN_HOME)
@example("confluence", [], 0, {}, True, "", CERTAIN_HOME)
@example("confluence", [], 0, {}, True, "process 1", CERTAIN_HOME)
@example("fisheye", [], 0, {}, True, "process 1", Found(HOME, "likely", "x:1"))
@example("bitbucket", ["jdbc:sqlserver://db1\\X;databaseName=jira"], 0, {}, False, "process 1", CERTAIN_HOME)
@example(
    "bamboo", ["jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(HOST=db1))(CONNECT_DATA=(SID=jira)))"], 0, {}, False, "process 1", CERTAIN_HOME
)
@example("bitbucket", [r"jdbc:sqlserver://${DB}\X;databaseName=jira"], 0, {"DB": "db9"}, False, "process 1", CERTAIN_HOME)
def test_the_plan_names_what_the_files_state_or_refuses(
    product: str, urls: list[str], cut: int, environment: dict[str, str] | None, built_in: bool, process: str, home: Found
) -> None:
    files = {**PRODUCTS[product](urls, cut), **(BUILT_IN[product] if built_in else {})}
    refused = _checked(product, files, FakeNode(files, [], environment, process), environment, home)
    # the last line of a properties file counts, and the environment before it
    assert refused or product == "bitbucket" or cut or not _contradict(urls)


@settings(max_examples=400, deadline=None)
@given(
    product=st.sampled_from(sorted(_NAMED)),
    urls=st.lists(URLS, max_size=2),
    name=st.sampled_from(["java:comp/env/jdbc/DS", "jdbc/DS", "jdbc/Other", "${DS}", "", "@ds@"]),
    cut=st.sampled_from([0, 0, 0, 1, 40]),
    environment=ENVIRONMENTS,
    home=HOMES,
)
@example("jira", ["jdbc:postgresql://db1/jira"], "jdbc/Other", 0, {}, CERTAIN_HOME)
@example("confluence", [], "jdbc/DS", 0, {}, CERTAIN_HOME)
def test_a_data_source_is_one_that_the_files_define_or_refused(
    product: str, urls: list[str], name: str, cut: int, environment: dict[str, str] | None, home: Found
) -> None:
    files = {**_data_source(product, urls, name, cut), **BUILT_IN[product]}
    refused = _checked(product, files, FakeNode(files, [], environment), environment, home)
    assert refused or cut or not name or not _contradict(urls)


@settings(max_examples=100, deadline=None)
@given(host=st.sampled_from(["db1", "db-2.example.org"]), port=st.sampled_from([0, 5433]), name=st.sampled_from(["jira", "my-db"]))
def test_what_the_files_state_whole_is_taken(host: str, port: int, name: str) -> None:
    url = f"jdbc:postgresql://{host}{f':{port}' if port else ''}/{name}"
    for product, files in PRODUCTS.items():
        found = look_at(product, FakeNode(files([url], 0)))["database"]
        assert database_problem(_looks(found), NOTHING, same_machine=True) == ""
        assert _taken(found) == Database(ENGINES["postgresql"], name, host, port or 5432)
