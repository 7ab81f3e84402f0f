# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes of this machine, as the stand-in finds and ends its own."""

from __future__ import annotations

import os
import signal
import time
import typing as t
from pathlib import Path


def all_arguments() -> t.Iterator[tuple[int, list[bytes]]]:
    """Pid and arguments of every process that is not a zombie."""
    return _read_all("cmdline")


def all_environments() -> t.Iterator[tuple[int, list[bytes]]]:
    """Pid and environment (``NAME=value``) of every process that is ours to read."""
    return _read_all("environ")


def kill_until_gone(find: t.Callable[[], list[int]]) -> None:
    """SIGKILL to what is found, again until nothing is: a process may start another one meanwhile."""
    while pids := find():
        for pid in pids:
            _kill(pid)
        time.sleep(0.02)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _read_all(name: str) -> t.Iterator[tuple[int, list[bytes]]]:
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parts = (entry / name).read_bytes().split(b"\0")
        except OSError:
            continue
        # a zombie has neither arguments nor environment
        if parts != [b""]:
            yield int(entry.name), parts
