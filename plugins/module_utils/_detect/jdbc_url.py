# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a JDBC URL says. Pure. Passwords in it are dropped at once; what it does not say clearly stays unknown.

Forms: the documentation of the drivers (pgJDBC, Connector/J, MariaDB Connector/J, mssql-jdbc, jTDS, Oracle thin, SQLite, H2, HSQLDB).
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import replace
from urllib.parse import unquote

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import port_number
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.jdbc_oracle import oracle
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.jdbc_parts import (
    JdbcUrl,
    at,
    bracketed,
    clean_path,
    cleaned,
    parameters_of,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.jdbc_tls import DRIVERS, UNCLEAR, stronger, tls_asked
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.placeholders import NEVER_FILLED_IN, has_placeholder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES

# who understands the properties of an engine
_DRIVERS_OF = {"sqlserver": ("sqlserver", "jtds")}

# the first that is part of a database type, a driver class or a dialect
_ENGINE_WORDS = (
    ("postgres", "postgresql"),
    ("mariadb", "mariadb"),
    ("mysql", "mysql"),
    ("sqlserver", "sqlserver"),
    ("mssql", "sqlserver"),
    ("jtds", "sqlserver"),
    ("oracle", "oracle"),
    ("sqlite", "sqlite"),
    ("hsql", "hsqldb"),
    ("h2", "h2"),
)


# of a list of hosts with all parameters there are some hundreds
_LONGEST = 10_000
_NO_PORT_OF_INSTANCE = "it names an instance of the server, and not its port"
_BY_A_FACTORY = "a socket factory of its own decides where it leads"


def engine_in(words: str) -> str:
    """The engine that a database type, a driver class or a dialect speaks of, '' when none is known."""
    return next((engine for word, engine in _ENGINE_WORDS if word in words.lower()), "")


def parse_jdbc_url(url: str) -> JdbcUrl:
    """The parts of the URL. Never raises: what is not understood is said in ``doubt``."""
    if len(url) > _LONGEST:
        return JdbcUrl(doubt=f"it is longer than {_LONGEST} characters")
    # monitoring drivers stand before the real one
    inner = re.sub(r"^jdbc:(?:aws-wrapper|p6spy|log4jdbc|jdbc):", "jdbc:", url.strip())
    for prefix, parse in _FORMS:
        found = re.match(prefix, inner, re.IGNORECASE)
        if found:
            return cleaned(_with_default_port(parse(inner[found.end() :])))
    if has_placeholder(inner):
        return JdbcUrl(doubt=NEVER_FILLED_IN)
    scheme = re.match(r"jdbc:[a-z0-9+.-]{1,30}:", inner, re.IGNORECASE)
    return JdbcUrl(doubt="its driver is not known" if scheme else "it is no JDBC URL")


def with_properties(url: JdbcUrl, text: str) -> JdbcUrl:
    """With what properties beside the URL (``name=value;name=value``) ask of the driver: the stronger TLS of both, and an instance."""
    _none, properties = parameters_of(f";{text}", ";", ";")
    drivers = _DRIVERS_OF.get(url.engine, (url.engine,))
    asked = [tls_asked(driver, properties) for driver in drivers if driver in DRIVERS]
    secured = replace(url, ssl_mode=stronger([url.ssl_mode, *asked]))
    if url.engine != "sqlserver":
        return secured
    # each driver has a name of its own for it
    return _by_instance(_by_instance(secured, properties.get("instance", ""), True), properties.get("instancename", ""), False)


def _with_default_port(url: JdbcUrl) -> JdbcUrl:
    if url.port_given or url.instance or not (url.host or url.hosts):
        return url
    return replace(url, port=ENGINES[url.engine].default_port)


def _postgresql(rest: str) -> JdbcUrl:
    address, parameters = parameters_of(rest, "?", "&")
    found = re.fullmatch(r"(?://(?P<hosts>[^/]*)/?)?(?P<name>.*)", address)
    hosts, name = (found["hosts"], found["name"]) if found else ("", "")
    socket = re.fullmatch(r"(/.*)/\.s\.PGSQL\.([0-9]{1,5})", parameters.get("socketfactoryarg", ""))
    url = JdbcUrl(
        engine="postgresql",
        name=unquote(name) or parameters.get("databasename", ""),
        schema=parameters.get("currentschema", "").split(",")[0],
        user=parameters.get("user", ""),
        ssl_mode=tls_asked("postgresql", parameters),
    )
    if socket and clean_path(socket[1]) and port_number(socket[2]):
        return replace(url, host=socket[1], port=port_number(socket[2]), port_given=True)
    if "socketfactory" in parameters:
        return replace(url, doubt=_BY_A_FACTORY)
    if {"service", "pghost", "pgport", "pgdbname"} & parameters.keys() or _is_cut_wrongly(parameters):
        return replace(url, doubt="its parameters may name another server")
    return at(url, (hosts or "localhost").split(","))


def _mysql(rest: str) -> JdbcUrl:
    address, parameters = parameters_of(rest, "?", "&")
    # 'replication:', 'loadbalance:' and their like stand before the '//'
    form = r"(?P<engine>mysql|mariadb)(?P<srv>\+srv)?:(?:[a-z0-9-]+:)*//(?:(?P<user>[^@]*)@)?(?P<hosts>.*?)(?:/(?P<name>[^/]*))?"
    found = re.fullmatch(form, address, re.IGNORECASE)
    if not found:
        return JdbcUrl(engine=_engine_before_colon(rest), doubt="it has no '//'")
    user = parameters.get("user", "") or unquote((found["user"] or "").partition(":")[0])
    # parameters of one host may speak of TLS, too, inside its parentheses
    tls = UNCLEAR if "ssl" in (found["hosts"] or "").lower().partition("(")[2] else tls_asked(found["engine"].lower(), parameters)
    url = JdbcUrl(engine=found["engine"].lower(), name=unquote(found["name"] or ""), user=user, ssl_mode=tls)
    socket = clean_path(parameters.get("localsocket", "") or parameters.get("junixsocket.file", ""))
    if socket:
        # a property of MariaDB's driver, or of a socket factory; there is no port then
        return replace(url, host=socket, port_given=True)
    if {"socketfactory", "localsocket", "pipe", "namedpipepath"} & parameters.keys():
        return replace(url, doubt=_BY_A_FACTORY)
    if _is_cut_wrongly(parameters):
        return replace(url, doubt="its parameters may name another server")
    if found["srv"] or parameters.get("dnssrv", "").lower() == "true":
        return replace(url, doubt="it names an entry of the DNS that names the servers (SRV)")
    return at(url, _mysql_hosts(found["hosts"] or "localhost"))


def _is_cut_wrongly(parameters: t.Mapping[str, str]) -> bool:
    """Whether the '?' was part of a password, with the host behind it."""
    return any("@" in name for name in parameters)


def _engine_before_colon(rest: str) -> str:
    return "mariadb" if rest.lower().startswith("mariadb") else "mysql"


def _mysql_hosts(hosts: str) -> list[str]:
    if "(" not in hosts:
        several = re.fullmatch(r"\[([^\],]*,[^\]]*)\]", hosts)
        return (several[1] if several else hosts).split(",")
    # address=(protocol=tcp)(host=h)(port=p) and (host=h,port=p)
    blocks = re.findall(r"address=((?:\([^()]*\))+)", hosts, re.IGNORECASE) or re.findall(r"\([^()]*\)", hosts)
    return [f"{bracketed(_in_block(block, 'host'))}:{_in_block(block, 'port')}".rstrip(":") for block in blocks] or [""]


def _in_block(block: str, key: str) -> str:
    found = re.search(rf"[(,]\s*{key}\s*=\s*([^,()]*)", block, re.IGNORECASE)
    return found[1].strip() if found else ""


def _sqlserver(rest: str) -> JdbcUrl:
    address, parameters = parameters_of(rest, ";", ";")
    url = _sqlserver_of(address, parameters)
    return replace(_by_instance(url, url.instance, False), ssl_mode=tls_asked("sqlserver", parameters))


def _jtds(rest: str) -> JdbcUrl:
    address, parameters = parameters_of(rest, ";", ";")
    server, _slash, name = address.partition("/")
    url = _sqlserver_of(server, {"databasename": name, **parameters})
    return replace(_by_instance(url, url.instance, True), ssl_mode=tls_asked("jtds", parameters))


def _sqlserver_of(server: str, parameters: t.Mapping[str, str]) -> JdbcUrl:
    found = re.fullmatch(r"(?P<host>\[[^\]]*\]|[^\\:]*)(?:\\(?P<instance>[^:]*))?(?::(?P<port>.*))?", server)
    host, instance, port = found.groups() if found else ("", "", "")
    host, port = host or parameters.get("servername", ""), port or parameters.get("portnumber", "") or parameters.get("port", "")
    host, inner_instance = (host.partition("\\")[0], host.partition("\\")[2])
    url = JdbcUrl(
        engine="sqlserver",
        name=parameters.get("databasename", "") or parameters.get("database", ""),
        user=parameters.get("user", "") or parameters.get("username", ""),
        instance=instance or inner_instance or parameters.get("instancename", "") or parameters.get("instance", ""),
    )
    server = f"{host}:{port}" if port else host
    if "socketfactoryclass" in parameters:
        return replace(url, doubt=_BY_A_FACTORY)
    partner = parameters.get("failoverpartner", "")
    return at(url, [server, partner] if partner else [server])


def _by_instance(url: JdbcUrl, instance: str, wins: bool) -> JdbcUrl:
    """``wins``: whether the driver asks the server for the port of an instance, whatever port it is given."""
    if not instance or (url.port_given and not wins):
        return url
    doubt = "it names an instance of the server, whose port the driver looks up" if url.port_given else _NO_PORT_OF_INSTANCE
    return replace(url, port=0, port_given=False, doubt=url.doubt or doubt)


def _sqlite(rest: str) -> JdbcUrl:
    path = re.sub(r"^file:", "", rest.partition("?")[0])
    return JdbcUrl(engine="sqlite", name="" if path == ":memory:" else path)


def _h2(rest: str) -> JdbcUrl:
    return _file_database("h2", rest, r"(?:tcp|ssl)://(?P<server>[^/]*)/(?P<path>.*)")


def _hsqldb(rest: str) -> JdbcUrl:
    return _file_database("hsqldb", rest, r"(?:hsql|hsqls|http|https)://(?P<server>[^/]*)/?(?P<path>.*)")


def _file_database(engine: str, rest: str, server_form: str) -> JdbcUrl:
    path, parameters = parameters_of(rest, ";", ";")
    found = re.fullmatch(server_form, path, re.IGNORECASE)
    url = JdbcUrl(engine=engine, user=parameters.get("user", ""))
    if found:
        return at(replace(url, name=found["path"]), [found["server"]])
    return replace(url, name=re.sub(r"^(?:file|mem|res|nio|split):", "", path), embedded=True)


_FORMS: tuple[tuple[str, t.Callable[[str], JdbcUrl]], ...] = (
    (r"jdbc:postgresql:", _postgresql),
    # the word stays: it is the engine
    (r"jdbc:(?=(?:mysql|mariadb)(?:\+srv)?:)", _mysql),
    (r"jdbc:sqlserver://", _sqlserver),
    (r"jdbc:jtds:sqlserver://", _jtds),
    (r"jdbc:oracle:(?:thin|oci8?):", oracle),
    (r"jdbc:sqlite:", _sqlite),
    (r"jdbc:h2:", _h2),
    (r"jdbc:hsqldb:", _hsqldb),
)
