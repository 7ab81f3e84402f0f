# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Encrypted archives, from the rehearsal to the way back."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pyrage
import pytest

from tests.playbook.runs import Site

RESTORE = "dcops.atlassian_sessions.restore_tokens"
OWNER = pyrage.x25519.Identity.generate()
FOR_OWNER: dict[str, t.Any] = {"archive_recipients": [str(OWNER.to_public())]}


def keys_of_the_controller(site: Site) -> list[Path]:
    return list(site.folder.rglob("*.key"))


@pytest.mark.long
def test_a_run_leaves_no_plain_archive_and_its_tokens_come_back_with_the_key_of_a_recipient(make_site: t.Callable[..., Site]) -> None:
    site = make_site(nodes=1)
    site.sign_in("eve")
    rows = set(site.cluster.token_rows())
    outage: dict[str, t.Any] = {"route": "outage", "accept_outage": True}
    before = site.state_of_everything()
    refused = site.run("--check", **outage, archive_recipients=[str(OWNER)])
    assert refused.status != 0
    refused.assert_says("Recipient 1 of the archives (archive_recipients) is a secret key", "Nothing was changed.")
    assert str(OWNER) not in refused.output
    assert site.state_of_everything() == before

    done = site.run(**outage, **FOR_OWNER)
    assert done.status == 0, done.output
    done.assert_says("encrypted for 1 recipient", "PROVEN")
    archives = [{"path": one["path"], "sha256": one["sha256"]} for one in site.record()["revoked"]["archives"]]
    files = [path for path in site.archives.rglob("*.tsv.gz*") if path.is_file()]
    assert {path.suffix for path in files} == {".age"}
    assert {path.read_bytes()[:21] for path in files} == {b"age-encryption.org/v1"}
    assert [one["path"] for one in site.evidence()["archives"]] == [one["path"] for one in archives]
    assert keys_of_the_controller(site) == []

    identity = site.folder / "identity.txt"
    identity.write_text(str(OWNER), encoding="utf-8")
    identity.chmod(0o600)
    database: dict[str, t.Any] = {"product": "jira", "database_engine": "sqlite", "database_name": site.cluster.database.name}
    back = {**database, "restore_archives": archives, "accept_live_logins": True}
    refused = site.run(playbook=RESTORE, **back)
    assert refused.status != 0
    refused.assert_says("is encrypted with age: name the file of the key", "force_reauth_restore_identity")
    restored = site.run(playbook=RESTORE, **back, restore_identity=str(identity))
    assert restored.status == 0, restored.output
    assert rows <= set(site.cluster.token_rows())


@pytest.mark.long
@pytest.mark.parametrize("lost", [False, True], ids=["the same controller", "the key is lost"])
def test_a_resume_compares_the_archives_where_it_has_the_key_and_says_so_where_not(make_site: t.Callable[..., Site], lost: bool) -> None:
    site = make_site(nodes=2)
    site.sign_in("eve")
    run = site.start(run_id="CHG-1", **FOR_OWNER)
    site.kill_when(run, lambda steps: steps.get("n1") == "up")
    (key,) = keys_of_the_controller(site)
    if lost:
        key.unlink()
    resumed = site.run(run_id="CHG-1", **FOR_OWNER)
    assert ("no key that is at hand here opens it, so whether one of its tokens came back" in resumed.said) == lost
    assert (resumed.status != 0, site.record()["phase"]) == (lost, "unproven" if lost else "proven")
    assert keys_of_the_controller(site) == []
