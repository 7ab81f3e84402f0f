# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route live, how far the node is that is asked: a note beside its lock, written every few seconds by the module that asks.

The record on the database host is written less often, because nothing is asked meanwhile. A resume reads both.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.json_text import parsed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.private_files import whole_file
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.regular_file import read_regular
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.live_progress import Progress, progress_in

NAME = ".force_reauth.live"
_LARGEST = 10_000


class LiveNote:
    """The note in this home folder. ``deletion``: the random number of the deletion of tokens after which the sessions are ended."""

    def __init__(self, home_dir: str, deletion: str) -> None:
        self._path, self._deletion = Path(home_dir) / NAME, deletion

    def write(self, progress: Progress) -> None:
        """Replace it; raises SessionsError when it cannot be written."""
        try:
            with whole_file(self._path) as file:
                file.write(json.dumps({"deletion": self._deletion, **progress}).encode())
        except OSError as error:
            raise SessionsError(f"How far the run is cannot be written to {self._path}: {error.strerror}.") from error

    def read(self) -> Progress | None:
        """What was noted after this very deletion; None where that is nothing, or damaged: those users are asked for again.

        After another one, by a run of the same id or by this one, they may have signed in again by tokens that were put back.
        """
        try:
            found = parsed(read_regular(str(self._path), _LARGEST, os.O_RDONLY | os.O_NOFOLLOW))
        except (OSError, ValueError):
            return None
        if not self._deletion or not isinstance(found, dict) or found.get("deletion") != self._deletion:
            return None
        return progress_in(found)

    def remove(self) -> None:
        """Take it away; it is only a note, and one that stays harms nobody."""
        try:
            self._path.unlink()
        except OSError:
            return
