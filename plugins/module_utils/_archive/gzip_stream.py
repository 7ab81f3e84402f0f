# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""gzip at its fastest: tokens are random, a higher level gains nothing. isal where it is present (a third of the time), else zlib."""

from __future__ import annotations

import gzip
import typing as t
import zlib

try:
    from isal import igzip, isal_zlib
except ImportError:
    HAS_ISAL = False
else:
    HAS_ISAL = True

# a gzip header without a time, so that the same rows are the same bytes
_GZIP = 31


class Compressor(t.Protocol):
    """What zlib's and isal's objects have in common."""

    def compress(self, data: bytes, /) -> bytes:
        """The next bytes of the file."""

    def flush(self) -> bytes:
        """The last bytes of the file."""


class Decompressor(t.Protocol):
    """What zlib's and isal's objects have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end was seen, with its checksum."""

    @property
    def unused_data(self) -> bytes:
        """What stands after the end."""

    def decompress(self, data: bytes, /) -> bytes:
        """The next bytes of the content."""


def compressor() -> Compressor:
    """Makes a gzip file."""
    return isal_zlib.compressobj(1, isal_zlib.DEFLATED, _GZIP) if HAS_ISAL else zlib.compressobj(1, zlib.DEFLATED, _GZIP)


def decompressor() -> Decompressor:
    """Reads a gzip file piece by piece."""
    return isal_zlib.decompressobj(_GZIP) if HAS_ISAL else zlib.decompressobj(_GZIP)


def damaged_errors() -> tuple[type[Exception], ...]:
    """What a damaged file raises."""
    errors = (zlib.error, gzip.BadGzipFile, EOFError)
    return (t.cast("type[Exception]", isal_zlib.error), *errors) if HAS_ISAL else errors


def content(file: t.BinaryIO) -> t.BinaryIO:
    """The content of an open gzip file, to be read line by line."""
    return t.cast("t.BinaryIO", (igzip.IGzipFile if HAS_ISAL else gzip.GzipFile)(fileobj=file))
