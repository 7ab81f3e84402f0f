# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the evidence: each file whole or not at all, 0600, over the one of an earlier start."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.private_files import whole_file
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords

JSON, PAGE = "evidence.json", "evidence.html"
# what the module ``evidence_files`` takes
ARGUMENTS: dict[str, t.Any] = {
    "archive_dir": {"type": "path", "required": True},
    "cluster": {"type": "str", "required": True},
    "run_id": {"type": "str", "required": True},
    "document": {"type": "str", "required": True},
    "page": {"type": "str", "required": True},
}


def answer(options: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    """Write both files, but in check mode, and tell their paths. Raises SessionsError."""
    if check_mode:
        return {"changed": True, "paths": []}
    texts = {JSON: options["document"], PAGE: options["page"]}
    return {"changed": True, "paths": beside_record(options["archive_dir"], options["cluster"], options["run_id"], texts)}


def beside_record(archive_dir: str, cluster: str, run_id: str, texts: t.Mapping[str, str]) -> list[str]:
    """Write into the folder of the run, by the names of the files; returns their paths. Raises SessionsError."""
    folder = RunRecords(archive_dir, cluster).folder_of(run_id)
    return written(folder, texts)


def written(folder: Path, texts: t.Mapping[str, str]) -> list[str]:
    """The paths of the files, whose names are the keys. Raises SessionsError with what is wrong."""
    paths = []
    for name, text in texts.items():
        path = folder / name
        try:
            with whole_file(path) as file:
                file.write(text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise SessionsError(f"{path} cannot be written: {error.strerror}.") from error
        paths.append(str(path))
    return paths
