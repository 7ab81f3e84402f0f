# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the password of the database may go. Pure.

The product's own account and its password are known on every node anyway. The password of any other account goes only where the operator
says: a node, or a file on it, must not be able to send it elsewhere.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import assignments
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.which_database import means_this_machine, telling
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES

Look = t.Mapping[str, t.Any]

# engines whose database is a file, and that are asked: nobody is sent a password
FILES = [name for name, engine in ENGINES.items() if not engine.default_port and engine.dialect]


def account_of(given: t.Mapping[str, t.Any], found: t.Mapping[str, t.Any]) -> str:
    """The account by which the database is asked."""
    return str(given["database_user"] or found["user"])


def address_of(given: t.Mapping[str, t.Any], found: t.Mapping[str, t.Any]) -> str:
    """Where it is asked, in one word: ``server:port/name``, or the file."""
    server, port = given["database_server"] or found["host"], given["database_port"] or found["port"]
    name = given["database_name"] or found["name"]
    place = f"{server}:{port}" if port and server and not str(server).startswith("/") else str(server)
    return f"{place}/{name}" if place else str(name)


def asked_place(found: t.Mapping[str, t.Any], given: t.Mapping[str, t.Any]) -> str:
    """Engine and address of the database that is asked, by whichever account: what the starts of one run have in common."""
    engine, host = str(given["database_engine"] or found["engine"]), given["database_server"] or found["host"]
    # 'localhost', a socket and a file are others on another machine
    of_a_machine = engine in FILES or means_this_machine({"host": host, "name": given["database_name"] or found["name"]})
    # servers that share a folder of sockets have each a port; MySQL's socket is a file
    port = given["database_port"] or found["port"]
    of_a_port = f" port {port}" if engine == "postgresql" and str(host).startswith("/") and port else ""
    return f"{engine} {address_of(given, found)}{of_a_port}{' on ' + str(given['database_host']) if of_a_machine else ''}"


def address_problem(record: t.Mapping[str, t.Any], asked: str, accepted: bool) -> str:
    """Why the database at this address does not count as that of the run, '' where it does. ``asked``: of ``asked_place``.

    A physical copy of a server has the identity of the server: what tells them apart is where they were asked. An old record does not tell.
    """
    before = record.get("asked", asked)
    if accepted or before == asked:
        return ""
    return (
        f"this run was of the database asked at {before}, and now it is {asked}: take another force_reauth_run_id; or, where both lead "
        "to one database (it has moved, or another name of its server is given), say so with force_reauth_accept_other_address=true"
    )


def asked_database(found: t.Mapping[str, t.Any], given: t.Mapping[str, t.Any]) -> str:
    """Which database is asked, as whom, and with which TLS at least, for the plan."""
    account, tls = account_of(given, found), given.get("database_ssl_mode") or found.get("ssl_mode")
    more = [f"{what} {value}" for what, value in (("account", account), ("TLS", tls)) if value]
    return ", ".join([f"{given['database_engine'] or found['engine']} {address_of(given, found)}", *more])


def password_problem(looks: t.Mapping[str, Look], given: t.Mapping[str, t.Any]) -> str:
    """Why no password is sent yet, '' when it may be. ``looks``: of ``product_detect``, by node; ``given``: the settings of the run."""
    databases = {node: looks[node]["database"] for node in telling(looks)}
    found = next(iter(databases.values()))
    if not given["database_password"] or (given["database_engine"] or found["engine"]) in FILES:
        return ""
    accounts = sorted({str(one["user"]) for one in databases.values()})
    user = given["database_user"]
    if len(accounts) > 1 and not user:
        return f"the nodes name different accounts of the database ({', '.join(accounts)}): give force_reauth_database_user"
    # also the port is the operator's: another one at the same server may be anybody's
    all_said = all(given[f"database_{name}"] for name in ("server", "port", "name"))
    if (user in ("", *accounts[:1]) and len(accounts) == 1) or all_said:
        return ""
    return (
        f"force_reauth_database_user={user} is not the account that the product's settings name "
        f"({_named(databases, user)}), and its password goes only where you say. {_where(found)}"
    )


def _named(databases: t.Mapping[str, t.Mapping[str, t.Any]], user: str) -> str:
    """The accounts that are named in its place, with the nodes where they are not the same."""
    nodes: dict[str, list[str]] = {}
    for node, one in databases.items():
        if one["user"] != user:
            nodes.setdefault(str(one["user"] or "none"), []).append(node)
    everywhere = list(nodes.values()) == [list(databases)]
    return ", ".join(account if everywhere else f"{account} on {', '.join(names)}" for account, names in nodes.items())


def _where(found: t.Mapping[str, t.Any]) -> str:
    """The place in words to paste, where it has such a form."""
    named = {"server": found["host"], "port": found["port"] or "", "name": found["name"]}
    try:
        lines = " ".join(f"-e {one}" for one in assignments({f"force_reauth_database_{name}": [value] for name, value in named.items()}))
    except ValueError:
        return "Give force_reauth_database_server, force_reauth_database_port and force_reauth_database_name"
    return f"The settings on the nodes name this place: see that it is your database, then add {lines}"
