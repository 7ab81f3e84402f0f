# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock of one node: a file in its home folder that names the run, the start and the controller that work at it."""

from __future__ import annotations

import json
import os
import time
import typing as t
from contextlib import contextmanager, suppress
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.flock_holder import is_held
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.json_text import parsed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.private_files import new_file, whole_file
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.regular_file import open_regular, read_all
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record import fields

NAME = ".force_reauth.lock"
# as long as another start of this collection may be at the lock at the same moment
SECONDS = 10.0
_PAUSE = 0.02
_LARGEST = 10_000


class Owner(t.TypedDict):
    """Who holds a lock: ``attempt`` counts the starts of the run, ``number`` tells two starts apart."""

    run_id: str
    attempt: int
    number: str
    controller: str


def owner_of(run_id: str, start: t.Mapping[str, t.Any]) -> Owner:
    """This start of the run, as ``run_record`` told it; an empty ``start`` is one that owns nothing yet."""
    return Owner(run_id=run_id, attempt=start.get("attempt", 0), number=start.get("number", ""), controller=start.get("controller", ""))


def owner_in(text: str) -> Owner:
    """The owner that the text of a lock names; raises ValueError when a field is not what this collection writes."""
    found = parsed(text)
    if not isinstance(found, dict) or fields.missing(found, fields.OF_LOCK) or fields.wrong(found, fields.OF_LOCK):
        raise ValueError("no lock")
    return t.cast(Owner, {name: found[name] for name in fields.OF_LOCK})


def may_take(holder: Owner | None, wanted: Owner, abandon: str) -> bool:
    """Whether the lock is free, or held by an older start of the same run, or by a run that is set aside."""
    if holder is None or holder == wanted:
        return True
    if holder["run_id"] == wanted["run_id"]:
        return holder["attempt"] < wanted["attempt"]
    return bool(abandon) and holder["run_id"] == abandon


def told(holder: Owner) -> str:
    """The holder, in words."""
    return f"run {holder['run_id']} (start {holder['attempt']}, controller {holder['controller']})"


