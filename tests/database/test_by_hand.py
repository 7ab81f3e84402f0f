# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script for a database administrator, carried out on real servers, statement by statement, each committed as a console does."""

from __future__ import annotations

import re
import typing as t
from contextlib import closing

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.script import Job, script_of

from tests.database.conftest import MYSQLS
from tests.database.site import Site
from tests.database.test_contention import INSERT, open_transaction

COPY = "remembermetoken_chg_4711"


@pytest.fixture(params=["sqlite", "postgresql", *MYSQLS])
def by_hand(request: pytest.FixtureRequest) -> Site:
    """Jira's token table with rows, on each engine."""
    site: Site = request.getfixturevalue(request.param)
    site.create().sign_in(50)
    return site


def statements_of(site: Site, **changes: t.Any) -> list[str]:
    schema = {"postgresql": "public", "sqlite": ""}.get(site.engine, site.database.name)
    job = Job("Jira", site.engine, "remembermetoken", "id", schema, "a place", "CHG-4711", outage=False)
    text = script_of(Job(**{**vars(job), **changes}))
    return [one.strip() for one in re.sub(r"(?m)^--.*$", "", text).split(";") if one.strip()]


def carry_out(site: Site, statements: t.Iterable[str], keep_on: bool = False) -> list[t.Any]:
    """What the statements with rows answer. ``keep_on``: as a console that goes on after an error."""
    answers: list[t.Any] = []
    with closing(site.database.connect()) as connection:
        if site.engine == "sqlite":
            connection.isolation_level = None
        else:
            (connection.set_session if site.engine == "postgresql" else connection.autocommit)(*_AUTOCOMMIT[site.engine])
        with closing(connection.cursor()) as cursor:
            for statement in statements:
                try:
                    cursor.execute(statement)
                except Exception as error:
                    answers.append(type(error).__name__)
                    if not keep_on:
                        break
                else:
                    answers += [cursor.fetchall()[0][0]] if cursor.description else []
    return answers


_AUTOCOMMIT: dict[str, tuple[t.Any, ...]] = {
    "postgresql": (None, None, None, True),
    "mariadb": (True,),
    "mysql": (True,),
}


def test_every_token_is_copied_deleted_and_can_be_put_back(by_hand: Site) -> None:
    before = by_hand.rows()
    answers = carry_out(by_hand, statements_of(by_hand))
    assert answers[1:] == [50] * (3 if by_hand.database.sql == "mariadb" else 2) + [0]
    assert (by_hand.rows(), by_hand.rows(COPY)) == ([], before)
    by_hand.run_sql(f"INSERT INTO remembermetoken SELECT * FROM {COPY}")  # noqa: S608  a name of the tests
    assert by_hand.rows() == before


def test_the_look_finds_the_table_whatever_its_case(by_hand: Site) -> None:
    (look, *_rest) = statements_of(by_hand)
    places = {row[0] for row in by_hand.query(look)}
    assert places & {"remembermetoken", "public", by_hand.database.name}


def test_a_console_that_goes_on_after_an_error_deletes_nothing_that_is_not_copied(by_hand: Site) -> None:
    assert carry_out(by_hand, statements_of(by_hand))[-1] == 0
    by_hand.sign_in(7, first=1000)
    before = by_hand.rows()
    answers = carry_out(by_hand, statements_of(by_hand), keep_on=True)
    assert [one for one in answers if str(one).endswith("Error") or "Duplicate" in str(one)], "the copy of the first time is in the way"
    assert set(before) <= {*by_hand.rows(), *by_hand.rows(COPY)}


@pytest.mark.parametrize("engine", ["postgresql", *MYSQLS])
def test_a_writer_that_holds_the_table_stops_the_script_before_anything_is_deleted(engine: str, request: pytest.FixtureRequest) -> None:
    site: Site = request.getfixturevalue(engine)
    site.create().sign_in(5)
    # not to wait for ten seconds
    hasty = [re.sub(r"= '?10s?'?$", "= '300ms'" if engine == "postgresql" else "= 1", one) for one in statements_of(site)]
    with open_transaction(site, INSERT.format(900, "x")):
        answers = carry_out(site, hasty)
    assert answers[-1] in ("LockNotAvailable", "OperationalError"), answers
    assert len(site.rows()) == 5
