# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node that the product knows and the inventory lacks is never passed over, and 'confirmed' is never said without the product."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import MemberRow, MembersPage, MemberTables
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.members import members_by_database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.membership import members_in_rows, membership
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.table import FoundTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.administrator import by_token
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.members_page import members_by_page
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.members_told import members_in_page

from demo.cluster import Cluster
from demo.imitated import PRODUCTS as STAND_INS

TABLES = PRODUCTS["jira"].member_tables
PAGE = MembersPage("/nodes", "list", "name", "state", ("OFFLINE", "false"))
ASKED: dict[str, t.Any] = {"accept_unconfirmed_nodes": False}
GRANT = "GRANT SELECT ON public.clusternode and GRANT SELECT ON public.clusternodeheartbeat"
NOW, MOMENT = 1_700_000_000_000, "2023-11-14T22:13:20Z"


class OneDatabase:
    """Tables of nodes with these rows, or a reason why they cannot be read."""

    def __init__(self, rows: t.Sequence[MemberRow], reason: str = "") -> None:
        self.rows, self.reason = rows, reason

    def members(self, tables: MemberTables, schema: str) -> t.Sequence[MemberRow]:
        """See TokenStore."""
        if self.reason:
            raise SessionsError(self.reason)
        return self.rows if (tables, schema) == (TABLES, "public") else []

    def clock(self, table: FoundTable) -> str:
        """See TokenStore."""
        assert table.name == "remembermetoken"
        return MOMENT


def told(*nodes: str, note: str = "") -> dict[str, t.Any]:
    return {"nodes_known": list(nodes), "nodes_note": note}


def looks(clustered: bool = True, **ids: str) -> dict[str, dict[str, t.Any]]:
    return {node: {"node_id": own, "clustered": clustered} for node, own in ids.items()}


TWO = looks(n1="a", n2="b")


def by_database(product: str, rows: t.Sequence[MemberRow], reason: str = "") -> dict[str, t.Any]:
    store: t.Any = OneDatabase(rows, reason)
    return dict(
        members_by_database(PRODUCTS[product], store, FoundTable("public", "remembermetoken", (), "id", "token", "username", "created", ""))
    )


def test_the_tables_of_the_product_are_asked_for_its_nodes() -> None:
    assert by_database("jira", [("a", "ACTIVE", NOW)]) == {**told("a"), "nodes_grant": ""}


@pytest.mark.parametrize(
    ("product", "reason", "note"),
    [
        ("confluence", "", "its database is not known to name its nodes"),
        ("jira", "The table of nodes is not there.", "The table of nodes is not there"),
    ],
)
def test_a_database_that_does_not_name_the_nodes_says_why(product: str, reason: str, note: str) -> None:
    assert by_database(product, [("a", "ACTIVE", NOW)], reason) == {**told(note=note), "nodes_grant": ""}


def test_an_account_that_may_not_read_the_nodes_is_told_what_to_grant_it() -> None:
    reason = "db:5432 cannot read which nodes the product knows: the account lacks a right"
    assert by_database("jira", [], f"{reason}.") == {**told(note=reason), "nodes_grant": GRANT}


@pytest.mark.parametrize(
    ("rows", "alive"),
    [
        ([("a", "ACTIVE", NOW), ("b", "ACTIVE", NOW - 60_000)], ["a", "b"]),
        # dead for longer than the product itself takes a node for alive
        ([("a", "ACTIVE", NOW), ("b", "ACTIVE", NOW - 300_001)], ["a"]),
        ([("a", "ACTIVE", NOW), ("b", "ACTIVE", NOW - 300_000)], ["a", "b"]),
        ([("a", "ACTIVE", NOW), ("b", "OFFLINE", NOW)], ["a"]),
        # a node that is gone does not set the time, and one without a heartbeat is none where others have some
        ([("a", "ACTIVE", NOW), ("b", "OFFLINE", NOW + 999_999), ("c", "ACTIVE", None)], ["a"]),
        ([("b", "ACTIVATING", None), ("a", None, None)], ["a", "b"]),
        ([("a", "OFFLINE", NOW)], []),
        ([], []),
    ],
)
def test_alive_is_told_by_heartbeats_alone(rows: list[MemberRow], alive: list[str]) -> None:
    assert TABLES
    found = members_in_rows(TABLES, rows, MOMENT)
    assert found["nodes_known"] == alive
    assert bool(found["nodes_note"]) == (not alive)


