# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the variables of the role as they are before any node was contacted, each in its type."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import sentence
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.settings import PREFIX, check_names, check_together, typed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.hook import check_hook
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.report_folder import check_report_folder
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.role_specification import ROLE, defaults, specification
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.task_files import check_task_files

_INTERNAL = "__force_reauth"


class ActionModule(ActionBase):  # type: ignore[misc] # ansible ships no types
    """See the documentation of the module of the same name."""

    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """The settings of the host of this task; nothing is asked of it."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        variables, takes, required = task_vars or {}, self._task.args.get("takes"), self._task.args.get("required") or []
        try:
            foreign = sorted(name for name in variables.get("ansible_facts") or {} if str(name).startswith((PREFIX, _INTERNAL)))
            if foreign:
                raise SessionsError(
                    f"facts of this host are named {', '.join(foreign)}: what a node says is no variable of this role. "
                    "Clear the fact cache, and see where they come from"
                )
            check_names([*variables, *(takes or [])], specification())
            options = {name: option for name, option in specification().items() if takes is None or name in (*takes, *required)}
            values = {name: self._value(name, variables[name]) for name in options if name in variables}
            settings = typed(values, options, defaults(), required)
            if takes is None:
                check_together(settings)
            check_task_files(settings, self._loader, str(ROLE))
            check_report_folder(settings.get("report_dir", ""))
            check_hook(settings.get("notify_url", ""))
        except SessionsError as error:
            return {**result, "failed": True, "msg": sentence(str(error))}
        return {**result, "changed": False, "settings": settings}

    def _value(self, name: str, written: t.Any) -> t.Any:
        try:
            return _opened(self._templar.template(written))
        except AnsibleError:
            # its text may quote the value
            raise SessionsError(
                f"{name} cannot be worked out: a template in it, or a variable that it names, is wrong, or its vault is closed"
            ) from None


def _opened(value: t.Any) -> t.Any:
    """The value with texts in place of what a vault holds by itself: before ansible-core 2.19 those are none. Raises AnsibleError."""
    if isinstance(value, t.Mapping):
        return {name: _opened(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_opened(one) for one in value]
    return str(value) if getattr(value, "__ENCRYPTED__", False) else value
