# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Crowd's files: its Tomcat in a folder of its own, its settings in the shared folder of the home, or where earlier versions had them."""

from __future__ import annotations

import typing as t
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.home import find_home
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.node_reader import detect
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.process import Process, install_dir_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.saved_sessions import find_saved, remove_saved
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS

from demo.cluster import Cluster
from demo.imitated import PRODUCTS as STAND_INS
from tests.unit.fake_node import HOME, INSTALL, FakeNode, fact, look_at
from tests.unit.test_product_detect import options_with

CROWD = PRODUCTS["crowd"]
SHARED, OLDER = "{home}/shared/crowd.cfg.xml", "{home}/crowd.cfg.xml"
POINTER = "{install}/crowd-webapp/WEB-INF/classes/crowd-init.properties"
SERVER = "{install}/apache-tomcat/conf/server.xml"
URL = "jdbc:postgresql://db1:5433/crowd"


def settings(place: str, url: str = URL, **more: str) -> dict[str, bytes]:
    """A settings file with that URL and these properties, _ for a dot and __ for itself; '' is left out."""
    values = {"hibernate.connection.url": url, "hibernate.connection.username": "crowd"}
    values.update((name.replace("_", ".").replace("..", "_"), value) for name, value in more.items())
    rows = "".join(f'<property name="{name}">{escape(value)}</property>' for name, value in values.items() if value)
    return {place: f"<application-configuration><properties>{rows}</properties></application-configuration>".encode()}


def server(context: str = "") -> dict[str, bytes]:
    host = f'<Engine><Host name="localhost">{context}</Host></Engine>'
    return {SERVER: f'<Server><Service><Connector port="8095"/>{host}</Service></Server>'.encode()}


def look(files: t.Mapping[str, bytes], *node: t.Any) -> dict[str, t.Any]:
    return look_at("crowd", FakeNode(files, *node))


@pytest.mark.parametrize(
    ("files", "source"),
    [
        (settings(SHARED), f"{HOME}/shared/crowd.cfg.xml:1"),
        (settings(OLDER), f"{HOME}/crowd.cfg.xml:1"),
        # what an upgrade left behind
        ({**settings(SHARED), **settings(OLDER, "jdbc:postgresql://old/crowd")}, f"{HOME}/shared/crowd.cfg.xml:1"),
    ],
)
def test_the_database_is_in_the_shared_folder_else_where_earlier_versions_have_it(files: dict[str, bytes], source: str) -> None:
    found = look(files)
    assert [found["database"][name] for name in ("engine", "host", "port", "name", "user")] == ["postgresql", "db1", 5433, "crowd", "crowd"]
    assert (found["database"]["doubts"], fact(found, "database.name")) == ({}, ("certain", source))


DATA_SOURCE = '<Resource name="jdbc/crowd" type="javax.sql.DataSource" url="jdbc:postgresql://db1:5433/crowd" username="crowd"/>'


@pytest.mark.parametrize("older", [{}, settings(OLDER, "jdbc:postgresql://old/crowd", hibernate_default__schema="old")])
def test_an_older_file_adds_nothing_to_the_data_source_of_the_one_that_counts(older: dict[str, bytes]) -> None:
    shared = settings(SHARED, "", hibernate_connection_datasource="java:comp/env/jdbc/crowd")
    found = look({**shared, **older, **server(f'<Context docBase="../crowd-webapp">{DATA_SOURCE}</Context>')})
    told = [found["database"][name] for name in ("jndi", "host", "port", "name", "schema", "user")]
    assert told == [True, "db1", 5433, "crowd", "", "crowd"]


def test_an_older_file_adds_no_account_and_no_password_to_the_one_that_counts() -> None:
    shared = settings(SHARED)[SHARED].replace(b'<property name="hibernate.connection.username">crowd</property>', b"")
    found = look({SHARED: shared, **settings(OLDER, hibernate_connection_password='{"x": 1}', hibernate_default__schema="old")})["database"]
    assert [found[name] for name in ("user", "schema", "encrypted_password")] == ["", "", False]


def test_a_damaged_shared_file_leaves_the_older_one_in_doubt() -> None:
    found = look({SHARED: b"<application-configuration><properties>", **settings(OLDER)})["database"]
    assert {"engine", "host", "name"} <= found["doubts"].keys()


@pytest.mark.parametrize(
    ("url", "engine", "name"),
    [
        ("jdbc:mysql://db1/crowd?autoReconnect=true&useSSL=false", "mysql", "crowd"),
        ("jdbc:mysql://address=(protocol=tcp)(host=db1)(port=3306)/crowd", "mysql", "crowd"),
        ("jdbc:jtds:sqlserver://db1:1433/crowd", "sqlserver", "crowd"),
        ("jdbc:sqlserver://db1:1433;databaseName=crowd", "sqlserver", "crowd"),
        ("jdbc:oracle:thin:@//db1:1521/CROWD", "oracle", "CROWD"),
        ("jdbc:hsqldb:${crowd.home}/database/defaultdb", "hsqldb", f"{HOME}/database/defaultdb"),
    ],
)
def test_the_forms_of_its_database_url(url: str, engine: str, name: str) -> None:
    found = look(settings(SHARED, url))["database"]
    assert (found["engine"], found["name"], found["embedded"]) == (engine, name, engine == "hsqldb")


