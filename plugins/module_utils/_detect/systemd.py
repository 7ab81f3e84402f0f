# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd on this host says of a service."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import typing as t
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.service_manager import Unit, stop_problem

BOOTED = Path("/run/systemd/system")
UNKNOWN_PID = -1
SECONDS = 20
_PROPERTIES = (
    *("Id", "Names", "LoadState", "MainPID", "Restart", "ExecStart", "User"),
    *("ActiveState", "KillMode", "ExecStop", "ExecStopPost"),
)
_CAN = ("LoadState", "CanStop", "CanStart")
# units to which a stop of this one goes on, and those that a start of it starts, too
_STOPPED_WITH = ("RequiredBy", "RequisiteOf", "BoundBy", "ConsistsOf", "PropagatesStopTo")
_STARTED_WITH = ("Requires", "BindsTo", "Wants", "Upholds")
_ACTIVE = ("active", "activating", "reloading")
# a verb, a mode that systemd refuses for it, and how it says so
_IMPOSSIBLE = (("stop", "isolate", "isolate is only valid for start"), ("start", "triggering", "triggering is only valid for stop"))
# of a line with a variable; the time that it takes to read one grows with the square of its length
_LONGEST = 10_000
_DENIED = ("access denied", "permission denied", "authentication required")


def find_unit(name: str) -> Unit | None:
    """The service of that name or alias; None when systemd does not know it, or does not run here.

    Raises SessionsError when systemd does not answer.
    """
    if not name or not BOOTED.is_dir():
        return None
    unit = name if "." in name else f"{name}.service"
    found = unit_in(_shown(unit, _PROPERTIES))
    return found._replace(start_command=with_real_paths(found.start_command)) if found else None


def find_unit_of(install_dir: str) -> Unit | None:
    """The service that starts something of the installation; None when there is none, or several do, or systemd does not run here.

    Raises SessionsError when systemd does not answer.
    """
    own = {unit.name: unit for unit in _units() if unit._replace(start_command=with_real_paths(unit.start_command)).starts(install_dir)}
    return next(iter(own.values())) if len(own) == 1 else None


def folders_started(script: str) -> list[str]:
    """The folders, without links, in which services of this host start that script: ``bin/start-jira.sh``.

    Raises SessionsError when systemd does not answer.
    """
    # the arguments as they are run, without the quotes that the unit may have
    paths = (path for unit in _units() for path in re.findall(r"/[^\s;\"']+", unit.start_command) if path.endswith(f"/{script}"))
    return sorted({os.path.realpath(path.removesuffix(f"/{script}")) for path in paths})


def _units() -> list[Unit]:
    """The loaded services; none where systemd does not run."""
    if not BOOTED.is_dir():
        return []
    listed = _answer("its units", ["list-unit-files", "--type=service", "--no-legend", "--no-pager", "--plain"])
    # a template is none before it has a name
    names = [words[0] for words in map(str.split, listed.splitlines()) if words and not words[0].endswith("@.service")]
    shown = _answer("its units", ["show", f"--property={','.join(_PROPERTIES)}", "--", *names]) if names else ""
    return [unit for unit in map(unit_in, shown.split("\n\n")) if unit]


def environment_in_unit(name: str, read: t.Callable[[str], bytes | None]) -> dict[str, str] | None:
    """The variables that the unit gives to its process, its files read by ``read``; None where systemd does not know it."""
    if not name or not BOOTED.is_dir():
        return None
    lines = _shown(name if "." in name else f"{name}.service", ("LoadState", "Environment", "EnvironmentFiles")).splitlines()
    if "LoadState=loaded" not in lines:
        return None
    values = dict(pair.partition("=")[::2] for line in lines if line.startswith("Environment=") for pair in _words(line[12:]))
    for line in lines:
        path = line.removeprefix("EnvironmentFiles=").rpartition(" (")[0] if line.startswith("EnvironmentFiles=") else ""
        text = (read(path) or b"").decode("utf-8", "replace").replace("\0", "\ufffd") if path else ""
        rows = (row for row in text.splitlines() if len(row) <= _LONGEST and re.match(r"\s*[A-Za-z_]\w*=", row))
        values |= dict(pair.partition("=")[::2] for row in rows for pair in _words(row)[:1])
    return values


def with_real_paths(command: str) -> str:
    """The command, followed by what its paths lead to: an installation is often run by a link without the version."""
    paths = re.findall(r"/[^\s;\"']+", command)
    return " ".join([command, *(real for path in paths for real in [os.path.realpath(path)] if real != path)])


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return []


def _shown(unit: str, properties: t.Sequence[str]) -> str:
    return _answer(f"the unit {unit}", ["show", f"--property={','.join(properties)}", "--", unit])


def _answer(of_what: str, arguments: t.Sequence[str]) -> str:
    command = ["systemctl", *arguments]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        raise SessionsError(f"systemd does not tell of {of_what}: 'systemctl {arguments[0]}' gave no answer in {SECONDS} s.") from None
    return answer.stdout


