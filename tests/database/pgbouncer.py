# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PgBouncer before a PostgreSQL server, on a port of 127.0.0.1."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

from demo.account import ServerAccount
from demo.packages import find_program_of_system
from demo.ports import ReservedPort
from demo.tokens import Database

_SETTINGS = """\
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = {mode}
server_login_retry = 60
client_login_timeout = 2
"""


class PgBouncer:
    """``with PgBouncer(folder, database, mode) as bouncer:`` a pool of that mode.

    ``password``: with which it signs in, and others sign in to it; the database's own if None.
    """

    def __init__(self, folder: Path, database: Database, mode: str, password: str | None = None) -> None:
        self._folder = folder
        self._reserved = ReservedPort()
        self._account = ServerAccount("postgres")
        self.port = self._reserved.port
        folder.chmod(0o755)
        users, self._settings = folder / "users.txt", folder / "pgbouncer.ini"
        users.touch(mode=0o600)
        users.write_text(f'"{database.user}" "{database.password if password is None else password}"\n', encoding="utf-8")
        words = {"host": database.host, "port": database.port, "own_port": self.port, "users": users, "mode": mode}
        self._settings.write_text(_SETTINGS.format(**words), encoding="utf-8")
        self._account.give(users)

    def __enter__(self) -> PgBouncer:
        program = find_program_of_system("pgbouncer") or ""
        log = (self._folder / "log").open("wb")
        with log:
            self._process = subprocess.Popen(
                [*self._account.prefix, program, str(self._settings)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/"
            )
        while not self._listens():
            if self._process.poll() is not None:
                raise RuntimeError((self._folder / "log").read_text(encoding="utf-8"))
            time.sleep(0.02)
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reserved.release()
        shutil.rmtree(self._folder)

    def _listens(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0
