# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nodes the product's own tables name, on each engine; what cannot be read is said, and keeps nothing from being purged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from demo.imitated import PRODUCTS
from demo.tokens import Tokens
from tests.database.site import Site


@pytest.fixture
def members(site: Site) -> Tokens:
    """The tables of Jira's nodes; n2 and n1 are alive."""
    tokens = Tokens(site.database, PRODUCTS["jira"])
    tokens.create_members()
    for node in ("n2", "n1"):
        tokens.note_alive(node)
    return tokens


@pytest.mark.usefixtures("members")
def test_the_nodes_that_are_alive_are_named_with_the_look_at_the_tokens(site: Site) -> None:
    looked = site.look()
    assert (looked["nodes_known"], looked["nodes_note"]) == (["n1", "n2"], "")
    assert "nodes_known" not in site.purge()


@pytest.mark.usefixtures("members")
def test_a_node_is_no_longer_named_when_its_last_heartbeat_is_old_or_it_says_that_it_is_gone(site: Site) -> None:
    site.run_sql("UPDATE clusternodeheartbeat SET database_time = database_time - 600000 WHERE node_id = 'n1'")
    assert site.look()["nodes_known"] == ["n2"]
    site.run_sql("UPDATE clusternode SET node_state = 'OFFLINE' WHERE node_id = 'n2'", "DELETE FROM clusternodeheartbeat")
    assert site.look()["nodes_known"] == ["n1"]


def test_a_copy_of_the_database_in_which_no_node_is_alive_confirms_none(server_site: Site) -> None:
    tokens = Tokens(server_site.database, PRODUCTS["jira"])
    tokens.create_members()
    tokens.note_alive("n1")
    assert server_site.look()["nodes_known"] == ["n1"]
    server_site.run_sql("UPDATE clusternodeheartbeat SET database_time = database_time - 86430000")
    looked = server_site.look()
    assert looked["nodes_known"] == []
    assert (
        looked["nodes_note"]
        == "the last sign of life in its table clusternode is 1440 minutes old: is it the database that these nodes use?"
    )


def test_a_product_without_these_tables_is_purged_all_the_same(site: Site) -> None:
    site.sign_in(2)
    looked = site.look()
    assert looked["nodes_known"] == []
    assert "cannot read which nodes the product knows" in looked["nodes_note"]
    assert looked["nodes_grant"] == ""
    assert site.purge()["rows"] == 2


def test_a_product_that_is_not_known_to_have_such_tables_says_so(site: Site) -> None:
    site.run_sql("DROP TABLE remembermetoken")
    Tokens(site.database, PRODUCTS["confluence"]).create()
    looked = replace(site, product="confluence").look()
    assert (looked["nodes_known"], looked["nodes_note"]) == ([], "its database is not known to name its nodes")


def test_an_account_that_may_not_read_them_is_told_why_and_reads_them_with_what_it_is_told_to_be_granted(postgres_site: Site) -> None:
    tokens = Tokens(postgres_site.database, PRODUCTS["jira"])
    tokens.create_members()
    tokens.note_alive("n1")
    account = f"reader_{postgres_site.database.name}"
    postgres_site.run_sql(
        f"CREATE ROLE {account} LOGIN PASSWORD '{postgres_site.database.password}'",
        f"GRANT SELECT, DELETE ON remembermetoken TO {account}",
    )
    looked = postgres_site.with_database(user=account).look()
    assert looked["nodes_known"] == []
    assert looked["nodes_note"].endswith("cannot read which nodes the product knows: the account lacks a right")
    nodes, beats = looked["nodes_grant"].split(" and ")
    postgres_site.run_sql(f"{nodes} TO {account}")
    looked = postgres_site.with_database(user=account).look()
    assert (looked["nodes_known"], looked["nodes_grant"]) == ([], f"{nodes} and {beats}")
    postgres_site.run_sql(f"{beats} TO {account}")
    looked = postgres_site.with_database(user=account).look()
    assert (looked["nodes_known"], looked["nodes_note"], looked["nodes_grant"]) == (["n1"], "", "")


def test_they_are_read_from_the_schema_of_the_token_table(postgres_site: Site) -> None:
    tokens = Tokens(postgres_site.database, PRODUCTS["jira"])
    tokens.create_members()
    tokens.note_alive("n7")
    postgres_site.run_sql(
        "CREATE SCHEMA other",
        *(f"ALTER TABLE {name} SET SCHEMA other" for name in ("remembermetoken", "clusternode", "clusternodeheartbeat")),
    )
    tokens.create_members()
    tokens.note_alive("n8")
    assert postgres_site.look()["nodes_known"] == ["n7"]
