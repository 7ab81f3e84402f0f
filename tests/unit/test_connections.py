# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task for another host goes there by that host's own variables."""

from __future__ import annotations

import typing as t

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.dcops.atlassian_sessions.plugins.lookup.own_connection import LookupModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.connections import own_connection

NAME = trust_as_template("{{ inventory_hostname }}")
PASSWORD = trust_as_template("{{ passwords[inventory_hostname] }}")


def _filled(value: t.Any) -> t.Any:
    """As of the host ``db``."""
    if value == "broken":
        raise ValueError(value)
    return {"mine": "of-db", "none": None}.get(value, value)


@pytest.mark.parametrize(
    ("host", "written", "own"),
    [
        ("db", {}, {"ansible_host": "db"}),
        ("db", {"ansible_host": "10.0.0.1"}, {"ansible_host": "10.0.0.1"}),
        ("db", {"ansible_host": "mine"}, {"ansible_host": "of-db"}),
        ("db", {"ansible_host": "broken"}, {"ansible_host": "db"}),
        ("db", {"ansible_ssh_host": "10.0.0.2", "ansible_host": "10.0.0.1"}, {"ansible_host": "10.0.0.2"}),
        ("db", {"ansible_ssh_host": "mine", "ansible_host": "10.0.0.1"}, {"ansible_ssh_host": "of-db", "ansible_host": "of-db"}),
        ("db", {"ansible_sudo_pass": "mine", "other": "mine"}, {"ansible_host": "db", "ansible_sudo_pass": "of-db"}),
        ("db", {"ansible_docker_extra_args": "mine"}, {"ansible_host": "db", "ansible_docker_extra_args": "of-db"}),
        ("db", {"ansible_user": "broken", "ansible_become_user": "none"}, {"ansible_host": "db"}),
        ("db", {"ansible_port": 22, "ansible_become": True}, {"ansible_host": "db"}),
        ("n1", {"ansible_connection": "local", "ansible_become": True}, {"ansible_host": "n1"}),
        ("localhost", {"ansible_connection": "local", "ansible_become": True}, {"ansible_host": "localhost", "ansible_become": False}),
        ("localhost", {"ansible_connection": "ssh", "ansible_become": True}, {"ansible_host": "localhost"}),
    ],
)
def test_a_host_is_reached_by_what_it_has_itself(host: str, written: t.Mapping[str, t.Any], own: dict[str, t.Any]) -> None:
    kept = own_connection(host, written, _filled, ["n1"])
    assert {one["variable"]: one["value"] for one in kept} == own
    assert {one["host"] for one in kept} == {host}


def test_a_controller_that_is_a_node_keeps_its_rights() -> None:
    written = {"ansible_connection": "local", "ansible_become": True}
    assert own_connection("localhost", written, _filled, ["localhost"]) == [
        {"host": "localhost", "variable": "ansible_host", "value": "localhost"}
    ]


def test_what_ansible_itself_sets_is_no_connection() -> None:
    kept = own_connection("db", {"ansible_run_tags": ("all",)}, lambda value: [*value], [])
    assert [one["variable"] for one in kept] == ["ansible_host"]


def _asked(host: str, **delegated: t.Any) -> dict[str, t.Any]:
    """What the lookup tells in a task of n1 that is delegated to this host."""
    passwords = {"n1": "of-n1", "db": "of-db"}
    variables = {"ansible_delegated_vars": {host: {"passwords": passwords, "inventory_hostname": "n1", **delegated}}}
    plugin = LookupModule(loader=DataLoader(), templar=Templar(loader=DataLoader(), variables=variables))
    # what ansible reads from the documentation
    plugin.set_options = lambda **_options: None
    plugin.get_option = {"nodes": ["n1"]}.__getitem__
    return {one["variable"]: one["value"] for one in plugin.run([host], variables)}


@pytest.mark.parametrize("variable", ["ansible_sudo_pass", "ansible_ssh_args", "ansible_kubectl_pod", "ansible_doas_pass"])
@pytest.mark.parametrize(
    "template", [PASSWORD, trust_as_template("{{ of_a_group }}"), trust_as_template("{{ hostvars[inventory_hostname].own }}")]
)
def test_the_name_in_whichever_variable_is_that_of_the_host_and_not_of_the_one_that_delegates(variable: str, template: str) -> None:
    hostvars = {"n1": {"own": "of-n1"}, "db": {"own": "of-db"}}
    told = _asked("db", of_a_group=PASSWORD, hostvars=hostvars, **{variable: template})
    assert told == {"ansible_host": "db", variable: "of-db"}


def test_names_within_a_list_or_a_mapping_are_filled_too() -> None:
    told = _asked("db", ansible_args=["-o", NAME], ansible_more={"name": NAME}, ansible_broken=[trust_as_template("{{ nonesuch }}")])
    assert told == {"ansible_host": "db", "ansible_args": ["-o", "db"], "ansible_more": {"name": "db"}}


def test_what_is_left_out_or_cannot_be_worked_out_is_left_as_it_is() -> None:
    omitted = {
        "omit": "__omit",
        "ansible_user": trust_as_template("{{ omit }}"),
        "ansible_pass": trust_as_template("{{ passwords.nobody }}"),
    }
    assert _asked("db", **omitted) == {"ansible_host": "db"}
