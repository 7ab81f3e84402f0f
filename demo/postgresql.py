# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL server of one's own, in a folder, on a private socket: real, but for the demo and the tests only."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import typing as t
from pathlib import Path

from demo.account import ServerAccount
from demo.ports import ReservedPort
from demo.tokens import Database


class PostgresMissing(Exception):
    """No PostgreSQL server programs on this machine; says what to install."""


def find_programs() -> Path:
    """The folder of initdb and pg_ctl, of another version where the environment names one; raises PostgresMissing."""
    return _folder_of("initdb", "pg_ctl", folders=[Path(one) for one in [os.environ.get("STAND_IN_POSTGRESQL", "")] if one])


def find_clients() -> Path:
    """The folder of psql and createdb, of whatever version; raises PostgresMissing."""
    return _folder_of("psql", "createdb")


def _folder_of(*programs: str, folders: t.Sequence[Path] = ()) -> Path:
    found = [Path(one).resolve().parent for one in [shutil.which("pg_ctl")] if one]
    for folder in [*folders, *found, *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]:
        if all((folder / name).exists() for name in programs):
            return folder
    raise PostgresMissing(f"no PostgreSQL programs ({', '.join(programs)}): install the package postgresql")


class PostgresServer:
    """``with PostgresServer(folder) as server:`` a running server, its socket in ``socket_dir``; taken down at the end.

    ``tcp``: also on a port of 127.0.0.1, and its databases are named by that. ``settings`` are further ones of the server.
    As root it runs under another account, because the server refuses root. ``folder`` must have a short path (unix sockets).
    """

    user = "jira"

    def __init__(self, folder: Path, tcp: bool = False, settings: tuple[str, ...] = ()) -> None:
        self._programs = find_programs()
        self._folder = folder
        self._account = ServerAccount("postgres")
        self._reserved = ReservedPort() if tcp else None
        self._settings = settings
        self.port = self._reserved.port if self._reserved else 5432
        self.socket_dir = folder / "s"
        self.password = secrets.token_urlsafe(12)

    def __enter__(self) -> PostgresServer:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Make the cluster of databases and start it."""
        self.socket_dir.mkdir(parents=True)
        self._account.give(self._folder, self.socket_dir)
        self._folder.chmod(0o755)
        data = self._folder / "data"
        self.make_data(data)
        addresses = "127.0.0.1" if self._reserved else ""
        named = (f"listen_addresses={addresses}", f"port={self.port}", f"unix_socket_directories={self.socket_dir}", "max_connections=60")
        settings = " ".join(f"-c {one}" for one in ("fsync=off", *named, *self._settings))
        self._run("pg_ctl", "-D", data, "-w", "-l", self._folder / "log", "-o", settings, "start")

    def make_data(self, data: Path) -> None:
        """The folder of its databases."""
        password_file = self._folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password, encoding="utf-8")
        self._account.give(password_file)
        how = ["--auth=scram-sha-256", f"--pwfile={password_file}", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        self._run("initdb", "-D", data, "-U", self.user, *how)

    def stop(self) -> None:
        """Stop at once, and remove the folder."""
        subprocess.run(
            [*self._account.prefix, str(self._programs / "pg_ctl"), "-D", str(self._folder / "data"), "-m", "immediate", "stop"],
            capture_output=True,
            cwd="/",
            check=False,
        )
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._reserved:
            self._reserved.release()

    @property
    def rules(self) -> Path:
        """Its pg_hba.conf."""
        return self._folder / "data/pg_hba.conf"

    def give(self, *paths: Path) -> None:
        """Make these files the server's own."""
        self._account.give(*paths)

    def make_database(self, name: str, *more: str) -> Database:
        """A fresh database of that name; ``more`` options of createdb."""
        program, address = str(find_clients() / "createdb"), ["-h", str(self.socket_dir), "-p", str(self.port), "-U", self.user]
        subprocess.run(
            [program, *address, *more, name],
            env={**os.environ, "PGPASSWORD": self.password},
            check=True,
            capture_output=True,
        )
        return Database("postgresql", name, "127.0.0.1" if self._reserved else str(self.socket_dir), self.port, self.user, self.password)

    def _run(self, program: str, *arguments: object) -> None:
        command = [*self._account.prefix, str(self._programs / program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}")
