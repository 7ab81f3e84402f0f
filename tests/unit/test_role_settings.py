# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role as Ansible holds them, templates and vaults among them."""

from __future__ import annotations

import re
import types
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.action import ActionBase
from ansible_collections.dcops.atlassian_sessions.plugins.action import role_settings
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.role_specification import ROLE, defaults


class Locked:
    """A value that a vault holds by itself, as ansible-core 2.17 and 2.18 hand it over."""

    __ENCRYPTED__ = True

    def __init__(self, text: str | None) -> None:
        self._text = text

    def __str__(self) -> str:
        if self._text is None:
            raise AnsibleError("no vault secret opens it")
        return self._text


class Action(role_settings.ActionModule):
    """The plugin without Ansible around it; what is written holds no template."""

    def __init__(self, **arguments: object) -> None:
        self._task, self._loader = types.SimpleNamespace(args=arguments), DataLoader()
        self._templar = types.SimpleNamespace(template=lambda written: written)


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ActionBase, "run", lambda *_arguments: {})


def run(action: Action, **variables: object) -> dict[str, t.Any]:
    return action.run(None, {**defaults(), **{f"force_reauth_{name}": value for name, value in variables.items()}})


def taken(**variables: object) -> dict[str, t.Any]:
    return run(Action(), **variables)


def test_what_a_vault_holds_by_itself_is_a_text_alone_and_among_others() -> None:
    settings = taken(database_password=Locked("0042"), proof_cookies=[{"name": "JSESSIONID", "value": Locked("1")}])["settings"]
    assert (settings["database_password"], settings["proof_cookies"]) == ("0042", [{"name": "JSESSIONID", "value": "1"}])


def test_a_vault_that_does_not_open_is_named_by_its_variable() -> None:
    assert taken(proof_password=Locked(None)) == {
        "failed": True,
        "msg": "force_reauth_proof_password cannot be worked out: a template in it, or a variable that it names, is wrong, "
        "or its vault is closed.",
    }


@pytest.mark.parametrize("name", ["usernames", "exclude_usernames", "archive_recipients"])
def test_a_variable_that_is_absent_is_told_from_one_that_is_null(name: str) -> None:
    assert "settings" in taken()
    assert taken(**{name: None})["msg"].startswith(f"force_reauth_{name} is given and empty: leave it out, or say ")


OLD_ARCHIVES = {"takes": ["force_reauth_archive_dir", "force_reauth_database_host"], "required": ["force_reauth_expire_days"]}


@pytest.fixture
def unknown_module(tmp_path: Path) -> str:
    """A task file by a module that is not here."""
    path = tmp_path / "drain.yml"
    path.write_text("- name: Take it out\n  nonesuch.aws.elb_target:\n    state: absent\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "unused",
    [
        {"database_password": Locked(None)},
        {"settle_polls": 9, "poll_seconds": 9, "gate_timeout": 9},
        {"report_dir": "/dev/null/reports"},
        {"notify_url": "hook"},
        {"route": "sideways"},
    ],
    ids=["a closed vault", "what goes not together", "a folder", "a hook", "a word"],
)
def test_what_is_not_used_stands_in_nobody_s_way_and_is_not_among_the_settings(unused: dict[str, object]) -> None:
    settings = run(Action(**OLD_ARCHIVES), archive_dir="/srv", expire_days="30", **unused)["settings"]
    assert settings == {"archive_dir": "/srv", "database_host": "localhost", "expire_days": 30}
    assert "settings" not in taken(archive_dir="/srv", expire_days="30", **unused)


def test_a_task_file_that_nobody_runs_stands_in_nobody_s_way(unknown_module: str) -> None:
    files = dict.fromkeys(("drain_tasks", "undrain_tasks", "stop_tasks", "start_tasks"), unknown_module)
    kept = {"takes": [*OLD_ARCHIVES["takes"], "force_reauth_service_manager"]}
    assert run(Action(**kept), service_manager="tasks", drain="tasks", **files)["settings"]["service_manager"] == "tasks"
    assert "nonesuch.aws.elb_target" in taken(drain="tasks", **files)["msg"]


def test_what_is_used_is_still_looked_at_and_so_is_each_name() -> None:
    taking = {"takes": ["force_reauth_report_dir", "force_reauth_notify_url"]}
    assert (
        run(Action(**taking), report_dir="/dev/null/reports")["msg"] == "force_reauth_report_dir=/dev/null/reports: /dev/null is no folder."
    )
    assert run(Action(**taking), notify_url="hook")["msg"].startswith("force_reauth_notify_url is no URL")
    assert run(Action(**OLD_ARCHIVES), rute="live")["msg"].startswith("force_reauth_rute is no variable of this role")
    assert run(Action(takes=["force_reauth_rute"]))["msg"].startswith("force_reauth_rute is no variable of this role")
    assert run(Action(**OLD_ARCHIVES))["msg"] == "force_reauth_expire_days must be given."


ROLE_VARIABLES = yaml.safe_load((ROLE / "vars/main.yml").read_text(encoding="utf-8"))


def used_by(*files: str) -> set[str]:
    """The settings that these task files name, and those of the database where they ask it."""
    text = "".join((ROLE / f"tasks/{name}.yml").read_text(encoding="utf-8") for name in ("begin/core", "begin/connections", *files))
    text += str(ROLE_VARIABLES["__force_reauth_database_options"]) if "__force_reauth_database_options" in text else ""
    return {f"force_reauth_{name}" for name in re.findall(r"__force_reauth_given\.(\w+)", text)}


def taken_by(file: str) -> set[str]:
    """The variables that the task file takes, wherever their names stand."""
    tasks = yaml.safe_load((ROLE / f"tasks/{file}.yml").read_text(encoding="utf-8"))
    (task,) = (one for one in tasks if "dcops.atlassian_sessions.role_settings" in one)
    arguments, lists = task["dcops.atlassian_sessions.role_settings"], {**ROLE_VARIABLES, **task.get("vars", {})}
    takes = arguments["takes"]
    named = takes if isinstance(takes, list) else [name for one in re.findall(r"__\w+(?:_this|_variables)", takes) for name in lists[one]]
    return {*named, *arguments.get("required", [])}


@pytest.mark.parametrize(("file", "more"), [("expire", ["begin/one_cluster"]), ("restore", ["begin/one_cluster"])])
def test_a_playbook_takes_what_its_tasks_use_and_nothing_else(file: str, more: list[str]) -> None:
    assert taken_by(file) == used_by(file, *more)


def test_a_look_that_is_followed_by_no_act_takes_all_but_what_an_act_alone_uses() -> None:
    acts = {f"force_reauth_{name}" for name in ("abandon", "drain", "drain_look_tasks", "proof_cookies")}
    assert taken_by("look") == used_by("look", "status") - acts
