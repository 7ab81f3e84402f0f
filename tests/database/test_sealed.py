# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Encrypted archives: the rows come back with the key of a recipient, and what a run has no key for is said to be unread."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pyrage
import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import age
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

from tests.database.site import Site, Values
from tests.database.tables import HARD_ROWS

KEY = "0123456789abcdef" * 4
ALICE, MALLORY = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
FOR_ALICE: Values = {"archive_recipients": [str(ALICE.to_public())], "archive_key": KEY}


@pytest.fixture
def key_of(tmp_path: Path) -> t.Callable[[object], str]:
    def written(identity: object) -> str:
        path = tmp_path / "key.txt"
        path.write_text(f"{identity}\n", encoding="utf-8")
        path.chmod(0o600)
        return str(path)

    return written


@pytest.fixture
def filled(site: Site) -> Site:
    site.add(*HARD_ROWS)
    site.sign_in(1100, first=1000)
    return site


def refusal(site: Site, archives: list[Values], **more: t.Any) -> str:
    before = site.rows()
    with pytest.raises(SessionsError) as refused:
        site.restore(archives, **more)
    assert site.rows() == before
    return str(refused.value)


def test_the_rows_come_back_exactly_with_the_key_of_a_recipient(filled: Site, key_of: t.Callable[[object], str]) -> None:
    before = filled.rows()
    backup = filled.back_up(**FOR_ALICE)
    done = filled.purge(**FOR_ALICE)
    assert (filled.rows(), done["rows"]) == ([], len(before))
    for archive in (backup["archive"], *done["archives"]):
        text = Path(archive["path"]).read_bytes()
        assert archive["path"].endswith(".tsv.gz.age")
        assert text.startswith(b"age-encryption.org/v1")
    folder = Path(done["folder"])
    assert not [path for path in folder.iterdir() if b"KEY" in path.read_bytes() and path.suffix != ".json"]
    assert filled.restore(done["archives"], True, identity_file=key_of(ALICE))["rows"] == len(before)
    assert filled.restore(done["archives"], identity_file=key_of(ALICE))["rows"] == len(before)
    assert filled.rows() == before


def test_rows_that_are_there_already_are_told_from_those_that_are_missing(filled: Site, key_of: t.Callable[[object], str]) -> None:
    before = filled.rows()
    archives = filled.purge(**FOR_ALICE)["archives"]
    filled.restore(archives, identity_file=key_of(ALICE))
    filled.run_sql("DELETE FROM remembermetoken WHERE ID BETWEEN 1100 AND 1199")
    again = filled.restore(archives, identity_file=key_of(ALICE))
    assert (again["rows"], again["present"]) == (100, len(before) - 100)
    assert filled.rows() == before


def test_without_the_right_key_nothing_comes_back_and_the_reason_is_told(site: Site, key_of: t.Callable[[object], str]) -> None:
    site.sign_in(3)
    archives = site.purge(**FOR_ALICE)["archives"]
    assert "is encrypted with age: name the file of the key of one of its recipients" in refusal(site, archives)
    assert "and no key that is at hand here opens it" in refusal(site, archives, identity_file=key_of(MALLORY))
    assert "holds no key that can be used" in refusal(site, archives, identity_file=key_of("hello"))
    path = Path(archives[0]["path"])
    path.write_bytes(path.read_bytes()[:-20])
    assert "is damaged: it cannot be read to its end" in refusal(site, archives, identity_file=key_of(ALICE))


def test_the_look_refuses_a_recipient_that_is_none_before_anything_is_done(site: Site) -> None:
    site.sign_in(3)
    for act in (site.look, site.back_up, site.purge):
        with pytest.raises(SessionsError, match=r"Recipient 1 of the archives \(archive_recipients\) is none"):
            act(archive_recipients=["age1hello"])
    assert (len(site.rows()), site.archive_dir.exists()) == (3, False)


