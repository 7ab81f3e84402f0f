# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run record: whole or refused, and only the newest start may write it."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import subprocess
import sys
import threading
import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.private_files import make_private_folder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record import content, files
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.states import STATES

from tests.unit.full_disk import fill_disk
from tests.unit.nfs_flock import flock_as_on_nfs

CLUSTER, RUN = "jira-0123456789ab", "CHG-1"
PREPARED = {"phase": "prepared", "nodes": ["n1"]}


@pytest.fixture
def records(tmp_path: Path) -> RunRecords:
    return RunRecords(str(tmp_path / "archives"), CLUSTER)


@pytest.fixture
def start(records: RunRecords) -> dict[str, t.Any]:
    return records.open(RUN, PREPARED, "ops1", "aa")


def run_file(records: RunRecords) -> Path:
    return records.folder_of(RUN) / "run.json"


def lock_file(records: RunRecords) -> Path:
    return records.folder_of(RUN) / ".run.lock"


def test_a_run_that_nobody_began_is_empty(records: RunRecords) -> None:
    assert records.read(RUN) == {}


def test_a_begun_run_can_be_read_again(records: RunRecords, start: dict[str, t.Any]) -> None:
    records.write(RUN, "n1", {"step": "stopping"}, start)
    found = records.read(RUN)
    assert (found["phase"], found["start"], found["node_records"]["n1"]["step"]) == ("prepared", start, "stopping")


def test_of_each_run_is_told_what_its_file_says_or_why_it_cannot_be_read(records: RunRecords, start: dict[str, t.Any]) -> None:
    del start
    records.open("CHG-2", PREPARED, "ops1", "bb")
    (records.folder_of("CHG-2") / "run.json").write_text("{", encoding="utf-8")
    runs, unread = records.runs()
    assert {run: record["phase"] for run, record in runs.items()} == {RUN: "prepared"}
    assert list(unread) == ["CHG-2"]
    assert f"{records.folder_of('CHG-2')}/run.json is damaged" in unread["CHG-2"]


@pytest.mark.parametrize("above", [False, True], ids=["the cluster's", "the upper one"])
def test_runs_are_not_looked_for_in_a_folder_that_is_open_to_others(records: RunRecords, start: dict[str, t.Any], above: bool) -> None:
    assert start
    (records.folder.parent if above else records.folder).chmod(0o755)
    with pytest.raises(SessionsError, match=r"is open to others \(mode 0755\)"):
        records.unfinished([RUN])


@pytest.mark.parametrize(
    ("record", "route", "phase"),
    [
        ({}, "rolling", "prepared"),
        ({"phase": "rolling", "route": "rolling"}, "rolling", "rolling"),
        ({"phase": "rolling", "route": "live"}, "live", "rolling"),
        ({"phase": "rolling", "route": "live"}, "rolling", "rolling"),
        ({"phase": "rolling", "route": "live"}, "outage", "revoked"),
        ({"phase": "waiting", "route": "live"}, "outage", "waiting"),
    ],
)
def test_a_run_goes_on_in_its_phase_but_for_one_that_becomes_an_outage(record: dict[str, str], route: str, phase: str) -> None:
    assert content.resumed_phase(record, route) == phase


def test_of_values_without_a_step_or_a_phase_there_is_no_history() -> None:
    assert content.merged({"a": 1}, {"b": 2}, "now") == {"a": 1, "b": 2}


def test_the_records_of_another_cluster_have_the_same_clock(tmp_path: Path) -> None:
    assert RunRecords(str(tmp_path), CLUSTER, lambda: "2026-11-29").of("jira-ba9876543210").now() == "2026-11-29"


def test_files_are_private_from_the_first_folder_on(records: RunRecords, start: dict[str, t.Any]) -> None:
    records.write(RUN, "n1", {"step": "up"}, start)
    paths = [records.folder, *records.folder.rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()} == {0o600}


def test_values_are_put_on_top_of_the_older_ones(records: RunRecords, start: dict[str, t.Any]) -> None:
    records.write(RUN, "n1", {"step": "stopping", "identity": "b:1:1"}, start)
    before, after = records.write(RUN, "n1", {"step": "cleaned"}, start)
    assert (before["step"], after["step"], after["identity"]) == ("stopping", "cleaned", "b:1:1")


def test_the_same_values_again_write_nothing(records: RunRecords, start: dict[str, t.Any]) -> None:
    records.write(RUN, "", {"phase": "revoked"}, start)
    written = run_file(records).stat().st_ino
    before, after = records.write(RUN, "", {"phase": "revoked"}, start)
    assert (before == after, run_file(records).stat().st_ino) == (True, written)


def test_a_later_start_takes_over_and_keeps_what_the_run_has(records: RunRecords, start: dict[str, t.Any]) -> None:
    records.write(RUN, "", {"phase": "rolling"}, start)
    later = records.open(RUN, PREPARED, "ops2", "bb")
    assert (later["attempt"], records.read(RUN)["phase"]) == (2, "rolling")


