# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian that all hosts of the bed start from: built once from this machine's own package sources, kept as an archive in a cache.

The name of the archive contains a hash of the recipe below: another recipe makes another image.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
import typing as t
from pathlib import Path

# newer releases have a systemd that refuses cgroup v1, which many build machines still have
SUITE = "bookworm"
PACKAGES = (
    "systemd-sysv",
    "dbus",
    "libpam-systemd",
    "polkitd",
    "openssh-server",
    "python3",
    "sudo",
    "iproute2",
    "procps",
    "curl",
    "openjdk-17-jre-headless",
    "tomcat10",
    "jetty9",
    "libpostgresql-jdbc-java",
    "libmariadb-java",
    "haproxy",
    "postgresql",
    "mariadb-server",
)
# Debian starts a service when its package is installed; here the bed says what runs on which host.
DISABLED = ("tomcat10", "jetty9", "haproxy", "postgresql", "mariadb", "apt-daily.timer", "apt-daily-upgrade.timer", "fstrim.timer")
# what has no use, or no device, in a host that shares the kernel
MASKED = ("systemd-udevd.service", "systemd-networkd.service", "systemd-timesyncd.service", "getty.target", "console-getty.service")
_OPTIONS = (
    "--variant=apt",
    "--mode=root",
    "--format=directory",
    "--skip=check/qemu",
    '--aptopt=Apt::Install-Recommends "false"',
    '--aptopt=Acquire::Languages "none"',
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    f'--customize-hook=chroot "$1" systemctl --quiet disable {" ".join(DISABLED)}',
    f'--customize-hook=chroot "$1" systemctl --quiet mask {" ".join(MASKED)}',
    # an account for ssh that has no rights of its own, but sudo; and the accounts of the products
    '--customize-hook=chroot "$1" useradd --create-home --shell /bin/bash deploy',
    '--customize-hook=echo "deploy ALL=(ALL) NOPASSWD: ALL" > "$1/etc/sudoers.d/deploy"',
    *(f'--customize-hook=chroot "$1" useradd --system --create-home --shell /bin/bash {name}' for name in ("jira", "bamboo", "fisheye")),
    '--customize-hook=rm -rf "$1"/etc/apt/sources.list* "$1"/etc/ssh/ssh_host_* "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/*',
    '--customize-hook=: > "$1/etc/machine-id"',
)


def cache() -> Path:
    """Where the archive lies."""
    root = os.environ.get("XDG_CACHE_HOME") or "/var/cache"
    return Path(root) / "dcops.atlassian_sessions"


def archive() -> Path:
    """The archive of this recipe."""
    recipe = "\n".join((SUITE, *PACKAGES, *_OPTIONS))
    return cache() / f"bed-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.tar.zst"


def build(tell: t.Callable[[str], None]) -> Path:
    """The archive, made when it is not there yet: some minutes. Raises CalledProcessError."""
    target = archive()
    if target.exists():
        return target
    tell(f"Building the image of the bed's hosts, once: {target}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        root, packed = Path(scratch) / "root", Path(scratch) / target.name
        command = ["mmdebstrap", "--quiet", *_OPTIONS, f"--include={','.join(PACKAGES)}", SUITE, str(root), "-"]
        subprocess.run(command, input=sources(), check=True, text=True)
        subprocess.run(["tar", "--zstd", "--numeric-owner", "-cf", str(packed), "-C", str(root), "."], check=True)
        packed.rename(target)
    return target


def unpack(folder: Path) -> None:
    """The image as a tree."""
    folder.mkdir(parents=True)
    subprocess.run(["tar", "--zstd", "--numeric-owner", "-xpf", str(archive()), "-C", str(folder)], check=True)


def sources() -> str:
    """The sources of Debian itself that this machine's apt uses, whichever mirror that is."""
    own = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))
    return next((path.read_text(encoding="utf-8") for path in own if path.exists() and path.stat().st_size), "")
