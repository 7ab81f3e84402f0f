# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a JDBC URL says. Pure. Passwords in it are dropped at once; what it does not say clearly stays unknown.

Forms: the documentation of the drivers (pgJDBC, Connector/J, MariaDB Connector/J, mssql-jdbc, jTDS, Oracle thin, SQLite, H2, HSQLDB).
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace
from urllib.parse import unquote

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.jdbc_tls import UNCLEAR, tls_asked

UNKNOWN = "unknown"
DEFAULT_PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306, "sqlserver": 1433, "oracle": 1521}
# whose files belong to one process at a time
EMBEDDED_ENGINES = ("h2", "hsqldb")

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


@dataclass(frozen=True)
class JdbcUrl:
    """``host`` is '' and ``hosts`` tells them when there are several; ``port`` is 0 when not known, ``port_given`` whether the URL has it.

    ``host`` beginning with '/' is the folder of a PostgreSQL socket, or the socket of MariaDB; ``name`` of a file database is its path.
    ``ssl_mode``: the TLS that it insists on, see jdbc_tls. ``doubt``: what is not clear.
    """

    engine: str = UNKNOWN
    host: str = ""
    port: int = 0
    port_given: bool = False
    name: str = ""
    schema: str = ""
    user: str = ""
    instance: str = ""
    hosts: tuple[str, ...] = ()
    embedded: bool = False
    ssl_mode: str = ""
    doubt: str = ""


def engine_in(words: str) -> str:
    """The engine that a database type, a driver class or a dialect speaks of, '' when none is known."""
    return next((engine for word, engine in _ENGINE_WORDS if word in words.lower()), "")


def parse_jdbc_url(url: str) -> JdbcUrl:
    """The parts of the URL. Never raises: what is not understood is said in ``doubt``."""
    # monitoring drivers stand before the real one
    inner = re.sub(r"^jdbc:(?:aws-wrapper|p6spy|log4jdbc|jdbc):", "jdbc:", url.strip())
    for prefix, parse in _FORMS:
        found = re.match(prefix, inner, re.IGNORECASE)
        if found:
            return _with_default_port(parse(inner[found.end() :]))
    scheme = re.match(r"jdbc:[a-z0-9+.-]{1,30}:", inner, re.IGNORECASE)
    return JdbcUrl(doubt=f"the driver of {scheme[0]} is not known" if scheme else "it is no JDBC URL")


def _with_default_port(url: JdbcUrl) -> JdbcUrl:
    if url.port or url.port_given or url.instance or not url.host:
        return url
    return replace(url, port=DEFAULT_PORTS.get(url.engine, 0))


def _postgresql(rest: str) -> JdbcUrl:
    address, parameters = _parameters(rest, "?", "&")
    found = re.fullmatch(r"(?://(?P<hosts>[^/]*)/?)?(?P<name>.*)", address)
    hosts, name = (found["hosts"], found["name"]) if found else ("", "")
    socket = re.fullmatch(r"(/.*)/\.s\.PGSQL\.(\d+)", parameters.get("socketfactoryarg", ""))
    url = JdbcUrl(
        engine="postgresql",
        name=unquote(name) or parameters.get("databasename", ""),
        schema=parameters.get("currentschema", "").split(",")[0],
        user=parameters.get("user", ""),
        ssl_mode=tls_asked("postgresql", parameters),
    )
    if socket:
        return replace(url, host=socket[1], port=int(socket[2]), port_given=True)
    return _at(url, (hosts or "localhost").split(","))


