# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of a Tomcat with several applications, services or proxies only what is the product's own is taken, and what is unclear stays so."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.settings import checked_xml

from tests.unit.fake_node import FakeNode, fact, look_at

JNDI = {
    "{home}/dbconfig.xml": b"<jira-database-config><jndi-datasource><jndi-name>java:comp/env/jdbc/DS</jndi-name></jndi-datasource>"
    b"</jira-database-config>"
}
OWN = '<Context docBase="${catalina.home}/atlassian-jira" path="">%s</Context>'
OTHER = '<Context docBase="/srv/other" path="/other">%s</Context>'
LINK = '<ResourceLink name="jdbc/DS" global="shared"/>'


def resource(host: str, name: str = "jdbc/DS", url: str = "url") -> str:
    return f'<Resource name="{name}" username="u" {url}="jdbc:postgresql://{host}/jira"/>'


def service(*contexts: str, connector: str = '<Connector port="8080"/>') -> str:
    return f'<Service>{connector}<Engine><Host name="localhost">{"".join(contexts)}</Host></Engine></Service>'


def server(*services: str, more: str = "", attributes: str = "") -> dict[str, bytes]:
    return {"{install}/conf/server.xml": f"<Server {attributes}>{more}{''.join(services)}</Server>".encode()}


def shared(host: str) -> str:
    return f"<GlobalNamingResources>{resource(host, 'shared')}{resource('global', 'jdbc/DS')}</GlobalNamingResources>"


def context(host: str) -> dict[str, bytes]:
    return {"{install}/conf/context.xml": f"<Context>{resource(host)}</Context>".encode()}


def look(files: t.Mapping[str, bytes], *node: t.Any, **more: t.Any) -> dict[str, t.Any]:
    return look_at("jira", FakeNode({**JNDI, **files}, *node, **more))


@pytest.mark.parametrize(
    ("files", "host"),
    [
        (server(service(OWN % resource("own"), OTHER % resource("other"))), "own"),
        (server(service(OTHER % resource("other"), OWN % resource("own"))), "own"),
        ({**server(service(OWN % resource("own"))), **context("all")}, "own"),
        ({**server(service(OTHER % resource("other"))), **context("all")}, "all"),
        (server(service(OWN % LINK), more=shared("linked")), "linked"),
        (server(service(OWN % resource("own", url="jdbcUrl"))), "own"),
        (server(service(OWN % resource("${DB}"))), "from-environment"),
        (server(service(OWN % resource("${DB:-default}"))), "from-environment"),
        (server(service(OWN % resource("${X:-default}"))), "default"),
        ({**server(service(OWN % resource("${X}"))), "{install}/conf/catalina.properties": b"X=from-file"}, "from-file"),
    ],
)
def test_the_data_source_is_the_products_own(files: dict[str, bytes], host: str) -> None:
    found = look(files, [], {"DB": "from-environment"})["database"]
    assert (found["host"], found["user"], found["doubts"]) == (host, "u", {})


HIBERNATE = {
    "confluence": ("{home}/confluence.cfg.xml", "confluence-configuration"),
    "bamboo": ("{home}/bamboo.cfg.xml", "application-configuration"),
    "crowd": ("{home}/shared/crowd.cfg.xml", "application-configuration"),
}


def both_set(product: str, url: str, source: str = "java:comp/env/jdbc/DS", user: str = "") -> dict[str, bytes]:
    """Settings with a URL and a data source, each in a line of its own."""
    if product == "jira":
        own = f"<jdbc-datasource><url>{url}</url><username>{user}</username></jdbc-datasource>"
        by_name = f"<jndi-datasource><jndi-name>{source}</jndi-name></jndi-datasource>"
        return {"{home}/dbconfig.xml": f"<jira-database-config>\n{own}\n{by_name}</jira-database-config>".encode()}
    file, root = HIBERNATE[product]
    values = {"connection.url": url, "connection.datasource": source, "connection.username": user, "dialect": "PostgreSQLDialect"}
    lines = "".join(f'\n<property name="hibernate.{name}">{value}</property>' for name, value in values.items())
    return {file: f"<{root}>{lines}</{root}>".encode()}


