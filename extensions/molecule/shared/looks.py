# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every scenario verifies: the record says proven, and the hosts say the same."""

from __future__ import annotations

import json
import os
import stat
import typing as t
from pathlib import Path

ARCHIVES = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "archives"


def inventory() -> str:
    """The inventory of the scenario."""
    return os.environ["MOLECULE_INVENTORY_FILE"]


def record() -> dict[str, t.Any]:
    """The record of the run."""
    (path,) = ARCHIVES.glob("*/molecule/run.json")
    return t.cast("dict[str, t.Any]", json.loads(path.read_text(encoding="utf-8"))["record"])


def identity_before(node: str) -> str:
    """'<boot id>:<pid>:<start ticks>' of the node's process at the cut-off; '' for a node that was down."""
    (path,) = ARCHIVES.glob(f"*/molecule/nodes/{node}.json")
    return str(json.loads(path.read_text(encoding="utf-8"))["record"]["identity"])


def identity_now(host: t.Any, mark: str) -> str:
    """The same of the process that has this mark on its command line now."""
    pid = host.check_output("pgrep --full --oldest -- %s", mark)
    ticks = host.check_output("cat /proc/%s/stat", pid).rpartition(")")[2].split()[19]
    return f"{host.check_output('cat /proc/sys/kernel/random/boot_id')}:{pid}:{ticks}"


def open_files() -> list[str]:
    """Archives and records that others than their owner could read."""
    return [str(path) for path in ARCHIVES.rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077]
