# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the product keeps its tokens in memory, where no database knows them. Whatever fails is a note, no failure."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import InMemory
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import TokenStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import FoundTable


def memory_notes(store: TokenStore, table: FoundTable, keys: InMemory) -> list[str]:
    """What is said of it; nothing where the product says that they are in their table, or says nothing."""
    try:
        value = store.setting(table, keys)
    except SessionsError as error:
        return [f"Whether the product keeps tokens of {table.label} in memory is not known: {error}"]
    if value.strip().lower() not in keys.on:
        return []
    where = f"{keys.setting} is {shown(value)} in {keys.table}"
    kept = f"The product keeps the tokens of {table.label} in the memory of its process ({where})"
    return [f"{kept}: they are neither counted nor archived, and end with the restart."]
