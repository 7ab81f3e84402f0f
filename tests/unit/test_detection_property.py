# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the settings say, the plan names a database that the files state, or refuses; never a default that nobody wrote."""

from __future__ import annotations

import typing as t
from xml.sax.saxutils import escape

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.which_database import database_problem
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import DATABASE_OPTIONS, Database, database_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.fake_node import FakeNode, look_at

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


@settings(max_examples=600, deadline=None)
@given(
    product=st.sampled_from(sorted(PRODUCTS)),
    urls=st.lists(URLS, max_size=2),
    cut=st.sampled_from([0, 0, 0, 1, 25, 60]),
    environment=ENVIRONMENTS,
)
@example(product="jira", urls=["jdbc:postgresql://2001:db8::7:5432/jira"], cut=0, environment={})
@example(product="jira", urls=["jdbc:postgresql://db1/jira", "jdbc:postgresql://db2/jira"], cut=0, environment={})
@example(product="bitbucket", urls=[], cut=0, environment=None)
@example(product="bitbucket", urls=["jdbc:sqlserver://db1\\X;databaseName=jira"], cut=0, environment={})
@example(product="bamboo", urls=["jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(HOST=db1))(CONNECT_DATA=(SID=jira)))"], cut=0, environment={})
def test_the_plan_names_what_the_files_state_or_refuses(
    product: str, urls: list[str], cut: int, environment: dict[str, str] | None
) -> None:
    files = PRODUCTS[product](urls, cut)
    text = " ".join([*(data.decode() for data in files.values()), *(environment or {}).values()])
    try:
        found = look_at(product, FakeNode(files, [], environment))["database"]
    except SessionsError:
        return
    problem = database_problem(_looks(found), NOTHING, same_machine=True)
    taken = _taken(found)
    if problem:
        assert "force_reauth_database_" in problem
    elif found["engine"] not in ("h2", "hsqldb"):
        assert taken
        assert _is_stated(taken, text)


@settings(max_examples=100, deadline=None)
@given(host=st.sampled_from(["db1", "db-2.example.org"]), port=st.sampled_from([0, 5433]), name=st.sampled_from(["jira", "my-db"]))
def test_what_the_files_state_whole_is_taken(host: str, port: int, name: str) -> None:
    url = f"jdbc:postgresql://{host}{f':{port}' if port else ''}/{name}"
    for product, files in PRODUCTS.items():
        found = look_at(product, FakeNode(files([url], 0)))["database"]
        assert database_problem(_looks(found), NOTHING, same_machine=True) == ""
        assert _taken(found) == Database(ENGINES["postgresql"], name, host, port or 5432)
