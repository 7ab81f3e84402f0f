# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes of a product on this host, as Linux tells them."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import stat
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.service_manager import Member
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product

PROC = Path("/proc")
_ENDED = ("Z", "X")
_LENDS_AN_ACCOUNT = re.compile(r"(?:\S*/)?(?:su|sudo|runuser|doas|setpriv)(?!\S)")


@dataclass(frozen=True)
class Process:
    """A live process; ``uid``: the real one; ``parent``: the pid of its parent.

    ``user``: '' where real and effective account differ; ``unit``: the systemd service whose cgroup holds it, or ''. ``borrowed_rights``:
    its program gives whoever starts it the rights of another account. ``arguments`` may hold secrets: never return them.
    """

    boot_id: str
    pid: int
    start_ticks: int
    user: str
    unit: str
    arguments: tuple[str, ...]
    uid: int
    borrowed_rights: bool = False
    parent: int = 0

    @property
    def identity(self) -> str:
        """'<boot id>:<pid>:<start ticks>': no other process of any boot has the same."""
        return f"{self.boot_id}:{self.pid}:{self.start_ticks}"


def all_processes(product: Product, proc: Path = PROC) -> list[Process]:
    """The processes with the product's marks, wherever it is installed.

    Another product in the same kind of container may bear the same marks.
    """
    return processes_with(product.service.process, proc)


def install_dir_of(product: Product, process: Process) -> str:
    """The install folder in the process's arguments, '' when they do not bear the product's marks."""
    return folder_in(product.service.process, process)


def processes_with(marks: t.Sequence[str], proc: Path = PROC) -> list[Process]:
    """The processes of which an argument fits one of the marks."""
    return [one for one in _wherever_with(marks, proc) if not _is_elsewhere(proc / str(one.pid))]


def pids_in_containers(product: Product, proc: Path = PROC) -> list[int]:
    """The processes with the product's marks in another file system, in which they run from an installation of it."""
    marked = [
        (f"{proc}/{one.pid}/root", one) for one in _wherever_with(product.service.process, proc) if _is_elsewhere(proc / str(one.pid))
    ]
    signs = product.files.signs
    return [one.pid for root, one in marked if any(_is_there(f"{root}/{install_dir_of(product, one)}/{sign}") for sign in signs)]


def _wherever_with(marks: t.Sequence[str], proc: Path) -> list[Process]:
    first = _cgroups(proc, 1) or []
    found = (_read(proc, int(entry.name), first) for entry in proc.iterdir() if entry.name.isdigit())
    return sorted((one for one in found if one and folder_in(marks, one)), key=lambda one: one.pid)


def _is_there(path: str) -> bool:
    # Path.exists raises where a parent folder is closed to this account
    return os.path.exists(path)  # noqa: PTH110


def folder_in(marks: t.Sequence[str], process: Process) -> str:
    """The group of the first mark that an argument fits, the last such argument; '' when none does."""
    matches = (re.fullmatch(mark, argument) for mark in marks for argument in reversed(process.arguments))
    return next((found[1] for found in matches if found), "")


def argument_of(process: Process, prefix: str) -> str:
    """The rest of the last argument that begins so, as the JVM takes it; '' when there is none."""
    values = [argument[len(prefix) :] for argument in process.arguments if argument.startswith(prefix)]
    return values[-1] if values else ""


def seconds_of(process: Process) -> int:
    """Since its start, by the clock that both are counted by."""
    return max(0, int(time.clock_gettime(time.CLOCK_BOOTTIME) - process.start_ticks / os.sysconf("SC_CLK_TCK")))


