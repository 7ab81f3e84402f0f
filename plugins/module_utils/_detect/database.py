# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which database an installation uses, as its own settings say. Pure. Passwords are looked at for their kind only."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import FactRow, Found, Sure, row
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.jdbc_parts import UNKNOWN, JdbcUrl
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.jdbc_tls import UNCLEAR
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.jdbc_url import (
    engine_in,
    parse_jdbc_url,
    with_properties,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.setting_lookup import Lookup
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.tomcat import TomcatOfProduct
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import BuiltIn, DatabaseKeys
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES

# in place of a password: {ATL_SECURED}, {ENCRYPTED}.., or the JSON of a secret store
_NOT_PLAIN = re.compile(r"\{(?:[A-Z_]+\}|\s*\")")

_EMBEDDED = [name for name, engine in ENGINES.items() if engine.embedded]


@dataclass(frozen=True)
class _Written:
    """What the settings say, each with its source; ``url`` and ``properties`` as in the file, so they may hold a password.

    ``contradicts``: a URL and a data source are set that do not lead to one database.
    """

    url: Found
    user: Found
    password: Found
    jndi: Found
    properties: Found
    contradicts: bool = False


def find_database(
    keys: DatabaseKeys, lookup: Lookup, tomcat: TomcatOfProduct | None, home: Found
) -> tuple[dict[str, t.Any], list[FactRow]]:
    """The dictionary ``database`` of product_detect, and its facts: no surer than the ``home`` folder that the settings were read in."""
    keys = _of_one_file(keys, lookup)
    written = _written(keys, lookup, tomcat)
    url = written.url
    built_in = _built_in(keys.built_in, keys.file, lookup) if keys.built_in and url.missing and not written.jndi else None
    parsed = parse_jdbc_url(lookup.filled(url)) if url else _without_url(keys.built_in, built_in, url)
    parsed = with_properties(parsed, lookup.filled(written.properties))
    base = built_in or url
    # what speaks of the engine beside two databases speaks of one of them
    kind = url if written.contradicts else lookup.find(keys.kind)
    found = _found(parsed, base, kind, lookup.find(keys.schema), written.user)
    found = {name: _in_home(fact, home) for name, fact in found.items()}
    encrypted = bool(lookup.find(keys.cipher)) or bool(_NOT_PLAIN.match(written.password.value))
    return {
        **{name: fact.value for name, fact in found.items()},
        "port": int(found["port"].value or 0),
        "hosts": list(parsed.hosts),
        "doubts": _doubts(found, parsed),
        "jndi": bool(written.jndi),
        "embedded": parsed.embedded or (not url and found["engine"].value in _EMBEDDED),
        "encrypted_password": encrypted,
    }, [row(f"database.{name}", fact) for name, fact in found.items()]


def _of_one_file(keys: DatabaseKeys, lookup: Lookup) -> DatabaseKeys:
    """Those of the file that is there: what an upgrade left in an older one adds nothing to it."""
    return keys.older if keys.older and not lookup.is_there(keys.file) else keys


def _in_home(found: Found, home: Found) -> Found:
    """What was read in a home folder that is only likely may be another installation's."""
    if home.sure != "likely" or not found:
        return found
    return found.at_most("likely")._replace(source=f"{found.source}, in a home folder that is only likely: {home.source}")


def _doubts(found: t.Mapping[str, Found], parsed: JdbcUrl) -> dict[str, str]:
    """Why a part that says whose tokens are treated is not certain. The usual port is, where a certain URL has none."""
    told = [name for name in ("engine", "host", "port", "name") if found[name].sure != "certain"]
    usual_port = "port" in told and found["port"].sure == "default" and "engine" not in told
    # nobody has to name an account, or a schema; one that is not known is another matter
    told += ["user"] if not found["user"] and not found["user"].missing else []
    # a schema that cannot be read is looked for
    told += ["schema"] if not found["schema"] and not (found["schema"].missing or found["schema"].lost) else []
    return {name: found[name].source for name in told if not (name == "port" and (usual_port or parsed.embedded))}


def _written(keys: DatabaseKeys, lookup: Lookup, tomcat: TomcatOfProduct | None) -> _Written:
    url, jndi = lookup.find_raw(keys.url), lookup.find(keys.jndi)
    own = _Written(url, lookup.find(keys.user), lookup.find_raw(keys.password), Found(), lookup.find_raw(keys.properties))
    if jndi.missing or (url and jndi.lost):
        return own
    if not jndi:
        return _unknown(jndi.source, jndi)
    by_name = _of_data_source(jndi, tomcat, lookup) if tomcat else _Written(jndi, jndi, jndi, jndi, Found())
    return by_name if url.missing or url.lost else _of_both(own, by_name, lookup)


def _unknown(why: str, jndi: Found) -> _Written:
    unknown = Found(source=why)
    return _Written(unknown, unknown, Found(), jndi, Found())


def _of_both(own: _Written, by_name: _Written, lookup: Lookup) -> _Written:
    """Which of them the product takes is not known: they count where they say the same."""
    jndi, other = by_name.jndi, by_name.url
    if own.url and other and _place(own, lookup) == _place(by_name, lookup):
        told = {one.value: one.source for one in (own.user, by_name.user) if not one.missing}
        unclear = Found(source=f"{' and '.join(told.values())} name different accounts")
        return replace(by_name, user=unclear if len(told) > 1 else by_name.user)
    leads = f"{jndi.source} names the data source {jndi.value}, whose URL ({other.source}) leads elsewhere" if other else other.source
    why = f"{own.url.source} has a URL, but {leads}: two settings of one thing contradict each other"
    return replace(_unknown(why, jndi), contradicts=True)


def _place(written: _Written, lookup: Lookup) -> JdbcUrl:
    """Where a URL leads, with what its driver is told beside it; not as whom, nor how."""
    parsed = with_properties(parse_jdbc_url(lookup.filled(written.url)), lookup.filled(written.properties))
    return replace(parsed, port_given=True, user="", user_doubt="", ssl_mode="")


def _of_data_source(jndi: Found, tomcat: TomcatOfProduct, lookup: Lookup) -> _Written:
    found = tomcat.data_source(jndi.value)
    url = found.attribute("url", "jdbcUrl")
    if found.problem or not url:
        reason = found.problem or f"which {found.source} defines without one url"
        return _unknown(f"{jndi.source} names the data source {jndi.value}, {reason}", jndi)
    sure: Sure = "likely" if tomcat.damage else "certain"
    source = f"{found.source} ({tomcat.damage})" if tomcat.damage else found.source
    user = found.attribute("username", "user")
    account = lookup.resolved(Found(user, sure, source)) if user else Found(missing=True)
    properties = Found(found.attribute("connectionProperties"), sure, source)
    return _Written(Found(url, sure, source), account, Found(found.attribute("password"), sure, source), jndi, properties)


def _without_url(product: BuiltIn | None, built_in: Found | None, url: Found) -> JdbcUrl:
    if product and built_in:
        return JdbcUrl(engine=product.engine, name=built_in.value, embedded=True)
    return JdbcUrl(doubt=(url if built_in is None else built_in).source)


def _built_in(built_in: BuiltIn, file: str, lookup: Lookup) -> Found:
    """The path of the built-in database, where the product has all that it needs to take it; it is not a matter of finding nothing."""
    path = lookup.path(file)
    if not lookup.node.process:
        return Found(source=f"no database is set in {path}, and no process runs whose environment could tell")
    if built_in.needs_file and not lookup.is_there(file):
        return Found(source=f"{path} is not there")
    if built_in.finished and lookup.find(built_in.finished).value != "complete":
        return Found(source=f"{path}: the set-up of the product is not finished")
    if built_in.kind and lookup.find(built_in.kind).value == "cluster":
        return Found(source=f"{path}: a cluster has no built-in database, and no other is set")
    pattern = lookup.path(built_in.files)
    seen = lookup.node.glob("/", pattern.lstrip("/"))
    if not seen:
        return Found(source=f"no database is set in {path}, and none of the built-in one is there ({pattern})")
    return Found(lookup.path(built_in.path), "certain", f"no database is set in {path}, and {seen[0]} is there")


def _found(parsed: JdbcUrl, base: Found, kind: Found, schema: Found, user: Found) -> dict[str, Found]:
    """Each part with its own certainty. ``base``: where all but ``schema`` and ``user`` come from."""
    unclear = Found(source=f"{base.source}: {parsed.doubt}" if base else parsed.doubt)
    engine = base.but(parsed.engine)
    if parsed.engine == UNKNOWN:
        engine = kind.but(engine_in(kind.value)).at_most("likely") if engine_in(kind.value) else Found(UNKNOWN, "unknown", unclear.source)

    def part(value: str) -> Found:
        return base.but(value) if value or not parsed.doubt else unclear

    port = str(parsed.port or "")
    usual = Found(port, "default", "default") if base.sure == "certain" else base.but(port)
    return {
        "engine": engine,
        "host": part(parsed.host),
        "port": part(port) if parsed.port_given or not port else usual,
        "name": part(parsed.name),
        "schema": _optional(schema, base, parsed.schema, parsed.schema_doubt),
        "user": user if user.lost else _optional(user, base, parsed.user, parsed.user_doubt),
        "ssl_mode": _tls(part(parsed.ssl_mode), parsed),
    }


def _optional(named: Found, base: Found, in_url: str, doubt: str) -> Found:
    """What the settings have beside the URL, else what the URL has; missing where neither has it."""
    if named or not (named.missing or named.lost):
        return named
    if doubt:
        return Found(source=f"{base.source}: {doubt}")
    return base.but(in_url) if in_url else named


def _tls(asked: Found, parsed: JdbcUrl) -> Found:
    """What a URL that is not known asks for is not known either."""
    if asked.value == UNCLEAR:
        return Found(UNKNOWN, source=f"{asked.source}: its words for TLS are not known")
    return Found(UNKNOWN, source=asked.source) if parsed.engine == UNKNOWN else asked
