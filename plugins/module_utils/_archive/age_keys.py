# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For whom archives are encrypted, and who opens them: keys as people write them, made into age's.

A key of the run itself stands beside the operator's recipients: archives have to be read back before their rows are deleted, and once more
when the last node is back. It is made of a secret that lies on the controller while the run lasts, and is on no disk here.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import age
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.bech32 import bech32
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

_SECRET = "AGE-SECRET-KEY-"  # noqa: S105  how such keys begin
_PRIVATE = "-----BEGIN "
_PURPOSE = b"dcops.atlassian_sessions archives"
_SHORTEST = 32
# no file of keys is longer
_MOST = 1 << 16


@dataclass(frozen=True)
class ArchiveKeys:
    """``recipients``: pyrage's, empty where archives are not encrypted. ``identities``: pyrage's, which open those of this run."""

    recipients: tuple[t.Any, ...] = ()
    identities: tuple[t.Any, ...] = ()


def archive_keys(recipients: t.Sequence[str], secret: str) -> ArchiveKeys:
    """The keys of a run. ``secret``: of which the run's own is made; with '' it is random, and forgotten with the process.

    Raises SessionsError for a recipient that is none, and where pyrage is missing. It never quotes one: a secret key may stand there.
    """
    if not recipients and not (secret and age.has_pyrage()):
        return ArchiveKeys()
    own = _own(secret)
    found = [_recipient(text, number) for number, text in enumerate(recipients, start=1)]
    return ArchiveKeys(tuple([*found, own.to_public()] if found else []), (own,))


def read_identities(path: str) -> tuple[t.Any, ...]:
    """The keys in a file as age-keygen or ssh-keygen writes it. It is read where it lies, and never copied.

    Raises SessionsError when it cannot be read, is open to others, or holds no key that opens without a passphrase.
    """
    module = age.pyrage_module()
    try:
        with Path(path).open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_MOST)
    except OSError as error:
        raise SessionsError(f"The identity file {path} cannot be read: {error.strerror}.") from None
    if stat.S_ISREG(mode) and stat.S_IMODE(mode) & 0o077:
        raise SessionsError(f"The identity file {path} is open to others (mode {stat.S_IMODE(mode):04o}): chmod 0600, or make another key.")
    try:
        if text.lstrip().startswith(_PRIVATE.encode()):
            return (module.ssh.Identity.from_buffer(text),)
        lines = [line.strip() for line in text.decode().splitlines()]
        found = tuple(module.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#"))
    except (module.IdentityError, ValueError):
        found = ()
    if not found:
        raise SessionsError(
            f"The identity file {path} holds no key that can be used: take one as age-keygen writes it, or a private key of ssh (ed25519, "
            "rsa) without a passphrase."
        )
    return found


def _own(secret: str) -> t.Any:
    module = age.pyrage_module()
    if not secret:
        return module.x25519.Identity.generate()
    if len(secret) < _SHORTEST:
        raise SessionsError(f"archive_key is too short: give at least {_SHORTEST} random characters, or none.")
    made = hmac.new(secret.encode(), _PURPOSE, hashlib.sha256).digest()
    return module.x25519.Identity.from_str(bech32(_SECRET.lower(), made).upper())


def _recipient(text: str, number: int) -> t.Any:
    written = text.strip()
    if written.upper().startswith(_SECRET) or written.startswith(_PRIVATE):
        raise SessionsError(
            f"Recipient {number} of the archives (archive_recipients) is a secret key, which belongs nowhere but to its owner: give its "
            "public part (age-keygen -y), and make a new one."
        )
    module = age.pyrage_module()
    kind = module.ssh.Recipient if written.startswith("ssh-") else module.x25519.Recipient
    try:
        return kind.from_str(written)
    except (module.RecipientError, ValueError):
        raise SessionsError(
            f"Recipient {number} of the archives (archive_recipients) is none: give age1.. as age-keygen prints it, or a public key of ssh "
            "(ssh-ed25519, ssh-rsa), whole and on one line."
        ) from None
