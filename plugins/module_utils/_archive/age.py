# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""age around an archive. pyrage pulls from one file and pushes into another, archives are pushed in and pulled out: a pipe joins them.

Source: the age format (C2SP), and the documentation of pyrage.
"""

from __future__ import annotations

import os
import threading
import types
import typing as t
from contextlib import contextmanager, suppress

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.packages import missing

try:
    import pyrage
except ImportError:
    HAS_PYRAGE = False
else:
    HAS_PYRAGE = True

Keys = t.Sequence[t.Any]


class Unopened(Exception):
    """None of the keys opens the file, or what it says of its recipients was altered: age cannot tell one from the other."""


def has_pyrage() -> bool:
    """Whether this Python has one that takes a file piece by piece: before 1.2 it did not."""
    return HAS_PYRAGE and hasattr(pyrage, "encrypt_io")


def pyrage_module() -> types.ModuleType:
    """pyrage; raises SessionsError when this Python lacks it, or has one that is too old."""
    if not has_pyrage():
        raise missing("pyrage 1.2 or newer, which encrypts and opens archives", "pyrage>=1.2,<2")
    return t.cast("types.ModuleType", pyrage)


def decrypt(source: t.Any, put: t.Callable[[bytes], object], identities: Keys) -> None:
    """From ``source`` (read) to ``put``, piece by piece; raises Unopened, EOFError where it is cut or altered, and what ``put`` raised."""
    module, sink = pyrage_module(), _Sink(put)
    try:
        module.decrypt_io(source, sink, list(identities))
    except (module.DecryptError, OSError) as error:
        if sink.problem:
            raise sink.problem from None
        # once the header is through, a piece is not as it was encrypted, or not there
        raise (Unopened if isinstance(error, module.DecryptError) and not sink.begun else EOFError) from None


@contextmanager
def decrypted(file: t.BinaryIO, identities: Keys) -> t.Iterator[t.BinaryIO]:
    """The content, to be read while it is decrypted; at its end raises what ``decrypt`` raised."""
    pyrage_module()
    receiving, sending = os.pipe()
    problems: list[Exception] = []

    def work() -> None:
        try:
            with os.fdopen(sending, "wb", buffering=0) as sink:
                decrypt(file, sink.write, identities)
        except BrokenPipeError:
            # who reads has seen enough
            pass
        except Exception as error:  # whatever it is, who reads is told
            problems.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    cut = None
    try:
        with os.fdopen(receiving, "rb") as content:
            yield content
    except EOFError as error:
        cut = error
    finally:
        thread.join()
    for problem in [*problems, *([cut] if cut else [])]:
        raise problem


class Encryptor:
    """What is written goes encrypted to ``put``, in order and in another thread. Raises what ``put`` raised."""

    def __init__(self, recipients: Keys, put: t.Callable[[bytes], object]) -> None:
        receiving, sending = os.pipe()
        self._put, self._problem = put, t.cast("Exception | None", None)
        self._in = os.fdopen(sending, "wb")
        self._thread = threading.Thread(target=self._work, args=(os.fdopen(receiving, "rb"), list(recipients)), daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> int:
        """As a file; what ``put`` gets of it comes later."""
        if data:
            self._told(lambda: self._in.write(data))
        return len(data)

    def flush(self) -> None:
        """As a file; nothing is whole before ``finish``."""

    def finish(self) -> None:
        """The end of the content: afterwards all of it was put."""
        self._told(self._in.close)
        self._thread.join()
        self._raise()

    def abandon(self) -> None:
        """Let it be, whatever its state."""
        with suppress(OSError):
            self._in.close()
        self._thread.join()

    def _told(self, act: t.Callable[[], object]) -> None:
        try:
            act()
        except OSError:
            # the other end is gone: what it met says why
            self._thread.join()
            self._raise()
            raise

    def _raise(self) -> None:
        if isinstance(self._problem, OSError):
            raise self._problem
        if self._problem:
            raise SessionsError("The archive could not be encrypted. Its rows were not deleted.") from None

    def _work(self, receiving: t.BinaryIO, recipients: Keys) -> None:
        sink = _Sink(self._put)
        with receiving:
            try:
                pyrage_module().encrypt_io(receiving, sink, recipients)
            except Exception as error:  # whatever it is, who writes is told
                self._problem = sink.problem or error


class _Sink:
    """A file for pyrage, which would make an error of its own of what ``put`` raises."""

    def __init__(self, put: t.Callable[[bytes], object]) -> None:
        self._put, self.begun, self.problem = put, False, t.cast("Exception | None", None)

    def write(self, data: bytes) -> int:
        """Hand it on."""
        self.begun = True
        try:
            self._put(bytes(data))
        except Exception as error:
            self.problem = error
            raise
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""
