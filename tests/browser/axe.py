# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""axe-core, which looks for what keeps people from using a page: one pinned version, fetched once by npm, its script checked."""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
import tempfile
from pathlib import Path

from demo.playbook import CHECKOUT

VERSION = "4.14.1"
_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"


def axe_script() -> str:
    """The script; raises AssertionError when what came is not that version."""
    kept = CHECKOUT / f"build/axe-core-{VERSION}.min.js"
    if not kept.is_file() or not _is_right(kept.read_bytes()):
        kept.parent.mkdir(exist_ok=True)
        data = _fetched()
        assert _is_right(data), f"axe-core {VERSION} is not what it was when this test was written"
        kept.write_bytes(data)
    return kept.read_text(encoding="utf-8")


def _is_right(data: bytes) -> bool:
    return hashlib.sha256(data).hexdigest() == _SHA256


def _fetched() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["npm", "pack", "--silent", f"axe-core@{VERSION}"], cwd=folder, check=True, stdin=subprocess.DEVNULL, capture_output=True
        )
        (packed,) = Path(folder).glob("*.tgz")
        with tarfile.open(packed) as archive:
            member = archive.extractfile("package/axe.min.js")
            assert member
            return member.read()