@pytest.mark.parametrize(
    ("now", "note"),
    [
        ("2023-11-14T22:18:20Z", ""),
        (
            "2023-11-14T22:18:21Z",
            "the last sign of life in its table clusternode is 5 minutes old: is it the database that these nodes use?",
        ),
        (
            "2023-11-15T01:18:21+03:00",
            "the last sign of life in its table clusternode is 5 minutes old: is it the database that these nodes use?",
        ),
        (
            "2024-11-13T22:13:20Z",
            "the last sign of life in its table clusternode is 525600 minutes old: is it the database that these nodes use?",
        ),
        # a clock whose zone nobody knows is compared with nothing, and neither is one that goes behind
        ("2024-11-14T22:18:21", ""),
        ("2023-11-14T22:00:00Z", ""),
        ("", ""),
    ],
)
def test_a_database_in_which_every_node_has_long_been_silent_confirms_nothing(now: str, note: str) -> None:
    assert TABLES
    found = members_in_rows(TABLES, [("a", "ACTIVE", NOW), ("b", "ACTIVE", NOW - 1)], now)
    assert found == told(*(() if note else ("a", "b")), note=note)


@pytest.mark.parametrize(
    ("status", "document", "known", "note"),
    [
        (200, {"list": [{"name": "b", "state": "ACTIVE"}, {"name": "a", "state": True}]}, ["a", "b"], ""),
        (200, {"list": [{"name": "b", "state": "OFFLINE"}, {"name": "a", "state": False}, {"name": "c"}]}, ["c"], ""),
        (200, {"list": []}, [], "names no node"),
        (401, {"list": [{"name": "a"}]}, [], "answers 401"),
        (405, {}, [], "answers 405"),
        (200, {}, [], "something else"),
        (200, {"list": None}, [], "something else"),
        (200, {"list": ["a"]}, [], "something else"),
        (200, {"list": [{"id": "a"}]}, [], "something else"),
        (200, [], [], "something else"),
    ],
)
def test_a_page_that_is_not_understood_names_no_node(status: int, document: object, known: list[str], note: str) -> None:
    found = members_in_page(PAGE, status, json.dumps(document))
    assert (found["nodes_known"], note in found["nodes_note"], bool(note)) == (known, True, bool(found["nodes_note"]))


@pytest.mark.parametrize("body", ["<html>", "[" * 9000], ids=["HTML", "JSON without a bottom"])
def test_a_page_that_is_no_json_names_no_node(body: str) -> None:
    assert "something else" in members_in_page(PAGE, 200, body)["nodes_note"]


def test_the_document_may_be_the_list() -> None:
    page = PRODUCTS["jira"].members_page
    assert page
    body = json.dumps([{"nodeId": "a", "alive": True}, {"nodeId": "b", "alive": False}])
    assert members_in_page(page, 200, body)["nodes_known"] == ["a"]


