# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Task files of the operator: they are found and read before anything is changed, and not when a node is to be stopped by them."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.parsing.mod_args import ModuleArgsParser
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.settings import PREFIX

# the setting that says 'tasks', and the files that it wants
_WANTED = {"service_manager": ("stop_tasks", "start_tasks"), "drain": ("drain_tasks", "undrain_tasks", "drain_look_tasks")}
_MAY_BE_MISSING = ("drain_look_tasks",)


class Loader(t.Protocol):
    """What is used of Ansible's DataLoader."""

    def load_from_file(self, file_name: str) -> t.Any:
        """The YAML of the file."""


def check_task_files(settings: t.Mapping[str, t.Any], loader: Loader, role: str) -> None:
    """Raises SessionsError when a task file that the settings want is not named, not there, of the role itself, or no list of tasks.

    So it does where it includes a file by a name that the role has, too: Ansible looks in the role first, and would run that one.

    Each is a whole path, as ``typed`` sees to. One that was not taken is run by nobody.
    """
    wanted = [(chosen, name) for chosen, files in _WANTED.items() if settings.get(chosen) == "tasks" for name in files if name in settings]
    names = [(chosen, name) for chosen, name in wanted if settings[name] or name not in _MAY_BE_MISSING]
    problems = [_problem(settings[name], loader, role) for _chosen, name in names]
    found = [f"{PREFIX}{chosen}=tasks wants {PREFIX}{name}: {one}" for (chosen, name), one in zip(names, problems) if one]
    if found:
        raise SessionsError("; ".join(found))


def _problem(named: str, loader: Loader, role: str) -> str:
    if not named:
        return "name a task file"
    path = Path(named).expanduser()
    if Path(role) in path.resolve().parents:
        # its own include would include itself, for ever
        return f"{named} is a file of this collection's role: name a task file of yours"
    if not path.is_file():
        return f"{named} is not there"
    try:
        included = _included(loader.load_from_file(str(path)))
    except AnsibleError as error:
        return f"{path} is no task file: {shown(error.message.splitlines()[0], 300)}"
    ours = [name for name in included if not Path(name).is_absolute() and Path(role, "tasks", name).is_file()]
    if ours:
        return f"{path} includes {shown(ours[0])}, and Ansible takes that of this collection's role: name yours by its whole path"
    return ""


def _included(tasks: t.Any) -> list[str]:
    """The task files that the tasks include, as they name them.

    Raises AnsibleError when they are no tasks, or a task names no module that is here.
    """
    if not tasks or not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise AnsibleError("it holds no list of tasks")
    included = []
    for task in tasks:
        blocks = [task[name] for name in ("block", "rescue", "always") if name in task]
        included += [name for block in blocks for name in _included(block)]
        if not blocks:
            action, arguments, _host = ModuleArgsParser(task).parse()
            included += [str(arguments[key]) for key in ("_raw_params", "file") if key in arguments and action.endswith("include_tasks")]
    return included
