# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tarball as those take it who pass it on: Galaxy's importer, ansible-galaxy, and ansible-builder for execution environments."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from tests.tarball import CHECKOUT, build, install

BIN = Path(sys.executable).parent
# what its other checks would do, make lint and make sanity do
IMPORTER = """\
[galaxy-importer]
RUN_ANSIBLE_DOC = True
RUN_ANSIBLE_LINT = False
RUN_ANSIBLE_TEST = False
CHECK_REQUIRED_TAGS = True
REQUIRE_V1_OR_GREATER = False
"""


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("tarball"))


@pytest.fixture(scope="module")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder into which it was installed."""
    folder = tmp_path_factory.mktemp("installed")
    install(tarball, folder)
    return folder


def run(program: str, *arguments: str, folder: Path, **environment: str) -> str:
    own = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    # its tools find each other by the path
    found = {**own, "PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_HOME": str(folder / "home"), **environment}
    done = subprocess.run([str(BIN / program), *arguments], cwd=folder, env=found, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def _without_comments(lines: t.Iterable[str]) -> list[str]:
    return [line.partition("#")[0].strip() for line in lines]


def test_the_importer_of_galaxy_has_nothing_to_say_against_it(tarball: Path, tmp_path: Path) -> None:
    (tmp_path / "importer.cfg").write_text(IMPORTER, encoding="utf-8")
    said = run("python", "-m", "galaxy_importer.main", str(tarball), folder=tmp_path, GALAXY_IMPORTER_CONFIG=str(tmp_path / "importer.cfg"))
    assert "Importer processing completed successfully" in said
    assert re.findall(r"^(?:WARNING|ERROR).*", said, re.MULTILINE) == []


def test_what_was_installed_is_what_was_built(installed: Path) -> None:
    verify = ("collection", "verify", "--offline", "dcops.atlassian_sessions", "--collections-path", str(installed))
    run("ansible-galaxy", *verify, folder=installed)
    role = installed / "ansible_collections/dcops/atlassian_sessions/roles/force_reauth/README.md"
    role.write_text("changed\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"roles/force_reauth/README\.md"):
        run("ansible-galaxy", *verify, folder=installed)


def test_an_execution_environment_gets_the_libraries_of_the_modules(installed: Path) -> None:
    found = yaml.safe_load(run("ansible-builder", "introspect", str(installed), folder=installed))
    wanted = _without_comments((CHECKOUT / "requirements.txt").read_text(encoding="utf-8").splitlines())
    assert _without_comments(found["python"]) == [one for one in wanted if one]
    assert _without_comments(found["system"]) == ["openssh-clients [platform:rpm]", "openssh-client [platform:dpkg]"]


def test_the_example_of_an_execution_environment_is_one(tmp_path: Path) -> None:
    example = str(CHECKOUT / "docs/execution-environment.yml")
    run("ansible-builder", "create", "--file", example, "--context", str(tmp_path / "context"), folder=tmp_path)
    assert "dcops.atlassian_sessions" in (tmp_path / "context/_build/requirements.yml").read_text(encoding="utf-8")
