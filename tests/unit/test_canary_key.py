# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cookies of the canary are sealed with a key that lies on the controller alone, and lost without it."""

from __future__ import annotations

import os
import stat
import threading
import typing as t
from pathlib import Path

import pytest
from ansible import constants
from ansible.errors import AnsibleError
from ansible_collections.dcops.atlassian_sessions.plugins.lookup.canary import LookupModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.canary_key import KeyFile, given_problem

from tests.unit.full_disk import fill_disk

COOKIES = [{"kind": "session", "name": "JSESSIONID", "value": '4B1D"\\ä', "node": "n1"}]
RUN = {"cluster": "jira-0123456789ab", "run_id": "CHG-1"}
GIVEN = "0123456789abcdef" * 4


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(constants.config, "get_config_value", lambda _name: str(tmp_path / "ansible"))
    return tmp_path / "ansible"


def lookup(mode: str, *terms: object, **options: str) -> list[t.Any]:
    plugin = LookupModule()
    values = {"mode": mode, "key": "", "proof_password": "", **RUN, **options}
    # what ansible reads from the documentation
    plugin.set_options = lambda **_options: None
    plugin.get_option = values.__getitem__
    return plugin.run(terms)


def key_files(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


@pytest.mark.usefixtures("home")
def test_sealed_and_opened_again() -> None:
    (sealed,) = lookup("seal", COOKIES)
    assert "4B1D" not in sealed
    assert lookup("open", sealed) == COOKIES


def test_the_key_is_random_private_and_alone(home: Path) -> None:
    lookup("seal", COOKIES)
    lookup("seal", COOKIES, run_id="CHG-2")
    keys = key_files(home)
    assert [path.name for path in sorted(keys)] == ["jira-0123456789ab.CHG-1.key", "jira-0123456789ab.CHG-2.key"]
    assert len({path.read_text(encoding="ascii") for path in keys}) == 2
    assert {len(path.read_bytes()) for path in keys} == {64}
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}
    assert stat.S_IMODE(keys[0].parent.stat().st_mode) == 0o700


def test_on_another_controller_the_cookies_are_lost(home: Path) -> None:
    (sealed,) = lookup("seal", COOKIES)
    key_files(home)[0].unlink()
    assert lookup("open", sealed) == []
    assert key_files(home) == []
    lookup("seal", COOKIES)
    assert lookup("open", sealed) == []


def test_a_given_key_needs_no_file_and_opens_on_every_controller(home: Path) -> None:
    (sealed,) = lookup("seal", COOKIES, key=GIVEN)
    assert lookup("open", sealed, key=GIVEN) == COOKIES
    assert lookup("open", sealed, key=GIVEN[::-1]) == []
    assert key_files(home) == []


@pytest.mark.parametrize("sealed", ["", "no vault", "$ANSIBLE_VAULT;1.1;AES256\n00"])
@pytest.mark.usefixtures("home")
def test_what_is_no_sealed_text_opens_to_nothing(sealed: str) -> None:
    lookup("seal", COOKIES)
    assert lookup("open", sealed) == []


@pytest.mark.usefixtures("home")
def test_only_cookies_come_out() -> None:
    (sealed,) = lookup("seal", [*COOKIES, {"kind": "session"}])
    assert lookup("open", sealed) == COOKIES


def test_no_cookies_are_an_empty_text(home: Path) -> None:
    assert lookup("seal", []) == [""]
    assert lookup("open", "") == []
    assert not home.exists()


def test_a_forgotten_key_is_gone(home: Path) -> None:
    lookup("seal", COOKIES)
    assert lookup("forget") == lookup("forget") == []
    assert key_files(home) == []


def test_a_folder_that_others_can_open_is_refused_before_anything_is_done(home: Path) -> None:
    (home / "force_reauth").mkdir(parents=True)
    (home / "force_reauth").chmod(0o755)
    assert "is open to others" in lookup("looked")[0]
    with pytest.raises(AnsibleError, match="is open to others"):
        lookup("seal", COOKIES)


