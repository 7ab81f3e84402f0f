# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure decisions of the role, as filters. Each is documented in the YAML file of its name."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record import content
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll import (
    canary,
    destination,
    membership,
    plan,
    registered,
    report,
    verdict,
)


class FilterModule:
    """The filters, by name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their functions."""
        return {
            "abort_sentence": registered.abort_sentence,
            "asked_database": destination.asked_database,
            "canary_rows": canary.with_values,
            "clusters": plan.clusters,
            "database_problem": plan.database_problem,
            "disagreements": registered.disagreements,
            "evidence": registered.evidence,
            "failures": registered.failures,
            "is_done": content.is_done,
            "looks": registered.looks,
            "membership": membership.membership,
            "not_up": registered.not_up,
            "password_problem": destination.password_problem,
            "places": registered.places,
            "plan_lines": report.plan_lines,
            "result_lines": report.result_lines,
            "roll_plan": plan.make_plan,
            "roll_verdict": verdict.verdict,
            "signing_in": canary.signing_in,
            "standbys": registered.standbys,
            "still_open": verdict.still_open,
            "unseen": registered.unseen,
        }
