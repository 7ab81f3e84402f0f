# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives that are encrypted: for whom, who opens them, and what is said when nobody does."""

from __future__ import annotations

import base64
import errno
import hashlib
import io
import typing as t
from pathlib import Path
from types import SimpleNamespace

import pyrage
import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import age, description
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.age_keys import ArchiveKeys, archive_keys, read_identities
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.bech32 import bech32
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.files import RunFolder
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.reading import (
    Locked,
    lines_of,
    opened,
    read_back,
    read_description,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

HEADER = description.Header("jira", "sqlite", "sqlite /x", "", "tokens", (("id", "bigint"), ("token", "text")), "run-1")
ROWS = [f"{number}\ttoken{number}\n".encode() for number in range(30_000)]
SECRET = "0123456789abcdef" * 4
ALICE = pyrage.x25519.Identity.generate()


def identity_file(tmp_path: Path, text: str, mode: int = 0o600) -> str:
    path = tmp_path / "key.txt"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return str(path)


def ssh_key(tmp_path: Path, kind: str) -> Path:
    key: t.Any = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, 2048)
    private, public = serialization.PrivateFormat.OpenSSH, serialization.PublicFormat.OpenSSH
    text = key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
    path = Path(identity_file(tmp_path, text.decode()))
    path.with_suffix(".pub").write_bytes(key.public_key().public_bytes(serialization.Encoding.OpenSSH, public) + b" eve at home\n")
    return path


def keys(*recipients: str, secret: str = SECRET) -> ArchiveKeys:
    return archive_keys(recipients or [str(ALICE.to_public())], secret)


def written(tmp_path: Path, of: ArchiveKeys, rows: t.Sequence[bytes] = ROWS) -> Path:
    folder = RunFolder(str(tmp_path / "archives"), "jira-0123456789ab", "run-1", of)
    folder.make()
    with folder.draft(HEADER, "id") as draft:
        for row in rows:
            draft.sink.write(row)
        archive = draft.finish(len(rows))
        draft.keep()
    assert archive
    assert (archive.rows, archive.first, archive.last) == (len(rows), "0", str(len(rows) - 1))
    return Path(archive.path)


def test_an_encrypted_archive_is_read_back_and_its_rows_are_those_that_were_written(tmp_path: Path) -> None:
    path = written(tmp_path, keys())
    assert path.name == "tokens-1.tsv.gz.age"
    assert path.read_bytes().startswith(b"age-encryption.org/v1")
    assert list(lines_of(path, keys().identities)) == ROWS
    assert list(lines_of(path, [ALICE])) == ROWS
    assert list(lines_of(path, [pyrage.x25519.Identity.generate(), ALICE])) == ROWS
    header, rows, sha256 = read_description(path)
    assert (header, rows, sha256) == (HEADER, len(ROWS), hashlib.sha256(path.read_bytes()).hexdigest())


def test_one_that_reads_a_few_rows_leaves_nothing_hanging(tmp_path: Path) -> None:
    rows = lines_of(written(tmp_path, keys()), [ALICE])
    assert next(rows) == ROWS[0]
    rows.close()  # type: ignore[attr-defined]


def test_an_encrypted_archive_and_a_plain_one_lie_side_by_side_with_descriptions_of_their_own(tmp_path: Path) -> None:
    plain, sealed = written(tmp_path, ArchiveKeys()), written(tmp_path, keys())
    folder = RunFolder(str(tmp_path / "archives"), "jira-0123456789ab", "run-1", keys())
    assert folder.archives(backup=False) == sorted([plain, sealed])
    assert {description.sidecar_of(str(one)) for one in (plain, sealed)} == {str(plain.parent / name) for name in SIDECARS}
    assert [list(folder.lines(one)) == ROWS for one in (plain, sealed)] == [True, True]
    assert folder.rows([plain, sealed]) == 2 * len(ROWS)