def _mysql(rest: str) -> JdbcUrl:
    address, parameters = _parameters(rest, "?", "&")
    # 'replication:', 'loadbalance:' and their like stand before the '//'
    form = r"(?P<engine>mysql|mariadb)(?:\+srv)?:(?:[a-z0-9-]+:)*//(?:(?P<user>[^@]*)@)?(?P<hosts>.*?)(?:/(?P<name>[^/]*))?"
    found = re.fullmatch(form, address, re.IGNORECASE)
    if not found:
        return JdbcUrl(engine=rest.partition(":")[0].lower(), doubt="it has no '//'")
    user = parameters.get("user", "") or unquote((found["user"] or "").partition(":")[0])
    # parameters of one host may speak of TLS, too, inside its parentheses
    tls = UNCLEAR if "ssl" in (found["hosts"] or "").lower().partition("(")[2] else tls_asked(found["engine"].lower(), parameters)
    url = JdbcUrl(engine=found["engine"].lower(), name=unquote(found["name"] or ""), user=user, ssl_mode=tls)
    if parameters.get("localsocket"):
        # a property of MariaDB's driver; there is no port then
        return replace(url, host=parameters["localsocket"], port_given=True)
    return _at(url, _mysql_hosts(found["hosts"] or "localhost"))


def _mysql_hosts(hosts: str) -> list[str]:
    if "(" not in hosts:
        several = re.fullmatch(r"\[([^\]]*,[^\]]*)\]", hosts)
        return (several[1] if several else hosts).split(",")
    # address=(protocol=tcp)(host=h)(port=p) and (host=h,port=p)
    blocks = re.findall(r"address=((?:\([^()]*\))+)", hosts, re.IGNORECASE) or re.findall(r"\([^()]*\)", hosts)
    return [f"{_bracketed(_in_block(block, 'host'))}:{_in_block(block, 'port')}".rstrip(":") for block in blocks] or [""]


def _in_block(block: str, key: str) -> str:
    found = re.search(rf"[(,]\s*{key}\s*=\s*([^,()]*)", block, re.IGNORECASE)
    return found[1].strip() if found else ""


def _sqlserver(rest: str) -> JdbcUrl:
    address, parameters = _parameters(rest, ";", ";")
    return replace(_sqlserver_of(address, parameters), ssl_mode=tls_asked("sqlserver", parameters))


def _jtds(rest: str) -> JdbcUrl:
    address, parameters = _parameters(rest, ";", ";")
    server, _slash, name = address.partition("/")
    return replace(_sqlserver_of(server, {"databasename": name, **parameters}), ssl_mode=tls_asked("jtds", parameters))


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
    return _at(url, [f"{host}:{port}" if port else host])


def _oracle(rest: str) -> JdbcUrl:
    credentials, at, address = rest.rpartition("@") if "(" not in rest else rest.partition("@")
    url = JdbcUrl(engine="oracle", user=credentials.partition("/")[0], ssl_mode=_oracle_tls(address))
    if not at:
        return replace(url, doubt="it has no '@'")
    if address.startswith("("):
        hosts = [f"{host}:{port}" for host, port in _oracle_addresses(address)]
        return _at(replace(url, name=_in_description(address, "SERVICE_NAME") or _in_description(address, "SID")), hosts)
    found = re.fullmatch(r"(?:(?:tcps?:)?//)?(?P<host>\[[^\]]*\]|[^:/\[]+)(?::(?P<port>[^:/]+))?[:/](?P<name>[^:/?]+)(?:[:/?].*)?", address)
    if not found or address.startswith("ldap"):
        return replace(url, doubt="it names an entry of another file or directory (TNS, LDAP)")
    return _at(replace(url, name=found["name"]), [found["host"] + (f":{found['port']}" if found["port"] else "")])


def _oracle_tls(address: str) -> str:
    protocol = "tcps" if re.match(r"tcps:", address, re.IGNORECASE) else _in_description(address, "PROTOCOL")
    match = re.search(r"ssl_server_dn_match\s*=\s*([^()&,]*)", address, re.IGNORECASE)
    return tls_asked("oracle", {"protocol": protocol, "ssl_server_dn_match": match[1].strip() if match else "false"})


def _oracle_addresses(description: str) -> list[tuple[str, str]]:
    blocks = re.findall(r"\(\s*ADDRESS\s*=((?:\s*\([^()]*\))+)", description, re.IGNORECASE) or [description]
    return [(_in_description(block, "HOST"), _in_description(block, "PORT") or "1521") for block in blocks]


