# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells a hook of the site what has happened, from the controller."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.notice import (
    EVENTS,
    SIGNATURE,
    check_plan,
    notice,
    signature,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.hook import tell_hook

_OPTIONS: dict[str, t.Any] = {
    "url": {"type": "str", "required": True, "no_log": True},
    "key": {"type": "str", "default": "", "no_log": True},
    "event": {"type": "str", "choices": list(EVENTS), "required": True},
    "plan": {"type": "dict", "required": True},
    "verdict": {"type": "str", "default": ""},
    "sentence": {"type": "str", "default": ""},
    "done": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(ActionBase):  # type: ignore[misc] # ansible ships no types
    """See the documentation of the module of the same name."""

    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Tell it. A hook that does not take it is named, and stops nothing; a plan that is none fails."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=_OPTIONS)
        try:
            check_plan(options["plan"])
        except SessionsError as error:
            return {**result, "failed": True, "msg": str(error)}
        if self._task.check_mode:
            return {**result, "changed": False, "skipped": True}
        at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        body = notice(options["event"], options["plan"], options["verdict"], options["sentence"], options["done"], at)
        problem = tell_hook(options["url"], body, {SIGNATURE: signature(options["key"], body)} if options["key"] else {})
        if problem:
            Display().display(shown(f"Hook       NOT told that the run has come to '{options['event']}': {problem}"))
        return {**result, "changed": False, "told": not problem}
