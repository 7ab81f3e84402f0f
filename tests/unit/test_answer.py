# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module of the collection goes through: arguments that are null, and the answer, which is data."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import types
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.task_results import looks
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.answer import AnsweringAction, only_data
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.role_specification import specification

from demo.playbook import collections_path

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "acted_on",
    [
        {"ansible_facts": {"force_reauth_database_server": "192.0.2.1"}},
        {"add_host": {"host_name": "db", "host_vars": {"ansible_host": "192.0.2.1"}}},
        {"add_group": "force_reauth_nodes"},
        {"ansible_stats": {"data": {}}},
        {"_ansible_notify": ["x"]},
        {"_ansible_no_log": False},
    ],
    ids=lambda one: next(iter(one)),
)
def test_what_ansible_would_act_on_is_taken_out(acted_on: dict[str, t.Any]) -> None:
    assert only_data({"changed": False, "process": "x", **acted_on}) == {"changed": False, "process": "x"}


def test_that_a_host_failed_or_was_lost_is_kept() -> None:
    assert only_data({"failed": True, "msg": "no", "unreachable": True}) == {"failed": True, "msg": "no", "unreachable": True}


class Action(AnsweringAction):
    """The plugin without Ansible around it; keeps what the host is asked."""

    _discovered_interpreter_key = None

    def __init__(self) -> None:
        self._connection = types.SimpleNamespace(transport="ssh", become=None)
        self._task = types.SimpleNamespace(async_val=0, environment=None)
        self.asked: list[dict[str, t.Any]] = []

    def _execute_module(self, _module: str, arguments: dict[str, t.Any], **_more: t.Any) -> dict[str, t.Any]:
        self.asked.append(arguments)
        return {"changed": False}


NARROWING = (
    *("usernames", "exclude_usernames", "expected", "archive_recipients", "archive_key"),
    *("expected_rows", "expected_tables", "expected_tokens", "start"),
)


@pytest.mark.parametrize("name", NARROWING)
def test_an_argument_that_is_null_where_leaving_it_out_does_more_is_refused_and_the_host_is_not_asked(name: str) -> None:
    action = Action()
    assert action.ask("dcops.atlassian_sessions.remember_me_purge", {"product": "jira", name: None}, None) == {
        "failed": True,
        "msg": f"{name}: given, and null. Give a value, or leave it out (omit). Nothing was changed.",
    }
    assert action.asked == []


def test_arguments_that_are_left_out_empty_or_null_without_doing_more_reach_the_module() -> None:
    action, arguments = Action(), {"product": "jira", "exclude_usernames": [], "expected_rows": 0, "database_port": None}
    assert action.ask("dcops.atlassian_sessions.remember_me_purge", arguments, None) == {"changed": False}
    assert action.asked == [arguments]


def test_all_that_is_null_is_named_at_once() -> None:
    said = Action().ask("dcops.atlassian_sessions.user_names", {"usernames": None, "exclude_usernames": None}, None)["msg"]
    assert said.startswith("usernames and exclude_usernames: given, and null.")


def test_every_argument_that_may_not_be_null_is_one_of_a_module() -> None:
    documented = {
        name
        for path in [*(CHECKOUT / "plugins/modules").glob("*.py"), CHECKOUT / "plugins/doc_fragments/database.py"]
        for name in re.findall(r"(?m)^  (\w+):$", path.read_text(encoding="utf-8"))
    }
    assert set(NARROWING) - documented == set()


def test_every_module_that_runs_on_a_host_is_heard_through_it() -> None:
    modules = {path.stem for path in (CHECKOUT / "plugins/modules").glob("*.py")}
    own = {path.stem for path in (CHECKOUT / "plugins/action").glob("*.py")}
    routed = yaml.safe_load((CHECKOUT / "meta/runtime.yml").read_text(encoding="utf-8"))["plugin_routing"]["modules"]
    assert {name for name, route in routed.items() if route["action_plugin"] == "dcops.atlassian_sessions.node_ready"} == modules - own


def test_every_load_balancer_that_can_be_chosen_is_asked_and_heard() -> None:
    role = CHECKOUT / "roles/force_reauth"
    choices = set(specification()["force_reauth_drain"]["choices"]) - {"none", "tasks"}
    drivers = yaml.safe_load((role / "vars/main.yml").read_text(encoding="utf-8"))["__force_reauth_balancers"]
    asked = [task for task in yaml.safe_load((role / "tasks/balancer/ask.yml").read_text(encoding="utf-8")) if "register" in task]
    assert set(drivers) == choices
    for name in choices:
        assert f"drain == '{name}'" in " ".join(task["loop"] for task in asked)
    for task in asked:
        (options,) = (values for name, values in task.items() if name.startswith("dcops."))
        assert options["accept_outage"] == "{{ __force_reauth_given.accept_outage }}"
        assert options["nodes"] == "{{ __force_reauth_balanced_names }}"
        answer = {"results": [{"item": "lb", "servers": [{"name": "s"}]}]}
        found = looks(["n1"], {"n1": {"__force_reauth_detected": {"asked": {}}, task["register"]: answer}})
        assert found["n1"]["balanced"] == [{"balancer": "lb", "name": "s"}]


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({}, []),
        ({"__force_reauth_plan": {"node_facts": {"n1": {"balanced": []}}}}, []),
        (
            {
                "__force_reauth_plan": {
                    "node_facts": {
                        "n1": {"balanced": [{"balancer": "lb1", "name": "s1"}, {"balancer": "lb2", "name": "s1"}]},
                        "n2": {"balanced": [{"balancer": "lb1", "name": "s2"}]},
                    }
                }
            },
            ["s1", "s2"],
        ),
    ],
    ids=["the look", "no load balancer", "two"],
)
def test_a_load_balancer_is_told_which_of_its_servers_are_nodes(variables: dict[str, t.Any], names: list[str]) -> None:
    told = yaml.safe_load((CHECKOUT / "roles/force_reauth/vars/main.yml").read_text(encoding="utf-8"))["__force_reauth_balanced_names"]
    assert Templar(loader=DataLoader(), variables=variables).template(trust_as_template(told)) == names


@pytest.mark.parametrize("path", sorted((CHECKOUT / "roles/force_reauth/tasks").rglob("*.yml")), ids=lambda path: path.stem)
def test_the_role_runs_no_foreign_module_on_a_node(path: Path) -> None:
    harmless = {"assert", "set_fact", "add_host", "include_tasks", "import_tasks", "fail", "meta"}

    def words(tasks: t.Iterable[dict[str, t.Any]]) -> t.Iterator[str]:
        for task in tasks or ():
            for key, value in task.items():
                if key in ("block", "rescue", "always"):
                    yield from words(value)
                elif key.startswith("ansible.builtin."):
                    yield key.removeprefix("ansible.builtin.")

    assert set(words(yaml.safe_load(path.read_text(encoding="utf-8")))) - harmless == set()


def test_a_replay_that_is_given_no_cookies_is_refused(tmp_path: Path) -> None:
    """A misspelt variable would end as well as a replay in which every cookie is dead."""
    ansible = str(Path(sys.executable).with_name("ansible"))
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections_path()), "ANSIBLE_HOME": str(tmp_path), "ANSIBLE_NOCOLOR": "1"}
    module = ["-m", "dcops.atlassian_sessions.session_probe", "-a", "product=jira url=http://127.0.0.1:9 mode=replay"]
    command = [ansible, "localhost", "-e", f"ansible_python_interpreter={sys.executable}", *module]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "mode is replay but all of the following are missing: cookies" in run.stdout
