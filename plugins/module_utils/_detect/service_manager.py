# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which service manager starts and stops a node: systemd, scripts or tasks of the site, decided from what was seen. Pure."""

from __future__ import annotations

import re
import typing as t

Manager = t.Literal["systemd", "scripts", "tasks"]


class Unit(t.NamedTuple):
    """A systemd service as its manager knows it; ``main_pid`` 0 for none. ``names``: its own and aliases; ``user``: as whom it runs.

    ``load_state``: systemd's word for what became of its file, '' where it has none; ``active_state``, ``kill_mode``: its words for these.
    ``stop_command``: what is run when it is stopped, '' for nothing.
    """

    names: tuple[str, ...]
    main_pid: int
    restart: str
    start_command: str
    user: str = ""
    load_state: str = "loaded"
    active_state: str = ""
    kill_mode: str = ""
    stop_command: str = ""

    @property
    def name(self) -> str:
        """Its own name."""
        return self.names[0]

    def starts(self, install_dir: str) -> bool:
        """Whether its command names something of the installation (and not of a folder that ends in the same words)."""
        return _names(self.start_command, install_dir)


class Member(t.NamedTuple):
    """A process in the cgroup of a service. ``installation``: the other one that it runs from, as in 'Jira in /opt/jira', '' for none."""

    pid: int
    parent: int
    command: str
    installation: str = ""


class Seen(t.NamedTuple):
    """``pids``: the processes of the installation. ``holder``: the service whose cgroup holds the process, ``named``: the user's.

    ``missing_scripts``: the product's scripts that cannot be run. ``members``: all that the holder holds, empty where that is not known.
    ``starter``: what started the process and is still there, None for nothing but the first process.
    """

    install: str
    pids: tuple[int, ...]
    holder: Unit | None
    named: Unit | None
    missing_scripts: tuple[str, ...]
    members: tuple[Member, ...] = ()
    starter: Member | None = None


class Control(t.NamedTuple):
    """``unit`` is '' unless it is systemd; ``problem``: one sentence without a full stop, '' when there is none."""

    manager: Manager
    unit: str = ""
    problem: str = ""


_NAME_IT = "name it with force_reauth_service"
_TAKE = "take force_reauth_service_manager="
_SHELL = re.compile(r"-?(?:\S*/)?(?:sh|[abdk]sh|bash|dash|m?ksh|t?csh|zsh|fish|busybox)")
_USERS_MANAGER = re.compile(r"(?:/usr)?/lib/systemd/systemd --user(?: |$)")
_INTERPRETER = re.compile(r"(?:\S*/)?(?:python|perl|ruby|node)[\d.]*")
# of a unit that holds a process and could not be started again, by its load state: what it is, and what to do
_UNLOADED = {
    "masked": ("is masked", "systemctl unmask {name}"),
    "not-found": ("has no file any more", f"put its file back, and systemctl daemon-reload, or {_TAKE}scripts"),
    "error": ("has a file that systemd cannot read", "correct it (systemctl status {name}), and systemctl daemon-reload"),
    "bad-setting": ("has a setting that systemd refuses", "correct it (systemctl status {name}), and systemctl daemon-reload"),
}
# by systemd's word for a unit of which it stops nothing any more
_ENDED = ("inactive", "failed")
_PROGRAM = re.compile(r"[\w.+:-]{1,60}")


def decide_control(wanted: str, service: str, seen: Seen) -> Control:
    """``wanted``: auto, systemd, scripts or tasks; ``service``: the unit that the user named, ''."""
    control = _control(wanted, service, seen)
    if len(seen.pids) > 1 and not control.problem:
        numbers = " and ".join(str(pid) for pid in seen.pids)
        return control._replace(problem=f"the processes {numbers} all run from {seen.install}: end the one that should not be there")
    return control


def stop_problem(unit: Unit) -> str:
    """Why a stop of the unit would not end a process that it holds, '' where it may: a sentence without a full stop."""
    why = _spared_by(unit)
    if not why:
        return ""
    return f"A stop of the unit {unit.name} would not end the process ({why}): {_TAKE}{'' if _is_restarted(unit) else 'scripts or '}tasks"


def _spared_by(unit: Unit) -> str:
    """By what the process lives on; '' where the unit has a command for a stop: what that ends is not known."""
    if unit.active_state in _ENDED:
        return f"systemd calls the unit {unit.active_state} already"
    if unit.stop_command:
        return ""
    if unit.kill_mode == "process" and unit.main_pid == 0:
        return "KillMode=process, no main process, and no ExecStop"
    return "KillMode=none, and no ExecStop" if unit.kill_mode == "none" else ""


def _is_restarted(unit: Unit) -> bool:
    """Whether systemd may start it again when what it holds is ended by somebody else."""
    return unit.active_state not in _ENDED and unit.restart not in ("", "no")


def _control(wanted: str, service: str, seen: Seen) -> Control:
    if wanted == "tasks":
        return Control("tasks")
    if service and wanted != "scripts":
        return _by_named_unit(service, seen)
    if seen.holder and _is_a_users(seen.holder):
        held = f"{seen.holder.name}, a unit of a user's own manager, holds the process and may start it again: {_TAKE}tasks"
        return Control("systemd" if wanted == "systemd" else "scripts", problem=held)
    if wanted == "scripts":
        return _by_scripts(seen)
    unloaded = _unloaded(seen.holder)
    if unloaded:
        return Control("systemd", problem=unloaded)
    if seen.holder and _is_own(seen.holder, seen):
        return Control("systemd", seen.holder.name, _held_too(seen.holder, seen))
    return _by_unit(seen) if wanted == "systemd" else _by_whatever_started_it(seen)


