# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stops and starts a node by its unit or by the product's own scripts, and tries beforehand whether it could.

Every function raises SessionsError with a sentence.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import typing as t
from dataclasses import dataclass, field

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.locale_settings import LOCALE_NAMES
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.regular_file import read_regular
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.rights import check_known, check_may_act_as, path_problem
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.systemd import (
    check_can,
    check_ends,
    check_may,
    makes_up_account,
)

# what a login as another account would have; nothing of root's own environment comes along
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LARGEST_PID_FILE = 100
# the accounts that systemd makes up for as long as a unit runs, by its own documentation (UIDS-GIDS)
_MADE_UP = range(61184, 65520)
_TRIAL = 'cd "$0" && test -r "$1" && test -x "$1" && test -r "$2" && test -x "$2"'


@dataclass(frozen=True)
class Way:
    """How a node is stopped and started: ``unit`` for systemd, else the scripts (with their arguments) and the account they run as.

    ``locale``: language and time zone of the process, as ``locale_in`` has them, which its scripts get, too.
    """

    manager: str
    install_dir: str
    unit: str = ""
    account: str = ""
    start: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    locale: t.Mapping[str, str] = field(default_factory=dict)


def try_way(way: Way) -> None:
    """Whether it could be stopped, cleaned and started, without doing any of it."""
    check_known(way.account)
    try_manager(way)


def try_manager(way: Way) -> None:
    """Whether its unit, or its scripts, could stop and start it, without doing either."""
    if way.manager == "systemd":
        check_can(way.unit)
        if os.geteuid() != 0:
            check_may(way.unit)
    elif way.manager == "scripts":
        _check_scripts(way)


def try_stop(way: Way, pid_problem: str) -> None:
    """Whether a stop would end the process of a node that runs. ``pid_problem``: why its stop script would not find the process."""
    if way.manager == "systemd":
        check_ends(way.unit)
    elif way.manager == "scripts" and pid_problem:
        raise SessionsError(f"{pid_problem} Start it by {' '.join(way.start)}, or take force_reauth_service_manager=tasks.")


def check_may_remove(way: Way, names: t.Sequence[str]) -> None:
    """Whether sessions that Tomcat saves under these names could be removed after the stop: by root, or by the product's account."""
    me = _name_of(os.geteuid())
    if names and os.geteuid() != 0 and me != way.account:
        raise SessionsError(
            f"{me} cannot remove the sessions that Tomcat saves at a stop as {way.account}: connect as root or as {way.account} (become)."
        )


def check_stays(way: Way, unit: str, names: t.Sequence[str]) -> None:
    """Whether the account outlives a stop of the unit that holds the process: what is saved under these names is removed as it, by root."""
    made_up = os.geteuid() == 0 and names and unit and _entry_of(way.account).pw_uid in _MADE_UP and makes_up_account(unit)
    if made_up:
        raise SessionsError(
            f"The account {way.account} is gone once {unit} is stopped (DynamicUser), and the sessions that Tomcat saves are removed with "
            f"its rights: have {unit} name an account of this host (User=), without DynamicUser."
        )


def pid_file_problem(path: str, pid: int) -> str:
    """Why a stop script that goes by this file would not stop the process, '' when it would, or needs no file (``path`` is '')."""
    if not path:
        return ""
    try:
        found = read_regular(path, _LARGEST_PID_FILE, os.O_RDONLY | os.O_NOFOLLOW).decode(errors="replace").strip()
    except OSError as error:
        return f"Its stop script goes by {path}, which does not tell of the process {pid}: {error.strerror}."
    return "" if found == str(pid) else f"Its stop script goes by {path}, which names the process {_short(found)} and not {pid}."


def environment_of_scripts(way: Way) -> dict[str, str]:
    """What its scripts get: as this account all that is there, else no more than a bare login; and the locale of the process."""
    if way.account == _name_of(os.geteuid()):
        # one variable of a locale counts before another: they are not mixed
        own = {name: value for name, value in os.environ.items() if not (way.locale and name in LOCALE_NAMES)}
        return {**own, **way.locale}
    entry = _entry_of(way.account)
    named = {"HOME": entry.pw_dir, "USER": entry.pw_name, "LOGNAME": entry.pw_name, "SHELL": "/bin/sh", "PATH": _PATH}
    return {**named, **way.locale}


def java_in(path: str) -> str:
    """The real path of the first ``java`` in these folders, with colons between, '' where there is none."""
    found = shutil.which("java", path=path)
    return os.path.realpath(found) if found else ""


