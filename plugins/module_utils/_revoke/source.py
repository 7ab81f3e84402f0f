# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the three modules of the token table begin with: the product's store, what was seen of it, and the run's folder."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import description
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import RunFolder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens import table as token_table
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import database_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import check_supported
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import Look, TokenStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store_of_engine import store_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import UserScope

# the options of a module that writes archives, beside those of the database
FOLDER_OPTIONS: dict[str, t.Any] = {"archive_dir": {"type": "path", "required": True}, "run_id": {"type": "str", "required": True}}
USERS_OPTIONS: dict[str, t.Any] = {
    "usernames": {"type": "list", "elements": "str"},
    "exclude_usernames": {"type": "list", "elements": "str", "default": []},
}


@dataclass(frozen=True)
class Source:
    """The token table of the options' database, looked at and found fit to be purged."""

    store: TokenStore
    look: Look
    cluster: str
    product: str

    @property
    def told(self) -> dict[str, t.Any]:
        """What every module returns of it."""
        table = self.look.table
        return {"cluster": self.cluster, "database": self.look.identity, "schema": table.schema, "table": table.name}

    @property
    def notes(self) -> list[str]:
        """What an operator should know, though nothing is wrong."""
        return list(self.look.notes)

    def header(self, run_id: str) -> description.Header:
        """What an archive of this table says of itself."""
        table, columns = self.look.table, tuple((column.name, column.type) for column in self.look.table.columns)
        return description.Header(
            self.product, self.store.database.engine.name, self.look.identity, table.schema, table.name, columns, run_id
        )


def look_at_source(options: t.Mapping[str, t.Any], scope: UserScope | None = None, to_purge: bool = True) -> Source:
    """Find and check the table; raises SessionsError with what stands in the way of a purge, or when a user of the scope is not found.

    Without ``to_purge`` the right to read is enough.
    """
    product = product_named(options["product"])
    database = database_of(options)
    check_supported(database.engine, product.tokens.name, options["accept_untested_engine"])
    store = store_of(database, product.tokens)
    look = store.look(to_purge)
    look = store.narrowed(look, scope) if scope else look
    return Source(store, look, token_table.cluster_name(product.name, look.identity), product.name)


def folder_for(source: Source, options: t.Mapping[str, t.Any]) -> RunFolder:
    """The run's folder, checked but not made; raises SessionsError when archives of this table could not be kept there."""
    folder = RunFolder(options["archive_dir"], source.cluster, options["run_id"])
    folder.check(source.look.bytes)
    return folder
