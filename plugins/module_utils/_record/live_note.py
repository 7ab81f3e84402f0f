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
    """The note of one run in this home folder."""

    def __init__(self, home_dir: str, run_id: str) -> None:
        self._path, self._run_id = Path(home_dir) / NAME, run_id

    def write(self, progress: Progress) -> None:
        """Replace it; raises SessionsError when it cannot be written."""
        try:
            with whole_file(self._path) as file:
                file.write(json.dumps({"run_id": self._run_id, **progress}).encode())
        except OSError as error:
            raise SessionsError(f"How far the run is cannot be written to {self._path}: {error.strerror}.") from error

    def read(self) -> Progress | None:
        """What this run has noted; None where that is nothing, or damaged: those users are asked for again."""
        try:
            found = parsed(read_regular(str(self._path), _LARGEST, os.O_RDONLY | os.O_NOFOLLOW))
        except (OSError, ValueError):
            return None
        return progress_in(found) if isinstance(found, dict) and found.get("run_id") == self._run_id else None

    def remove(self) -> None:
        """Take it away; it is only a note, and one that stays harms nobody."""
        try:
            self._path.unlink()
        except OSError:
            return
