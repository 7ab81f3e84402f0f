# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an installation answers, which cookies it sets and where its sessions are kept, as its own settings say. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.urls import PORTS, parts_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import FactRow, Found, port_number, row
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.setting_lookup import Lookup, Node
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.tomcat import TomcatOfProduct
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.tomcat_files import (
    Connector,
    Proxy,
    Sessions,
    context_path,
    own_connector,
    proxy_of,
    unclear_of,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import (
    ConnectorKeys,
    Product,
    SessionKeys,
    SessionsKept,
)

_EVERY_ADDRESS = ("", "*", "0.0.0.0", "::", "[::]")  # noqa: S104  # compared, not bound
# a name or a number of IPv4, or one of IPv6: nothing that a URL would read as a user, a path or another host
_ADDRESS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*|[*]|[0-9A-Fa-f:.]+(?:%\w+)?|\[[0-9A-Fa-f:.]+\]")


@dataclass(frozen=True)
class _Web:
    """What the settings say; ``site_url`` where the product itself is told of it. ``damage``: of the file with the connectors."""

    connectors: list[Connector]
    context: Found
    site_url: Found
    damage: str = ""


def find_web(product: Product, lookup: Lookup, tomcat: TomcatOfProduct | None, node_url: str) -> tuple[dict[str, t.Any], list[FactRow]]:
    """``url``, ``port``, ``context_path``, ``proxy``, ``site_url`` of product_detect, and their facts.

    ``node_url``: named by the user, ''. Raises SessionsError when that is no address.
    """
    web = _of_tomcat(tomcat, product, lookup) if tomcat else _of_keys(product.files.connector, lookup, product)
    named = parts_of(node_url, "node") if node_url else None
    named_port = (named.port or PORTS[named.scheme]) if named else 0
    connector = own_connector(web.connectors, named_port)
    url = Found(node_url.rstrip("/"), "certain", "option node_url") if node_url else _own_url(connector, web, lookup.node)
    proxy, site = _site(web)
    return {
        "url": url.value,
        "port": named_port or (connector.port if connector and url else 0),
        "context_path": web.context.value,
        "proxy": {"scheme": proxy.scheme, "name": proxy.name, "port": proxy.port} if proxy else {},
        "site_url": site.value,
    }, [row("url", url), row("context_path", web.context), row("site_url", site)]


def _of_tomcat(tomcat: TomcatOfProduct, product: Product, lookup: Lookup) -> _Web:
    context = _context(tomcat.context_path(), lookup.find(product.files.connector.context))
    return _Web(tomcat.connectors(), context, Found(missing=True), tomcat.unread)


def _context(of_container: Found, of_product: Found) -> Found:
    """The container decides; what the product remembers tells it where the container has nothing, and raises a doubt where it differs."""
    remembered = of_product.but(context_path(of_product.value)) if of_product else of_product
    if of_container.missing:
        return remembered.otherwise("")
    if of_container and remembered and remembered.value != of_container.value:
        return Found(of_container.value, "likely", f"{of_container.source}, but {remembered.source} says otherwise")
    return of_container


def _of_keys(keys: ConnectorKeys, lookup: Lookup, product: Product) -> _Web:
    bind, port, tls = lookup.find(keys.bind), lookup.find(keys.port), lookup.find(keys.tls)
    secure = bind.missing and bool(keys.tls_bind)
    bind = lookup.find(keys.tls_bind) if secure else bind
    address, _colon, bound_port = bind.value.rpartition(":")
    # a product with a setting for its port listens without one, too
    default_port = product.web.default_port if keys.port and port.missing else 0
    number = port_number(port.value or bound_port) or default_port
    proxy, proxy_doubt = proxy_of(*(lookup.find(places) for places in (keys.proxy_name, keys.scheme, keys.proxy_port)))
    source = (port or bind).source if port or bind else "default"
    own_address = lookup.find(keys.address)
    connector = Connector(
        number,
        own_address.value or address.strip("[]"),
        tls.value.lower() == "true" or secure,
        proxy,
        source,
        unclear_of(port, bind, own_address, tls),
        proxy_doubt,
    )
    context = lookup.find(keys.context)
    context = context.otherwise("").but(context_path(context.value))
    site_url = lookup.find(keys.site_url)
    unread = _not_there(product, lookup) or ("" if number else unclear_of(port, bind))
    return _Web([connector] if number else [], context, site_url.but(site_url.value.rstrip("/")), unread)


def _not_there(product: Product, lookup: Lookup) -> str:
    """That the settings file is missing which the product cannot do without, ''."""
    database = product.files.database
    needed = database.built_in is None or database.built_in.needs_file
    return f"{lookup.path(database.file)} is not there" if needed and not lookup.is_there(database.file) else ""


def _own_url(connector: Connector | None, web: _Web, node: Node) -> Found:
    if connector is None:
        why = web.damage or "no HTTP connector with a known port"
        return Found(source=f"{why}; name the address with force_reauth_node_url")
    if connector.doubt or not web.context:
        return Found(source=connector.doubt or web.context.source)
    if connector.address and not _ADDRESS.fullmatch(connector.address):
        return Found(source=f"{connector.source}: its address is none; name it with force_reauth_node_url")
    # by its number: what a name stands for when a password is sent may be another host than now
    host = "127.0.0.1" if connector.address in _EVERY_ADDRESS else node.own_number(connector.address.strip("[]"), _is_ipv6_first(node))
    if not host:
        return Found(source=f"{connector.source} names {connector.address}, no address of this host; name it with force_reauth_node_url")
    host = f"[{host}]" if ":" in host else host
    found = Found(f"{'https' if connector.tls else 'http'}://{host}:{connector.port}{web.context.value}", "certain", connector.source)
    found = found.at_most("default") if connector.source == "default" else found.at_most(web.context.sure)
    return _damaged(found.at_most("likely") if len(web.connectors) > 1 else found, web)


def _is_ipv6_first(node: Node) -> bool:
    """Whether the process was told to take an address of IPv6 for a name that has both: by itself Java takes that of IPv4."""
    return node.argument("-Djava.net.preferIPv6Addresses=").lower() == "true"


def _site(web: _Web) -> tuple[Proxy | None, Found]:
    """The public address that the connectors are told of; of several that differ none is chosen."""
    proxies = {one.proxy: one for one in reversed(web.connectors) if one.proxy}
    doubt = next((one.proxy_doubt for one in web.connectors if one.proxy_doubt), "")
    if len(proxies) > 1:
        places = " and ".join(one.source for one in web.connectors if one.proxy)
        doubt = f"{places} name different proxies: say which with force_reauth_site_url"
    proxy = next(iter(proxies)) if proxies and not doubt else None
    if not web.site_url.missing:
        return proxy, web.site_url
    if not proxy:
        return None, Found(source=doubt or web.damage) if doubt or web.damage else Found("", "default", "no proxy name is set")
    return proxy, _damaged(_site_url(proxy, web.context), web)


def _damaged(found: Found, web: _Web) -> Found:
    return found.at_most("likely")._replace(source=f"{found.source} ({web.damage})") if web.damage and found else found


def _site_url(proxy: Proxy, context: Found) -> Found:
    if not context:
        return context
    port = "" if proxy.port in (0, PORTS.get(proxy.scheme)) else f":{proxy.port}"
    return Found(f"{proxy.scheme}://{proxy.name}{port}{context.value}", "certain", "proxy name of the connector").at_most(context.sure)


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
    moved = tomcat.other_work_folder() if tomcat and sessions.kept == "disk" else ""
    if tomcat and tomcat.unread and not moved:
        sessions = _half_read(sessions, tomcat.unread)
    kept: SessionsKept = "elsewhere" if sessions.kept == "disk" and (moved or not plain) else sessions.kept
    where = f"{moved} workDir" if moved and plain else sessions.where
    usual = product.persisted_sessions
    names = [*usual, *([f"{usual[0].rpartition('/')[0]}/{sessions.pathname}".lstrip("/")] if usual and plain and sessions.pathname else [])]
    fact = row("sessions.kept", Found(kept, sessions.sure, where))
    try:
        return {"kept": kept, "where": where, "names": names, "saved": lookup.node.saved_sessions(install, names)}, [fact]
    except SessionsError as error:
        # where the container certainly loads none, none needs to be seen, nor removed
        if (kept, sessions.sure) != ("memory", "certain"):
            raise
        return {"kept": kept, "where": where, "names": [], "saved": []}, [fact, row("sessions.saved", Found(source=str(error).rstrip(".")))]


def _half_read(sessions: Sessions, why: str) -> Sessions:
    """A file that was not read whole may have the Manager, or the Cluster, that decides."""
    if sessions.sure == "default":
        return Sessions("unknown", "unknown", why)
    return replace(sessions, sure="likely" if sessions.sure == "certain" else sessions.sure, where=f"{sessions.where} ({why})")


def _is_plain_name(pathname: str) -> bool:
    """Whether Tomcat puts the file into the folder of the application below work/: '' is its own SESSIONS.ser. No pattern, no way out."""
    return re.fullmatch(r"[\w.-]*", pathname) is not None and pathname not in (".", "..")


def _by_setting(keys: SessionKeys, lookup: Lookup) -> Sessions:
    setting = lookup.find(keys.setting)
    if setting.missing:
        return Sessions(keys.default, "default", "default")
    known: dict[str, SessionsKept] = dict(keys.values)
    kept = known.get(setting.value.lower(), "unknown")
    return Sessions(kept, "certain" if kept != "unknown" else "unknown", f"{setting.source} {keys.setting[-1].key}")
