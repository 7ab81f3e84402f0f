# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""README and guides tell of what is there: what a run really prints, files, targets of make, pages that exist."""

from __future__ import annotations

import re
import textwrap
import typing as t
from functools import cache
from pathlib import Path

import pytest
import yaml
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES, Engine

from demo.other_servers import SERVERS
from demo.unpacked import find_unpacked

CHECKOUT = Path(__file__).resolve().parents[2]
ROLE = CHECKOUT / "roles/force_reauth"
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
SITE = CHECKOUT / "docs/docsite"
GUIDES = sorted((SITE / "rst").glob("*.rst"))


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code(cell: str) -> list[str]:
    """What stands between double backticks."""
    return re.findall(r"``([^`]+)``", cell)


@cache
def sayings() -> str:
    """All that the collection may print, in one line: string literals that are broken over lines are put together."""
    files = [*(CHECKOUT / "plugins").rglob("*.py"), *(ROLE / "tasks").rglob("*.yml")]
    text = " ".join(text_of(file) for file in files)
    return re.sub(r"\s+", " ", re.sub(r"\"\s*f?\"", "", text))


# the first cell of each row
TROUBLES = [cell for cell in re.findall(r"(?m)^   \* - (.*)$", text_of(SITE / "rst/troubles.rst")) if code(cell)]


@pytest.mark.parametrize("cell", TROUBLES)
def test_what_the_guide_to_troubles_quotes_is_what_a_run_prints(cell: str) -> None:
    said = sayings()
    assert [quoted for quoted in code(cell) if quoted not in said] == []


def test_the_troubles_are_read() -> None:
    assert len(TROUBLES) > 100


def test_no_trouble_is_told_twice() -> None:
    assert sorted(TROUBLES) == sorted(set(TROUBLES))


MARKDOWN = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]
LINKS = [(page, target) for page in MARKDOWN for target in re.findall(r"\]\(([^)]+)\)", text_of(page))]


@pytest.mark.parametrize(("page", "target"), LINKS, ids=lambda one: str(one.name) if isinstance(one, Path) else one)
def test_links_lead_to_something(page: Path, target: str) -> None:
    path, anchor = [*target.split("#"), ""][:2]
    leads_to = page.parent / path if path else page
    assert leads_to.exists()
    assert not anchor or anchor in [
        re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in re.findall(r"(?m)^#+ (.*)$", text_of(leads_to))
    ]


def test_the_readme_is_one_screen_and_leads_to_every_guide() -> None:
    assert len(README.splitlines()) <= 60
    assert {target for page, target in LINKS if page.name == "README.md"} >= {f"docs/docsite/rst/{guide.name}" for guide in GUIDES}


def test_the_list_of_guides_names_every_guide() -> None:
    sections = yaml.safe_load(text_of(SITE / "extra-docs.yml"))["sections"]
    assert sorted(name for section in sections for name in section["toctree"]) == [guide.stem for guide in GUIDES]


def labels() -> set[str]:
    return {label for guide in GUIDES for label in re.findall(r"(?m)^\.\. _(\S+):$", text_of(guide))}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_a_guide_refers_to_what_is_there(guide: Path) -> None:
    text = text_of(guide)
    wanted = set(re.findall(r":ref:`(?:[^`<]*<)?([^`>]+)>?`", text))
    assert wanted - labels() == set()
    files = re.findall(r"``((?:docs|extensions|tests|demo|meta|playbooks)/[\w./-]+)``", text)
    assert [name for name in files if not (CHECKOUT / name).exists()] == []


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_a_guide_names_no_variable_that_the_role_has_not(guide: Path) -> None:
    known = {*yaml.safe_load(text_of(ROLE / "defaults/main.yml")), "force_reauth_status"}  # a name among the statistics
    named = {name for name in re.findall(r"(?<![\w./])force_reauth_\w+(?![\w/])", text_of(guide)) if not name.endswith("_")}
    assert named - known == set()


def _rights_told() -> dict[str, list[list[str]]]:
    """What the guide to the first run says that an account needs: by the title of the product, the tables of each column."""
    table = text_of(SITE / "rst/first_run.rst").split("``SELECT``: what is counted or told beside\n", 1)[1].split("\n\n", 1)[0]
    rows = [re.split(r"\n +- ", row) for row in re.split(r"(?m)^ +\* - ", table)[1:]]
    return {title: [sorted(code(cell)) for cell in cells] for title, *cells in rows}


