# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a driver's error means: a driver's text may quote values, so none of it is repeated. The words are in error_words. Pure."""

from __future__ import annotations

import re

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.error_words import (
    CHANGED,
    CONTENDED,
    HUNG_UP,
    LOST,
    NETWORK,
    NONE_LEFT,
    NONE_LEFT_FOR_IT,
    VAGUE,
    WORDS,
)


class Contended(SessionsError):
    """Others are in the way for the moment; nothing was changed, the same may work later."""


class Changed(Contended):
    """Others have changed what was to be deleted as it was."""


class NoneLeft(SessionsError):
    """No connection may be had for the moment."""


class CommitUnknown(SessionsError):
    """How the commit ended is not known: the rows may be deleted, or may not."""


class PutBack(SessionsError):
    """A change of files failed, and they are again as they were before it."""


class Meant(Exception):
    """A failure whose text is a meaning, in words of our own."""


class Unsafe(Meant):
    """The server asks for what must not be sent to it."""


# what drivers miss only when an account needs it: the driver's word for it, the sentence's, and what to install
_PACKAGES = (
    ("cryptography", "the package cryptography, which PyMySQL needs for this kind of account", "cryptography"),
    ("pynacl", "the package PyNaCl, which PyMySQL needs for this kind of account", "PyNaCl"),
)


def code_of(error: BaseException) -> str:
    """SQLSTATE or error number, '' where the driver has none."""
    first = error.args[0] if error.args else ""
    if isinstance(first, tuple):
        # pymssql wraps number and text once more
        first = first[0] if first else ""
    number = str(first) if isinstance(first, int) else ""
    return str(getattr(error, "pgcode", None) or getattr(first, "full_code", None) or number)


def meaning(engine: str, code: str, text: str) -> str:
    """In a few words what went wrong."""
    codes, texts = WORDS.get(engine, ({}, ()))
    by_code = codes.get(code, "")
    if by_code and code not in VAGUE:
        return by_code
    by_text = next((meant for pattern, meant in texts if re.search(pattern, text)), "")
    if by_text or by_code:
        return by_text or by_code
    return f"it answered with error {code}" if code else "it answered with an error that this collection does not know"


def meaning_at_the_start(engine: str, meant: str, text: str) -> str:
    """What that means before any work is done: who hangs up then has other reasons."""
    if meant != LOST:
        return meant
    by_text = next((said for pattern, said in NETWORK if re.search(pattern, text)), "")
    return by_text or HUNG_UP.get(engine, meant)


def meaning_beside_the_driver(engine: str, error: BaseException) -> str:
    """The same for what is no error of the driver: its own faults, and what the standard library says. Nothing of its text is kept."""
    if isinstance(error, Meant):
        return str(error)
    if isinstance(error, OSError):
        return LOST
    # a driver may have a second family of errors, with the same codes
    by_code = WORDS.get(engine, ({}, ()))[0].get(code_of(error), "")
    if by_code:
        return by_code
    if isinstance(error, UnicodeError) or "nul" in str(error).lower():
        return "account, password or name of the database have a character that the driver cannot send"
    return f"the driver failed with {type(error).__name__}, which this collection does not know"


def package_missing(text: str) -> tuple[str, str]:
    """The package that the driver would need, and what it is called in a sentence; ('', '') when its text names none."""
    found = (one for one in _PACKAGES if f"'{one[0]}' package is required" in text)
    return next(((package, what) for _word, what, package in found), ("", ""))


def sentence(where: str, doing: str, meant: str) -> SessionsError:
    """The failure for people, as Contended, Changed or NoneLeft where another try may help. ``doing`` completes "cannot"."""
    said = f"{where[:1].upper()}{where[1:]}: cannot {doing}: {meant}."
    if meant in (NONE_LEFT, NONE_LEFT_FOR_IT):
        return NoneLeft(said)
    if meant == CHANGED:
        return Changed(f"{said} Try again.")
    return Contended(f"{said} End their sessions, or wait for them, then try again.") if meant == CONTENDED else SessionsError(said)
