# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and writes the run records of one cluster: ``<archive_dir>/<cluster>/<run id>/run.json`` and ``nodes/<node>.json``."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils import _record
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._private_files import make_private_folder, whole_file


class RunRecords:
    """The records below ``<archive_dir>/<cluster>``. Every method raises SessionsError with the path of what is wrong."""

    def __init__(self, archive_dir: str, cluster: str) -> None:
        self.folder = Path(archive_dir) / cluster

    def folder_of(self, run_id: str) -> Path:
        """Where the run keeps its record and its archives."""
        return self.folder / _record.check_run_id(run_id)

    def read(self, run_id: str) -> _record.Payload:
        """What is known of the run, with ``nodes`` by name; empty when there is no such run."""
        folder = self.folder_of(run_id)
        run = _read(folder / "run.json")
        if not run:
            return {}
        nodes = {path.stem: _read(path) for path in sorted((folder / "nodes").glob("*.json"))}
        return {**run, "nodes": nodes}

    def unfinished(self, except_for: str) -> list[str]:
        """The ids of the cluster's runs, other than that one, which were begun and are not over."""
        runs = (path.parent.name for path in sorted(self.folder.glob("*/run.json")))
        return [run for run in runs if run != except_for and not _record.is_finished(_read(self.folder / run / "run.json"))]

    def after_write(self, run_id: str, node: str, values: _record.Payload) -> tuple[_record.Payload, _record.Payload]:
        """What the file of the run (or of its ``node``) holds now, and what it will hold."""
        before = _read(self._path(run_id, node))
        return before, _record.merged(before, values)

    def write(self, run_id: str, node: str, payload: _record.Payload) -> None:
        """Put the payload on disk."""
        path = self._path(run_id, node)
        make_private_folder(path.parent)
        try:
            with whole_file(path) as file:
                file.write(_record.pack(payload).encode())
        except OSError as error:
            raise SessionsError(f"The run record {path} cannot be written: {error.strerror}.") from error

    def _path(self, run_id: str, node: str) -> Path:
        folder = self.folder_of(run_id)
        return folder / "nodes" / f"{_record.check_node_name(node)}.json" if node else folder / "run.json"


def _read(path: Path) -> _record.Payload:
    try:
        return _record.unpack(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SessionsError(f"The run record {path} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}.") from error
