# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each file of the corpus is read as its line in corpus/expectations.yml says."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

import pytest
import yaml
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

from tests.unit.fake_node import HOME, INSTALL, FakeNode, look_at

CORPUS = Path(__file__).parent / "corpus"
SECRET = "s3cret"


@dataclass(frozen=True)
class Case:
    """One line of the expectations."""

    file: str
    product: str
    place: str
    beside: dict[str, str | None] = field(default_factory=dict)
    expect: dict[str, t.Any] = field(default_factory=dict)
    error: str = ""

    def look(self) -> dict[str, t.Any]:
        """The answer to a node that has this file, and those beside it."""
        files = {self.place: self.file, **self.beside}
        return look_at(self.product, FakeNode({place: (CORPUS / name).read_bytes() if name else b"" for place, name in files.items()}))


CASES = [Case(**row) for row in yaml.safe_load((CORPUS / "expectations.yml").read_text(encoding="utf-8"))]
READ = [case for case in CASES if not case.error]
REFUSED = [case for case in CASES if case.error]


def _name(case: Case) -> str:
    return case.file


def _at(answer: dict[str, t.Any], dotted: str) -> t.Any:
    return reduce(lambda value, name: value[name], dotted.split("."), t.cast("t.Any", answer))


@pytest.mark.parametrize("case", READ, ids=_name)
def test_a_file_is_read_as_it_means(case: Case) -> None:
    answer = case.look()
    assert {name: _at(answer, name) for name in case.expect} == case.expect


@pytest.mark.parametrize("case", READ, ids=_name)
def test_no_secret_of_a_file_comes_out(case: Case) -> None:
    assert SECRET not in json.dumps(case.look())


@pytest.mark.parametrize("case", READ, ids=_name)
def test_what_is_not_known_is_said_with_its_reason(case: Case) -> None:
    facts = case.look()["facts"]
    assert [
        fact["name"] for fact in facts if not fact["source"] or (fact["sure"] == "unknown" and fact["value"] not in ("", "unknown"))
    ] == []


@pytest.mark.parametrize("case", REFUSED, ids=_name)
def test_a_file_that_is_not_understood_is_refused_by_path_and_reason(case: Case) -> None:
    with pytest.raises(SessionsError) as refusal:
        case.look()
    assert str(refusal.value).startswith(case.place.format(install=INSTALL, home=HOME))
    assert case.error in str(refusal.value)
    assert SECRET not in str(refusal.value)


def test_every_file_of_the_corpus_has_an_expectation() -> None:
    named = {name for case in CASES for name in (case.file, *case.beside.values()) if name}
    assert named == {path.name for path in CORPUS.iterdir()} - {"expectations.yml"}


def test_the_corpus_plants_secrets() -> None:
    assert sum(SECRET.encode() in (CORPUS / case.file).read_bytes() for case in CASES) > 15
