# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a JDBC URL that all drivers have in common. Pure.

Nothing is kept, and nothing quoted, that does not look like what it should be: what stands in the wrong place may be a password.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace
from urllib.parse import unquote

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import port_number
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.placeholders import NEVER_FILLED_IN, has_placeholder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES

UNKNOWN = "unknown"

_HOST = re.compile(r"\w[\w.-]*|\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%\w+)?\]")
# engines whose databases are files, also behind a server
_OF_FILES = [name for name, engine in ENGINES.items() if not engine.default_port]
_NAME = re.compile(r"\w[\w .-]*")
# with a colon before it: the SID of an Oracle database, see jdbc_oracle
_DATABASE = re.compile(rf":?{_NAME.pattern}")
_PATH = re.compile(r"[\w./~][\w ./~-]*")
_ACCOUNT = re.compile(r"[\w.\\][\w .$#@\\+-]*")


@dataclass(frozen=True)
class JdbcUrl:
    """``host`` is '' and ``hosts`` tells them when there are several; ``port`` is 0 when not known, ``port_given`` whether the URL has it.

    ``host`` beginning with '/' is the folder of a PostgreSQL socket, or the socket of MariaDB; ``name`` of a file database is its path.
    ``ssl_mode``: the TLS that it insists on, see jdbc_tls. ``doubt``: what is not clear; ``user_doubt``, ``schema_doubt``: why one that
    it has is not known.
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
    user_doubt: str = ""
    schema_doubt: str = ""


def parameters_of(rest: str, begin: str, separator: str) -> tuple[str, dict[str, str]]:
    """What stands before the parameters, and the parameters by their names in lower case, without any password."""
    address, _begin, text = rest.partition(begin)
    pairs = (pair.partition("=") for pair in _apart(text, separator))
    decode: t.Callable[[str], str] = unquote if begin == "?" else lambda value: re.sub(r"^\{(.*)\}$", r"\1", value)
    return address, {
        name.strip().lower(): decode(value.strip())
        for name, _sign, value in pairs
        if "@" in name or ("pass" not in name.lower() and "pwd" not in name.lower())
    }


def _apart(text: str, separator: str) -> list[str]:
    """At each separator but those in braces: before a closing one, without another brace between."""
    ends = [found.start() for found in re.finditer(r"[{}]", text)] + [len(text)]
    pieces, begin, next_end = [], 0, 0
    for found in re.finditer(separator, text):
        while ends[next_end] < found.start():
            next_end += 1
        if text[ends[next_end] : ends[next_end] + 1] != "}":
            pieces.append(text[begin : found.start()])
            begin = found.end()
    return [*pieces, text[begin:]]


def at(url: JdbcUrl, hosts: t.Sequence[str]) -> JdbcUrl:
    """The URL with its host; several are told, and none is chosen."""
    found = [_one_host(host) for host in hosts]
    unclear = next((one.doubt for one in found if one.doubt), "")
    if unclear:
        return replace(url, doubt=unclear)
    if len(found) == 1:
        return replace(url, host=found[0].host, port=found[0].port, port_given=found[0].port_given)
    names, ports = tuple(one.label for one in found), {one.port for one in found}
    doubt = f"it names {len(hosts)} hosts: {', '.join(names)}"
    # a port that all have is known, whichever host is taken
    port = next(iter(ports)) if len(ports) == 1 else 0
    return replace(url, hosts=names, port=port, port_given=ports != {0}, doubt=doubt)


def cleaned(url: JdbcUrl) -> JdbcUrl:
    """The URL without parts that do not look like what they should be; where the name is none, the host before it is in doubt, too."""
    kept = replace(
        url,
        schema=_if_like(_NAME, url.schema),
        user=_if_like(_ACCOUNT, url.user),
        instance=_if_like(_NAME, url.instance),
        user_doubt=_doubt_of(_ACCOUNT, url.user, "its account is not clear"),
        schema_doubt=_doubt_of(_NAME, url.schema, "its schema is not clear"),
    )
    if url.name and not _if_like(_PATH if url.engine in _OF_FILES else _DATABASE, url.name):
        doubt = NEVER_FILLED_IN if has_placeholder(url.name) else "the name of its database is not clear"
        return replace(kept, name="", host="", hosts=(), port=0, port_given=False, doubt=doubt)
    if not url.name and not url.doubt:
        return replace(kept, doubt="it names no database")
    return kept


def bracketed(host: str) -> str:
    """The host as a port can follow it."""
    return f"[{host}]" if ":" in host else host


def clean_path(text: str) -> str:
    """The path, '' when it is none."""
    return _if_like(_PATH, text) if text.startswith("/") else ""


def _if_like(form: re.Pattern[str], text: str) -> str:
    return text if form.fullmatch(text) and not has_placeholder(text) else ""


def _doubt_of(form: re.Pattern[str], text: str, doubt: str) -> str:
    if not text or _if_like(form, text):
        return ""
    return NEVER_FILLED_IN if has_placeholder(text) else doubt


@dataclass(frozen=True)
class _Host:
    host: str
    port: int = 0
    port_given: bool = False
    doubt: str = ""

    @property
    def label(self) -> str:
        return f"{bracketed(self.host)}:{self.port}" if self.port else bracketed(self.host)


def _one_host(text: str) -> _Host:
    # what stands before an '@' may be a password, and so may a port that is none: neither is ever quoted
    found = re.fullmatch(r"(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>.*))?", text.strip().rpartition("@")[2], re.DOTALL)
    host, port = (found["host"], found["port"] or "") if found else ("", "")
    doubt = _doubt(host, port)
    if doubt:
        return _Host("", doubt=NEVER_FILLED_IN if has_placeholder(text) else doubt)
    return _Host(host.strip("[]"), port_number(port), bool(port))


def _doubt(host: str, port: str) -> str:
    if ":" in port:
        return "its host is not clear (an IPv6 address needs brackets)"
    if not host.strip("[]"):
        return "it names no host"
    if not _HOST.fullmatch(host) or has_placeholder(host):
        return "its host is not clear"
    if port and not port_number(port):
        return "its port is no port number"
    return ""
