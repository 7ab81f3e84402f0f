# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make demo`` as a user sees it: proven, nothing is left behind. Each product and database once; ``make matrix`` pairs them all."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

import pytest

from demo.imitated import PRODUCTS
from demo.processes import all_environments
from demo.products import BUILT_IN, ENGINES
from tests.borrowed import borrow, borrow_mysql

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def scratch() -> t.Iterator[Path]:
    """A folder for the temporary folders of the demo: a short path, passable for the account that a database server runs as."""
    folder = Path(tempfile.mkdtemp(prefix="das-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.long
@pytest.mark.parametrize(("product", "database"), [*zip(PRODUCTS, itertools.cycle(ENGINES), strict=False), ("fisheye", BUILT_IN)])
def test_fifty_users_are_signed_out_and_nothing_is_left_behind(scratch: Path, product: str, database: str) -> None:
    if database == "mysql":
        borrow_mysql()
    if database == BUILT_IN:
        borrow("java-databases")
    command = [sys.executable, "-m", "demo", "--product", product, "--database", database]
    environment = {**os.environ, "TMPDIR": str(scratch), "TEST_OF_DEMO": str(scratch)}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Run demo: PROVEN" in said
    assert "able to sign in again: 50 of 50" in said
    assert list(scratch.iterdir()) == []
    mark = f"TEST_OF_DEMO={scratch}".encode()
    assert [pid for pid, words in all_environments() if mark in words] == []
