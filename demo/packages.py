# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that the demo and the tests borrow: those of this machine, else from its package manager, where that may be asked (root).

``python -m demo.packages postgresql mariadb`` provides them, or names what is missing; that is an error where CI=true is set.
No service is made or started by it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import typing as t
from contextlib import contextmanager
from pathlib import Path

from demo.mariadb import PROGRAMS as MARIADB_PROGRAMS
from demo.mariadb import MariadbMissing, find_program
from demo.postgresql import PostgresMissing, find_programs
from demo.unpacked import NotUnpacked, find_unpacked, unpack

# asked by Debian's packages before they start a service
_POLICY = Path("/usr/sbin/policy-rc.d")
_CREATE_CLUSTER = Path("/etc/postgresql-common/createcluster.d/no-main-cluster-for-a-demo.conf")
_APT = ("apt-get", "install", "-y", "-q", "--no-install-recommends")
_QUIET = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}


# how a test says that it was left out for want of something that a distribution may not have any more
MAY_BE_MISSING = "may be missing"


class Missing(Exception):
    """Not on this machine, and not to be installed from here; says what to do."""


class Package(t.NamedTuple):
    """What is borrowed: how to see it, and its names for the package managers (several with a blank between them).

    ``unpack``: how it is had without installing it.
    """

    is_there: t.Callable[[], bool]
    debian: str = ""
    fedora: str = ""
    unpack: t.Callable[[], object] | None = None


def _has_postgresql() -> bool:
    try:
        find_programs()
    except PostgresMissing:
        return False
    return True


def _has_mariadb() -> bool:
    try:
        return all(map(find_program, MARIADB_PROGRAMS))
    except MariadbMissing:
        return False


# what the tests' bed of real hosts calls
BED_PROGRAMS = ("systemd-nspawn", "mmdebstrap", "ip", "mount", "nsenter", "unshare", "pgrep", "ssh", "ssh-keygen", "tar", "zstd")


def _has_bed() -> bool:
    return all(map(shutil.which, BED_PROGRAMS))


# databases that live in files of one Java process
JAVA_DATABASES = (Path("/usr/share/java/h2.jar"), Path("/usr/share/java/hsqldb.jar"))
# by their versions: the one of Fisheye's day, and a new one
HSQLDB_JARS = {"1.8.0": Path("/usr/share/java/hsqldb1.8.0.jar"), "2": JAVA_DATABASES[1]}


def _has_java_databases() -> bool:
    return shutil.which("java") is not None and all(one.exists() for one in (*JAVA_DATABASES, *HSQLDB_JARS.values()))


PACKAGES: t.Mapping[str, Package] = {
    "bed": Package(
        _has_bed,
        "systemd-container mmdebstrap iproute2 mount util-linux procps openssh-client tar zstd",
        "systemd-container mmdebstrap iproute util-linux procps-ng openssh-clients tar zstd",
    ),
    "postgresql": Package(_has_postgresql, "postgresql", "postgresql-server"),
    "mariadb": Package(_has_mariadb, "mariadb-server-core mariadb-client-core", "mariadb-server"),
    "mysql": Package(lambda: find_unpacked() is not None, unpack=unpack),
    "java-databases": Package(_has_java_databases, "default-jre-headless libh2-java libhsqldb-java libhsqldb1.8.0-java"),
    "haproxy": Package(lambda: find_haproxy() is not None, "haproxy", "haproxy"),
    # without their packages of settings nothing is started
    "apache": Package(lambda: find_apache() is not None, "apache2-bin", "httpd"),
    # with what its task files ask for its processes
    "nginx": Package(lambda: all(map(find_program_of_system, ("nginx", "pgrep", "ps"))), "nginx procps", "nginx procps-ng"),
    "chromium": Package(lambda: find_chromium() is not None, "chromium fonts-dejavu-core", "chromium dejavu-sans-fonts"),
    "npm": Package(lambda: shutil.which("npm") is not None, "npm", "npm"),
    "pgbouncer": Package(lambda: find_program_of_system("pgbouncer") is not None, "pgbouncer", "pgbouncer"),
}


def find_haproxy() -> str | None:
    """Its program."""
    return find_program_of_system("haproxy")


def find_apache() -> str | None:
    """Its program."""
    return find_program_of_system("apache2") or find_program_of_system("httpd")


def find_chromium() -> str | None:
    """Its program."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def find_program_of_system(name: str) -> str | None:
    """The program, also where PATH lacks the folder of system programs."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def provide(name: str) -> None:
    """The programs of ``name``, one of PACKAGES, are there afterwards. Raises Missing."""
    package = PACKAGES[name]
    if package.is_there():
        return
    if package.unpack:
        _unpack(name, package.unpack)
        return
    if os.geteuid() != 0:
        raise Missing(f"The programs of {name} are not on this machine, and only root may install them: install {package.debian}.")
    print(f"Installing {name} (no service is made, no server is started) ...", flush=True)
    _install(name, package)
    if not package.is_there():
        raise Missing(f"The package of {name} is installed, but its programs are not found.")


def _unpack(name: str, unpack_it: t.Callable[[], object]) -> None:
    print(f"Unpacking {name} into a cache folder (nothing is installed) ...", flush=True)
    try:
        unpack_it()
    except NotUnpacked as error:
        raise Missing(f"{name} is not to be had from here: {error}.") from None


def _install(name: str, package: Package) -> None:
    try:
        if shutil.which("apt-get"):
            _install_on_debian(package.debian)
        elif shutil.which("dnf") and package.fedora:
            _run("dnf", "install", "-y", "-q", *package.fedora.split())
        else:
            raise Missing(f"No package manager here is known to have {name} (apt-get; dnf for some): install it by hand.")
    except subprocess.CalledProcessError as failed:
        raise Missing(f"{name} could not be installed: {' '.join(failed.cmd)} ended with status {failed.returncode}, see above.") from None


def _install_on_debian(packages: str) -> None:
    with _no_main_cluster(), _no_service():
        try:
            _run(*_APT, *packages.split())
        except subprocess.CalledProcessError:
            # a fresh machine has no lists of packages, an old one has lists of packages that are gone
            _run("apt-get", "update", "-q")
            _run(*_APT, *packages.split())


@contextmanager
def _no_main_cluster() -> t.Iterator[None]:
    """Debian's package makes and starts a server of its own at the first installation, unless it is told not to."""
    _CREATE_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    _CREATE_CLUSTER.write_text("create_main_cluster = false\n", encoding="utf-8")
    try:
        yield
    finally:
        _CREATE_CLUSTER.unlink()


@contextmanager
def _no_service() -> t.Iterator[None]:
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, env=_QUIET, stdin=subprocess.DEVNULL)


def main(names: t.Sequence[str]) -> int:
    """1 when one is missing where CI=true is set, else 0: the tests that need it then say so themselves.

    What is unpacked from a distribution that moves may be missing there, too.
    """
    missing = 0
    for name in names:
        try:
            provide(name)
        except Missing as error:
            missing += PACKAGES[name].unpack is None
            print(error, file=sys.stderr)
    return int(missing > 0 and os.environ.get("CI") == "true")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
