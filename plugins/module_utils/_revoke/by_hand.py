# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the script by which the tokens are deleted by hand beside the record of the run."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.private_files import (
    make_private_folder,
    named_folder,
    whole_file,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords

SCRIPT_OPTIONS: dict[str, t.Any] = {
    "archive_dir": {"type": "path", "required": True},
    "cluster": {"type": "str", "required": True},
    "run_id": {"type": "str", "required": True},
    "start": {"type": "dict", "required": True},
    "content": {"type": "str", "required": True},
}


def keep_script(options: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    """Write the file, if the run is still this start's; raises SessionsError. Returns the module's values."""
    records = RunRecords(options["archive_dir"], options["cluster"])
    folder = records.folder_of(options["run_id"])
    path = folder / f"revoke-{options['cluster']}-{options['run_id']}.sql"
    content = str(options["content"]).encode()
    try:
        changed = not path.is_file() or path.read_bytes() != content
        if changed and not check_mode:
            make_private_folder(folder, named_folder(options["archive_dir"]))
            with records.owned(options["run_id"], options["start"]), whole_file(path) as file:
                file.write(content)
    except OSError as error:
        raise SessionsError(f"The script {path} cannot be kept: {error.strerror}. See to its folder, then resume.") from error
    return {"changed": changed, "path": str(path)}
