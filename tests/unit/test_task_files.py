# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Task files of the operator that are missing, or none, are refused when the variables are taken."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.task_files import check_task_files

GOOD = "---\n- name: Do it\n  command: /bin/true\n- name: Both\n  block:\n    - meta: noop\n"


@pytest.fixture
def check(tmp_path: Path) -> t.Callable[..., None]:
    """``check(stop=.., start=..)``: with the texts of the two files; None is no file."""
    loader = DataLoader()
    loader.set_basedir(str(tmp_path))

    def checked(stop: str | None, start: str | None, **settings: str) -> None:
        for name, text in (("stop", stop), ("start", start)):
            if text is not None:
                (tmp_path / f"{name}.yml").write_text(text, encoding="utf-8")
        named = {
            "service_manager": "tasks",
            "stop_tasks": f"{tmp_path}/stop.yml",
            "start_tasks": f"{tmp_path}/start.yml",
            "drain": "none",
            **dict.fromkeys(("drain_tasks", "undrain_tasks", "drain_look_tasks"), ""),
        }
        check_task_files({**named, **settings}, loader, str(tmp_path / "role"))

    return checked


def test_files_that_are_there_and_hold_tasks_are_fine(check: t.Callable[..., None]) -> None:
    check(GOOD, GOOD)


def test_files_that_are_not_wanted_are_not_asked_for(check: t.Callable[..., None]) -> None:
    check(None, None, service_manager="auto")


@pytest.mark.parametrize("drain", ["tasks", "none"])
def test_a_file_that_looks_at_the_load_balancer_has_to_be_there_where_it_is_named(
    check: t.Callable[..., None], tmp_path: Path, drain: str
) -> None:
    named = dict.fromkeys(("drain_tasks", "undrain_tasks"), f"{tmp_path}/stop.yml")
    check(GOOD, GOOD, drain=drain, **named, drain_look_tasks=f"{tmp_path}/start.yml")
    missing = {"drain": drain, **named, "drain_look_tasks": "/nonesuch/look.yml"}
    if drain == "none":
        check(GOOD, GOOD, **missing)
        return
    with pytest.raises(
        SessionsError, match=r"^force_reauth_drain=tasks wants force_reauth_drain_look_tasks: /nonesuch/look.yml is not there$"
    ):
        check(GOOD, GOOD, **missing)


def test_a_file_of_the_role_itself_is_refused(check: t.Callable[..., None], tmp_path: Path) -> None:
    own = tmp_path / "role/tasks/stop.yml"
    own.parent.mkdir(parents=True)
    own.write_text(GOOD, encoding="utf-8")
    link = tmp_path / "link.yml"
    link.symlink_to(own)
    for named in (own, link):
        with pytest.raises(SessionsError, match=r"stop_tasks: .* is a file of this collection's role"):
            check(GOOD, GOOD, stop_tasks=str(named))


