# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the evidence of a run, and writes it beside its record and, where that is wanted, on the controller."""

from __future__ import annotations

import json
import time
import typing as t

from ansible import context
from ansible.errors import AnsibleError
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.command import command_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.files import JSON, PAGE
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.gathered import gathered
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.model import ENDS, evidence, stats
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.answer import AnsweringAction
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.evidence_page import page
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.report_folder import copied
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.role_specification import specification
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.versions import versions

_OPTIONS: dict[str, t.Any] = {
    # of the host of the record: what ~ stands for is known there
    "archive_dir": {"type": "str", "required": True},
    "cluster": {"type": "str", "required": True},
    "run_id": {"type": "str", "required": True},
    "end": {"type": "str", "choices": list(ENDS), "required": True},
    "plan": {"type": "dict", "default": {}},
    "stopped": {"type": "dict", "default": {}},
    "host": {"type": "str", "required": True},
    "report_dir": {"type": "str", "default": ""},
}
_PLACE = ("archive_dir", "cluster", "run_id")

Values = dict[str, t.Any]


class ActionModule(AnsweringAction):
    """See the documentation of the module of the same name."""

    def run(self, tmp: t.Any = None, task_vars: Values | None = None) -> Values:
        """Write it. What cannot be written is said, and fails nothing: the verdict stands."""
        result = self.begin(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=_OPTIONS)
        if self._task.check_mode:
            return {**result, "changed": False, "skipped": True}
        place = {name: options[name] for name in _PLACE}
        told, problem = self._asked("run_record", {**place, "state": "summed"}, task_vars)
        document = _document(options, told, problem, task_vars or {})
        texts = {JSON: json.dumps(document, indent=1) + "\n", PAGE: page(document)}
        kept, lost = self._asked("evidence_files", {**place, "document": texts[JSON], "page": texts[PAGE]}, task_vars)
        paths, uncopied = _copied(options, texts)
        places = [f"{one} on {options['host']}" for one in kept.get("paths", [])] + paths
        problems = [f"NOT written beside the record: {lost}"] * bool(lost) + [f"NOT copied: {uncopied}"] * bool(uncopied)
        if document["verdict"] != options["end"]:
            problems.append(f"NOT {options['end']}: {document['stopped']['sentence']}")
        Display().display("\n".join(f"Evidence   {shown(one)}" for one in [*places, *problems]))
        more = {"ansible_stats": _stats(document, options)} if options["end"] != "abandoned" else {}
        return {
            **result,
            **more,
            "changed": bool(places),
            "paths": wrap_var(places),
            "problems": wrap_var([shown(one) for one in problems]),
        }

    def _asked(self, module: str, arguments: Values, task_vars: Values | None) -> tuple[Values, str]:
        """What the module answers, empty with a reason where it does not."""
        try:
            told = self.ask(f"dcops.atlassian_sessions.{module}", arguments, task_vars)
        except AnsibleError as error:
            return {}, str(error)
        return ({}, str(told.get("msg") or "it does not answer")) if told.get("failed") or told.get("unreachable") else (told, "")


def _document(options: Values, told: Values, problem: str, task_vars: t.Mapping[str, t.Any]) -> Values:
    plan, record = options["plan"], told.get("record") or {}
    # what is registered is of the run that goes on, not of one that it sets aside
    nodes = [] if options["end"] == "abandoned" else record.get("nodes") or plan.get("nodes") or []
    at = str(told.get("now", ""))
    seen = gathered(nodes, task_vars.get("hostvars") or {}, time.time(), at)
    shown_names = {name for name, option in specification().items() if not option.get("no_log") and option["type"] != "list"}
    return evidence(
        record,
        plan,
        seen,
        {
            "end": options["end"],
            "run_id": options["run_id"],
            "cluster": options["cluster"],
            "host": options["host"],
            "folder": str(told.get("folder") or plan.get("folder") or ""),
            "at": at,
            "record_sha256": str(told.get("sha256", "")),
            "record_problem": problem,
            "command": command_of(context.CLIARGS, shown_names),
            "versions": versions(),
            "stopped": options["stopped"],
        },
    )


def _copied(options: Values, texts: t.Mapping[str, str]) -> tuple[list[str], str]:
    if not options["report_dir"]:
        return [], ""
    try:
        return copied(options["report_dir"], options["cluster"], options["run_id"], texts), ""
    except SessionsError as error:
        return [], str(error)


def _stats(document: Values, options: Values) -> Values:
    """As ``set_stats`` returns them."""
    return {"data": wrap_var(stats(document, str(options["stopped"].get("resume", "")))), "per_host": False, "aggregate": False}
