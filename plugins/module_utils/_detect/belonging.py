# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes belong to an installation: any local user can write its marks among the arguments of a process, so more is asked."""

from __future__ import annotations

import contextlib
import os
import typing as t
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.account import account
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.moved import moved_from
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.process import (
    PROC,
    Process,
    folder_in,
    opened_by,
    others_are_hidden,
    processes_with,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product

# of an installation, what a product writes to
_FOLDERS = ("", "work", "logs", "log", "temp", "var")


def find_processes(product: Product, install_dir: str, proc: Path = PROC) -> list[Process]:
    """The processes of this installation; raises SessionsError where there are none because they are hidden from this account."""
    owners = InstallationOwners(product, install_dir)
    found = _own(product, product.service.process, install_dir, owners, proc)
    if not found and os.geteuid() and os.geteuid() not in owners and others_are_hidden(proc):
        raise SessionsError(
            f"The processes of others are hidden from {account()} (hidepid): run as root or as the product's account (become)."
        )
    return found


def is_installation(product: Product, folder: str) -> bool:
    """Whether a file is there that an installation of the product alone has, for this account to see."""
    # Path.exists raises where a parent folder is closed to this account
    return any(os.path.exists(f"{folder}/{sign}") for sign in product.files.signs)  # noqa: PTH110


def check_installation(products: t.Sequence[Product], folder: str) -> None:
    """Raises SessionsError where it is an installation of none of them: of a folder that is misspelt, no process would ever be found."""
    if not any(is_installation(product, folder) for product in products):
        names = " or ".join(product.title for product in products)
        signs = ", ".join(sign for product in products for sign in product.files.signs)
        raise SessionsError(f"{folder} is no installation of {names}: none of {signs} is there for {account()} to see.")


def left_out(product: Product, install_dir: str, proc: Path = PROC) -> list[str]:
    """What its start script is to be told, so that it starts nothing beside the product that does not run now."""
    companion = product.service.companion
    if companion is None or _own(product, companion.process, install_dir, InstallationOwners(product, install_dir), proc):
        return []
    return [companion.without]


def check_not_moved(product: Product, processes: t.Sequence[Process]) -> None:
    """Raises SessionsError where a restart of one of the processes would start another installation than it runs from."""
    for process in processes:
        folder = folder_in(product.service.process, process)
        before = folder_at_start(product, process, folder)
        if before:
            raise SessionsError(
                f"The process {process.pid} runs from {before}, and its restart would start {os.path.realpath(folder)}: {folder} leads "
                "there since. That would be an upgrade: have it lead to where it led before, or restart the node yourself, then run again."
            )


def folder_at_start(product: Product, process: Process, folder: str, proc: Path = PROC) -> str:
    """The installation that it runs from, where ``folder``, which it names, is another one by now; '' where its open files tell of none."""
    return moved_from(opened_by(process, proc), os.path.realpath(folder), product.files.signs, _identity)


def belongs(process: Process, install_dir: str, owners: t.Container[int]) -> bool:
    """Whether the account of the process, or the unit that holds it, is the installation's. ``owners``: see ``InstallationOwners``."""
    if process.borrowed_rights:
        return False
    return process.uid == 0 or process.uid in owners or _is_held_by_its_unit(process, install_dir)


def is_stranger(process: Process, install_dir: str, owners: t.Container[int]) -> bool:
    """Whether it bears the marks of the installation and is none of it. What waits for the product, as sudo does, is no stranger."""
    return not process.borrowed_rights and not belongs(process, install_dir, owners)


class InstallationOwners:
    """Who owns the installation, the folders that it writes to, and the home folder that its files name: looked for if need be."""

    def __init__(self, product: Product, install_dir: str) -> None:
        self._product, self._install_dir = product, install_dir
        self._of_installation = _owners_of(f"{install_dir}/{name}" for name in _FOLDERS)

    def __contains__(self, uid: object) -> bool:
        return uid in self._of_installation or uid in self._of_home()

    def _of_home(self) -> set[int]:
        # its account owns most installations: what reads settings is loaded where it does not
        from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.home import find_home
        from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.host_node import HostNode

        with contextlib.suppress(SessionsError):
            return _owners_of([find_home(self._product, self._install_dir, HostNode(None)).value])
        return set()


def _owners_of(folders: t.Iterable[str]) -> set[int]:
    owners = set()
    for folder in folders:
        # no path at all is a ValueError
        with contextlib.suppress(OSError, ValueError):
            owners.add(os.stat(folder).st_uid)  # noqa: PTH116 # no Path is needed
    return owners


def _own(product: Product, marks: t.Sequence[str], install_dir: str, owners: t.Container[int], proc: Path) -> list[Process]:
    """The processes with these marks that name this installation, or named it at their start, and belong to it."""
    wanted = os.path.realpath(install_dir)
    marked = ((process, folder_in(marks, process)) for process in processes_with(marks, proc))
    own = [one for one, folder in marked if os.path.realpath(folder) == wanted or folder_at_start(product, one, folder, proc) == wanted]
    return _without_forks([process for process in own if belongs(process, install_dir, owners)])


def _without_forks(found: t.Sequence[Process]) -> list[Process]:
    """Those that are no fork of another one of them: until it runs its own program, a child shows the arguments of its parent."""
    # a wrapper that starts a JVM has arguments of its own; a fork whose parent is gone, or is none of these, may be all that is left
    arguments = {process.pid: process.arguments for process in found}
    return [process for process in found if arguments.get(process.parent) != process.arguments]


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 # no Path is needed
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _is_held_by_its_unit(process: Process, install_dir: str) -> bool:
    """Whether a unit that starts something of the installation, or this very process, runs it as this account."""
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.systemd import find_unit

    unit = find_unit(process.unit)
    if unit is None or unit.user != process.user:
        return False
    return unit.main_pid == process.pid or unit.starts(os.path.realpath(install_dir))
