# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run record: what a run has done so far, as plain values. Pure: reading and writing is ``files.py``'s.

A run's folder holds ``run.json`` and, one writer each, ``nodes/<node>.json``. Each file is an envelope with a checksum against
damage (not against forgery) around the payload. No secret belongs in a payload, but the sealed cookies of the canary.
"""

from __future__ import annotations

import hashlib
import json
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.json_text import parsed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import is_run_id
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record import fields

FORMAT = 1
# it had its record, and not the locks of its nodes: nothing was done
REFUSED = "refused"
# a run in one of these is over: nothing is left to resume
FINISHED = ("proven", "unproven", "abandoned", REFUSED)
SEALED = "sealed_canary"
# steps of a node, from the first moment at which it may be down by the doing of the run
_STOPPING = "stopping"
_DOWN = (_STOPPING, "cleaned", "starting")
_UP = "up"
# what a run does not prove any more, or never will
PUT_BACK = "its tokens, or older ones, were put back, and old cookies open the door again"

Payload = dict[str, t.Any]


def check_run_id(run_id: str) -> str:
    """The run id itself; raises SessionsError when it could not be a folder's name."""
    if not is_run_id(run_id):
        raise SessionsError(f"The run id {run_id!r} is not usable: take 1 to 64 of the characters A-Z a-z 0-9 . _ -")
    return run_id


def check_node_name(node: str) -> str:
    """The node's name itself; raises SessionsError when it could not be a file's name."""
    if "/" in node or "\0" in node or node.startswith("."):
        raise SessionsError(f"The inventory name {node!r} cannot be used as a file name of the run record: rename the host.")
    return node


def is_finished(payload: Payload) -> bool:
    """Whether the run of this payload has nothing left to resume."""
    return payload.get("phase") in FINISHED


def to_go_on_with(payload: Payload) -> Payload:
    """What a further start of the run finds: nothing of one that was refused, which begins anew by the same command."""
    return {} if payload.get("phase") == REFUSED else payload


def pack(payload: Payload) -> str:
    """The text of a record file."""
    return json.dumps({"format": FORMAT, "sha256": _checksum(payload), "record": payload}, indent=1, sort_keys=True) + "\n"


def unpack(text: str, path: str) -> Payload:
    """The payload of a record file; raises SessionsError for a damaged file or one of a newer format, naming ``path``."""
    try:
        envelope = parsed(text)
        written, checksum, payload = envelope["format"], envelope["sha256"], envelope["record"]
    except (ValueError, KeyError, TypeError):
        raise SessionsError(f"{path} is damaged: it is no run record. Set the run aside with force_reauth_abandon=<run id>.") from None
    if written != FORMAT:
        raise SessionsError(f"{path} has format {written!r}, this version reads format {FORMAT}: use the version that wrote it.")
    if not isinstance(payload, dict) or checksum != _checksum(payload):
        raise SessionsError(f"{path} is damaged: its checksum does not fit. Set the run aside with force_reauth_abandon=<run id>.")
    return payload


def check_written(payload: Payload, of_run: bool, path: str) -> None:
    """Raises SessionsError when the record at ``path`` could not be read again with what is to be written."""
    wrong = _wrong(payload, of_run)
    if wrong:
        raise SessionsError(f"Not written into {path}, which nobody could read then: {', '.join(wrong)} is not what a run writes.")


def check_fields(payload: Payload, of_run: bool, path: str) -> None:
    """Raises SessionsError when a field of the record at ``path`` is not what it may be."""
    wrong = _wrong(payload, of_run)
    if wrong:
        raise SessionsError(
            f"{path} is damaged: {', '.join(wrong)} is not what a run writes. Set the run aside with force_reauth_abandon=<run id>."
        )


def _wrong(payload: Payload, of_run: bool) -> list[str]:
    known = fields.OF_RUN if of_run else fields.OF_NODE
    return [*fields.wrong(payload, known), *fields.missing(payload, fields.NEEDED_OF_RUN if of_run and payload else ())]


