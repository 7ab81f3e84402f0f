# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README tells of what is there: every variable with its default, and what a run really prints."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
ROLE = CHECKOUT / "roles/force_reauth"
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


def table_below(heading: str) -> list[list[str]]:
    """The cells of the tables below a heading, without heads and rules."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert section, heading
    rows = [line.strip("|").split(" | ") for line in section[1].splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row] for row in rows]


def yaml_of(path: str) -> t.Any:
    return yaml.safe_load((ROLE / path).read_text(encoding="utf-8"))


def code(cell: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", cell)


def sayings() -> str:
    """All that the collection may print, in one line: string literals that are broken over lines are put together."""
    files = [*(CHECKOUT / "plugins").rglob("*.py"), *(ROLE / "tasks").glob("*.yml")]
    text = " ".join(file.read_text(encoding="utf-8") for file in files)
    return re.sub(r"\s+", " ", re.sub(r"\"\s*f?\"", "", text))


VARIABLES = {code(row[0])[0]: row[1] for row in table_below("Variables")}
TROUBLES = table_below("When things go wrong")


def test_every_variable_of_the_role_is_in_the_table_and_no_other() -> None:
    specs = yaml_of("meta/argument_specs.yml")["argument_specs"].values()
    assert set(VARIABLES) == {name for spec in specs for name in spec.get("options", {})}


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_the_table_tells_the_default(name: str) -> None:
    default = yaml_of("defaults/main.yml")[name]
    assert code(VARIABLES[name]) == [default if default and isinstance(default, str) else json.dumps(default)]


@pytest.mark.parametrize("cell", [row[0] for row in TROUBLES])
def test_what_the_readme_quotes_is_what_a_run_prints(cell: str) -> None:
    said = sayings()
    assert [quoted for quoted in code(cell) if quoted not in said] == []


def test_the_troubles_are_read() -> None:
    assert len(TROUBLES) > 20


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)]+)\)", README))
def test_links_lead_to_something(target: str) -> None:
    path, anchor = [*target.split("#"), ""][:2]
    text = (CHECKOUT / path).read_text(encoding="utf-8") if path else README
    assert not anchor or anchor in [
        re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    ]


GUIDES = [
    (path, target)
    for path in sorted((CHECKOUT / "docs").glob("*.md"))
    for target in re.findall(r"\]\(([^)#:]+)[^):]*\)", path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(("guide", "target"), GUIDES, ids=lambda one: str(one.name) if isinstance(one, Path) else one)
def test_links_of_the_guides_lead_to_something(guide: Path, target: str) -> None:
    assert (guide.parent / target).exists()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"make ([a-z-]+)", README))))
def test_the_targets_of_make_are_there(target: str) -> None:
    assert re.search(rf"^{target}:", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
