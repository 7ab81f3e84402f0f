# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route live goes on where it was, without a gap: whoever is new, or has another name, is asked for, and as few others as can be."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record import fields
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll import live_blocks as live

NAMES = [f"user{number}" for number in range(100)]
ORDER = sorted(NAMES, key=live.place_of)


def blocks(sizes: list[int], names: list[str] = NAMES) -> list[live.Block]:
    order = sorted(names, key=live.place_of)
    ends = list(itertools.accumulate(sizes))
    return [live.block_of(names, order[end - size : end], 0) for size, end in zip(sizes, ends, strict=True)]


def test_everybody_is_to_do_once_where_nothing_is_done() -> None:
    assert live.rest_of([*NAMES, *NAMES], []) == ORDER


@pytest.mark.parametrize(("sizes", "left"), [([10], 90), ([10, 20], 70), ([100], 0), ([1], 99)])
def test_what_is_done_is_not_asked_for_again(sizes: list[int], left: int) -> None:
    assert live.rest_of(NAMES, blocks(sizes)) == ORDER[100 - left :]


def test_the_proof_account_which_signed_in_again_is_asked_for_again() -> None:
    assert live.rest_of(NAMES, blocks([100]), [ORDER[7].upper(), ""]) == [ORDER[7]]
    again = live.block_of(NAMES, [ORDER[7]], 0)
    assert live.rest_of(NAMES, [*blocks([100]), again]) == []


def test_who_was_renamed_is_asked_for_wherever_the_new_name_falls() -> None:
    for renamed in ORDER:
        after = [*(name for name in NAMES if name != renamed), "someone-else"]
        rest = live.rest_of(after, blocks([20, 20, 20]))
        assert "someone-else" in rest
        # of those who are done no more than two blocks are asked for again: that of the old name, and that of the new one
        assert len([name for name in ORDER[:60] if name in rest]) <= 40


def test_who_is_gone_leaves_one_block_to_ask_again() -> None:
    rest = live.rest_of([name for name in NAMES if name != ORDER[25]], blocks([20, 20, 20]))
    assert rest == [*ORDER[20:25], *ORDER[26:40], *ORDER[60:]]


def test_a_part_that_goes_round_a_block_that_is_done_makes_a_whole_one() -> None:
    done = [live.block_of(NAMES, ORDER[20:40], 0)]
    rest = live.rest_of(NAMES, done)
    assert rest == [*ORDER[:20], *ORDER[40:]]
    done = [*done, live.block_of(NAMES, rest[:30], 0)]
    assert live.rest_of(NAMES, done) == ORDER[50:]
    assert live.valid_of(NAMES, done) == done


def test_a_forged_block_covers_nobody_whose_names_it_does_not_know() -> None:
    whole: live.Block = {"after": "", "upto": "f" * 64, "sha256": "0" * 64, "names": 100, "unknown": 0}
    assert live.rest_of(NAMES, [whole]) == ORDER


def test_the_record_takes_blocks_and_nothing_else() -> None:
    assert fields.wrong({"live": blocks([10, 20])}, fields.OF_RUN) == []
    # as a template before ansible-core 2.19 writes numbers
    assert fields.wrong({"live": [{**blocks([1])[0], "names": "1"}]}, fields.OF_RUN) == []
    for wrong in ({"upto": "x"}, {"sha256": ""}, {"names": -1}):
        assert fields.wrong({"live": [{**blocks([1])[0], **wrong}]}, fields.OF_RUN) == ["live"]


@pytest.mark.parametrize(
    ("rest", "seconds", "bounds"),
    [
        (0, None, []),
        (3, None, [[0, 3]]),
        (1000, None, [[0, 40]]),
        # one takes 0.1 s: 60 in six seconds
        (200, 0.1, [[40, 100], [100, 160], [160, 200]]),
        # never so many at a time that a product which turns slow loses them all
        (5000, 0.0, [[40, 2040], [2040, 4040], [4040, 5000]]),
        # nor fewer than keep all requests busy
        (90, 100.0, [[40, 80], [80, 90]]),
        (40, 0.1, []),
    ],
)
def test_a_block_is_what_is_done_in_a_few_seconds(rest: int, seconds: float | None, bounds: list[list[int]]) -> None:
    assert live.bounds_of(rest, 8, seconds) == bounds


def test_the_blocks_meet_and_reach_the_end() -> None:
    for rest in (1, 39, 40, 41, 4321):
        found = live.bounds_of(rest, 8) + live.bounds_of(rest, 8, 0.02)
        assert [begin for begin, _end in found] == [0, *(end for _begin, end in found[:-1])]
        assert found[-1][1] == rest


def test_progress_is_told_in_one_line() -> None:
    assert live.progress_line(4000, 20000, 10) == "Ended the sessions of 4000 of 20000 users, 400 per second, 40 s left."
    assert live.progress_line(0, 20000, 0) == "Ended the sessions of 0 of 20000 users, 0 per second."
