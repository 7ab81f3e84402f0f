# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work in another thread: its order, its end, and what it met."""

from __future__ import annotations

import io
import threading
import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.threads import Ahead, Beside, FileAhead, Taker, in_time

from demo.patience import patient


def test_an_act_goes_on_beside_and_is_waited_for() -> None:
    go, done = threading.Event(), []
    act = Beside(lambda: done.append(go.wait(patient(60))))
    assert done == []
    go.set()
    act.end()
    assert done == [True]


def test_what_an_act_met_is_raised_at_its_end() -> None:
    act = Beside(lambda: int("nothing"))
    with pytest.raises(ValueError, match="nothing"):
        act.end()


def test_what_takes_too_long_is_left_behind() -> None:
    go = threading.Event()
    assert in_time(lambda: 7, patient(60)) == 7
    with pytest.raises(ValueError, match="nothing"):
        in_time(lambda: int("nothing"), patient(60))
    with pytest.raises(TimeoutError, match="timed out"):
        in_time(lambda: go.wait(patient(60)), 0.01)
    go.set()


def test_pieces_are_taken_in_order() -> None:
    taken: list[bytes] = []
    taker = Taker(taken.append)
    pieces = [b"%d" % number for number in range(100)]
    for piece in pieces:
        taker.put(piece)
    taker.end()
    assert taken == pieces


def test_who_hands_over_is_told_what_a_piece_met_and_no_later_piece_is_taken() -> None:
    taken: list[bytes] = []

    def take(piece: bytes) -> None:
        taken.append(piece)
        raise OSError(28, "No space left on device")

    taker = Taker(take)

    def put_many() -> None:
        for number in range(100):
            taker.put(b"%d" % number)

    with pytest.raises(OSError, match="No space left"):
        put_many()
    with pytest.raises(OSError, match="No space left"):
        taker.end()
    assert taken == [b"0"]


def test_who_gives_up_needs_not_wait_for_an_end() -> None:
    taker = Taker(lambda _piece: None)
    taker.put(b"x")
    taker.abandon()
    taker.abandon()


def test_a_file_is_read_ahead_to_its_end() -> None:
    content = bytes(range(256)) * 10
    ahead = FileAhead(io.BytesIO(content), 100)
    read = []
    while block := ahead.read(8192):
        read.append(block)
    assert (b"".join(read), {len(block) for block in read[:-1]}, ahead.read(8192)) == (content, {100}, b"")
    ahead.end()


def test_who_reads_is_told_what_the_reading_met() -> None:
    class Cut(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if block := super().read(size):
                return block
            raise EOFError

    ahead = FileAhead(Cut(b"abc"), 2)
    assert [ahead.read(), ahead.read()] == [b"ab", b"c"]
    with pytest.raises(EOFError):
        ahead.read()


def test_nobody_reads_the_file_once_no_more_is_wanted() -> None:
    file = io.BytesIO(bytes(10_000))
    ahead = FileAhead(file, 10)
    ahead.read()
    ahead.end()
    place = file.tell()
    assert place < 10_000
    assert (file.tell(), ahead.read()) == (place, b"")


def test_pieces_are_made_ahead_in_order() -> None:
    pieces = Ahead(iter([[], [1], [2, 3]]))
    assert list(pieces) == [[], [1], [2, 3]]
    pieces.end()


def test_who_takes_pieces_is_told_what_their_making_met() -> None:
    pieces = Ahead(int(text) for text in ("1", "nothing"))
    assert pieces.take() == 1
    with pytest.raises(ValueError, match="nothing"):
        pieces.take()


def test_no_more_pieces_are_made_once_no_more_are_wanted() -> None:
    made: list[int] = []

    def make() -> t.Iterator[int]:
        for number in range(1000):
            made.append(number)
            yield number

    pieces = Ahead(make())
    assert pieces.take() == 0
    pieces.end()
    number = len(made)
    assert number < 1000
    assert (pieces.take(), len(made)) == (None, number)
