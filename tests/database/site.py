# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One token table in a fresh database, and the modules' work on it, called directly."""

from __future__ import annotations

import gzip
import secrets
import time
import typing as t
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke import steps as revoke_steps
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.backup import back_up
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.counting import count_tokens
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.restore import restore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.when_free import Clock

from demo.tokens import Database
from tests.database.tables import JIRA

Values = dict[str, t.Any]


def _nothing() -> None:
    """Happens."""


@dataclass(frozen=True)
class Site:
    """The database of one product and the folder for archives."""

    database: Database
    archive_dir: Path
    product: str = "jira"

    @property
    def engine(self) -> str:
        return self.database.engine

    def options(self, **more: object) -> Values:
        """As the modules get them."""
        database = self.database
        return {
            "product": self.product,
            "engine": database.engine,
            "database_host": database.host,
            "database_port": database.port,
            "database_name": database.name,
            "database_user": database.user,
            "database_password": database.password,
            "database_schema": "",
            "database_ssl_mode": "",
            "database_ssl_ca": "",
            "database_jar": "",
            "accept_untested_engine": False,
            "archive_dir": str(self.archive_dir),
            "run_id": "run-1",
            "archive_recipients": [],
            "archive_key": "",
            "identity_file": "",
            "abandon": "",
            "scope": "all",
            "single_sweep": False,
            "lock_wait": 5,
            "expected_rows": -1,
            "expected_tables": {},
            "expected_tokens": [],
            "start": None,
            "usernames": None,
            "exclude_usernames": [],
            "unknown_usernames": "refused",
            "user_keys": [],
            **more,
        }

    def hold(self, *owners: str | None) -> None:
        """A token for each owner, in an empty table."""
        self.add(*((number, "2026-02-03 04:05:06", f"token{number}", owner) for number, owner in enumerate(owners, start=1)))

    def run_sql(self, *statements: str) -> None:
        """In one transaction, as the owner of everything."""
        with self.database.transaction() as execute:
            for statement in statements:
                execute(statement)

    def query(self, statement: str, *values: object) -> list[tuple[t.Any, ...]]:
        with self.database.transaction() as execute:
            return [tuple(row) for row in execute(statement, *values).fetchall()]

    def create(self, tables: t.Mapping[str, str] | None = None) -> Site:
        self.run_sql((tables or JIRA)[self.database.sql])
        return self

    def add(self, *rows: t.Sequence[object]) -> None:
        """Rows of Jira's table."""
        with self.database.transaction() as execute:
            for row in rows:
                execute("INSERT INTO remembermetoken (id, created, token, username) VALUES (?, ?, ?, ?)", *row)

    def sign_in(self, count: int, first: int = 1, users: int = 7) -> None:
        """That many tokens."""
        self.add(*((first + n, f"2026-02-03 04:05:{n % 60:02}", secrets.token_hex(20), f"user{n % users}") for n in range(count)))

    def rows(self, table: str = "remembermetoken") -> list[tuple[t.Any, ...]]:
        return sorted(self.query(f"SELECT * FROM {table}"))  # noqa: S608  a name of the tests

    def count(self, **more: object) -> Values:
        """What the module remember_me_count returns."""
        return count_tokens({**self.options(), "top": 10, "show_users": False, "mark": False, "before": None, **more})

    def look(self, **more: object) -> Values:
        return revoke_steps.revoke(self.options(**more), True, Clock(time.monotonic, time.sleep))

    def purge(
        self,
        *,
        sleep: t.Callable[[float], None] = time.sleep,
        before_commit: t.Callable[[], object] = _nothing,
        **more: t.Any,
    ) -> Values:
        """``sleep`` is called when the purge waits for others; ``before_commit`` right before each commit."""

        @contextmanager
        def owned() -> t.Iterator[None]:
            before_commit()
            yield

        def fence(_options: object, _cluster: object) -> t.Callable[[], AbstractContextManager[None]]:
            return owned

        with pytest.MonkeyPatch.context() as patch:
            if before_commit is not _nothing:
                patch.setattr(revoke_steps, "_fence", fence)
            return revoke_steps.revoke(self.options(**more), False, Clock(time.monotonic, sleep))

    def back_up(self, check_mode: bool = False, **more: object) -> Values:
        return back_up(self.options(**more), check_mode)

    def restore(self, archives: t.Iterable[Values], check_mode: bool = False, **more: t.Any) -> Values:
        named = [{"path": archive["path"], "sha256": archive["sha256"]} for archive in archives]
        return restore(self.options(archives=named, **{"accept_live_logins": True, **more}), check_mode)

    def with_database(self, **more: t.Any) -> Site:
        return replace(self, database=replace(self.database, **more))


def lines(archives: t.Iterable[Values]) -> list[bytes]:
    """The rows of archives, read by the standard library."""
    return [line for archive in archives for line in gzip.decompress(Path(archive["path"]).read_bytes()).splitlines(keepends=True)]


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Everything below the folder: mode and content by path."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes() if path.is_file() else b"") for path in folder.rglob("*")
    }