@pytest.mark.parametrize(
    "act", [lambda r, s: r.write(RUN, "", {}, s), lambda r, s: r.write(RUN, "n1", {}, s), lambda r, s: r.check(RUN, s)]
)
def test_an_older_start_is_told_who_took_over(
    records: RunRecords, start: dict[str, t.Any], act: t.Callable[[RunRecords, dict[str, t.Any]], None]
) -> None:
    records.open(RUN, PREPARED, "ops2", "bb")
    before = run_file(records).read_bytes()
    with pytest.raises(SessionsError, match=r"taken over by start 2 of it .controller ops2"):
        act(records, start)
    assert run_file(records).read_bytes() == before
    assert not (records.folder_of(RUN) / "nodes/n1.json").exists()


def test_a_record_whose_folder_is_gone_ends_the_run(records: RunRecords, start: dict[str, t.Any]) -> None:
    run_file(records).unlink()
    with pytest.raises(SessionsError, match="is gone"):
        records.write(RUN, "n1", {"step": "stopping"}, start)


def test_of_many_starts_at_once_each_has_a_number_of_its_own(records: RunRecords) -> None:
    records.open(RUN, PREPARED, "ops", "0")
    attempts: list[int] = []
    threads = [threading.Thread(target=lambda: attempts.append(records.open(RUN, PREPARED, "ops", "x")["attempt"])) for _start in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(attempts) == list(range(2, 14))


@pytest.mark.parametrize(
    ("nodes", "phase", "aside"),
    [
        (["n1", "n2"], "rolling", (True, "jira-ba9876543210", "")),
        (["n2"], "proven", (False, "jira-ba9876543210", "proven")),
        (["n1"], "rolling", (False, "", "")),
    ],
    ids=["of these nodes", "over", "of others"],
)
def test_a_run_of_these_nodes_is_set_aside_where_it_lies_also_when_a_copy_of_its_database_has_taken_over(
    records: RunRecords, nodes: list[str], phase: str, aside: tuple[bool, str, str]
) -> None:
    there = records.of("jira-ba9876543210")
    start = there.open("CHG-0", {"phase": "prepared", "nodes": nodes}, "ops1", "aa")
    there.write("CHG-0", "n2", {"canary": "sealed"}, start)
    there.write("CHG-0", "", {"phase": phase}, start)
    options = {"run_id": RUN, "abandon": "CHG-0", "values": {"phase": "prepared", "nodes": ["n2"]}, "controller": "ops1"}
    done = STATES["opened"](records, options, False)
    assert (done["abandoned"], done["abandoned_in"], done["over"]) == aside
    assert there.read("CHG-0")["phase"] == ("abandoned" if aside[0] else phase)
    assert (there.unfinished(except_for=[]) == []) == bool(aside[1])


@pytest.mark.parametrize("live", [0, 1])
def test_of_two_runs_of_that_id_the_one_that_was_set_aside_is_told(records: RunRecords, live: int) -> None:
    clusters = ["jira-aaaaaaaaaaaa", "jira-bbbbbbbbbbbb"]
    for number, cluster in enumerate(clusters):
        start = records.of(cluster).open("CHG-0", {"phase": "prepared", "nodes": ["n2"], "cluster": cluster}, "ops1", "aa")
        records.of(cluster).write("CHG-0", "", {"phase": "rolling" if number == live else "proven"}, start)
    options = {"run_id": RUN, "abandon": "CHG-0", "values": {"phase": "prepared", "nodes": ["n2"]}, "controller": "ops1"}
    done = STATES["opened"](records, options, False)
    assert (done["abandoned"], done["abandoned_in"], done["over"]) == (True, clusters[live], "")


def test_a_run_that_names_no_nodes_is_none_of_these(records: RunRecords) -> None:
    there = records.of("jira-ba9876543210")
    there.open("CHG-0", {"phase": "prepared"}, "ops1", "aa")
    for values in ({"phase": "prepared", "nodes": ["n2"]}, {"phase": "prepared"}):
        done = STATES["opened"](records, {"run_id": RUN, "abandon": "CHG-0", "values": values, "controller": "ops1"}, False)
        assert (done["abandoned"], done["abandoned_in"], done["over"]) == (False, "", "")
    assert there.unfinished(except_for=[]) == ["CHG-0"]


# holds the record as a purge does whose COMMIT does not return
HOLDING = "import fcntl, sys; file = open(sys.argv[1], 'r+b'); fcntl.flock(file, fcntl.LOCK_EX); print(flush=True); sys.stdin.read()"


@pytest.fixture
def holding(records: RunRecords, start: dict[str, t.Any]) -> t.Iterator[int]:
    assert start
    command = [sys.executable, "-c", HOLDING, str(lock_file(records))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield process.pid
        process.kill()


@pytest.mark.parametrize(
    "act",
    [
        lambda records, _start: records.open(RUN, PREPARED, "ops", "bb"),
        lambda records, _start: records.abandon(RUN),
        lambda records, start: records.write(RUN, "n1", {"step": "up"}, start),
        lambda records, start: records.owned(RUN, start).__enter__(),
        lambda records, _start: records.withdraw_proof(RUN),
        lambda records, _start: records.note_expired(RUN, []),
    ],
    ids=["resumed", "set aside", "written", "committed", "withdrawn", "expired"],
)
def test_a_record_that_another_process_does_not_give_back_is_not_waited_for_without_end(
    records: RunRecords,
    start: dict[str, t.Any],
    holding: int,
    act: t.Callable[[RunRecords, dict[str, t.Any]], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "SECONDS", 0.1)
    before = records.read(RUN)
    with pytest.raises(SessionsError) as refused:
        act(records, start)
    said = f"The run record {run_file(records)} was not to be had within 0 s: process {holding} holds it. It may be at a COMMIT"
    assert str(refused.value).startswith(said)
    assert records.read(RUN) == before


@pytest.mark.usefixtures("start")
def test_a_record_that_another_process_gives_back_is_waited_for(records: RunRecords) -> None:
    lock = os.open(lock_file(records), os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    release = threading.Timer(0.2, lambda: os.close(lock))
    release.start()
    assert records.open(RUN, PREPARED, "ops", "bb")["attempt"] == 2
    release.join()


def test_on_a_network_file_system_a_record_that_is_held_is_held_for_other_hosts_too(
    records: RunRecords, start: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    flock_as_on_nfs(monkeypatch)
    monkeypatch.setattr(files, "SECONDS", 0.1)
    with records.owned(RUN, start), pytest.raises(SessionsError, match="was not to be had within 0 s"):
        records.open(RUN, PREPARED, "ops2", "bb")
    assert records.open(RUN, PREPARED, "ops2", "bb")["attempt"] == 2


def test_what_holds_a_record_is_open_to_this_account_alone(records: RunRecords, start: dict[str, t.Any]) -> None:
    assert start
    assert stat.S_IMODE(lock_file(records).stat().st_mode) == 0o600


def test_a_purge_gets_the_record_for_its_commits_while_many_others_write(records: RunRecords, start: dict[str, t.Any]) -> None:
    over = threading.Event()

    def write(node: str) -> None:
        number = 0
        while not over.is_set():
            number += 1
            records.write(RUN, node, {"step": "up", "identity": f"b:1:{number}"}, start)

    threads = [threading.Thread(target=write, args=(f"n{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    try:
        for _commit in range(3):
            with records.owned(RUN, start):
                assert not over.is_set()
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("call", ["open", "flock"])
def test_a_record_that_cannot_be_held_is_named(
    records: RunRecords, start: dict[str, t.Any], call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_values: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl if call == "flock" else os, call, fail)
    said = r"The run record .*run\.json cannot be held: No locks available\. See to its folder, then run this again\."
    with pytest.raises(SessionsError, match=said), records.owned(RUN, start):
        pytest.fail("nothing is to be committed")


@pytest.mark.parametrize(
    ("phase", "unfinished"),
    [
        ("prepared", True),
        ("revoked", True),
        ("rolling", True),
        ("proven", False),
        ("unproven", False),
        ("abandoned", False),
        ("refused", False),
    ],
)
def test_a_run_is_unfinished_until_it_has_ended(records: RunRecords, start: dict[str, t.Any], phase: str, unfinished: bool) -> None:
    records.write(RUN, "", {"phase": phase}, start)
    assert records.unfinished([]) == ([RUN] if unfinished else [])
    assert records.unfinished([RUN]) == []


def test_a_run_that_is_set_aside_is_over_and_fenced_off(records: RunRecords, start: dict[str, t.Any]) -> None:
    assert records.abandon(RUN) == "abandoned"
    assert (records.unfinished([]), records.read(RUN)["phase"]) == ([], "abandoned")
    with pytest.raises(SessionsError, match="taken over"):
        records.write(RUN, "n1", {}, start)


@pytest.mark.usefixtures("start")
def test_a_damaged_run_can_be_set_aside(records: RunRecords) -> None:
    run_file(records).write_text("{", encoding="utf-8")
    assert records.abandon(RUN) == "abandoned"
    found = records.read(RUN)
    assert (found["phase"], found["run_id"], found["start"]["attempt"]) == ("abandoned", RUN, 1)


def test_a_run_that_is_set_aside_belongs_to_nobody(records: RunRecords, start: dict[str, t.Any]) -> None:
    records.abandon(RUN)
    found = records.read(RUN)
    assert (found["start"], found["run_id"]) == ({"attempt": start["attempt"] + 1, "number": "", "controller": "abandoned"}, RUN)


def test_a_run_without_a_record_here_cannot_be_set_aside_by_it(records: RunRecords) -> None:
    assert records.abandon("elsewhere") == ""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is damaged"),
        ("[]", "is damaged"),
        pytest.param("[" * 9000, "is damaged", id="JSON without a bottom"),
        ('{"format": 1}', "is damaged"),
        ('{"format": 2, "sha256": "", "record": {}}', "has format 2"),
        ('{"format": 1, "sha256": "0", "record": {"phase": "proven"}}', "its checksum does not fit"),
    ],
)
def test_a_record_that_is_not_whole_is_refused_by_its_path(records: RunRecords, start: dict[str, t.Any], text: str, sentence: str) -> None:
    run_file(records).write_text(text, encoding="utf-8")
    for act in (lambda: records.read(RUN), lambda: records.unfinished([]), lambda: records.write(RUN, "", {}, start)):
        with pytest.raises(SessionsError, match=sentence) as refusal:
            act()
        assert str(run_file(records)) in str(refusal.value)
    assert run_file(records).read_text(encoding="utf-8") == text


@pytest.mark.usefixtures("start")
def test_a_record_cut_in_the_middle_is_refused(records: RunRecords) -> None:
    whole = run_file(records).read_bytes()
    run_file(records).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SessionsError, match="is damaged"):
        records.read(RUN)


@pytest.mark.usefixtures("start")
def test_an_altered_record_is_refused(records: RunRecords) -> None:
    envelope = json.loads(run_file(records).read_text(encoding="utf-8"))
    envelope["record"]["phase"] = "proven"
    run_file(records).write_text(json.dumps(envelope), encoding="utf-8")
    with pytest.raises(SessionsError, match="checksum"):
        records.read(RUN)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phase": "done"}, "phase"),
        ({"phase": ["proven"]}, "phase"),
        ({"start": {"attempt": "1", "number": "aa", "controller": "ops"}}, "start"),
        ({"start": {"attempt": 1, "number": "aa", "controller": "ops\x1b[2J"}}, "start"),
        ({"start": None}, "start"),
        ({"nodes": "n1"}, "nodes"),
        ({"nodes": ["n1", 7]}, "nodes"),
        ({"route": "{{ x }}"}, "route"),
        ({"batches": ["25%"]}, "batches"),
        ({"missing": ["\x1b[2J"]}, "missing"),
        ({"revoked": {"rows": 1}}, "revoked"),
        ({"revoked": {"rows": 1, "cut_off": "", "archives": [{"path": "/x", "rows": 1, "sha256": "x; rm"}]}}, "revoked"),
        ({"revoked": {"rows": 1, "cut_off": "", "archives": [], "left_alone": [{"table": "t"}]}}, "revoked"),
        ({"user_keys": [{"name": "eve"}]}, "user_keys"),
        ({"user_keys": [{"name": "eve", "key": ["KEY1"]}]}, "user_keys"),
    ],
)
@pytest.mark.usefixtures("start")
def test_a_field_that_no_run_writes_is_refused_by_its_name(records: RunRecords, changes: dict[str, t.Any], field: str) -> None:
    payload = {**content.unpack(run_file(records).read_text(encoding="utf-8"), ""), **changes}
    run_file(records).write_text(content.pack(payload), encoding="utf-8")
    for act in (lambda: records.read(RUN), lambda: records.unfinished([])):
        with pytest.raises(SessionsError, match=f"is damaged: {field} is not what a run writes"):
            act()
    assert records.abandon(RUN) == "abandoned"
    assert records.unfinished([]) == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"step": "sideways"}, "step"),
        ({"cleaned": "yes"}, "cleaned"),
        ({"controls": [{"kind": "session"}]}, "controls"),
        ({"controls": {"kind": "session"}}, "controls"),
        ({"controls": [{"kind": "session", "node": "n1", "user": "eve", "begun": "yes"}]}, "controls"),
        ({"facts": {"process": {"user": ["root"]}}}, "facts"),
        ({"facts": {"control": {"start_command": "sh -c x"}}}, "facts"),
        ({"facts": {"control": {"locale": {"PATH": "/of/somebody"}}}}, "facts"),
        ({"facts": {"control": {"locale": {"TZ": "../../etc/shadow"}}}}, "facts"),
        ({"facts": []}, "facts"),
        ({"sealed_canary": 7}, "sealed_canary"),
    ],
)
def test_a_field_of_a_node_that_no_run_writes_is_refused(
    records: RunRecords, start: dict[str, t.Any], values: dict[str, t.Any], field: str
) -> None:
    records.write(RUN, "n1", {}, start)
    (records.folder_of(RUN) / "nodes/n1.json").write_text(content.pack({"cluster": CLUSTER, **values}), encoding="utf-8")
    with pytest.raises(SessionsError, match=rf"n1\.json is damaged: {field} is not"):
        records.read(RUN)


