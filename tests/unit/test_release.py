# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release is made up to its upload, on a copy."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from tests.tarball import CHECKOUT
from tests.tools import release

REPOSITORY = "https://git.dcops.test/dcops/atlassian_sessions"


def _files_of_a_release() -> dict[Path, bytes]:
    found = [CHECKOUT / "galaxy.yml", CHECKOUT / "CHANGELOG.md", *(CHECKOUT / "changelogs").rglob("*.y*ml")]
    return {path: path.read_bytes() for path in found if path.exists()}


def test_a_release_has_its_version_its_changes_and_its_repository_and_leaves_the_checkout_alone(tmp_path: Path) -> None:
    before = _files_of_a_release()
    tarball = release.make("0.2.0", REPOSITORY, tmp_path)
    assert _files_of_a_release() == before
    assert tarball.name == "dcops-atlassian_sessions-0.2.0.tar.gz"
    with tarfile.open(tarball) as tar:
        manifest, changes = (tar.extractfile(name) for name in ("MANIFEST.json", "CHANGELOG.md"))
        assert manifest
        assert changes
        info = json.load(manifest)["collection_info"]
        assert "v0-2-0" in changes.read().decode()
    assert (info["version"], info["repository"]) == ("0.2.0", REPOSITORY)
    assert list((tmp_path / "source/changelogs/fragments").iterdir()) == []
    assert [line for line in release.report(tarball) if str(tarball) in line]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["next", REPOSITORY], "'next' is no version like 1.2.3"),
        (["0.2.0", ""], "'' is no https address at which sources are published: give REPOSITORY"),
        (["0.2.0", "https://git.example.org/dcops/atlassian_sessions"], "is no https address at which sources are published"),
    ],
)
def test_a_release_without_a_version_or_a_place_is_refused(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        release.main(arguments)
    assert sentence in capsys.readouterr().err


def test_the_settings_of_the_collection_lead_to_no_address_that_somebody_else_may_have() -> None:
    addresses = [line for line in (CHECKOUT / "galaxy.yml").read_text(encoding="utf-8").splitlines() if "://" in line]
    assert addresses == ["repository: https://git.example.org/dcops/atlassian_sessions"]
