# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process whose install folder is another one by now: its link was moved since the start. Pure: what reads comes in."""

from __future__ import annotations

import typing as t
from pathlib import PurePosixPath

_DELETED = " (deleted)"


def moved_from(opened: t.Sequence[str], real: str, signs: t.Sequence[str], identity: t.Callable[[str], t.Hashable]) -> str:
    """The installation that the process has files of, where it has none of the one in ``real``; '' where its files tell of none.

    ``opened``: what it has open, as Linux names it. ``identity``: of a file the same for all its names, None where there is none.
    """
    files = [path[: -len(_DELETED)] if path.endswith(_DELETED) else path for path in opened if path.startswith("/")]
    if any(path.startswith(f"{real}/") for path in files):
        return ""
    # by a bind mount, or a link inside of it, an installation has several names
    own = {identity(f"{real}/{sign}") for sign in signs}
    folders = sorted({str(folder) for path in files for folder in PurePosixPath(path).parents})
    return next((folder for folder in folders if any(identity(f"{folder}/{sign}") not in (None, *own) for sign in signs)), "")
