# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first play runs on whichever host the inventory names first: variables of the cluster's group hold all the same."""

from __future__ import annotations

import typing as t

import pytest

from tests.playbook.runs import Site


@pytest.mark.parametrize(
    ("arguments", "run_id"),
    [((), "CHG-group"), pytest.param(("-e", "force_reauth_run_id=CHG-extra"), "CHG-extra", marks=pytest.mark.long)],
    ids=["group", "command line"],
)
def test_the_run_id_of_the_group_holds_beside_a_host_of_another_group(
    make_site: t.Callable[..., Site], arguments: tuple[str, ...], run_id: str
) -> None:
    site = make_site(nodes=2)
    inventory = site.write_inventory(run_id="CHG-group")
    text = inventory.read_text(encoding="utf-8")
    other = "    another:\n      hosts:\n        aaa:\n          force_reauth_run_id: CHG-another\n"
    inventory.write_text(text.replace("    tracker:\n", f"{other}    tracker:\n", 1), encoding="utf-8")
    result = site.run("--check", *arguments, inventory=inventory)
    assert result.status == 0, result.output
    result.assert_says(f"Run {run_id}")
