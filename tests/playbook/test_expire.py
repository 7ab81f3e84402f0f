# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Old archives are removed by a playbook of its own: rehearsed, once, and never without a number of days."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.shelved import DAY

from tests.playbook.runs import Playbook, Result
from tests.unit.test_expiry import CLUSTER, Shelf

EXPIRE = "dcops.atlassian_sessions.expire_archives"


class Archives(Playbook):
    """A folder of archives on the controller; no node is asked. ``other``: the line of one more host."""

    other = ""

    @property
    def secrets(self) -> dict[str, str]:
        return {}

    def write_inventory(self, **variables: object) -> Path:
        assert not variables
        path = self.folder / "inventory.ini"
        settings = {"ansible_connection": "local", "force_reauth_archive_dir": str(self.archives)}
        lines = [f"{name}={value}" for name, value in settings.items()]
        path.write_text("\n".join(["nowhere.example.org", self.other, "[all:vars]", *lines, ""]), encoding="utf-8")
        return path

    def expire(self, *arguments: str) -> Result:
        return self.run(*arguments, playbook=EXPIRE)


@pytest.fixture
def site(tmp_path: Path) -> Archives:
    """An old run and a young one."""
    found = Archives(tmp_path)
    found.archives.mkdir(mode=0o700)
    shelf = Shelf(found.archives)
    for run_id in ("old", "young"):
        folder = shelf.put(run_id)
        shelf.forget_history(run_id)
        for path in folder.iterdir():
            seconds = time.time() - (40 * DAY if run_id == "old" else 0)
            os.utime(path, (seconds, seconds))
    return found


def test_old_archives_are_listed_by_a_rehearsal_removed_once_and_never_without_a_number_of_days(site: Archives) -> None:
    folder = site.archives / CLUSTER / "old"
    refused = site.expire()
    assert refused.status != 0
    refused.assert_says("force_reauth_expire_days must be given", "Nothing was changed.")

    rehearsed = site.expire("--check", "-e", "force_reauth_expire_days=30")
    assert rehearsed.status == 0, rehearsed.output
    rehearsed.assert_says("old (proven), 40 days old, 2 archives with 2 logins", "would be removed", "young (proven), 0 days old")
    assert len(list(folder.glob("*.tsv.gz"))) == 2

    done = site.expire("-e", "force_reauth_expire_days=30")
    assert done.status == 0, done.output
    done.assert_says("Older than 30 days: 2 archives of 1 run, removed. 1 run stays as it is.")
    assert sorted(path.name for path in folder.iterdir()) == [".run.lock", "run.json"]
    assert len(list((site.archives / CLUSTER / "young").glob("*.tsv.gz"))) == 2


@pytest.mark.long
def test_a_second_time_nothing_is_left_and_a_record_that_cannot_be_read_ends_in_red(site: Archives) -> None:
    site.expire("-e", "force_reauth_expire_days=30")
    again = site.expire("-e", "force_reauth_expire_days=30")
    assert again.status == 0, again.output
    again.assert_says("0 archives of 0 runs, removed. 1 run stays as it is.")
    (site.archives / CLUSTER / "young" / "run.json").write_text("{}", encoding="utf-8")
    damaged = site.expire("-e", "force_reauth_expire_days=30")
    assert damaged.status != 0
    damaged.assert_says("young: stays, ", "is damaged: it is no run record")
    site.other = "lb1.example.org force_reauth_archive_dir=/srv/elsewhere"
    several = site.expire("-e", "force_reauth_expire_days=30")
    assert several.status != 0
    several.assert_says("force_reauth_archive_dir is said once for the cluster", "name the hosts of one cluster with --limit")
    missing = site.expire("--limit", "lb1.example.org", "-e", "force_reauth_expire_days=30")
    assert missing.status != 0
    missing.assert_says("/srv/elsewhere is not there, so no archive was looked at")
    none = site.expire("-e", "force_reauth_expire_days=0", "--limit", "nowhere.example.org")
    assert none.status != 0
    none.assert_says("Say after how many days an archive is removed, 1 or more")
