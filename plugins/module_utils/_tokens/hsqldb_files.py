# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of an HSQLDB, the jar that reads them, and the account that opens them: looked at before any Java is started.

What lies on the host decides nothing that its owner could not do anyway: the files' owner opens them, by a jar that nobody else can change.
"""

from __future__ import annotations

import os
import pwd
import re
import stat
import typing as t
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.safe_path import changed_by_others
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.hsqldb_program_files import WAY_BACK

# below the install folder of a product
_PLACES = ("hsqldb*.jar", "lib/hsqldb*.jar", "lib/*/hsqldb*.jar", "*/WEB-INF/lib/hsqldb*.jar")
_PROC = Path("/proc")
# for a copy to look at, the way back and what SHUTDOWN COMPACT writes anew, with some air
_COPIES = 3
_MARGIN = 64 * 1024 * 1024


@dataclass(frozen=True)
class Owner:
    """The account of the files: who opens them, and with which group and file mode new ones are made."""

    uid: int
    gid: int
    name: str
    umask: int


@dataclass(frozen=True)
class Place:
    """Where the database is. ``base``: the real path of its files without their suffix."""

    base: Path
    jar: Path
    owner: Owner


def place_of(database: Database) -> Place:
    """The files and the jar; raises SessionsError when they are not there, or not to be trusted."""
    base = Path(database.name)
    if database.host:
        raise SessionsError(f"HSQLDB on {database.host} is a server: this collection opens files of HSQLDB only. Treat it by hand.")
    if not base.is_absolute():
        raise SessionsError(f"{base} is no path: name the files of the HSQLDB database, without their suffix, with database_name.")
    base = base.parent.resolve() / base.name
    files = files_of(base)
    if not {f"{base.name}.properties", f"{base.name}.script"} <= {one.name for one in files}:
        raise SessionsError(f"{base}.properties and {base}.script are not both there: name the files of the database with database_name.")
    owner = _owner_of(files)
    if os.geteuid() not in (0, owner.uid):
        raise SessionsError(f"The files {base}.* belong to {owner.name}: run it as that account, or as root.")
    jar = _jar_of(database.jar)
    _check_safe(jar, owner)
    return Place(base, jar, owner)


def files_of(base: Path) -> list[Path]:
    """Everything that begins with the name of the database and a dot."""
    try:
        return sorted(one for one in base.parent.iterdir() if one.name.startswith(f"{base.name}."))
    except OSError as error:
        raise SessionsError(f"{base.parent} cannot be read: {error.strerror}. Name the database with database_name.") from error


def check_room(place: Place) -> None:
    """Raises SessionsError when the file system of the files could not take the copies of a change."""
    size = sum(one.stat().st_size for one in files_of(place.base))
    room = os.statvfs(place.base.parent)
    free, needed = room.f_bavail * room.f_frsize, _COPIES * size + _MARGIN
    if free < needed:
        raise SessionsError(
            f"There is too little room beside the files in {place.base.parent}: {free // 1024**2} MiB free, {needed // 1024**2 + 1} MiB "
            "needed for copies of them. Make room."
        )


def check_no_way_back(place: Place) -> None:
    """Raises SessionsError when a change was cut short and its way back is still there."""
    kept = place.base.parent / WAY_BACK
    if kept.exists():
        raise SessionsError(
            f"{kept} holds the files {place.base.name}.* as they were before a change that was cut short. See whether the product works "
            "with what is there, then remove the folder; or stop the product and move its files back. Then run again."
        )


def users_of(place: Place) -> list[int]:
    """The processes that have the files open, under whatever path, as far as this account may see.

    HSQLDB's own lock is not enough: 1.8 lets two processes write.
    """
    files = files_of(place.base)
    wanted, devices = {_same(one) for one in files} - {None}, {_device_of(one) for one in files}
    return sorted(int(one.name) for one in _PROC.glob("[0-9]*") if _has_open(one, wanted, devices))


def _has_open(process: Path, wanted: t.Collection[object], devices: t.Collection[bytes]) -> bool:
    """Only what may be on one of the devices is asked which file it is: of a server of files that has vanished the answer never comes."""
    mounts = _mounts(process)

    def may_be_there(handle: Path) -> bool:
        device = _device(process, mounts, handle.name)
        return not device or device in devices or b"" in devices

    # one that has ended meanwhile has nothing open
    with suppress(OSError):
        return any(_same(one) in wanted for one in (process / "fd").iterdir() if may_be_there(one))
    return False


def _device_of(path: Path) -> bytes:
    """The device below it, as the kernel lists it for its mount; empty where that is not told."""
    with suppress(OSError):
        handle = os.open(path, os.O_PATH | os.O_NOFOLLOW)
        try:
            return _device(_PROC / "self", _mounts(_PROC / "self"), str(handle))
        finally:
            os.close(handle)
    return b""


def _device(process: Path, mounts: t.Mapping[bytes, bytes], handle: str) -> bytes:
    mount = re.search(rb"^mnt_id:\s*(\d+)", _told(process / "fdinfo" / handle), re.MULTILINE)
    return mounts.get(mount[1], b"") if mount else b""


def _mounts(process: Path) -> dict[bytes, bytes]:
    """The device of each mount, by its number: the same file has another mount in another namespace, as units of systemd have one."""
    lines = (line.split() for line in _told(process / "mountinfo").splitlines())
    return {fields[0]: fields[2] for fields in lines}


def _told(path: Path) -> bytes:
    with suppress(OSError):
        return path.read_bytes()
    return b""


def _same(path: Path) -> tuple[int, int] | None:
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_dev, seen.st_ino


def _owner_of(files: t.Sequence[Path]) -> Owner:
    found = [one.lstat() for one in files]
    odd = [one.name for one, seen in zip(files, found) if not (stat.S_ISREG(seen.st_mode) or stat.S_ISDIR(seen.st_mode))]
    owners = sorted({seen.st_uid for seen in found})
    if odd or len(owners) != 1:
        raise SessionsError(
            f"The files {files[0].parent / files[0].stem}.* are not plain files of one account ({', '.join(odd) or owners}): "
            "who opens them cannot be told. Give them to the product's account."
        )
    script = next(seen for one, seen in zip(files, found) if one.suffix == ".script")
    return Owner(owners[0], script.st_gid, _name_of(owners[0]), 0o077 & ~stat.S_IMODE(script.st_mode))


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _jar_of(named: str) -> Path:
    if not named:
        raise SessionsError(
            "The jar of HSQLDB is not named: give the one that the product itself brings, or its install folder, with database_jar "
            "(in the playbook force_reauth_database_jar)."
        )
    given = Path(named)
    if given.is_dir():
        # one jar may have several names
        found = sorted({one.resolve() for pattern in _PLACES for one in given.glob(pattern)})
        if len(found) != 1:
            told = f"{len(found)} jars of HSQLDB ({', '.join(map(str, found))})" if found else "no jar of HSQLDB"
            raise SessionsError(f"There is {told} below {given}: name the product's own with database_jar.")
        return found[0]
    if not given.is_file():
        raise SessionsError(f"{given} is not there: name the jar of HSQLDB that the product itself brings with database_jar.")
    return given.resolve()


def _check_safe(jar: Path, owner: Owner) -> None:
    """Else somebody else could do as the owner of the files what he likes."""
    opened = changed_by_others(jar, owner.uid)
    if opened:
        raise SessionsError(
            f"{opened} can be changed by others than root and {owner.name}, who owns the database: its jar is not run as that account. "
            "Name another copy of the product's jar with database_jar, or close it to others."
        )