@pytest.mark.parametrize(
    ("nodes", "sources", "sentence"),
    [
        (TWO, [told("a", "b")], "2 nodes of the inventory: confirmed by the product"),
        (TWO, [told("b", "a"), told(note="x")], "2 nodes of the inventory: confirmed by the product"),
        (TWO, [told(note="no table"), told("a", "b")], "2 nodes of the inventory: confirmed by the product"),
        (TWO, [], "2 nodes of the inventory: not confirmed by the product"),
        (TWO, [told(note="no table"), told(note="no page")], "2 nodes of the inventory: not confirmed by the product (no table; no page)"),
        (TWO, [told("a")], "2 nodes of the inventory: not confirmed, the product does not name n2"),
        # a node whose id is not known may be the one
        (looks(n1="a", n2=""), [told("a", "b")], "2 nodes of the inventory: as many as the product names (a, b), not confirmed one by one"),
        (looks(n1="", n2=""), [told("b", "a")], "2 nodes of the inventory: as many as the product names (b, a), not confirmed one by one"),
        (looks(n1="", n2=""), [told("a")], "2 nodes of the inventory: not confirmed, the product does not name n1, n2"),
        (looks(n1="a"), [told("a")], "1 node of the inventory: confirmed by the product"),
        # its database may still tell of a former cluster
        (looks(clustered=False, n1=""), [told("a", "b")], "1 node of the inventory: no cluster, by its settings"),
    ],
)
def test_confirmed_is_what_the_product_names_node_by_node(nodes: dict[str, t.Any], sources: list[dict[str, t.Any]], sentence: str) -> None:
    found = membership(nodes, sources, [], ASKED, {})
    assert (found["sentence"], found["problems"]) == (sentence, [])
    assert found["confirmed"] == (": confirmed" in sentence)


MAY_NOT = {**told(note="no right"), "nodes_grant": GRANT}


@pytest.mark.parametrize(
    ("nodes", "sources", "accept", "refused"),
    [
        (TWO, [MAY_NOT], False, True),
        (TWO, [MAY_NOT, told(note="answers 401")], False, True),
        (looks(n1="a"), [MAY_NOT], False, True),
        (looks(clustered=False, n1="", n2=""), [MAY_NOT], False, True),
        (TWO, [MAY_NOT], True, False),
        # an administrator's token tells
        (TWO, [MAY_NOT, told("a", "b")], False, False),
        (TWO, [{**told(note="no such table"), "nodes_grant": ""}], False, False),
        (looks(clustered=False, n1=""), [MAY_NOT], False, False),
    ],
)
def test_nodes_that_nobody_tells_for_want_of_a_right_are_refused_with_what_to_grant(
    nodes: dict[str, t.Any], sources: list[dict[str, t.Any]], accept: bool, refused: bool
) -> None:
    problems = membership(nodes, sources, [], {"accept_unconfirmed_nodes": accept}, {})["problems"]
    assert len(problems) == refused
    ways = (GRANT, "force_reauth_admin_token", "force_reauth_accept_unconfirmed_nodes=true")
    assert all(way in problem for problem in problems for way in ways)


@pytest.mark.parametrize(
    ("nodes", "sources", "doubt"),
    [
        (TWO, [told("a", "b")], False),
        (looks(n1="a", n2=""), [told("a", "b")], False),
        (looks(clustered=False, n1=""), [], False),
        (TWO, [], True),
        (TWO, [told(note="no table")], True),
        # who does not name one that runs may not name another one either
        (TWO, [told("a")], True),
        (looks(n1="a"), [told(note="no table")], True),
        (looks(clustered=False, n1="", n2=""), [told(note="no table")], True),
    ],
)
def test_whether_there_are_more_nodes_is_said_to_be_unknown_where_nobody_tells(
    nodes: dict[str, t.Any], sources: list[dict[str, t.Any]], doubt: bool
) -> None:
    said = f"the {len(nodes)} node{'s' * (len(nodes) > 1)} of the inventory is not known: the sessions of another one live on"
    assert membership(nodes, sources, [], ASKED, {})["doubt"] == (f"whether the cluster has more than {said}" if doubt else "")


@pytest.mark.parametrize("sources", [[MAY_NOT], [told(note="the last sign of life is old")], [told("a")]])
def test_a_start_that_finds_nodes_down_believes_what_the_product_told_the_first_one(sources: list[dict[str, t.Any]]) -> None:
    found = membership(TWO, sources, [], ASKED, {"nodes_counted": True})
    assert (found["confirmed"], found["doubt"], found["problems"]) == (False, "", [])
    assert found["sentence"].endswith("; when this run began, these were all")
    assert membership(TWO, sources, [], ASKED, {"nodes_counted": False})["doubt"]


def test_a_node_that_came_since_the_first_start_is_not_passed_over() -> None:
    assert membership(TWO, [told("a", "b", "c")], [], ASKED, {"nodes_counted": True})["problems"]