def act(way: Way, verb: str, seconds: float) -> None:
    """``verb``: start or stop. Returns when the unit, or the script, has ended its work."""
    if way.manager == "systemd":
        _systemctl(verb, way.unit, seconds)
        return
    _check_scripts(way)
    command = way.start if verb == "start" else way.stop
    status, said = _run_as(way, command, way.install_dir, seconds)
    if status:
        raise SessionsError(f"{command[0]} ended with status {status}{': ' + said.rstrip('.') if said else ''}.")


def acting_as(account: str) -> contextlib.AbstractContextManager[None]:
    """With the rights of that account, where this is root; else as it is. Looked up at once: it may be gone when they are taken on."""
    check_known(account)
    if os.geteuid() != 0 or account == "root":
        return contextlib.nullcontext()
    return _with_rights_of(_entry_of(account))


def removing(way: Way, names: t.Sequence[str]) -> contextlib.AbstractContextManager[None]:
    """With the rights by which sessions saved under these names are removed; as it is where the product saves none."""
    return acting_as(way.account) if names else contextlib.nullcontext()


@contextlib.contextmanager
def _with_rights_of(entry: pwd.struct_passwd) -> t.Iterator[None]:
    groups = os.getgroups()
    os.setgroups(os.getgrouplist(entry.pw_name, entry.pw_gid))
    os.setegid(entry.pw_gid)
    os.seteuid(entry.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def _short(text: str) -> str:
    return repr(text[:20]) if not text.isdigit() else text[:20]


def _check_scripts(way: Way) -> None:
    me = _name_of(os.geteuid())
    check_may_act_as(way.account, me, os.geteuid() == 0)
    if _entry_of(way.account).pw_uid == 0:
        for script in (way.start[0], way.stop[0]):
            _check_root_may_run(script)
    trial = ("/bin/sh", "-c", _TRIAL, way.install_dir, way.start[0], way.stop[0])
    status, _said = _run_as(way, trial, "/", 60)
    if status:
        raise SessionsError(f"The account {way.account} cannot run {way.start[0]} and {way.stop[0]}: they are not open to it.")


def _check_root_may_run(script: str) -> None:
    """The script, and the files beside it, which it reads: user.sh, setenv.sh."""
    folder = os.path.dirname(os.path.realpath(script))  # noqa: PTH120 # no Path is needed
    try:
        beside = (entry.path for entry in sorted(os.scandir(folder), key=lambda entry: entry.name) if not entry.is_dir())
        problems = (path_problem(path, os.lstat, os.readlink) for path in (script, *beside))
        problem = next((one for one in problems if one), "")
    except OSError as error:
        raise SessionsError(f"{script} cannot be looked at: {error.strerror}.") from None
    if problem:
        raise SessionsError(f"{script} is not run as root: {problem}, so root would do what somebody else wrote.")


def _run_as(way: Way, command: t.Sequence[str], folder: str, seconds: float) -> tuple[int, str]:
    """Exit status, and the last line that was said. What it leaves in the background keeps no pipe open: its output goes to a file."""
    account = way.account
    own, script = account == _name_of(os.geteuid()), command[0]
    entry = _entry_of(account)
    program = shutil.which("runuser", path=_PATH)
    identity: dict[str, t.Any] = {}
    if not own and program:
        # by PAM: the account gets its own limits, such as the number of open files, and not those of root's session
        command = (program, "-u", entry.pw_name, "--", *command)
    elif not own:
        groups = os.getgrouplist(entry.pw_name, entry.pw_gid)
        identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": groups}
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment_of_scripts(way),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=seconds,
                check=False,
                start_new_session=True,
                **identity,
            )
        except subprocess.TimeoutExpired:
            raise SessionsError(f"{script} did not end within {seconds:.0f} s.") from None
        except OSError as error:
            raise SessionsError(f"{script} cannot be run as {account}: {error.strerror}.") from None
        output.seek(max(0, output.seek(0, os.SEEK_END) - 2000))
        lines = output.read().decode(errors="replace").strip().splitlines()
    return done.returncode, lines[-1] if lines else ""


def _systemctl(verb: str, unit: str, seconds: float) -> None:
    command = ["systemctl", "--no-ask-password", verb, "--", unit]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SessionsError(f"systemctl {verb} {unit} did not end within {seconds:.0f} s.") from None
    except OSError as error:
        raise SessionsError(f"systemctl cannot be run: {error.strerror}.") from None
    if done.returncode:
        # the lines after it tell where to look
        said = (done.stderr.strip().splitlines() or ["no reason was given"])[0]
        raise SessionsError(f"systemctl {verb} {unit} failed: {said.rstrip('.')}.")


def _entry_of(account: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(int(account)) if account.isdigit() else pwd.getpwnam(account)
    except KeyError:
        raise SessionsError(f"The account {account} of the product is not known on this host.") from None


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
