# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plan says of a node."""

from __future__ import annotations

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.report import restarted_by


@pytest.mark.parametrize(
    ("manager", "account", "said"),
    [
        ("systemd", "jira", "unit jira.service as jira"),
        ("systemd", "", "unit jira.service as an unknown account"),
        ("scripts", "jira", "scripts as jira"),
        ("tasks", "jira", "task files of the site"),
    ],
)
def test_the_plan_says_what_restarts_a_node_and_as_which_account(manager: str, account: str, said: str) -> None:
    assert restarted_by({"manager": manager, "unit": "jira.service", "account": account}) == said
