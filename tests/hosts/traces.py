# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bed could leave behind on this machine."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.hosts.bed.needs import cgroups
from tests.hosts.bed.places import CGROUP, FOLDER


def traces() -> set[str]:
    """Mounts, network interfaces and namespaces, cgroups, folders and processes, one line each."""
    mounts = {f"mount {line.split()[1]}" for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()}
    links = {f"link {row['ifname']}" for row in _ip("link", "show")}
    namespaces = {f"namespace {row['name']}" for row in _ip("netns", "list")}
    groups = {f"cgroup {folder}" for hierarchy in cgroups() for folder in (hierarchy / CGROUP).rglob("*")}
    folders = {f"folder {FOLDER}"} if FOLDER.exists() else set()
    return mounts | links | namespaces | groups | folders | _processes()


def _ip(*words: str) -> list[dict[str, str]]:
    answer = subprocess.run(["ip", "-json", *words], capture_output=True, text=True, check=True).stdout
    rows: list[dict[str, str]] = json.loads(answer or "[]")
    return rows


def _processes() -> set[str]:
    """Processes that have a host name of their own, as those of the bed's hosts have, and those that are told of the bed's folder."""
    own = Path("/proc/self/ns/uts").readlink()
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            elsewhere = (folder / "ns/uts").readlink() != own
        except OSError:
            continue
        if elsewhere or str(FOLDER) in command:
            found.add(f"process {folder.name} {command[:80]}")
    return found
