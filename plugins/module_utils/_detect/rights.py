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


def path_problem(path: str, lstat: t.Callable[[str], FileStat]) -> str:
    """Why root may not run this file, '' when it may: it and every folder above it belong to root, and nobody else may write.

    A folder with the sticky bit (/tmp) is fine above the file: nobody can replace what root has in it.
    """
    script = PurePosixPath(path)
    for one in (script, *script.parents):
        found = lstat(str(one))
        if found.st_uid != 0:
            return f"{one} does not belong to root"
        if stat.S_ISLNK(found.st_mode):
            continue
        others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        sticky = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
        if others and not sticky:
            return f"{one} is open for writing to others than root"
    return ""


def check_may_act_as(account: str, me: str, am_root: bool) -> None:
    """Raises SessionsError when this account cannot run the scripts as the product's."""
    if not account:
        raise SessionsError(
            "It is not known as which account the product runs: no process, record or unit tells it, and the owners of its install folder "
            "and of its pid file differ. Start the node by hand, then resume."
        )
    if account != me and not am_root:
        raise SessionsError(
            f"The product runs as {account}, and this account is {me}: connect as root or as {account} (become), or name its unit with "
            "force_reauth_service."
        )
