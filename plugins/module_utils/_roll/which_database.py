# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is it known for certain which database to ask, and does its address mean the same where the SQL runs? Pure."""

from __future__ import annotations

import ipaddress
import socket
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES

Look = t.Mapping[str, t.Any]

# the variable that names each part of the database
_GIVEN_BY = {
    "host": "database_server",
    **{name: f"database_{name}" for name in ("engine", "port", "name", "user", "schema")},
}
_NOT_TOLD = dict.fromkeys(("engine", "host", "port", "name"), "the node does not tell whether it is certain")
# as /etc/hosts of the distributions has them; all that ends in .localhost is kept for it (RFC 6761)
_OWN_NAMES = (
    *("localhost", "localhost.localdomain", "localhost4", "localhost4.localdomain4", "localhost6", "localhost6.localdomain6"),
    *("ip6-localhost", "ip6-loopback", "loopback"),
)


def telling(looks: t.Mapping[str, Look]) -> list[str]:
    """The nodes whose settings count: those that run; where none does, those whose settings are certain all the same, else all.

    What a node that is down was started with may have stood in the environment of its process alone.
    """
    running = [node for node, look in looks.items() if look["process"]["running"]]
    return running or [node for node, look in looks.items() if is_certain(look)] or list(looks)


def is_certain(look: Look) -> bool:
    """Whether nothing that the node's settings say of its database is in doubt."""
    return not look["database"].get("doubts", _NOT_TOLD)


def database_problem(looks: t.Mapping[str, Look], given: t.Mapping[str, t.Any], same_machine: bool) -> str:
    """Why it is not known which database to ask, '' when it is.

    ``looks``: of ``product_detect``, by node, alike in their database; ``given``: the settings of the run.
    ``same_machine``: whether the SQL runs on the machine of a node: there alone 'localhost' and a file mean the same.
    """
    database = looks[telling(looks)[0]]["database"]
    unclear = _unclear(database, given)
    if unclear:
        return f"the product's settings do not tell for certain which database it has ({unclear})"
    file_given = given["database_name"] and (database["embedded"] or not database["host"])
    if given["database_server"] or file_given or not means_this_machine(database):
        return ""
    named = database["host"] or database["name"]
    if len(_machines(looks)) > 1:
        return (
            f"{', '.join(looks)} name the database {named}, each on a machine of its own: if they are nodes of one cluster, give the "
            f"address that is right for all of them with force_reauth_database_{'server' if database['host'] else 'name'}"
        )
    if not same_machine:
        return (
            f"the product's settings name the database {named}, which is on the node itself: "
            "run the SQL there (force_reauth_database_host=<node>), or give its address with force_reauth_database_server"
        )
    return ""


def _unclear(database: t.Mapping[str, t.Any], given: t.Mapping[str, t.Any]) -> str:
    engine = ENGINES.get(given["database_engine"] or database["engine"])
    needed = _GIVEN_BY if engine and engine.default_port else {name: _GIVEN_BY[name] for name in ("engine", "name")}
    missing: dict[str, list[str]] = {}
    for part, reason in database.get("doubts", _NOT_TOLD).items():
        if part in needed and not given[needed[part]]:
            missing.setdefault(reason, []).append(needed[part])
    return "; ".join(f"{reason}: give {' and '.join(f'force_reauth_{one}' for one in parts)}" for reason, parts in missing.items())


def _machines(looks: t.Mapping[str, Look]) -> set[str]:
    """The boot ids of the hosts: that of the home folder, or of the process. A node that tells neither adds none."""
    told = (look.get("home_identity") or look["process"]["identity"] for look in looks.values())
    return {identity.partition(":")[0] for identity in told if identity}


def means_this_machine(database: t.Mapping[str, t.Any]) -> bool:
    """Whether the settings of a node name a database by a name that another machine gives to its own."""
    host = database["host"]
    if not host:
        return bool(database["name"].startswith("/"))
    return host.startswith("/") or is_own_name(host)


def is_own_name(host: str) -> bool:
    """Whether the host, in whichever way it is written, means the machine that looks it up."""
    name = host.strip("[]").rstrip(".").casefold()
    if name in _OWN_NAMES or name.endswith(".localhost"):
        return True
    address = _address(name)
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped is not None and (mapped.is_loopback or mapped.is_unspecified)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        pass
    try:
        # 127.1 and 2130706433 are addresses to every program that asks the C library
        return ipaddress.IPv4Address(socket.inet_aton(name))
    except OSError:
        return None
