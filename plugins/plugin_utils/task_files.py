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

    def path_dwim_relative(self, path: str, dirname: str, source: str, is_role: bool = False) -> str:
        """Where a file of that name would be taken from, whether it is there or not."""


def check_task_files(settings: t.Mapping[str, t.Any], loader: Loader, role: str) -> None:
    """Raises SessionsError when a task file that the settings want is not named, not there, of the role itself, or no list of tasks.

    So it does where that file, or one to which it leads, includes what is not there, or what Ansible would take from the role instead,
    where it looks first; and where it imports: ansible-core before 2.19 ends at once at that, whatever it is.

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
    if _is_of(role, path):
        # its own include would include itself, for ever
        return f"{named} is a file of this collection's role: name a task file of yours"
    if not path.is_file():
        return f"{named} is not there"
    return _problem_in(path, loader, role, {path})


def _is_of(role: str, path: Path) -> bool:
    return Path(role).resolve() in path.resolve().parents


def _problem_in(path: Path, loader: Loader, role: str, seen: set[Path]) -> str:
    """What is wrong in the file, or in one to which it leads and that is not ``seen``."""
    try:
        named = _named(loader.load_from_file(str(path)))
    except AnsibleError as error:
        return f"{path} is no task file: {shown(error.message.splitlines()[0], 300)}"
    for name, imported in named:
        if imported:
            return f"{path} imports {shown(name)}, and is itself included: write include_tasks in place of import_tasks"
        # what a template will be nobody knows yet
        problem = "" if "{{" in name or "{%" in name else _problem_at(path, name, loader, role, seen)
        if problem:
            return problem
    return ""


def _problem_at(path: Path, name: str, loader: Loader, role: str, seen: set[Path]) -> str:
    """What is wrong with what the file includes by that name."""
    places = (role, str(path.parent))
    found = [file for file in (Path(loader.path_dwim_relative(one, "tasks", name, is_role=True)) for one in places) if file.is_file()]
    if not found:
        return f"{path} includes {shown(name)}, which is not there"
    if _is_of(role, found[0]):
        return f"{path} includes {shown(name)}, and Ansible takes that of this collection's role: name yours by its whole path"
    if found[0] in seen:
        return ""
    seen.add(found[0])
    return _problem_in(found[0], loader, role, seen)


def _named(tasks: t.Any) -> list[tuple[str, bool]]:
    """The task files that the tasks name, and whether each is imported.

    Raises AnsibleError when they are no tasks, or a task names no module that is here.
    """
    if not tasks or not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise AnsibleError("it holds no list of tasks")
    named: list[tuple[str, bool]] = []
    for task in tasks:
        blocks = [task[name] for name in ("block", "rescue", "always") if name in task]
        named += [one for block in blocks for one in _named(block)]
        if not blocks:
            action, arguments, _host = ModuleArgsParser(task).parse()
            if action.endswith(("include_tasks", "import_tasks")):
                files = [str(arguments[key]) for key in ("_raw_params", "file") if key in arguments]
                named += [(file, action.endswith("import_tasks")) for file in files]
    return named