def context_of(product: str, host: str) -> dict[str, bytes]:
    folder = "{install}/apache-tomcat" if product == "crowd" else "{install}"
    return {f"{folder}/conf/context.xml": f"<Context>{resource(host)}</Context>".encode()}


@pytest.mark.parametrize("product", ["jira", *HIBERNATE])
def test_a_url_beside_a_data_source_that_leads_elsewhere_leaves_all_in_doubt(product: str) -> None:
    files = both_set(product, "jdbc:postgresql://old-db/jira", user="u")
    (file,) = (name.format(home="/home-of-node") for name in files)
    answer = look_at(product, FakeNode({**files, **context_of(product, "new-db")}))["database"]
    assert (answer["engine"], answer["host"], answer["port"], answer["name"], answer["user"]) == ("unknown", "", 0, "", "")
    assert (answer["doubts"].keys(), answer["jndi"], answer["embedded"]) == ({"engine", "host", "port", "name", "user"}, True, False)
    (doubt,) = set(answer["doubts"].values())
    assert doubt.startswith(f"{file}:2 has a URL, but {file}:3 names the data source java:comp/env/jdbc/DS, whose URL (/install-of-node/")
    assert doubt.endswith("/conf/context.xml:1) leads elsewhere: two settings of one thing contradict each other")


@pytest.mark.parametrize("url", ["jdbc:postgresql://other/jira", "jdbc:postgresql://db1:5433/jira", "jdbc:mysql://db1/jira", "?"])
def test_a_url_is_another_by_any_part_of_its_place(url: str) -> None:
    doubts = look_at("jira", FakeNode({**both_set("jira", url), **context("db1")}))["database"]["doubts"]
    assert doubts.keys() == {"engine", "host", "port", "name", "user"}


def test_a_url_beside_a_data_source_that_nobody_defines_is_in_doubt() -> None:
    doubts = look_at("jira", FakeNode(both_set("jira", "jdbc:postgresql://old-db/jira")))["database"]["doubts"]
    assert "which no file of the container defines for this application: two settings of one thing" in doubts["host"]


@pytest.mark.parametrize(("user", "doubts"), [("u", set()), ("", set()), ("other", {"user"})])
def test_a_url_beside_a_data_source_of_the_same_database_is_no_doubt(user: str, doubts: set[str]) -> None:
    files = {**both_set("jira", "jdbc:postgresql://db1:5432/jira?ssl=true", user=user), **context("db1")}
    found = look_at("jira", FakeNode(files))["database"]
    assert (found["host"], found["name"], found["doubts"].keys()) == ("db1", "jira", doubts)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (server(service(OTHER % resource("other"))), "which no file of the container defines for this application"),
        (server(service(OWN % ""), more=shared("linked")), "which no file of the container defines for this application"),
        (server(service(OWN % (resource("a") + resource("b")))), "both define it"),
        (server(service(OWN % '<Resource name="jdbc/DS" dataSourceClassName="x"/>')), "without one url"),
        (server(service(OWN % '<Resource name="jdbc/DS" url="jdbc:h2:/a" jdbcUrl="jdbc:h2:/b"/>')), "without one url"),
        (server(service(OWN % resource("${X}"))), "a placeholder in it was never filled in"),
        ({**server(service(OWN % resource("${X}"))), "{install}/conf/catalina.properties": b"X=one"}, "never filled in"),
    ],
)
def test_a_data_source_that_is_not_the_products_own_is_in_doubt(files: dict[str, bytes], reason: str) -> None:
    found = look(files, ["-DX=two"] if len(files) > 1 else [])["database"]
    assert found["host"] == ""
    assert reason in found["doubts"]["host"]


