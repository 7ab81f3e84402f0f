# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module ``run_record`` does in each of its states: options in, results out. Every function raises SessionsError."""

from __future__ import annotations

import secrets
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record import content
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords

Options = t.Mapping[str, t.Any]
Result = dict[str, t.Any]


def read(records: RunRecords, options: Options, _check_mode: bool) -> Result:
    """What the run's record has to go on with; where it has none, the runs of its id in other clusters; the cluster's runs not over."""
    unfinished = records.unfinished(except_for=[options["run_id"], options["abandon"]])
    found = records.read(options["run_id"])
    record = content.to_go_on_with(found)
    others = {} if found else records.elsewhere(options["run_id"])
    elsewhere = [{**content.without_canary(one), "folder": folder} for folder, one in others.items()]
    return {**_told(False, record), "unfinished": unfinished, "elsewhere": elsewhere, "sealed_canaries": content.canaries(record)}


def opened(records: RunRecords, options: Options, check_mode: bool) -> Result:
    """Begin the run or take it over; set another one aside first when that is wanted."""
    if check_mode:
        return {**_told(True, options["values"]), "start": {}, "abandoned": False, "abandoned_in": "", "over": ""}
    cluster, phase = _set_aside(records, options["abandon"], options["values"].get("nodes", []))
    aside = {"abandoned": phase == "abandoned", "abandoned_in": cluster, "over": "" if phase == "abandoned" else phase}
    start = records.open(options["run_id"], options["values"], options["controller"], secrets.token_hex(8))
    return {**_told(True, records.read(options["run_id"])), "start": start, **aside}


def _set_aside(records: RunRecords, run_id: str, nodes: t.Collection[str]) -> tuple[str, str]:
    """The cluster in which a run of that id lies, and the phase of it now; '' each where there is none.

    That of these nodes lies with another cluster where it began with a database of which a copy has taken over.
    """
    if not run_id:
        return "", ""
    if phase := records.abandon(run_id):
        return records.cluster, phase
    others = [found["cluster"] for found in records.elsewhere(run_id).values() if set(found.get("nodes", [])) & set(nodes)]
    phases = {cluster: records.of(cluster).abandon(run_id) for cluster in others}
    # one that had ended before says less
    return min(phases.items(), key=lambda one: one[1] != "abandoned", default=("", ""))


def written(records: RunRecords, options: Options, check_mode: bool) -> Result:
    """Put the values on top of what the run, or the node, has."""
    if check_mode:
        return _told(True, options["values"])
    sealed = {content.SEALED: options["sealed_canary"]} if options["sealed_canary"] else {}
    before, after = records.write(options["run_id"], options["node"], {**options["values"], **sealed}, options["start"])
    diff = {"before": content.without_canary(before), "after": content.without_canary(after)}
    return {**_told(before != after, after), "diff": diff}


def checked(records: RunRecords, options: Options, check_mode: bool) -> Result:
    """See that the run is still this start's."""
    if check_mode:
        return _told(False, {})
    records.check(options["run_id"], options["start"])
    return _told(False, records.read(options["run_id"]))


def summed(records: RunRecords, options: Options, _check_mode: bool) -> Result:
    """The run's record, the SHA-256 of its file, and what the clock of this host says."""
    record = records.read(options["run_id"])
    return {**_told(False, record), "sha256": records.sum_of(options["run_id"]), "now": records.now()}


def _told(changed: bool, record: content.Payload) -> Result:
    return {"changed": changed, "record": content.without_canary(record), "finished": content.is_finished(record)}


STATES: t.Mapping[str, t.Callable[[RunRecords, Options, bool], Result]] = {
    "read": read,
    "opened": opened,
    "written": written,
    "checked": checked,
    "summed": summed,
}

# what the module takes; ``sealed_canary`` is of the canary's key
ARGUMENTS: dict[str, t.Any] = {
    "archive_dir": {"type": "path", "required": True},
    "cluster": {"type": "str", "required": True},
    "run_id": {"type": "str", "required": True},
    "state": {"type": "str", "choices": list(STATES), "default": "read"},
    "node": {"type": "str", "default": ""},
    "values": {"type": "dict", "default": {}},
    "sealed_canary": {"type": "str", "default": "", "no_log": True},
    "start": {"type": "dict"},
    "controller": {"type": "str", "default": ""},
    "abandon": {"type": "str", "default": ""},
}
REQUIRED_IF = [("state", "written", ("start",)), ("state", "checked", ("start",))]


def answer(options: Options, check_mode: bool) -> Result:
    """Bring the record into the state that is wanted, or read it. Raises SessionsError."""
    records = RunRecords(options["archive_dir"], options["cluster"])
    result = STATES[options["state"]](records, options, check_mode)
    return {"folder": str(records.folder_of(options["run_id"])), **result}