@pytest.mark.parametrize(
    "included",
    [
        "include_tasks: start.yml",
        "ansible.builtin.include_tasks: node/stop.yml",
        "ansible.builtin.include_tasks: {file: start.yml}",
        "block: [{block: [{include_tasks: ./start.yml}]}]",
        # Ansible looks in the folder of the role, too
        "include_tasks: tasks/start.yml",
        "include_tasks: helper.yml",
        "include_tasks: again.yml",
    ],
)
def test_a_file_that_includes_one_which_ansible_would_take_from_the_role_is_refused(
    check: t.Callable[..., None], tmp_path: Path, included: str
) -> None:
    for name in ("start.yml", "node/stop.yml"):
        of_the_role = tmp_path / "role/tasks" / name
        of_the_role.parent.mkdir(parents=True, exist_ok=True)
        of_the_role.write_text(GOOD, encoding="utf-8")
    for name, text in (
        ("helper.yml", "- include_tasks: start.yml"),
        ("again.yml", f"- include_tasks: {tmp_path}/stop.yml\n- include_tasks: helper.yml"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(SessionsError, match=r"/(stop|helper).yml includes \S+, and Ansible takes that of this collection's role"):
        check(f"- name: Go on\n  {included}\n", GOOD)


@pytest.mark.parametrize(
    "included",
    [
        "include_tasks: helper.yml",
        "include_tasks: {tmp}/start.yml",
        # not known yet, and too long for the name of a file
        "include_tasks: '{{ folder }}/start.yml'",
        f"include_tasks: '{{{{ {'x' * 300} }}}}'",
    ],
)
def test_a_file_that_includes_another_one_of_the_site_is_fine(check: t.Callable[..., None], tmp_path: Path, included: str) -> None:
    for name in ("role/tasks/start.yml", "helper.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    check(f"- name: Go on\n  {included.replace('{tmp}', str(tmp_path))}\n", GOOD)


@pytest.mark.parametrize(
    ("included", "problem"),
    [
        ("include_tasks: nonesuch.yml", r"/stop\.yml includes nonesuch\.yml, which is not there$"),
        ("include_tasks: leads.yml", r"/leads\.yml includes nonesuch\.yml, which is not there$"),
        ("include_tasks: broken.yml", r"/broken\.yml is no task file: it holds no list of tasks$"),
        (
            "import_tasks: leads.yml",
            r"/stop\.yml imports leads\.yml, and is itself included: write include_tasks in place of import_tasks$",
        ),
        ("import_tasks: {tmp}/leads.yml", r"/stop\.yml imports \S+, and is itself included"),
        ("include_tasks: imports.yml", r"/imports\.yml imports leads\.yml, and is itself included"),
    ],
)
def test_what_would_fail_when_its_turn_comes_is_refused(check: t.Callable[..., None], tmp_path: Path, included: str, problem: str) -> None:
    texts = {"leads.yml": "- include_tasks: nonesuch.yml", "broken.yml": "name: none", "imports.yml": "- import_tasks: leads.yml"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(SessionsError, match=problem):
        check(f"- name: Go on\n  {included.replace('{tmp}', str(tmp_path))}\n", GOOD)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "/stop.yml is not there"),
        ("", "/stop.yml is no task file: it holds no list of tasks"),
        ("- just text\n", "/stop.yml is no task file: it holds no list of tasks"),
        ("name: a mapping\n", "/stop.yml is no task file: it holds no list of tasks"),
        ("- name: [broken\n", "/stop.yml is no task file: "),
        ("- name: Nothing to do\n", "/stop.yml is no task file: no module/action detected in task"),
        ("- block:\n    - nonesuch.module.here: x\n", "/stop.yml is no task file: "),
    ],
)
def test_a_task_file_that_could_not_stop_a_node_is_refused_by_name(check: t.Callable[..., None], text: str | None, problem: str) -> None:
    with pytest.raises(SessionsError, match=r"^force_reauth_service_manager=tasks wants force_reauth_stop_tasks: ") as refusal:
        check(text, GOOD)
    assert problem in str(refusal.value)


READY = sorted((Path(__file__).parents[2] / "extensions/balancers").glob("*.yml"))


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_a_file_that_nodes_of_a_batch_share_is_rewritten_by_one_after_the_other(path: Path) -> None:
    tasks = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert [task["name"] for task in tasks if "ansible.builtin.replace" in task and task.get("throttle") != 1] == []


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_what_runs_on_the_controller_becomes_nobody_else_whatever_holds_for_all_hosts(path: Path) -> None:
    tasks = yaml.safe_load(path.read_text(encoding="utf-8"))
    here = [task for task in tasks if task.get("delegate_to") == "localhost"]
    assert [task["name"] for task in here if task.get("vars", {}).get("ansible_become") is not False] == []


def test_each_ready_file_that_drains_has_one_that_puts_back_and_one_that_looks() -> None:
    kinds = {path.stem.split("_")[0] for path in READY}
    assert {path.stem for path in READY} == {f"{kind}_{what}" for kind in kinds for what in ("drain", "undrain", "look")}


def test_files_that_are_not_named_are_asked_for(check: t.Callable[..., None]) -> None:
    with pytest.raises(SessionsError) as refusal:
        check(None, None, stop_tasks="", start_tasks="", drain="tasks")
    assert str(refusal.value) == "; ".join(
        f"force_reauth_{chosen}=tasks wants force_reauth_{name}: name a task file"
        for chosen, name in (
            ("service_manager", "stop_tasks"),
            ("service_manager", "start_tasks"),
            ("drain", "drain_tasks"),
            ("drain", "undrain_tasks"),
        )
    )