def without_canary(payload: Payload) -> Payload:
    """The payload without the sealed cookies, its own and those of its nodes: they are shown to nobody."""
    open_part = {name: value for name, value in payload.items() if name != SEALED}
    if "node_records" in payload:
        open_part["node_records"] = {node: without_canary(one) for node, one in payload["node_records"].items()}
    return open_part


def canaries(payload: Payload) -> dict[str, str]:
    """The sealed cookies, by node, of the nodes that have some."""
    return {node: one[SEALED] for node, one in payload.get("node_records", {}).items() if one.get(SEALED)}


def merged(old: Payload, new: Payload, at: str) -> Payload:
    """The payload after a write: what the run knew before, with the new values on top.

    ``history`` gets each phase (of a node each step) with the time at which it came, ISO, by the clock of the host of the record.
    """
    after = {**old, **new}
    name = new.get("phase") or new.get("step")
    came = [{"name": name, "at": at}] if name and name != (old.get("phase") or old.get("step")) else []
    history = [*old.get("history", []), *came]
    return {**after, "history": history} if history else after


def expired(before: Payload, archives: t.Sequence[Payload], at: str, sha256: str) -> Payload:
    """What a record tells of archives that were removed: those that it told of before, with these on top, by their paths.

    ``sha256``: of the file of the record as it is.
    """
    known = before.get("expired", {"record_before": _before_changes(before, sha256), "archives": []})
    rows = {one["path"]: one for one in known["archives"]}
    for one in archives:
        rows[one["path"]] = {"rows": 0, "sha256": "", **rows.get(one["path"], {}), **one, "at": at}
    return {**known, "archives": list(rows.values())}


def withdrawn(before: Payload, at: str, sha256: str) -> Payload:
    """The record of a run of whose proof is said, once, that it holds no longer. ``sha256``: of the file of the record as it is."""
    if before.get("proof_withdrawn"):
        return before
    return {**before, "proof_withdrawn": True, "withdrawn": {"record_before": _before_changes(before, sha256), "at": at}}


def _before_changes(before: Payload, sha256: str) -> str:
    """The SHA-256 by which the evidence goes: that of the file before the first change after the run."""
    changes = [before[name]["record_before"] for name in ("withdrawn", "expired") if name in before]
    return str(changes[0]) if changes else sha256


def next_start(before: Payload, controller: str, number: str) -> Payload:
    """The start that comes after the one in ``before`` (empty for a new run). ``attempt`` only grows: it fences older ones off."""
    attempt = before["start"]["attempt"] if before else 0
    return {"attempt": attempt + 1, "number": number, "controller": controller}


def with_deletion(before: Payload, values: Payload, number: str) -> Payload:
    """The values of a write, with what they mean for the deletion. ``before``: the payload that they are put on.

    With phase ``revoked`` comes another deletion, with the random ``number``; in phase ``waiting`` there is none, whatever was said of one
    before, and whoever had a token may have signed in again.
    """
    phase = values.get("phase")
    if phase == "waiting":
        return {**values, "deletion": "", "deleted": "", "live": []}
    comes = phase == "revoked" and before.get("phase") != "revoked"
    return {**values, "deletion": number} if comes else values


def resumed_phase(record: t.Mapping[str, t.Any], route: str) -> str:
    """The phase in which a run goes on by that route; ``record``: empty for a new run.

    A live run that becomes an outage is taken back to where all nodes are stopped at once: it has stopped none.
    """
    phase = str(record.get("phase", "prepared"))
    becomes_outage = record.get("route") == "live" and route == "outage"
    return "revoked" if becomes_outage and phase == "rolling" else phase