def test_a_data_source_in_a_damaged_file_is_in_doubt() -> None:
    files = {name: data.replace(b"</Server>", b"") for name, data in server(service(OWN % resource("own"))).items()}
    assert "server.xml is damaged" in look(files)["database"]["doubts"]["host"]


FOREIGN = service(OTHER % "", connector='<Connector port="9090" proxyName="other.example.org"/>')
TWO_PROXIES = '<Connector port="8080" proxyName="a.example.org"/><Connector port="8081" proxyName="b.example.org"/>'


@pytest.mark.parametrize(
    ("files", "url", "sure"),
    [
        (server(FOREIGN, service(OWN % "")), "http://127.0.0.1:8080", "certain"),
        (server(service(OWN % ""), attributes='portOffset="100"'), "http://127.0.0.1:8180", "certain"),
        (server(service(OWN % ""), attributes='portOffset="@x@"'), "", "unknown"),
        (server(service(connector='<Connector port="8080"/>')), "http://127.0.0.1:8080", "default"),
        (server(service(), service(connector='<Connector port="9090"/>')), "", "unknown"),
        (server(service(OWN % "", connector='<Connector port="8080" address="${X}"/>')), "", "unknown"),
        (server(service(OWN % "", connector='<Connector port="8080" address="a/b@c"/>')), "", "unknown"),
        (server(service(OWN % "", connector='<Connector port="8080" address="my host"/>')), "", "unknown"),
        (server(service(OWN % "", connector='<Connector port="8080" address="10.0.0.7"/>')), "http://10.0.0.7:8080", "certain"),
        (server(service(OWN % "", connector='<Connector port="8080" address="fe80::1"/>')), "http://[fe80::1]:8080", "certain"),
        (server(service(OWN % "", connector='<Connector port="8080" SSLEnabled="${X}"/>')), "", "unknown"),
        (server(service(OWN % "", connector='<Connector port="${X:-8443}" SSLEnabled="true"/>')), "https://127.0.0.1:8443", "certain"),
        (server(service((OWN % "").replace('path=""', 'path="@x@"'))), "", "unknown"),
    ],
)
def test_the_address_is_that_of_the_products_own_connector(files: dict[str, bytes], url: str, sure: str) -> None:
    answer = look(files)
    assert (answer["url"], fact(answer, "url")[0]) == (url, sure)


@pytest.mark.parametrize(
    ("connector", "site", "source"),
    [
        ('<Connector port="8080" proxyName="a.example.org" scheme="https" proxyPort="443"/>', "https://a.example.org", "proxy name"),
        ('<Connector port="8080"/>', "", "no proxy name is set"),
        (TWO_PROXIES, "", "name different proxies: say which with force_reauth_site_url"),
        (TWO_PROXIES.replace("b.example", "a.example"), "http://a.example.org", "proxy name"),
        ('<Connector port="8080" proxyName="${X}"/>', "", "never filled in"),
        ('<Connector port="8080" proxyName="a.example.org" scheme="${X}"/>', "", "never filled in"),
        ('<Connector port="8080" proxyName="a.example.org" proxyPort="%PORT%"/>', "", "never filled in"),
        ('<Connector port="8080" proxyName="a.example.org" scheme="ftp"/>', "", "scheme, name or port of the proxy is none"),
        ('<Connector port="8080" proxyName="https://a.example.org"/>', "", "scheme, name or port of the proxy is none"),
    ],
)
def test_a_proxy_that_is_not_clear_is_not_taken(connector: str, site: str, source: str) -> None:
    answer = look(server(service(OWN % "", connector=connector)))
    assert (answer["site_url"], bool(answer["proxy"])) == (site, bool(site))
    assert source in fact(answer, "site_url")[1]


def test_a_server_xml_that_was_cut_is_mentioned() -> None:
    cut = b'<Server><Service><Connector port="8080" proxyName="a.example.org"/>'
    answer = look({"{install}/conf/server.xml": cut})
    for name in ("url", "site_url"):
        sure, source = fact(answer, name)
        assert sure != "certain"
        assert "server.xml is damaged" in source


