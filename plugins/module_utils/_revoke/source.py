# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules of the token tables begin with: the product's stores, what was seen of them, and the run's folder."""

from __future__ import annotations

import glob
import typing as t
from dataclasses import dataclass, replace
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import description
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.age_keys import archive_keys
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import RunFolder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product, TokenTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import table as token_table
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database, database_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.in_memory import memory_notes
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import Look, Purpose, TokenStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store_of_engine import store_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.supported import check_supported
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.survivors import Counted, count_survivors
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.tls import mode_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import (
    UNKNOWN_OPTIONS,
    UserKey,
    UserScope,
    check_known,
)

# the options of a module that writes archives, beside those of the database
FOLDER_OPTIONS: dict[str, t.Any] = {
    "archive_dir": {"type": "path", "required": True},
    "run_id": {"type": "str", "required": True},
    "archive_recipients": {"type": "list", "elements": "str", "default": []},
    "archive_key": {"type": "str", "default": "", "no_log": True},
}
USERS_OPTIONS: dict[str, t.Any] = {
    "usernames": {"type": "list", "elements": "str"},
    "exclude_usernames": {"type": "list", "elements": "str", "default": []},
}
# of what only looks
LOOKED_USERS_OPTIONS: dict[str, t.Any] = {**USERS_OPTIONS, **UNKNOWN_OPTIONS}


@dataclass(frozen=True)
class Source:
    """A token table of the options' database, looked at and found fit to be purged."""

    store: TokenStore
    look: Look
    cluster: str
    product: str

    def header(self, run_id: str) -> description.Header:
        """What an archive of this table says of itself."""
        table, columns = self.look.table, tuple((column.name, column.type) for column in self.look.table.columns)
        database, identity = self.store.database, self.look.identity
        return description.Header(
            self.product, database.engine.name, identity, table.schema, table.name, columns, run_id, mode_of(database)
        )


@dataclass(frozen=True)
class Sources:
    """Every token table of the product, the first one first. They are in one database and one schema."""

    tables: tuple[Source, ...]

    @property
    def first(self) -> Source:
        """The one that names the cluster."""
        return self.tables[0]

    @property
    def told(self) -> dict[str, t.Any]:
        """What every module returns of them."""
        first = self.first
        names = ", ".join(source.look.table.name for source in self.tables)
        return {"cluster": first.cluster, "database": first.look.identity, "schema": first.look.table.schema, "table": names}

    @property
    def looks(self) -> list[tuple[TokenStore, Look]]:
        """What is counted."""
        return [(source.store, source.look) for source in self.tables]

    @property
    def user_keys(self) -> list[UserKey]:
        """Of the users that were named, by the first table: all of a product are asked alike."""
        return list(self.first.look.user_keys)

    @property
    def unknown_users(self) -> str:
        """A clause on the names among them that are not known, ''."""
        return self.first.look.unknown_users

    @property
    def rows(self) -> int:
        """Rows that are treated."""
        return sum(source.look.rows for source in self.tables)

    @property
    def rows_by_table(self) -> dict[str, int]:
        """The same, of each table."""
        return {source.look.table.name: source.look.rows for source in self.tables}

    @property
    def oldest(self) -> str:
        """When the oldest token was made."""
        return min((source.look.oldest for source in self.tables if source.look.oldest), default="")

    @property
    def notes(self) -> list[str]:
        """What an operator should know, though nothing is wrong."""
        return [*table_notes(self.tables), *dict.fromkeys(note for source in self.tables for note in source.look.notes)]


def table_notes(tables: t.Sequence[Source]) -> list[str]:
    """How the rows are spread over several tables, and what is spared."""
    rows = [f"{source.look.rows} in {source.look.table.label}" for source in tables]
    spared = [
        f"{source.look.spared} {source.store.wanted.spared.what} in {source.look.table.label} are left alone"
        for source in tables
        if source.store.wanted.spared
    ]
    return [*([f"The tokens are in several tables: {', '.join(rows)}."] if len(rows) > 1 else []), *(f"{one}." for one in spared)]


def survivors_of(source: Source) -> list[Counted]:
    """What signs people in and is no token of these tables, as far as the product's tables of it are known."""
    return count_survivors(source.store, source.look.table.schema, product_named(source.product).survivors)


def look_at_sources(
    options: t.Mapping[str, t.Any], scope: UserScope | None = None, purpose: Purpose = "purge", unknown_told: bool = False
) -> Sources:
    """Find and check the tables; raises SessionsError with what stands in the way, or when a user of the scope is not found.

    ``purpose``: what the store looks for, see there. ``unknown_told``: who is not found is told, no error.
    """
    product = product_named(options["product"])
    database = database_of(options)
    check_supported(database.engine, product.token_tables, options["accept_untested_engine"], database.name, _owner(database))
    first = _look_at(product, database, product.tokens, scope, purpose)
    beside = replace(database, schema=first.look.table.schema)
    sources = Sources((first, *(_look_at(product, beside, table, scope, purpose) for table in product.more_tokens)))
    if not unknown_told:
        check_known(sources.unknown_users)
    return sources


def _look_at(product: Product, database: Database, wanted: TokenTable, scope: UserScope | None, purpose: Purpose) -> Source:
    store = store_of(database, wanted)
    look = store.look(purpose)
    if product.in_memory and wanted is product.tokens:
        look = replace(look, notes=(*look.notes, *memory_notes(store, look.table, product.in_memory)))
    look = store.narrowed(look, scope) if scope else look
    return Source(store, look, token_table.cluster_name(product.name, look.identity), product.name)


def _owner(database: Database) -> str:
    """Whose the files of a built-in database are, '' where they are not on this host, or not to be seen."""
    path = Path(database.name)
    if not database.engine.embedded or not path.is_absolute():
        return ""
    try:
        there = next(iter(sorted(path.parent.glob(f"{glob.escape(path.name)}*"))), None)
        return there.owner() if there else ""
    except (KeyError, OSError):
        return ""


def folder_for(sources: Sources, options: t.Mapping[str, t.Any], copies: int) -> RunFolder:
    """The run's folder, checked but not made; raises SessionsError when so many copies of these tables cannot be kept there, as asked."""
    keys = archive_keys(options["archive_recipients"], options["archive_key"])
    folder = RunFolder(options["archive_dir"], sources.first.cluster, options["run_id"], keys)
    folder.check(sum(source.look.bytes for source in sources.tables), copies)
    return folder
