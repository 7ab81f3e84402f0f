# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A product is one data file and one line: nothing else knows its name."""

from __future__ import annotations

import ast
import itertools
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product

CHECKOUT = Path(__file__).resolve().parents[2]
PRODUCT_FILES = CHECKOUT / "plugins/module_utils/_products"
NAMES = re.compile(r"jira|confluence|bitbucket|bamboo|fisheye|crucible|crowd|seraph", re.IGNORECASE)
# files that may name one
DATA = {CHECKOUT / "plugins/module_utils/_products/_catalogue.py", *PRODUCT_FILES.glob("*.py")}
CODE = sorted(set((CHECKOUT / "plugins").rglob("*.py")) - DATA)
YAML = sorted(path for folder in ("roles", "playbooks") for path in (CHECKOUT / folder).rglob("*.yml") if path.name != "argument_specs.yml")


def test_the_catalogue_holds_every_product_file() -> None:
    assert set(PRODUCTS) == {path.stem for path in PRODUCT_FILES.glob("[!_]*.py")}


# so many keyword arguments two may have alike by chance: more belong into _common.py, or _seraph.py
MOST_ALIKE = 8


def _keywords(text: str) -> set[str]:
    return {ast.unparse(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.keyword)}


@pytest.mark.parametrize(("one", "other"), [*itertools.combinations(sorted(PRODUCTS), 2)])
def test_a_product_file_holds_what_is_particular_to_it(one: str, other: str) -> None:
    texts = [(PRODUCT_FILES / f"{name}.py").read_text(encoding="utf-8") for name in (one, other)]
    alike = _keywords(texts[0]) & _keywords(texts[1])
    assert len(alike) <= MOST_ALIKE, sorted(alike)


def test_what_two_files_say_alike_is_found() -> None:
    assert _keywords('Web(port=1, form=("a", X))') & _keywords("Web(port=2, form=('a', X))") == {"form=('a', X)"}


@pytest.mark.parametrize("name", ["", "jirra", "Jira"])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(SessionsError, match=r"Known products: bamboo, bitbucket, confluence, crowd, fisheye, jira\.$"):
        product_named(name)


def _options_named_product() -> dict[str, dict[str, t.Any]]:
    """The option ``product`` of every module and doc fragment, and the variable of the role, as documented."""
    found = {}
    for path in (*(CHECKOUT / "plugins/modules").glob("*.py"), *(CHECKOUT / "plugins/doc_fragments").glob("*.py")):
        for text in re.findall(r'DOCUMENTATION = r"""(.*?)"""', path.read_text(encoding="utf-8"), re.DOTALL):
            found[path.stem] = (yaml.safe_load(text).get("options") or {}).get("product")
    specs = yaml.safe_load((CHECKOUT / "roles/force_reauth/meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    found["the role"] = specs["main"]["options"]["force_reauth_product"]
    return {name: option for name, option in found.items() if option}


@pytest.mark.parametrize(("name", "option"), _options_named_product().items())
def test_the_option_product_is_a_plain_string_without_a_list_of_its_own(name: str, option: dict[str, t.Any]) -> None:
    assert (name, option["type"], "choices" in option) == (name, "str", False)


def test_the_options_are_found() -> None:
    assert {"product_detect", "database", "web", "the role"} <= set(_options_named_product())


def _words(path: Path) -> list[str]:
    """Every name and string of a Python file that is not documentation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("DOCUMENTATION", "EXAMPLES", "RETURN"))
    }
    nodes = [node for node in ast.walk(tree) if id(node) not in documentation]
    strings = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return (
        strings
        + [node.id for node in nodes if isinstance(node, ast.Name)]
        + [node.attr for node in nodes if isinstance(node, ast.Attribute)]
    )


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_no_code_names_a_product(path: Path) -> None:
    assert [word for word in _words(path) if NAMES.search(word)] == []


@pytest.mark.parametrize("path", YAML, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_no_task_names_a_product(path: Path) -> None:
    lines = [line.partition("#")[0] for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if NAMES.search(line)] == []


def test_the_search_finds_a_name(tmp_path: Path) -> None:
    path = tmp_path / "code.py"
    path.write_text('"""Jira."""\nif product == "jira":\n    pass\n', encoding="utf-8")
    assert [word for word in _words(path) if NAMES.search(word)] == ["jira"]


@pytest.mark.parametrize("product", PRODUCTS.values(), ids=lambda product: product.name)
def test_the_parts_of_a_token_table_are_among_its_columns(product: Product) -> None:
    for tokens in product.token_tables:
        spared = tokens.spared.column if tokens.spared else ""
        named = {tokens.key, tokens.token, tokens.user, tokens.created, tokens.series, spared} - {""}
        assert named <= {column.name for column in tokens.columns}


@pytest.mark.parametrize("product", [one for one in PRODUCTS.values() if one.more_tokens], ids=lambda product: product.name)
def test_several_tables_name_their_users_themselves(product: Product) -> None:
    assert not [tokens.name for tokens in product.token_tables if tokens.users or tokens.sort]
    assert len({tokens.name for tokens in product.token_tables}) == len(product.token_tables)


@pytest.mark.parametrize("name", sorted(PRODUCTS))
def test_no_two_products_can_be_taken_for_each_other(name: str) -> None:
    own = PRODUCTS[name]
    others = [other for other in PRODUCTS.values() if other is not own]
    assert not [other.name for other in others if set(own.files.signs) & set(other.files.signs)]
    assert not [other.name for other in others if (own.tokens.name, own.tokens.columns) == (other.tokens.name, other.tokens.columns)]


@pytest.mark.parametrize(
    ("name", "table"),
    [("jira", "app_user"), ("fisheye", "cru_user"), ("confluence", ""), ("bamboo", ""), ("bitbucket", "sta_normal_user"), ("crowd", "")],
)
def test_a_key_or_an_id_is_turned_into_a_name_by_the_products_table(name: str, table: str) -> None:
    users = PRODUCTS[name].tokens.users
    assert (users.table if users else "") == table
