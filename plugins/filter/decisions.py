# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure decisions of the role, as filters. Each is documented in the YAML file of its name."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils import _membership, _report, _roll_plan, _seen, _verdict


class FilterModule:
    """The filters, by name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their functions."""
        return {
            "abort_sentence": _seen.abort_sentence,
            "clusters": _roll_plan.clusters,
            "database_problem": _roll_plan.database_problem,
            "evidence": _seen.evidence,
            "failures": _seen.failures,
            "is_done": _roll_plan.is_done,
            "looks": _seen.looks,
            "membership": _membership.membership,
            "not_up": _seen.not_up,
            "plan_lines": _report.plan_lines,
            "result_lines": _report.result_lines,
            "roll_plan": _roll_plan.make_plan,
            "roll_verdict": _verdict.verdict,
            "standbys": _seen.standbys,
            "still_open": _verdict.still_open,
            "unseen": _seen.unseen,
        }
