# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as users get it: built into a tarball, judged by Galaxy's importer, and installed from it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
NAME = "dcops.atlassian_sessions"
BIN = Path(sys.executable).parent
# what its other checks would do, make lint and make sanity do
_IMPORTER = """\
[galaxy-importer]
RUN_ANSIBLE_DOC = True
RUN_ANSIBLE_LINT = False
RUN_ANSIBLE_TEST = False
CHECK_REQUIRED_TAGS = True
REQUIRE_V1_OR_GREATER = False
"""


def copy_checkout_to(folder: Path, but: tuple[str, ...] = ()) -> None:
    """What git would commit, into a folder that is made anew, without files whose path begins with one of ``but``."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=CHECKOUT, check=True, capture_output=True, text=True
    )
    for name in listed.stdout.split("\0"):
        if name and not name.startswith(but) and (CHECKOUT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, folder / name)


def build(folder: Path, source: Path = CHECKOUT) -> Path:
    """A tarball of the checkout as it is (or of a copy of it), its caches included."""
    run("ansible-galaxy", "collection", "build", str(source), "--output-path", str(folder), folder=folder)
    (path,) = folder.glob("*.tar.gz")
    return path


def install(tarball: Path, folder: Path) -> None:
    """Install it into an empty folder of collections."""
    folder.mkdir(parents=True, exist_ok=True)
    _galaxy(folder, "install", str(tarball))


def verify(folder: Path) -> None:
    """See that what was installed there is what was built."""
    _galaxy(folder, "verify", NAME)


def judged_by_galaxy(tarball: Path, folder: Path) -> list[str]:
    """The warnings and errors of Galaxy's importer, which keeps its own files in the folder. Raises Failed when it fails."""
    (folder / "importer.cfg").write_text(_IMPORTER, encoding="utf-8")
    said = run("python", "-m", "galaxy_importer.main", str(tarball), folder=folder, GALAXY_IMPORTER_CONFIG=str(folder / "importer.cfg"))
    if "Importer processing completed successfully" not in said:
        raise Failed(said)
    return re.findall(r"^(?:WARNING|ERROR).*", said, re.MULTILINE)


class Failed(Exception):
    """A program ended with another status than 0; says what it said."""


def run(program: str, *arguments: str, folder: Path, **environment: str) -> str:
    """Run a program of this Python in a folder, with Ansible's own files there, too; what it said. Raises Failed."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    # its tools find each other by the path
    found = {**own, "PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_HOME": str(folder / "home"), **environment}
    done = subprocess.run([str(BIN / program), *arguments], cwd=folder, env=found, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Failed(done.stdout + done.stderr)
    return done.stdout + done.stderr


def _galaxy(folder: Path, verb: str, what: str) -> None:
    run("ansible-galaxy", "collection", verb, "--offline", "--collections-path", str(folder), what, folder=folder)
