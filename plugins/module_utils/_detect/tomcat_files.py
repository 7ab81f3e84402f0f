# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Tomcat's own files say: connectors, the context of the product, where sessions are kept. Pure.

Source: the configuration references of Tomcat 9 and 10.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import Found, Sure, port_number
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.xml_tree import Element
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import SessionsKept

Resolve = t.Callable[[Found], Found]
_NO_OFFSET = 65536
_PROXY_NAME = re.compile(r"\w[\w.-]*|\[[0-9A-Fa-f:.]+\]")


@dataclass(frozen=True)
class Proxy:
    """The public address that a connector is told of."""

    scheme: str
    name: str
    port: int


@dataclass(frozen=True)
class Connector:
    """An HTTP connector; ``address`` '' is every address, ``source`` is 'path:line'.

    ``doubt``: why it is not known whether, or how, the product answers there; ``proxy_doubt``: why the proxy is not known.
    """

    port: int
    address: str
    tls: bool
    proxy: Proxy | None
    source: str
    doubt: str = ""
    proxy_doubt: str = ""


def http_connectors(server: Element, path: str, webapp: str, resolve: Resolve) -> list[Connector]:
    """The HTTP connectors of the product's service with a known port, in the order of the file; AJP is none, nor what is commented out."""
    services = [one for one in server.all("Service") if one.all("Connector")]
    own = [one for one in services if _is_own_service(one, webapp)] or services
    several = " and ".join(f"{path}:{one.line}" for one in own)
    doubt = f"the services {several} all have connectors: name the address with force_reauth_node_url" if len(own) > 1 else ""
    # in a damaged file they may stand outside
    elements = [element for one in own or [server] for element in one.all("Connector") if not _is_ajp(element)]
    offset = max((_offset(one, resolve) for one in server.all("Server")), default=0)
    found = [_connector(element, f"{path}:{element.line}", resolve, offset) for element in elements]
    return [replace(connector, doubt=doubt or connector.doubt) for connector in found if connector.port > 0]


def _is_own_service(service: Element, webapp: str) -> bool:
    return any(_is_docbase(context, webapp) for context in service.all("Context"))


def _is_docbase(context: Element, webapp: str) -> bool:
    return PurePosixPath(context.attributes.get("docBase", "").strip()).name == webapp


def _offset(server: Element, resolve: Resolve) -> int:
    """What is added to every port; larger than any when it is not known."""
    found = resolve(Found(server.attributes.get("portOffset", "0").strip() or "0", "certain", "portOffset"))
    return int(found.value) if re.fullmatch(r"\d{1,5}", found.value) else _NO_OFFSET


def _is_ajp(element: Element) -> bool:
    protocol = element.attributes.get("protocol", "").lower()
    return protocol.startswith("ajp") or ".ajp." in protocol


def _connector(element: Element, source: str, resolve: Resolve, offset: int) -> Connector:
    def value(name: str) -> Found:
        text = element.attributes.get(name, "").strip()
        return resolve(Found(text, "certain", source)) if text else Found(missing=True)

    port, address, tls = port_number(value("port").value), value("address"), value("SSLEnabled")
    proxy, proxy_doubt = proxy_of(value("proxyName"), value("scheme"), value("proxyPort"))
    # port 0 is any free one
    port = port_number(str(port + offset)) if port else 0
    return Connector(port, address.value, tls.value.lower() == "true", proxy, source, unclear_of(address, tls), proxy_doubt)


def unclear_of(*values: Found) -> str:
    """Why the first of these is not known although something is set, '' when there is none."""
    return next((one.source for one in values if not one and not one.missing), "")


def proxy_of(name: Found, scheme: Found, port: Found) -> tuple[Proxy | None, str]:
    """The proxy, and why it is not known though one is named."""
    doubt = unclear_of(name, scheme, port)
    if doubt or not name:
        return None, doubt
    number, words = port_number(port.value), scheme.value.lower() or "http"
    if words not in ("http", "https") or (port.value and not number) or not _PROXY_NAME.fullmatch(name.value):
        return None, f"{name.source}: scheme, name or port of the proxy is none"
    return Proxy(words, name.value, number), ""


def own_connector(connectors: t.Sequence[Connector], port: int = 0) -> Connector | None:
    """The one to ask the node itself: that of the port where one is given, else plain HTTP before TLS, in the order of the file."""
    if port:
        return next((one for one in connectors if one.port == port), None)
    return next(iter(sorted(connectors, key=lambda one: one.tls)), None)


def own_contexts(root: Element, path: str, webapp: str) -> list[Element]:
    """The Context elements of the product: with its folder as docBase, or in a context.xml, or the only one of a server.xml without any."""
    contexts = root.all("Context")
    own = [one for one in contexts if _is_docbase(one, webapp)]
    only = root.all("Server") and len(contexts) == 1 and not contexts[0].attributes.get("docBase", "").strip()
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