@pytest.mark.parametrize(
    ("product", "file"),
    [("jira", "conf/server.xml"), ("confluence", "conf/server.xml"), ("bamboo", "conf/server.xml"), ("fisheye", "config.xml")],
)
def test_where_the_file_with_the_connectors_is_not_there_nothing_is_said_to_be_unset(product: str, file: str) -> None:
    answer = look_at(product, FakeNode({}))
    assert (answer["url"], answer["site_url"], answer["proxy"]) == ("", "", {})
    for name in ("url", "site_url"):
        sure, source = fact(answer, name)
        assert (sure, f"/{file} is not there" in source) == ("unknown", True)


def test_a_bitbucket_without_a_settings_file_does_what_it_does_by_itself() -> None:
    answer = look_at("bitbucket", FakeNode({}))
    assert (answer["url"], fact(answer, "site_url")) == ("http://127.0.0.1:7990", ("default", "no proxy name is set"))
    stopped = look_at("bitbucket", FakeNode({}, [], None, process=""))
    assert [fact(stopped, name)[0] for name in ("url", "site_url")] == ["unknown", "unknown"]


@pytest.mark.parametrize(
    ("server_xml", "context", "kept", "sure"),
    [
        (None, "", "unknown", "unknown"),
        (b"<Server><Service>", "", "unknown", "unknown"),
        (b"<Server/>", "", "disk", "default"),
        (None, '<Manager pathname=""/>', "memory", "likely"),
        (b"<Server><Service>", '<Manager pathname="x.ser"/>', "disk", "likely"),
        (b"<Server/>", '<Manager pathname=""/>', "memory", "certain"),
    ],
)
def test_a_server_xml_that_was_not_read_whole_may_say_otherwise_of_the_sessions(
    server_xml: bytes | None, context: str, kept: str, sure: str
) -> None:
    files = {"{install}/conf/context.xml": f"<Context>{context}</Context>".encode()}
    answer = look({**files, **({"{install}/conf/server.xml": server_xml} if server_xml else {})})
    assert (answer["sessions"]["kept"], fact(answer, "sessions.kept")[0]) == (kept, sure)


class ClosedNode(FakeNode):
    """One whose work folder is a link that the product's account could lead elsewhere."""

    def saved_sessions(self, install_dir: str, names: t.Sequence[str]) -> list[str]:
        """They cannot be looked for."""
        raise SessionsError(f"{install_dir}/work is a link, where {names} may lie.")


def test_where_none_is_loaded_a_work_folder_that_is_not_looked_into_is_a_fact() -> None:
    context = {"{install}/conf/context.xml": b'<Context><Manager pathname=""/></Context>'}
    answer = look_at("jira", ClosedNode({**context, "{install}/conf/server.xml": b"<Server/>"}))
    assert (answer["sessions"]["kept"], answer["sessions"]["names"], answer["sessions"]["saved"]) == ("memory", [], [])
    assert fact(answer, "sessions.saved") == ("unknown", "/install-of-node/work is a link, where ['SESSIONS.ser'] may lie")
    for files in ({}, {"{install}/conf/server.xml": b"<Server/>"}, context):
        with pytest.raises(SessionsError, match="work is a link, where"):
            look_at("jira", ClosedNode(files))


@pytest.mark.parametrize(
    ("own", "remembered", "path", "sure"),
    [("", "/wiki", "/wiki", "certain"), ("", "", "", "default"), ("/wiki", "/wiki", "/wiki", "certain"), ("/a", "/b", "/a", "likely")],
)
def test_the_context_path_that_confluence_remembers_is_heard(own: str, remembered: str, path: str, sure: str) -> None:
    place = f'<property name="confluence.webapp.context.path">{remembered}</property>'
    settings = f"<confluence-configuration><properties>{place}</properties></confluence-configuration>"
    contexts = [f'<Context docBase="../confluence" path="{own}"/>'] if own else []
    answer = look_at("confluence", FakeNode({"{home}/confluence.cfg.xml": settings.encode(), **server(service(*contexts))}))
    assert (answer["context_path"], fact(answer, "context_path")[0]) == (path, sure)
    assert fact(answer, "url")[0] == sure


