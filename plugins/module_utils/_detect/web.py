# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an installation answers, which cookies it sets and where its sessions are kept, as its own settings say. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import FactRow, Found, row
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.lookup import Lookup
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.tomcat import TomcatOfProduct
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.tomcat_files import (
    Connector,
    Proxy,
    Sessions,
    context_path,
    own_connector,
    port_number,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import (
    ConnectorKeys,
    Product,
    SessionKeys,
    SessionsKept,
)

_EVERY_ADDRESS = ("", "*", "0.0.0.0", "::", "[::]")  # noqa: S104  # compared, not bound
_USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class _Web:
    """What the settings say; ``site_url`` where the product itself is told of it."""

    connectors: list[Connector]
    context: Found
    site_url: Found


def find_web(product: Product, lookup: Lookup, tomcat: TomcatOfProduct | None, node_url: str) -> tuple[dict[str, t.Any], list[FactRow]]:
    """``url``, ``port``, ``context_path``, ``proxy``, ``site_url`` of product_detect, and their facts.

    ``node_url``: named by the user, ''.
    """
    web = _of_tomcat(tomcat, product) if tomcat else _of_keys(product.files.connector, lookup, product)
    named = urlsplit(node_url)
    named_port = (named.port or _USUAL_PORTS.get(named.scheme, 0)) if node_url else 0
    connector = own_connector(web.connectors, named_port)
    url = Found(node_url.rstrip("/"), "certain", "option node_url") if node_url else _own_url(connector, web)
    proxy = next((one.proxy for one in [connector, *web.connectors] if one and one.proxy), None)
    site = web.site_url or _site_url(proxy, web.context)
    return {
        "url": url.value,
        "port": named_port or (connector.port if connector else 0),
        "context_path": web.context.value,
        "proxy": {"scheme": proxy.scheme, "name": proxy.name, "port": proxy.port} if proxy else {},
        "site_url": site.value,
    }, [row("url", url), row("context_path", web.context), row("site_url", site)]


def _of_tomcat(tomcat: TomcatOfProduct, product: Product) -> _Web:
    connectors = tomcat.connectors()
    return _Web(connectors, tomcat.context_path(), Found(source=f"{tomcat.server_path}: no proxyName for {product.name}"))


def _of_keys(keys: ConnectorKeys, lookup: Lookup, product: Product) -> _Web:
    bind, port = lookup.find(keys.bind), lookup.find(keys.port)
    address, _colon, bound_port = bind.value.rpartition(":")
    # a product with a setting for its port listens without one, too
    default_port = product.web.default_port if keys.port and not port else 0
    number = port_number(port.value or bound_port) or default_port
    name, scheme = lookup.find(keys.proxy_name).value, lookup.find(keys.scheme).value
    proxy = Proxy(scheme or "http", name, port_number(lookup.find(keys.proxy_port).value)) if name else None
    source = (port or bind).source if port or bind else "default"
    address = lookup.find(keys.address).value or address.strip("[]")
    connector = Connector(number, address, lookup.find(keys.tls).value.lower() == "true", proxy, source)
    context = lookup.find(keys.context)
    context = context.otherwise("").but(context_path(context.value))
    site_url = lookup.find(keys.site_url)
    return _Web([connector] if number else [], context, site_url.but(site_url.value.rstrip("/")))


def _own_url(connector: Connector | None, web: _Web) -> Found:
    if connector is None:
        return Found(source="no HTTP connector with a known port; name the address with force_reauth_node_url")
    if not web.context:
        return Found(source=web.context.source)
    host = "127.0.0.1" if connector.address in _EVERY_ADDRESS else connector.address
    host = f"[{host}]" if ":" in host else host
    found = Found(f"{'https' if connector.tls else 'http'}://{host}:{connector.port}{web.context.value}", "certain", connector.source)
    found = found.at_most("default") if connector.source == "default" else found
    return found.at_most("likely") if len(web.connectors) > 1 else found


def _site_url(proxy: Proxy | None, context: Found) -> Found:
    if not proxy:
        return Found(source="no proxy name is set")
    if not context:
        return context
    port = "" if proxy.port in (0, _USUAL_PORTS.get(proxy.scheme)) else f":{proxy.port}"
    return Found(f"{proxy.scheme}://{proxy.name}{port}{context.value}", "certain", "proxy name of the connector")


def find_cookies(product: Product, lookup: Lookup, tomcat: TomcatOfProduct | None) -> tuple[dict[str, str], list[FactRow]]:
    """The names of both cookies, and their facts."""
    of_container = tomcat.session_cookie() if tomcat else Found(missing=True)
    session = lookup.find(product.files.session_cookie) if of_container.missing else of_container
    found = {
        "session": session.otherwise(product.web.session_cookie),
        "remember_me": lookup.find(product.files.remember_me_cookie).otherwise(product.web.remember_me_cookie),
    }
    return {name: fact.value for name, fact in found.items()}, [row(f"cookies.{name}", fact) for name, fact in found.items()]


def find_sessions(product: Product, install: str, lookup: Lookup, tomcat: TomcatOfProduct | None) -> tuple[dict[str, t.Any], list[FactRow]]:
    """Where sessions are kept, by which finding, the names of the files that Tomcat saves them in, and those there are; and the fact."""
    sessions = (tomcat.sessions() if tomcat else None) or _by_setting(product.files.sessions, lookup)
    plain = _is_plain_name(sessions.pathname)
    kept: SessionsKept = "elsewhere" if sessions.kept == "disk" and not plain else sessions.kept
    named = [re.sub(r"[^/]+$", sessions.pathname, pattern) for pattern in product.persisted_sessions if plain and sessions.pathname]
    patterns = [*product.persisted_sessions, *named]
    saved = sorted({path for pattern in patterns for path in lookup.node.glob(install, pattern)})
    answer = {"kept": kept, "where": sessions.where, "names": [pattern.rpartition("/")[2] for pattern in patterns], "saved": saved}
    return answer, [row("sessions.kept", Found(kept, sessions.sure, sessions.where))]


def _is_plain_name(pathname: str) -> bool:
    """Whether Tomcat puts the file into the folder of the application below work/: '' is its own SESSIONS.ser. No pattern, no way out."""
    return re.fullmatch(r"[\w.-]*", pathname) is not None and pathname not in (".", "..")


def _by_setting(keys: SessionKeys, lookup: Lookup) -> Sessions:
    setting = lookup.find(keys.setting)
    if setting.missing:
        return Sessions(keys.default, "default", "default")
    known: dict[str, SessionsKept] = dict(keys.values)
    kept = known.get(setting.value.lower(), "unknown")
    return Sessions(kept, "certain" if kept != "unknown" else "unknown", f"{setting.source} {keys.setting[0].key}")