@pytest.mark.parametrize(
    "act",
    [
        lambda records, start: records.write(RUN, "n1", {"identity": 5}, start),
        lambda records, start: records.write(RUN, "", {"phase": "sideways"}, start),
        lambda records, _start: records.open("CHG-2", {}, "ops1", "aa"),
    ],
    ids=["a node's", "a run's", "a run without a phase"],
)
def test_what_could_not_be_read_again_is_not_written(
    records: RunRecords, start: dict[str, t.Any], act: t.Callable[[RunRecords, dict[str, t.Any]], object]
) -> None:
    """One node that lies must not make the record of all unreadable, nor one bad start that of every run."""
    records.write(RUN, "n1", {"step": "stopping"}, start)
    before = records.read(RUN)
    with pytest.raises(SessionsError, match=r"^Not written into .*\.json, which nobody could read then: [\w, ]+ is not what a run writes"):
        act(records, start)
    assert records.read(RUN) == before
    assert records.unfinished([]) == [RUN]


@pytest.mark.parametrize("rows", [3, "3"])
def test_what_a_run_writes_is_read(records: RunRecords, start: dict[str, t.Any], rows: object) -> None:
    """Before ansible-core 2.19 a template makes a text of a number."""
    archive = {"path": "/a b/x-1.tsv.gz", "rows": 3, "sha256": "0" * 64}
    revoked = {"rows": rows, "cut_off": "2026-01-01 00:00:00+00", "archives": [archive]}
    node = {"step": "cleaned", "cleaned": True, "controls": [{"kind": "session", "node": "n1", "user": "eve", "emptied": False}]}
    records.write(RUN, "", {"phase": "rolling", "tokens": rows, "revoked": revoked, "batches": [1, 2], "of_a_later_version": [None]}, start)
    records.write(RUN, "n1", {**node, "facts": {"control": {"start_command": ["/x/start.sh"]}, "process": {"user": "jira"}}}, start)
    assert records.read(RUN)["revoked"] == revoked


