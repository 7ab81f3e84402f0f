# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A purge that is killed at any moment: every row is in the table, or in an archive that can be read back."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import RunFolder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.reading import lines_of, read_back, read_description
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke import purge as purge_module

from tests.database.conftest import ENGINES
from tests.database.site import Site

ROWS, MOMENTS = 2000, 20


def archived(site: Site, folder: Path) -> set[int]:
    """The keys of all rows in archives that are whole."""
    keys: set[int] = set()
    for path in RunFolder(str(site.archive_dir), folder.parent.name, folder.name).archives(backup=False):
        _header, rows, sha256 = read_description(path)
        with path.open("rb") as file:
            read_back(file, str(path), sha256, rows)
        keys.update(int(line.split(b"\t")[0]) for line in lines_of(path))
    return keys


def never_in_neither(site: Site, single_sweep: bool, moments: int, rows: int) -> int:
    """Purges that are killed at moments, other ones each time; returns how many had come to their end before."""
    folder = Path(site.look()["folder"])
    site.sign_in(rows)
    began = time.monotonic()
    site.purge(single_sweep=single_sweep)
    whole = time.monotonic() - began
    made, ended = rows, 0
    moment = random.SystemRandom()
    for _moment in range(moments):
        site.sign_in(rows, first=made + 1)
        made += rows
        process = multiprocessing.get_context("fork").Process(target=site.purge, kwargs={"single_sweep": single_sweep})
        process.start()
        process.join(moment.uniform(0, whole * 1.2))
        process.kill()
        process.join()
        ended += process.exitcode != -signal.SIGKILL
        left = {int(row[0]) for row in site.rows()}
        assert set(range(1, made + 1)) <= left | archived(site, folder)
    # resumed: the rest goes, and what is archived twice is the same
    site.purge(single_sweep=single_sweep)
    assert (site.rows(), archived(site, folder)) == ([], set(range(1, made + 1)))
    return ended


@pytest.mark.long
@pytest.mark.parametrize("single_sweep", [False, True], ids=["sweeps", "one sweep"])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_row_is_never_in_neither(
    engine: str, single_sweep: bool, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge_module, "RANGE", ROWS // 4)
    site: Site = request.getfixturevalue(engine).create()
    assert never_in_neither(site, single_sweep, MOMENTS, ROWS) < MOMENTS, "no purge was killed in the middle"


def test_a_row_is_never_in_neither_at_a_few_moments(mysql: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge_module, "RANGE", 50)
    never_in_neither(mysql.create(), False, 3, 200)
