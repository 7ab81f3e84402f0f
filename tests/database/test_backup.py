# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What check mode says of a backup is what the backup does."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from tests.database.site import Site, tree
from tests.database.test_sealed import FOR_ALICE

TOLD = ("rows", "tables", "changed", "folder")


@pytest.fixture
def sqlite_site(sqlite: Site) -> Site:
    """What no engine does in a way of its own."""
    return sqlite.create()


@pytest.mark.parametrize("sealed", [{}, FOR_ALICE], ids=["plain", "encrypted"])
def test_check_mode_names_the_path_that_the_backup_takes(sqlite_site: Site, sealed: dict[str, t.Any]) -> None:
    sqlite_site.sign_in(3)
    for number in (1, 2, 3):
        before = tree(sqlite_site.archive_dir)
        planned = sqlite_site.back_up(check_mode=True, **sealed)
        assert tree(sqlite_site.archive_dir) == before
        done = sqlite_site.back_up(**sealed)
        assert f"/backup-remembermetoken-{number}." in done["archive"]["path"]
        assert done["folder"] == str(Path(done["archive"]["path"]).parent)
        assert json.loads(Path(done["archive"]["sidecar"]).read_text(encoding="utf-8"))["run_id"] == "run-1"
        assert {name: planned[name] for name in TOLD} == {name: done[name] for name in TOLD}
        told = ("path", "sidecar", "rows")
        assert [{name: one[name] for name in told} for one in planned["archives"]] == [
            {name: one[name] for name in told} for one in done["archives"]
        ]
        unknown = {"sha256": "", "bytes": 0, "first": "", "last": ""}
        assert {name: planned["archive"][name] for name in unknown} == unknown


def test_of_an_empty_table_nothing_is_copied_nor_planned(sqlite_site: Site) -> None:
    planned, done = sqlite_site.back_up(check_mode=True), sqlite_site.back_up()
    assert planned == done
    assert (planned["changed"], planned["archive"], planned["archives"], planned["rows"]) == (False, {}, [], 0)
