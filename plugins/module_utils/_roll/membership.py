# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are the nodes of the inventory all nodes of the cluster? What the product itself says, compared with the inventory. Pure."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import MemberRow, MemberTables
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.members_told import Told, nothing_told


class ToldByDatabase(Told):
    """``nodes_grant``: what would let the account read these nodes, '' where it is not known to lack a right."""

    nodes_grant: str


class Membership(t.TypedDict):
    """``sentence`` is for people; ``doubt``: of a node that nobody may have seen, '' where there can be none.

    ``problems`` has a sentence for the nodes that the product knows and the inventory does not, and for a right to read which they are.
    """

    confirmed: bool
    sentence: str
    doubt: str
    problems: list[str]


def members_in_rows(tables: MemberTables, rows: t.Sequence[MemberRow], now: str) -> Told:
    """The nodes whose last heartbeat is not much older than the newest one; no clock but the database's is looked at.

    ``now``: by that clock, ISO; without a zone nothing is compared with it. Of a database in which every heartbeat is old, as of a copy,
    nothing is believed. Where no node has a heartbeat, all count that are not said to be gone.
    """
    present = [(node, beat) for node, state, beat in rows if state not in tables.gone_states]
    newest = max((beat for _node, beat in present if beat is not None), default=None)
    silent = _milliseconds(now) - newest if newest is not None else 0
    if silent > tables.alive_ms:
        last = f"the last sign of life in its table {tables.nodes} is {silent // 60_000} minutes old"
        return nothing_told(f"{last}: is it the database that these nodes use?")
    alive = [node for node, beat in present if newest is None or (beat is not None and newest - beat <= tables.alive_ms)]
    return {"nodes_known": sorted(alive), "nodes_note": "" if alive else f"its table {tables.nodes} names no node that is alive"}


def _milliseconds(moment: str) -> int:
    """Since the epoch, 0 where the zone is not known."""
    try:
        found = datetime.datetime.fromisoformat(moment.replace("Z", "+00:00"))
    except ValueError:
        return 0
    return int(found.timestamp() * 1000) if found.tzinfo else 0


def membership(
    looks: t.Mapping[str, t.Mapping[str, t.Any]],
    told: t.Sequence[t.Mapping[str, t.Any]],
    standbys: t.Sequence[t.Mapping[str, t.Any]],
    options: t.Mapping[str, t.Any],
    record: t.Mapping[str, t.Any],
) -> Membership:
    """``looks``: of ``product_detect``, by node of the inventory; ``standbys``: of its cold standbys. ``told``: what each source said.

    ``options``: the settings of the run. ``record``: of the run to be resumed, else empty: a start that finds nodes down is told less.
    """
    ids = {node: look["node_id"] for node, look in looks.items()}
    # a product may name a node that stands by, too
    spare = [str(look.get("node_id", "")) for look in standbys]
    if len(looks) == 1 and not any(look["clustered"] for look in looks.values()):
        # what its database may still tell of a former cluster is no news of today
        return _membership(ids, "no cluster, by its settings")
    sources = [[node for node in one["nodes_known"] if node not in spare] for one in told if one["nodes_known"]]
    if not sources:
        notes = "; ".join(one["nodes_note"] for one in told if one["nodes_note"])
        grants = [str(one["nodes_grant"]) for one in told if one.get("nodes_grant") and not options["accept_unconfirmed_nodes"]]
        return _in_doubt(ids, "not confirmed by the product" + (f" ({notes})" if notes else ""), record, *map(_may_not_read, grants))
    nameless = [node for node, own in ids.items() if not own]
    missing = sorted({node for known in sources for node in _missing(known, ids, len(nameless) + spare.count(""))})
    if missing:
        names = ", ".join(missing)
        problem = f"the product knows more nodes than the inventory: {names}; add what is missing to the group, or shut it down for good"
        return _membership(ids, f"the product knows more: {names}", problem)
    strange = [node for node, own in ids.items() if not any(own in known for known in sources)]
    if strange and strange == nameless and all(len(known) == len(ids) for known in sources):
        return _membership(ids, f"as many as the product names ({', '.join(sources[0])}), not confirmed one by one")
    if strange:
        return _in_doubt(ids, f"not confirmed, the product does not name {', '.join(strange)}", record)
    return {**_membership(ids, "confirmed by the product"), "confirmed": True}


def _missing(known: t.Sequence[str], ids: t.Mapping[str, str], nameless: int) -> list[str]:
    """Nodes that the product knows and the inventory does not; one whose id is not known may be any of them."""
    unmatched = [node for node in known if node not in ids.values()]
    return unmatched if len(unmatched) > nameless else []


def _membership(ids: t.Sized, why: str, *problems: str, doubt: str = "") -> Membership:
    return {"confirmed": False, "sentence": f"{_count(ids)}: {why}", "doubt": doubt, "problems": list(problems)}


def _in_doubt(ids: t.Sized, why: str, record: t.Mapping[str, t.Any], *problems: str) -> Membership:
    if record.get("nodes_counted"):
        return _membership(ids, f"{why}; when this run began, these were all")
    doubt = f"whether the cluster has more than the {_count(ids)} is not known: the sessions of another one live on"
    return _membership(ids, why, *problems, doubt=doubt)


def _may_not_read(grant: str) -> str:
    return (
        "the account of the database may not read which nodes the cluster has, and one that the inventory lacks would keep its sessions: "
        f"{grant} to it, give force_reauth_admin_token, or say with force_reauth_accept_unconfirmed_nodes=true that the inventory has all"
    )


def _count(ids: t.Sized) -> str:
    return f"{len(ids)} node{'' if len(ids) == 1 else 's'} of the inventory"
