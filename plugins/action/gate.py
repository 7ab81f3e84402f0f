# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ``node_ready`` on the node again and again, and shows what it sees while it waits."""

from __future__ import annotations

import time
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.gate import Limits, Look, Passage, wait_at
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import WEB_OPTIONS
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.answer import AnsweringAction

OWN_OPTIONS: dict[str, t.Any] = {
    "settle_polls": {"type": "int", "default": 3},
    "poll_seconds": {"type": "float", "default": 5.0},
    "timeout": {"type": "int", "default": 1800},
}
LOOK_OPTIONS: dict[str, t.Any] = {
    **WEB_OPTIONS,
    "install_dir": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["running", "stopped"], "default": "running"},
    "old_process": {"type": "str", "default": ""},
}


class ActionModule(AnsweringAction):
    """See the documentation of the module of the same name."""

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Wait until the node is ready, or fail with the last thing seen."""
        result = self.begin(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec={**LOOK_OPTIONS, **OWN_OPTIONS})
        if self._task.check_mode:
            return {
                **result,
                "changed": False,
                "skipped": True,
                "msg": "Not rehearsed: in check mode no node is restarted, so there is nothing to wait for.",
            }
        limits = Limits(options["settle_polls"], options["poll_seconds"], options["timeout"])
        look_options = {name: options[name] for name in LOOK_OPTIONS}
        node = (task_vars or {}).get("inventory_hostname", "")

        ask = "dcops.atlassian_sessions.node_ready"
        looked = _Node(lambda wait: self.ask(ask, {**look_options, "wait": wait}, task_vars), limits)
        passage = wait_at(limits, looked.look, time.monotonic, looked.sleep, lambda line: Display().display(shown(f"  {node}: {line}")))
        return {**result, **_told(passage, options)}


class _Node:
    """Looks at a node. Until it is ready, each look waits on the node itself, which sees at once when it is."""

    def __init__(self, ask: t.Callable[[float], dict[str, t.Any]], limits: Limits) -> None:
        # never longer than the whole wait may take
        self._ask, self._pause = ask, min(limits.pause, limits.timeout)
        self._wait = self._pause

    def look(self) -> Look:
        """What ``node_ready`` sees; raises AnsibleActionFail when it cannot look."""
        found = self._ask(self._wait)
        if found.get("failed"):
            raise AnsibleActionFail(found.get("msg", "the node could not be looked at"), result=found)
        self._wait = 0.0 if found["ready"] else self._pause
        return Look(found["ready"], found["process"], found["saw"])

    def sleep(self, seconds: float) -> None:
        """Before the next look, unless that waits itself."""
        if not self._wait:
            time.sleep(seconds)


def _told(passage: Passage, options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    told = {"changed": False, "process": passage.process, "saw": passage.saw, "seconds": passage.seconds, "polls": passage.looks}
    if passage.passed:
        return told
    wanted = "up" if options["state"] == "running" else "gone"
    return {**told, "failed": True, "msg": f"The node was not {wanted} within {options['timeout']} s. Last seen: {shown(passage.saw)}."}
