# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file a task includes, imports or copies is literal: what a node says of itself chooses no file of the controller."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
FILES = sorted(path for folder in ("roles", "playbooks") for path in (CHECKOUT / folder).rglob("*.yml") if path.parent.name != "meta")

# what reads a file of the controller by its name, and what its name may be called there
READERS = ("include_tasks", "import_tasks", "include_role", "import_role", "include_vars", "import_playbook", "template", "copy", "script")
PATHS = ("file", "src", "path", "dest", "dir", "tasks_from", "vars_from", "defaults_from", "handlers_from", "name", "_raw_params")
ANYWHERE = ("src", "path", "dest", "vars_files", "roles", "tasks_from")
# the task files of the operator, as they were taken before any node was contacted
OPERATORS = re.compile(r"__force_reauth_given\.(?:stop|start|drain|undrain|drain_look)_tasks")


def template_paths(tree: t.Any) -> list[str]:
    """``key: text`` for each path in the YAML that is more than literal."""
    if isinstance(tree, list):
        return [one for item in tree for one in template_paths(item)]
    if not isinstance(tree, dict):
        return []
    found = []
    for key, value in tree.items():
        short = str(key).rpartition(".")[2]
        texts = _texts_in_path(short, value)
        found += [f"{short}: {text}" for text in texts if "{{" in text and not _is_the_operators(text)]
        found += template_paths(value)
    return found


def _texts_in_path(key: str, value: t.Any) -> list[str]:
    if key in READERS:
        arguments = value if isinstance(value, dict) else {"_raw_params": value}
        return [str(arguments[name]) for name in PATHS if name in arguments]
    if key in ANYWHERE:
        return [str(one) for one in (value if isinstance(value, list) else [value])]
    return []


def _is_the_operators(text: str) -> bool:
    """Nothing in it but variables that name a task file of the operator, and which of them."""
    left = re.sub(r"'(?:start|stop)'|__force_reauth_action", "", OPERATORS.sub("", text))
    return OPERATORS.search(text) is not None and not re.search(r"[A-Za-z_]\w*", left)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_the_path_of_a_file_is_literal(path: Path) -> None:
    assert template_paths(yaml.safe_load(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "- ansible.builtin.include_tasks: 'service_{{ manager }}.yml'",
        "- include_tasks: {file: '{{ __force_reauth_facts.control.manager }}.yml'}",
        "- ansible.builtin.import_tasks: '{{ hostvars.n1.x }}'",
        "- ansible.builtin.include_role: {name: x, tasks_from: '{{ step }}'}",
        "- block: [{rescue: [{ansible.builtin.include_vars: '{{ x }}.yml'}]}]",
        "- ansible.builtin.copy: {src: '{{ x }}', dest: /tmp/x}",
        "- dcops.atlassian_sessions.anything: {path: '{{ x }}'}",
        "- {hosts: all, vars_files: ['{{ x }}']}",
        "- ansible.builtin.include_tasks: '{{ __force_reauth_given.stop_tasks ~ node }}'",
        "- ansible.builtin.include_tasks: '{{ __force_reauth_given.install_dir }}'",
    ],
)
def test_a_template_in_a_path_is_found(text: str) -> None:
    assert template_paths(yaml.safe_load(text))


@pytest.mark.parametrize(
    "text",
    [
        "- ansible.builtin.include_tasks: '{{ __force_reauth_given.drain_tasks }}'",
        "- ansible.builtin.include_tasks: record/node.yml",
        "- ansible.builtin.include_role: {name: x, tasks_from: select}",
        "- ansible.builtin.add_host: {name: '{{ item }}'}",
    ],
)
def test_the_task_files_of_the_operator_and_literal_paths_are_no_finding(text: str) -> None:
    assert template_paths(yaml.safe_load(text)) == []