SIDECARS = ("tokens-1.json", "tokens-1.age.json")


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_key_of_ssh_is_a_recipient_and_its_private_part_an_identity(tmp_path: Path, kind: str) -> None:
    path = ssh_key(tmp_path, kind)
    archive = written(tmp_path, keys(path.with_suffix(".pub").read_text(encoding="utf-8")))
    assert list(lines_of(archive, read_identities(str(path)))) == ROWS


def test_a_file_of_age_keygen_is_an_identity(tmp_path: Path) -> None:
    text = f"# created: 2026-11-01T00:00:00Z\n# public key: {ALICE.to_public()}\n{ALICE}\n{pyrage.x25519.Identity.generate()}\n"
    identities = read_identities(identity_file(tmp_path, text))
    assert len(identities) == 2
    assert list(lines_of(written(tmp_path, keys()), identities)) == ROWS


def test_the_key_of_a_run_is_made_of_its_secret_and_of_nothing_else(tmp_path: Path) -> None:
    path = written(tmp_path, keys())
    assert list(lines_of(path, archive_keys([], SECRET).identities)) == ROWS
    for other in ("x" * 64, ""):
        with pytest.raises(Locked, match=r"tokens-1\.tsv\.gz\.age is encrypted, and no key that is at hand here opens it"):
            list(lines_of(path, keys(secret=other).identities))
    with pytest.raises(Locked):
        list(lines_of(path))


def test_without_a_recipient_nothing_is_encrypted() -> None:
    assert archive_keys([], "") == ArchiveKeys()
    assert archive_keys([], SECRET).recipients == ()


def test_a_short_secret_is_refused_and_not_quoted() -> None:
    with pytest.raises(SessionsError, match="archive_key is too short") as told:
        keys(secret="hunter2")
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", "Recipient 2 of the archives"),
        ("", "give age1.. as age-keygen prints it"),
        ("ssh-ed25519 AAAA eve@example.org", "a public key of ssh"),
        ("ssh-dss AAAAB3NzaC1kc3M= eve", "is none"),
        ("/home/eve/.ssh/id_ed25519.pub", "is none"),
        (str(ALICE), "is a secret key, which belongs nowhere but to its owner"),
        (str(ALICE).lower(), "is a secret key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "is a secret key"),
    ],
    # workers of pytest have to agree on the names, and the key is made by each
    ids=["age", "empty", "ssh", "ssh-dss", "a path", "a secret key", "in lower case", "a private key of ssh"],
)
def test_what_is_no_recipient_is_told_by_its_number_and_never_quoted(text: str, said: str) -> None:
    with pytest.raises(SessionsError, match="Recipient 2") as told:
        keys(str(ALICE.to_public()), text)
    assert said in str(told.value)
    assert not text or text not in str(told.value)


@pytest.mark.parametrize(
    "text",
    ["", "# nothing\n", "hello\n", str(ALICE.to_public()), f"{ALICE}\nand more\n", "-----BEGIN OPENSSH PRIVATE KEY-----\nx"],
    ids=["empty", "a comment", "a word", "a recipient", "a key and a word", "no key of ssh"],
)
def test_a_file_without_a_usable_key_is_told_and_not_quoted(tmp_path: Path, text: str) -> None:
    path = identity_file(tmp_path, text)
    with pytest.raises(SessionsError, match="holds no key that can be used") as told:
        read_identities(path)
    assert str(ALICE) not in str(told.value)


def key_with_a_passphrase() -> str:
    """As ssh-keygen writes one (PROTOCOL.key of OpenSSH), but for what is encrypted: nobody gets that far."""

    def counted(*fields: bytes) -> bytes:
        return b"".join(len(field).to_bytes(4, "big") + field for field in fields)

    public = counted(b"ssh-ed25519", bytes(range(32)))
    options = counted(bytes(16)) + (16).to_bytes(4, "big")
    written = b"openssh-key-v1\0" + counted(b"aes256-ctr", b"bcrypt", options) + (1).to_bytes(4, "big") + counted(public, bytes(144))
    kind = "OPENSSH PRIVATE KEY"
    return f"-----BEGIN {kind}-----\n{base64.encodebytes(written).decode()}-----END {kind}-----\n"


