# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tarball as those take it who pass it on: Galaxy's importer, ansible-galaxy, and ansible-builder for execution environments."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from tests.tarball import CHECKOUT, Failed, build, install, judged_by_galaxy, run, verify


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("tarball"))


@pytest.fixture(scope="module")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder into which it was installed."""
    folder = tmp_path_factory.mktemp("installed")
    install(tarball, folder)
    return folder


def _without_comments(lines: t.Iterable[str]) -> list[str]:
    return [line.partition("#")[0].strip() for line in lines]


def test_the_importer_of_galaxy_has_nothing_to_say_against_it(tarball: Path, tmp_path: Path) -> None:
    assert judged_by_galaxy(tarball, tmp_path) == []


def test_what_was_installed_is_what_was_built(installed: Path) -> None:
    verify(installed)
    role = installed / "ansible_collections/dcops/atlassian_sessions/roles/force_reauth/README.md"
    role.write_text("changed\n", encoding="utf-8")
    with pytest.raises(Failed, match=r"roles/force_reauth/README\.md"):
        verify(installed)


def test_an_execution_environment_gets_the_libraries_of_the_modules(installed: Path) -> None:
    found = yaml.safe_load(run("ansible-builder", "introspect", str(installed), folder=installed))
    wanted = _without_comments((CHECKOUT / "requirements.txt").read_text(encoding="utf-8").splitlines())
    assert _without_comments(found["python"]) == [one for one in wanted if one]
    assert _without_comments(found["system"]) == ["openssh-clients [platform:rpm]", "openssh-client [platform:dpkg]"]


def test_the_example_of_an_execution_environment_is_one(tmp_path: Path) -> None:
    example = str(CHECKOUT / "docs/execution-environment.yml")
    run("ansible-builder", "create", "--file", example, "--context", str(tmp_path / "context"), folder=tmp_path)
    assert "dcops.atlassian_sessions" in (tmp_path / "context/_build/requirements.yml").read_text(encoding="utf-8")
    # its build gives them to pip through a shell, without quotes
    wanted = yaml.safe_load(Path(example).read_text(encoding="utf-8"))["dependencies"]
    refs = " ".join(wanted[name]["package_pip"] for name in ("ansible_core", "ansible_runner"))
    assert [Requirement(word).name for word in refs.split()] == ["ansible-core", "ansible-runner"]
