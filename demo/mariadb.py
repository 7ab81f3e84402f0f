# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A MariaDB server of one's own, in a folder, on a private socket: real, but for the demo and the tests only."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
import typing as t
from pathlib import Path

from demo.account import ServerAccount
from demo.patience import patient
from demo.ports import ReservedPort
from demo.tokens import Database

_SEARCHED = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/libexec"


class MariadbMissing(Exception):
    """No MariaDB server programs on this machine; says what to install."""


# the last one is called by the second, and is in Debian's package of the client
PROGRAMS = ("mariadbd", "mariadb-install-db", "my_print_defaults")


def find_program(name: str) -> str:
    """The path of one of PROGRAMS; raises MariadbMissing."""
    if found := shutil.which(name, path=_SEARCHED):
        return found
    raise MariadbMissing(f"no MariaDB server program {name}: install the package mariadb-server")


class MariadbServer:
    """``with MariadbServer(folder) as server:`` a running server on the socket ``server.socket``; taken down at the end.

    ``tcp``: also on a port of 127.0.0.1, and its databases are named by that. ``settings`` are further options of the server.
    As root it runs under another account, because the server refuses root. ``folder`` must have a short path (unix sockets).
    """

    user = "jira"
    engine = "mariadb"
    # one's own tables only, quick to make and to lose
    usual: tuple[str, ...] = (
        "--innodb-buffer-pool-size=32M",
        "--innodb-log-file-size=16M",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-use-native-aio=0",
        "--skip-log-bin",
        "--skip-name-resolve",
        "--max-connections=120",
        "--character-set-server=utf8mb4",
    )

    def __init__(self, folder: Path, tcp: bool = False, settings: tuple[str, ...] = ()) -> None:
        self._folder = folder
        self._account = ServerAccount("mysql")
        self._reserved = ReservedPort() if tcp else None
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = folder / "s"
        self.password = secrets.token_urlsafe(12)
        self._find_programs()

    def __enter__(self) -> t.Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Make the system tables, start the server, wait until it answers; raises RuntimeError with the server's own words."""
        data, first_words = self._folder / "data", self._folder / "first.sql"
        data.mkdir(parents=True)
        first_words.touch(mode=0o600)
        # one statement a line
        create = f"CREATE USER '{self.user}'@'%' IDENTIFIED BY '{self.password}';"
        first_words.write_text(f"{create}\nGRANT ALL ON *.* TO '{self.user}'@'%' WITH GRANT OPTION;\n", encoding="utf-8")
        self._account.give(self._folder, data, first_words)
        self._folder.chmod(0o755)
        self._make_system_tables(data)
        network = ["--bind-address=127.0.0.1", f"--port={self._reserved.port}"] if self._reserved else ["--skip-networking"]
        places = [f"--datadir={data}", f"--socket={self.socket}", f"--pid-file={self._folder / 'pid'}", f"--init-file={first_words}"]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*self._account.prefix, *self._program, *places, *network, *self.usual, *self._settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=self._environment(),
                start_new_session=True,
            )
        self._wait_until_it_answers(self._process)

    def stop(self) -> None:
        """Stop at once, and remove the folder."""
        if self._process:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._reserved:
            self._reserved.release()

    def make_database(self, name: str) -> Database:
        """A fresh database of that name, utf8mb4."""
        with self.database("mysql").transaction() as execute:
            execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        return self.database(name)

    def database(self, name: str) -> Database:
        """How a database of the server is reached."""
        where = ("127.0.0.1", self._reserved.port) if self._reserved else (str(self.socket), 0)
        return Database(self.engine, name, *where, self.user, self.password)

    def _find_programs(self) -> None:
        daemon, self._installer, _called_by_it = map(find_program, PROGRAMS)
        self._program = [daemon, "--no-defaults"]

    def _make_system_tables(self, data: Path) -> None:
        how = ["--no-defaults", f"--datadir={data}", "--skip-test-db", "--auth-root-authentication-method=normal", *self.usual]
        command = [*self._account.prefix, self._installer, *how]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd="/", env=self._environment(), stdin=subprocess.DEVNULL, check=False
        )
        if done.returncode:
            raise RuntimeError(f"mariadb-install-db failed: {done.stdout}{done.stderr}")

    def _environment(self) -> dict[str, str]:
        # the temporary folder of the one who starts it may be closed to the account of the server
        return {**os.environ, "TMPDIR": str(self._folder)}

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
        began = time.monotonic()
        while not self._listens():
            if process.poll() is not None or time.monotonic() - began > patient(seconds):
                words = (self._folder / "log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"The {self.engine} server does not answer: {words[-4000:]}")
            time.sleep(0.05)

    def _listens(self) -> bool:
        # only when the first words were read
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(str(self.socket)) == 0
