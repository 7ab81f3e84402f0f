# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints lines at once; what a terminal would take for more than text is escaped."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown


class ActionModule(ActionBase):  # type: ignore[misc] # ansible ships no types
    """See the documentation of the module of the same name."""

    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Print."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec={"lines": {"type": "list", "elements": "str", "required": True}})
        Display().display("\n".join(map(shown, options["lines"])))
        return {**result, "changed": False}