def taken_over(before: Payload, values: Payload, start: Payload) -> Payload:
    """The record of a run that goes on: what it began with holds, but its route (restarts may finish a live one) and where its database is.

    Its history tells when the tokens were deleted, and that is not now.
    """
    route = values.get("route")
    changed = {"route": route, "phase": resumed_phase(before, str(route))} if route else {}
    moved = {name: values[name] for name in ("asked",) if name in values}
    return {**before, **changed, **moved, "start": start}


def same_start(one: Payload, other: Payload) -> bool:
    """Whether both are the same start of ansible-playbook."""
    return (one.get("attempt"), one.get("number")) == (other.get("attempt"), other.get("number"))


def check_start(payload: Payload, start: Payload, path: str) -> None:
    """Raises SessionsError when the record at ``path`` is no longer this start's."""
    if not payload:
        raise SessionsError(f"The run record {path} is gone: this run cannot go on safely. Nothing more was changed.")
    owner = payload["start"]
    if not same_start(owner, start):
        raise SessionsError(
            f"This run was taken over by start {owner['attempt']} of it (controller {owner['controller']}): this one ends here. "
            "Nothing more was changed."
        )


def began_with(run_id: str, record: t.Mapping[str, t.Any], folder: str, database: str) -> str:
    """That the run whose ``record`` lies in ``folder`` began with another server than the one that is asked now, and what to do."""
    return (
        f"Run {run_id} began with {_where_it_lies(record, folder)}, and what is asked now is {database}: a copy of that one, which has "
        "taken over, or another database. Have the one asked with which it began (force_reauth_database_server), and resume; where a copy "
        "has taken over, begin anew with another force_reauth_run_id and "
        f"force_reauth_abandon={run_id}, which signs everybody out once more"
    )


def ended_with(run_id: str, record: t.Mapping[str, t.Any], folder: str, database: str) -> str:
    """The same of a run that is over."""
    return (
        f"Run {run_id} ended {record['phase']} with {_where_it_lies(record, folder)}, and what is asked now is {database}: to sign "
        "everybody out once more, take another force_reauth_run_id"
    )


def _where_it_lies(record: t.Mapping[str, t.Any], folder: str) -> str:
    return f"{record.get('database', 'a database that its record does not name')} (its record lies in {folder})"


def check_cluster(payload: Payload, cluster: str, path: str) -> None:
    """Raises SessionsError when the record at ``path`` tells of another cluster's run."""
    if payload and payload.get("cluster") != cluster:
        raise SessionsError(
            f"{path} is the record of cluster {payload.get('cluster')}, not of {cluster}: it was copied there. Move it away. "
            "Nothing was changed."
        )


def _checksum(payload: Payload) -> str:
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


def is_done(process: str, node_record: t.Mapping[str, t.Any]) -> bool:
    """Whether the run has ended the sessions of the node: another process than recorded, and no session can have come through the restart.

    ``process``: the identity of the node's process now, '' when it is down: never done.
    """
    if not process or "identity" not in node_record or process == node_record["identity"]:
        return False
    return node_record.get("sessions") == "memory" or bool(node_record.get("cleaned"))


def may_be_down(node_record: t.Mapping[str, t.Any]) -> bool:
    """Whether the node may be down by the doing of the run."""
    return _step_of(node_record) in _DOWN


def was_up_again(node_record: t.Mapping[str, t.Any]) -> bool:
    """Whether the run has started the node and seen it up."""
    return _step_of(node_record) == _UP


def was_told_to_stop(node_record: t.Mapping[str, t.Any]) -> bool:
    """Whether the last that the run did to the node is a stop whose end it has not seen."""
    return _step_of(node_record) == _STOPPING


def _step_of(node_record: t.Mapping[str, t.Any]) -> str:
    """A start that went on may have written its drain over the step of a node that was down, or on its way: the step before says it."""
    step = str(node_record.get("step", ""))
    before = [str(one["name"]) for one in node_record.get("history", []) if one["name"] != "draining"]
    return before[-1] if step == "draining" and before else step
