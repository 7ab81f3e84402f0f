# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Tomcat's own files say: connectors, the context of the product, where sessions are kept. Pure.

Source: the configuration references of Tomcat 9 and 10.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from pathlib import PurePosixPath

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import Found, Sure
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.xml_tree import Element
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import SessionsKept

Resolve = t.Callable[[Found], Found]


@dataclass(frozen=True)
class Proxy:
    """The public address that a connector is told of."""

    scheme: str
    name: str
    port: int


@dataclass(frozen=True)
class Connector:
    """An HTTP connector; ``address`` '' is every address, ``source`` is 'path:line'."""

    port: int
    address: str
    tls: bool
    proxy: Proxy | None
    source: str


def http_connectors(server: Element, path: str, resolve: Resolve) -> list[Connector]:
    """The HTTP connectors with a known port, in the order of the file; AJP is none, and neither is what is commented out."""
    found = [_connector(element, path, resolve) for element in server.all("Connector") if not _is_ajp(element)]
    return [connector for connector in found if connector.port > 0]


def _is_ajp(element: Element) -> bool:
    protocol = element.attributes.get("protocol", "").lower()
    return protocol.startswith("ajp") or ".ajp." in protocol


def _connector(element: Element, path: str, resolve: Resolve) -> Connector:
    source = f"{path}:{element.line}"

    def value(name: str) -> str:
        return resolve(Found(element.attributes.get(name, "").strip(), "certain", source)).value

    proxy = Proxy(value("scheme") or "http", value("proxyName"), port_number(value("proxyPort"))) if value("proxyName") else None
    return Connector(port_number(value("port")), value("address"), value("SSLEnabled").lower() == "true", proxy, source)


def port_number(text: str) -> int:
    """The port, 0 when it is none."""
    return int(text) if text.isascii() and text.isdecimal() and int(text) < 65536 else 0


def own_connector(connectors: t.Sequence[Connector], port: int = 0) -> Connector | None:
    """The one to ask the node itself: that of the port where one is given, else plain HTTP before TLS, in the order of the file."""
    if port:
        return next((one for one in connectors if one.port == port), None)
    return next(iter(sorted(connectors, key=lambda one: one.tls)), None)


def own_contexts(root: Element, path: str, webapp: str) -> list[Element]:
    """The Context elements of the product: with its folder ``webapp`` as docBase, or in a context.xml, or the only one of a server.xml."""
    contexts = root.all("Context")
    own = [one for one in contexts if PurePosixPath(one.attributes.get("docBase", "").strip()).name == webapp]
    only = root.all("Server") and len(contexts) == 1
    return own or (contexts if only or PurePosixPath(path).name == "context.xml" else [])


def context_path(text: str) -> str:
    """A context path as it begins a URL's path: '' or '/name'."""
    name = text.strip().strip("/")
    return f"/{name}" if name else ""


def context_path_of_file(path: str) -> str:
    """The context path that the name of a file below conf/Catalina/<host> says."""
    name = PurePosixPath(path).stem
    return "" if name == "ROOT" else context_path(name.replace("#", "/"))


@dataclass(frozen=True)
class Sessions:
    """Where a manager keeps sessions; ``pathname``: the file that it was told to save them in, '' for Tomcat's default."""

    kept: SessionsKept
    sure: Sure
    where: str
    pathname: str = ""


# what a later start, or another node, may still hold: the further, the worse
_WORST_FIRST: tuple[SessionsKept, ...] = ("outside", "replicated", "unknown", "disk", "memory")
_REPLICATED = re.compile(r"DeltaManager|BackupManager")
_OUTSIDE = re.compile(
    r"redis|redisson|memcached|hazelcast|JDBCStore|DataSourceStore|mongo|couchbase|dynamo|coherence|ignite", re.IGNORECASE
)


def sessions_in(elements: t.Iterable[tuple[str, Element]]) -> Sessions | None:
    """What the Manager and Cluster elements among these (path, element) say; the worst when there are several, None when there are none."""
    found = [_sessions_of(element, path) for path, element in elements if element.tag in ("Manager", "Cluster")]
    return min(found, key=lambda one: _WORST_FIRST.index(one.kept), default=None)


def _sessions_of(element: Element, path: str) -> Sessions:
    where = f"{path}:{element.line}"
    if element.tag == "Cluster":
        # Tomcat replicates only the sessions of an application that says <distributable/>
        return Sessions("replicated", "likely", f"{where} Cluster")
    class_name = element.attributes.get("className", "StandardManager")
    short = re.sub(r"[^\w]", "", class_name.rpartition(".")[2])[:60]
    if _OUTSIDE.search(class_name):
        return Sessions("outside", "certain", f"{where} {short}")
    if _REPLICATED.search(class_name):
        return Sessions("replicated", "certain", f"{where} {short}")
    if short == "PersistentManager":
        return _persistent(element, where)
    if short != "StandardManager":
        return Sessions("unknown", "unknown", f"{where} {short}")
    pathname = element.attributes.get("pathname")
    if pathname is not None and not pathname.strip():
        return Sessions("memory", "certain", f"{where} StandardManager without a file")
    return Sessions("disk", "certain", f"{where} StandardManager", pathname or "")


def _persistent(element: Element, where: str) -> Sessions:
    """The class alone proves nothing: it depends on whether a session is ever written to the store, and on the store."""
    saved_at_stop = element.attributes.get("saveOnRestart", "true").strip().lower() != "false"
    limits = ("maxIdleBackup", "maxIdleSwap", "maxActiveSessions")
    swapped_out = any(_is_set(element.attributes.get(name, "-1")) for name in limits)
    if not saved_at_stop and not swapped_out:
        return Sessions("memory", "likely", f"{where} PersistentManager that saves nothing")
    return Sessions("outside", "certain", f"{where} PersistentManager with a store")


def _is_set(number: str) -> bool:
    return not re.fullmatch(r"\s*-\d+\s*", number)