@pytest.mark.usefixtures("start")
def test_a_folder_that_is_no_runs_is_named(records: RunRecords) -> None:
    (records.folder / "x; curl evil").mkdir(mode=0o700)
    (records.folder / "x; curl evil/run.json").write_bytes(run_file(records).read_bytes())
    with pytest.raises(SessionsError, match=r"'x; curl evil' is not usable"):
        records.unfinished([])


@pytest.mark.usefixtures("start")
def test_a_proof_is_withdrawn_only_where_there_is_a_record(records: RunRecords) -> None:
    records.withdraw_proof(RUN)
    assert records.read(RUN)["proof_withdrawn"] is True
    run_file(records).unlink()
    records.withdraw_proof(RUN)
    assert records.unfinished([]) == []


def test_a_withdrawn_proof_keeps_the_sum_by_which_the_evidence_goes(records: RunRecords, start: dict[str, t.Any]) -> None:
    records.write(RUN, "", {"phase": "proven"}, start)
    evidence = records.sum_of(RUN)
    records.withdraw_proof(RUN)
    withdrawn = records.read(RUN)
    assert (withdrawn["withdrawn"]["record_before"], withdrawn["phase"]) == (evidence, "proven")
    records.withdraw_proof(RUN)
    records.note_expired(RUN, [])
    assert records.read(RUN)["withdrawn"] == withdrawn["withdrawn"]
    assert records.read(RUN)["expired"]["record_before"] == evidence


