# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The question how many live logins there are: answered at any time, and nothing is changed by it."""

from __future__ import annotations

import json
import stat
import typing as t
from pathlib import Path

import pytest

from tests.playbook.runs import Result, Site
from tests.schemas import fitting

STATUS = "dcops.atlassian_sessions.session_status"
MakeSite = t.Callable[..., Site]


def read_only(site: Site, *arguments: str, **variables: str) -> Result:
    """The answer, after which everything is as before."""
    before = site.state_of_everything()
    inventory = site.write_inventory(**variables)
    result = site.run(*arguments, playbook=STATUS, inventory=inventory)
    assert site.state_of_everything() == before
    assert site.locks() == []
    return result


def report_of(folder: Path) -> dict[str, t.Any]:
    (path,) = folder.iterdir()
    assert (path.name.endswith(".session_status.json"), stat.S_IMODE(path.stat().st_mode)) == (True, 0o600)
    return fitting("session_status", json.loads(path.read_text(encoding="utf-8")))


def test_tokens_nodes_and_routes_are_told_without_a_change_and_a_node_that_is_down_is_told_of(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    site.sign_in("eve", "adam")
    reports = site.folder / "reports"
    result = read_only(site, "-e", "force_reauth_show_users=true", report_dir=str(reports))
    assert result.status == 0, result.output
    result.assert_says("Tokens 2 of 2 users", "By age 2 up to a day", "Most eve 1, adam 1", "n1 up, Jira", "n2 up, Jira", "Archives none")
    found = report_of(reports)
    assert (found["tokens"]["rows"], found["missing"], [node["state"] for node in found["nodes"]]) == (2, [], ["up", "up"])
    assert {name: route["enough"] for name, route in found["routes"].items()} == {"rolling": "yes", "outage": "yes", "live": "yes"}

    site.cluster["n2"].stop()
    rehearsed = read_only(site, "--check")
    assert rehearsed.status == 0, rehearsed.output
    rehearsed.assert_says("Tokens 2 of 2 users", "Most 1, 1 of one user each", "n2 down (no process of the product runs from")


@pytest.mark.long
def test_it_answers_beside_a_run_that_holds_the_lock_and_a_node_that_was_not_seen_fails_the_end(make_site: MakeSite) -> None:
    site = make_site(nodes=3)
    site.sign_in("eve")
    lock = {"run_id": "CHG-1", "attempt": 1, "number": "ab", "controller": "ops1"}
    path = site.cluster["n1"].home / ".force_reauth.lock"
    path.write_text(json.dumps(lock), encoding="utf-8")
    inventory = site.write_inventory(admin_token="none", report_dir=str(site.folder / "reports"))
    text = inventory.read_text(encoding="utf-8")
    install = str(site.cluster["n2"].install)
    inventory.write_text(text.replace(json.dumps(install), json.dumps(f"{install}/gone")), encoding="utf-8")
    before = site.state_of_everything()
    result = site.run(playbook=STATUS, inventory=inventory)
    assert site.state_of_everything() == before
    assert result.status != 0
    result.assert_says(
        "Tokens 1 of 1 user",
        "at work on it: run CHG-1 (start 1, controller ops1)",
        "n2 not seen",
        "Not everything was seen: n2 was not seen",
        "Nothing was changed.",
    )
    found = report_of(site.folder / "reports")
    assert [node["state"] for node in found["nodes"]] == ["up", "not seen", "up"]
    assert {name: route["enough"] for name, route in found["routes"].items()} == {
        "rolling": "unknown",
        "outage": "unknown",
        "live": "unknown",
    }


@pytest.mark.long
def test_tokens_that_cannot_be_counted_fail_the_end_and_all_else_is_told(make_site: MakeSite) -> None:
    site = make_site(nodes=1)
    result = read_only(site, database_name=str(site.folder / "none.db"))
    assert result.status != 0
    result.assert_says("Tokens not counted", "n1 ", "Rolling would not be enough", "Not everything was seen: the tokens were not counted")
