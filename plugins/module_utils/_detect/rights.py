# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As whom a node's scripts run, and which files root may run at all. Pure: what the files are comes in.

A script of the product belongs to the product's account, or to whoever took that over: it never gets more rights than the product has.
"""

from __future__ import annotations

import stat
import typing as t
from pathlib import PurePosixPath

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

_MOST_LINKS = 40


class FileStat(t.Protocol):
    """Owner and mode of a file, as ``os.lstat`` tells them."""

    @property
    def st_uid(self) -> int:
        """Its owner."""

    @property
    def st_mode(self) -> int:
        """Its mode."""


class Owners(t.TypedDict):
    """What tells the account of a product that is down, '' where it is not known: of the unit, of the install folder, of the pid file."""

    unit: str
    install: str
    pid_file: str


def account_of_scripts(owners: Owners) -> str:
    """The account of a product that is down, '' when it is not known. Nothing is guessed: root least of all."""
    agree = owners["install"] and owners["install"] == owners["pid_file"]
    return owners["unit"] or (owners["install"] if agree else "")


def path_problem(path: str, lstat: t.Callable[[str], FileStat], readlink: t.Callable[[str], str]) -> str:
    """Why root may not run this file, '' when it may: it and every folder above it belong to root, and nobody else may write.

    So does every link on the way, with all that it leads through. A folder with the sticky bit (/tmp) is fine above the file: nobody can
    replace what root has in it.
    """
    done, rest = PurePosixPath("/"), list(PurePosixPath(path).parts[1:])
    problem = _problem_of("/", lstat("/"))
    links = 0
    while rest and not problem:
        part = rest.pop(0)
        one = done.parent if part == ".." else done / part
        found = lstat(str(one))
        problem = _problem_of(str(one), found)
        if not stat.S_ISLNK(found.st_mode):
            done = one
            continue
        links += 1
        if links > _MOST_LINKS:
            return f"{path} leads through more than {_MOST_LINKS} links"
        target = PurePosixPath(readlink(str(one)))
        done = PurePosixPath("/") if target.is_absolute() else done
        rest = [*(part for part in target.parts if part != "/"), *rest]
    return problem


def _problem_of(path: str, found: FileStat) -> str:
    if found.st_uid != 0:
        return f"{path} does not belong to root"
    others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    sticky = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
    # the mode of a link says nothing
    return f"{path} is open for writing to others than root" if others and not sticky and not stat.S_ISLNK(found.st_mode) else ""


def check_known(account: str) -> None:
    """Raises SessionsError when the account of the product is not known."""
    if not account:
        raise SessionsError(
            "It is not known as which account the product runs: no process, record or unit tells it, and the owners of its install folder "
            "and of its pid file differ. Start the node by hand, then resume."
        )


def check_may_act_as(account: str, me: str, am_root: bool) -> None:
    """Raises SessionsError when this account cannot run the scripts as the product's."""
    check_known(account)
    if account != me and not am_root:
        raise SessionsError(
            f"The product runs as {account}, and this account is {me}: connect as root or as {account} (become), or name its unit with "
            "force_reauth_service."
        )