def test_a_fisheye_with_tls_alone_is_asked_over_tls() -> None:
    settings = b'<config><web-server><ssl bind=":8443"/></web-server></config>'
    assert look_at("fisheye", FakeNode({"{home}/config.xml": settings}))["url"] == "https://127.0.0.1:8443"


FOREIGN = "collector.example.net"
BOUND = {
    "jira": server(service(OWN % "", connector=f'<Connector port="8080" address="{FOREIGN}"/>')),
    "bitbucket": {"{home}/shared/bitbucket.properties": f"server.address={FOREIGN}".encode()},
    "fisheye": {"{home}/config.xml": f'<config><web-server><http bind="{FOREIGN}:8060"/></web-server></config>'.encode()},
}


@pytest.mark.parametrize("product", BOUND)
def test_no_file_of_a_node_sends_anybody_to_another_host(product: str) -> None:
    node = FakeNode(BOUND[product])
    node.elsewhere = {FOREIGN}
    answer = look_at(product, node)
    sure, source = fact(answer, "url")
    assert (answer["url"], sure) == ("", "unknown")
    assert f"names {FOREIGN}, no address of this host; name it with force_reauth_node_url" in source
    assert look_at(product, node, f"http://{FOREIGN}:8080")["url"] == f"http://{FOREIGN}:8080"


@pytest.mark.parametrize(
    ("arguments", "host"),
    [
        ([], "127.0.0.1"),
        (["-Djava.net.preferIPv6Addresses=True"], "[::1]"),
        (["-Djava.net.preferIPv6Addresses=true", "-Djava.net.preferIPv6Addresses=false"], "127.0.0.1"),
    ],
)
def test_a_name_with_both_kinds_of_numbers_is_asked_where_java_binds_it(arguments: list[str], host: str) -> None:
    files = server(service(OWN % "", connector='<Connector port="8080" address="localhost"/>'))
    assert look_at("jira", FakeNode(files, arguments))["url"] == f"http://{host}:8080"


@pytest.mark.parametrize("url", ["http://h:abc/", "http://[::1", "http://h:99999/", "ftp://h/", "h"])
def test_an_address_of_the_user_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(SessionsError, match="The address of the node is no URL"):
        look_at("jira", FakeNode(BOUND["jira"]), url)


@pytest.mark.parametrize("line", ["server.port=${X}", "server.address=__X__", "server.ssl.enabled={{ x }}", "server.context-path=@x@"])
def test_an_address_of_bitbucket_that_was_never_filled_in_is_not_known(line: str) -> None:
    answer = look_at("bitbucket", FakeNode({"{home}/shared/bitbucket.properties": line.encode()}))
    assert (answer["url"], fact(answer, "url")[0]) == ("", "unknown")


def test_tls_that_a_resource_asks_for_beside_its_url_counts() -> None:
    secure = resource("own").replace("/>", ' connectionProperties="sslmode=verify-full;connectTimeout=10"/>')
    assert look(server(service(OWN % secure)))["database"]["ssl_mode"] == "verify-full"


def _written_in(encoding: str, declared: str = "", name: str = "中") -> dict[str, bytes]:
    connector = f'<Connector port="8080" proxyName="{name}.example.org" scheme="https" proxyPort="443"/>'
    text = f'<?xml version="1.0" encoding="{declared or encoding}"?><Server>{service(OWN % resource("own"), connector=connector)}</Server>'
    return {"{install}/conf/server.xml": text.encode(encoding)}


@pytest.mark.parametrize("encoding", ["GBK", "GB2312", "GB18030", "Big5", "Shift_JIS", "EUC-JP", "EUC-KR", "UTF-16", "ISO-8859-1"])
def test_a_file_is_read_in_the_encoding_that_it_declares(encoding: str) -> None:
    name = "a" if encoding == "ISO-8859-1" else "中"
    answer = look(_written_in(encoding, name=name))
    assert (answer["database"]["host"], answer["site_url"]) == ("own", f"https://{name}.example.org")
    assert fact(answer, "site_url")[0] == "certain"


