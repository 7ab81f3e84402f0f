# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes archives that are older than asked; each removal is in the record of its run before it is done."""

from __future__ import annotations

import os
import typing as t
from contextlib import suppress
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import description
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.archives_in_folder import other_folders, shelved_runs
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import DRAFT, remove_unless_in_use
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.shelved import ShelvedFile, ShelvedRun, why_kept
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.private_files import named_folder, sync_folder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords

Values = dict[str, t.Any]


def looked(options: t.Mapping[str, t.Any], _check_mode: bool, now: float) -> Values:
    """What lies there; nothing is removed, and what cannot be judged is told."""
    runs = shelved_runs(options["archive_dir"], options["cluster"], now)
    return {"changed": False, "runs": [_told(run, run["problem"], 0) for run in runs], "problems": [], **_beside(options)}


def expired(options: t.Mapping[str, t.Any], check_mode: bool, now: float) -> Values:
    """Remove what is older than ``days``; ``problems`` has a sentence for each run that could not be judged, or not removed whole.

    Raises SessionsError when nothing is to be removed at all: it is not said how old, the folder cannot be trusted, or is not there.
    """
    days = options["days"]
    if days is None or days < 1:
        raise SessionsError("Say after how many days an archive is removed, 1 or more (days, in the playbook force_reauth_expire_days).")
    folder = named_folder(options["archive_dir"]) / options["cluster"]
    if not os.path.lexists(folder):
        name = "name it with archive_dir, in the playbook force_reauth_archive_dir, and its host with force_reauth_database_host"
        raise SessionsError(
            f"{folder} is not there, so no archive was looked at: {name}{', or another cluster' * bool(options['cluster'])}."
        )
    runs = shelved_runs(options["archive_dir"], options["cluster"], now)
    rows, problems = [], []
    for run in runs:
        kept = why_kept(run, days)
        failed = "" if kept or check_mode else _remove(RunRecords(options["archive_dir"], run["cluster"]), run)
        removed = 0 if kept else sum(1 for one in run["files"] if check_mode or not _there(one))
        rows.append(_told(run, kept or failed, removed))
        problems += [f"{run['folder']}: {one}" for one in (run["problem"] or failed,) if one]
    return {"changed": any(row["removed"] for row in rows), "runs": rows, "problems": problems, **_beside(options)}


STATES: t.Mapping[str, t.Callable[[t.Mapping[str, t.Any], bool, float], Values]] = {"looked": looked, "expired": expired}


def _beside(options: t.Mapping[str, t.Any]) -> Values:
    return {"other_folders": [] if options["cluster"] else other_folders(options["archive_dir"])}


def _told(run: ShelvedRun, kept: str, removed: int) -> Values:
    """A run as the module returns it; a number of logins that not every file tells is -1, and so is that of a folder nobody looked into."""
    unseen = bool(run["problem"]) and not run["files"]
    return {
        **{name: run[name] for name in ("cluster", "run_id", "folder", "phase", "age", "problem")},
        "files": len(run["files"]),
        "logins": -1 if unseen else _rows(run["files"], backup=False),
        "backed_up": -1 if unseen else _rows(run["files"], backup=True),
        "bytes": sum(one["bytes"] for one in run["files"]),
        "kept": kept,
        "removed": removed,
    }


def _rows(files: t.Sequence[ShelvedFile], backup: bool) -> int:
    rows = [one["rows"] for one in files if one["backup"] == backup]
    return -1 if -1 in rows else sum(rows)


def _remove(records: RunRecords, run: ShelvedRun) -> str:
    """Why files are left, '' when none is."""
    rows = [{"path": one["path"], "rows": max(0, one["rows"]), "sha256": one["sha256"], "removed": False} for one in run["files"]]
    gone = [{"path": path, "removed": True} for path in run["pending"]]
    try:
        records.note_expired(run["run_id"], [*rows, *gone])
        left = [reason for row in rows for reason in [_removed(Path(str(row["path"])))] if reason]
        with suppress(OSError):
            sync_folder(Path(run["folder"]))
        records.note_expired(run["run_id"], [{**row, "removed": not _there(row)} for row in rows])
    except SessionsError as error:
        return str(error)
    return "; ".join(left)


def _there(row: t.Mapping[str, t.Any]) -> bool:
    return Path(row["path"]).exists()


def _removed(path: Path) -> str:
    """Remove it and what describes it, the logins first. Why it is left, ''."""
    try:
        if path.name.startswith(DRAFT):
            return "" if remove_unless_in_use(path) else f"{path.name} is in use"
        for one in (path, Path(description.sidecar_of(str(path)))):
            one.unlink(missing_ok=True)
    except OSError as error:
        return f"{path.name} cannot be removed: {error.strerror}"
    return ""
