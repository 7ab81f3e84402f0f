# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A MySQL server of one's own, beside MariaDB's and in the same way: see unpacked.py for where its programs come from."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from demo.mariadb import MariadbServer
from demo.unpacked import NotUnpacked, alone, find_unpacked


class MysqlServer(MariadbServer):
    """As MariadbServer. The system tables are made once, and copied."""

    engine = "mysql"
    usual = (
        "--innodb-buffer-pool-size=32M",
        "--loose-innodb-redo-log-capacity=16M",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-use-native-aio=0",
        "--innodb-doublewrite=OFF",
        "--skip-log-bin",
        "--skip-name-resolve",
        "--max-connections=120",
        "--loose-mysqlx=OFF",
        "--secure-file-priv=NULL",
    )

    def _find_programs(self) -> None:
        root = find_unpacked()
        if not root:
            raise NotUnpacked("MySQL is not there: python -m demo.packages mysql")
        self._program = _command(root)
        # by the settings that are fixed when the tables are made
        self._template = root / "-".join(["system-tables", *(one.rpartition("=")[2] for one in self._settings if "lower-case" in one)])

    def _make_system_tables(self, data: Path) -> None:
        with alone(self._template.parent):
            if not self._template.exists():
                self._initialise()
        # the server's name for itself is not to be copied
        shutil.copytree(self._template, data, dirs_exist_ok=True, ignore=shutil.ignore_patterns("auto.cnf", "*.pem"))
        self._account.give(data, *data.rglob("*"))

    def _initialise(self) -> None:
        made = self._folder / "made"
        made.mkdir()
        self._account.give(made)
        how = ["--initialize-insecure", f"--datadir={made}", *self.usual, *self._settings]
        done = subprocess.run(
            [*self._account.prefix, *self._program, *how],
            capture_output=True,
            text=True,
            cwd="/",
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"mysqld --initialize failed: {done.stdout}{done.stderr}")
        half_copied = self._template.with_name(f".{self._template.name}")
        shutil.rmtree(half_copied, ignore_errors=True)
        shutil.copytree(made, half_copied)
        half_copied.rename(self._template)
        shutil.rmtree(made)


def _command(root: Path) -> list[str]:
    """The server of Debian's packages runs by their own loader and libraries; another one is linked against this machine's."""
    of_another_version = root / "mysqld"
    if of_another_version.exists():
        program, share, plugins = [str(of_another_version)], root / "share/mysql", root
    else:
        loader = [str(root / "usr/lib64/ld-linux-x86-64.so.2"), "--library-path", str(root / "usr/lib/x86_64-linux-gnu")]
        program, share, plugins = [*loader, str(root / "usr/sbin/mysqld")], root / "usr/share/mysql", root / "usr/lib/mysql/plugin"
    places = [f"--lc-messages-dir={share}", f"--character-sets-dir={share / 'charsets'}", f"--plugin-dir={plugins}"]
    return [*program, "--no-defaults", *places]
