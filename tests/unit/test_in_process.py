# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module answers in Ansible's own process only where nothing else would happen, and answers the same there."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.in_process import answered, is_here

RECORD = "dcops.atlassian_sessions.run_record"
FILES = "dcops.atlassian_sessions.evidence_files"


def connection(transport: str = "local", become: object = None) -> SimpleNamespace:
    return SimpleNamespace(transport=transport, become=become)


def task(async_val: int = 0, environment: object = None) -> SimpleNamespace:
    return SimpleNamespace(async_val=async_val, environment=environment)


@pytest.mark.parametrize("module", [RECORD, FILES])
@pytest.mark.parametrize("environment", [None, [], [{}]])
def test_on_the_controller_it_is_here(module: str, environment: object) -> None:
    assert is_here(module, connection(), task(environment=environment))


@pytest.mark.parametrize(
    ("module", "at", "of"),
    [
        (RECORD, connection("ssh"), task()),
        (RECORD, connection(become="sudo"), task()),
        (RECORD, connection(), task(async_val=60)),
        (RECORD, connection(), task(environment=[{"HOME": "/elsewhere"}])),
        ("dcops.atlassian_sessions.remember_me_purge", connection(), task()),
    ],
    ids=["another host", "another account", "in the background", "another environment", "what needs more than Python"],
)
def test_elsewhere_the_module_is_sent_there(module: str, at: SimpleNamespace, of: SimpleNamespace) -> None:
    assert not is_here(module, at, of)


def options(folder: Path, **more: t.Any) -> dict[str, t.Any]:
    return {"archive_dir": str(folder / "a"), "cluster": "jira-0123456789ab", "run_id": "CHG-1", **more}


def opened(folder: Path) -> dict[str, t.Any]:
    begun = {"state": "opened", "controller": "ops1", "values": {"phase": "prepared", "nodes": ["n1"]}}
    return answered(RECORD, options(folder, **begun), check_mode=False)


def test_a_record_is_opened_written_and_read(tmp_path: Path) -> None:
    begun = opened(tmp_path)
    written = answered(RECORD, options(tmp_path, state="written", node="n1", values={"step": "up"}, start=begun["start"]), check_mode=False)
    read = answered(RECORD, options(tmp_path), check_mode=False)
    assert (written["changed"], read["changed"]) == (True, False)
    assert read["record"]["node_records"]["n1"]["step"] == "up"
    assert Path(read["folder"], "run.json").is_file()


def test_in_check_mode_nothing_is_written(tmp_path: Path) -> None:
    begun = answered(RECORD, options(tmp_path, state="opened", values={"phase": "prepared", "nodes": ["n1"]}), check_mode=True)
    kept = answered(FILES, options(tmp_path, document="{}", page=""), check_mode=True)
    assert (begun["changed"], begun["start"], kept) == (True, {}, {"changed": True, "paths": []})
    assert list(tmp_path.iterdir()) == []


def test_the_evidence_lies_beside_the_record(tmp_path: Path) -> None:
    folder = Path(opened(tmp_path)["folder"])
    kept = answered(FILES, options(tmp_path, document="{}", page="<p>"), check_mode=False)
    assert kept["paths"] == [str(folder / "evidence.json"), str(folder / "evidence.html")]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"cluster": None}, "missing required arguments: cluster"),
        ({"state": "writen"}, "value of state must be one of"),
        ({"state": "written"}, "state is written but all of the following are missing: start"),
        ({"state": "checked"}, "state is checked but all of the following are missing: start"),
        ({"colour": "red"}, "colour"),
        ({"state": "written", "start": {"number": "x", "attempt": 1, "controller": "y"}}, "CHG-1"),
    ],
)
def test_what_is_refused_is_a_failed_result_with_a_sentence(tmp_path: Path, arguments: dict[str, t.Any], sentence: str) -> None:
    given = {name: value for name, value in options(tmp_path, **arguments).items() if value is not None}
    result = answered(RECORD, given, check_mode=False)
    assert result["failed"]
    assert sentence in result["msg"]


def test_an_answer_holds_plain_values_as_one_that_came_from_a_host(tmp_path: Path) -> None:
    class Marked(str):
        """As Ansible marks texts that are no template."""

    values = {"phase": "prepared", "nodes": ("n1",), "product": Marked("Jira")}
    result = answered(RECORD, options(tmp_path, state="opened", controller="ops1", values=values), check_mode=False)
    assert not isinstance(result["record"]["product"], Marked)
    assert result["record"]["nodes"] == ["n1"]
    assert json.loads(json.dumps(result)) == result
