# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route live goes on where it was, without a gap: whoever is new, or has another name, is asked for, and as few others as can be."""

from __future__ import annotations

import functools
import hashlib
import itertools
import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record import fields
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.live_progress import Progress, grown, place_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll import live_blocks as live

NAMES = [f"user{number}" for number in range(100)]
ORDER = sorted(NAMES, key=place_of)
# the numbers of two deletions
DELETION, OTHER = "8d2c0f6b1e7a4395", "0123456789abcdef"


def blocks(sizes: list[int], names: list[str] = NAMES) -> list[live.Block]:
    order = sorted(names, key=place_of)
    ends = list(itertools.accumulate(sizes))
    return [live.block_of(names, order[end - size : end], 0, DELETION) for size, end in zip(sizes, ends, strict=True)]


def test_progress_counts_who_is_done_and_whom_the_product_did_not_know() -> None:
    first, second, third = "eve", "adam", "no\udce9l"
    progress = functools.reduce(lambda before, one: grown(before, *one), [(first, True), (second, False), (third, True)], None)
    chain = ""
    for name in (first, second, third):
        place = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        chain = hashlib.sha256(f"{chain}{place}".encode()).hexdigest()
    assert progress == {"first": hashlib.sha256(b"eve").hexdigest(), "chain": chain, "names": 3, "unknown": 1}


def test_the_sum_of_a_block_is_that_of_earlier_releases() -> None:
    places = "".join(place_of(name) for name in ORDER)
    assert [block["sha256"] for block in blocks([100])] == [hashlib.sha256(places.encode()).hexdigest()]


def test_everybody_is_to_do_once_where_nothing_is_done() -> None:
    assert live.rest_of([*NAMES, *NAMES], []) == ORDER


@pytest.mark.parametrize(("sizes", "left"), [([10], 90), ([10, 20], 70), ([100], 0), ([1], 99)])
def test_what_is_done_is_not_asked_for_again(sizes: list[int], left: int) -> None:
    assert live.rest_of(NAMES, blocks(sizes)) == ORDER[100 - left :]


def test_the_proof_account_which_signed_in_again_is_asked_for_again() -> None:
    assert live.rest_of(NAMES, blocks([100]), [ORDER[7].upper(), ""]) == [ORDER[7]]
    again = live.block_of(NAMES, [ORDER[7]], 0, DELETION)
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
    done = [live.block_of(NAMES, ORDER[20:40], 0, DELETION)]
    rest = live.rest_of(NAMES, done)
    assert rest == [*ORDER[:20], *ORDER[40:]]
    done = [*done, live.block_of(NAMES, rest[:30], 0, DELETION)]
    assert live.rest_of(NAMES, done) == ORDER[50:]
    assert live.valid_of(NAMES, done, DELETION) == done


def test_a_forged_block_covers_nobody_whose_names_it_does_not_know() -> None:
    whole: live.Block = {"after": "", "upto": "f" * 64, "sha256": "0" * 64, "names": 100, "unknown": 0, "deletion": DELETION}
    assert live.rest_of(NAMES, [whole]) == ORDER


@pytest.mark.parametrize(("deletion", "counts"), [(DELETION, True), (OTHER, False), ("", False)])
def test_what_was_done_after_another_deletion_counts_no_more(deletion: str, counts: bool) -> None:
    done = [*blocks([10, 20]), *live.noted_block(NAMES, ORDER[30:], noted(ORDER[30:35]), DELETION)]
    assert live.valid_of(NAMES, done, deletion) == (done if counts else [])


@pytest.mark.parametrize("deletion", [DELETION, ""])
def test_a_block_of_an_older_release_counts_for_nobody(deletion: str) -> None:
    older = [{name: value for name, value in block.items() if name != "deletion"} for block in blocks([100])]
    assert live.valid_of(NAMES, t.cast("list[live.Block]", older), deletion) == []
    assert fields.wrong({"live": older}, fields.OF_RUN) == []


def test_the_record_takes_blocks_and_nothing_else() -> None:
    assert fields.wrong({"live": blocks([10, 20])}, fields.OF_RUN) == []
    # as a template before ansible-core 2.19 writes numbers
    assert fields.wrong({"live": [{**blocks([1])[0], "names": "1"}]}, fields.OF_RUN) == []
    for wrong in ({"upto": "x"}, {"sha256": ""}, {"names": -1}, {"deletion": "no number"}):
        assert fields.wrong({"live": [{**blocks([1])[0], **wrong}]}, fields.OF_RUN) == ["live"]


@pytest.mark.parametrize(
    ("rest", "parallel", "bounds"),
    [
        (0, 8, []),
        (3, 8, [[0, 3]]),
        (40_000, 8, [[0, 40_000]]),
        (40_001, 8, [[0, 40_000], [40_000, 40_001]]),
        (11_000, 0, [[0, 5000], [5000, 10_000], [10_000, 11_000]]),
    ],
)
def test_the_record_is_written_after_some_thousand_users(rest: int, parallel: int, bounds: list[list[int]]) -> None:
    assert live.bounds_of(rest, parallel) == bounds


def noted(names: list[str], unknown: int = 0) -> Progress:
    progress: Progress | None = functools.reduce(lambda before, name: grown(before, name, True), names, None)
    assert progress
    return {**progress, "unknown": unknown}


def test_what_the_node_noted_after_the_last_line_of_the_record_is_not_asked_for_again() -> None:
    done = blocks([20])
    rest = live.rest_of(NAMES, done)
    found = live.noted_block(NAMES, rest, noted(rest[:30], 2), DELETION)
    assert live.rest_of(NAMES, [*done, *found]) == ORDER[50:]
    assert [(block["names"], block["unknown"]) for block in found] == [(30, 2)]


def test_a_note_of_one_who_signed_in_again_meanwhile_leaves_out_the_others() -> None:
    rest = live.rest_of(NAMES, [], [ORDER[3]])
    found = live.noted_block(NAMES, rest, noted(rest[:30]), DELETION)
    assert live.rest_of(NAMES, found, [ORDER[3]]) == [ORDER[3], *ORDER[30:]]


@pytest.mark.parametrize(
    "note",
    [{}, None, "x", {"first": "0" * 64}, {**noted(ORDER[:3]), "names": 4}, {**noted(ORDER[:3]), "chain": "0" * 64}, noted(["else"])],
)
def test_a_note_that_does_not_fit_leaves_out_nobody(note: object) -> None:
    assert live.noted_block(NAMES, ORDER, note, DELETION) == []


def test_who_was_renamed_since_makes_the_note_worth_nothing() -> None:
    names = [*(name for name in NAMES if name != ORDER[5]), "someone-else"]
    assert live.noted_block(names, live.rest_of(names, []), noted(ORDER[:30]), DELETION) == []


def test_progress_is_told_in_one_line() -> None:
    assert live.progress_line(4000, 20000, 10) == "Ended the sessions of 4000 of 20000 users, 400 per second, 40 s left."
    assert live.progress_line(400, 20000, 1, 19000) == "Ended the sessions of 19400 of 20000 users, 400 per second, 2 s left."
    assert live.progress_line(7, 401, 20) == "Ended the sessions of 7 of 401 users, 0.3 per second, 1126 s left."
    assert live.progress_line(200, 20000, 20) == "Ended the sessions of 200 of 20000 users, 10 per second, 1980 s left."
    assert live.progress_line(0, 20000, 0) == "Ended the sessions of 0 of 20000 users, 0.0 per second."
