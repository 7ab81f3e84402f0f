# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authorities of one's own, and certificates that they sign."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificates:
    """The files of a server: its authority, another authority, its certificate and its key."""

    authority: Path
    other_authority: Path
    certificate: Path
    key: Path


def make_certificates(folder: Path, name: str) -> Certificates:
    """A server's certificate for that name, and the files around it, in the folder."""
    authority_key, server_key, other_key = (ec.generate_private_key(ec.SECP256R1()) for _one in range(3))
    files = Certificates(*(folder / one for one in ("ca.pem", "other-ca.pem", "server.pem", "server.key")))
    authority = _certificate("an authority", "an authority", authority_key, authority_key)
    files.authority.write_bytes(authority)
    files.other_authority.write_bytes(_certificate("another authority", "another authority", other_key, other_key))
    files.certificate.write_bytes(_certificate("a server", "an authority", server_key, authority_key, name))
    files.key.touch(mode=0o600)
    files.key.write_bytes(server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def _certificate(subject: str, issuer: str, key: t.Any, signing: t.Any, host: str = "") -> bytes:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=not host, path_length=None), critical=True)
    )
    if host:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return builder.sign(signing, hashes.SHA256()).public_bytes(Encoding.PEM)
