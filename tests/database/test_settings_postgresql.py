# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account or a server of PostgreSQL is set to changes nothing of what the modules do, or it is refused in words."""

from __future__ import annotations

import io
import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.database import database_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.store_of_engine import store_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.sweep import ALL

from tests.database.site import Site, lines
from tests.database.tables import HARD_ROWS
from tests.database.test_contention import INSERT, open_transaction

# by the name of the setting: what an account might have; a server has those that it knows
SETTINGS: t.Mapping[str, str] = {
    "default_transaction_read_only": "on",
    "default_transaction_deferrable": "on",
    "row_security": "on",
    "datestyle": "German, DMY",
    "timezone": "'Asia/Kathmandu'",
    "intervalstyle": "sql_standard",
    "bytea_output": "escape",
    "extra_float_digits": "'-15'",
    "statement_timeout": "'1s'",
    "idle_in_transaction_session_timeout": "'1s'",
    "lock_timeout": "0",
    "synchronous_commit": "off",
    "enable_hashjoin": "off",
    "standard_conforming_strings": "off",
    "default_transaction_isolation": "serializable",
    "search_path": "nowhere",
    "client_encoding": "latin1",
    "transform_null_equals": "on",
    "quote_all_identifiers": "on",
    "lc_monetary": "'C'",
    "lc_numeric": "'C'",
    "lc_time": "'C'",
    "transaction_timeout": "'1s'",
    "idle_session_timeout": "'1s'",
    "client_connection_check_interval": "'1s'",
    "tcp_user_timeout": "'1s'",
    "exit_on_error": "on",
    "client_min_messages": "error",
    "application_name": "''",
    "track_activities": "off",
    "array_nulls": "off",
    "backslash_quote": "off",
    "escape_string_warning": "off",
    "xmlbinary": "hex",
    "xmloption": "document",
    "gin_fuzzy_search_limit": "1",
    "geqo_threshold": "2",
    "from_collapse_limit": "1",
    "cursor_tuple_fraction": "1",
    "constraint_exclusion": "on",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_indexscan": "off",
    "enable_bitmapscan": "off",
    "enable_sort": "off",
    "enable_hashagg": "off",
    "enable_material": "off",
    "jit_above_cost": "0",
    "parallel_setup_cost": "0",
    "min_parallel_table_scan_size": "0",
    "parallel_leader_participation": "off",
    "synchronize_seqscans": "off",
    "work_mem": "'64kB'",
    "temp_buffers": "100",
    "default_toast_compression": "pglz",
}


def nothing_differs_on_postgresql(site: Site, names: t.Collection[str]) -> None:
    """With these settings of the account."""
    site.run_sql(
        "ALTER TABLE remembermetoken ADD COLUMN f float DEFAULT 0.1::float8 + 0.2, ADD COLUMN b bytea DEFAULT '\\x00ff', "
        "ADD COLUMN i interval DEFAULT '1 day'"
    )
    site.add(*HARD_ROWS)
    before = site.rows()
    expected = lines([site.back_up()["archive"]])
    limited = account(site)
    there = {name for (name,) in site.query("SELECT name FROM pg_settings")}
    for name in there.intersection(names):
        site.run_sql(f"ALTER ROLE {limited.database.user} SET {name} = {SETTINGS[name]}")
    backup = limited.back_up()
    done = limited.purge(expected_rows=limited.look()["rows"])
    assert lines([backup["archive"]]) == lines(done["archives"]) == expected
    assert limited.restore(done["archives"])["rows"] == len(before)
    assert site.rows() == before


def account(site: Site) -> Site:
    """The site for an account of its own, which is told nothing else."""
    name = f"set_{site.database.name}"
    site.run_sql(
        f"CREATE ROLE {name} LOGIN PASSWORD '{site.database.password}'", f"GRANT SELECT, DELETE, INSERT ON remembermetoken TO {name}"
    )
    return site.with_database(user=name)


def test_settings_of_the_account_change_nothing_on_postgresql(postgres_site: Site) -> None:
    nothing_differs_on_postgresql(postgres_site, SETTINGS)


@pytest.mark.long
@pytest.mark.parametrize("name", SETTINGS)
def test_each_setting_of_the_account_alone_changes_nothing_on_postgresql(postgres_site: Site, name: str) -> None:
    nothing_differs_on_postgresql(postgres_site, [name])


@pytest.mark.parametrize("action", [Site.look, Site.back_up, Site.purge])
def test_an_account_to_which_no_foreign_key_applies_is_refused(postgres_site: Site, action: t.Callable[[Site], object]) -> None:
    postgres_site.sign_in(1)
    limited = account(postgres_site)
    postgres_site.run_sql(f"ALTER ROLE {limited.database.user} SET session_replication_role = replica")
    with pytest.raises(SessionsError, match=r"To this account no foreign key and no trigger applies .* give another account\."):
        action(limited)
    assert len(postgres_site.rows()) == 1


