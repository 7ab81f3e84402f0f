# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and writes the run records of one cluster: ``<archive_dir>/<cluster>/<run id>/run.json`` and ``nodes/<node>.json``."""

from __future__ import annotations

import datetime
import glob
import hashlib
import os
import secrets
import time
import typing as t
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.flock_holder import holder_of, is_held
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.private_files import (
    check_private_folders,
    make_private_folder,
    named_folder,
    whole_file,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record import content

# as long as all forks of a run may need that write one after the other; a purge that commits may hold a record for longer
SECONDS = 30.0
# beside the record, which is replaced as a whole; a folder that several hosts see cannot be held itself
_LOCK = ".run.lock"
_PAUSE = 0.02


def moment() -> str:
    """Now, by the clock of this host."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class RunRecords:
    """The records below ``<archive_dir>/<cluster>``. Every method raises SessionsError with the path of what is wrong."""

    def __init__(self, archive_dir: str, cluster: str, now: t.Callable[[], str] = moment) -> None:
        self.cluster = cluster
        self.now = now
        self._top = named_folder(archive_dir)
        self.folder = self._top / cluster

    def folder_of(self, run_id: str) -> Path:
        """Where the run keeps its record and its archives; what is there is this account's alone."""
        folder = self.folder / content.check_run_id(run_id)
        check_private_folders(folder, self._top)
        return folder

    def read(self, run_id: str) -> content.Payload:
        """What is known of the run, with ``nodes`` by name; empty when there is no such run."""
        folder = self.folder_of(run_id)
        run = self._read(folder / "run.json")
        if not run:
            return {}
        nodes = {path.stem: self._read(path) for path in sorted((folder / "nodes").glob("*.json"))}
        return {**run, "node_records": nodes}

    def sum_of(self, run_id: str) -> str:
        """SHA-256 of the file of the run, '' where there is none."""
        path = self._path(run_id, "")
        try:
            return hashlib.sha256(path.read_bytes()).hexdigest()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise SessionsError(f"The run record {path} cannot be read: {error.strerror}.") from error

    def runs(self) -> tuple[dict[str, content.Payload], dict[str, str]]:
        """What the file of each of the cluster's runs says, by its id, and why one cannot be read."""
        tried = {run: self._read_or_why_not(run) for run in self._ids()}
        return {run: found for run, (found, why) in tried.items() if not why}, {run: why for run, (_found, why) in tried.items() if why}

    def unfinished(self, except_for: t.Collection[str]) -> list[str]:
        """The ids of the cluster's runs, other than those, which were begun and are not over."""
        runs = (run for run in self._ids() if run not in except_for)
        return [run for run in runs if not content.is_finished(self._read(self._path(run, "")))]

    def of(self, cluster: str) -> RunRecords:
        """Those of another cluster of the folder."""
        return RunRecords(str(self._top), cluster, self.now)

    def elsewhere(self, run_id: str) -> dict[str, content.Payload]:
        """What the files of runs of that id say which lie with other clusters of the product, by their folders.

        One that cannot be read tells nothing.
        """
        product = self.cluster.rpartition("-")[0]
        names = [path.name for path in sorted(self._top.glob(f"{glob.escape(product)}-*"))] if product else []
        others = [self.of(name) for name in names if name != self.cluster]
        tried = {str(other.folder / run_id): other._read_or_why_not(run_id)[0] for other in others}
        return {folder: found for folder, found in tried.items() if found}

    def _read_or_why_not(self, run: str) -> tuple[content.Payload, str]:
        try:
            return self._read(self._path(run, "")), ""
        except SessionsError as error:
            return {}, str(error)

    def _ids(self) -> list[str]:
        check_private_folders(self.folder, self._top)
        return [path.parent.name for path in sorted(self.folder.glob("*/run.json"))]

    def open(self, run_id: str, values: content.Payload, controller: str, number: str) -> content.Payload:
        """Begin the run, or take it over from an older start (see ``taken_over``), unless that was refused; returns who owns it now."""
        path = self._path(run_id, "")
        make_private_folder(path.parent, self._top)
        with _serialized(path.parent):
            known = self._read(path)
            start = content.next_start(known, controller, number)
            before = content.to_go_on_with(known)
            mine = {"cluster": self.cluster, "run_id": run_id, "start": start}
            begun = content.taken_over(before, values, start) if before else content.merged({}, {**mine, **values}, self.now())
            self._write(path, begun)
        return start

    def write(self, run_id: str, node: str, values: content.Payload, start: content.Payload) -> tuple[content.Payload, content.Payload]:
        """Put values into the file of the run, or of its ``node``, if the run is still this start's; returns it before and after."""
        run, path = self._path(run_id, ""), self._path(run_id, node)
        self.check(run_id, start)
        make_private_folder(path.parent, self._top)
        with _serialized(run.parent):
            content.check_start(self._read(run), start, str(run))
            before = self._read(path)
            told = content.with_deletion(before, values, secrets.token_hex(8))
            after = content.merged(before, {"cluster": self.cluster, **told}, self.now())
            if after != before:
                self._write(path, after)
            if not node and content.is_finished(after):
                self._forget_canaries(run.parent)
        return before, after

    def check(self, run_id: str, start: content.Payload) -> None:
        """Raises SessionsError when another start has taken the run over."""
        path = self._path(run_id, "")
        content.check_start(self._read(path), start, str(path))

    @contextmanager
    def owned(self, run_id: str, start: content.Payload) -> t.Iterator[None]:
        """Inside, nobody can take the run over; raises SessionsError when another start already has."""
        path = self._path(run_id, "")
        with _serialized(path.parent):
            content.check_start(self._read(path), start, str(path))
            yield

    def withdraw_proof(self, run_id: str) -> None:
        """Note, whoever owns the run, that what it may have proven holds no longer; one that is not over is set aside.

        The first note keeps the SHA-256 that the file had before: by it the evidence of the run goes.
        """
        path = self._path(run_id, "")
        with _serialized(path.parent):
            before = self._read(path)
            if not before:
                return
            after = content.withdrawn(before, self.now(), self.sum_of(run_id))
            if not content.is_finished(before):
                self._set_aside(path, {**after, "missing": [content.PUT_BACK]})
            elif after != before:
                self._write(path, after)

    def note_expired(self, run_id: str, archives: t.Sequence[content.Payload]) -> None:
        """Note, whoever owned the run, which of its archives are removed; raises SessionsError when the run is not over.

        The first note keeps the SHA-256 that the file had before: by it the evidence of the run goes.
        """
        path = self._path(run_id, "")
        with _serialized(path.parent):
            before = self._read(path)
            if not content.is_finished(before):
                raise SessionsError(f"The run of {path} is not over: its archives stay.")
            self._write(path, {**before, "expired": content.expired(before, archives, self.now(), self.sum_of(run_id))})

    def abandon(self, run_id: str) -> str:
        """Set another run aside, whoever works at it, unless it is over; returns its phase now, '' when it has no record here."""
        path = self._path(run_id, "")
        if not path.parent.is_dir():
            return ""
        with _serialized(path.parent):
            before = self._readable(path)
            if content.is_finished(before):
                return str(before["phase"])
            self._set_aside(path, {"cluster": self.cluster, "run_id": run_id, **before})
        return "abandoned"

    def _set_aside(self, path: Path, known: content.Payload) -> None:
        start = {"attempt": known.get("start", {}).get("attempt", 0) + 1, "number": "", "controller": "abandoned"}
        self._write(path, content.merged(known, {"start": start, "phase": "abandoned"}, self.now()))
        self._forget_canaries(path.parent)

    def _forget_canaries(self, folder: Path) -> None:
        """A run that is over needs no cookies. What cannot be read any more may hold them: it is replaced."""
        for path in sorted((folder / "nodes").glob("*.json")):
            self._write(path, {"cluster": self.cluster, **content.without_canary(self._readable(path))})

    def _path(self, run_id: str, node: str) -> Path:
        folder = self.folder_of(run_id)
        return folder / "nodes" / f"{content.check_node_name(node)}.json" if node else folder / "run.json"

    def _read(self, path: Path) -> content.Payload:
        payload = _read(path)
        content.check_cluster(payload, self.cluster, str(path))
        content.check_fields(payload, path.parent.parent == self.folder, str(path))
        return payload

    def _readable(self, path: Path) -> content.Payload:
        """The payload, empty for a damaged one: to set such a run aside is the way out of it."""
        try:
            return self._read(path)
        except SessionsError:
            return {}

    def _write(self, path: Path, payload: content.Payload) -> None:
        content.check_written(payload, path.parent.parent == self.folder, str(path))
        try:
            with whole_file(path) as file:
                file.write(content.pack(payload).encode())
        except OSError as error:
            raise SessionsError(f"The run record {path} cannot be written: {error.strerror}.") from error


def _read(path: Path) -> content.Payload:
    try:
        return content.unpack(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SessionsError(f"The run record {path} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}.") from error


@contextmanager
def _serialized(folder: Path) -> t.Iterator[None]:
    """One process at a time reads and replaces what is in the folder; raises SessionsError when it is not to be had for too long."""
    path = folder / "run.json"
    try:
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _cannot_hold(path, error) from error
    try:
        _hold(handle, path)
        yield
    finally:
        os.close(handle)


def _hold(handle: int, path: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while not _is_held(handle, path):
        if time.monotonic() > deadline:
            raise SessionsError(
                f"The run record {path} was not to be had within {SECONDS:.0f} s: {holder_of(handle)} holds it. It may be at a COMMIT "
                "to which the database does not answer. See that process on the host of the record, and its session in the database; "
                "let it come to its end, or end it, then run this again."
            )
        time.sleep(_PAUSE)


def _is_held(handle: int, path: Path) -> bool:
    try:
        return is_held(handle)
    except OSError as error:
        raise _cannot_hold(path, error) from error


def _cannot_hold(path: Path, error: OSError) -> SessionsError:
    return SessionsError(f"The run record {path} cannot be held: {error.strerror}. See to its folder, then run this again.")
