# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections to the token database, and what their failures are called."""

from __future__ import annotations

import typing as t
from contextlib import contextmanager, suppress
from time import sleep

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.packages import missing
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.commit_end import rolled_back
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_connections import check_tls, opener
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import (
    CommitUnknown,
    Meant,
    NoneLeft,
    code_of,
    meaning,
    meaning_at_the_start,
    meaning_beside_the_driver,
    package_missing,
    sentence,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sqlalchemy_dep import sqlalchemy_module

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection, ExceptionContext
    from sqlalchemy.engine import Engine as SqlEngine

# seconds between tries: a server counts a connection that was closed until it has seen that, some time after it was told
_FREED_AFTER = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


class Connector:
    """Opens connections; each is new, and closed after its use."""

    def __init__(self, database: Database, isolation: str | None) -> None:
        self.database = database
        self._isolation = isolation
        check_tls(database)
        self._sqlalchemy = sqlalchemy_module()
        self._engine = self._make_engine()
        self.driver_error: type[Exception] = t.cast("t.Any", self._engine.dialect).dbapi.Error
        self._errors = (self._sqlalchemy.exc.SQLAlchemyError, self.driver_error)

    @contextmanager
    def connect(self, doing: str, begin: t.Callable[[Connection], object]) -> t.Iterator[Connection]:
        """A connection in a transaction that ``begin`` has begun; rolled back unless committed. Failures are SessionsError."""
        with self.sentences(doing), self._open(doing) as connection:
            try:
                begin(connection)
                yield connection
            except BaseException:
                # a half-read COPY or a lost server would only fail again at the roll-back: the server rolls back by itself
                connection.invalidate()
                raise

    def commit(self, connection: Connection, doing: str) -> None:
        """Commit; raises SessionsError when that is known not to have happened, CommitUnknown for every other end but a good one."""
        try:
            connection.commit()
        except Exception as error:  # whatever it is, it may have come after the commit
            told = self._told(doing, error)
            if rolled_back(self.database.engine.name, _original(error)):
                raise told from None
            raise CommitUnknown(f"{told} Whether that has happened is not known: look, then go on from there.") from None

    @contextmanager
    def sentences(self, doing: str) -> t.Iterator[None]:
        """Turn errors of the driver and of SQLAlchemy into sentences without their text, which may quote values."""
        try:
            yield
        except (*self._errors, Meant) as error:
            raise self._told(doing, error) from None

    def _open(self, doing: str) -> Connection:
        for pause in _FREED_AFTER:
            with suppress(NoneLeft):
                return self._open_once(doing)
            sleep(pause)
        return self._open_once(doing)

    def _open_once(self, doing: str) -> Connection:
        try:
            return self._engine.connect()
        except SessionsError:
            raise
        except Exception as error:  # whatever it is, its text may hold a piece of the password
            raise self._not_opened(doing, _original(error)) from None

    def _not_opened(self, doing: str, error: BaseException) -> SessionsError:
        package, what = package_missing(str(error))
        if package:
            return missing(what, package)
        return sentence(self.database.where, doing, meaning_at_the_start(self.database.engine.name, self._meant(error), str(error)))

    def _told(self, doing: str, error: Exception) -> SessionsError:
        return error if isinstance(error, SessionsError) else sentence(self.database.where, doing, self._meant(_original(error)))

    def _meant(self, error: BaseException) -> str:
        engine = self.database.engine.name
        return meaning(engine, code_of(error), str(error)) if isinstance(error, self._errors) else meaning_beside_the_driver(engine, error)

    def _give_words(self, failed: ExceptionContext) -> None:
        """To what a driver lets out beside its own errors: an OSError of the network would be taken for one of the disk."""
        error = failed.original_exception
        if isinstance(error, Exception) and not isinstance(error, (SessionsError, Meant, *self._errors)):
            raise Meant(self._meant(error))

    def _make_engine(self) -> SqlEngine:
        engine = self.database.engine
        options: dict[str, t.Any] = {"poolclass": self._sqlalchemy.pool.NullPool, "hide_parameters": True}
        if self._isolation:
            options["isolation_level"] = self._isolation
        open_it = opener(self.database)
        if open_it:
            options["creator"] = lambda: open_it(t.cast("t.Any", self._engine.dialect).dbapi)
        try:
            made: SqlEngine = self._sqlalchemy.create_engine(f"{engine.dialect}://" if open_it else self._url(), **options)
        except ImportError:
            raise missing(f"the driver {engine.package}", engine.package) from None
        self._sqlalchemy.event.listen(made, "handle_error", self._give_words)
        return made

    def _url(self) -> t.Any:
        database = self.database
        port = database.port or database.engine.default_port
        return self._sqlalchemy.URL.create(database.engine.dialect, database.user, database.password, database.host, port, database.name)


def _original(error: Exception) -> BaseException:
    """What SQLAlchemy has wrapped."""
    return getattr(error, "orig", None) or error