def _unloaded(holder: Unit | None) -> str:
    """Why the unit that holds the process could not be started again, '' where that is not known: a problem."""
    if not holder or holder.load_state not in _UNLOADED:
        return ""
    what, do = _UNLOADED[holder.load_state]
    return f"{holder.name}, which holds the process, {what}, and could not be started again: {do.format(name=holder.name)}"


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
        return Control("systemd", service, _unloaded(seen.holder) or f"the unit {service} is not known to systemd on this host")
    if seen.pids and (not seen.holder or seen.holder.name != seen.named.name):
        where = f"it is in {seen.holder.name}" if seen.holder else "no service holds it"
        return Control("systemd", seen.named.name, f"the unit {service} does not hold the process {seen.pids[0]} ({where})")
    return Control("systemd", seen.named.name)


def _by_scripts(seen: Seen) -> Control:
    if seen.holder and _is_own(seen.holder, seen) and not _goes_on_without(seen.holder, seen):
        held = f"its scripts are asked for, but the unit {seen.holder.name} holds the process: {_TAKE}systemd"
        return Control("scripts", problem=_held_too(seen.holder, seen) or held)
    if seen.missing_scripts:
        return Control("scripts", problem=f"{seen.missing_scripts[0]} is not there, or cannot be run")
    if seen.starter and not (_is_a_script(seen.starter.command, seen.install) or _adopts(seen)):
        parent = f"its parent is the process {seen.starter.pid} ({_program(seen.starter.command)})"
        return Control("scripts", problem=f"{parent}, which may have started it, and then starts it again: {_TAKE}tasks")
    return Control("scripts")


def _goes_on_without(unit: Unit, seen: Seen) -> bool:
    """Whether scripts may end the process in the unit: it has no main process and goes on with what else it holds, or it ends nothing."""
    return (unit.main_pid == 0 and _other_installation(seen) is not None) or (stop_problem(unit) != "" and not _is_restarted(unit))


def _is_a_users(unit: Unit) -> bool:
    """A unit of a user's own manager comes with its path, see leaf_service."""
    return "/user@" in unit.name


def _adopts(seen: Seen) -> bool:
    """Whether its parent is a user's manager that holds it in no unit: it adopts what was started in a terminal of a desktop."""
    return seen.starter is not None and _USERS_MANAGER.match(seen.starter.command) is not None and seen.holder is None


def _is_a_script(command: str, install: str) -> bool:
    """Whether a shell, or a script of the installation: it ends with the process, or is the start script that waits for it."""
    first, *_more = command.split() or [""]
    return _SHELL.fullmatch(first) is not None or (_names(command, install) and re.search(r"\.sh(?!\S)", command) is not None)


def _program(command: str) -> str:
    """Its name, that of the script where an interpreter runs one; nothing else of what it was started with."""
    words = command.split()
    name = words[1] if len(words) > 1 and _INTERPRETER.fullmatch(words[0]) and not words[1].startswith("-") else "".join(words[:1])
    name = name.rpartition("/")[2].rstrip(":")
    return name if _PROGRAM.fullmatch(name) else "whose name is not seen"


def _held_too(unit: Unit, seen: Seen) -> str:
    """What a stop of the unit would end beside the product, '' when there is nothing: a problem."""
    member = _other_installation(seen)
    if not member:
        return ""
    also = f"the unit {unit.name} holds the process {member.pid} of {member.installation}, too, which would be stopped and started with it"
    return f"{also}: {_NAME_IT} if that may be, or {_TAKE}{'tasks' if unit.main_pid else 'scripts'}"


def _other_installation(seen: Seen) -> Member | None:
    return next((member for member in seen.members if member.installation), None)


def _is_own(unit: Unit, seen: Seen) -> bool:
    """Whether the unit is the product's own: a process may merely have been started from another service (sshd, an agent, rc.local).

    It is when the process is its main process, when it starts something of the installation, or when it has no main process (as with
    scripts that start in the background) and holds nothing else.
    """
    return unit.main_pid in seen.pids or unit.starts(seen.install) or (unit.main_pid == 0 and _holds_nothing_else(seen))


def _holds_nothing_else(seen: Seen) -> bool:
    """Whether all that the holder holds started the product, was started by it, or names something of its installation."""
    parents = {member.pid: member.parent for member in seen.members}
    started_it = {one for pid in seen.pids for one in _line(pid, parents)}
    return set(seen.pids) <= set(parents) and all(
        member.pid in started_it or set(seen.pids) & set(_line(member.pid, parents)) or _names(member.command, seen.install)
        for member in seen.members
        if not member.installation
    )


def _line(pid: int, parents: t.Mapping[int, int]) -> list[int]:
    """The process, its parent, and so on; they were not looked at in one moment, so that they may even form a ring."""
    line: list[int] = []
    while pid in parents and pid not in line:
        line.append(pid)
        pid = parents[pid]
    return line


def _names(command: str, install_dir: str) -> bool:
    return re.search(rf"(?<![\w./~-]){re.escape(install_dir.rstrip('/'))}/", command) is not None
