# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is fetched by npm is what it was, or is not taken."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from demo.npm import NotFetched, NpmPackage, unpack

_NPM = """\
#!/bin/sh
echo 'no such package' >&2
cp {packed} . 2> /dev/null
"""


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package in a file, and an npm that fetches it."""
    target = tmp_path / "one-1.0.0.tgz"
    with tarfile.open(target, "w:gz") as archive:
        member = tarfile.TarInfo("package/bin/server")
        member.size = 5
        archive.addfile(member, io.BytesIO(b"works"))
    program = tmp_path / "bin/npm"
    program.parent.mkdir()
    program.write_text(_NPM.format(packed=target), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return target


def package(packed: Path) -> NpmPackage:
    return NpmPackage("one", "1.0.0", hashlib.sha512(packed.read_bytes()).hexdigest())


def test_a_package_becomes_a_folder(packed: Path, tmp_path: Path) -> None:
    unpack(package(packed), tmp_path / "one")
    assert (tmp_path / "one/bin/server").read_text(encoding="utf-8") == "works"


def test_a_package_that_is_not_what_it_was_is_not_unpacked(packed: Path, tmp_path: Path) -> None:
    named = package(packed)
    packed.write_bytes(packed.read_bytes() + b"\0")
    with pytest.raises(NotFetched, match=r"one 1\.0\.0 is not what it was"):
        unpack(named, tmp_path / "one")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", packed.name]


def test_a_registry_that_has_it_not_is_said_in_its_words(packed: Path, tmp_path: Path) -> None:
    named = package(packed)
    packed.unlink()
    with pytest.raises(NotFetched, match="npm pack one ended with status 1: no such package"):
        unpack(named, tmp_path / "one")
