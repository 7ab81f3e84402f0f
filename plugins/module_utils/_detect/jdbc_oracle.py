# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a JDBC URL of Oracle says: easy connect, a description, or a name that stands for one elsewhere. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.jdbc_parts import JdbcUrl, at
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.jdbc_tls import tls_asked
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES

_DESCRIPTION = re.compile(r"@\s*(?P<address>\(\s*(?:DESCRIPTION|DESCRIPTION_LIST|ADDRESS)\s*=.*)", re.IGNORECASE | re.DOTALL)
_SERVER = r"(?:\[[^\]]*\]|[^:/\[?,]+)(?::[^:/?,]+)?"
# hosts/service with what may follow, or host:port:SID
_EASY = re.compile(rf"(?:(?:tcps?:)?//)?(?P<hosts>{_SERVER}(?:,{_SERVER})*)/(?P<name>[^:/?]+)(?:[:/?].*)?", re.IGNORECASE)
_WITH_SID = re.compile(r"(?P<hosts>(?:\[[^\]]*\]|[^:/\[?,]+):[^:/?,]+):(?P<name>[^:/?]+)(?:\?.*)?")
# the mark of a name that is a SID and no service, as the token store reads it
_SID = ":"
_ELSEWHERE = "it names an entry of another file or directory (TNS, LDAP)"


def oracle(rest: str) -> JdbcUrl:
    """What stands behind 'jdbc:oracle:thin:'."""
    described = _DESCRIPTION.search(rest)
    if described:
        return _described(_begun(rest[: described.start()], described["address"]), described["address"])
    credentials, sign, address = rest.rpartition("@")
    url = _begun(credentials, address)
    if not sign:
        return replace(url, doubt="it has no '@'")
    if "?" in credentials or ("@" in credentials and "/" not in credentials):
        return replace(url, doubt="where its address begins is not clear")
    return _easy(url, address)


def _begun(credentials: str, address: str) -> JdbcUrl:
    return JdbcUrl(engine="oracle", user=credentials.partition("/")[0].strip('"'), ssl_mode=_tls(address))


def _tls(address: str) -> str:
    protocol = "tcps" if re.match(r"tcps:", address, re.IGNORECASE) else _in(address, "PROTOCOL")
    match = re.search(r"ssl_server_dn_match\s*=\s*([^()&,]*)", address, re.IGNORECASE)
    return tls_asked("oracle", {"protocol": protocol, "ssl_server_dn_match": match[1].strip() if match else "false"})


def _easy(url: JdbcUrl, address: str) -> JdbcUrl:
    service, sid = _EASY.fullmatch(address), _WITH_SID.fullmatch(address)
    found = service or sid
    if not found or address.lower().startswith("ldap"):
        return replace(url, doubt=_ELSEWHERE)
    return at(replace(url, name=found["name"] if service else _SID + found["name"]), found["hosts"].split(","))


def _described(url: JdbcUrl, description: str) -> JdbcUrl:
    names = {mark + name.strip() for key, mark in (("SERVICE_NAME", ""), ("SID", _SID)) for name in _all_in(description, key)}
    blocks = re.findall(r"\(\s*ADDRESS\s*=((?:\s*\([^()]*\))+)", description, re.IGNORECASE) or [description]
    hosts = [f"{_in(block, 'HOST')}:{_in(block, 'PORT') or ENGINES['oracle'].default_port}" for block in blocks]
    found = at(replace(url, name=names.pop() if len(names) == 1 else ""), hosts)
    return found if found.name or found.doubt else replace(found, doubt="it does not name one service")


def _all_in(text: str, key: str) -> list[str]:
    return re.findall(rf"\(\s*{key}\s*=([^()]*)\)", text, re.IGNORECASE)


def _in(text: str, key: str) -> str:
    return next(iter(_all_in(text, key)), "").strip()