def test_a_proof_that_is_withdrawn_after_its_archives_were_removed_keeps_the_sum_of_before_that(
    records: RunRecords, start: dict[str, t.Any]
) -> None:
    records.write(RUN, "", {"phase": "proven"}, start)
    evidence = records.sum_of(RUN)
    records.note_expired(RUN, [])
    records.withdraw_proof(RUN)
    assert records.read(RUN)["withdrawn"]["record_before"] == evidence


def test_an_archive_that_no_record_told_of_is_noted_without_rows_and_sum(records: RunRecords, start: dict[str, t.Any]) -> None:
    records.write(RUN, "", {"phase": "proven"}, start)
    records.note_expired(RUN, [{"path": "/a", "removed": True}])
    (told,) = records.read(RUN)["expired"]["archives"]
    assert (told["path"], told["rows"], told["sha256"], told["removed"]) == ("/a", 0, "", True)


def test_a_proof_that_an_older_release_withdrew_is_left_as_it_is(records: RunRecords, start: dict[str, t.Any]) -> None:
    records.write(RUN, "", {"phase": "proven", "proof_withdrawn": True}, start)
    before = records.sum_of(RUN)
    records.withdraw_proof(RUN)
    assert records.sum_of(RUN) == before


def test_an_unfinished_run_whose_tokens_are_put_back_is_set_aside_and_fenced_off(records: RunRecords, start: dict[str, t.Any]) -> None:
    seal(records, start)
    records.withdraw_proof(RUN)
    found = records.read(RUN)
    assert (found["phase"], found["missing"], found["proof_withdrawn"]) == ("abandoned", [content.PUT_BACK], True)
    assert SEALED not in node_texts(records)
    with pytest.raises(SessionsError, match=r"taken over by start 2 of it .controller abandoned"):
        records.write(RUN, "", {"phase": "proven"}, start)


SEALED = "$ANSIBLE_VAULT;1.1;AES256"


def node_texts(records: RunRecords) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in (records.folder_of(RUN) / "nodes").iterdir())


def seal(records: RunRecords, start: dict[str, t.Any]) -> None:
    for node in ("n1", "n2"):
        options = {"run_id": RUN, "node": node, "values": {"step": "stopping"}, "sealed_canary": SEALED, "start": start}
        told = STATES["written"](records, options, False)
        assert SEALED not in str(told)
    assert node_texts(records).count(SEALED) == 2


def test_the_sealed_canary_is_read_apart_from_the_record(records: RunRecords, start: dict[str, t.Any]) -> None:
    seal(records, start)
    told = STATES["read"](records, {"run_id": RUN, "abandon": ""}, False)
    assert told["sealed_canaries"] == {"n1": SEALED, "n2": SEALED}
    shown = told["record"]["node_records"]["n1"]
    assert {name: shown[name] for name in shown if name != "history"} == {"cluster": CLUSTER, "step": "stopping"}
    assert SEALED not in str({name: value for name, value in told.items() if name != "sealed_canaries"})


