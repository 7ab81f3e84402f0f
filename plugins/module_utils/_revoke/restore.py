# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the rows of archives back: exactly those, all or none."""

from __future__ import annotations

import typing as t
from contextlib import ExitStack
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import description
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import opened, read_back, read_description
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.gzip_stream import content
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.source import Source, look_at_source
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import DATABASE_OPTIONS

RESTORE_OPTIONS: dict[str, t.Any] = {
    **DATABASE_OPTIONS,
    "archives": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {"path": {"type": "path", "required": True}, "sha256": {"type": "str", "required": True}},
    },
    "accept_live_logins": {"type": "bool", "default": False},
}


def restore(options: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    """Put the rows back, and take the proof back from the record of their run. Returns the module's values."""
    if not options["accept_live_logins"]:
        raise SessionsError(
            "Every row that is put back is a login that works again. Set accept_live_logins: true if that is what you want."
        )
    source = look_at_source(options, briefly=True)
    paths = [Path(archive["path"]) for archive in options["archives"]]
    with ExitStack() as stack:
        files = [stack.enter_context(opened(path)) for path in paths]
        headers = [_check(source, path, file, archive["sha256"]) for path, file, archive in zip(paths, files, options["archives"])]
        columns = _columns(headers, paths)
        rows = [stack.enter_context(content(file)) for file in files]
        with source.store.restoring(source.look.table, columns, rows) as (connection, restored):
            if not check_mode and restored.rows:
                # first the record: a proof that no longer holds must not outlive this commit
                _withdraw_proof(paths, source.cluster)
                source.store.connector.commit(connection, "commit the rows that were put back")
    return {
        **source.told,
        "changed": restored.rows > 0,
        "rows": restored.rows,
        "present": restored.present,
        "archives": [{"path": str(path), "sha256": archive["sha256"]} for path, archive in zip(paths, options["archives"])],
    }


def _check(source: Source, path: Path, file: t.BinaryIO, sha256: str) -> description.Header:
    header, rows, _written = read_description(path)
    expected = source.header(header.run_id)
    if header.database != expected.database or header.product != expected.product:
        raise SessionsError(
            f"{path} is of {header.product} in {header.database}, this is {expected.product} in {expected.database}: nothing was put back."
        )
    if (header.table, sorted(header.columns)) != (expected.table, sorted(expected.columns)):
        raise SessionsError(
            f"{path} is of a table {header.table} with other columns than {source.look.table.label} has now: nothing was put back."
        )
    read_back(file, str(path), sha256.lower(), rows)
    file.seek(0)
    return header


def _columns(headers: t.Sequence[description.Header], paths: t.Sequence[Path]) -> list[str]:
    orders = {header.columns for header in headers}
    if len(orders) != 1:
        raise SessionsError(
            f"The archives {', '.join(map(str, paths))} do not have the same columns in the same order: put them back one by one."
        )
    return [name for name, _type in headers[0].columns]


def _withdraw_proof(paths: t.Iterable[Path], cluster: str) -> None:
    for folder in sorted({path.parent for path in paths}):
        # a copy elsewhere is not the record of anything
        if folder.parent.name == cluster and (folder / "run.json").exists():
            RunRecords(str(folder.parent.parent), cluster).withdraw_proof(folder.name)
