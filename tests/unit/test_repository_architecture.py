# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page on architecture tells the way of a run, its record, its rooms and where to add something as the files have it."""

from __future__ import annotations

import re
import typing as t
from functools import cache
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.fields import PHASES, STEPS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES

from tests.unit.test_repository import ACTIONS, CHECKOUT, MODULES, PLUGINS, ROLE, ROOMS, Source

TASKS = ROLE / "tasks"
# these serve all others, so that they tell nothing of a step
EVERYWHERE = {"_base", "_products"}
PAGE = (CHECKOUT / "docs/architecture.md").read_text(encoding="utf-8")
PICTURE = "".join(re.findall(r"(?s)```mermaid\n(.*?)```", PAGE))


def section(title: str) -> str:
    """What stands below a heading, up to the next one of its kind or above."""
    depth = len(title.partition(" ")[0])
    (text,) = re.findall(rf"(?ms)^{re.escape(title)}\n(.*?)(?=^#{{1,{depth}}} |\Z)", PAGE)
    return str(text)


def rows(text: str) -> list[list[str]]:
    """The cells of the table in it, without its heading."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"(?m)^\|.*\|$", text)[2:]]


def code(text: str) -> list[str]:
    """What stands between backticks, in Markdown or in reStructuredText."""
    return re.findall(r"`+([^`\n]+)`+", text)


class Step(t.NamedTuple):
    """A row of the way of a run."""

    name: str
    tasks: list[str]
    modules: set[str]
    rooms: set[str]


STEPS_OF_A_RUN = [
    Step(name, code(tasks), set(code(modules)), {room.rstrip("/") for room in code(rooms)})
    for name, tasks, modules, rooms in rows(section("## The way of a run"))
]
each_step = pytest.mark.parametrize("step", STEPS_OF_A_RUN, ids=lambda step: step.name)


def test_the_way_of_a_run_names_every_task_file_of_the_role() -> None:
    named = {name for step in STEPS_OF_A_RUN for name in step.tasks}
    assert named == {str(path.relative_to(TASKS).with_suffix("")) for path in TASKS.rglob("*.yml")}


@cache
def modules_in(task_file: str) -> set[str]:
    text = (TASKS / f"{task_file}.yml").read_text(encoding="utf-8")
    # lines for people are said everywhere
    return set(re.findall(r"(?m)^ +(?:- )?dcops\.atlassian_sessions\.(\w+):", text)) - {"say"}


@each_step
def test_a_step_names_the_modules_of_its_task_files(step: Step) -> None:
    assert step.modules == {module for name in step.tasks for module in modules_in(name)}


def test_the_way_of_a_run_names_every_module() -> None:
    assert {path.stem for path in MODULES} - set(code(section("## The way of a run"))) == set()


def rooms_of(modules: t.Collection[str]) -> set[str]:
    """The rooms that these modules, and what of them runs on the controller, import from."""
    files = [path for path in (*MODULES, *ACTIONS) if path.stem in modules]
    return {other.parent.name for path in files for other in Source.of(path).own_files if other.parent.name in ROOMS} - EVERYWHERE


@each_step
def test_a_step_names_every_room_that_its_modules_enter(step: Step) -> None:
    assert rooms_of(step.modules) - step.rooms == set()
    assert step.rooms - set(ROOMS) == set()


def test_the_picture_has_every_room() -> None:
    assert set(re.findall(r"\b_\w+", PICTURE)) == set(ROOMS) - EVERYWHERE


def test_the_life_of_the_record_has_every_phase_once_and_every_step_of_a_node() -> None:
    life = rows(section("## The life of the run record"))
    assert sorted(phase for row in life for phase in code(row[0])) == sorted(PHASES)
    (rolling,) = (row for row in life if "rolling" in code(row[0]))
    assert set(filter(None, STEPS)) - set(code(rolling[1])) == set()


def missing_files(text: str) -> list[str]:
    """The files that it names and that are not there, each with its line. A name alone is one of a folder that the same line names."""
    missing = []
    for line in re.sub(r"(?s)```mermaid\n.*?```", "", text).splitlines():
        names = code(line)
        places = [CHECKOUT, ROLE, TASKS, PLUGINS, PLUGINS / "module_utils"]
        folders = [place / name for place in places for name in names if name.endswith("/") or name.startswith("plugins/")]
        files = [name for name in names if re.fullmatch(r"[\w*./-]+\.(?:py|yml|rst|md|j2|json|txt)", name)]
        missing += [f"{name}: {line[:80]}" for name in files if not any(list(place.glob(name)) for place in (*places, *folders))]
    return missing


@pytest.mark.parametrize("page", ["docs/architecture.md", "docs/docsite/rst/how_it_works.rst"])
def test_a_page_for_developers_names_files_that_are_there(page: str) -> None:
    assert missing_files((CHECKOUT / page).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("line", ["`_roll/nowhere.py`", "| `_roll/` | `engines.py` |", "``_roll/nowhere.py``", "`nowhere.yml`"])
def test_a_file_that_is_not_there_is_found(line: str) -> None:
    assert missing_files(line)


def test_the_page_names_every_file_of_plugin_utils() -> None:
    files = {path.name for path in (PLUGINS / "plugin_utils").iterdir() if path.is_file() and path.stem != "__init__"}
    assert files - set(code(section("## The rooms of plugins/module_utils"))) == set()


MANAGERS = ("systemd", "scripts", "tasks")


def unnamed(files: t.Iterable[Path], text: str) -> list[str]:
    """Those of the files that no name in it stands for, folders with their files."""
    names = [f"{name}*" if name.endswith("/") else name for name in code(text)]
    return [str(path.relative_to(CHECKOUT)) for path in files if not any(path.match(name) for name in names)]


def sources() -> t.Iterator[Path]:
    for folder in ("plugins", "roles", "meta"):
        yield from (path for path in sorted((CHECKOUT / folder).rglob("*")) if path.suffix in (".py", ".yml"))


def names_engines(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    return sum(re.search(rf"""["'(\[ ]{name}["'+)\],]""", text) is not None for name in ENGINES) >= 3


def test_where_to_add_an_engine_names_every_file_that_names_the_engines() -> None:
    assert unnamed(filter(names_engines, sources()), section("### An engine")) == []


def test_where_to_add_a_load_balancer_names_every_file_that_names_one() -> None:
    naming = (path for path in sources() if "haprox" in path.read_text(encoding="utf-8").lower())
    assert unnamed(naming, section("### A load balancer")) == []


def names_managers(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    return "manager" in text and sum(re.search(rf"""["'\[ ]{name}["',\]]""", text) is not None for name in MANAGERS) >= 2


def test_where_to_add_a_service_manager_names_every_file_that_names_them() -> None:
    assert unnamed(filter(names_managers, sources()), section("### Something else")) == []


def test_a_file_that_the_list_leaves_out_is_found() -> None:
    paths = [PLUGINS / "module_utils/_balancers/haproxy.py", PLUGINS / "module_utils/_tokens/tls.py"]
    assert unnamed(paths, "- `_balancers/`, `_tokens/engines.py`") == ["plugins/module_utils/_tokens/tls.py"]
