# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MySQL's server out of the packages of Debian unstable, unpacked into a cache folder: Debian's own releases have MariaDB only.

Nothing of the system is touched: apt works on a configuration of its own, and the server runs by the loader and libraries it came with.
Debian's signatures are checked; that a mirror's list is of today is not, because a mirror may be a snapshot.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import typing as t
from contextlib import contextmanager
from pathlib import Path

_PACKAGE = "mysql-server-core"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# the server depends on perl for scripts beside it
_NOT_NEEDED = re.compile(r"perl|libperl|libgdbm")
_DIRECT = [f"--no-{kind}" for kind in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")]
_APT = """\
Dir::Etc::sourcelist "{folder}/unstable.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::State "{folder}/state";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
APT::Sandbox::User "root";
"""
# what a system has done after each update is for its own lists; apt reads APT_CONFIG before the system's files, this after them
_NOTHING_AFTERWARDS = "#clear APT::Update;\n"


class NotUnpacked(Exception):
    """The packages cannot be had from here; says why."""


def cache_folder() -> Path:
    """Outside the checkout; root's is one that the account of a server may enter."""
    if os.geteuid() == 0:
        return Path("/var/cache/dcops.atlassian_sessions")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dcops.atlassian_sessions"


def find_unpacked() -> Path | None:
    """The folder of the unpacked packages, or of the server of another version that the environment names; None where neither is there."""
    if named := os.environ.get("STAND_IN_MYSQL"):
        return Path(named)
    return next((folder for folder in sorted(cache_folder().glob("mysql-*"), reverse=True)), None)


def unpack() -> Path:
    """Fetch the packages, once, and unpack them; raises NotUnpacked."""
    cache = cache_folder()
    cache.mkdir(mode=0o755, parents=True, exist_ok=True)
    with alone(cache):
        if found := find_unpacked():
            return found
        if not (_KEYRING.exists() and shutil.which("apt-get") and shutil.which("dpkg-deb")):
            raise NotUnpacked("it is unpacked from packages of Debian, and this machine lacks apt-get, dpkg-deb or Debian's keyring")
        with tempfile.TemporaryDirectory(dir=cache, prefix=".unpacking-") as scratch:
            try:
                return _fetched(Path(scratch), cache)
            except subprocess.CalledProcessError as failed:
                raise NotUnpacked(
                    f"{' '.join(failed.cmd[:2])} ended with status {failed.returncode}: {failed.stderr.strip()[-300:]}"
                ) from None


@contextmanager
def alone(folder: Path) -> t.Iterator[None]:
    """One process at a time works in the folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _fetched(scratch: Path, cache: Path) -> Path:
    apt = _Apt(scratch)
    apt.run("apt-get", "update", "-q", cwd=scratch)
    names = apt.closure()
    debs, root = scratch / "debs", scratch / "root"
    debs.mkdir()
    root.mkdir(mode=0o755)
    apt.run("apt-get", "download", *names, cwd=debs)
    for deb in debs.iterdir():
        apt.run("dpkg-deb", "-x", str(deb), str(root), cwd=debs)
    (version,) = (deb.name.split("_")[1] for deb in debs.glob(f"{_PACKAGE}_*"))
    return root.rename(cache / f"mysql-{version}")


class _Apt:
    """apt on lists of its own, of Debian unstable alone, from the mirror that this machine uses."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for part in ("state/lists/partial", "cache/archives/partial"):
            (folder / part).mkdir(parents=True)
        (folder / "status").touch()
        (folder / "apt.conf").write_text(_APT.format(folder=folder), encoding="utf-8")
        source = f"Types: deb\nURIs: {_mirror()}\nSuites: unstable\nComponents: main\nSigned-By: {_KEYRING}\n"
        (folder / "unstable.sources").write_text(source, encoding="utf-8")
        (folder / "afterwards.conf").write_text(_NOTHING_AFTERWARDS, encoding="utf-8")

    def closure(self) -> list[str]:
        """The package with all that it needs to run."""
        said = self.run("apt-cache", "depends", "--recurse", *_DIRECT, _PACKAGE, cwd=self._folder)
        return sorted({name for name in re.findall(r"^\w\S*", said, re.MULTILINE) if not _NOT_NEEDED.match(name)})

    def run(self, *command: str, cwd: Path) -> str:
        environment = {**os.environ, "APT_CONFIG": str(self._folder / "apt.conf"), "LC_ALL": "C.UTF-8"}
        last = [f"-c={self._folder / 'afterwards.conf'}"] if command[0].startswith("apt-") else []
        return _run(*command, *last, cwd=cwd, env=environment)


def _mirror() -> str:
    found = _run("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", cwd=Path("/"), env=dict(os.environ))
    mirrors = [uri for uri in found.split() if uri.rstrip("/").endswith("/debian")]
    if not mirrors:
        raise NotUnpacked("this machine's apt knows no mirror of Debian")
    return mirrors[0]


def _run(*command: str, cwd: Path, env: dict[str, str]) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=cwd, env=env)
    return done.stdout
