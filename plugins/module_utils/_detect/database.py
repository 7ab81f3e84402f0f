# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which database an installation uses, as its own settings say. Pure. Passwords are looked at for their kind only."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import FactRow, Found, row
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.jdbc_tls import UNCLEAR
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.jdbc_url import (
    EMBEDDED_ENGINES,
    UNKNOWN,
    JdbcUrl,
    engine_in,
    parse_jdbc_url,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.lookup import Lookup
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.tomcat import TomcatOfProduct
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import DatabaseKeys

# in place of a password: {ATL_SECURED}, {ENCRYPTED}.., or the JSON of a secret store
_NOT_PLAIN = re.compile(r"\{(?:[A-Z_]+\}|\s*\")")


@dataclass(frozen=True)
class _Written:
    """What the settings say, each with its source; ``url`` as in the file, so it may hold a password."""

    url: Found
    user: Found
    password: Found
    jndi: Found


def find_database(keys: DatabaseKeys, lookup: Lookup, tomcat: TomcatOfProduct | None) -> tuple[dict[str, t.Any], list[FactRow]]:
    """The dictionary ``database`` of product_detect, and its facts."""
    written = _written(keys, lookup, tomcat)
    url = lookup.resolved(written.url)
    kind = lookup.find(keys.kind)
    parsed = parse_jdbc_url(url.value) if url else _without_url(keys, lookup, replace(written, url=url))
    found = _found(parsed, url, kind, lookup.find(keys.schema), written.user)
    encrypted = bool(lookup.find(keys.cipher)) or bool(_NOT_PLAIN.match(written.password.value))
    return {
        **{name: fact.value for name, fact in found.items()},
        "port": int(found["port"].value or 0),
        "hosts": list(parsed.hosts),
        "jndi": bool(written.jndi),
        "embedded": parsed.embedded or (not url and found["engine"].value in EMBEDDED_ENGINES),
        "encrypted_password": encrypted,
    }, [row(f"database.{name}", fact) for name, fact in found.items()]


def _written(keys: DatabaseKeys, lookup: Lookup, tomcat: TomcatOfProduct | None) -> _Written:
    url, jndi = lookup.find(keys.url), lookup.find(keys.jndi)
    if url or not jndi:
        return _Written(url, lookup.find(keys.user), lookup.find(keys.password), Found())
    resource = tomcat.resource(jndi.value) if tomcat else None
    if resource is None:
        reason = Found(source=f"{jndi.source} names the data source {jndi.value}, which no file of the container defines")
        return _Written(reason, reason, reason, jndi)
    path, element = resource
    url, user, password = (
        Found(element.attributes.get(name, ""), "certain", f"{path}:{element.line}") for name in ("url", "username", "password")
    )
    return _Written(url if url.value else Found(source=url.source), user, password, jndi)


def _without_url(keys: DatabaseKeys, lookup: Lookup, written: _Written) -> JdbcUrl:
    if written.jndi or not written.url.missing or not keys.built_in:
        return JdbcUrl(doubt=written.url.source)
    return JdbcUrl(engine=keys.built_in, name=lookup.path(keys.built_in_path), embedded=True)


def _found(parsed: JdbcUrl, url: Found, kind: Found, schema: Found, user: Found) -> dict[str, Found]:
    """Each part with its own certainty."""
    # without a URL but with an engine it is the built-in database
    base = url or (Found("", "default", "default") if parsed.engine != UNKNOWN else Found(source=url.source))
    unclear = Found(source=f"{url.source}: {parsed.doubt}" if url else parsed.doubt)
    engine = base.but(parsed.engine)
    if parsed.engine == UNKNOWN:
        engine = kind.but(engine_in(kind.value)).at_most("likely") if engine_in(kind.value) else Found(UNKNOWN, "unknown", unclear.source)

    def part(value: str) -> Found:
        return base.but(value) if value or not parsed.doubt else unclear

    port = str(parsed.port or "")
    return {
        "engine": engine,
        "host": part(parsed.host),
        "port": part(port) if parsed.port_given or not port else Found(port, "default", "default"),
        "name": part(parsed.name),
        "schema": schema or part(parsed.schema),
        "user": user if user.value else part(parsed.user),
        "ssl_mode": _tls(part(parsed.ssl_mode)),
    }


def _tls(asked: Found) -> Found:
    return Found(UNKNOWN, source=f"{asked.source}: its words for TLS are not known") if asked.value == UNCLEAR else asked