def test_a_damaged_file_is_read_in_the_encoding_that_it_declares() -> None:
    (data,) = _written_in("GBK").values()
    answer = look({"{install}/conf/server.xml": data.replace(b"</Server>", b"")})
    assert (answer["site_url"], fact(answer, "site_url")[0]) == ("https://中.example.org", "likely")


@pytest.mark.parametrize("declared", ["hex", "idna", "undefined", "punycode", "utf-7", "utf-32", "zip", "rot13", "x-none"])
def test_an_encoding_that_is_none_of_settings_is_refused_by_its_name(declared: str) -> None:
    said = rf"server\.xml, line 1: its encoding '{declared}' is not known here; write the file in UTF-8"
    with pytest.raises(SessionsError, match=said):
        look(_written_in("utf-8", declared))


def test_a_file_of_unicode_that_declares_another_encoding_ends_nothing_with_a_traceback() -> None:
    with pytest.raises(SessionsError, match=r"server\.xml, "):
        look(_written_in("utf-16", "GBK"))


@pytest.mark.parametrize("declaration", ["<!ENTITY>", "<!ENTITY", "<!ENTITY  \n >"])
def test_an_entity_without_a_name_is_refused(declaration: str) -> None:
    with pytest.raises(SessionsError, match=r"server\.xml, line 1: the entity '' is not looked at"):
        look({"{install}/conf/server.xml": f"<Server>{declaration}</Server>".encode()})


@pytest.mark.parametrize(
    "text",
    [
        "<Server>" + "<" + "a" * 500_000,
        "<Server><a " + "a" * 500_000 + "></Server",
        "<Server>" + "x<!---->" * 500_000,
        "<Server>" + ("x" * 90 + "<b/>") * 40_000 + "</Server>",
    ],
    ids=["a tag without an end", "a name without a value", "comments", "text between elements"],
)
def test_a_file_that_is_made_to_take_days_takes_a_moment(text: str) -> None:
    assert look({"{install}/conf/server.xml": text.encode()})["url"] == ""


def test_no_value_of_a_damaged_file_has_a_zero_or_half_a_character() -> None:
    connector = '<Connector port="8080" proxyName="a&#0;&#xd800;\0&#x1F600;"/>'
    (root,) = checked_xml("server.xml", f"<Server>{connector}".encode(), "Server").top.children
    assert root.children[0].attributes["proxyName"] == "a&#0;&#xd800;\ufffd😀"


@pytest.mark.parametrize("port", [pytest.param("9" * 5000, id="thousands of digits"), "65536", "٨٠٨٠", "-1", ""])
def test_a_connector_without_a_port_is_none(port: str) -> None:
    answer = look(server(service(OWN % "", connector=f'<Connector port="{port}"/>')))
    assert (answer["url"], fact(answer, "url")[0]) == ("", "unknown")


def test_what_stands_for_a_value_makes_it_no_longer_than_a_setting() -> None:
    chain = {name: f"${{{inner}}}" * 2000 for name, inner in (("A", "B"), ("B", "C"), ("C", "D"))}
    properties = "".join(f"{name}={value}\n" for name, value in {**chain, "D": "x" * 2000}.items())
    answer = look({**server(service(OWN % resource("${A}"))), "{install}/conf/catalina.properties": properties.encode()})
    assert (answer["database"]["host"], fact(answer, "database.host")[0]) == ("", "unknown")
    proxy = '<Connector port="8080" proxyName="${A}"/>'
    answer = look({**server(service(OWN % "", connector=proxy)), "{install}/conf/catalina.properties": properties.encode()})
    assert fact(answer, "site_url") == ("unknown", "/install-of-node/conf/server.xml:1: it is longer than 10000 characters")