def test_a_key_with_a_passphrase_is_told_to_need_none(tmp_path: Path) -> None:
    with pytest.raises(SessionsError, match="without a passphrase"):
        read_identities(identity_file(tmp_path, key_with_a_passphrase()))


def test_an_identity_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SessionsError, match=r"is open to others \(mode 0644\): chmod 0600"):
        read_identities(identity_file(tmp_path, str(ALICE), 0o644))
    with pytest.raises(SessionsError, match="cannot be read: No such file"):
        read_identities(str(tmp_path / "none"))


Change = t.Callable[[bytes], bytes]


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data[:100],
        lambda data: data[:0],
        lambda data: data + b"more",
        lambda data: flipped(data, 60),
        lambda data: flipped(data, len(data) // 2),
        lambda data: flipped(data, len(data) - 1),
    ],
    ids=["a byte less", "half", "its head", "empty", "more", "a bit of the head", "a bit inside", "the last bit"],
)
def test_an_archive_that_was_cut_or_altered_is_said_to_be_damaged_whatever_the_key(
    tmp_path: Path, change: t.Callable[[bytes], bytes]
) -> None:
    path = written(tmp_path, keys())
    _header, rows, sha256 = read_description(path)
    path.write_bytes(change(path.read_bytes()))
    for identities in ([ALICE], [pyrage.x25519.Identity.generate()]):
        with opened(path) as file, pytest.raises(SessionsError, match=r"is damaged: it cannot be read to its end|is not what was written"):
            read_back(file, str(path), sha256, rows, identities)
    with pytest.raises(SessionsError):
        list(lines_of(path, [ALICE]))


def test_a_wrong_key_is_told_from_damage(tmp_path: Path) -> None:
    path = written(tmp_path, keys())
    _header, rows, sha256 = read_description(path)
    with opened(path) as file, pytest.raises(Locked, match="no key that is at hand here opens it"):
        read_back(file, str(path), sha256, rows, [pyrage.x25519.Identity.generate()])
    with opened(path) as file:
        assert read_back(file, str(path), sha256, rows, [ALICE]).rows == len(ROWS)


def test_a_full_disk_is_said_as_the_system_says_it() -> None:
    def full(_data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    encryptor = age.Encryptor([ALICE.to_public()], full)
    with pytest.raises(OSError, match="No space left on device"):
        encryptor.write(b"x" * 100_000_000)
    with pytest.raises(OSError, match="No space left on device"):
        encryptor.finish()
    encryptor.abandon()


def test_what_is_abandoned_ends() -> None:
    into = io.BytesIO()
    encryptor = age.Encryptor([ALICE.to_public()], into.write)
    encryptor.write(b"x" * 10)
    encryptor.abandon()
    encryptor.abandon()


@pytest.mark.parametrize(
    ("name", "value"), [("HAS_PYRAGE", False), ("pyrage", SimpleNamespace(encrypt=None, x25519=None))], ids=["none", "1.1"]
)
def test_without_pyrage_the_command_that_installs_it_is_told(
    name: str, value: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = written(tmp_path, keys())
    monkeypatch.setattr(age, name, value)
    assert archive_keys([], SECRET) == ArchiveKeys()
    for act in (keys, lambda: read_identities("x"), lambda: list(lines_of(path, [ALICE]))):
        said = r"lacks pyrage 1\.2 or newer, which encrypts and opens archives: .*-m pip install 'pyrage>=1\.2,<2'"
        with pytest.raises(SessionsError, match=said):
            act()


@pytest.mark.parametrize(
    ("prefix", "data", "expected"),
    # of BIP 173
    [
        ("a", b"", "a12uel5l"),
        ("abcdef", bytes.fromhex("00443214c74254b635cf84653a56d7c675be77df"), "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"),
    ],
)
def test_bech32_is_as_its_specification_shows(prefix: str, data: bytes, expected: str) -> None:
    assert bech32(prefix, data) == expected
