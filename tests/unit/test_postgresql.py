# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said to a PostgreSQL of which no server was to be had (9.x), or that is hard to bring into the state in question."""

from __future__ import annotations

import typing as t
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import Database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import Changed, Contended
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import engine_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.postgresql import PostgresqlStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store import TokenStore
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store_of_engine import store_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import FoundTable

from tests.unit.scripted_connection import Rows, ScriptedConnection


def begun(version: int) -> list[str]:
    """What is said at the begin of a transaction to a server of that version, as libpq gives it."""
    said: list[str] = []
    driver = SimpleNamespace(driver_connection=SimpleNamespace(server_version=version))
    connection = t.cast("t.Any", SimpleNamespace(connection=driver, exec_driver_sql=said.append))
    store_of(Database(engine_named("postgresql"), "jira", host="db"), product_named("jira").tokens).begin(connection)
    return said


@pytest.mark.parametrize(("version", "told"), [(90624, "9.6"), (90426, "9.4"), (99999, "9.99")])
def test_a_server_that_is_too_old_is_named_before_anything_is_asked_of_it(version: int, told: str) -> None:
    with pytest.raises(SessionsError) as refused:
        begun(version)
    assert str(refused.value) == (
        f"The PostgreSQL database jira on db:5432 is of version {told}, and the oldest that will do is 10. "
        "Have the script carried out by hand (in the playbook force_reauth_revoke=manual)."
    )


@pytest.mark.parametrize("version", [0, 100000, 180001])
def test_one_that_is_not_known_to_be_is_asked(version: int) -> None:
    assert begun(version)[0].startswith("SET LOCAL search_path = 'pg_catalog'; ")


def test_a_sweep_that_others_undo_again_and_again_waits_for_them_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def undone(*_arguments: object) -> t.Iterator[None]:
        yield
        raise Changed("somebody was faster")

    monkeypatch.setattr(TokenStore, "sweep", undone)
    store, met = store_of(Database(engine_named("postgresql"), "jira", host="db"), product_named("jira").tokens), list[type]()
    for _time in range(3):
        with pytest.raises(Contended) as caught, store.sweep(t.cast("t.Any", None), locked=False):
            pass
        met.append(caught.type)
    assert met == [Changed, Contended, Contended]


VACUUM, SOMEBODY = (7, "autovacuum worker", "active", 9, True), (8, "psql", "idle in transaction", 90, False)


@pytest.mark.parametrize(
    ("holders", "gives_way"), [([], False), ([VACUUM], True), ([SOMEBODY], False), ([SOMEBODY, VACUUM], False), ([VACUUM, SOMEBODY], False)]
)
def test_only_where_nobody_but_an_autovacuum_holds_the_table_it_is_waited_for(holders: Rows, gives_way: bool) -> None:
    store = store_of(Database(engine_named("postgresql"), "jira", host="db"), product_named("jira").tokens)
    assert isinstance(store, PostgresqlStore)
    said = ScriptedConnection(store.connector._engine.dialect, ("pg_locks", holders))
    table = FoundTable("public", "remembermetoken", (), "id", "token", "username", "created", "")
    assert store._only_vacuumed(t.cast("t.Any", said), table) == gives_way
    assert said.values == [("public.remembermetoken",)]
