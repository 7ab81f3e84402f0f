# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The purge module's work: look, delete everything, or delete what came back."""

from __future__ import annotations

import re
import typing as t
from contextlib import nullcontext
from functools import partial

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.description import Archive
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import RunFolder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import check_told
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.content import began_with, same_start
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.expected_tokens import check_expected_tokens
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.leftovers import delete_leftovers, find_leftovers
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.members import members_by_database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.purge import Accounts, Mover, Owned, purge
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.run_archives import (
    archives_of_the_run,
    check_something_to_compare,
    rows_since,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.source import (
    FOLDER_OPTIONS,
    LOOKED_USERS_OPTIONS,
    Source,
    Sources,
    folder_for,
    look_at_sources,
    survivors_of,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.when_free import Clock, when_free
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import DATABASE_OPTIONS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.token_ages import ages_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_count import count_users
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import scope_of

PURGE_OPTIONS: dict[str, t.Any] = {
    **DATABASE_OPTIONS,
    **FOLDER_OPTIONS,
    **LOOKED_USERS_OPTIONS,
    "scope": {"type": "str", "choices": ["all", "archived"], "default": "all"},
    "single_sweep": {"type": "bool", "default": False},
    "lock_wait": {"type": "int", "default": 120},
    "expected_rows": {"type": "int", "default": -1},
    "expected_tables": {"type": "dict", "default": {}},
    "expected_tokens": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "no_log": False,
        "options": {"node": {"type": "str", "required": True}, "token": {"type": "str", "required": True, "no_log": False}},
    },
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
    patience = 0 if check_mode else options["lock_wait"]
    told = check_mode and options["unknown_usernames"] == "told"
    sources = when_free(partial(look_at_sources, options, users, unknown_told=told), clock, patience)
    folder = folder_for(sources, options, copies_to_come(options["scope"], check_mode))
    _check_start(options, sources.first)
    check_expected_tokens(sources.first, folder, options["expected_tokens"])
    mover = Mover(folder, options["run_id"], _fence(options, sources.first.cluster), clock, patience)
    counted = count_users(sources.looks)
    said = {"users": counted["users"], "notes": [*sources.notes, *counted["notes"]], "unknown_users": sources.unknown_users}
    known = {**sources.told, "folder": str(folder.path), **said}
    check_told(known, PURGE_OPTIONS, options)
    scope = _revoke_archived if options["scope"] == "archived" else _revoke_all
    with mover.telling():
        more = scope(options, sources, folder, mover, check_mode)
    return {**known, **_told(sources, mover), **more}


def copies_to_come(scope: str, check_mode: bool) -> int:
    """Of the token tables, in the archive folder: a look is before the backup, a purge after it; what came back is little."""
    if scope == "archived":
        return 0
    return 2 if check_mode else 1


def _revoke_all(options: t.Mapping[str, t.Any], sources: Sources, folder: RunFolder, mover: Mover, check_mode: bool) -> dict[str, t.Any]:
    accounts = [Accounts(source, folder, rows) for source, rows in zip(sources.tables, _expected(options, sources))]
    for account in accounts:
        account.foresee(mover.when_free)
    if check_mode:
        first = sources.first
        told = members_by_database(product_named(first.product), first.store, first.look.table)
        counted = {"rows": sources.rows, "tables": sources.rows_by_table, "ages": ages_of(sources.looks), "survivors": survivors_of(first)}
        return {**counted, "encrypted_for": len(options["archive_recipients"]), "changed": sources.rows > 0, **told}
    folder.make()
    purge(accounts, mover, options["single_sweep"])
    written = {source.look.table.name: mover.archives_of(source.look.table) for source in sources.tables}
    tables = {table: sum(one.rows for one in archives) for table, archives in written.items()}
    of_the_run = [vars(one) for one in _archives_of_the_run(sources, folder, mover, recorded=())]
    kept = [
        {"table": source.look.table.name, "what": spared.what, "before": source.look.spared, "after": account.spared}
        for source, account in zip(sources.tables, accounts)
        if (spared := source.store.wanted.spared)
    ]
    deleted = {"rows": mover.rows, "tables": tables, "archives_of_run": of_the_run, "left_alone": kept, "changed": mover.rows > 0}
    return {**deleted, "user_keys": sources.user_keys}


def _archives_of_the_run(sources: Sources, folder: RunFolder, mover: Mover, recorded: t.Collection[t.Mapping[str, t.Any]]) -> list[Archive]:
    tables = [source.look.table for source in sources.tables]
    return [one for table in tables for one in archives_of_the_run(folder, table.name, mover.archives_of(table), recorded)]


def _expected(options: t.Mapping[str, t.Any], sources: Sources) -> list[int]:
    """How many rows each table should have, -1 where that is not said; raises SessionsError where it is not said of which."""
    by_table, rows = options["expected_tables"], options["expected_rows"]
    if rows >= 0 and len(sources.tables) > 1:
        raise SessionsError(f"expected_rows is of one table, and these are {sources.told['table']}: say it of each with expected_tables.")
    unknown = sorted(set(by_table) - {source.look.table.name for source in sources.tables})
    if unknown:
        raise SessionsError(f"expected_tables names {', '.join(unknown)}, and the tables that are purged are {sources.told['table']}.")
    wrong = [f"{name}: {value!r}" for name, value in by_table.items() if not re.fullmatch(r"-?[0-9]{1,18}", str(value))]
    if wrong:
        raise SessionsError(f"expected_tables wants a number of rows for each table, and has {', '.join(wrong)}.")
    return [max(int(by_table.get(source.look.table.name, -1)), rows) for source in sources.tables]


def _revoke_archived(
    options: t.Mapping[str, t.Any], sources: Sources, folder: RunFolder, mover: Mover, check_mode: bool
) -> dict[str, t.Any]:
    record = RunRecords(options["archive_dir"], sources.first.cluster).read(options["run_id"])
    check_something_to_compare(options["run_id"], str(folder.path), folder.archives(backup=False), record)
    found = [find_leftovers(source, folder) for source in sources.tables]
    rows, checked = sum(len(one.keys) for one in found), sum(one.checked for one in found)
    recorded = record.get("revoked", {}).get("archives", [])
    changed = [f"{sentence}: whether one of its tokens came back is not known" for sentence in folder.changed(recorded)]
    unread = [*(sentence for one in found for sentence in one.unread), *changed]
    counted = {"checked": checked, "since": sources.rows - rows, "unread": unread}
    left = done = rows
    if rows and not check_mode:
        folder.make()
        delete_leftovers(mover, sources.tables, found)
        left, done = sum(len(find_leftovers(source, folder).keys) for source in sources.tables), mover.rows
    archives = _archives_of_the_run(sources, folder, mover, recorded)
    # a start that was killed right after its commit has left no other word of what had come back to it
    earlier = rows_since(archives, recorded) - mover.rows if "revoked" in record else 0
    came_back = {"came_back": earlier + done, "archives_of_run": [vars(one) for one in archives]}
    return {**counted, **came_back, "left": left, "rows": done, "changed": done > 0}


def _told(sources: Sources, mover: Mover) -> dict[str, t.Any]:
    return {
        "oldest": sources.oldest,
        "others": sum(source.look.others for source in sources.tables),
        "archives": [vars(archive) for archive in mover.archives],
        "cut_off": mover.cut_off,
        "sweeps": mover.sweeps,
        "retries": mover.retries,
        "wait_seconds": round(mover.longest_wait, 3),
    }


def _check_start(options: t.Mapping[str, t.Any], source: Source) -> None:
    """Raises SessionsError when the options name a start that does not own the run; only reads, where a fence holds the record.

    A server that has taken over since it began is another one by its identity, and the record lies with the first.
    """
    start, run_id = options["start"], options["run_id"]
    if not start:
        return
    records = RunRecords(options["archive_dir"], source.cluster)
    for folder, record in records.elsewhere(run_id).items():
        if same_start(record["start"], start):
            raise SessionsError(f"{began_with(run_id, record, folder, source.look.identity)}. Nothing more was changed.")
    records.check(run_id, start)


def _fence(options: t.Mapping[str, t.Any], cluster: str) -> Owned:
    """Holds the run record still around a commit, where the options name the start that must own it."""
    start = options["start"]
    if not start:
        return nullcontext
    records = RunRecords(options["archive_dir"], cluster)
    return lambda: records.owned(options["run_id"], start)