def _in_description(text: str, key: str) -> str:
    found = re.search(rf"\(\s*{key}\s*=\s*([^()]*)\)", text, re.IGNORECASE)
    return found[1].strip() if found else ""


def _sqlite(rest: str) -> JdbcUrl:
    path = re.sub(r"^file:", "", rest.partition("?")[0])
    return JdbcUrl(engine="sqlite", name="" if path == ":memory:" else path)


def _h2(rest: str) -> JdbcUrl:
    return _file_database("h2", rest, r"(?:tcp|ssl)://(?P<server>[^/]*)/(?P<path>.*)")


def _hsqldb(rest: str) -> JdbcUrl:
    return _file_database("hsqldb", rest, r"(?:hsql|hsqls|http|https)://(?P<server>[^/]*)/?(?P<path>.*)")


def _file_database(engine: str, rest: str, server_form: str) -> JdbcUrl:
    path, parameters = _parameters(rest, ";", ";")
    found = re.fullmatch(server_form, path, re.IGNORECASE)
    url = JdbcUrl(engine=engine, user=parameters.get("user", ""))
    if found:
        return _at(replace(url, name=found["path"]), [found["server"]])
    return replace(url, name=re.sub(r"^(?:file|mem|res|nio|split):", "", path), embedded=True)


def _parameters(rest: str, begin: str, separator: str) -> tuple[str, dict[str, str]]:
    """What stands before the parameters, and the parameters by their names in lower case, without any password."""
    address, _begin, text = rest.partition(begin)
    pairs = (pair.partition("=") for pair in re.split(rf"{separator}(?![^{{}}]*\}})", text))
    decode: t.Callable[[str], str] = unquote if begin == "?" else lambda value: re.sub(r"^\{(.*)\}$", r"\1", value)
    return address, {
        name.strip().lower(): decode(value.strip())
        for name, _sign, value in pairs
        if "pass" not in name.lower() and "pwd" not in name.lower()
    }


def _at(url: JdbcUrl, hosts: t.Sequence[str]) -> JdbcUrl:
    """The URL with its host; several are told, and none is chosen."""
    if len(hosts) > 1:
        names = tuple(_one_host(host).label for host in hosts)
        return replace(url, hosts=names, doubt=f"it names {len(hosts)} hosts: {', '.join(names)}")
    one = _one_host(hosts[0])
    return replace(url, host=one.host, port=one.port, port_given=one.port_given, doubt=one.doubt or url.doubt)


@dataclass(frozen=True)
class _Host:
    host: str
    port: int = 0
    port_given: bool = False
    doubt: str = ""

    @property
    def label(self) -> str:
        return f"{_bracketed(self.host)}:{self.port}" if self.port else _bracketed(self.host)


def _one_host(text: str) -> _Host:
    # what stands before an '@' may be a password, and so may a port that is none: neither is ever quoted
    found = re.fullmatch(r"(?:.*@)?(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>.*))?", text.strip())
    if not found or ":" in (found["port"] or ""):
        return _Host("", doubt="its host is not clear (an IPv6 address needs brackets)")
    host, port = found["host"].strip("[]"), found["port"]
    if not host:
        return _Host("", doubt="it names no host")
    if port and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        return _Host(host, port_given=True, doubt="its port is no port number")
    return _Host(host, int(port or 0), bool(port))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


_FORMS: tuple[tuple[str, t.Callable[[str], JdbcUrl]], ...] = (
    (r"jdbc:postgresql:", _postgresql),
    # the word stays: it is the engine
    (r"jdbc:(?=(?:mysql|mariadb)(?:\+srv)?:)", _mysql),
    (r"jdbc:sqlserver://", _sqlserver),
    (r"jdbc:jtds:sqlserver://", _jtds),
    (r"jdbc:oracle:(?:thin|oci8?):", _oracle),
    (r"jdbc:sqlite:", _sqlite),
    (r"jdbc:h2:", _h2),
    (r"jdbc:hsqldb:", _hsqldb),
)