def test_the_rights_that_the_guide_lists_are_those_for_the_tables_that_the_catalogue_names() -> None:
    assert _rights_told() == {product.title: _rights_of(product) for product in PRODUCTS.values()}


def _rights_of(product: Product) -> list[list[str]]:
    members, memory = product.member_tables, product.in_memory
    return [
        sorted(table.name for table in product.token_tables),
        sorted((members.nodes, members.heartbeats) if members else ()),
        sorted(table.users.table for table in product.token_tables if table.users),
        sorted([one.table for one in product.survivors] + ([memory.table] if memory else [])),
    ]


@pytest.mark.parametrize("engine", ENGINES.values(), ids=lambda engine: engine.name)
def test_the_guide_on_databases_says_how_an_engine_is_named_and_what_its_driver_is(engine: Engine) -> None:
    (row,) = re.findall(rf"   \* - (.*)\n     - ``{engine.name}``\n     - (.*)\n", text_of(SITE / "rst/databases.rst"))
    assert row[0] == engine.title
    assert code(row[1]) == [engine.package] * bool(engine.package)


def versions_tried(engine: str) -> set[str]:
    """Those that the guide on databases names in the row of the engine."""
    (tried,) = re.findall(rf"   \* - {ENGINES[engine].title}\n(?:     - .*\n){{6}}     - (.*)\n", text_of(SITE / "rst/databases.rst"))
    return set(re.findall(r"\d+(?:\.\d+)*", tried))


@pytest.mark.parametrize("server", SERVERS)
def test_the_guide_on_databases_names_each_version_that_the_matrix_has(server: str) -> None:
    engine, version = server.rsplit("-", 1)
    assert version in versions_tried(engine)


def test_the_guide_on_databases_names_the_mysql_that_the_tests_run_on() -> None:
    found = re.match(r"mysql-(\d+\.\d+)", getattr(find_unpacked(), "name", ""))
    assert found is None or found[1] in versions_tried("mysql")


@pytest.mark.parametrize(("engine", "told"), {"postgresql": "12, 15 and 18", "mysql": "5.7 and 9.7", "mariadb": "10.11"}.items())
def test_the_readme_names_versions_that_the_guide_on_databases_names(engine: str, told: str) -> None:
    assert f"{ENGINES[engine].title} {told}" in README
    named = set(re.findall(r"\d+(?:\.\d+)*", told))
    assert {server.rsplit("-", 1)[1] for server in SERVERS if server.startswith(f"{engine}-")} <= named <= versions_tried(engine)


def groups_in(tree: t.Mapping[str, t.Any]) -> set[str]:
    """The groups below one of an inventory."""
    children = tree.get("children") or {}
    return {*children, *(name for child in children.values() for name in groups_in(child or {}))}


@cache
def quoted_groups() -> set[str]:
    """The groups of every inventory that guides quote, and of the one for AWX, which its guide names."""
    texts = [text_of(CHECKOUT / "extensions/awx/project/inventory.yml")]
    for guide in GUIDES:
        blocks = re.finditer(r"(?m)^( *)\.\. code-block:: yaml\n\n((?:\1   .*\n|\n)+)", text_of(guide))
        texts += [textwrap.dedent(block[2]) for block in blocks]
    inventories = [yaml.safe_load(text) for text in texts if re.search(r"(?m)^all:$", text)]
    assert len(inventories) >= 2
    return {name for inventory in inventories for name in groups_in(inventory["all"])}


@pytest.mark.parametrize("page", [CHECKOUT / "README.md", *GUIDES], ids=lambda page: page.stem)
def test_a_guide_limits_to_groups_that_a_quoted_inventory_has(page: Path) -> None:
    named = set(re.findall(r"(?:--limit |force_reauth_hosts(?:: |=))([\w-]+)", text_of(page))) - {"leaves"}  # the words of a refusal
    assert named - quoted_groups() == set()


TARGETS = sorted({target for page in [*MARKDOWN, *GUIDES] for target in re.findall(r"(?:(?m:^) +|`)make ([a-z-]+)", text_of(page))})


@pytest.mark.parametrize("target", TARGETS)
def test_the_targets_of_make_are_there(target: str) -> None:
    assert re.search(rf"^{target}:", text_of(CHECKOUT / "Makefile"), re.MULTILINE)