def boot_id(proc: Path = PROC) -> str:
    """Of the boot of this host."""
    return (proc / "sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()


def environment_of(process: Process, name: str, proc: Path = PROC) -> str | None:
    """One variable of the process's environment, '' when unset, None when not ours to read. Others may hold secrets: they are not kept."""
    try:
        variables = (proc / str(process.pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return None
    prefix = name.encode() + b"="
    return next((os.fsdecode(variable[len(prefix) :]) for variable in variables if variable.startswith(prefix)), "")


def opened_by(process: Process, proc: Path = PROC) -> list[str]:
    """What the process has open, as Linux names it; empty when not ours to see."""
    found = []
    # what is closed meanwhile is open no more
    with contextlib.suppress(OSError):
        for entry in (proc / str(process.pid) / "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                found.append(os.readlink(entry))  # noqa: PTH115 # no Path is needed
    return found


def held_with(process: Process, proc: Path = PROC) -> tuple[Member, ...]:
    """All that the service holds that holds the process, in cgroups inside of its own, too; empty where not all can be seen."""
    if others_are_hidden(proc):
        return ()
    own = _service_of(_cgroups(proc, process.pid) or [])
    seen = {int(entry.name): _cgroups(proc, int(entry.name)) for entry in proc.iterdir() if entry.name.isdigit()}
    if not own or None in seen.values():
        return ()
    pids = sorted(pid for pid, paths in seen.items() if any(f"{path}/".startswith(f"{own}/") for path in paths or []))
    return tuple(member for member in (_member(proc, pid) for pid in pids) if member)


def starter_of(process: Process, proc: Path = PROC) -> Member | None:
    """What started it and is still there, None for nothing but the first process; what lends it an account is passed over.

    The command is '' of one that is hidden.
    """
    pid, passed = process.pid, set[int]()
    while pid not in passed:
        passed.add(pid)
        member = _seen_member(proc, pid)
        if pid != process.pid and not _LENDS_AN_ACCOUNT.match(member.command):
            return member
        pid = member.parent
        if pid <= 1:
            return None
    return None


def _seen_member(proc: Path, pid: int) -> Member:
    try:
        return _member(proc, pid) or Member(pid, 0, "")
    except PermissionError:
        return Member(pid, 0, "")


def others_are_hidden(proc: Path) -> bool:
    """Whether this account sees its own processes alone (hidepid)."""
    # the first process is root's, and its arguments are open to everybody unless /proc is mounted otherwise
    return not os.access(proc / "1/cmdline", os.R_OK)


def _cgroups(proc: Path, pid: int) -> list[str] | None:
    """The paths of its cgroup, none when it is gone; None when it is not ours to read."""
    try:
        return _paths_in(os.fsdecode((proc / str(pid) / "cgroup").read_bytes()))
    except (FileNotFoundError, ProcessLookupError):
        return []
    except PermissionError:
        return None


def _member(proc: Path, pid: int) -> Member | None:
    try:
        fields = _fields((proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace"))
        command = os.fsdecode((proc / str(pid) / "cmdline").read_bytes()).replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in _ENDED else Member(pid, int(fields[1]), command)


def _read(proc: Path, pid: int, first: t.Sequence[str]) -> Process | None:
    folder = proc / str(pid)
    try:
        state, parent, start_ticks = _state_parent_start((folder / "stat").read_text(encoding="utf-8", errors="replace"))
        arguments = tuple(os.fsdecode(part) for part in (folder / "cmdline").read_bytes().split(b"\0"))
        cgroup = os.fsdecode((folder / "cgroup").read_bytes())
        real, effective = _uids((folder / "status").read_bytes())
        boot = boot_id(proc)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    if state in _ENDED:
        return None
    user = _name_of(real) if real == effective else ""
    return Process(boot, pid, start_ticks, user, leaf_service(cgroup, first), arguments, real, _borrows_rights(folder), parent)


def _uids(status: bytes) -> tuple[int, int]:
    # proc(5): real, effective, saved, file system. The name before it is anybody's: only a line feed, which it cannot hold, ends a line
    uids = next(line for line in status.split(b"\n") if line.startswith(b"Uid:"))
    real, effective = uids.split()[1:3]
    return int(real), int(effective)


def _borrows_rights(folder: Path) -> bool:
    """Whether its program is set-uid or set-gid (sudo asks for a password as root, with the arguments of anybody); unseen: no."""
    try:
        return bool((folder / "exe").stat().st_mode & (stat.S_ISUID | stat.S_ISGID))
    except OSError:
        return False


def _is_elsewhere(folder: Path) -> bool:
    """Whether the process lives in another file system (a container): its paths are not ours. Not ours to see counts as here."""
    try:
        return not os.path.samestat((folder / "root").stat(), Path("/").stat())
    except OSError:
        return False


def _state_parent_start(line: str) -> tuple[str, int, int]:
    # proc(5): field 3 is the state, field 4 the parent, field 22 the start
    fields = _fields(line)
    return fields[0], int(fields[1]), int(fields[19])


def _fields(line: str) -> list[str]:
    """From the third on, the state and the parent: the second, the name, may hold blanks and parentheses."""
    return line.rpartition(")")[2].split()


def leaf_service(cgroup: str, first: t.Sequence[str]) -> str:
    """The service at the end of a cgroup path (v1 and v2 forms), '' for scopes, user sessions and containers. ``first``: see ``_below``.

    One of a user's own manager comes with its path: the system's manager may know another one of that name. What lies inside of another
    unit is that unit's to name: it is none of systemd's. Only a line feed, which no name can hold, ends a line.
    """
    *above, leaf = _below(first, _service_of(_paths_in(cgroup))).split("/")
    inside = [one for one in above if not one.endswith(".slice")]
    if not inside:
        return leaf
    return "/".join((*above, leaf)) if inside[0].startswith("user@") else ""


def _below(first: t.Sequence[str], path: str) -> str:
    """The path as systemd here names it. ``first``: those of the first process, which systemd puts into init.scope.

    This host may be a container without a cgroup namespace of its own: then all paths are those of its host.
    """
    roots = (f"/{one}".removesuffix("/init.scope")[1:] for one in first)
    return min((path.removeprefix(f"{root}/") for root in roots if root), key=len, default=path)


def _paths_in(cgroup: str) -> list[str]:
    return [line.partition(":/")[2] for line in cgroup.split("\n") if line.startswith(("0::", "1:name=systemd:"))]


def _service_of(paths: list[str]) -> str:
    return next((path for path in paths if path.endswith(".service")), "")


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
