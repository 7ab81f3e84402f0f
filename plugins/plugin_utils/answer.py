# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module of the collection that runs on a host goes through: its arguments are meant, and its answer is data.

Nothing in an answer may set a variable, add a host, or be taken for a template.

Ansible acts on some keys of *any* module's result (its strategy plugins: facts, new hosts and groups, notifications, stats). A host that
is not its owner's any more can put them there, and facts outrank the inventory.
"""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import all_shown
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.in_process import answered, is_here

# keys of a result that Ansible itself acts on
_ACTED_ON = ("ansible_facts", "ansible_stats", "add_host", "add_group", "ansible_notify")
# and those that it prints as they are
_PRINTED = ("msg", "exception", "module_stdout", "module_stderr", "warnings", "deprecations")
# arguments that narrow, protect or guard what a module does: to leave them out is to do more
_NARROWING = (
    *("usernames", "exclude_usernames", "expected", "archive_recipients", "archive_key"),
    *("expected_rows", "expected_tables", "expected_tokens", "start"),
)


def only_data(result: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The result without what Ansible would act on; all that is left is marked as no template.

    A node's word that it failed, or was not reached, is kept: it ends the run, it changes nothing.
    """
    kept = {str(key): value for key, value in result.items() if key not in _ACTED_ON and not str(key).startswith("_ansible")}
    data: dict[str, t.Any] = wrap_var({key: all_shown(value) if key in _PRINTED else value for key, value in kept.items()})
    return data


def null_problem(arguments: t.Mapping[str, t.Any]) -> str:
    """What is wrong with the arguments of a module, '' where nothing is: null is not the same as left out, where that does more."""
    null = [name for name in _NARROWING if name in arguments and arguments[name] is None]
    return f"{' and '.join(null)}: given, and null. Give a value, or leave it out (omit). Nothing was changed." if null else ""


class AnsweringAction(ActionBase):  # type: ignore[misc] # ansible ships no types
    """Runs the module of the task, and keeps of the answer what is data."""

    _requires_connection = True

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """The module's result."""
        return {**self.begin(tmp, task_vars), **self.ask(self._task.action, self._task.args, task_vars)}

    def begin(self, tmp: t.Any, task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:
        """What every action begins its result with."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        return result

    def ask(self, module: str, arguments: t.Mapping[str, t.Any], task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:
        """Run a module on the host; its answer is data, but for the interpreter that Ansible has found there itself.

        Arguments that would do more than was meant are a failed result, and the host is not asked.
        """
        problem = null_problem(arguments)
        if problem:
            return {"failed": True, "msg": problem}
        if is_here(module, self._connection, self._task):
            return only_data(answered(module, arguments, self._task.check_mode))
        found = self._execute_module(module, dict(arguments), task_vars=task_vars)
        data = only_data(found)
        if self._discovered_interpreter_key:
            data["ansible_facts"] = {self._discovered_interpreter_key: self._discovered_interpreter}
        return data
