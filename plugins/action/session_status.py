# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says what was seen of a cluster: on the screen, as JSON on the controller where that is wanted, and as statistics of the run."""

from __future__ import annotations

import datetime
import json
import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import all_shown, shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.status import status, status_stats
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.status_lines import status_lines
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.task_results import unseen_by_node, why_failed
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.report_folder import kept

_OPTIONS: dict[str, t.Any] = {
    "nodes": {"type": "list", "elements": "str", "required": True},
    "looks": {"type": "dict", "required": True},
    "counted": {"type": "dict", "default": {}},
    "not_asked": {"type": "str", "default": ""},
    "archives": {"type": "dict", "default": {}},
    "host": {"type": "str", "required": True},
    "hosts": {"type": "str", "required": True},
    "report_dir": {"type": "str", "default": ""},
}
Values = dict[str, t.Any]


class ActionModule(ActionBase):  # type: ignore[misc] # ansible ships no types
    """See the documentation of the module of the same name."""

    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: Values | None = None) -> Values:
        """Say it. What was not seen is returned as ``missing``, and fails nothing here."""
        result: Values = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=_OPTIONS)
        counted, uncounted = _answer(options["counted"], "rows", options["host"], options["not_asked"])
        shelved, unshelved = _answer(options["archives"], "runs", options["host"], "")
        unseen = unseen_by_node(options["nodes"], options["looks"], (task_vars or {}).get("hostvars") or {})
        document = status(
            {
                "nodes": options["nodes"],
                "looks": {node: options["looks"][node] for node in options["nodes"] if node not in unseen},
                "unseen": unseen,
                "counted": counted,
                "uncounted": uncounted,
                "shelved": shelved,
                "unshelved": unshelved,
                "host": options["host"],
                "hosts": options["hosts"],
                "at": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC"),
            }
        )
        Display().display("\n".join(status_lines(document)))
        path, problem = ("", "") if self._task.check_mode else _written(document, options["report_dir"])
        if path or problem:
            Display().display(shown(f"Report     {path or problem}"))
        missing = [*document["missing"], *([problem] if problem else [])]
        data = wrap_var(status_stats(document))
        return {
            **result,
            "changed": False,
            "ansible_stats": {"data": data, "per_host": False, "aggregate": False},
            "path": path,
            "missing": wrap_var(all_shown(missing)),
            "status": wrap_var(document),
        }


def _answer(found: Values, needed: str, host: str, reason: str) -> tuple[Values, str]:
    """What a module answered, empty with the reason where it did not."""
    if needed in found and not found.get("failed") and not found.get("unreachable"):
        return found, ""
    return {}, (reason or why_failed(found, host)).rstrip(".")


def _written(document: Values, report_dir: str) -> tuple[str, str]:
    """The file, or why there is none."""
    if not report_dir:
        return "", ""
    name = f"{document['cluster'] or 'unknown'}.session_status.json"
    try:
        (path,) = kept(report_dir, {name: json.dumps(document, indent=1) + "\n"})
    except SessionsError as error:
        return "", f"the report was not written: {error}"
    return path, ""
