# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key that seals the cookies of the canary: random, in a file of the controller, one for each run, never beside what it seals."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.private_files import (
    check_private_folder,
    make_private_folder,
    new_file,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import is_run_id

_SHORTEST = 32


def given_problem(key: str, proof_password: str) -> str:
    """Why a key that the operator gives is none, '' when it may be one: whoever reads the record may try keys as long as he likes."""
    if not key:
        return ""
    if len(key) < _SHORTEST or len(set(key)) < _SHORTEST // 4:
        return f"force_reauth_canary_key is too weak: give at least {_SHORTEST} random characters (openssl rand -hex 32)"
    if proof_password and proof_password in key:
        return "force_reauth_canary_key holds the proof password: give random characters (openssl rand -hex 32)"
    return ""


class KeyFile:
    """The key of one run. Every method raises SessionsError with the path of what is wrong."""

    def __init__(self, folder: str, cluster: str, run_id: str) -> None:
        # both came from the database host
        if not is_run_id(cluster) or not is_run_id(run_id):
            raise SessionsError(f"{cluster!r} and {run_id!r} cannot name the file of a key.")
        self.path = Path(folder) / f"{cluster}.{run_id}.key"

    def read(self) -> str:
        """The key, '' where there is none: it was made on another controller, or forgotten."""
        try:
            return self.path.read_text(encoding="ascii")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError):
            raise SessionsError(f"The key of the canary {self.path} cannot be read. See whose file it is, or remove it.") from None

    def read_or_make(self) -> str:
        """The key, made where there is none. Several forks of Ansible may do that at once: the first one's holds."""
        make_private_folder(self.path.parent)
        self._make()
        return self.read()

    def forget(self) -> None:
        """Remove it."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise SessionsError(f"The key of the canary {self.path} cannot be removed: {error.strerror}. Remove it.") from error

    def check_room(self) -> None:
        """Whether it could be made; changes nothing."""
        folder = self.path.parent
        if folder.exists():
            check_private_folder(folder)
        there = next(one for one in (folder, *folder.parents) if one.exists())
        if not os.access(there, os.W_OK | os.X_OK):
            raise SessionsError(f"The folder {there} of this controller cannot be written, and the key of the canary lies there.")

    def _make(self) -> None:
        try:
            with suppress(FileExistsError), new_file(self.path) as file:
                file.write(secrets.token_hex(32).encode())
        except OSError as error:
            raise SessionsError(f"The key of the canary {self.path} cannot be written: {error.strerror}.") from error
