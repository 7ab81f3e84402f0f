# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a run: what speaks against it, in which order and in which batches the nodes go. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import is_plain_path
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.content import (
    PUT_BACK,
    is_done,
    may_be_down,
    resumed_phase,
    was_up_again,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.by_hand import (
    hand_problems,
    product_problems,
    why_blind,
    why_unproven,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.canary import (
    account_problems,
    proof_lines,
    proof_problems,
    signing_in,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.destination import address_problem, asked_place
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.drained import is_touched, still_out
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.emptied import Emptied, emptied
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.live import (
    LIVE,
    OUTAGE,
    ROLLING,
    live_problems,
    names_by,
    out_of_reach,
    resumed_route,
    route_not_taken,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.same_node import one_address_twice, one_node_twice
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.scope import names_of, scope_problems
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.spared import spared_lines, spared_problems
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.verdict import came_back_problems
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.which_database import is_certain, telling
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import UserScope, scope_of

ROUTES = ("auto", ROLLING, OUTAGE, LIVE)
_GONE = "it is in the run record, but not in the group, or a cold standby now"
_TOOK_OVER = "it was a cold standby when this run began"
_NEW = "it is not in the record of this run"
_AS_IT_BEGAN = (
    "make the group what it was, or bring up yourself what the run left down or out of the load balancer, and begin a new run that sets "
    "it aside with force_reauth_abandon"
)

Look = t.Mapping[str, t.Any]
Record = t.Mapping[str, t.Any]


def cluster_key(look: Look) -> tuple[str, ...]:
    """What all nodes of one cluster have in common: product, version, and the database as the node's own files name it."""
    database = look["database"]
    parts = (str(database.get(name, "")) for name in ("engine", "host", "port", "name", "schema", "ssl_mode"))
    return (look["product"], look["version"], *parts)


def clusters(looks: t.Mapping[str, Look]) -> list[tuple[str, list[str]]]:
    """The clusters among the nodes: (in words, its nodes), in the order of the nodes.

    A node that is down, and does not tell for certain which database it has, parts no cluster from another.
    """
    told = telling(looks)
    found: dict[tuple[str, ...], list[str]] = {}
    unclear = [node for node, look in looks.items() if node not in told and not is_certain(look)]
    for node in (one for one in looks if one not in unclear):
        found.setdefault(cluster_key(looks[node]), []).append(node)
    if len(found) > 1 and unclear:
        return [*((_in_words(key), nodes) for key, nodes in found.items()), ("a cluster that they do not tell, being down", unclear)]
    return [(_in_words(key), list(looks) if len(found) == 1 else nodes) for key, nodes in found.items()]


def _in_words(key: tuple[str, ...]) -> str:
    product, version, engine, host, port, name, schema, ssl_mode = key
    place = f"{host}:{port}" if port not in ("", "0") else host
    where = "/".join(part for part in (place, name, schema) if part)
    return f"{product} {version or '(version unknown)'} on {engine} {where}{f' with TLS {ssl_mode}' if ssl_mode else ''}"


def route_of(wanted: str, nodes: int) -> str:
    """``auto`` is rolling for a cluster of two nodes or more, else outage."""
    if wanted != "auto":
        return wanted
    return ROLLING if nodes > 1 else OUTAGE


def batch_sizes(wanted: t.Sequence[t.Any], nodes: int) -> list[int]:
    """Counts and percentages of all nodes, as ``serial`` of a play reads them, the last one repeated; raises ValueError with a sentence."""
    sizes = [_size(one, nodes) for one in wanted] or [1]
    batches: list[int] = []
    while sum(batches) < nodes:
        size = sizes[min(len(batches), len(sizes) - 1)]
        batches.append(min(size, nodes - sum(batches)))
    return batches


def batches_of(nodes: t.Sequence[str], sizes: t.Sequence[int]) -> list[list[str]]:
    """The nodes of each batch."""
    rest = iter(nodes)
    return [[next(rest) for _number in range(size)] for size in sizes]


def _size(wanted: t.Any, nodes: int) -> int:
    text = str(wanted).strip()
    match = re.fullmatch(r"([1-9]\d*)(%?)", text)
    if not match:
        raise ValueError(f"force_reauth_batches: {text!r} is no count and no percentage (1, '25%')")
    return max(1, nodes * int(match[1]) // 100) if match[2] else int(match[1])


def min_up_of(wanted: int, batches: t.Sequence[int], nodes: int) -> int:
    """How many nodes have to stay up: all but the largest batch, unless a number is given (0 or more)."""
    return wanted if wanted >= 0 else nodes - max(batches)


def still_down(looks: t.Mapping[str, Look], node_records: t.Mapping[str, Record]) -> list[str]:
    """The nodes of an outage that are down by the doing of an earlier start, or have died since it had them up: nobody else starts them."""
    return [node for node, look in looks.items() if not look["process"]["running"] and _is_left_to_it(look, node_records.get(node, {}))]


def _is_left_to_it(look: Look, record: Record) -> bool:
    # one that died is not started beside a process that may be it
    return may_be_down(record) or (was_up_again(record) and not look["process"].get("strangers"))


def node_problems(look: Look, ready: Look, accepted: bool, others_down: bool) -> list[str]:
    """What speaks against a node. ``accepted``: a run that goes on has it down, or starts it.

    ``others_down``: of an outage; a node that is up beside them has the users of all, and may answer nobody until they are started.
    """
    if not look["process"]["running"]:
        return [] if accepted else [no_process(look)]
    problems = [look["control"]["problem"]] if look["control"]["problem"] else []
    if not ready.get("ready") and not accepted and not others_down:
        problems.append(str(ready.get("saw") or ready.get("msg") or "it was not seen to be ready"))
    return problems


def no_process(look: Look) -> str:
    """That no process of the product runs, with what only looks like one: a clause of ``product_detect``."""
    strangers = look["process"].get("strangers", "")
    return f"no process of the product runs from {look['install_dir']}{' (' + strangers + ')' if strangers else ''}"


def changed_nodes(nodes: t.Sequence[str], looked: t.Sequence[str], standbys: t.Sequence[str]) -> list[str]:
    """In what the nodes are not those that the run began with. ``nodes`` and ``standbys``: of the record; ``looked``: of the inventory."""
    return [
        *(f"{node}: {_GONE}" for node in nodes if node not in looked),
        *(f"{node}: {_TOOK_OVER if node in standbys else _NEW}" for node in looked if node not in nodes),
    ]


def record_problems(nodes: t.Sequence[str], looked: t.Sequence[str], standbys: t.Sequence[str]) -> list[str]:
    """The same of a run that is to go on, with what to do about it. Of a node that is gone it has no facts to go on with."""
    changes = changed_nodes(nodes, looked, standbys)
    return [f"{'; '.join(changes)}; {_AS_IT_BEGAN}"] if changes else []


def otherwise(
    nodes: t.Sequence[str], looked: t.Sequence[str], scope: UserScope | None, record: Record, elsewhere: t.Sequence[str]
) -> list[str]:
    """Why the end of a run that is finished is not the end of what is asked for now; [] where there is no record.

    ``elsewhere``: of ``address_problem``.
    """
    if not record:
        return []
    return [
        *([PUT_BACK] if record.get("proof_withdrawn") else []),
        # an older release took that for proven
        *(came_back_problems(int(record.get("tokens_that_came_back", 0))) if record.get("phase") == "proven" else []),
        *elsewhere,
        *changed_nodes(nodes, looked, record.get("standbys", [])),
        *scope_problems(scope, record.get("users", ""), ""),
    ]


def balancer_problems(look: Look, record: Record) -> list[str]:
    """What load balancers say against a node. What a run that goes on has drained, it puts back itself."""
    if is_touched(record):
        return []
    looked = [look["drain_look"]] if look["drain_look"] else []
    return looked + [
        f"it is {server['status']} in backend {server['backend']} of the load balancer {server['balancer']}, before this run has touched it"
        for server in look["balanced"]
        if not server["gets_clients"]
    ]


def drain_problem(record: Record, drain: str) -> str:
    """Why a node that an earlier start took out of the load balancer would not be put back in the same way, '' when it would."""
    before = record.get("drain") or drain
    if before == drain:
        return ""
    return (
        f"an earlier start of this run took it out of the load balancer by force_reauth_drain={before}, and now it is {drain}: give the "
        "same again, or set the run aside with force_reauth_abandon and put the node back yourself"
    )


def revoke_problem(record: Record, revoke: str) -> str:
    """Why a run that goes on would not delete its tokens in the way by which it began, '' when it would."""
    before = record.get("revoke", revoke)
    if before == revoke:
        return ""
    return (
        f"this run began with force_reauth_revoke={before}, and now it is {revoke}: give force_reauth_revoke={before}, or set the run "
        "aside with force_reauth_abandon, and begin a new one"
    )


def sessions_problem(node: str, look: Look, route: str) -> str:
    """Why a rolling restart would not end the sessions of this node, '' when it does. Tomcat's own SESSIONS.ser is removed in the roll."""
    sessions = look["sessions"]
    if sessions["kept"] == "elsewhere":
        return (
            f"{node}: it saves its sessions in a file outside the work folder of the installation, which is not removed here and is loaded "
            f"at its start: take the pathname from the Manager, or the workDir from Context or Host ({sessions['where']})"
        )
    if route in (OUTAGE, LIVE):
        return ""
    words = {
        "replicated": "its sessions are replicated to other nodes, which outlive its restart: take force_reauth_route=outage",
        "outside": "its sessions are kept outside the process, where its restart does not end them: take force_reauth_route=outage",
    }
    reason = words.get(sessions["kept"], "")
    return f"{node}: {reason} ({sessions['where']})" if reason else ""


def route_problems(route: str, nodes: int, embedded: bool, accept_outage: bool) -> list[str]:
    """What speaks against the route."""
    if route == ROLLING and nodes == 1:
        return ["a single node cannot be restarted without an outage: take force_reauth_route=outage"]
    if route in (ROLLING, LIVE) and embedded:
        return ["an embedded database can be touched only while the product is stopped: take force_reauth_route=outage"]
    if route == OUTAGE and not accept_outage:
        return ["route outage stops every node at once: say that you accept it with force_reauth_accept_outage=true"]
    return []


def min_up_problems(batches: t.Sequence[int], nodes: int, min_up: int) -> list[str]:
    """Whether the batches leave enough nodes up."""
    if nodes > 1 and max(batches) >= nodes:
        return [
            f"force_reauth_batches takes all {nodes} nodes down at once, and route rolling keeps one up: take force_reauth_route=outage"
        ]
    if nodes - max(batches) >= min_up:
        return []
    return [f"force_reauth_min_up={min_up} cannot be kept: a batch of {max(batches)} leaves {nodes - max(batches)} of {nodes} nodes up"]


def emptied_backends(
    looks: t.Mapping[str, Look], batches: t.Sequence[t.Sequence[str]], node_records: t.Mapping[str, Record]
) -> list[Emptied]:
    """What the batches leave to nobody, as the load balancers are now. ``node_records``: of a run that goes on."""
    done = [node for node, look in looks.items() if is_done(look["process"]["identity"], node_records.get(node, {}))]
    return emptied({node: look["balanced"] for node, look in looks.items()}, batches, done)


def restart_route(looks: t.Mapping[str, Look], batches: t.Sequence[int]) -> str:
    """The route that ends by restarts what route live leaves: rolling, or outage where a roll would be refused."""
    embedded = any(look["database"]["embedded"] for look in looks.values())
    against = [
        *route_problems(ROLLING, len(looks), embedded, accept_outage=True),
        *(sessions_problem(node, look, ROLLING) for node, look in looks.items()),
        *min_up_problems(batches, len(looks), 0),
    ]
    return OUTAGE if any(against) else ROLLING


def ordered(looks: t.Mapping[str, Look]) -> list[str]:
    """The nodes in the order of their restart: the inventory's, a primary last."""
    return sorted(looks, key=lambda node: looks[node].get("restart_order", 0))


def order_problems(looks: t.Mapping[str, Look], record: Record) -> list[str]:
    """A sentence for each node that did not tell whether it is the primary, which comes last; a run that goes on has its order."""
    if len(looks) == 1 or record:
        return []
    why = "it did not tell whether it is the primary, which is restarted last: its status page gave no answer, or a state that all may have"
    untold = {node: look.get("ready", {}).get("saw", "") for node, look in looks.items() if look.get("role_in_cluster") == "unknown"}
    return [f"{node}: {why}{f' ({saw})' if saw else ''}" for node, saw in untold.items()]


def make_plan(looks: t.Mapping[str, Look], options: t.Mapping[str, t.Any], record: Record) -> dict[str, t.Any]:
    """The plan of a run; ``problems`` holds a sentence for everything that speaks against it.

    ``looks``: what ``product_detect`` returned, by node, in the inventory's order, each with ``ready`` (of ``node_ready``).
    ``options``: the settings of the run. ``record``: of the run to be resumed, else empty; its route, order, batches and ``revoke`` hold,
    but in an outage the nodes that are down come first.
    Returns ``product``, ``title``, ``survives``, ``proof`` (lines), ``users`` ('' is everybody), ``revoke``, ``chosen`` (why it, ''),
    ``names_by``, ``blind`` (of ``why_blind``), ``unproven`` (of ``why_unproven``), ``install_dir`` (of ``folder_to_tell``),
    ``asked_place`` (of that function), ``route``, ``phase``, ``restart_route``, ``nodes``, ``batches``, ``min_up``, ``emptied`` (lines:
    backends that a batch leaves to nobody), ``out`` (lines: nodes that an earlier start has left out of a load balancer), ``node_facts``
    (of those of ``nodes`` that were looked at), ``problems`` and ``otherwise``.
    """
    node_records = record.get("node_records", {})
    recorded = record.get("route")
    route = resumed_route(recorded, options["route"]) if recorded else route_of(options["route"], len(looks))
    down = still_down(looks, node_records) if route == OUTAGE else []
    # else they would wait for one that may have no time for anybody until they are up
    nodes = sorted(record.get("nodes") or ordered(looks), key=lambda node: node not in down)
    facts = {node: _facts(looks[node], node_records.get(node, {})) for node in nodes if node in looks}
    accepted = [node for node in facts if node in down or may_be_down(node_records.get(node, {}))]
    against = {node: node_problems(looks[node], looks[node]["ready"], node in accepted, bool(down)) for node in facts}
    problems = [f"{node}: {one}" for node, sentences in against.items() for one in sentences]
    problems += [f"{node}: {one}" for node in facts for one in balancer_problems(looks[node], node_records.get(node, {}))]
    drains = {node: drain_problem(node_records.get(node, {}), options["drain"]) for node in facts}
    problems += [f"{node}: {why}" for node, why in drains.items() if why]
    problems += [one for one in [revoke_problem(record, options["revoke"])] if one]
    asked = asked_place(looks[telling(looks)[0]]["database"], options)
    elsewhere = [one for one in [address_problem(record, asked, options["accept_other_address"])] if one]
    problems += elsewhere
    problems += route_not_taken(route, options["route"])
    problems += record_problems(nodes, list(looks), record.get("standbys", []))
    problems += one_node_twice(looks) + one_address_twice(looks) + order_problems(looks, record)
    problems += [one for one in (sessions_problem(node, look, route) for node, look in facts.items()) if one]
    scope = scope_of(names_of(options["usernames"]), names_of(options["exclude_usernames"]) or [])
    problems += scope_problems(scope, record.get("users", "") if record else None, options["proof_username"])
    problems += proof_problems(looks, scope, bool(record), route) + spared_problems(options, scope)
    phase = resumed_phase(record, route)
    begun = {"nodes": list(facts), "node_facts": facts, "record": record, "route": route, "phase": phase}
    problems += account_problems(options, signing_in(begun), bool(record))
    blind = why_blind(next(iter(looks.values()))["product"], options, route)
    problems += hand_problems(options, record, scope is not None, blind)
    problems += live_problems(looks, options) if route == LIVE else []
    problems += product_problems(looks, options, scope is not None)
    embedded = any(look["database"]["embedded"] for look in looks.values())
    problems += route_problems(route, len(nodes), embedded, options["accept_outage"])
    batches, min_up = [1], 0
    left: list[Emptied] = []
    try:
        batches = batch_sizes(record.get("batches") or options["batches"], len(nodes))
        min_up = {ROLLING: min_up_of(int(options["min_up"]), batches, len(nodes)), LIVE: len(nodes)}.get(route, 0)
        problems += min_up_problems(batches, len(nodes), min_up) if route == ROLLING else []
        left = emptied_backends(looks, batches_of(nodes, batches), node_records) if route == ROLLING else []
        problems += [] if options["accept_outage"] else [one.problem for one in left]
    except ValueError as error:
        problems.append(str(error))
    restarts = restart_route(facts, batches)
    beyond = {node: out_of_reach(look) for node, look in facts.items()} if route == LIVE else {}
    problems += [f"{node}: {why}: take force_reauth_route={restarts}" for node, why in beyond.items() if why]
    one = next(iter(looks.values()))
    product = {"product": one["product"], "title": one["title"], "survives": one["survives"], "users": scope.sentence if scope else ""}
    proof = proof_lines(looks, options["proof_username"], route) + spared_lines(options)
    return {
        **product,
        "proof": proof,
        "revoke": options["revoke"],
        "chosen": options.get("chosen", ""),
        "names_by": names_by(one["product"], bool(options.get("asks_database"))),
        "blind": blind,
        "unproven": why_unproven(looks, options, bool(record)),
        "install_dir": folder_to_tell(list(facts.values())),
        "asked_place": asked,
        "route": route,
        "phase": phase,
        "restart_route": restarts,
        "nodes": nodes,
        "batches": batches,
        "min_up": min_up,
        "emptied": [one.line for one in left],
        "out": [f"{node}: {one}" for node in facts for one in still_out(looks[node], node_records.get(node, {}))],
        "node_facts": facts,
        "problems": problems,
        "otherwise": otherwise(nodes, list(looks), scope, record, elsewhere),
    }


def folder_to_tell(facts: t.Sequence[Look]) -> str:
    """The install folder that a start has to be told to find the nodes down, '' where they are found without it, or lie apart.

    Also where it could not stand in the command: without it there is one all the same.
    """
    folders = {look["install_dir"] for look in facts}
    by_process = any(look.get("install_dir_by") == "process" for look in facts)
    folder = folders.pop() if by_process and len(folders) == 1 else ""
    return folder if is_plain_path(folder) else ""


def _facts(look: Look, node_record: Record) -> dict[str, t.Any]:
    """A node that is down tells less than it did before: what it told then is in the record."""
    before = node_record.get("facts", {})
    if look["process"]["running"] or not before:
        # told once with -e, it has to be told again
        return {**look, **{name: value for name, value in before.items() if name == "install_dir_by"}}
    # what an older release did not record is what is seen now
    parts = {name: {**look[name], **before.get(name, {})} for name in ("control", "sessions")}
    return {**look, **before, **parts, "process": look["process"]}
