# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL's server programs for the demo: those of this machine, else from its package manager, where that may be asked (root)."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from demo.postgresql import PostgresMissing, find_programs

_NO_MAIN_CLUSTER = Path("/etc/postgresql-common/createcluster.d/no-main-cluster-for-a-demo.conf")


def provide_postgresql() -> None:
    """Raises SystemExit with what to do when the programs are not there and cannot be installed."""
    try:
        find_programs()
    except PostgresMissing as missing:
        if os.geteuid() != 0:
            raise SystemExit(f"{missing}. Only root may install it; `make demo` alone needs no PostgreSQL.") from missing
        _install()
        find_programs()


def _install() -> None:
    print("Installing the package of the PostgreSQL server (no service is made, no server is started) ...", flush=True)
    if shutil.which("apt-get"):
        _install_on_debian()
    elif shutil.which("dnf"):
        subprocess.run(["dnf", "install", "-y", "-q", "postgresql-server"], check=True)
    else:
        raise SystemExit("No package manager that this demo knows (apt-get, dnf): install the PostgreSQL server by hand.")


def _install_on_debian() -> None:
    # Debian's package makes and starts a server of its own at the first installation, unless it is told not to
    _NO_MAIN_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    _NO_MAIN_CLUSTER.write_text("create_main_cluster = false\n", encoding="utf-8")
    try:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "postgresql"], check=True, env=quiet)
    finally:
        _NO_MAIN_CLUSTER.unlink()
