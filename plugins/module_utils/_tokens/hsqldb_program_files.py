# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of one database of HSQLDB: copied as one state, kept as the way back, put back. Runs in hsqldb_program.py's process."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from pathlib import Path

# the name of the way back, beside the files
WAY_BACK = "before-force-reauth"
_NAMES = "files.json"
# what a look, or a copy that was cut short, leaves when it is killed begins so
SCRATCH = ".force-reauth-"
# how often a copy is begun again because the product wrote its files anew meanwhile
_TRIES = 5
# in this order each copy is one state: .backup holds what .data held before, .log what came after .script
_ORDER = (".properties", ".script", ".data", ".lobs", ".backup", ".log")
_WHOLE = (".properties", ".script")


class Failed(Exception):
    """``kind`` says what failed; ``detail`` is a number, a version or a path, and never a text of the database's."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(kind, detail)
        self.kind, self.detail = kind, detail


class Files:
    """The files of one database: those that begin with its name and a dot."""

    def __init__(self, base: Path) -> None:
        self.base, self.folder = base, base.parent

    def all(self) -> list[Path]:
        """In the order in which they are to be copied; without the lock."""
        named = [one for one in self.folder.iterdir() if one.name.startswith(f"{self.base.name}.") and one.suffix != ".lck"]
        found = [one for one in named if one.is_file() and not one.is_symlink()]
        ranks = {suffix: number for number, suffix in enumerate(_ORDER)}
        return sorted(found, key=lambda one: (ranks.get(one.suffix, 0), one.name))

    def copy(self) -> Path:
        """A private folder with one state of them, whatever the product writes meanwhile."""
        self._remove_left_over()
        for _try in range(_TRIES):
            scratch = Path(tempfile.mkdtemp(dir=self.folder, prefix=SCRATCH))
            # open until this process ends: whoever finds the folder can tell by this lock that it is not left over
            try:
                fcntl.flock(os.open(scratch, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                # at this very moment another process takes it for left over
                continue
            try:
                before = self._marks()
                for one in self.all():
                    _copy_file(one, scratch / one.name)
                if self._marks() == before:
                    return scratch
            except FileNotFoundError:
                # written anew under another name
                pass
            except BaseException:
                shutil.rmtree(scratch, ignore_errors=True)
                raise
            shutil.rmtree(scratch, ignore_errors=True)
        raise Failed("moving")

    def keep(self) -> None:
        """The way back, whole or not there."""
        if (self.folder / WAY_BACK).exists():
            raise Failed("way back")
        copy = self.copy()
        # which files there were: once some of them were put back, the folder does not tell any more
        (copy / _NAMES).write_text(json.dumps([one.name for one in copy.iterdir()]), encoding="utf-8")
        _sync(copy / _NAMES)
        copy.rename(self.folder / WAY_BACK)
        _sync(self.folder)

    def put_back(self) -> None:
        """The files are as they were kept. By renaming, which needs no room, and can be done again when it was cut short."""
        kept = self.folder / WAY_BACK
        with contextlib.suppress(FileNotFoundError):
            names = json.loads((kept / _NAMES).read_text(encoding="utf-8"))
            for one in self.all():
                if one.name not in names:
                    one.unlink()
            for name in names:
                if (kept / name).exists():
                    (kept / name).replace(self.folder / name)
            (kept / _NAMES).unlink()
        with contextlib.suppress(FileNotFoundError):
            self.base.with_name(f"{self.base.name}.lck").unlink()
        kept.rmdir()
        _sync(self.folder)

    def settle(self) -> None:
        """What was written is on the disk."""
        for one in self.all():
            _sync(one)
        _sync(self.folder)

    def drop_way_back(self) -> None:
        """It has served: it is gone at once, because half of it would be put back over the whole change."""
        left_over = Path(tempfile.mkdtemp(dir=self.folder, prefix=SCRATCH))
        (self.folder / WAY_BACK).replace(left_over)
        _sync(self.folder)
        shutil.rmtree(left_over, ignore_errors=True)

    def version(self) -> str:
        """Of the HSQLDB that wrote them."""
        for line in self.base.with_name(f"{self.base.name}.properties").read_text(encoding="latin-1").splitlines():
            name, _equals, value = line.partition("=")
            if name.strip() == "version":
                return value.strip()
        raise Failed("no version")

    def _marks(self) -> list[tuple[int, ...]]:
        found = (self.base.with_name(self.base.name + suffix).stat() for suffix in _WHOLE)
        return [(one.st_ino, one.st_size, one.st_mtime_ns) for one in found]

    def _remove_left_over(self) -> None:
        for one in self.folder.glob(f"{SCRATCH}*"):
            if not _in_use(one):
                shutil.rmtree(one, ignore_errors=True)


def put_back(base: str) -> bool:
    """Whether a process that was killed had left its way back, which was gone, then."""
    files = Files(Path(base))
    if not (files.folder / WAY_BACK).is_dir():
        return False
    files.put_back()
    return True


def _copy_file(source: Path, target: Path) -> None:
    shutil.copy2(source, target)
    _sync(target)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _in_use(folder: Path) -> bool:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
