# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs of tests on one machine are not in each other's way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_what_a_test_has_opened_to_other_accounts_stays_open_when_another_run_begins(tmp_path: Path) -> None:
    mine = [one for one in tmp_path.parents if one.owner() == tmp_path.owner() and not one.stat().st_mode & 0o005]
    for folder in mine:
        folder.chmod(0o755)
    (tmp_path / "test_other.py").write_text("def test_other(tmp_path):\n    assert tmp_path.exists()\n", encoding="utf-8")
    subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_other.py"], cwd=tmp_path, check=True)
    assert [one for one in mine if not one.stat().st_mode & 0o005] == []
