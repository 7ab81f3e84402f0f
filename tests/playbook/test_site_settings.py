# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a site that change how Ansible runs: a run is the same under each of them."""

from __future__ import annotations

import typing as t

import pytest

from tests.playbook.runs import Site

MakeSite = t.Callable[..., Site]
FACTS = {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": "facts", "ANSIBLE_GATHERING": "smart"}
SETTINGS: t.Mapping[str, dict[str, str]] = {
    "strategy": {"ANSIBLE_STRATEGY": "free"},
    "errors": {"ANSIBLE_ANY_ERRORS_FATAL": "true"},
    "native": {"ANSIBLE_JINJA2_NATIVE": "true"},
    "yaml": {"ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"},
    "json": {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json"},
    "junit": {"ANSIBLE_CALLBACKS_ENABLED": "junit", "JUNIT_OUTPUT_DIR": "junit"},
    "facts": FACTS,
    "gathering": {"ANSIBLE_GATHERING": "implicit"},
    "no facts as variables": {"ANSIBLE_INJECT_FACT_VARS": "false"},
    "undefined": {"ANSIBLE_ERROR_ON_UNDEFINED_VARS": "false"},
    "merge": {"ANSIBLE_HASH_BEHAVIOUR": "merge"},
    "one fork": {"ANSIBLE_FORKS": "1"},
    "fifty forks": {"ANSIBLE_FORKS": "50"},
    "no log": {"ANSIBLE_NO_LOG": "true"},
    "a second for a task": {"ANSIBLE_TASK_TIMEOUT": "1"},
}
ALL = {name: value for settings in SETTINGS.values() for name, value in settings.items()}


@pytest.mark.long
@pytest.mark.parametrize("named", SETTINGS)
def test_a_rehearsal_is_the_same_whatever_the_site_has_set(make_site: MakeSite, named: str) -> None:
    site = make_site(nodes=2)
    before = site.state_of_everything()
    site.environment |= SETTINGS[named]
    result = site.run("--check")
    assert result.status == 0, result.output
    result.assert_says("Check mode: nothing is changed.")
    assert site.state_of_everything() == before


@pytest.mark.long
def test_a_run_is_proven_under_all_of_them_at_once(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers = site.sign_in("eve")
    site.environment |= {**ALL, "ANSIBLE_FORKS": "1"}
    result = site.run()
    assert result.status == 0, result.output
    result.assert_says("PROVEN")
    assert site.open_doors(browsers) == []
    reports = b"".join(path.read_bytes() for path in (site.folder / "junit").glob("*.xml"))
    assert reports
    assert [name for name, secret in site.secrets.items() if secret and secret.encode() in reports] == []


def test_where_every_error_is_fatal_and_nothing_is_logged_the_right_node_is_named(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    site.cluster["n2"].stop()
    site.environment |= {**SETTINGS["errors"], **SETTINGS["merge"], **SETTINGS["no log"]}
    result = site.run()
    assert result.status == 2, result.output
    result.assert_says("n2: no process of the product runs from", "Nothing was changed.")
    assert "n1: it was not seen" not in result.said