@pytest.mark.parametrize(("value", "clustered"), [("true", True), ("false", False), ("", False)])
def test_a_cluster_says_so_in_the_shared_settings(value: str, clustered: bool) -> None:
    found = look(settings(SHARED, crowd_clustering_enabled=value), ["-Dcluster.node.name=n1"])
    assert (found["clustered"], found["node_id"]) == (clustered, "n1")


def test_the_home_is_that_of_the_process_else_the_one_of_the_pointer_file() -> None:
    pointer = {POINTER: b"# comment\n#crowd.home=/no\ncrowd.home=/from-file\n"}
    assert find_home(CROWD, INSTALL, FakeNode(pointer)).value == "/from-file"
    assert find_home(CROWD, INSTALL, FakeNode(pointer, ["-Dcrowd.home=/from-process"])).value == "/from-process"
    assert not find_home(CROWD, INSTALL, FakeNode({POINTER: b"#crowd.home=/var/crowd\n"}))


def test_its_context_is_that_of_a_file_of_its_tomcat() -> None:
    own = {"{install}/apache-tomcat/conf/Catalina/localhost/crowd.xml": b'<Context docBase="../crowd-webapp"/>'}
    found = look({**settings(SHARED), **server(), **own})
    assert (found["url"], found["context_path"], found["sessions"]["kept"]) == ("http://127.0.0.1:8095/crowd", "/crowd", "disk")
    assert found["sessions"]["names"] == ["apache-tomcat/SESSIONS.ser"]


def test_its_tomcat_is_where_catalina_base_is() -> None:
    data_source = '<Context docBase="${catalina.base}/../crowd-webapp"><Manager pathname=""/></Context>'
    properties = {"{install}/apache-tomcat/conf/catalina.properties": b"db.port=5444\n"}
    found = look({**settings(SHARED, "jdbc:hsqldb:${catalina.base}/x"), **server(data_source), **properties})
    assert (found["database"]["name"], found["sessions"]["kept"]) == (f"{INSTALL}/apache-tomcat/x", "memory")


def test_the_name_of_the_sign_on_cookie_may_be_another() -> None:
    assert look(settings(SHARED))["cookies"]["remember_me"] == "crowd.token_key"
    named = {"{home}/crowd.properties": b"cookie.tokenkey=company.token\n"}
    assert look({**settings(SHARED), **named})["cookies"]["remember_me"] == "company.token"


@pytest.mark.parametrize(
    ("argument", "install"),
    [
        ("-Dcatalina.base=/opt/crowd/apache-tomcat", "/opt/crowd"),
        ("-Dcatalina.base=/opt/crowd", ""),
        ("-Dcatalina.base=/apache-tomcat", ""),
    ],
)
def test_its_process_names_the_tomcat_in_the_installation(argument: str, install: str) -> None:
    assert install_dir_of(CROWD, Process("b", 1, 1, "crowd", "", (argument,), 0)) == install


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "apache-tomcat/work/Catalina/localhost/crowd/SESSIONS.ser"
    path.parent.mkdir(parents=True)
    path.touch()
    return path


def test_saved_sessions_are_found_and_removed_in_the_folder_of_the_tomcat(saved: Path, tmp_path: Path) -> None:
    assert find_saved(str(tmp_path), CROWD.persisted_sessions) == [str(saved)]
    assert find_saved(str(tmp_path), ["SESSIONS.ser"]) == []
    assert remove_saved(str(tmp_path), CROWD.persisted_sessions) == [str(saved)]
    assert not saved.exists()


@pytest.mark.parametrize("folder", ["..", ".", "/etc", "a/b", "a/../..", "a b", " "])
def test_a_name_that_leads_elsewhere_is_refused(folder: str, saved: Path, tmp_path: Path) -> None:
    with pytest.raises(SessionsError, match="is no folder of a Tomcat below"):
        remove_saved(str(tmp_path / "x"), [f"{folder}/SESSIONS.ser"])
    assert saved.exists()


def test_a_tomcat_that_is_a_link_is_refused(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x/apache-tomcat").symlink_to(tmp_path / "apache-tomcat")
    with pytest.raises(SessionsError, match="apache-tomcat is a link"):
        remove_saved(str(tmp_path / "x"), CROWD.persisted_sessions)
    assert saved.exists()


def test_a_running_node_is_described(tmp_path: Path) -> None:
    with Cluster(tmp_path / "c", nodes=1, product=STAND_INS["crowd"], context="/crowd") as cluster:
        node = cluster["n1"]
        found = detect(options_with(install_dir=str(node.install)))
        assert [found[name] for name in ("product", "version", "url", "clustered")] == ["crowd", "7.0.1", node.url, True]
        assert (found["process"]["pid"], found["control"]["problem"], found["sign_on"]["state"]) == (node.pid, "", "off")
        assert found["control"]["stop_command"] == [str(node.install / "stop_crowd.sh")]