def test_a_step_that_is_written_later_keeps_the_sealed_canary(records: RunRecords, start: dict[str, t.Any]) -> None:
    seal(records, start)
    told = STATES["written"](records, {"run_id": RUN, "node": "n1", "values": {"step": "up"}, "sealed_canary": "", "start": start}, False)
    assert (SEALED in str(told), node_texts(records).count(SEALED)) == (False, 2)


@pytest.mark.parametrize("phase", content.FINISHED)
def test_the_sealed_canary_is_wiped_at_every_end(records: RunRecords, start: dict[str, t.Any], phase: str) -> None:
    seal(records, start)
    records.write(RUN, "", {"phase": "rolling"}, start)
    assert SEALED in node_texts(records)
    if phase == "abandoned":
        records.abandon(RUN)
    else:
        records.write(RUN, "", {"phase": phase}, start)
    assert SEALED not in node_texts(records)
    assert records.read(RUN)["node_records"]["n2"]["step"] == "stopping"


def test_the_canary_of_a_damaged_node_record_is_wiped_too(records: RunRecords, start: dict[str, t.Any]) -> None:
    seal(records, start)
    path = records.folder_of(RUN) / "nodes/n1.json"
    path.write_bytes(path.read_bytes()[:-9])
    records.abandon(RUN)
    assert SEALED not in node_texts(records)
    assert records.read(RUN)["node_records"]["n1"] == {"cluster": CLUSTER}


@pytest.mark.usefixtures("start")
def test_the_record_of_another_cluster_is_refused(records: RunRecords, tmp_path: Path) -> None:
    other = RunRecords(str(tmp_path / "archives"), "jira-ffffffffffff")
    make_private_folder(other.folder / RUN)
    (other.folder / RUN / "run.json").write_bytes(run_file(records).read_bytes())
    for act in (lambda: other.read(RUN), lambda: other.unfinished([]), lambda: other.open(RUN, PREPARED, "ops", "bb")):
        with pytest.raises(SessionsError, match=f"the record of cluster {CLUSTER}, not of jira-ffffffffffff") as refused:
            act()
        assert str(other.folder / RUN / "run.json") in str(refused.value)


@pytest.mark.parametrize("field", ["phase", "start"])
@pytest.mark.usefixtures("start")
def test_a_record_without_what_every_run_writes_is_refused(records: RunRecords, field: str) -> None:
    payload = content.unpack(run_file(records).read_text(encoding="utf-8"), "")
    del payload[field]
    run_file(records).write_text(content.pack(payload), encoding="utf-8")
    with pytest.raises(SessionsError, match=f"is damaged: {field} is not what a run writes"):
        records.read(RUN)


@pytest.mark.usefixtures("start")
def test_a_record_that_cannot_be_read_is_named_with_the_reason(records: RunRecords) -> None:
    path = run_file(records)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SessionsError, match=f"^The run record {path} cannot be read: it is no text"):
        records.read(RUN)
    path.unlink()
    path.mkdir()
    for act in (lambda: records.read(RUN), lambda: records.sum_of(RUN)):
        with pytest.raises(SessionsError, match=f"^The run record {path} cannot be read: Is a directory"):
            act()


