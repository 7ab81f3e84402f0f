# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which answers to a COMMIT say that nothing of it became real; every other one leaves that open."""

from __future__ import annotations

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.commit_end import rolled_back


class DriverError(Exception):
    """As psycopg2 gives its code."""

    pgcode: str | None = None


def of_postgresql(code: str | None) -> DriverError:
    error = DriverError("text")
    error.pgcode = code
    return error


@pytest.mark.parametrize("code", ["23503", "23505", "40001", "40P01", "40002", "25P02", "55P03"])
def test_postgresql_has_rolled_back(code: str) -> None:
    assert rolled_back("postgresql", of_postgresql(code))


@pytest.mark.parametrize("code", [None, "", "40003", "08006", "57P01", "57P02", "53100", "58030", "XX000", "1205"])
def test_postgresql_has_not_said_so(code: str | None) -> None:
    assert not rolled_back("postgresql", of_postgresql(code))


@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
@pytest.mark.parametrize(
    ("number", "known"),
    [(1205, True), (1213, True), (1180, True), (3101, True), (1290, True), (1836, True)]
    + [(number, False) for number in (2006, 2013, 1021, 1030, 1047, 1053, 3100, 4031, 12050)],
)
def test_numbers_of_mysql(engine: str, number: int, known: bool) -> None:
    assert rolled_back(engine, Exception(number, "text")) == known


@pytest.mark.parametrize("engine", ["sqlserver", "oracle", "unheard of"])
def test_of_other_engines_nothing_is_known(engine: str) -> None:
    assert not rolled_back(engine, Exception(1205, "text"))


def test_sqlite_is_still_in_its_transaction_when_others_read() -> None:
    assert rolled_back("sqlite", Exception("database is locked"))
    assert not rolled_back("sqlite", Exception("disk I/O error"))


def test_an_error_without_anything_says_nothing() -> None:
    assert not rolled_back("mysql", Exception())