def test_the_look_refuses_where_pyrage_is_missing_with_the_command(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(age, "HAS_PYRAGE", False)
    with pytest.raises(SessionsError, match=r"lacks pyrage 1\.2 or newer, .*-m pip install 'pyrage>=1\.2,<2'"):
        site.look(**FOR_ALICE)


def test_the_look_tells_for_how_many_and_writes_nothing(site: Site) -> None:
    site.sign_in(3)
    assert (site.look(**FOR_ALICE)["encrypted_for"], site.look()["encrypted_for"], site.archive_dir.exists()) == (1, 0, False)


def came_back(site: Site, **more: t.Any) -> Values:
    return site.purge(scope="archived", **more)


def test_a_token_that_came_back_is_found_by_another_process_that_has_the_secret_of_the_run(site: Site) -> None:
    site.add((7, "2026-02-03 04:05:06", "same token", "user1"), (8, "2026-02-03 04:05:06", "other", "user2"))
    site.purge(**FOR_ALICE)
    site.add((9, "2026-02-03 04:05:06", "same token", "user1"), (10, "2026-02-03 04:05:06", "new", "user1"))
    found = came_back(site, **FOR_ALICE)
    assert (found["rows"], found["left"], found["since"], found["unread"]) == (1, 0, 1, [])
    assert [row[2] for row in site.rows()] == ["new"]


def test_a_resume_that_has_lost_the_secret_says_what_it_could_not_compare(site: Site) -> None:
    site.sign_in(2)
    lost = Path(site.purge(**FOR_ALICE)["archives"][0]["path"])
    site.add((9, "2026-02-03 04:05:06", "later", "user1"))
    site.purge(**{**FOR_ALICE, "archive_key": "x" * 32})
    found = came_back(site, **{**FOR_ALICE, "archive_key": "x" * 32})
    assert found["unread"] == [
        f"{lost} is encrypted, and no key that is at hand here opens it, so whether one of its tokens came back is not known"
    ]
    assert (found["checked"], found["left"]) == (1, 0)


def test_rows_that_only_a_lost_backup_could_explain_stay_unexplained(site: Site) -> None:
    site.sign_in(5)
    backed_up = {"archive_recipients": FOR_ALICE["archive_recipients"]}
    assert site.back_up(**backed_up)["rows"] == 5
    site.run_sql("DELETE FROM remembermetoken WHERE id < 3")
    with pytest.raises(SessionsError, match=r"Unsuccessful: 5 rows of .* were expected"):
        site.purge(expected_rows=5, **FOR_ALICE)


def test_rows_that_the_backup_explains_are_no_loss(site: Site) -> None:
    site.sign_in(5)
    site.back_up(**FOR_ALICE)
    site.run_sql("DELETE FROM remembermetoken WHERE id < 3")
    assert site.purge(expected_rows=5, **FOR_ALICE)["rows"] == 3


def test_a_token_in_an_archive_that_cannot_be_read_is_not_said_to_be_of_another_database(site: Site) -> None:
    site.sign_in(3)
    site.purge(**FOR_ALICE)
    handed_out = [{"node": "n1", "token": "2"}]
    assert site.look(**FOR_ALICE, expected_tokens=handed_out)["rows"] == 0
    with pytest.raises(SessionsError, match=r"has deleted it cannot be told: .* is encrypted, and no key .* Nothing was deleted\.") as told:
        site.look(**{**FOR_ALICE, "archive_key": ""}, expected_tokens=handed_out)
    assert "another database" not in str(told.value)


def test_a_token_in_an_archive_whose_description_is_damaged_is_not_said_to_be_of_another_database(site: Site) -> None:
    site.sign_in(3)
    Path(site.purge()["archives"][0]["path"].replace(".tsv.gz", ".json")).write_text("{", encoding="utf-8")
    with pytest.raises(SessionsError, match=r"has deleted it cannot be told: "):
        site.look(expected_tokens=[{"node": "n1", "token": "2"}])
