# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the product's database for the nodes of its cluster. Whatever fails is a reason, no failure."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.membership import ToldByDatabase, members_in_rows
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.error_words import RIGHTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import TokenStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import Candidate, FoundTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.members_told import nothing_told


def members_by_database(product: Product, store: TokenStore, table: FoundTable) -> ToldByDatabase:
    """The nodes that the product's own tables name, in the schema of the token table."""
    tables = product.member_tables
    if not tables:
        return {**nothing_told("its database is not known to name its nodes"), "nodes_grant": ""}
    try:
        rows, now = store.members(tables, table.schema), store.clock(table)
    except SessionsError as error:
        labels = [Candidate(table.schema, name).label for name in (tables.nodes, tables.heartbeats)]
        grant = " and ".join(f"GRANT SELECT ON {label}" for label in labels) if RIGHTS in str(error) else ""
        return {**nothing_told(str(error).rstrip(".")), "nodes_grant": grant}
    return {**members_in_rows(tables, rows, now), "nodes_grant": ""}
