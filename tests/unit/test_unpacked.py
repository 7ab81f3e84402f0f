# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""apt, as the packages of MySQL are fetched with it: on lists of its own, and nothing of the system beside."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

import pytest

from demo import unpacked

AFTERWARDS = 'APT::Update::Post-Invoke-Success { "touch /somewhere"; }; APT::Update::Pre-Invoke { "touch /somewhere"; };\n'


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> unpacked._Apt:
    if not shutil.which("apt-config"):
        pytest.skip("no apt-config: no Debian")
    monkeypatch.setattr(unpacked, "_mirror", lambda: "https://mirror.example.org/debian")
    return unpacked._Apt(tmp_path)


def configured(apt: unpacked._Apt, folder: Path) -> list[str]:
    """What apt is told, on a system that has something done after each update."""
    (folder / "parts").mkdir()
    (folder / "parts/99update").write_text(AFTERWARDS, encoding="utf-8")
    with (folder / "apt.conf").open("a", encoding="utf-8") as file:
        file.write(f'Dir::Etc::parts "{folder}/parts";\n')
    return apt.run("apt-config", "dump", cwd=folder).splitlines()


def test_what_a_system_does_with_its_own_lists_is_not_done(apt: unpacked._Apt, tmp_path: Path) -> None:
    assert [line for line in configured(apt, tmp_path) if line.startswith("APT::Update::")] == []


def test_the_lists_are_its_own_and_signatures_are_checked(apt: unpacked._Apt, tmp_path: Path) -> None:
    said = dict(line.rstrip(";").split(" ", 1) for line in configured(apt, tmp_path))
    folders: t.Mapping[str, str] = {"Dir::State": "state", "Dir::Cache": "cache", "Dir::Etc::sourcelist": "unstable.sources"}
    assert {name: said[name] for name in folders} == {name: f'"{tmp_path}/{place}"' for name, place in folders.items()}
    assert said["Acquire::Check-Valid-Until"] == '"false"'
    assert {value for name, value in said.items() if "Unauthenticated" in name or "AllowInsecure" in name} <= {'"0"', '"false"'}
    assert "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg" in (tmp_path / "unstable.sources").read_text(encoding="utf-8")
