# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an administrator would type, per engine: the server's own client and gzip."""

from __future__ import annotations

import os
import shutil
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

from demo.postgresql import find_clients
from demo.tokens import Database

_GZIP = shutil.which("gzip") or "gzip"


@dataclass(frozen=True)
class Peer:
    """The client's command; statements follow it, each after ``-c`` or ``-e``."""

    command: tuple[str, ...]
    environment: t.Mapping[str, str]
    backup: tuple[str, ...]
    purge: tuple[str, ...]
    restore: tuple[str, ...]
    words: t.Mapping[str, str]

    def write(self, statements: tuple[str, ...], path: Path) -> None:
        """Run the statements, their output through gzip into the file."""
        with path.open("wb") as file, subprocess.Popen(self._words(statements), env=self._environment(), stdout=subprocess.PIPE) as client:
            subprocess.run([_GZIP, "-1"], stdin=client.stdout, stdout=file, check=True)
        self._see(client)

    def read(self, statements: tuple[str, ...], path: Path) -> None:
        """Run the statements, the file, unpacked, as their input."""
        with subprocess.Popen([_GZIP, "-dc", str(path)], stdout=subprocess.PIPE) as unpacked:
            subprocess.run(self._words(statements), env=self._environment(), stdin=unpacked.stdout, check=True)
        self._see(unpacked)

    def _words(self, statements: tuple[str, ...]) -> list[str]:
        if self.command[0].endswith("psql"):
            return [*self.command, *(word for statement in statements for word in ("-c", statement))]
        return [*self.command, "-e", "; ".join(statements)]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.environment}

    @staticmethod
    def _see(process: subprocess.Popen[bytes]) -> None:
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)


def peer_of(database: Database) -> Peer:
    """The peer for that engine."""
    return _postgresql(database) if database.engine == "postgresql" else _mariadb(database)


def _postgresql(database: Database) -> Peer:
    address = ("-h", database.host, "-p", str(database.port), "-U", database.user, "-d", database.name)
    return Peer(
        command=(str(find_clients() / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", *address),
        environment={"PGPASSWORD": database.password},
        backup=("COPY remembermetoken TO STDOUT",),
        purge=(
            "BEGIN",
            "LOCK TABLE remembermetoken IN SHARE ROW EXCLUSIVE MODE",
            "COPY remembermetoken TO STDOUT",
            "DELETE FROM remembermetoken",
            "COMMIT",
        ),
        restore=("COPY remembermetoken FROM STDIN",),
        words={"backup": "psql COPY, gzip -1", "purge": "psql LOCK, COPY, DELETE, gzip -1", "restore": "gzip -d, psql COPY FROM"},
    )


def _mariadb(database: Database) -> Peer:
    address = (f"--socket={database.host}", f"--user={database.user}", database.name)
    return Peer(
        command=(
            shutil.which("mariadb") or "mysql",
            "--no-defaults",
            "--quick",
            "--batch",
            "--skip-column-names",
            "--local-infile",
            *address,
        ),
        environment={"MYSQL_PWD": database.password},
        backup=("SELECT * FROM remembermetoken",),
        purge=("START TRANSACTION", "SELECT * FROM remembermetoken FOR UPDATE", "DELETE FROM remembermetoken", "COMMIT"),
        restore=("LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE remembermetoken",),
        words={
            "backup": "mariadb SELECT, gzip -1",
            "purge": "mariadb SELECT FOR UPDATE, DELETE, gzip -1",
            "restore": "gzip -d, mariadb LOAD DATA",
        },
    )
