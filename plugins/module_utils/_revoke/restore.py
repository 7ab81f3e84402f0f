# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the rows of archives back: exactly those, all or none."""

from __future__ import annotations

import typing as t
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import age, description
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.age_keys import read_identities
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import RunFolder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.reading import opened, read_back, read_description, rows_in
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import check_told
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.withdrawal import (
    NOTHING,
    Withdrawal,
    has_not_begun,
    withdrawal_of,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.source import (
    FOLDER_OPTIONS,
    Source,
    Sources,
    look_at_sources,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import DATABASE_OPTIONS, database_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.rows_back import Restored, Rows
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.tls import unnamed_problem

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# header, rows and SHA-256, as an archive describes itself
_Described = tuple[description.Header, int, str]

RESTORE_OPTIONS: dict[str, t.Any] = {
    **DATABASE_OPTIONS,
    "archive_dir": FOLDER_OPTIONS["archive_dir"],
    "archives": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {"path": {"type": "path", "required": True}, "sha256": {"type": "str", "required": True}},
    },
    "accept_live_logins": {"type": "bool", "default": False},
    "identity_file": {"type": "path", "default": ""},
    "abandon": {"type": "str", "default": ""},
}


class Begun(SessionsError):
    """It failed when something was changed, or may have been."""


def restore(options: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    """Put the rows back, and take the proof back from every run of the cluster that it is of. Returns the module's values.

    Also of rows that are all there already: an earlier restore may not have found the records, and by hand nobody looks for them.
    Raises SessionsError when nothing was changed, else Begun.
    """
    if not options["archives"]:
        raise SessionsError("No archive is named: give archives (in the playbook force_reauth_restore_archives).")
    if not options["accept_live_logins"]:
        raise SessionsError(
            "Every row that is put back is a login that works again. Set accept_live_logins: true if that is what you want."
        )
    paths = [Path(archive["path"]) for archive in options["archives"]]
    identities = _identities(paths, options["identity_file"])
    described = [read_description(path) for path in paths]
    _check_tls(options, paths, described)
    sources = look_at_sources(options, purpose="copy")
    records = RunRecords(options["archive_dir"], sources.first.cluster)
    _check_place(records, paths)
    archives = [{"path": str(path), "sha256": archive["sha256"]} for path, archive in zip(paths, options["archives"])]
    check_told({**sources.told, "archives": archives}, RESTORE_OPTIONS, options)
    with ExitStack() as stack:
        loads = _loads(stack, sources, paths, described, [archive["sha256"] for archive in options["archives"]], identities)
        runs = {run for load in loads for run in load.runs}
        withdrawal = _withdrawal(records, runs, options)
        connection, restored = _put_back(stack, loads, check_mode)
        rows, present = sum(one.rows for one in restored), sum(one.present for one in restored)
        if not check_mode and (rows or present):
            # another run may have begun meanwhile
            withdrawal = _withdrawal(records, runs, options)
        done = _done(withdrawal, rows, present, options["abandon"])
        if not check_mode:
            _make_it_real(connection if rows else None, sources, records, done)
    return {
        **Sources(tuple(load.source for load in loads)).told,
        "changed": rows > 0 or done.changes,
        "rows": rows,
        "present": present,
        "archives": archives,
        "proofs_withdrawn": done.proofs,
        "set_aside": done.set_aside,
        "notes": [*done.told(str(records.folder), check_mode), *(sources.first.store.rehearsal_notes() if check_mode else [])],
    }


@dataclass(frozen=True)
class _Load:
    """The archives of one table, opened and checked: their rows have these columns, and were deleted, or copied, by these runs."""

    source: Source
    runs: set[str]
    columns: list[str]
    rows: list[Rows]


def _loads(
    stack: ExitStack,
    sources: Sources,
    paths: t.Sequence[Path],
    described: t.Sequence[_Described],
    hashes: t.Sequence[str],
    identities: age.Keys,
) -> list[_Load]:
    files = [stack.enter_context(opened(path)) for path in paths]
    by_table: dict[str, list[tuple[description.Header, Path, t.BinaryIO]]] = {}
    for path, (header, rows, _written), file, sha256 in zip(paths, described, files, hashes):
        _check(sources, header, path)
        read_back(file, str(path), sha256.lower(), rows, identities)
        by_table.setdefault(header.table, []).append((header, path, file))
    return [
        _Load(
            source,
            {header.run_id for header, _path, _file in named},
            _columns([header for header, _path, _file in named], [path for _header, path, _file in named]),
            [partial(rows_in, file, str(path), identities) for _header, path, file in named],
        )
        for source in sources.tables
        if (named := by_table.get(source.look.table.name))
    ]


def _withdrawal(records: RunRecords, put_back: t.Collection[str], options: t.Mapping[str, t.Any]) -> Withdrawal:
    """As ``withdrawal_of``: set aside may be what the operator names, and a run that has deleted nothing."""
    runs, unread = records.runs()
    begun = [run for run in runs if RunFolder(options["archive_dir"], records.cluster, run).archives(backup=False)]
    idle = [run for run, record in runs.items() if has_not_begun(record) and run not in begun]
    return withdrawal_of(runs, put_back, unread, [*idle, options["abandon"]])


def _put_back(stack: ExitStack, loads: t.Sequence[_Load], rehearsal: bool) -> tuple[Connection, list[Restored]]:
    """All in one transaction, which is not committed yet."""
    first, *others = loads
    restoring = first.source.store.restoring(first.source.look.table, first.columns, first.rows, rehearsal)
    connection, restored = stack.enter_context(restoring)
    more = [load.source.store.put_back_beside(connection, load.source.look.table, load.columns, load.rows) for load in others]
    return connection, [restored, *more]


def _done(withdrawal: Withdrawal, rows: int, present: int, abandon: str) -> Withdrawal:
    if rows:
        return withdrawal
    return withdrawal.where_none_is_new(abandon) if present else NOTHING


def _make_it_real(connection: Connection | None, sources: Sources, records: RunRecords, withdrawal: Withdrawal) -> None:
    """``connection``: None where it has put nothing back."""
    try:
        # first the records: a proof that no longer holds must not outlive this commit
        for run in [*withdrawal.proofs, *withdrawal.set_aside]:
            records.withdraw_proof(run)
        if connection is not None:
            sources.first.store.connector.commit(connection, "commit the rows that were put back")
    except SessionsError as error:
        raise Begun(str(error)) from None


def _identities(paths: t.Sequence[Path], identity_file: str) -> age.Keys:
    """The operator's keys, where an archive needs one."""
    sealed = [path for path in paths if description.is_sealed(str(path))]
    if not sealed:
        return ()
    if not identity_file:
        raise SessionsError(
            f"{sealed[0]} is encrypted with age: name the file of the key of one of its recipients, on this host, with identity_file "
            "(in the playbook force_reauth_restore_identity). Nothing was put back."
        )
    return read_identities(identity_file)


def _check_tls(options: t.Mapping[str, t.Any], paths: t.Sequence[Path], described: t.Sequence[_Described]) -> None:
    """Before anything is sent: raises SessionsError for a connection that nobody said may be weaker than that of the run."""
    database = database_of(options)
    for path, (header, _rows, _written) in zip(paths, described):
        problem = unnamed_problem(database, str(path), header.ssl_mode)
        if problem:
            raise SessionsError(problem)


def _check(sources: Sources, header: description.Header, path: Path) -> None:
    source = next((one for one in sources.tables if one.look.table.name == header.table), sources.first)
    expected = source.header(header.run_id)
    if header.database != expected.database or header.product != expected.product:
        raise SessionsError(
            f"{path} is of {header.product} in {header.database}, this is {expected.product} in {expected.database}: nothing was put back."
        )
    if (header.table, sorted(header.columns)) != (expected.table, sorted(expected.columns)):
        raise SessionsError(
            f"{path} is of a table {header.table} with other columns than {source.look.table.label} has now: nothing was put back."
        )


def _columns(headers: t.Sequence[description.Header], paths: t.Sequence[Path]) -> list[str]:
    orders = {header.columns for header in headers}
    if len(orders) != 1:
        raise SessionsError(
            f"The archives {', '.join(map(str, paths))} do not have the same columns in the same order: put them back one by one."
        )
    return [name for name, _type in headers[0].columns]


def _check_place(records: RunRecords, paths: t.Iterable[Path]) -> None:
    """Raises SessionsError for an archive in another folder of records: which are those of the cluster?"""
    for path in paths:
        folder = path.parent.parent
        if folder.name != records.cluster or not (path.parent / "run.json").exists() or folder.resolve() == records.folder.resolve():
            continue
        raise SessionsError(
            f"{path} lies beside the record of a run, and the records are looked for in {records.folder.parent}: name {folder.parent} with "
            "archive_dir (in the playbook force_reauth_archive_dir), or a copy of the archive without the record. Nothing was put back."
        )
