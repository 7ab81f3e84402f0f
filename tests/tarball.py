# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as users get it: built into a tarball, and installed from it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def build(folder: Path) -> Path:
    """A tarball of the checkout as it is, its caches included."""
    _galaxy(folder, "build", "--output-path", str(folder))
    (path,) = folder.glob("*.tar.gz")
    return path


def install(tarball: Path, folder: Path) -> None:
    """Install it into an empty folder of collections."""
    _galaxy(tarball.parent, "install", "--offline", "--collections-path", str(folder), str(tarball))


def _galaxy(home: Path, *arguments: str) -> None:
    program = Path(sys.executable).with_name("ansible-galaxy")
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    subprocess.run([str(program), "collection", *arguments], cwd=CHECKOUT, env=environment, check=True, capture_output=True)
