# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies the token table, for the careful."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import description
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.source import (
    FOLDER_OPTIONS,
    USERS_OPTIONS,
    folder_for,
    look_at_source,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import DATABASE_OPTIONS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import scope_of

BACKUP_OPTIONS: dict[str, t.Any] = {**DATABASE_OPTIONS, **FOLDER_OPTIONS, **USERS_OPTIONS}


def back_up(options: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    """Write and verify the copy; in check mode say what would be written. Returns the module's values."""
    source = look_at_source(options, scope_of(options["usernames"], options["exclude_usernames"]), briefly=True)
    folder = folder_for(source, options)
    table, store = source.look.table, source.store
    said = {**source.told, "folder": str(folder.path), "changed": True, "notes": source.notes}
    if check_mode:
        path = str(folder.path / description.name_of(table.name, 1, backup=True))
        planned = description.Archive(path, description.sidecar_of(path), source.look.rows, "", 0, "", "")
        return {**said, "rows": source.look.rows, "archive": vars(planned)}
    folder.make()
    with folder.draft(source.header(options["run_id"]), table.key, backup=True) as draft:
        rows = store.copy(table, draft.sink)
        archive = draft.finish(rows)
        draft.keep()
    return {**said, "changed": archive is not None, "rows": rows, "archive": vars(archive) if archive else {}}
