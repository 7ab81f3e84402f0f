# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that a test borrows and may have to do without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from demo.packages import MAY_BE_MISSING, Missing, provide
from demo.playbook import CHECKOUT
from demo.unpacked import alone


def borrow_mysql() -> None:
    """It is there afterwards, or the test is left out: Debian unstable moves, and Debian's own releases do not have it."""
    borrow("mysql")


def borrow(name: str) -> None:
    """The programs are there afterwards, or the test is left out."""
    try:
        provide(name)
    except Missing as error:
        pytest.skip(f"{MAY_BE_MISSING}: {error}")


def program_of_its_own(name: str, *packages: str) -> Path:
    """A program of the Python index in an environment of its own, below build/: its packages would disturb those of the tests."""
    folder = CHECKOUT / "build/programs" / name
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "bin" / name
    with alone(folder.parent):
        if not program.exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            pip = [str(folder / "bin/pip"), "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, *packages], check=True)
    return program
