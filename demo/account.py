# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account that a borrowed database server runs as: one's own, or, for root, another one, because the servers refuse root."""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path


class ServerAccount:
    """``usual`` is the account of the server's package; where it is missing, nobody takes its place."""

    def __init__(self, usual: str) -> None:
        self._name = "" if os.geteuid() else (usual if _is_there(usual) else "nobody")

    @property
    def prefix(self) -> list[str]:
        """What stands before a command that is to run as the account."""
        return ["setpriv", f"--reuid={self._name}", "--regid=nogroup", "--clear-groups"] if self._name else []

    def give(self, *paths: Path) -> None:
        """Make these the account's own."""
        for path in paths if self._name else ():
            shutil.chown(path, self._name)


def _is_there(account: str) -> bool:
    try:
        pwd.getpwnam(account)
    except KeyError:
        return False
    return True
