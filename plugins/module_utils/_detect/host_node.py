# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of this host, and what one process of it says, or the unit of one that is down.

What most looks do not come to is loaded where they do: each start of a module pays for what it loads, twice (a zip file compiles it anew).
"""

from __future__ import annotations

import errno
import itertools
import os
import typing as t
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.account import account
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.regular_file import read_regular
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.process import Process, argument_of, environment_of

LARGEST_FILE = 5_000_000
# of one look: many names may lead to one large file, and the product's account can make any number of them
MOST_BYTES, MOST_FILES = 2 * LARGEST_FILE, 100
# for a name of the settings: it stands in a file of the node, or the resolver is slow
_RESOLVER_SECONDS = 10


class HostNode:
    """The files of this host, and one process or none. See ``setting_lookup.Node``. ``given``: what one that is started would get."""

    def __init__(self, process: Process | None, unit: str = "", given: t.Mapping[str, str] | None = None) -> None:
        self._process, self._bytes = process, 0
        # of a node that is down, the unit tells what its process will get; without one nobody does
        self._given = self._environment_in(unit) if unit and not process else given
        self.process = f"process {process.pid}" if process else ""

    def read(self, path: str) -> bytes | None:
        """The file, None when it is not there; raises SessionsError when it is no settings file, cannot be read, or all are too large."""
        try:
            data = self._as_who_may(lambda: _data_of(path))
        except OSError as error:
            raise SessionsError(_unreadable(path, error, self._account_if_root())) from None
        except ValueError:
            raise SessionsError(_no_path(path)) from None
        self._bytes += len(data or b"")
        if self._bytes > MOST_BYTES:
            most = MOST_BYTES // 1_000_000
            raise SessionsError(f"{path} and the files read before it are larger than {most} MB together: settings files were expected.")
        return data

    def glob(self, folder: str, pattern: str) -> list[str]:
        """The paths below the folder that fit, sorted; raises SessionsError where they cannot be looked for, or are too many."""
        where = f"{folder.rstrip('/')}/{pattern}"
        try:
            found = [str(path) for path in itertools.islice(Path(folder).glob(pattern), MOST_FILES + 1)]
        except OSError as error:
            raise SessionsError(_unreadable(where, error)) from None
        except ValueError:
            raise SessionsError(_no_path(where)) from None
        if len(found) > MOST_FILES:
            raise SessionsError(f"More than {MOST_FILES} files fit {where}: a few were expected. Remove those that do not belong there.")
        return sorted(found)

    def saved_sessions(self, install_dir: str, names: t.Sequence[str]) -> list[str]:
        """See find_saved, by which they are found again when they are removed."""
        from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.saved_sessions import find_saved

        return find_saved(install_dir, names) if names else []

    def argument(self, prefix: str) -> str:
        """The rest of the process's last argument that begins so, ''."""
        return argument_of(self._process, prefix) if self._process else ""

    def own_number(self, host: str, ipv6_first: bool) -> str:
        """The address of this host for which the name, or number, stands, ''."""
        from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.addresses import own_number

        return own_number(host, _RESOLVER_SECONDS, ipv6_first)

    def environment(self, name: str) -> str | None:
        """One variable of the process, or of the unit of one that is down; '' when unset, None when nobody tells."""
        if self._process:
            return environment_of(self._process, name)
        return None if self._given is None else self._given.get(name, "")

    def _as_who_may(self, look: t.Callable[[], bytes | None]) -> bytes | None:
        """As this account; where that is root and may not, which NFS does to it, as the account of the process."""
        other = self._account_if_root()
        try:
            return look()
        except PermissionError:
            if not other:
                raise
        from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.service import acting_as

        with acting_as(other):
            return look()

    def _account_if_root(self) -> str:
        """The account of the process, where root asks and it is another, ''."""
        other = self._process.user if self._process and os.geteuid() == 0 else ""
        return "" if other == "root" else other

    def _environment_in(self, unit: str) -> dict[str, str] | None:
        from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.systemd import environment_in_unit

        return environment_in_unit(unit, self.read)


def _no_path(path: str) -> str:
    return f"{path} cannot be the path of a file on this host, by a character in it: correct the setting that names it."


def _data_of(path: str) -> bytes | None:
    """The file, None when it is not there; raises OSError, and SessionsError where a link leads to nothing."""
    try:
        return read_regular(path, LARGEST_FILE)
    except (FileNotFoundError, NotADirectoryError):
        if os.path.islink(path):  # noqa: PTH114 # no Path is needed
            raise SessionsError(f"{path} is a link to something that is not there: a settings file was expected.") from None
        return None


def _unreadable(path: str, error: OSError, other: str = "") -> str:
    """``other``: the account that tried it, too, ''."""
    if error.errno == errno.EFBIG:
        return f"{path} is larger than {LARGEST_FILE // 1_000_000} MB: a settings file was expected."
    if error.errno in (errno.EINVAL, errno.EISDIR):
        return f"{path} is no regular file: a settings file was expected."
    if not isinstance(error, PermissionError) or os.geteuid() != 0:
        return f"{path} cannot be read by {account()}: {error.strerror}. Run as the product's account or as root (become)."
    who, then = (f"root and by {other}", f"open it to {other}") if other else ("root", "run as the product's account (become)")
    return (
        f"{path} cannot be read by {who}: {error.strerror}. Root may not where a file server takes it for nobody (root_squash), "
        f"or a policy such as SELinux forbids it: {then}."
    )
