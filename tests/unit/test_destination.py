# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The password of an account that the product does not have goes nowhere that the operator did not name."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.destination import (
    account_of,
    address_of,
    asked_database,
    asked_place,
    password_problem,
)

FOUND = {"engine": "postgresql", "host": "db.example.org", "port": 5432, "name": "jira", "user": "jirauser"}
GIVEN = {
    **{f"database_{name}": "" for name in ("engine", "server", "name", "user")},
    "database_port": 0,
    "database_password": "secret",
}


def _problem(given: t.Mapping[str, object], *databases: t.Mapping[str, object]) -> str:
    looks = {f"n{number}": {"database": {**FOUND, **one}, "process": {"running": True}} for number, one in enumerate(databases or ({},), 1)}
    return password_problem(looks, {**GIVEN, **given})


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"database_user": "jirauser"},
        {"database_user": "dba", "database_server": "db", "database_port": 5432, "database_name": "jira"},
        {"database_user": "dba", "database_password": ""},
        {"database_user": "dba", "database_engine": "sqlite"},
    ],
    ids=["the product's", "the same said", "all said", "no password", "a file"],
)
def test_the_password_may_go(given: dict[str, object]) -> None:
    assert _problem(given) == ""


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"database_server": "db"},
        {"database_name": "jira"},
        {"database_server": "db", "database_port": 5432},
        {"database_server": "db", "database_name": "jira"},
    ],
    ids=["nothing said", "no name", "no server", "no name beside the port", "no port: the node would choose it"],
)
def test_the_password_of_another_account_waits_for_the_place_in_words_to_paste(given: dict[str, object]) -> None:
    problem = _problem({"database_user": "dba", **given})
    assert problem.startswith("force_reauth_database_user=dba is not the account that the product's settings name (jirauser)")
    assert problem.endswith(
        "-e force_reauth_database_server=db.example.org -e force_reauth_database_port=5432 -e force_reauth_database_name=jira"
    )


def test_a_place_without_a_port_that_can_be_pasted_is_asked_for_by_the_names_of_the_variables() -> None:
    assert _problem({"database_user": "dba"}, {"port": 0}).endswith(
        "Give force_reauth_database_server, force_reauth_database_port and force_reauth_database_name"
    )


@pytest.mark.parametrize(
    ("users", "named"),
    [
        (("dba", "jirauser"), "jirauser on n2"),
        (("jirauser", "dba"), "jirauser on n1"),
        (("dba", ""), "none on n2"),
        (("a", "b", "a"), "a on n1, n3, b on n2"),
    ],
    ids=["the first node lies", "the second node lies", "one does not say", "two others"],
)
def test_an_account_that_not_every_node_names_is_another_account(users: tuple[str, ...], named: str) -> None:
    problem = _problem({"database_user": "dba"}, *({"user": user} for user in users))
    assert f"the product's settings name ({named}), and its password goes only where you say" in problem
    said = {"database_server": "db", "database_port": 5432, "database_name": "jira"}
    assert _problem({"database_user": "dba", **said}, *({"user": user} for user in users)) == ""


def test_nodes_that_name_different_accounts_get_no_password() -> None:
    assert _problem({}, {}, {"user": "other"}) == (
        "the nodes name different accounts of the database (jirauser, other): give force_reauth_database_user"
    )


@pytest.mark.parametrize(
    ("given", "found", "address"),
    [
        ({}, {}, "db.example.org:5432/jira"),
        ({"database_server": "/run/postgresql"}, {}, "/run/postgresql/jira"),
        ({}, {"host": "", "port": 0, "name": "/var/jira.db"}, "/var/jira.db"),
        ({"database_port": 6432}, {}, "db.example.org:6432/jira"),
    ],
)
def test_the_plan_says_where_the_database_is_asked_and_as_whom(given: dict[str, object], found: dict[str, object], address: str) -> None:
    assert (address_of({**GIVEN, **given}, {**FOUND, **found}), account_of({**GIVEN, **given}, FOUND)) == (address, "jirauser")


@pytest.mark.parametrize(
    ("given", "asked", "more"),
    [("", "", ""), ("", "verify-full", ", TLS verify-full"), ("prefer", "verify-full", ", TLS prefer"), ("require", "", ", TLS require")],
)
def test_the_plan_says_which_tls_is_used_at_least(given: str, asked: str, more: str) -> None:
    said = asked_database({**FOUND, "ssl_mode": asked}, {**GIVEN, "database_ssl_mode": given})
    assert said == f"postgresql db.example.org:5432/jira, account jirauser{more}"


def test_a_node_that_is_down_names_no_account_that_counts() -> None:
    looks = {
        "n1": {"database": {**FOUND, "user": "of-another-home"}, "process": {"running": False}},
        "n2": {"database": FOUND, "process": {"running": True}},
    }
    assert password_problem(looks, GIVEN) == ""
    assert password_problem(looks, {**GIVEN, "database_user": "of-another-home"}).startswith(
        "force_reauth_database_user=of-another-home is not"
    )


@pytest.mark.parametrize(
    ("found", "given", "place"),
    [
        ({}, {}, "postgresql db.example.org:5432/jira"),
        ({}, {"database_user": "dba", "database_ssl_mode": "require"}, "postgresql db.example.org:5432/jira"),
        ({}, {"database_engine": "mysql", "database_port": 3306}, "mysql db.example.org:3306/jira"),
        ({"host": "localhost"}, {}, "postgresql localhost:5432/jira on node1"),
        ({"host": "localhost"}, {"database_server": "db"}, "postgresql db:5432/jira"),
        ({}, {"database_server": "127.0.0.1"}, "postgresql 127.0.0.1:5432/jira on node1"),
        ({}, {"database_server": "/run/postgresql"}, "postgresql /run/postgresql/jira port 5432 on node1"),
        ({}, {"database_server": "/run/postgresql", "database_port": 5433}, "postgresql /run/postgresql/jira port 5433 on node1"),
        ({"engine": "mysql", "host": "/run/mysqld/mysqld.sock", "port": 3306}, {}, "mysql /run/mysqld/mysqld.sock/jira on node1"),
        ({"engine": "sqlite", "host": "", "port": 0, "name": "/srv/jira.db"}, {}, "sqlite /srv/jira.db on node1"),
        ({"host": "", "name": "/srv/jira"}, {}, "postgresql /srv/jira on node1"),
        ({"host": ""}, {"database_name": "/srv/jira"}, "postgresql /srv/jira on node1"),
        ({"host": ""}, {}, "postgresql jira"),
        ({"engine": "hsqldb", "host": "", "port": 0, "name": "data/fisheye"}, {}, "hsqldb data/fisheye on node1"),
    ],
    ids=[
        "the settings'",
        "account and TLS",
        "another engine",
        "own name",
        "said",
        "own address",
        "socket",
        "another port",
        "MySQL",
        "file",
        "path for a name",
        "path for a name, said",
        "name alone",
        "path",
    ],
)
def test_where_a_database_is_asked_is_the_same_at_each_start_and_another_on_another_machine(
    found: dict[str, object], given: dict[str, object], place: str
) -> None:
    assert asked_place({**FOUND, **found}, {**GIVEN, "database_host": "node1", **given}) == place