@pytest.mark.parametrize(
    ("nodes", "sources", "names"),
    [
        (TWO, [told("a", "b", "c")], "c"),
        (TWO, [told("a", "b"), told("a", "b", "d", "c")], "c, d"),
        (TWO, [told("a", "c")], "c"),
        (looks(n1="a", n2=""), [told("a", "b", "c")], "b, c"),
        (looks(n1="a"), [told("a", "b")], "b"),
        (looks(clustered=False, n1="", n2=""), [told("a", "b", "c")], "a, b, c"),
    ],
)
def test_a_node_that_the_inventory_lacks_is_a_problem_by_name(nodes: dict[str, t.Any], sources: list[dict[str, t.Any]], names: str) -> None:
    found = membership(nodes, sources, [], ASKED, {})
    assert not found["confirmed"]
    (problem,) = found["problems"]
    assert f"the product knows more nodes than the inventory: {names};" in problem


@pytest.mark.parametrize(
    ("standbys", "sources", "sentence"),
    [
        ([{"node_id": "c"}], [told("a", "b", "c")], "2 nodes of the inventory: confirmed by the product"),
        ([{"node_id": "c"}], [told("a", "b")], "2 nodes of the inventory: confirmed by the product"),
        # one whose id is not known may be the one, one that was not seen as well
        ([{"node_id": ""}], [told("a", "b", "c")], "2 nodes of the inventory: confirmed by the product"),
        ([{"failed": True}], [told("a", "b", "c")], "2 nodes of the inventory: confirmed by the product"),
        ([{"node_id": "c"}], [told("a", "b", "d")], "2 nodes of the inventory: the product knows more: d"),
    ],
)
def test_a_cold_standby_is_a_node_of_the_inventory(
    standbys: list[dict[str, t.Any]], sources: list[dict[str, t.Any]], sentence: str
) -> None:
    assert membership(TWO, sources, standbys, ASKED, {})["sentence"] == sentence


# against the stand-in


@pytest.fixture(scope="module", params=["confluence", "bamboo", "bitbucket"])
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Cluster]:
    product = STAND_INS[request.param]
    with Cluster(tmp_path_factory.mktemp("members") / "c", nodes=2, product=product, context="/wiki") as made:
        yield made


def test_a_product_names_its_nodes_to_an_administrator(cluster: Cluster) -> None:
    found = members_by_page(PRODUCTS[cluster.product.name], Site(cluster["n1"].url), cluster.admin_token)
    prefix = "hazelcast-" if cluster.product.name == "bitbucket" else ""
    assert found == {"nodes_known": [f"{prefix}n1", f"{prefix}n2"], "nodes_note": ""}


def test_it_names_them_to_nobody_else(cluster: Cluster) -> None:
    product = PRODUCTS[cluster.product.name]
    assert product.members_page
    found = members_by_page(product, Site(cluster["n1"].url), "another-token")
    assert found == {"nodes_known": [], "nodes_note": f"its page {product.members_page.path} answers 401"}


def test_a_node_that_does_not_answer_names_none() -> None:
    assert "no answer from" in members_by_page(PRODUCTS["confluence"], Site("http://127.0.0.1:1"), "t")["nodes_note"]
    odd = members_by_page(PRODUCTS["confluence"], Site("http://127.0.0.1:1"), "t t")["nodes_note"]
    assert odd == "Nothing is asked: the administrator's token is empty, or has a character that no header can carry"


def test_a_product_without_such_a_page_is_not_asked() -> None:
    told = members_by_page(PRODUCTS["fisheye"], Site("http://127.0.0.1:1"), "t")
    assert told == {"nodes_known": [], "nodes_note": "no page of it is known to name its nodes"}


@pytest.mark.parametrize("token", ["", "se cret", "secret\n", "secrét"])
def test_a_token_that_no_header_can_carry_is_refused_without_repeating_it(token: str) -> None:
    with pytest.raises(SessionsError, match="no header can carry") as refused:
        by_token(token)
    assert "cr" not in str(refused.value).replace("character", "")
