# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of ansible-core that run a template out of a node's file are refused, by the playbooks and by the collection."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ansible_core import core_problem
from packaging.specifiers import SpecifierSet
from packaging.version import Version

CHECKOUT = Path(__file__).resolve().parents[2]
VERSIONS = [
    ("2.16.14", False),
    ("2.17.0", False),
    ("2.17.6", False),
    ("2.17.7", True),
    ("2.17.14", True),
    ("2.18.0", False),
    ("2.18.0rc2", False),
    ("2.18.1", True),
    ("2.19.14", True),
    ("2.20.0", True),
    ("2.21.0b1", True),
    ("3.0.0", True),
]


@pytest.mark.parametrize(("version", "may_run"), VERSIONS)
def test_which_versions_may_run_it(version: str, may_run: bool) -> None:
    problem = core_problem(version)
    assert (problem == "") is may_run
    assert may_run or problem.endswith("Take 2.17.7, 2.18.1 or newer")


@pytest.mark.parametrize(("version", "may_run"), VERSIONS)
def test_the_collection_says_the_same(version: str, may_run: bool) -> None:
    """As Ansible reads it: a set of specifiers, and the version without what marks a release to come."""
    wanted = SpecifierSet(yaml.safe_load((CHECKOUT / "meta/runtime.yml").read_text(encoding="utf-8"))["requires_ansible"])
    assert wanted.contains(Version(version).base_version) is may_run


def test_a_version_that_is_none_is_refused() -> None:
    assert core_problem("devel") == "the version of ansible-core is not known ('devel')"


@pytest.mark.parametrize("name", ["select", "restore"])
def test_it_is_the_first_that_a_playbook_looks_at(name: str) -> None:
    tasks = yaml.safe_load((CHECKOUT / f"roles/force_reauth/tasks/{name}.yml").read_text(encoding="utf-8"))
    assert tasks[0]["ansible.builtin.import_tasks"] == "begin/core.yml"
