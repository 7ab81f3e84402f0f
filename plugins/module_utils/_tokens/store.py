# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token table of one database: looked at, copied out, moved out, put back. What engines share; each has a file of its own.

This room holds all SQL of the collection.
"""

from __future__ import annotations

import abc
import typing as t
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import (
    InMemory,
    MemberRow,
    MemberTables,
    TokenTable,
    UserTable,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import rows_back
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import table as token_table
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.connection import Connector
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.rows_back import Restored, Rows
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sqlalchemy_dep import sqlalchemy_module
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import KeyRange, Sink, Statements, Sweep
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import Candidate, FoundColumn, FoundTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_names import (
    count_named,
    every_name,
    holders,
    keys_by_table,
    names_by_table,
    others,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import (
    Owners,
    UserKey,
    UserScope,
    check_none_missed,
    check_told_apart,
    tokenless_notes,
    unknown_users,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_table import FoundUsers, choose_users, match_users

if t.TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# what a look is for. purge: may the rows be deleted and put back, and how many are they, of whom, how old; copy: the same, of what is there
# the rows alone; count: no more rights than to read
Purpose = t.Literal["purge", "copy", "count"]


@dataclass(frozen=True)
class Look:
    """What was seen of the token table. ``identity`` names the database as its server reports it; ``bytes`` estimates the rows' size.

    ``others``: rows of users that are not treated. ``spared``: rows that are no browser's. ``notes``: what an operator should know, though
    nothing is wrong. ``user_keys``: of the users that were named, and ``unknown_users`` among them, where a table of users tells.
    """

    table: FoundTable
    identity: str
    rows: int
    users: int
    oldest: str
    bytes: int
    notes: tuple[str, ...] = ()
    others: int = 0
    spared: int = 0
    user_keys: tuple[UserKey, ...] = ()
    unknown_users: str = ""


class TokenStore(abc.ABC):
    """The product's token table in one database. Every method raises SessionsError in place of a driver's error."""

    #: whether a first sweep without a table lock spares the writers anything
    two_sweeps = False
    #: whether the first sweep goes in ranges of keys whatever the product
    ranged = False
    isolation: str | None = None
    sweep_class: type[Sweep]

    def __init__(self, database: Database, wanted: TokenTable) -> None:
        self.database = database
        self.wanted = wanted
        self.connector = Connector(database, self.isolation)

    def look(self, purpose: Purpose = "purge") -> Look:
        """Find the table, check what the purpose needs, and count. Changes nothing."""
        with self.connector.connect("look at the token table", self.begin) as connection:
            candidates = self.candidates(connection, self.wanted.name)
            candidate = token_table.choose(candidates, self.wanted, self.database.schema, self.database.where)
            table = token_table.match_columns(candidate, self.columns(connection, candidate), self.wanted, self.database.where)
            if purpose != "count":
                self._check_purge(connection, candidate, table)
            sweep = self.sweep_class(self.connector, connection, table)
            rows, users, oldest = (sweep.remaining(), 0, "") if purpose == "copy" else self._count(connection, table)
            size = self.size(connection, table, rows)
            may_not = () if purpose == "count" else (*self.hidden(connection, candidate), *self.way_back(connection, table))
            notes = (*self.notes(connection), *may_not, *token_table.notes(table, self.wanted, self._sorts(connection, table)))
            return Look(table, self.identity(connection, table), rows, users, oldest, size, notes, spared=sweep.spared())

    def _check_purge(self, connection: Connection, candidate: Candidate, table: FoundTable) -> None:
        """Raises SessionsError with what would make a purge fail, do something else, or not be undone."""
        token_table.check_obstacles(candidate.label, self.obstacles(connection, candidate))
        self.check_rights(connection, table)
        token_table.check_restorable(table.label, [*token_table.binary_columns(table), *self.unrestorable(connection, table)])

    def narrowed(self, look: Look, scope: UserScope) -> Look:
        """What was seen, of those of the scope's users that are known; raises SessionsError when others would be taken for them."""
        wanted, table = self.wanted.users, look.table
        with self.connector.connect("read the names of the users", self.begin) as connection:
            users = self._users(connection, table, wanted) if wanted else None
            keys = keys_by_table(connection, table, users, scope) if users else []
            owners = Owners(tuple(key for key, _name in keys) if users else scope.names, scope.spared, named=not users)
            found = holders(connection, table, owners)
            check_told_apart(owners, found, table.label)
            # a key is written as the database itself gave it
            if owners.named:
                check_none_missed(owners, others(connection, table, owners), table.label)
            notes = tokenless_notes(scope.names, found, table.label) if owners.named else []
            treated = replace(table, owners=owners)
            rows, held, oldest = self._count(connection, treated)
            left = self._count(connection, table)[0] - rows
            known = [UserKey(name=name, key=key if isinstance(key, int) else str(key)) for key, name in keys]
            unknown = unknown_users(scope.names, [name for _key, name in keys], users.table) if users else ""
            look = replace(look, table=treated, rows=rows, users=held, oldest=oldest, others=left, notes=(*look.notes, *notes))
            return replace(look, user_keys=tuple(known), unknown_users=unknown)

    @contextmanager
    def sweep(self, table: FoundTable, locked: bool) -> t.Iterator[Sweep]:
        """A transaction to move rows out; ``locked`` keeps every writer out of the table until its end.

        Raises Contended when others are in the way for longer than a lock may stand in the queue.
        """
        with self.connector.connect("delete the tokens", lambda connection: self.begin_sweep(connection, table, locked)) as connection:
            yield self.sweep_class(self.connector, connection, table)

    def sweep_beside(self, sweep: Sweep, table: FoundTable) -> Sweep:
        """A further table in the transaction of another one's locked sweep: it keeps every writer out of this one, too."""
        self.lock(sweep.connection, table)
        return self.sweep_class(self.connector, sweep.connection, table)

    def copy(self, table: FoundTable, sink: Sink, columns: t.Sequence[str] = ()) -> int:
        """Write all rows to the sink; only those columns when any are named. Returns how many rows.

        Raises SessionsError when they are not as many as the same state of the table holds.
        """
        with self.connector.connect("read the tokens", self.begin_copy) as connection:
            sweep = self.sweep_class(self.connector, connection, table)
            counted = sweep.remaining()
            rows = sweep.copy_out(sink, columns or sweep.names)
        if rows != counted:
            raise SessionsError(f"Unsuccessful: {table.label} holds {counted} rows, and {rows} of them were read. Nothing was kept.")
        return rows

    def present(self, table: FoundTable, tokens: t.Sequence[str]) -> set[str]:
        """Which of these tokens are in the table, whoever's they are: by their series where tokens rotate, else by their keys."""
        statements, by_series = Statements(table), bool(table.series)
        column = statements.table.c[table.series] if by_series else statements.key
        values: t.Sequence[object] = tokens if by_series else [int(token) for token in tokens]
        with self.connector.connect("look for the tokens of the proof account", self.begin) as connection:
            return {
                str(value) if by_series else str(int(value))
                for (value,) in connection.execute(statements.sql.select(column).where(column.in_(values)))
            }

    def members(self, tables: MemberTables, schema: str) -> list[MemberRow]:
        """The nodes that the product's own tables name, with their states and last heartbeats."""
        sql = sqlalchemy_module()
        nodes = sql.table(tables.nodes, sql.column(tables.node), sql.column(tables.state), schema=schema or None)
        beats = sql.table(tables.heartbeats, sql.column(tables.node), sql.column(tables.beat), schema=schema or None)
        node, last = nodes.c[tables.node], sql.func.max(beats.c[tables.beat])
        joined = nodes.outerjoin(beats, node == beats.c[tables.node])
        query = sql.select(node, nodes.c[tables.state], last).select_from(joined).group_by(node, nodes.c[tables.state])
        with self.connector.connect("read which nodes the product knows", self.begin) as connection:
            return [(str(name), state, None if beat is None else int(beat)) for name, state, beat in connection.execute(query)]

    def clock(self, table: FoundTable) -> str:
        """The database's clock, ISO."""
        with self.connector.connect("read the clock of the database", self.begin) as connection:
            return self.sweep_class(self.connector, connection, table).now()

    def named_users(self, table: FoundTable, wanted: UserTable) -> tuple[int, int]:
        """How many users hold tokens, by their names, and how many tokens belong to no user.

        In a transaction of its own: what fails here spoils no look at the token table.
        """
        with self.connector.connect("read the names of the users", self.begin) as connection:
            return count_named(connection, table, self._users(connection, table, wanted))

    def user_names(self, table: FoundTable, wanted: UserTable) -> list[str]:
        """Each name of the product's table of users."""
        with self.connector.connect("read the names of the users", self.begin) as connection:
            return every_name(connection, table, self._users(connection, table, wanted))

    def names_of(self, table: FoundTable, wanted: UserTable, keys: t.Sequence[t.Any]) -> dict[t.Any, str]:
        """The names of the users with these keys, as far as there are such users."""
        with self.connector.connect("read the names of the users", self.begin) as connection:
            return names_by_table(connection, table, self._users(connection, table, wanted), keys)

    def setting(self, table: FoundTable, keys: InMemory) -> str:
        """The value of a setting that the product keeps in its database, '' where there is none."""
        wanted = UserTable(keys.table, key=keys.name, name=keys.value)
        with self.connector.connect("read a setting of the product", self.begin) as connection:
            return names_by_table(connection, table, self._users(connection, table, wanted), [keys.setting]).get(keys.setting, "")

    def upper_keys(self, table: FoundTable, rows: int) -> list[int]:
        """The keys that end ranges of so many rows; fewer are left after the last one."""
        statements, found = Statements(table), t.cast("list[int]", [])
        every = statements.sql.select(statements.key).order_by(statements.key).offset(rows - 1).limit(1)
        with self.connector.connect("read the keys", self.begin) as connection:
            while (upto := connection.scalar(every.where(statements.which(KeyRange(found[-1] if found else None))))) is not None:
                found.append(int(upto))
        return found

    @contextmanager
    def restoring(
        self, table: FoundTable, columns: t.Sequence[str], archives: t.Sequence[Rows], rehearsal: bool
    ) -> t.Iterator[tuple[Connection, Restored]]:
        """Put the rows of the archives (COPY text with these columns) back, in a transaction that the caller commits through ``connector``.

        A ``rehearsal`` is not committed. Raises SessionsError when a row is there already with other content.
        """
        begin = self.begin_rehearsal if rehearsal else self.begin_restore
        with self.connector.connect("put the tokens back", lambda connection: begin(connection, table)) as connection:
            yield connection, self.put_back(self.sweep_class(self.connector, connection, table), columns, archives)

    # what engines do differently

    @abc.abstractmethod
    def candidates(self, connection: Connection, name: str) -> t.Sequence[Candidate]:
        """Everything that has the name, in any case, in any schema."""

    @abc.abstractmethod
    def columns(self, connection: Connection, candidate: Candidate) -> t.Sequence[FoundColumn]:
        """The table's columns, in their order."""

    @abc.abstractmethod
    def obstacles(self, connection: Connection, candidate: Candidate) -> t.Sequence[str]:
        """What would make a delete there do more, or less, than it says."""

    def hidden(self, connection: Connection, candidate: Candidate) -> t.Sequence[str]:  # noqa: ARG002  most engines show all to everybody
        """Which obstacles the account may not be shown, in a sentence each."""
        return ()

    def way_back(self, connection: Connection, table: FoundTable) -> t.Sequence[str]:  # noqa: ARG002  engines that name rights ask
        """What keeps this account, which may delete, from putting rows back, in a sentence each."""
        return ()

    @abc.abstractmethod
    def identity(self, connection: Connection, table: FoundTable) -> str:
        """The database as its server reports it: the same for every way that leads to it."""

    def size(self, connection: Connection, table: FoundTable, rows: int) -> int:  # noqa: ARG002  engines ask the server
        """Bytes that the rows take, roughly."""
        return rows * 1024

    def notes(self, connection: Connection) -> t.Sequence[str]:  # noqa: ARG002  engines that have something to say ask the server
        """What an operator should know of the server."""
        return ()

    @abc.abstractmethod
    def begin(self, connection: Connection) -> None:
        """Begin a transaction that reads."""

    def begin_copy(self, connection: Connection) -> None:
        """Begin a transaction whose reads all see one state of the table."""
        self.begin(connection)

    @abc.abstractmethod
    def begin_sweep(self, connection: Connection, table: FoundTable, locked: bool) -> None:
        """Begin a transaction that deletes."""

    def history_kept(self) -> t.ContextManager[None]:
        """While ranges are deleted: a server that would clear away meanwhile what each one leaves behind does so afterwards."""
        return nullcontext()

    def lock(self, connection: Connection, table: FoundTable) -> None:  # noqa: B027  reading the rows, or the file, locks elsewhere
        """Keep every writer out until the end of the transaction, where the sweep's own statements do not."""

    def begin_restore(self, connection: Connection, table: FoundTable) -> None:  # noqa: ARG002  a server knows all its tables
        """Begin a transaction that inserts."""
        self.begin(connection)

    def begin_rehearsal(self, connection: Connection, table: FoundTable) -> None:
        """The same, of one that ends without a commit."""
        self.begin_restore(connection, table)

    def rehearsal_notes(self) -> list[str]:
        """What would keep the rows from being put back now, and kept no rehearsal from it."""
        return []

    def check_rights(self, connection: Connection, table: FoundTable) -> None:
        """Raises SessionsError when the account may not delete."""
        statements = Statements(table)
        connection.execute(statements.sql.delete(statements.table).where(statements.sql.false()))

    def unrestorable(self, connection: Connection, table: FoundTable) -> list[str]:
        """What would keep rows from being put back exactly: keys that are no row's alone, and what engines add."""
        if self.has_unique_key(connection, table):
            return []
        statements = Statements(table)
        sql = statements.sql
        counts = sql.select(sql.func.count(), sql.func.count(statements.key.distinct())).select_from(statements.table)
        rows, keys = connection.execute(counts).one()
        return [f"{rows - keys} rows whose key ({table.key}) is empty or another row's as well"] if rows != keys else []

    def has_unique_key(self, connection: Connection, table: FoundTable) -> bool:  # noqa: ARG002  engines that can tell do
        """Whether the database sees to it that each row has a key of its own."""
        return False

    def blockers(self, table: FoundTable) -> str:  # noqa: ARG002  engines that can tell do
        """Who holds what a sweep waits for, in words."""
        return "another process"

    def put_back(self, sweep: Sweep, columns: t.Sequence[str], archives: t.Sequence[Rows]) -> Restored:
        """See ``restoring``."""
        return rows_back.put_back(sweep, columns, rows_back.lines_of(archives))

    def put_back_beside(self, connection: Connection, table: FoundTable, columns: t.Sequence[str], archives: t.Sequence[Rows]) -> Restored:
        """See ``restoring``: rows of a further table, in the transaction that another one's restoring has begun."""
        return self.put_back(self.sweep_class(self.connector, connection, table), columns, archives)

    def _users(self, connection: Connection, table: FoundTable, wanted: UserTable) -> FoundUsers:
        candidate = choose_users(self.candidates(connection, wanted.table), wanted, table.schema)
        return match_users(candidate, self.columns(connection, candidate), wanted)

    def _count(self, connection: Connection, table: FoundTable) -> tuple[int, int, str]:
        statements = Statements(table)
        sql, user, created = statements.sql, statements.table.c[table.user], statements.table.c[table.created]
        # by user first: a hash of users in place of a sort of all rows
        of_users = sql.select(user.label("u"), sql.func.count().label("n"), sql.func.min(created).label("o")).group_by(user)
        users = of_users.where(statements.treated).subquery()
        found = connection.execute(sql.select(sql.func.sum(users.c.n), sql.func.count(users.c.u), sql.func.min(users.c.o))).one()
        return int(found[0] or 0), int(found[1]), token_table.iso_time(found[2], self.wanted.created_unit)

    def _sorts(self, connection: Connection, table: FoundTable) -> dict[str, int]:
        """How many rows each sort of logins has; empty where the product's table knows one sort only."""
        if not self.wanted.sort:
            return {}
        name = next(column.name for column in table.columns if column.name.lower() == self.wanted.sort)
        statements = Statements(table)
        sort, count = statements.table.c[name], statements.sql.func.count()
        rows = connection.execute(statements.sql.select(sort, count).group_by(sort).order_by(sort))
        return {str(value): int(number) for value, number in rows}
