# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenarios of molecule, each on a bed of its own: create, converge, idempotence, verify, destroy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo.playbook import collections_path
from tests.hosts.bed.needs import missing
from tests.hosts.bed.reservation import VARIABLE, reserved
from tests.hosts.traces import traces

CHECKOUT = Path(__file__).resolve().parents[2]
SCENARIOS = sorted(path.parent.name for path in CHECKOUT.glob("extensions/molecule/*/molecule.yml"))


def test_there_are_scenarios() -> None:
    assert SCENARIOS == ["mariadb", "outage", "rolling"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario: str, tmp_path: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MOLECULE_", "PYTEST_"))},
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(collections_path()),
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
        VARIABLE: "true",
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", "/var/cache"),
    }
    command = [str(Path(sys.executable).with_name("molecule")), "test", "--scenario-name", scenario]
    with reserved():
        problems = missing()
        if problems:
            # CI=true makes a failure of it, see tests/conftest.py
            pytest.skip(" ".join(problems))
        before = traces()
        done = subprocess.run(command, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert traces() - before == set()