class NodeLock:
    """The lock in this home folder. Every method raises SessionsError.

    Two starts of this collection that change it at the same moment wait for each other by an flock of the lock file itself. It is 0600:
    nobody else can hold it, as anybody could hold the home folder. And nobody is waited for longer than ``SECONDS``.
    """

    def __init__(self, home_dir: str) -> None:
        self.path = Path(home_dir) / NAME

    def holder(self) -> Owner | None:
        """Who holds it, None when nobody does."""
        with self._opened() as handle:
            return None if handle is None else self._owner(handle)

    def known_holder(self) -> Owner | None:
        """The same for somebody who has failed already: None, too, where it cannot be told."""
        with suppress(SessionsError):
            return self.holder()
        return None

    def check_free(self, wanted: Owner, abandon: str) -> None:
        """Raises SessionsError when another run holds it, or when this account could not take it.

        A start of the same run is no hindrance before the record is read.
        """
        holder = self.holder()
        if holder and holder["run_id"] not in (wanted["run_id"], abandon):
            raise SessionsError(_held_by_another(holder))
        if not os.access(self.path.parent, os.W_OK | os.X_OK):
            raise SessionsError(
                f"The home folder {self.path.parent} is not open for writing to this account, and the lock lies there: "
                "run as the product's account or as root (become)."
            )

    def take(self, wanted: Owner, abandon: str) -> bool:
        """Take it, or take it over from an older start; True when that changed anything. Raises SessionsError."""
        _check_start(wanted)
        deadline = time.monotonic() + SECONDS
        while not self._created(wanted):
            with self._held_still(deadline) as holder:
                if holder == wanted:
                    return False
                if holder and not may_take(holder, wanted, abandon):
                    raise SessionsError(_held_by_its_own(holder) if holder["run_id"] == wanted["run_id"] else _held_by_another(holder))
                if holder:
                    self._replace(wanted)
                    return True
        return True

    def check_mine(self, mine: Owner) -> None:
        """Raises SessionsError when it is not held by this very start."""
        holder = self.holder()
        if holder is None:
            raise SessionsError(f"The lock {self.path} of this run is gone: this run cannot go on safely. Nothing more was changed.")
        if holder != mine:
            raise SessionsError(f"This run was taken over by {told(holder)}: this one ends here. Nothing more was changed.")

    def release(self, mine: Owner) -> bool:
        """Give it back if it is this start's; True when that changed anything."""
        _check_start(mine)
        with self._held_still(time.monotonic() + SECONDS) as holder:
            if holder != mine:
                return False
            with self._changing("removed"):
                self.path.unlink()
            return True

    def _created(self, owner: Owner) -> bool:
        """Whether it was free, and is this owner's now: whole from the first moment on, whatever becomes of this process."""
        with self._changing("written"):
            try:
                with new_file(self.path) as file:
                    file.write(json.dumps(owner).encode())
            except FileExistsError:
                return False
        return True

    def _replace(self, owner: Owner) -> None:
        with self._changing("written"), whole_file(self.path) as file:
            file.write(json.dumps(owner).encode())

    @contextmanager
    def _held_still(self, deadline: float) -> t.Iterator[Owner | None]:
        """Who holds it, while no other start of this collection changes it; None when it is gone."""
        while True:
            with self._opened() as handle:
                if handle is None:
                    yield None
                    return
                if self._is_settled(handle):
                    yield self._owner(handle)
                    return
            if time.monotonic() > deadline:
                raise SessionsError(
                    f"The lock {self.path} was not to be had within {SECONDS:.0f} s: another process holds it. "
                    "See that no run is at work here, then remove it."
                )
            time.sleep(_PAUSE)

    def _is_settled(self, handle: int) -> bool:
        """Whether this start alone has the file now, and it is still the one of that name."""
        try:
            return is_held(handle) and os.path.samestat(os.fstat(handle), self.path.lstat())
        except FileNotFoundError:
            return False
        except OSError as error:
            raise SessionsError(f"The lock {self.path} cannot be held: {error.strerror}.") from error

    @contextmanager
    def _opened(self) -> t.Iterator[int | None]:
        try:
            # for writing: see ``is_held``
            handle = open_regular(str(self.path), os.O_RDWR | os.O_NOFOLLOW)
        except FileNotFoundError:
            yield None
            return
        except OSError as error:
            raise SessionsError(f"The lock {self.path} cannot be read: {error.strerror}.") from error
        try:
            yield handle
        finally:
            os.close(handle)

    def _owner(self, handle: int) -> Owner:
        try:
            return owner_in(read_all(handle, _LARGEST).decode())
        except (OSError, ValueError):
            raise SessionsError(f"The lock {self.path} is damaged. See that no run is at work here, then remove it.") from None

    @contextmanager
    def _changing(self, how: str) -> t.Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SessionsError(
                f"The lock {self.path} cannot be {how}: {error.strerror}. See to its folder, then start the run again."
            ) from error


def _check_start(owner: Owner) -> None:
    if not owner["number"] or fields.wrong(owner, fields.OF_LOCK):
        raise SessionsError(
            "A lock is taken, and given back, for a start: give start as run_record returned it with state=opened. Nothing was changed."
        )


def _held_by_another(holder: Owner) -> str:
    return (
        f"locked by {told(holder)}. If that run is over, resume it with -e force_reauth_run_id={holder['run_id']}, "
        f"or begin a new one that sets it aside with -e force_reauth_abandon={holder['run_id']}"
    )


def _held_by_its_own(holder: Owner) -> str:
    """A start that goes by the record of the one that holds it comes after that one."""
    return (
        f"locked by {told(holder)}, another start of this run: it has taken the run over, or its record is not the one by which this start "
        "goes. See that it is not at work any more, and have its record found (force_reauth_database_host, force_reauth_archive_dir, the "
        f"same database); or set it aside by a run of another id, with -e force_reauth_abandon={holder['run_id']}"
    )
