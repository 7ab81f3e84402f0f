# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where ``evidence_files`` writes, and the copy on the controller: private, whole, refused in a sentence where it cannot be."""

from __future__ import annotations

import json
import re
import stat
import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.files import beside_record
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record import content
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.states import STATES
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.report_folder import check_report_folder, copied
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.versions import versions

CLUSTER, RUN = "jira-0123456789ab", "CHG-1"
TEXTS = {"evidence.json": "{}", "evidence.html": "<p>ü\udce4</p>"}


@pytest.fixture
def records(tmp_path: Path) -> RunRecords:
    found = RunRecords(str(tmp_path / "archives"), CLUSTER)
    found.open(RUN, {"phase": "prepared", "nodes": ["n1"]}, "ops1", "aa")
    return found


def test_it_lies_beside_the_record_for_its_owner_alone(records: RunRecords, tmp_path: Path) -> None:
    paths = [Path(one) for one in beside_record(str(tmp_path / "archives"), CLUSTER, RUN, TEXTS)]
    assert [path.parent for path in paths] == [records.folder_of(RUN)] * 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    # a name of a file that is no text
    assert paths[1].read_bytes() == "<p>ü\\udce4</p>".encode()


def test_a_later_start_writes_it_anew_and_leaves_nothing_half(records: RunRecords, tmp_path: Path) -> None:
    for text in ("old", "new"):
        (path,) = beside_record(str(tmp_path / "archives"), CLUSTER, RUN, {"evidence.json": text})
    assert Path(path).read_text(encoding="utf-8") == "new"
    assert sorted(one.name for one in records.folder_of(RUN).iterdir()) == [".run.lock", "evidence.json", "run.json"]


@pytest.mark.parametrize("run_id", ["CHG-2", "../CHG-1"])
def test_no_folder_is_made_for_a_run_that_has_none(records: RunRecords, tmp_path: Path, run_id: str) -> None:
    before = sorted(records.folder.rglob("*"))
    with pytest.raises(SessionsError, match=r"cannot be written|is not usable"):
        beside_record(str(tmp_path / "archives"), CLUSTER, run_id, TEXTS)
    assert sorted(records.folder.rglob("*")) == before


def test_it_is_not_written_into_a_folder_that_is_open_to_others(records: RunRecords, tmp_path: Path) -> None:
    records.folder.chmod(0o755)
    with pytest.raises(SessionsError, match="is open to others"):
        beside_record(str(tmp_path / "archives"), CLUSTER, RUN, TEXTS)


def test_a_copy_on_the_controller_is_named_for_cluster_and_run(tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "of-audit"
    paths = [Path(one) for one in copied(str(folder), CLUSTER, RUN, TEXTS)]
    assert [path.name for path in paths] == [f"{CLUSTER}.{RUN}.evidence.json", f"{CLUSTER}.{RUN}.evidence.html"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_cannot_take_a_report_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    below = tmp_path / "file" / "below"
    check_report_folder("")
    check_report_folder(str(tmp_path / "new" / "er"))
    with pytest.raises(SessionsError, match=re.escape(f"force_reauth_report_dir={below}: {tmp_path / 'file'} is no folder")):
        check_report_folder(str(below))
    with pytest.raises(SessionsError, match="force_reauth_report_dir=~no-such-account/x: nobody here has that home folder"):
        check_report_folder("~no-such-account/x")
    with pytest.raises(SessionsError, match="cannot be made"):
        copied(str(below), CLUSTER, RUN, TEXTS)


def test_a_folder_that_is_closed_to_this_account_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # root may write everywhere
    monkeypatch.setattr("os.access", lambda *_words: False)
    with pytest.raises(SessionsError, match="is not open for writing to this account"):
        check_report_folder(str(tmp_path))


def test_the_record_is_summed_up_with_the_hash_of_its_file(records: RunRecords) -> None:
    told = STATES["summed"](records, {"run_id": RUN}, False)
    written = json.loads((records.folder_of(RUN) / "run.json").read_text(encoding="utf-8"))["record"]
    assert (told["changed"], told["record"], len(told["sha256"]), told["now"][-1]) == (False, {**written, "node_records": {}}, 64, "Z")
    assert STATES["summed"](records, {"run_id": "CHG-2"}, False)["sha256"] == ""


def clock() -> t.Callable[[], str]:
    """One that goes on by a second each time."""
    seconds = iter(range(60))
    return lambda: f"2026-11-25T02:52:{next(seconds):02}.000Z"


def test_each_step_is_kept_with_the_time_at_which_it_came(tmp_path: Path) -> None:
    records = RunRecords(str(tmp_path / "archives"), CLUSTER, clock())
    start = records.open(RUN, {"phase": "prepared", "nodes": ["n1"]}, "ops1", "aa")
    for values in ({"step": ""}, {"step": "stopping"}, {"step": "stopping", "cleaned": True}, {"identity": "b:1:1"}, {"step": "up"}):
        records.write(RUN, "n1", values, start)
    records.write(RUN, "", {"phase": "revoked"}, start)
    found = records.read(RUN)
    assert [(one["name"], one["at"][17:19]) for one in found["history"]] == [("prepared", "00"), ("revoked", "06")]
    assert [one["name"] for one in found["node_records"]["n1"]["history"]] == ["stopping", "up"]


@pytest.mark.parametrize(
    "history", [[{"name": "up"}], [{"name": "eaten", "at": "2026-11-25T02:52:00.000Z"}], [{"name": "up", "at": "now"}]]
)
def test_a_history_that_no_run_writes_is_damage(tmp_path: Path, history: list[dict[str, str]]) -> None:
    records = RunRecords(str(tmp_path / "archives"), CLUSTER)
    start = records.open(RUN, {"phase": "prepared", "nodes": ["n1"]}, "ops1", "aa")
    records.write(RUN, "n1", {}, start)
    (records.folder_of(RUN) / "nodes/n1.json").write_text(content.pack({"cluster": CLUSTER, "history": history}), encoding="utf-8")
    with pytest.raises(SessionsError, match="history is not what a run writes"):
        records.read(RUN)


def test_the_versions_are_those_of_what_runs() -> None:
    assert versions()["dcops.atlassian_sessions"][0].isdigit()
    assert set(versions()) == {"dcops.atlassian_sessions", "ansible-core", "Python of the controller"}
