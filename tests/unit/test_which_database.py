# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which database is asked: known for certain, and the same for all nodes, or refused."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.which_database import (
    database_problem,
    is_certain,
    is_own_name,
    telling,
)

DATABASE = {"engine": "postgresql", "host": "db", "port": 5432, "name": "jira", "schema": "public", "embedded": False, "doubts": {}}


def _look(identity: str = "b:1:1", home: str = "", **database: t.Any) -> dict[str, t.Any]:
    return {"database": {**DATABASE, **database}, "process": {"identity": identity, "running": bool(identity)}, "home_identity": home}


def _problem(looks: dict[str, t.Any], same_machine: bool, **given: t.Any) -> str:
    return database_problem(looks, {**NOTHING_GIVEN, **{f"database_{name}": value for name, value in given.items()}}, same_machine)


def test_what_a_node_does_not_say_of_its_doubts_is_not_certain() -> None:
    untold = {"database": {name: value for name, value in DATABASE.items() if name != "doubts"}}
    assert [is_certain(look) for look in (untold, _look(doubts={"host": "why"}), _look())] == [False, False, True]
    assert "(the node does not tell whether it is certain: give" in _problem({"n1": {**_look(), **untold}}, True)


NOTHING_GIVEN = {"database_port": 0, **{f"database_{name}": "" for name in ("engine", "server", "name", "user", "schema")}}
ALL = dict.fromkeys(("engine", "host", "port", "name"), "x:1: why")


@pytest.mark.parametrize(
    ("database", "given", "same_machine", "sentence"),
    [
        ({}, {}, False, ""),
        ({"host": "localhost"}, {}, True, ""),
        *(({"host": host}, {}, False, "which is on the node itself") for host in ("localhost", "127.0.0.1", "::1")),
        ({"host": "localhost"}, {"name": "jira"}, False, "which is on the node itself"),
        ({"host": "localhost", "embedded": True}, {"name": "/srv/jira.db"}, False, ""),
        ({"host": "", "name": "/srv/jira.db"}, {"name": "/mnt/jira.db"}, False, ""),
        ({"host": "", "name": "jira"}, {}, False, ""),
        ({"hosts": ["db1"]}, {}, True, ""),
        ({"host": "/run/postgresql"}, {}, False, "which is on the node itself"),
        ({"host": "", "name": "/srv/jira.db", "engine": "sqlite"}, {}, False, "the database /srv/jira.db, which is on the node itself"),
        ({"host": "localhost"}, {"server": "db2"}, False, ""),
        ({"host": "", "doubts": {"host": "it names 2 hosts"}}, {}, True, "(it names 2 hosts: give force_reauth_database_server)"),
        ({"host": "", "doubts": {"host": "it names 2 hosts"}}, {"server": "db1"}, True, ""),
        ({"doubts": ALL}, {}, True, "(x:1: why: give force_reauth_database_engine and force_reauth_database_server and"),
        ({"doubts": ALL}, {"engine": "postgresql", "server": "db", "port": 5432, "name": "jira"}, True, ""),
        ({"doubts": ALL}, {"engine": "postgresql", "server": "db", "name": "jira"}, True, "give force_reauth_database_port"),
        ({"doubts": ALL}, {"engine": "postgresql", "server": "db", "port": 5432}, True, "give force_reauth_database_name"),
        ({"doubts": ALL}, {"server": "db", "port": 5432, "name": "jira"}, True, "give force_reauth_database_engine"),
        ({"doubts": ALL}, {"engine": "sqlite", "name": "/srv/x.db"}, True, ""),
        ({"doubts": {"user": "x:1: why"}}, {}, True, "give force_reauth_database_user"),
        ({"doubts": {"schema": "x:1: why"}}, {}, True, "give force_reauth_database_schema"),
        ({"doubts": {"schema": "x:1: why"}}, {"schema": "public"}, True, ""),
        ({"doubts": {"port": "x:1: why", "name": "x:2: why"}}, {}, True, "x:2: why: give force_reauth_database_name"),
    ],
)
def test_which_database_is_meant_is_never_guessed(
    database: dict[str, t.Any], given: dict[str, t.Any], same_machine: bool, sentence: str
) -> None:
    found = _problem({"n1": _look(**database)}, same_machine, **given)
    assert sentence in found if sentence else found == ""


@pytest.mark.parametrize(
    ("host", "own"),
    [
        *((host, True) for host in ("localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost", "db.localhost")),
        *((host, True) for host in ("127.0.0.1", "127.0.0.2", "127.1", "2130706433", "0.0.0.0", "0")),  # noqa: S104 # compared
        *((host, True) for host in ("::1", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "::", "::1%lo")),
        *((host, False) for host in ("db", "localhost.example.org", "10.0.0.1", "1270.0.0.1", "fe80::1", "::ffff:10.0.0.1", "localhosts")),
    ],
)
def test_a_machine_that_means_itself_is_known_in_every_way_of_writing(host: str, own: bool) -> None:
    assert is_own_name(host) is own
    assert bool(_problem({"n1": _look(host=host)}, same_machine=False)) is own
    assert _problem({"n1": _look(host=host)}, same_machine=True) == ""


@pytest.mark.parametrize(
    ("database", "asked"),
    [
        ({"host": "localhost"}, "server"),
        ({"host": "/run/postgresql"}, "server"),
        ({"host": "", "name": "/srv/jira.db", "engine": "sqlite"}, "name"),
    ],
)
def test_localhost_of_two_machines_is_no_one_database(database: dict[str, t.Any], asked: str) -> None:
    looks = {"n1": _look(**database), "n2": _look("c:1:1", **database)}
    named = database["host"] or database["name"]
    assert _problem(looks, same_machine=True) == (
        f"n1, n2 name the database {named}, each on a machine of its own: if they are nodes of one cluster, give the address that is right "
        f"for all of them with force_reauth_database_{asked}"
    )
    assert _problem(looks, same_machine=True, **{asked: "db1"}) == ""


@pytest.mark.parametrize(
    ("second", "refused"),
    [
        (_look("b:2:2", host="localhost"), False),
        (_look("", host="localhost"), False),
        (_look("", "b:7:7", host="localhost"), False),
        (_look("", "c:7:7", host="localhost"), True),
    ],
    ids=["one machine", "not told", "down, on one machine", "down, on another"],
)
def test_nodes_of_one_machine_have_one_localhost(second: dict[str, t.Any], refused: bool) -> None:
    looks = {"n1": _look(host="localhost"), "n2": second}
    assert bool(_problem(looks, same_machine=True)) is refused


def test_the_settings_of_a_node_that_runs_come_before_those_of_one_that_is_down() -> None:
    down = _look("", host="other-home", doubts=ALL)
    looks = {"n1": down, "n2": _look(), "n3": _look("", host="db")}
    assert (telling(looks), _problem(looks, same_machine=False)) == (["n2"], "")
    assert "force_reauth_database_server" in _problem({"n1": down, "n2": down}, same_machine=False)


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        ({"n1": _look("", doubts=ALL), "n2": _look("")}, ["n2"]),
        ({"n1": _look("", doubts=ALL), "n2": _look("", doubts=ALL)}, ["n1", "n2"]),
        ({"n1": _look(""), "n2": _look("")}, ["n1", "n2"]),
        ({"n1": _look(doubts=ALL), "n2": _look("")}, ["n1"]),
    ],
    ids=["one is certain", "none is", "both are", "one runs, in doubt"],
)
def test_where_no_node_runs_the_certain_ones_tell(looks: dict[str, t.Any], told: list[str]) -> None:
    assert telling(looks) == told
