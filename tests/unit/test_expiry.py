# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which archives lie around, and the removal of old ones: recorded before it is done, never of a run that is not over."""

from __future__ import annotations

import errno
import fcntl
import gzip
import hashlib
import os
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import description, expiry
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.archives_in_folder import is_cluster
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.expiry import expired, looked
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.shelved import DAY, archive_lines, run_line, why_kept
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.private_files import make_private_folder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import LOADERS, product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record import content
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import cluster_name

from tests.evidence_runs import HOSTILE
from tests.unit.nfs_flock import flock_as_on_nfs

CLUSTER = "jira-0123456789ab"
NOW = time.time() + 40 * DAY
Values = dict[str, t.Any]


class Shelf:
    """A folder of archives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, run_id: str, phase: str = "proven", rows: int = 2, cluster: str = CLUSTER, sealed: bool = False) -> Path:
        """A run with an archive and a backup; returns its folder. Without a phase there is no record. ``sealed``: nobody can read them."""
        records = RunRecords(str(self.folder), cluster)
        folder = records.folder / run_id
        make_private_folder(folder, self.folder)
        if phase:
            records.open(run_id, {"phase": phase, "nodes": ["n1"]}, "ops1", "aa")
        for backup in (True, False):
            path = folder / description.name_of("remembermetoken", 1, backup, sealed)
            path.write_bytes(b"age-encryption.org/v1 ..." if sealed else gzip.compress(b"1\tx\n" * rows))
            header = description.Header("jira", "sqlite", "db", "", "remembermetoken", (("id", "integer"), ("token", "text")), run_id)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            Path(description.sidecar_of(str(path))).write_text(description.sidecar_text(header, rows, digest), encoding="utf-8")
        return folder

    def forget_history(self, run_id: str) -> None:
        """As an older release wrote the record: its age is that of the files."""
        path = self.folder / CLUSTER / run_id / "run.json"
        record = {name: value for name, value in content.unpack(path.read_text(encoding="utf-8"), "").items() if name != "history"}
        path.write_text(content.pack(record), encoding="utf-8")

    def record(self, run_id: str) -> Values:
        return RunRecords(str(self.folder), CLUSTER).read(run_id)

    def options(self, **more: object) -> Values:
        return {"archive_dir": str(self.folder), "cluster": "", "days": 30, **more}

    def expire(self, check_mode: bool = False, now: float = NOW, **more: object) -> Values:
        return expired(self.options(**more), check_mode, now)

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.rglob("*.tsv.gz"))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    folder = tmp_path / "archives"
    folder.mkdir(mode=0o700)
    return Shelf(folder)


def test_encrypted_archives_are_counted_and_removed_without_a_key(shelf: Shelf) -> None:
    folder = shelf.put("CHG-1", rows=5, sealed=True)
    (run,) = looked(shelf.options(), False, NOW)["runs"]
    assert (run["files"], run["logins"], run["backed_up"], run["problem"]) == (2, 5, 5, "")
    shelf.forget_history("CHG-1")
    done = shelf.expire(now=NOW + 100 * DAY)["runs"][0]
    assert (done["removed"], done["kept"]) == (2, "")
    assert sorted(path.name for path in folder.iterdir()) == [".run.lock", "run.json"]
    assert {Path(one["path"]).suffix for one in shelf.record("CHG-1")["expired"]["archives"]} == {".age"}


def test_what_lies_there_is_told_with_age_and_logins_and_nothing_is_changed(shelf: Shelf) -> None:
    shelf.put("CHG-1")
    shelf.put("CHG-2", "rolling", rows=5, cluster="confluence-0123456789ab")
    (one, other) = sorted(looked(shelf.options(), False, NOW)["runs"], key=lambda run: str(run["run_id"]))
    assert (one["run_id"], one["phase"], one["files"], one["logins"], one["backed_up"], one["age"] // DAY) == (
        "CHG-1",
        "proven",
        2,
        2,
        2,
        39,
    )
    assert (other["cluster"], other["phase"], other["logins"]) == ("confluence-0123456789ab", "rolling", 5)
    assert [run["run_id"] for run in looked(shelf.options(cluster=CLUSTER), False, NOW)["runs"]] == ["CHG-1"]
    assert len(shelf.files()) == 4


def test_no_folder_holds_no_archive(tmp_path: Path) -> None:
    assert looked({"archive_dir": str(tmp_path / "none"), "cluster": ""}, False, NOW)["runs"] == []


def test_old_archives_are_removed_the_record_stays_and_tells_of_them(shelf: Shelf) -> None:
    folder = shelf.put("CHG-1")
    before = hashlib.sha256((folder / "run.json").read_bytes()).hexdigest()
    draft = folder / ".draft-x"
    draft.write_bytes(b"half")
    found = shelf.expire()
    assert (found["changed"], found["problems"], found["runs"][0]["removed"]) == (True, [], 3)
    assert sorted(path.name for path in folder.iterdir()) == [".run.lock", "run.json"]
    told = shelf.record("CHG-1")["expired"]
    assert told["record_before"] == before
    assert next(one["sha256"] for one in told["archives"] if one["path"] == str(draft)) == ""
    assert {Path(one["path"]).name: (one["rows"], one["removed"]) for one in told["archives"]} == {
        ".draft-x": (0, True),
        "backup-remembermetoken-1.tsv.gz": (2, True),
        "remembermetoken-1.tsv.gz": (2, True),
    }
    assert shelf.record("CHG-1")["phase"] == "proven"


def test_in_check_mode_the_same_is_listed_and_nothing_is_changed(shelf: Shelf) -> None:
    shelf.put("CHG-1")
    shelf.put("CHG-2", "rolling")
    before = {path: path.read_bytes() for path in shelf.folder.rglob("*") if path.is_file()}
    rehearsed = shelf.expire(check_mode=True)
    assert {path: path.read_bytes() for path in shelf.folder.rglob("*") if path.is_file()} == before
    assert shelf.expire() == rehearsed


def test_a_second_time_nothing_is_left_to_do(shelf: Shelf) -> None:
    shelf.put("CHG-1")
    shelf.expire()
    record = shelf.record("CHG-1")
    again = shelf.expire()
    assert (again["changed"], again["runs"]) == (False, [])
    assert shelf.record("CHG-1") == record


@pytest.mark.parametrize("phase", ["prepared", "revoked", "rolling"])
def test_an_archive_of_a_run_that_is_not_over_stays_however_old_it_is(shelf: Shelf, phase: str) -> None:
    shelf.put("CHG-1", phase)
    found = shelf.expire(now=NOW + 4000 * DAY)
    assert (found["changed"], found["runs"][0]["kept"], found["problems"]) == (False, f"its run is not over (phase {phase})", [])
    assert len(shelf.files()) == 2


@pytest.mark.parametrize("phase", ["proven", "unproven", "abandoned", "refused"])
def test_a_run_that_is_over_however_it_ended_keeps_no_old_archive(shelf: Shelf, phase: str) -> None:
    shelf.put("CHG-1", phase)
    assert shelf.expire()["changed"]
    assert shelf.files() == []


@pytest.mark.parametrize(("days", "removed"), [(39, True), (40, False), (41, False)])
def test_age_counts_from_the_youngest_file_and_from_the_end_of_the_run(shelf: Shelf, days: int, removed: bool) -> None:
    folder = shelf.put("CHG-1")
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    # the record tells of its end
    assert shelf.expire(check_mode=True, days=days)["changed"] == removed


def test_a_file_that_is_younger_than_the_end_of_its_run_keeps_all_of_them(shelf: Shelf) -> None:
    folder = shelf.put("CHG-1")
    os.utime(folder / "remembermetoken-1.tsv.gz", (NOW, NOW))
    assert shelf.expire()["runs"][0]["kept"] == "younger than 30 days"


def test_a_file_from_the_future_is_young(shelf: Shelf) -> None:
    folder = shelf.put("CHG-1")
    os.utime(folder / "remembermetoken-1.tsv.gz", (NOW + DAY, NOW + DAY))
    assert (shelf.expire()["changed"], shelf.expire()["runs"][0]["age"]) == (False, 0)


@pytest.mark.parametrize("days", [None, 0, -1])
def test_without_a_number_of_days_nothing_is_removed(shelf: Shelf, days: int | None) -> None:
    shelf.put("CHG-1")
    with pytest.raises(SessionsError, match="force_reauth_expire_days"):
        shelf.expire(days=days)
    assert len(shelf.files()) == 2


def _link(path: Path) -> None:
    elsewhere = next(one for one in path.parents if one.name not in ("archives", CLUSTER)) / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def _open(path: Path) -> None:
    path.chmod(0o755)


@pytest.mark.parametrize(("spoil", "reason"), [(_link, "is not a folder of its own"), (_open, "is open to others")])
@pytest.mark.parametrize("level", ["archives", "cluster", "run"])
def test_no_folder_is_trusted_that_others_may_change_or_that_is_a_link(
    shelf: Shelf, level: str, spoil: t.Callable[[Path], None], reason: str
) -> None:
    run = shelf.put("CHG-1")
    spoil({"archives": shelf.folder, "cluster": run.parent, "run": run}[level])
    if level == "archives":
        with pytest.raises(SessionsError, match=reason):
            shelf.expire()
    else:
        found = shelf.expire()
        assert reason in "; ".join(found["problems"])
        assert not any(run["removed"] for run in found["runs"] if run["problem"])
        assert {(run["logins"], run["backed_up"]) for run in found["runs"] if run["problem"]} == {(-1, -1)}
    assert len([path for path in shelf.folder.parent.rglob("*.tsv.gz") if path.parent.resolve() == path.parent]) == 2


@pytest.mark.parametrize("cluster", [CLUSTER, ""])
def test_a_disk_of_its_own_has_a_folder_that_is_no_clusters_and_is_no_problem(
    shelf: Shelf, cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.put("CHG-1")
    lost = shelf.folder / "lost+found"
    lost.mkdir(mode=0o755)
    (shelf.folder / f"{CLUSTER}.old").mkdir()
    # what is in it is root's business
    enter = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: pytest.fail("looked into") if path == lost else enter(path))
    beside = [] if cluster else [f"{CLUSTER}.old", "lost+found"]
    seen = looked(shelf.options(cluster=cluster), False, NOW)
    done = shelf.expire(cluster=cluster)
    assert (seen["other_folders"], done["other_folders"]) == (beside, beside)
    assert ([run["run_id"] for run in seen["runs"]], done["problems"], shelf.files()) == (["CHG-1"], [], [])
    told = [f"No cluster's folder, and not looked into: {CLUSTER}.old, lost+found"]
    assert [line for line in archive_lines(done, 30, False) if "lost+found" in line] == told[: len(beside)]


@pytest.mark.parametrize("product", LOADERS)
def test_the_folder_of_each_product_is_a_clusters(product: str) -> None:
    assert is_cluster(cluster_name(product_named(product).name, "a database"))


@pytest.mark.parametrize(
    "name", ["lost+found", "jira", "jira-", "jira-0123456789a", f"{CLUSTER}0", "jira-0123456789AB", "wiki-0123456789ab"]
)
def test_any_other_folder_is_not(name: str) -> None:
    assert not is_cluster(name)


def test_a_run_without_a_record_is_left_alone_and_the_end_is_red(shelf: Shelf) -> None:
    shelf.put("CHG-1", phase="")
    found = shelf.expire()
    assert "no record tells whether its run is over" in found["problems"][0]
    assert len(shelf.files()) == 2


def test_a_run_whose_record_is_damaged_is_left_alone_and_the_others_are_not(shelf: Shelf) -> None:
    (shelf.put("CHG-1") / "run.json").write_text("{}", encoding="utf-8")
    shelf.put("CHG-2")
    found = shelf.expire()
    assert [one.partition(":")[0] for one in found["problems"]] == [str(shelf.folder / CLUSTER / "CHG-1")]
    assert [path.parent.name for path in shelf.folder.rglob("*.tsv.gz")] == ["CHG-1", "CHG-1"]


def test_something_else_in_the_place_of_an_archive_is_not_touched(shelf: Shelf) -> None:
    folder = shelf.put("CHG-1")
    (folder / "remembermetoken-2.tsv.gz").symlink_to("/etc/passwd")
    found = shelf.expire()
    assert "is no file of this account" in found["problems"][0]
    assert len(shelf.files()) == 3


def test_an_archive_without_a_description_holds_logins_as_well(shelf: Shelf) -> None:
    folder = shelf.put("CHG-1")
    (folder / "remembermetoken-1.json").unlink()
    assert looked(shelf.options(), False, NOW)["runs"][0]["logins"] == -1
    shelf.expire()
    assert shelf.files() == []


def test_a_removal_that_fails_half_way_is_told_recorded_and_finished_by_the_next_one(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.put("CHG-1")
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.name == "remembermetoken-1.tsv.gz":
            raise PermissionError(1, "Operation not permitted")
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        found = shelf.expire()
    assert (found["changed"], found["runs"][0]["removed"]) == (True, 1)
    assert "remembermetoken-1.tsv.gz cannot be removed: Operation not permitted" in found["problems"][0]
    told = {Path(one["path"]).name: one["removed"] for one in shelf.record("CHG-1")["expired"]["archives"]}
    assert told == {"backup-remembermetoken-1.tsv.gz": True, "remembermetoken-1.tsv.gz": False}
    assert (shelf.expire()["problems"], shelf.files()) == ([], [])
    assert all(one["removed"] for one in shelf.record("CHG-1")["expired"]["archives"])


def test_a_removal_that_was_killed_is_in_the_record_and_settled_by_the_next_one(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.put("CHG-1")

    def killed(_folder: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(expiry, "sync_folder", killed)
        with pytest.raises(KeyboardInterrupt):
            shelf.expire()
    assert [one["removed"] for one in shelf.record("CHG-1")["expired"]["archives"]] == [False, False]
    shelf.expire()
    told = shelf.record("CHG-1")["expired"]["archives"]
    assert [(one["removed"], one["rows"]) for one in told] == [(True, 2), (True, 2)]
    assert shelf.expire()["runs"] == []


def test_a_draft_in_a_folder_on_a_network_file_system_is_removed(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    flock_as_on_nfs(monkeypatch)
    draft = shelf.put("CHG-1") / ".draft-abc"
    draft.write_bytes(b"half")
    assert (shelf.expire()["problems"], draft.exists()) == ([], False)


def test_a_draft_at_which_a_writer_still_is_stays_and_is_told(shelf: Shelf) -> None:
    draft = shelf.put("CHG-1") / ".draft-abc"
    with draft.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert shelf.expire()["problems"] == [f"{draft.parent}: .draft-abc is in use"]
    assert draft.exists()


def test_why_a_draft_cannot_be_removed_is_told_in_the_words_of_the_system(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = shelf.put("CHG-1") / ".draft-abc"
    draft.write_bytes(b"half")
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == draft:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    assert shelf.expire()["problems"] == [f"{draft.parent}: .draft-abc cannot be removed: Read-only file system"]


def test_a_run_that_is_taken_up_meanwhile_keeps_its_archives(shelf: Shelf) -> None:
    shelf.put("CHG-1", "rolling")
    with pytest.raises(SessionsError, match="is not over"):
        RunRecords(str(shelf.folder), CLUSTER).note_expired("CHG-1", [])


def test_a_table_that_a_purge_can_name_is_recognised(shelf: Shelf) -> None:
    """Every name that an archive may get is one that is found here."""
    folder = shelf.put("CHG-1")
    odd = folder / description.name_of("Weird name;*", 12, False)
    odd.write_bytes(b"")
    shelf.expire()
    assert not odd.exists()


def test_a_folder_that_is_not_there_is_not_taken_for_one_without_archives(tmp_path: Path) -> None:
    missing = str(tmp_path / "elsewhere")
    with pytest.raises(SessionsError, match=r"elsewhere is not there, so no archive was looked at: name it with archive_dir"):
        expired({"archive_dir": missing, "cluster": "", "days": 30}, False, 0.0)


def test_a_cluster_that_is_not_there_is_not_taken_for_one_without_archives(shelf: Shelf) -> None:
    shelf.put("CHG-1")
    with pytest.raises(SessionsError, match=r"jira-00000000000 is not there, so no archive was looked at: .*, or another cluster\."):
        shelf.expire(cluster="jira-00000000000")
    assert shelf.files()


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "c/r (proven), 2 days old, 3 archives with 5 logins, a backup of 7"),
        ({"phase": "rolling"}, "c/r (not over (rolling)), 2 days old, 3 archives with 5 logins, a backup of 7"),
        ({"phase": ""}, "c/r (no record), 2 days old, 3 archives with 5 logins, a backup of 7"),
        ({"run_id": ""}, "c (proven), 2 days old, 3 archives with 5 logins, a backup of 7"),
        (
            {"logins": -1, "backed_up": -1},
            "c/r (proven), 2 days old, 3 archives with an unknown number of logins, a backup of an unknown number",
        ),
        ({"logins": 0, "backed_up": 0}, "c/r (proven), 2 days old, 3 archives with 0 logins"),
        ({"files": 0}, "c/r (proven), 2 days old, 0 archives with 5 logins, a backup of 7"),
        ({"problem": "is a link"}, "c/r (proven), 2 days old, 3 archives with 5 logins, a backup of 7"),
        ({"problem": "is a link", "files": 0}, "c/r"),
    ],
)
def test_the_line_of_a_run_tells_what_is_known_of_it(changes: dict[str, t.Any], line: str) -> None:
    run = {"cluster": "c", "run_id": "r", "phase": "proven", "age": 2 * DAY, "files": 3, "logins": 5, "backed_up": 7, "problem": ""}
    assert run_line({**run, **changes}) == line


def test_the_lines_tell_what_goes_what_stays_and_why(shelf: Shelf) -> None:
    shelf.put("CHG-1")
    shelf.put("CHG-2", "rolling")
    (shelf.put("CHG-3") / "run.json").write_text("{}", encoding="utf-8")
    lines = archive_lines(shelf.expire(check_mode=True), 30, True)
    text = "\n".join(lines)
    assert f"x {CLUSTER}/CHG-1 (proven), 39 days old, 2 archives with 2 logins, a backup of 2: would be removed" in text
    assert (
        f"- {CLUSTER}/CHG-2 (not over (rolling)), 39 days old, 2 archives with 2 logins, a backup of 2: stays, its run is not over" in text
    )
    assert f"- {CLUSTER}/CHG-3: stays, " in text
    assert "Older than 30 days: 2 archives of 1 run, would be removed. 2 runs stay as they are." in lines
    assert lines[-1] == "Check mode: nothing was changed."
    young = archive_lines({"runs": [run | {"kept": run["kept"] and "x"} for run in shelf.expire(check_mode=True)["runs"]][:2]}, 30, True)
    assert "Older than 30 days: 2 archives of 1 run, would be removed. 1 run stays as it is." in young
    assert archive_lines({"runs": []}, 1, False) == [
        "No archive lies there.",
        "Older than 1 day: 0 archives of 0 runs, removed. 0 runs stay as they are.",
    ]


@pytest.mark.parametrize(
    ("age", "days", "kept"),
    [
        (DAY, 1, ""),
        (DAY - 1, 1, "younger than 1 day"),
        (2 * DAY, 2, ""),
        (2 * DAY - 1, 2, "younger than 2 days"),
        (0, 0, ""),
    ],
)
def test_archives_go_at_the_second_at_which_they_are_so_many_days_old(age: int, days: int, kept: str) -> None:
    run: Values = {"cluster": "c", "run_id": "r", "folder": "/f", "phase": "proven", "over": True, "age": age, "files": [], "pending": []}
    assert why_kept(t.cast("t.Any", {**run, "problem": ""}), days) == kept


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_a_record_calls_its_phase_decides_nothing(text: str) -> None:
    run: Values = {"cluster": "c", "run_id": "r", "folder": "/f", "phase": text, "over": False, "age": 10**9, "files": [], "pending": []}
    assert why_kept(t.cast("t.Any", {**run, "problem": ""}), 1) == f"its run is not over (phase {text})"
