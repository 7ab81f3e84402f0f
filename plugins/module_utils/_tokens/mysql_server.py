# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server of MySQL or MariaDB says of itself, and the settings of a session that are pinned on it."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_UNLIMITED = 2**64 - 1
# Before all else, as every server knows them: these would cut the list of settings short, or refuse it, or make a commit a farewell.
FIRST_WORDS = f"SET SESSION sql_select_limit = {_UNLIMITED}, max_join_size = {_UNLIMITED}, sql_big_selects = 1, completion_type = 0"
# Set where the server has them, whatever account and server say: else a statement may do less than it says, wait longer, or not at all.
# A wait for a lock stalls the writers behind it, and a second is the shortest that can be set.
PINNED: t.Mapping[str, object] = {
    "innodb_lock_wait_timeout": 1,
    # locks of whole tables, as LOCK TABLES and FLUSH TABLES WITH READ LOCK take them
    "lock_wait_timeout": 1,
    "max_statement_time": 0,
    "max_execution_time": 0,
    "wait_timeout": 28800,
    "idle_transaction_timeout": 0,
    "idle_write_transaction_timeout": 0,
    "idle_readonly_transaction_timeout": 0,
    "sql_safe_updates": 0,
    "unique_checks": 1,
    # else rows could come back that the product's own restrictions would keep out
    "foreign_key_checks": 1,
    "check_constraint_checks": 1,
    "transaction_read_only": 0,
    "tx_read_only": 0,
    "information_schema_stats_expiry": 0,
    "time_zone": "+00:00",
    # bytes of the longest value that rows are joined to, up to what a packet takes
    "group_concat_max_len": 2**30,
}
# what makes a server refuse the writes of everybody else; an account with more rights would get through
_CLOSED = ("read_only", "super_read_only", "innodb_read_only", "offline_mode")


def pin(connection: Connection) -> None:
    """Pin what the account or the server may have set otherwise."""
    names = ", ".join(f"'{name}'" for name in PINNED)
    there = [row[0] for row in connection.exec_driver_sql(f"SHOW SESSION VARIABLES WHERE variable_name IN ({names})")]
    pinned = ", ".join(f"SESSION {name} = %s" for name in there)
    connection.exec_driver_sql(f"SET {pinned}", tuple(PINNED[name] for name in there))


def begin_view(connection: Connection) -> None:
    """A transaction that sees the state of this moment to its end, from the first moment on."""
    pin(connection)
    connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT")


def begin_uncommitted(connection: Connection) -> None:
    """A transaction that sees what others have not committed."""
    connection.exec_driver_sql("SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED")
    pin(connection)


def this_server(connection: Connection) -> list[tuple[str, str]]:
    """What tells it from every other one, also of its cluster."""
    names = "'hostname', 'port', 'server_id', 'server_uuid', 'server_uid', 'datadir', 'wsrep_node_name'"
    return [(str(name), str(value)) for name, value in connection.exec_driver_sql(f"SHOW VARIABLES WHERE variable_name IN ({names})")]


def reported_by(connection: Connection) -> dict[str, str]:
    """The variables of the server, and the identifier of its Galera cluster where it has one."""
    rows = [
        *connection.exec_driver_sql("SHOW VARIABLES"),
        *connection.exec_driver_sql("SHOW STATUS LIKE 'wsrep_cluster_state_uuid'"),
    ]
    return {row[0]: row[1] for row in rows}


def closed_by(reported: t.Mapping[str, str]) -> list[str]:
    """The settings by which the server takes no writes but from accounts with more rights than others."""
    return [name for name in _CLOSED if reported.get(name, "OFF") not in ("OFF", "0")]


def cluster_notes(reported: t.Mapping[str, str]) -> list[str]:
    """What locks of one node mean where several take writes: nothing to the other nodes.

    Sources: Galera Cluster documentation and MySQL's manual of Group Replication, limitations.
    """
    kind = _multi_primary(reported)
    if not kind:
        return []
    note = (
        f"The server is a node of {kind}. The purge runs on this node, and its locks hold back nobody on the others: "
        "let all nodes of the product use this one during the run, or a token made elsewhere at the moment of the last sweep may be left."
    )
    return [note]


def server_name(reported: t.Mapping[str, str]) -> str:
    """Of a cluster its own identifier, the same on every node; else the server's; else host name and port as it reports them."""
    if reported.get("wsrep_on") == "ON":
        return f"cluster {reported['wsrep_cluster_state_uuid']}"
    group = reported.get("group_replication_group_name")
    if group:
        return f"group {group.lower()}"
    return reported.get("server_uuid") or reported.get("server_uid") or f"{reported['hostname']}:{reported['port']}"


def _multi_primary(reported: t.Mapping[str, str]) -> str:
    if reported.get("wsrep_on") == "ON":
        return "a Galera cluster (wsrep_on)"
    if reported.get("group_replication_group_name") and reported.get("group_replication_single_primary_mode") == "OFF":
        return "a group with several primaries (group_replication_single_primary_mode is off)"
    return ""