def test_a_folder_that_cannot_be_written_is_refused_at_the_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # root may write everywhere
    monkeypatch.setattr(os, "access", lambda _path, mode: mode & (os.W_OK | os.X_OK) == 0)
    with pytest.raises(SessionsError) as refused:
        KeyFile(str(tmp_path / "keys"), **RUN).check_room()
    said = f"The folder {tmp_path} of this controller cannot be written, and the key of the canary lies there."
    assert str(refused.value) == said


def test_a_key_for_which_there_is_no_room_is_refused_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = KeyFile(str(make_folder(tmp_path)), **RUN)
    fill_disk(monkeypatch)
    with pytest.raises(SessionsError, match=r"The key of the canary .*CHG-1\.key cannot be written: No space left on device"):
        key.read_or_make()
    assert list(key.path.parent.iterdir()) == []


def make_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    return folder


def test_a_look_changes_nothing(home: Path) -> None:
    assert lookup("looked") == [""]
    assert not home.exists()


@pytest.mark.parametrize(("cluster", "run_id"), [("../x", "CHG-1"), ("jira", "../x"), ("", "CHG-1"), ("jira", "a/b")])
def test_the_database_host_names_no_path_of_the_controller(cluster: str, run_id: str) -> None:
    with pytest.raises(SessionsError, match="cannot name the file of a key"):
        KeyFile("/tmp", cluster, run_id)  # nothing is written


def test_of_many_forks_all_have_the_same_key(tmp_path: Path) -> None:
    keys: list[str] = []
    threads = [
        threading.Thread(target=lambda: keys.append(KeyFile(str(tmp_path / "keys"), "jira", "1").read_or_make())) for _fork in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(keys), len(set(keys))) == (12, 1)
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["jira.1.key"]


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("", ""),
        (GIVEN, ""),
        ("short", "too weak"),
        ("0123456789abcdef" * 2, ""),
        (GIVEN[:31], "too weak"),
        ("01234567" * 4, ""),
        ("0123456" * 5, "too weak"),
        ("a" * 64, "too weak"),
        ("the proof password and some more words", "holds the proof password"),
    ],
)
def test_a_weak_key_is_refused(key: str, problem: str) -> None:
    found = given_problem(key, "proof password")
    assert (problem in found, bool(problem)) == (True, bool(found))
    assert not key or key not in found


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (KeyFile.read, r"The key of the canary .*1\.key cannot be read\. See whose file it is, or remove it\."),
        (KeyFile.forget, r"The key of the canary .*1\.key cannot be removed: .*\. Remove it\."),
    ],
)
def test_a_key_that_is_no_file_is_named(tmp_path: Path, act: t.Callable[[KeyFile], object], sentence: str) -> None:
    (tmp_path / "jira.1.key").mkdir()
    with pytest.raises(SessionsError, match=sentence):
        act(KeyFile(str(tmp_path), "jira", "1"))


def test_the_secret_of_the_archives_is_made_of_the_key_and_is_not_the_key(home: Path) -> None:
    (secret,) = lookup("archives", ["age1.."])
    (path,) = key_files(home)
    key = path.read_text(encoding="ascii")
    assert (len(secret), key in secret) == (64, False)
    assert lookup("archives", ["age1.."]) == [secret]
    assert lookup("archives", []) == [secret]
    assert lookup("archives", ["age1.."], run_id="CHG-2") != [secret]
    assert lookup("archives", ["age1.."], key=GIVEN) not in ([secret], [GIVEN])


def test_where_nothing_is_encrypted_no_key_is_made_for_it(home: Path) -> None:
    assert lookup("archives", []) == [""]
    assert key_files(home) == []


@pytest.mark.usefixtures("home")
def test_the_secret_of_the_archives_is_lost_with_the_key() -> None:
    (secret,) = lookup("archives", ["age1.."])
    lookup("forget")
    assert lookup("archives", []) == [""]
    assert lookup("archives", ["age1.."]) != [secret]
