# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The purge module's work: look, delete everything, or delete what came back."""

from __future__ import annotations

import typing as t
from contextlib import nullcontext
from functools import partial

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import RunFolder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.leftovers import delete_leftovers, find_leftovers
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.purge import Clock, Mover, Owned, purge, when_free
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.source import (
    FOLDER_OPTIONS,
    USERS_OPTIONS,
    Source,
    folder_for,
    look_at_source,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.members import members_by_database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import DATABASE_OPTIONS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.token_ages import ages_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_count import count_users
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import scope_of

PURGE_OPTIONS: dict[str, t.Any] = {
    **DATABASE_OPTIONS,
    **FOLDER_OPTIONS,
    **USERS_OPTIONS,
    "scope": {"type": "str", "choices": ["all", "archived"], "default": "all"},
    "single_sweep": {"type": "bool", "default": False},
    "lock_wait": {"type": "int", "default": 120},
    "expected_rows": {"type": "int", "default": -1},
    "start": {
        "type": "dict",
        "options": {
            "attempt": {"type": "int", "required": True},
            "number": {"type": "str", "required": True},
            "controller": {"type": "str", "default": ""},
        },
    },
}


def revoke(options: t.Mapping[str, t.Any], check_mode: bool, clock: Clock) -> dict[str, t.Any]:
    """Delete what the options' scope says; in check mode only look. Returns the module's values."""
    users = scope_of(options["usernames"], options["exclude_usernames"])
    if users and options["scope"] == "archived":
        raise SessionsError("scope=archived follows the archives of the run: usernames and exclude_usernames belong to scope=all.")
    source = when_free(partial(look_at_source, options, users), clock, 0 if check_mode else options["lock_wait"])
    folder = folder_for(source, options)
    mover = Mover(source, folder, options["run_id"], _fence(options, source.cluster), clock, options["lock_wait"])
    counted = count_users(source.store, source.look)
    scope = _revoke_archived if options["scope"] == "archived" else _revoke_all
    more = scope(options, source, folder, mover, check_mode)
    return {**source.told, "folder": str(folder.path), **counted, **_told(source, mover), **more}


def _revoke_all(options: t.Mapping[str, t.Any], source: Source, folder: RunFolder, mover: Mover, check_mode: bool) -> dict[str, t.Any]:
    if check_mode:
        told = members_by_database(product_named(source.product), source.store, source.look.table.schema)
        return {"rows": source.look.rows, "changed": source.look.rows > 0, "ages": ages_of(source.store, source.look), **told}
    folder.make()
    purge(source, folder, mover, options["single_sweep"], options["expected_rows"])
    return {"rows": mover.rows, "changed": mover.rows > 0}


def _revoke_archived(
    _options: t.Mapping[str, t.Any], source: Source, folder: RunFolder, mover: Mover, check_mode: bool
) -> dict[str, t.Any]:
    found = find_leftovers(source, folder)
    if check_mode or not found.keys:
        told = {"left": len(found.keys), "checked": found.checked, "since": source.look.rows - len(found.keys)}
        return {**told, "rows": len(found.keys), "changed": bool(found.keys)}
    folder.make()
    delete_leftovers(mover, found)
    left = len(find_leftovers(source, folder).keys)
    since = source.look.rows - len(found.keys)
    return {"rows": mover.rows, "left": left, "checked": found.checked, "since": since, "changed": mover.rows > 0}


def _told(source: Source, mover: Mover) -> dict[str, t.Any]:
    return {
        "oldest": source.look.oldest,
        "others": source.look.others,
        "archives": [vars(archive) for archive in mover.archives],
        "cut_off": mover.cut_off,
        "sweeps": mover.sweeps,
        "retries": mover.retries,
        "wait_seconds": round(mover.longest_wait, 3),
    }


def _fence(options: t.Mapping[str, t.Any], cluster: str) -> Owned:
    """Holds the run record still around a commit, where the options name the start that must own it."""
    start = options["start"]
    if not start:
        return nullcontext
    records = RunRecords(options["archive_dir"], cluster)
    return lambda: records.owned(options["run_id"], start)
