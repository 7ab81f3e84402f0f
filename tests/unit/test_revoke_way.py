# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who deletes the tokens where the run is to find out, and when the database is asked at all."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.revoke_way import revoke_way

from tests.unit.test_roll_plan import look, plan


def way(engine: str = "postgresql", product: str = "jira", **given: t.Any) -> t.Any:
    settings = {"revoke": "auto", "database_password": "", "database_engine": "", "accept_untested_engine": False, **given}
    one = look(product=product)
    return revoke_way({"n1": {**one, "database": {**one["database"], "engine": engine}}}, settings)


@pytest.mark.parametrize(
    ("engine", "given", "chosen"),
    [
        ("postgresql", {"database_password": "p"}, "force_reauth_revoke=auto: a password of the database is given"),
        ("sqlite", {}, "force_reauth_revoke=auto: the database is a file, which wants no password"),
        ("unknown", {"database_engine": "sqlite"}, "force_reauth_revoke=auto: the database is a file, which wants no password"),
        # refused later, with the script as the way out
        ("oracle", {"database_password": "p"}, "force_reauth_revoke=auto: a password of the database is given"),
    ],
)
def test_auto_is_this_run_where_it_can_open_the_database(engine: str, given: dict[str, t.Any], chosen: str) -> None:
    assert way(engine, **given) == {"revoke": "database", "chosen": chosen, "problem": "", "asks_database": True}


@pytest.mark.parametrize(
    ("engine", "product", "named"),
    [
        ("postgresql", "jira", "auto: PostgreSQL wants a password"),
        ("oracle", "jira", "force_reauth_revoke=product (Jira does it by its own page"),
        ("unknown", "jira", "its database wants a password"),
        ("h2", "jira", "force_reauth_revoke=manual"),
    ],
)
def test_auto_without_a_password_is_refused_with_every_way_out(engine: str, product: str, named: str) -> None:
    problem = way(engine, product)["problem"]
    assert named in problem
    ways = ("force_reauth_database_password", "force_reauth_revoke=manual", "force_reauth_revoke=product", "force_reauth_revoke=database")
    assert [one for one in ways if one not in problem] == []


@pytest.mark.parametrize(
    ("product", "by_itself"),
    [
        ("jira", ", or force_reauth_revoke=product (Jira does it by its own page, as an administrator)"),
        ("crowd", ", or force_reauth_revoke=product (Crowd does it by its own calls, as an administrator)"),
        ("confluence", ""),
    ],
)
def test_the_ways_out_are_those_that_the_product_has(product: str, by_itself: str) -> None:
    assert way(product=product)["problem"] == (
        "force_reauth_revoke=auto: PostgreSQL wants a password, and none is given, so this run cannot delete the tokens. Give "
        "force_reauth_database_password, or take force_reauth_revoke=manual (an administrator of the database carries out a script)"
        f"{by_itself}. Where the database lets its account in without a password: force_reauth_revoke=database"
    )


@pytest.mark.parametrize("revoke", ["database", "manual", "product"])
def test_what_is_said_is_done(revoke: str) -> None:
    found = way(revoke=revoke, database_password="p")
    assert (found["revoke"], found["chosen"], found["problem"]) == (revoke, "", "")


@pytest.mark.parametrize(
    ("revoke", "engine", "given", "asked"),
    [
        ("database", "postgresql", {}, True),
        ("manual", "postgresql", {"database_password": "p"}, False),
        ("product", "postgresql", {"database_password": "p"}, True),
        ("product", "postgresql", {}, False),
        ("product", "sqlite", {}, True),
        ("product", "oracle", {"database_password": "p"}, False),
        ("product", "oracle", {"database_password": "p", "accept_untested_engine": True}, True),
        ("product", "unknown", {"database_password": "p"}, False),
    ],
)
def test_the_database_is_asked_where_it_can_be(revoke: str, engine: str, given: dict[str, t.Any], asked: bool) -> None:
    assert way(engine, revoke=revoke, **given)["asks_database"] is asked


def test_the_plan_keeps_why() -> None:
    assert plan({"n1": look(), "n2": look()}, chosen="force_reauth_revoke=auto: x")["chosen"] == "force_reauth_revoke=auto: x"
    assert plan({"n1": look(), "n2": look()})["chosen"] == ""
