# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first play runs on whichever host the inventory names first: variables of the cluster's group hold all the same."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from demo.playbook import PLAYBOOK
from tests.playbook.runs import Site

MakeSite = t.Callable[..., Site]


def inventory_with_another_group(site: Site, **variables: object) -> Path:
    """The inventory of the site, before whose group stands another one with a host of its own."""
    inventory = site.write_inventory(**variables)
    text = inventory.read_text(encoding="utf-8")
    other = "    another:\n      hosts:\n        aaa:\n          force_reauth_run_id: CHG-another\n"
    inventory.write_text(text.replace("    tracker:\n", f"{other}    tracker:\n", 1), encoding="utf-8")
    return inventory


@pytest.mark.parametrize(
    ("arguments", "run_id"),
    [((), "CHG-group"), pytest.param(("-e", "force_reauth_run_id=CHG-extra"), "CHG-extra", marks=pytest.mark.long)],
    ids=["group", "command line"],
)
def test_the_run_id_of_the_group_holds_beside_a_host_of_another_group(make_site: MakeSite, arguments: tuple[str, ...], run_id: str) -> None:
    site = make_site(nodes=2)
    inventory = inventory_with_another_group(site, run_id="CHG-group")
    result = site.run("--check", *arguments, inventory=inventory)
    assert result.status == 0, result.output
    result.assert_says(f"Run {run_id}")


def closed_vault_of_another_group(inventory: Path) -> list[str]:
    """Write one beside the inventory; returns the arguments of a run that has the password of its own alone."""
    closed = inventory.parent / "group_vars/another.yml"
    closed.parent.mkdir()
    closed.write_bytes(VaultLib().encrypt("force_reauth_hosts: another\n", VaultSecret(b"nobody's here"), "another"))
    password = inventory.with_name("vault-password")
    password.write_text("tracker's own\n", encoding="utf-8")
    return ["--limit", "tracker", "--vault-id", f"tracker@{password}"]


@pytest.mark.parametrize("rehearsed", [("--check",), pytest.param((), marks=pytest.mark.long)], ids=["rehearsal", "run"])
def test_the_command_line_names_a_cluster_and_no_host_of_another_one_is_asked(make_site: MakeSite, rehearsed: tuple[str, ...]) -> None:
    site = make_site(nodes=2)
    inventory = inventory_with_another_group(site)
    arguments = closed_vault_of_another_group(inventory)
    result = site.run("-e", "force_reauth_hosts=tracker", *arguments, *rehearsed, inventory=inventory)
    assert result.status == 0, result.output


@pytest.mark.long
def test_a_play_names_a_cluster_and_no_host_of_another_one_is_asked(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    inventory = inventory_with_another_group(site, hosts="")
    play = site.folder / "play.yml"
    imported = "ansible.builtin.import_playbook: dcops.atlassian_sessions.force_reauth"
    play.write_text(f"---\n- name: Sign out\n  {imported}\n  vars:\n    force_reauth_hosts: tracker\n", encoding="utf-8")
    result = site.run("--check", *closed_vault_of_another_group(inventory), playbook=str(play), inventory=inventory)
    assert result.status == 0, result.output


def test_a_second_import_in_one_ansible_playbook_is_refused_and_takes_nothing_of_the_first(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    imports = [{"import_playbook": PLAYBOOK, "vars": {"force_reauth_run_id": run}} for run in ("CHG-first", "CHG-second")]
    (site.folder / "both.yml").write_text(json.dumps(imports), encoding="utf-8")
    before = site.state_of_everything()
    result = site.run("--check", playbook=str(site.folder / "both.yml"))
    assert result.status != 0, result.output
    result.assert_says("Run CHG-first", "One ansible-playbook treats one cluster, once: run ansible-playbook once for each.")
    assert "Run CHG-second" not in result.output
    assert site.state_of_everything() == before