def test_an_account_whose_sessions_end_with_the_first_error_waits_for_a_lock_and_puts_rows_back(postgres_site: Site) -> None:
    postgres_site.sign_in(3)
    limited = account(postgres_site)
    postgres_site.run_sql(f"ALTER ROLE {limited.database.user} SET exit_on_error = on")
    with open_transaction(postgres_site, INSERT.format(900, "x")) as writer:
        done = limited.purge(sleep=lambda _seconds: writer.commit(), lock_wait=60)
    assert (done["retries"], done["rows"], postgres_site.rows()) == (1, 4, [])
    limited.restore(done["archives"][:1])
    restored = limited.restore(done["archives"])
    assert (restored["rows"], restored["present"]) == (1, 3)


def test_a_schema_whose_name_begins_nearly_as_the_server_s_own_is_found(postgres_site: Site) -> None:
    postgres_site.sign_in(2)
    limited = account(postgres_site)
    role = limited.database.user
    postgres_site.run_sql(
        "CREATE SCHEMA pgjira",
        "ALTER TABLE remembermetoken SET SCHEMA pgjira",
        f"GRANT USAGE ON SCHEMA pgjira TO {role}",
        f"ALTER ROLE {role} SET standard_conforming_strings = off",
    )
    assert limited.look()["rows"] == 2


def test_rows_that_a_policy_hides_are_an_error_and_not_an_empty_table(postgres_site: Site) -> None:
    """The look refuses such a table; this one gets its policy after that."""
    postgres_site.sign_in(3)
    limited = account(postgres_site)
    store = store_of(database_of(limited.options()), product_named("jira").tokens)
    table = store.look().table
    postgres_site.run_sql("ALTER TABLE remembermetoken ENABLE ROW LEVEL SECURITY")
    for locked in (False, True):
        with pytest.raises(SessionsError, match="delete the tokens: the account lacks a right"), store.sweep(table, locked) as sweep:
            sweep.move_out(io.BytesIO(), ALL)
    with pytest.raises(SessionsError, match="read the tokens: the account lacks a right"):
        store.copy(table, io.BytesIO())


@pytest.mark.parametrize(
    ("whose", "said"),
    [("DATABASE {database}", "default_transaction_read_only of the database"), ("ROLE ALL", "default_transaction_read_only of the server")],
)
def test_a_server_that_is_closed_to_writers_is_refused(postgres_site: Site, whose: str, said: str) -> None:
    postgres_site.sign_in(2)
    closed = whose.format(database=postgres_site.database.name)
    postgres_site.run_sql(f"ALTER {closed} SET default_transaction_read_only = on")
    try:
        for act in (postgres_site.look, postgres_site.back_up, postgres_site.purge):
            with pytest.raises(SessionsError, match=rf"is closed to writers \({said} is on\)"):
                act()
    finally:
        postgres_site.run_sql("SET TRANSACTION READ WRITE", f"ALTER {closed} RESET default_transaction_read_only")
    assert len(postgres_site.rows()) == 2


# with their real arguments: what PostgreSQL finds first where the search path begins elsewhere, or what fits better than its own
FUNCTIONS = {
    "lower(name)": ("text", "SELECT pg_catalog.lower($1::text)"),
    "current_schema()": ("name", "SELECT 'public'::name"),
    "set_config(text, text, boolean)": ("text", "SELECT pg_catalog.set_config($1, $2, $3)"),
    "current_setting(text)": ("text", "SELECT pg_catalog.current_setting($1)"),
    "pg_backend_pid()": ("integer", "SELECT pg_catalog.pg_backend_pid()"),
    "clock_timestamp()": ("timestamptz", "SELECT pg_catalog.clock_timestamp()"),
    "format_type(oid, integer)": ("text", "SELECT pg_catalog.format_type($1, $2)"),
    "unnest(text[])": ("SETOF text", "SELECT pg_catalog.unnest($1)"),
}


def test_no_function_of_the_owner_of_the_database_runs_as_the_account_of_the_run(postgres_site: Site) -> None:
    postgres_site.sign_in(3)
    # a sequence goes on also where the transaction is rolled back
    postgres_site.run_sql("CREATE SEQUENCE public.calls", "GRANT ALL ON SEQUENCE public.calls TO public")
    for function, (returned, body) in FUNCTIONS.items():
        text = f"$body$ SELECT pg_catalog.nextval('public.calls'); {body} $body$"
        postgres_site.run_sql(f"CREATE FUNCTION public.{function} RETURNS {returned} LANGUAGE sql AS {text}")
    postgres_site.run_sql(f"ALTER DATABASE {postgres_site.database.name} SET search_path = public, pg_catalog")
    expected = postgres_site.look()["rows"]
    postgres_site.back_up()
    done = postgres_site.purge(expected_rows=expected)
    assert postgres_site.restore(done["archives"])["rows"] == expected
    postgres_site.run_sql(f"ALTER DATABASE {postgres_site.database.name} RESET search_path")
    assert postgres_site.query("SELECT is_called FROM public.calls") == [(False,)]
