# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive: names, what its sidecar says, and the room that it takes. Pure.

An archive is ``<table>-<n>.tsv.gz`` (COPY text, UTF-8, gzip) with a sidecar ``<table>-<n>.json``; a backup's name begins with ``backup-``.
One that is encrypted with age is ``<table>-<n>.tsv.gz.age``, its sidecar ``<table>-<n>.age.json``; the SHA-256 is that of the file.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.json_text import parsed

FORMAT = 1
ENDING = ".tsv.gz"
SEALED = ".age"
BACKUP = "backup-"
_NAME = re.compile(r"(backup-)?.+-(?P<number>[1-9]\d*)\.tsv\.gz(\.age)?")
# what the folder must hold beyond the estimate: records, sidecars, and other writers of the same file system
ROOM_MARGIN = 64 * 1024 * 1024
# paths that are too many for a sentence
_MANY = 3


@dataclass(frozen=True)
class Header:
    """What an archive is of. ``database`` is the identity that the server reports; ``columns`` are pairs of name and type.

    ``ssl_mode``: the TLS of the connection that wrote it, '' where none was insisted on, or an older release wrote it.
    """

    product: str
    engine: str
    database: str
    schema: str
    table: str
    columns: tuple[tuple[str, str], ...]
    run_id: str
    ssl_mode: str = ""


@dataclass(frozen=True)
class Archive:
    """A written and verified archive; ``first`` and ``last`` are the keys of its first and its last row, as text."""

    path: str
    sidecar: str
    rows: int
    sha256: str
    bytes: int
    first: str
    last: str


def name_of(table: str, number: int, backup: bool, sealed: bool = False) -> str:
    """The file's name; what a table is called in a database may hold what a file name may not. ``sealed``: it is encrypted with age."""
    return f"{BACKUP if backup else ''}{_in_names(table)}-{number}{ENDING}{SEALED if sealed else ''}"


def is_sealed(path: str) -> bool:
    """Whether the archive is encrypted with age."""
    return path.endswith(SEALED)


def is_archive(name: str, backup: bool, table: str = "") -> bool:
    """Whether a file of that name is an archive of a purge, or with ``backup`` one of a backup; of this table, where one is named."""
    found = _NAME.fullmatch(name)
    return (
        bool(found)
        and name.startswith(BACKUP) == backup
        and (not table or name.removeprefix(BACKUP).rpartition("-")[0] == _in_names(table))
    )


def number_of(name: str) -> int:
    """The place of that archive among those of its table; 0 for what is none."""
    found = _NAME.fullmatch(name)
    return int(found["number"]) if found else 0


def _in_names(table: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", table)


def sidecar_of(path: str) -> str:
    """Where the sidecar of that archive is."""
    return f"{path[: -len(ENDING + SEALED)]}{SEALED}.json" if is_sealed(path) else f"{path[: -len(ENDING)]}.json"


def sidecar_text(header: Header, rows: int, sha256: str) -> str:
    """What the sidecar says."""
    columns = [{"name": name, "type": kind} for name, kind in header.columns]
    values = {**vars(header), "columns": columns, "format": FORMAT, "rows": rows, "sha256": sha256}
    return json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read_sidecar(text: str, path: str) -> tuple[Header, int, str]:
    """Header, rows and SHA-256 out of a sidecar; raises SessionsError when it is none, or one of a newer format."""
    try:
        values = parsed(text)
        written = values["format"]
        columns = tuple((str(column["name"]), str(column["type"])) for column in values["columns"])
        texts = {name: str(values[name]) for name in ("product", "engine", "database", "schema", "table", "run_id")}
        header = Header(columns=columns, ssl_mode=str(values.get("ssl_mode", "")), **texts)
        rows, sha256 = _count_in(values["rows"]), str(values["sha256"])
    except (ValueError, KeyError, TypeError):
        raise SessionsError(f"{path} is damaged: it does not describe an archive.") from None
    if written != FORMAT:
        raise SessionsError(f"{path} has format {written!r}, this version reads format {FORMAT}: use the version that wrote it.")
    return header, rows, sha256


def _count_in(value: t.Any) -> int:
    """A number of rows; raises ValueError for what no archive has: JSON knows fractions, and numbers without an end."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 63:
        raise ValueError("no number of rows")
    return value


def check_room(free: int, table_bytes: int, copies: int, folder: str) -> None:
    """Raises SessionsError when the folder's file system cannot take so many copies of a table of that size (bytes)."""
    needed = copies * table_bytes + ROOM_MARGIN
    if free < needed:
        raise SessionsError(
            f"There is too little room for the archives in {folder}: {free // 1024**2} MiB free, {needed // 1024**2 + 1} MiB needed. "
            "Name another archive_dir."
        )


def paths_told(archives: t.Sequence[Archive]) -> str:
    """Where they are, in a sentence: of many the first and the last one."""
    paths = [archive.path for archive in archives]
    return " and ".join(paths) if len(paths) < _MANY else f"{len(paths)} archives, {paths[0]} to {paths[-1]}"
