# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work in a thread of its own, whose failure is raised where its end is waited for."""

from __future__ import annotations

import queue
import threading
import typing as t
from contextlib import suppress
from functools import partial

# pieces that wait to be taken
_AHEAD = 4
# seconds until it is looked again whether a thread has ended
_LOOK = 0.01
Piece = t.TypeVar("Piece")
Result = t.TypeVar("Result")


class Beside:
    """One act, begun at once."""

    def __init__(self, act: t.Callable[[], object]) -> None:
        self._act, self._problem = act, t.cast("BaseException | None", None)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def end(self, seconds: float | None = None) -> None:
        """Wait for its end, no longer than that; raises what it raised."""
        self._thread.join(seconds)
        if self._problem:
            raise self._problem

    @property
    def goes_on(self) -> bool:
        """Whether it has not ended."""
        return self._thread.is_alive()

    def _work(self) -> None:
        try:
            self._act()
        except BaseException as error:  # whatever it is, who waits is told
            self._problem = error


def in_time(act: t.Callable[[], Result], seconds: float) -> Result:
    """What it returns until then, else TimeoutError: what knows no limit itself is left behind, also at the end of the process."""
    found: list[Result] = []
    Beside(lambda: found.append(act())).end(seconds)
    if not found:
        raise TimeoutError("timed out")
    return found[0]


class Taker:
    """Takes pieces, in order, a few behind the one who hands them over."""

    def __init__(self, take: t.Callable[[bytes], object]) -> None:
        self._take, self._problem = take, t.cast("Exception | None", None)
        self._pieces: queue.Queue[bytes | None] = queue.Queue(_AHEAD)
        self._taking = Beside(self._work)

    def put(self, piece: bytes) -> None:
        """Hand it over; raises what an earlier one met."""
        if self._problem:
            raise self._problem
        self._pieces.put(piece)

    def end(self) -> None:
        """All of them were taken; raises what one of them met."""
        self.abandon()
        if self._problem:
            raise self._problem

    def abandon(self) -> None:
        """No more come."""
        self._pieces.put(None)
        self._taking.end()

    def _work(self) -> None:
        while (piece := self._pieces.get()) is not None:
            if not self._problem:
                try:
                    self._take(piece)
                except Exception as error:  # whatever it is, who hands over is told
                    self._problem = error


class Ahead(t.Generic[Piece]):
    """Pieces, made a few ahead of the one who takes them, who is told what that met. Nobody else may use their source before ``end``."""

    def __init__(self, pieces: t.Iterator[Piece], ahead: int = _AHEAD) -> None:
        self._pieces, self._over = pieces, False
        self._made: queue.Queue[Piece | None] = queue.Queue(ahead)
        self._making = Beside(self._work)

    def __iter__(self) -> t.Iterator[Piece]:
        while (piece := self.take()) is not None:
            yield piece

    def take(self) -> Piece | None:
        """The next one, None at the end."""
        piece = None if self._over else self._made.get()
        if piece is None and not self._over:
            self._over = True
            self._making.end()
        return piece

    def end(self) -> None:
        """No more is wanted."""
        self._over = True
        while self._making.goes_on:
            with suppress(queue.Empty):
                self._made.get(timeout=_LOOK)

    def _work(self) -> None:
        try:
            for piece in self._pieces:
                self._made.put(piece)
                if self._over:
                    break
        finally:
            self._made.put(None)


class FileAhead(Ahead[bytes]):
    """The blocks of a file."""

    def __init__(self, file: t.BinaryIO, block: int) -> None:
        super().__init__(iter(partial(file.read, block), b""))

    def read(self, _size: int = -1) -> bytes:
        """The next block, of the size that was said at the start; none at the end."""
        return self.take() or b""
