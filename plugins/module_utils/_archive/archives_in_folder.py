# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which archives lie in a folder of archives: of which run, how old, how many logins. Reads only."""

from __future__ import annotations

import datetime
import os
import re
import stat
from contextlib import suppress
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import description
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import DRAFT
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.reading import read_description
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.shelved import ShelvedFile, ShelvedRun
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.private_files import check_private_folder, named_folder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import is_run_id
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import LOADERS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.content import Payload, is_finished
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords

# as ``cluster_name`` makes them
_CLUSTER = re.compile(rf"(?:{'|'.join(LOADERS)})-[0-9a-f]{{12}}")


def shelved_runs(archive_dir: str, cluster: str, now: float) -> list[ShelvedRun]:
    """All runs of the cluster ('': of every cluster) that have files of logins, or a folder that cannot be judged; the oldest first.

    Raises SessionsError when the folder of archives itself cannot be trusted.
    """
    top = named_folder(archive_dir)
    if not os.path.lexists(top):
        return []
    check_private_folder(top)
    clusters = [cluster] if cluster else [name for name in _names(top) if is_cluster(name)]
    found = [run for name in clusters if os.path.lexists(top / name) for run in _of_cluster(archive_dir, name, now)]
    return sorted(found, key=lambda run: -run["age"])


def other_folders(archive_dir: str) -> list[str]:
    """The names of folders there that are no cluster's, as the ``lost+found`` of a disk of its own. Raises SessionsError."""
    top = named_folder(archive_dir)
    return [name for name in _names(top) if not is_cluster(name)] if os.path.lexists(top) else []


def is_cluster(name: str) -> bool:
    """Whether a folder of that name is where a cluster keeps its runs."""
    return _CLUSTER.fullmatch(name) is not None


def _of_cluster(archive_dir: str, cluster: str, now: float) -> list[ShelvedRun]:
    folder = Path(archive_dir) / cluster
    try:
        check_private_folder(folder)
        names = [name for name in _names(folder) if is_run_id(name)]
    except SessionsError as error:
        return [_unjudged(cluster, "", folder, str(error))]
    runs = [_of_run(RunRecords(archive_dir, cluster), name, now) for name in names]
    return [run for run in runs if run["files"] or run["pending"] or run["problem"]]


def _of_run(records: RunRecords, run_id: str, now: float) -> ShelvedRun:
    folder = records.folder / run_id
    try:
        check_private_folder(folder)
        record = records.read(run_id)
        files, written = files_of(folder)
    except SessionsError as error:
        return _unjudged(records.cluster, run_id, folder, str(error))
    except OSError as error:
        return _unjudged(records.cluster, run_id, folder, f"{folder} cannot be looked into: {error.strerror}.")
    nobody = "no record tells whether its run is over: remove the files by hand, or set it aside by a new run with force_reauth_abandon"
    return {
        "cluster": records.cluster,
        "run_id": run_id,
        "folder": str(folder),
        "phase": str(record.get("phase", "")),
        "over": is_finished(record),
        "age": int(max(0.0, now - max([*written, _ended(record)]))),
        "files": files,
        "pending": [one["path"] for one in _begun(record) if not os.path.lexists(one["path"])],
        "problem": nobody if files and not record else "",
    }


def _unjudged(cluster: str, run_id: str, folder: Path, problem: str) -> ShelvedRun:
    return {
        "cluster": cluster,
        "run_id": run_id,
        "folder": str(folder),
        "phase": "",
        "over": False,
        "age": 0,
        "files": [],
        "pending": [],
        "problem": problem,
    }


def _begun(record: Payload) -> list[Payload]:
    return [one for one in record.get("expired", {}).get("archives", []) if not one["removed"]]


def _ended(record: Payload) -> float:
    """When the record came to its phase; 0 where an older release did not write it."""
    with suppress(IndexError, KeyError, ValueError):
        return datetime.datetime.fromisoformat(record["history"][-1]["at"].replace("Z", "+00:00")).timestamp()
    return 0.0


def _names(folder: Path) -> list[str]:
    """Of the folders in it, and of links that stand for one."""
    try:
        return sorted(one.name for one in folder.iterdir() if one.is_dir())
    except OSError as error:
        raise SessionsError(f"The folder {folder} cannot be looked into: {error.strerror}.") from None


def files_of(folder: Path) -> tuple[list[ShelvedFile], list[float]]:
    """The files of logins in the folder of a run, and when each was written. Raises OSError, SessionsError for one that is none."""
    files, written = [], []
    for path in sorted(folder.iterdir()):
        draft = path.name.startswith(DRAFT)
        if not draft and not any(description.is_archive(path.name, backup) for backup in (False, True)):
            continue
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise SessionsError(f"{path} is no file of this account: find out who put it there.")
        rows, sha256 = (-1, "") if draft else _described(path)
        backup = path.name.startswith(description.BACKUP)
        files.append(ShelvedFile(path=str(path), rows=rows, sha256=sha256, bytes=found.st_size, backup=backup))
        written.append(found.st_mtime)
    return files, written


def _described(path: Path) -> tuple[int, str]:
    try:
        _header, rows, sha256 = read_description(path)
    except SessionsError:
        # never finished, or damaged: it holds logins all the same
        return -1, ""
    return rows, sha256
