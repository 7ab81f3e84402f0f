# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Pythons of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


def interpreter(version: str) -> str:
    """The real path of that Python (``3.12``), seen to run; empty when there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    managed = [str(path) for path in sorted(pyenv.glob(f"{version}.*/bin/python{version}"))]
    for candidate in (*filter(None, [shutil.which(f"python{version}")]), *managed):
        asked = subprocess.run([candidate, "-c", "import sys; print(sys._base_executable)"], capture_output=True, text=True, check=False)
        if asked.returncode == 0:
            return str(Path(asked.stdout.strip()).resolve())
    return ""
