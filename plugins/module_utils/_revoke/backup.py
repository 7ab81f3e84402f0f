# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies the token tables, for the careful."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import description
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import RunFolder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.source import (
    FOLDER_OPTIONS,
    USERS_OPTIONS,
    Source,
    folder_for,
    look_at_sources,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import DATABASE_OPTIONS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import scope_of

# its own, and the archives of the purge that follows
_COPIES = 2

BACKUP_OPTIONS: dict[str, t.Any] = {**DATABASE_OPTIONS, **FOLDER_OPTIONS, **USERS_OPTIONS}


def back_up(options: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    """Write and verify the copy; in check mode say what would be written. Returns the module's values."""
    sources = look_at_sources(options, scope_of(options["usernames"], options["exclude_usernames"]), purpose="copy")
    folder = folder_for(sources, options, copies=_COPIES)
    if not check_mode:
        folder.make()
    copies = [_planned(source, folder) if check_mode else _copy(source, folder, options["run_id"]) for source in sources.tables]
    tables = {source.look.table.name: archive.rows if archive else 0 for source, archive in zip(sources.tables, copies)}
    return {
        **sources.told,
        "folder": str(folder.path),
        "changed": any(copies),
        "notes": sources.notes,
        "rows": sum(tables.values()),
        "tables": tables,
        "archive": vars(copies[0]) if copies[0] else {},
        "archives": [vars(archive) for archive in copies if archive],
    }


def _planned(source: Source, folder: RunFolder) -> description.Archive | None:
    """None of an empty table, of which none will be written."""
    path = str(folder.next_path(source.look.table.name, backup=True))
    return description.Archive(path, description.sidecar_of(path), source.look.rows, "", 0, "", "") if source.look.rows else None


def _copy(source: Source, folder: RunFolder, run_id: str) -> description.Archive | None:
    """None of an empty table."""
    table = source.look.table
    with folder.draft(source.header(run_id), table.key, backup=True) as draft:
        archive = draft.finish(source.store.copy(table, draft.sink))
        draft.keep()
    return archive
