# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which archives the rows lie that a run has deleted, whichever of its starts did it."""

from __future__ import annotations

import typing as t
from contextlib import suppress
from itertools import islice
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.description import Archive
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import RunFolder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

# rows of an archive that are held in memory: where a deletion was rolled back, the next start begins with the same rows
_HELD = 100_000


def archives_of_the_run(
    folder: RunFolder, table: str, written: t.Sequence[Archive], recorded: t.Collection[t.Mapping[str, t.Any]]
) -> list[Archive]:
    """Those of one table, in their order. ``written``: by this start; of those before it only the sidecar is read.

    A start that ended between an archive and its commit leaves one whose rows were never deleted. They lie in the next one once more. What
    the record tells of (``recorded``) was deleted, also where a row of it came back and lies in the next one.
    """
    mine, names = {one.path: one for one in written}, _names(recorded)
    paths = folder.archives(backup=False, table=table)
    told = max((place for place, path in enumerate(paths, 1) if path.name in names), default=0)
    pairs = zip(paths[told:], [*paths[told + 1 :], None])
    newer = [path for path, following in pairs if str(path) in mine or not _lies_in(folder, path, following)]
    real = [*(path for path in paths[:told] if path.name in names), *newer]
    return [mine.get(str(path)) or folder.described(path) for path in real]


def rows_since(archives: t.Sequence[Archive], recorded: t.Collection[t.Mapping[str, t.Any]]) -> int:
    """Rows of those archives that a record does not tell of."""
    names = _names(recorded)
    return sum(one.rows for one in archives if Path(one.path).name not in names)


def _names(recorded: t.Collection[t.Mapping[str, t.Any]]) -> set[str]:
    """The folder may have moved."""
    return {Path(one["path"]).name for one in recorded}


def check_something_to_compare(run_id: str, folder: str, archives: t.Collection[Path], record: t.Mapping[str, t.Any]) -> None:
    """Raises SessionsError where the run has no archive, and its ``record`` (may be empty) does not tell what it deleted, if anything."""
    if not archives and "revoked" not in record:
        raise SessionsError(
            f"Run {run_id} has no archive in {folder}, and no record there says that its table was empty: whether a token came back is not "
            "known. Name the run that deleted the tokens with run_id, its folder with archive_dir, and its database."
        )


def _lies_in(folder: RunFolder, path: Path, following: Path | None) -> bool:
    """Whether a row of the archive stands in the following one, too, to the byte. Of what cannot be read here nothing is known."""
    with suppress(SessionsError):
        again = set(islice(folder.lines(following), _HELD)) if following else set()
        return any(line in again for line in folder.lines(path)) if again else False
    return False
