# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a path is one account's alone: who else can change it, or what lies beside it, could have that account do what he likes."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path


def changed_by_others(path: Path, uid: int) -> Path | None:
    """The first of the path and its parents that others than root and that account can change, None where they cannot.

    ``path``: a real one, without links. In a folder with the sticky bit nobody changes what is another's.
    """
    return next((one for one in (path, *path.parents) if _is_open(one.stat(), uid, closed_by=stat.S_ISVTX)), None)


def filled_by_others(folder: Path, uid: int) -> bool:
    """Whether others than root and that account can put a file into the folder."""
    return _is_open(folder.stat(), uid, closed_by=0)


def _is_open(seen: os.stat_result, uid: int, closed_by: int) -> bool:
    return seen.st_uid not in (0, uid) or (_others_write(seen, uid) and not seen.st_mode & closed_by)


def _others_write(seen: os.stat_result, uid: int) -> bool:
    """A group that is the account's own counts as the account."""
    if seen.st_mode & stat.S_IWOTH:
        return True
    return bool(seen.st_mode & stat.S_IWGRP) and seen.st_gid not in (0, _own_group(uid))


def _own_group(uid: int) -> int:
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return -1
