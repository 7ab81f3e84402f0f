# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What starts and stops a node: decided from what was seen. Pure."""

from __future__ import annotations

import re
import typing as t

Manager = t.Literal["systemd", "scripts", "tasks"]


class Unit(t.NamedTuple):
    """A systemd service as its manager knows it; ``main_pid`` 0 for none. ``names``: its own and aliases; ``user``: as whom it runs."""

    names: tuple[str, ...]
    main_pid: int
    restart: str
    start_command: str
    user: str = ""

    @property
    def name(self) -> str:
        """Its own name."""
        return self.names[0]

    def starts(self, install_dir: str) -> bool:
        """Whether its command names something of the installation (and not of a folder that ends in the same words)."""
        return re.search(rf"(?<![\w./~-]){re.escape(install_dir.rstrip('/'))}/", self.start_command) is not None


class Seen(t.NamedTuple):
    """``pids``: the processes of the installation. ``holder``: the service whose cgroup holds the process, ``named``: the user's.

    ``missing_scripts``: the product's scripts that cannot be run.
    """

    install: str
    pids: tuple[int, ...]
    holder: Unit | None
    named: Unit | None
    missing_scripts: tuple[str, ...]


class Control(t.NamedTuple):
    """``unit`` is '' unless it is systemd; ``problem``: one sentence without a full stop, '' when there is none."""

    manager: Manager
    unit: str = ""
    problem: str = ""


_NAME_IT = "name it with force_reauth_service"
_TAKE = "take force_reauth_service_manager="


def decide_control(wanted: str, service: str, seen: Seen) -> Control:
    """``wanted``: auto, systemd, scripts or tasks; ``service``: the unit that the user named, ''."""
    control = _control(wanted, service, seen)
    if len(seen.pids) > 1 and not control.problem:
        numbers = " and ".join(str(pid) for pid in seen.pids)
        return control._replace(problem=f"the processes {numbers} all run from {seen.install}: end the one that should not be there")
    return control


def _control(wanted: str, service: str, seen: Seen) -> Control:
    if wanted == "tasks":
        return Control("tasks")
    if wanted == "scripts":
        return _by_scripts(seen)
    if service:
        return _by_named_unit(service, seen)
    if seen.holder and _is_own(seen.holder, seen):
        return Control("systemd", seen.holder.name)
    return _by_unit(seen) if wanted == "systemd" else _by_whatever_started_it(seen)


def _by_unit(seen: Seen) -> Control:
    if not seen.pids:
        return Control("systemd", problem=f"no process runs, so its unit is not known: {_NAME_IT}")
    where = f"of its own holds the process (it is in {seen.holder.name})" if seen.holder else "holds the process"
    return Control("systemd", problem=f"no systemd service {where}: {_NAME_IT}, or {_TAKE}scripts")


def _by_whatever_started_it(seen: Seen) -> Control:
    if seen.holder:
        unclear = f"it is not clear whether {seen.holder.name}, which holds the process, is the product's own unit"
        return Control("scripts", problem=f"{unclear}: {_NAME_IT}, or {_TAKE}scripts")
    return _by_scripts(seen)


def _by_named_unit(service: str, seen: Seen) -> Control:
    if not seen.named:
        return Control("systemd", service, f"the unit {service} is not known to systemd on this host")
    if seen.pids and (not seen.holder or seen.holder.name != seen.named.name):
        where = f"it is in {seen.holder.name}" if seen.holder else "no service holds it"
        return Control("systemd", seen.named.name, f"the unit {service} does not hold the process {seen.pids[0]} ({where})")
    return Control("systemd", seen.named.name)


def _by_scripts(seen: Seen) -> Control:
    if seen.holder and _is_own(seen.holder, seen):
        held = f"the unit {seen.holder.name} holds the process"
        return Control("scripts", problem=f"its scripts are asked for, but {held}: {_TAKE}systemd")
    if seen.missing_scripts:
        return Control("scripts", problem=f"{seen.missing_scripts[0]} is not there, or cannot be run")
    return Control("scripts")


def _is_own(unit: Unit, seen: Seen) -> bool:
    """Whether the unit is the product's own: a process may merely have been started from another service (sshd, an agent).

    It is when the process is its main process, when it has none (as with scripts that start in the background), or when it starts
    something of the installation.
    """
    return unit.main_pid in (0, *seen.pids) or unit.starts(seen.install)