def test_a_record_that_cannot_be_written_is_named_with_the_reason(
    records: RunRecords, start: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = run_file(records).read_bytes()

    fill_disk(monkeypatch)
    with pytest.raises(SessionsError, match=f"^The run record {run_file(records)} cannot be written: No space left on device"):
        records.write(RUN, "", {"phase": "revoked"}, start)
    assert run_file(records).read_bytes() == before


def test_a_run_that_is_set_aside_has_not_ended_by_itself_and_is_told_so(records: RunRecords, start: dict[str, t.Any]) -> None:
    told = STATES["opened"](records, opening(run_id="CHG-2", abandon=RUN), False)
    assert (told["abandoned"], told["over"]) == (True, "")
    with pytest.raises(SessionsError, match="abandoned"):
        records.write(RUN, "", {"phase": "revoked"}, start)


def test_what_is_written_is_told_with_what_it_changes(records: RunRecords, start: dict[str, t.Any]) -> None:
    options = {"run_id": RUN, "node": "", "values": {"phase": "revoked"}, "sealed_canary": "", "start": start}
    before = content.unpack(run_file(records).read_text(encoding="utf-8"), "")
    told = STATES["written"](records, options, False)
    after = content.unpack(run_file(records).read_text(encoding="utf-8"), "")
    assert (told["changed"], told["record"], told["diff"]) == (True, after, {"before": before, "after": after})
    assert not STATES["written"](records, options, False)["changed"]
    assert STATES["written"](records, options, True)["changed"]


@pytest.mark.parametrize("run_id", ["", ".", "..", "a/b", "a b", "x" * 65, "ü"])
def test_a_run_id_that_could_be_no_folder_is_refused(records: RunRecords, run_id: str) -> None:
    with pytest.raises(SessionsError, match="is not usable"):
        records.read(run_id)


@pytest.mark.parametrize("node", ["a/b", ".hidden", "a\0b"])
def test_a_node_name_that_could_be_no_file_is_refused(records: RunRecords, start: dict[str, t.Any], node: str) -> None:
    with pytest.raises(SessionsError, match="cannot be used as a file name"):
        records.write(RUN, node, {}, start)


@pytest.mark.usefixtures("start")
def test_a_folder_that_others_can_open_is_refused(records: RunRecords) -> None:
    run_file(records).parent.chmod(0o755)
    with pytest.raises(SessionsError, match="open to others"):
        records.open(RUN, PREPARED, "ops", "bb")


def test_a_folder_above_that_others_can_open_is_refused(records: RunRecords, start: dict[str, t.Any]) -> None:
    """Whoever may write there can put another folder in the place of the run's."""
    records.folder.parent.chmod(0o755)
    for act in (
        lambda: records.open(RUN, PREPARED, "ops", "bb"),
        lambda: records.write(RUN, "n1", {}, start),
        lambda: records.unfinished([]),
    ):
        with pytest.raises(SessionsError, match=f"^The folder {records.folder.parent} is open to others"):
            act()


@pytest.mark.parametrize("state", ["opened", "written", "checked", "read"])
def test_check_mode_writes_nothing(records: RunRecords, tmp_path: Path, state: str) -> None:
    options = {"run_id": RUN, "node": "", "values": PREPARED, "start": {"attempt": 1}, "controller": "ops", "abandon": "x"}
    STATES[state](records, options, True)
    assert list(tmp_path.iterdir()) == []


def test_finished_is_told(records: RunRecords, start: dict[str, t.Any]) -> None:
    options = {"run_id": RUN, "node": "", "values": {"phase": "proven"}, "sealed_canary": "", "start": start, "abandon": ""}
    assert STATES["read"](records, options, False)["finished"] is False
    assert STATES["written"](records, options, False)["changed"] is True
    assert STATES["written"](records, options, False)["changed"] is False
    assert STATES["read"](records, options, False)["finished"] is True


def opening(**changes: object) -> dict[str, t.Any]:
    return {"run_id": RUN, "values": PREPARED, "controller": "ops1", "abandon": "", **changes}


def test_a_begun_run_is_told_with_the_start_that_owns_it(records: RunRecords) -> None:
    told = STATES["opened"](records, opening(), False)
    assert told == {
        "changed": True,
        "record": records.read(RUN),
        "finished": False,
        "start": {"attempt": 1, "number": told["start"]["number"], "controller": "ops1"},
        "abandoned": False,
        "abandoned_in": "",
        "over": "",
    }
    assert (told["record"]["start"], told["record"]["phase"], len(told["start"]["number"])) == (told["start"], "prepared", 16)


def test_the_other_runs_that_are_not_over_are_told_but_for_the_one_to_be_set_aside(records: RunRecords) -> None:
    for run_id in ("CHG-0", "CHG-2", RUN):
        STATES["opened"](records, opening(run_id=run_id), False)
    told = STATES["read"](records, {"run_id": RUN, "abandon": "CHG-0"}, False)
    assert (told["changed"], told["unfinished"], told["record"]["run_id"]) == (False, ["CHG-2"], RUN)


def test_a_run_of_the_same_id_is_told_of_where_it_lies_with_another_cluster_of_the_product_alone(
    tmp_path: Path, records: RunRecords
) -> None:
    for cluster in ("jira-ba9876543210", "bamboo-ba9876543210", "unknown"):
        RunRecords(str(tmp_path / "archives"), cluster).open(RUN, {**PREPARED, "database": cluster}, "ops1", "aa")
    damaged = RunRecords(str(tmp_path / "archives"), "jira-111111111111")
    damaged.open(RUN, PREPARED, "ops1", "aa")
    run_file(damaged).write_text("{", encoding="utf-8")
    asked = {"run_id": RUN, "abandon": ""}
    (found,) = STATES["read"](records, asked, False)["elsewhere"]
    assert (found["folder"], found["database"], found["phase"]) == (
        str(tmp_path / "archives/jira-ba9876543210" / RUN),
        "jira-ba9876543210",
        "prepared",
    )
    assert STATES["read"](records, {**asked, "run_id": "CHG-2"}, False)["elsewhere"] == []
    assert STATES["read"](RunRecords(str(tmp_path / "archives"), "unknown"), asked, False)["elsewhere"] == []
    records.open(RUN, PREPARED, "ops1", "bb")
    assert STATES["read"](records, asked, False)["elsewhere"] == []


def test_another_run_is_set_aside_when_one_is_begun(records: RunRecords) -> None:
    STATES["opened"](records, opening(run_id="CHG-0"), False)
    told = STATES["opened"](records, opening(abandon="CHG-0"), False)
    assert (told["abandoned"], records.read("CHG-0")["phase"], told["record"]["run_id"]) == (True, "abandoned", RUN)


def test_a_run_that_was_refused_is_begun_anew_by_a_start_that_fences_off_the_first_one(records: RunRecords) -> None:
    first = STATES["opened"](records, opening(values={**PREPARED, "route": "rolling", "batches": [1]}), False)["start"]
    records.write(RUN, "", {"phase": "refused", "missing": ["x"]}, first)
    found = STATES["read"](records, {"run_id": RUN, "abandon": ""}, False)
    assert (found["record"], found["finished"], found["sealed_canaries"]) == ({}, False, {})
    told = STATES["opened"](records, opening(values={**PREPARED, "nodes": ["n1", "n2"], "route": "outage"}), False)
    record = told["record"]
    assert (told["start"]["attempt"], record["phase"], record["nodes"], record["route"]) == (2, "prepared", ["n1", "n2"], "outage")
    assert ("batches" in record, "missing" in record, len(record["history"])) == (False, False, 1)
    with pytest.raises(SessionsError, match="taken over"):
        records.check(RUN, first)
    # what is written of it, as evidence, is of the record as it ended
    records.write(RUN, "", {"phase": "refused"}, told["start"])
    assert STATES["summed"](records, {"run_id": RUN}, False)["record"]["phase"] == "refused"


@pytest.mark.parametrize("phase", ["proven", "unproven", "refused"])
def test_a_run_that_is_over_stays_as_it_ended_when_it_is_set_aside(records: RunRecords, start: dict[str, t.Any], phase: str) -> None:
    records.write(RUN, "", {"phase": phase}, start)
    before = run_file(records).read_bytes()
    told = STATES["opened"](records, opening(run_id="CHG-2", abandon=RUN), False)
    assert (told["abandoned"], told["over"], run_file(records).read_bytes() == before) == (False, phase, True)


def test_a_run_that_goes_on_keeps_what_it_began_with_but_its_route_and_where_its_database_is(records: RunRecords) -> None:
    began = {**PREPARED, "route": "live", "batches": [1], "asked": "mysql db1:3306/jira"}
    STATES["opened"](records, opening(values=began), False)
    now = {**began, "route": "rolling", "batches": [2], "phase": "waiting", "asked": "mysql db2:3306/jira"}
    told = STATES["opened"](records, opening(values=now), False)
    assert {name: told["record"][name] for name in ("route", "batches", "phase", "asked")} == {
        "route": "rolling",
        "batches": [1],
        "phase": "prepared",
        "asked": "mysql db2:3306/jira",
    }


@pytest.mark.parametrize(
    ("began", "phase", "route", "goes_on"),
    [
        ("live", "rolling", "outage", "revoked"),
        ("live", "rolling", "rolling", "rolling"),
        ("live", "rolling", "live", "rolling"),
        ("live", "prepared", "outage", "prepared"),
        ("live", "waiting", "outage", "waiting"),
        ("outage", "rolling", "outage", "rolling"),
    ],
)
def test_a_live_run_that_becomes_an_outage_goes_on_where_all_nodes_are_stopped(
    records: RunRecords, began: str, phase: str, route: str, goes_on: str
) -> None:
    start = records.open(RUN, {**PREPARED, "route": began}, "ops1", "aa")
    records.write(RUN, "", {"phase": phase}, start)
    history = records.read(RUN)["history"]
    told = STATES["opened"](records, opening(values={**PREPARED, "route": route}), False)["record"]
    assert (told["route"], told["phase"]) == (route, goes_on)
    assert told["history"] == history, "the time of the deletion is read there"


def test_each_deletion_has_a_number_of_its_own_and_nothing_is_done_while_the_run_waits_for_one(records: RunRecords) -> None:
    block = {"after": "", "upto": "0" * 64, "sha256": "0" * 64, "names": 1, "unknown": 0}

    def written(**values: t.Any) -> dict[str, t.Any]:
        options = {"run_id": RUN, "node": "", "values": values, "sealed_canary": "", "start": start}
        return t.cast("dict[str, t.Any]", STATES["written"](records, options, False)["record"])

    start = records.open(RUN, PREPARED, "ops1", "aa")
    first = written(phase="revoked", deleted="by hand: said with force_reauth_revoked")["deletion"]
    going = written(phase="rolling", live=[{**block, "deletion": first}])
    assert (len(first), going["deletion"]) == (16, first)
    again = written(phase="waiting")
    assert (again["deletion"], again["deleted"], again["live"]) == ("", "", [])
    assert written(phase="revoked")["deletion"] not in ("", first)


def test_a_rehearsal_tells_what_would_be_begun_and_owns_nothing(records: RunRecords) -> None:
    told = STATES["opened"](records, opening(abandon="CHG-0"), True)
    assert told == {"changed": True, "record": PREPARED, "finished": False, "start": {}, "abandoned": False, "abandoned_in": "", "over": ""}


def test_the_start_that_owns_a_run_is_told_what_it_has(records: RunRecords, start: dict[str, t.Any]) -> None:
    told = STATES["checked"](records, {"run_id": RUN, "start": start}, False)
    assert told == {"changed": False, "record": records.read(RUN), "finished": False}
    assert STATES["checked"](records, {"run_id": RUN, "start": start}, True) == {"changed": False, "record": {}, "finished": False}


def test_a_start_that_owns_the_run_no_more_is_refused(records: RunRecords, start: dict[str, t.Any]) -> None:
    records.open(RUN, PREPARED, "ops2", "bb")
    with pytest.raises(SessionsError, match="ops2"):
        STATES["checked"](records, {"run_id": RUN, "start": start}, False)


def test_the_packed_text_is_the_same_for_the_same_payload() -> None:
    assert content.pack({"a": 1, "b": 2}) == content.pack({"b": 2, "a": 1})
