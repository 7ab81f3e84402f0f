# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd on this host says of a service."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.control import Unit

BOOTED = Path("/run/systemd/system")
UNKNOWN_PID = -1
SECONDS = 20
_PROPERTIES = ("Id", "Names", "LoadState", "MainPID", "Restart", "ExecStart", "User")


def find_unit(name: str) -> Unit | None:
    """The service of that name or alias; None when systemd does not know it, or does not run here.

    Raises SessionsError when systemd does not answer.
    """
    if not name or not BOOTED.is_dir():
        return None
    unit = name if "." in name else f"{name}.service"
    command = ["systemctl", "show", f"--property={','.join(_PROPERTIES)}", "--", unit]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        raise SessionsError(f"systemd does not tell of the unit {unit}: 'systemctl show {unit}' gave no answer in {SECONDS} s.") from None
    return unit_in(answer.stdout)


def find_holder(name: str) -> Unit | None:
    """The service whose cgroup holds a process. One that the system's manager does not know (a user's own) comes without a main process."""
    if not name or not BOOTED.is_dir():
        return None
    return find_unit(name) or Unit((name,), UNKNOWN_PID, "", "")


def unit_in(shown: str) -> Unit | None:
    """The unit in the output of 'systemctl show', None when it is not loaded."""
    values = dict(line.partition("=")[::2] for line in shown.splitlines())
    if values.get("LoadState") != "loaded":
        return None
    own = values.get("Id", "")
    aliases = (name for name in values.get("Names", "").split() if name != own)
    main_pid, restart, start = int(values.get("MainPID") or 0), values.get("Restart", ""), values.get("ExecStart", "")
    return Unit((own, *aliases), main_pid, restart, start, values.get("User") or "root")
