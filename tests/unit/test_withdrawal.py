# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens that are put back: whose proof is of them, too, and which run would not know of them."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.withdrawal import (
    NOTHING,
    Withdrawal,
    has_not_begun,
    withdrawal_of,
)


def record(phase: str, **hours: int) -> dict[str, t.Any]:
    """A record whose run came to these phases at these hours."""
    return {"phase": phase, "history": [{"name": name, "at": f"2026-01-01T{hour:02}:00:00.000Z"} for name, hour in hours.items()]}


FIRST = record("proven", prepared=1, revoked=2, proven=3)
SECOND = record("proven", prepared=4, revoked=5, proven=6)
THIRD = record("proven", prepared=7, revoked=8, proven=9)
ALL = {"R1": FIRST, "R2": SECOND, "R3": THIRD}
UNTOLD = {"phase": "proven"}


@pytest.mark.parametrize(
    ("runs", "put_back", "proofs"),
    [
        (ALL, {"R1"}, ["R1", "R2", "R3"]),
        (ALL, {"R2"}, ["R2", "R3"]),
        (ALL, {"R3"}, ["R3"]),
        (ALL, {"R2", "R3"}, ["R2", "R3"]),
        (ALL, {"elsewhere"}, ["R1", "R2", "R3"]),
        (ALL, {"R3", "elsewhere"}, ["R1", "R2", "R3"]),
        ({**ALL, "R2": UNTOLD}, {"R3"}, ["R2", "R3"]),
        ({**ALL, "R2": UNTOLD}, {"R2"}, ["R1", "R2", "R3"]),
        ({"R1": record("abandoned", prepared=1), "R2": record("proven", prepared=2, revoked=3)}, {"R1"}, ["R2"]),
        ({"R1": record("unproven", prepared=1, revoked=2)}, {"R1"}, []),
        ({"R1": FIRST, "R2": record("proven", prepared=2, revoked=2)}, {"R2"}, ["R1", "R2"]),
        ({"R2": record("proven", prepared=5, revoked=1)}, {"R2"}, ["R2"]),
        ({}, {"R1"}, []),
    ],
    ids=[
        "the oldest",
        "one between",
        "the newest",
        "two runs",
        "no record of the run",
        "no record of one of the runs",
        "a proof of which the time is not told",
        "archives of which the time is not told",
        "of a run that another one set aside",
        "of a run that proved nothing",
        "deleted at the moment when the other began",
        "a clock that was set back",
        "no record at all",
    ],
)
def test_every_proof_is_taken_back_that_is_not_known_to_be_older(runs: t.Any, put_back: set[str], proofs: list[str]) -> None:
    assert withdrawal_of(runs, put_back, {}, []).proofs == proofs


@pytest.mark.parametrize("phase", ["prepared", "waiting", "revoked", "rolling"])
def test_an_unfinished_run_stands_in_the_way_of_the_archives_of_others_and_is_set_aside_for_its_own(phase: str) -> None:
    runs = {**ALL, "R4": record(phase, prepared=10)}
    with pytest.raises(SessionsError) as refused:
        withdrawal_of(runs, {"R1"}, {}, [])
    assert str(refused.value).startswith("Run R4 of this cluster is not finished, and could end proven while the tokens that are put back")
    assert "-e force_reauth_run_id=R4" in str(refused.value)
    assert "-e force_reauth_abandon=R4" in str(refused.value)
    assert withdrawal_of(runs, {"R4"}, {}, []).set_aside == ["R4"]
    both = withdrawal_of(runs, {"R1", "R4"}, {}, [])
    assert (both.proofs, both.set_aside) == (["R1", "R2", "R3"], ["R4"])


@pytest.mark.parametrize("phase", ["prepared", "waiting", "revoked", "rolling"])
def test_an_unfinished_run_that_may_be_set_aside_stands_in_nobodys_way(phase: str) -> None:
    runs = {**ALL, "R4": record(phase, prepared=10), "R5": record(phase, prepared=11)}
    found = withdrawal_of(runs, {"R3"}, {}, ["R4", "R5", ""])
    assert (found.proofs, found.set_aside) == (["R3"], ["R4", "R5"])
    with pytest.raises(SessionsError, match=r"^Run R5 of this cluster is not finished"):
        withdrawal_of(runs, {"R3"}, {}, ["R4"])


def test_a_record_that_cannot_be_read_stands_in_nobodys_way_and_is_told() -> None:
    found = withdrawal_of({"R3": THIRD}, {"R3", "R9"}, {"R9": "The file /srv/R9/run.json is damaged."}, [])
    assert (found.proofs, found.unrecorded) == (["R3"], [])
    for check_mode in (False, True):
        said = found.told("/srv", check_mode)[-1]
        assert said == "The file /srv/R9/run.json is damaged. What that run may have proven cannot be taken back."


@pytest.mark.parametrize(
    ("phase", "revoke", "expected"),
    [
        ("prepared", "database", True),
        ("prepared", "product", False),
        ("prepared", "manual", False),
        ("revoked", "database", False),
        ("waiting", "manual", False),
    ],
)
def test_a_run_that_may_have_deleted_is_not_set_aside_unasked(phase: str, revoke: str, expected: bool) -> None:
    assert has_not_begun({**record(phase), "revoke": revoke}) is expected


def test_a_proof_that_was_taken_back_before_changes_no_record() -> None:
    again = {**ALL, "R2": {**SECOND, "proof_withdrawn": True}}
    found = withdrawal_of(again, {"R2"}, {}, [])
    assert (found.proofs, found.standing, found.changes) == (["R2", "R3"], ["R3"], True)
    assert not withdrawal_of({"R2": again["R2"]}, {"R2"}, {}, []).changes


def test_tokens_that_are_all_there_already_stop_no_run_but_the_one_that_is_named() -> None:
    runs = {**ALL, **{name: record("rolling", prepared=10) for name in ("R4", "R5", "R6")}}
    found = withdrawal_of(runs, {"R3", "R4"}, {}, ["R5", "R6"])
    assert found.set_aside == ["R4", "R5", "R6"]
    assert (found.where_none_is_new("R6").proofs, found.where_none_is_new("R6").set_aside) == (["R3"], ["R6"])
    assert found.where_none_is_new("").set_aside == []


def test_a_run_without_a_record_is_named() -> None:
    assert withdrawal_of(ALL, {"b", "R3", "a"}, {}, []).unrecorded == ["a", "b"]


@pytest.mark.parametrize(
    ("check_mode", "lines"),
    [
        (
            False,
            [
                "What run R1 proved holds no longer.",
                "Run R2 is not finished: it is set aside.",
                "No record of run x\\n lies in /srv/jira-0: no proof of it was taken back.",
            ],
        ),
        (
            True,
            [
                "What run R1 proved would hold no longer.",
                "Run R2 is not finished: it would be set aside.",
                "No record of run x\\n lies in /srv/jira-0: no proof of it would be taken back.",
            ],
        ),
    ],
)
def test_what_becomes_of_the_records_is_told(check_mode: bool, lines: list[str]) -> None:
    assert Withdrawal(["R1"], ["R2"], ["x\n"]).told("/srv/jira-0", check_mode) == lines
    assert NOTHING.told("/srv/jira-0", check_mode) == []