def find_holder(name: str) -> Unit | None:
    """The service whose cgroup holds a process. One that the system's manager has not loaded (masked, a user's own) has no main process.

    Raises SessionsError when systemd does not answer.
    """
    if not name or not BOOTED.is_dir():
        return None
    return find_unit(name) or Unit(
        (name,), UNKNOWN_PID, "", "", load_state=_values(_shown(name, ("LoadState",))).get("LoadState", "").strip()
    )


def check_can(unit: str) -> None:
    """Raises SessionsError when systemd itself would not stop or start the unit (it is gone, masked, or RefuseManualStop is set).

    Also when it would leave another one stopped.
    """
    values = _values(_shown(unit, (*_CAN, *_STOPPED_WITH, *_STARTED_WITH)))
    if values.get("LoadState") != "loaded":
        raise SessionsError(f"The unit {unit} is not loaded ({values.get('LoadState') or 'systemd does not know it'}).")
    for verb in ("stop", "start"):
        if values.get(f"Can{verb.capitalize()}") != "yes":
            raise SessionsError(f"systemd refuses to {verb} the unit {unit} (RefuseManual{verb.capitalize()}).")
    active = _active_of(_left_stopped(values))
    if active:
        raise SessionsError(
            f"A stop of the unit {unit} stops {' and '.join(active)}, too, and its start would not start that again: write "
            f"Wants={' '.join(active)} into {unit}, or take force_reauth_service_manager=tasks with task files that start all."
        )


def _left_stopped(values: t.Mapping[str, str]) -> list[str]:
    """The services, and sockets, that are stopped with a unit and not started with it; a target only groups others."""
    stopped, started = ({name for one in kind for name in values.get(one, "").split()} for kind in (_STOPPED_WITH, _STARTED_WITH))
    return sorted(name for name in stopped - started if name.endswith((".service", ".socket")))


def _active_of(units: t.Sequence[str]) -> list[str]:
    shown = _answer("its units", ["show", "--property=Id,ActiveState", "--", *units]) if units else ""
    found = map(_values, shown.split("\n\n"))
    return [one["Id"] for one in found if one.get("Id") and one.get("ActiveState") in _ACTIVE]


def check_ends(unit: str) -> None:
    """Raises SessionsError when a stop of the unit would not end a process that it holds."""
    found = find_unit(unit)
    problem = stop_problem(found) if found else ""
    if problem:
        raise SessionsError(f"{problem}.")


def is_active(unit: str) -> bool:
    """Whether systemd calls it active: it then starts nothing, though the node's process be gone."""
    return _values(_shown(unit, ("ActiveState",))).get("ActiveState") in ("active", "reloading")


def makes_up_account(unit: str) -> bool:
    """Whether systemd makes up the unit's account where there is none of that name, for as long as it runs."""
    return _values(_shown(unit, ("DynamicUser",))).get("DynamicUser") == "yes"


def check_may(unit: str) -> None:
    """Raises SessionsError when this account may not stop and start the unit, or when that cannot be told.

    Each is asked for in a mode that is none for it: systemd looks first whether the account may (by polkit, which is told the unit and the
    verb), and then refuses the mode (``manager_add_job`` in its source). polkit itself answers nobody but root such a question.
    """
    for verb, mode, refused in _IMPOSSIBLE:
        said = _refusal_of(["systemctl", "--no-ask-password", f"--job-mode={mode}", verb, "--", unit])
        if refused in said.lower():
            continue
        if any(word in said.lower() for word in _DENIED):
            raise SessionsError(f"This account may not {verb} the unit {unit}: run as root (become), or allow it by a rule of polkit.")
        raise SessionsError(f"Whether this account may {verb} the unit {unit} cannot be told (systemctl: {said}): run as root (become).")


def _refusal_of(command: t.Sequence[str]) -> str:
    """The first line of what it complains of."""
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL, env=environment
        )
    except (OSError, subprocess.TimeoutExpired):
        return f"no answer in {SECONDS} s"
    return (answer.stderr.strip().splitlines() or ["nothing"])[0].rstrip(".")


def unit_in(shown: str) -> Unit | None:
    """The unit in the output of 'systemctl show', None when it is not loaded."""
    values = _values(shown)
    if values.get("LoadState") != "loaded":
        return None
    own = values.get("Id", "")
    aliases = (name for name in values.get("Names", "").split() if name != own)
    main_pid, restart, start = int(values.get("MainPID") or 0), values.get("Restart", ""), values.get("ExecStart", "")
    stop = values.get("ExecStop", "") or values.get("ExecStopPost", "")
    state, kill_mode = values.get("ActiveState", ""), values.get("KillMode", "")
    return Unit((own, *aliases), main_pid, restart, start, values.get("User") or "root", "loaded", state, kill_mode, stop)


def _values(shown: str) -> dict[str, str]:
    return dict(line.partition("=")[::2] for line in shown.split("\n"))
