# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each engine has a store, of the database and the table that were named. An embedded one starts a program: see tests/database."""

from __future__ import annotations

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store_of_engine import store_of


@pytest.mark.parametrize("engine", [name for name, engine in ENGINES.items() if not engine.embedded])
def test_the_store_of_an_engine_is_of_what_was_named(engine: str) -> None:
    database, wanted = Database(ENGINES[engine], "jira", host="db"), product_named("jira").tokens
    store = store_of(database, wanted)
    assert (store.database, store.wanted, store.connector.database) == (database, wanted, database)
    assert type(store).__module__.rpartition(".")[2] == {"mariadb": "mysql"}.get(engine, engine)
