# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task for another host goes there by that host's own variables."""

from __future__ import annotations

import typing as t
from collections import UserDict
from pathlib import Path

import pytest
import yaml
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.connections import CONNECTION, connections

KEPT = Path(__file__).parents[2] / "roles/force_reauth/tasks/connections.yml"


class Broken(UserDict[str, t.Any]):
    """Variables of which one has a template that is wrong."""

    def __getitem__(self, name: str) -> t.Any:
        if name == "ansible_user":
            raise ValueError(name)
        return super().__getitem__(name)


@pytest.mark.parametrize(
    ("host", "variables", "own"),
    [
        ("db", {}, {"ansible_host": "db"}),
        ("db", {"ansible_host": "10.0.0.1"}, {"ansible_host": "10.0.0.1"}),
        ("db", {"ansible_ssh_host": "10.0.0.2", "ansible_host": "10.0.0.1"}, {"ansible_ssh_host": "10.0.0.2", "ansible_host": "10.0.0.2"}),
        ("db", {"ansible_become_password": "x", "other": "y"}, {"ansible_host": "db", "ansible_become_password": "x"}),
        ("db", Broken(ansible_user="x", ansible_port=22), {"ansible_host": "db", "ansible_port": 22}),
        ("n1", {"ansible_connection": "local", "ansible_become": True}, {"ansible_connection": "local", "ansible_become": True}),
        ("localhost", {"ansible_connection": "local", "ansible_become": True}, {"ansible_connection": "local", "ansible_become": False}),
        ("localhost", {"ansible_connection": "ssh", "ansible_become": True}, {"ansible_connection": "ssh", "ansible_become": True}),
    ],
)
def test_a_host_is_reached_by_what_it_has_itself(host: str, variables: t.Mapping[str, t.Any], own: dict[str, t.Any]) -> None:
    assert connections([host], {host: variables}, ["n1"]) == [{"host": host, "own": {"ansible_host": host, **own}}]


@pytest.mark.parametrize("name", ["AnsibleUndefined", "Undefined", "UndefinedMarker"])
def test_what_has_no_value_is_no_variable_in_whichever_version_of_ansible(name: str) -> None:
    assert connections(["db"], {"db": {"ansible_user": type(name, (), {})()}}, []) == [{"host": "db", "own": {"ansible_host": "db"}}]


def test_a_host_of_no_inventory_is_reached_by_its_name() -> None:
    assert connections(["db"], {}, []) == [{"host": "db", "own": {"ansible_host": "db"}}]


def test_the_task_keeps_each_of_the_variables() -> None:
    tasks = yaml.safe_load(KEPT.read_text(encoding="utf-8"))
    (kept,) = [task["ansible.builtin.set_fact"] for task in tasks if "delegate_facts" in task]
    assert kept == {name: f"{{{{ item.own.{name} | default(omit) }}}}" for name in CONNECTION}
