# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure decisions of the role, as filters. Each is documented in the YAML file of its name."""

from __future__ import annotations

import typing as t
from functools import wraps

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import shelved
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base import ansible_core
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import all_shown, sentence
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence import status
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record import content
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke import adds_up
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll import (
    begun_elsewhere,
    believed,
    by_hand,
    canary,
    canary_tokens,
    destination,
    live,
    live_blocks,
    membership,
    plan,
    report,
    revoke_way,
    scope,
    settings,
    spared,
    task_results,
    verdict,
    which_database,
)

_Decision = t.Callable[..., t.Any]


def _for_people(decision: _Decision) -> _Decision:
    """Its sentences quote nodes, files and databases: as they may be shown."""

    @wraps(decision)
    def shown(*arguments: t.Any) -> t.Any:
        return all_shown(decision(*arguments))

    return shown


def _with_problems_for_people(decision: _Decision) -> _Decision:
    """Of a plan the sentences are for people, all else is data."""

    @wraps(decision)
    def shown(*arguments: t.Any) -> t.Any:
        made = decision(*arguments)
        return {**made, **{name: all_shown(made[name]) for name in ("problems", "otherwise", "out")}}

    return shown


class FilterModule:
    """The filters, by name."""

    def filters(self) -> dict[str, _Decision]:
        """Their functions."""
        return {
            "abort_sentence": _for_people(task_results.abort_sentence),
            "administrator": by_hand.administrator,
            "answered_before": canary.answered_before,
            "archive_lines": _for_people(shelved.archive_lines),
            "asked_database": _for_people(destination.asked_database),
            "begun": canary.begun,
            "begun_elsewhere": _for_people(begun_elsewhere.begun_elsewhere),
            "begun_by_stop": canary.begun_by_stop,
            "blind_nodes": _for_people(canary.blind_nodes),
            "canary_rows": canary.with_values,
            "clusters": _for_people(plan.clusters),
            "core_problem": ansible_core.core_problem,
            "count_problem": _for_people(status.count_problem),
            "database_problem": _for_people(which_database.database_problem),
            "deletion_seen": _for_people(by_hand.deletion_seen),
            "disagreements": _for_people(task_results.disagreements),
            "evidence": task_results.evidence,
            "expected_tokens": canary_tokens.expected_tokens,
            "failure_told": task_results.failure_told,
            "failures": _for_people(task_results.failures),
            "handed_out": believed.handed_out,
            "is_done": content.is_done,
            "is_true": settings.is_true,
            "lives_on": live.lives_on,
            "locks_kept": _for_people(task_results.locks_kept),
            "look_without_database": by_hand.look_without_database,
            "left_down": task_results.left_down,
            "live_before": canary.live_before,
            "live_block": live_blocks.block_of,
            "live_bounds": live_blocks.bounds_of,
            "live_noted": live_blocks.noted_block,
            "live_rest": live_blocks.rest_of,
            "live_unnamed": live.unnamed,
            "live_unnamed_problem": _for_people(live.unnamed_problem),
            "live_valid": live_blocks.valid_of,
            "looks": task_results.looks,
            "membership": _for_people(membership.membership),
            "no_answer": _for_people(believed.no_answer),
            "nodes_done": task_results.nodes_done,
            "not_up": _for_people(task_results.not_up),
            "only_said": _for_people(by_hand.only_said),
            "password_problem": _for_people(destination.password_problem),
            "places": task_results.places,
            "plan_lines": _for_people(report.plan_lines),
            "result_lines": _for_people(report.result_lines),
            "revoke_way": revoke_way.revoke_way,
            "roll_plan": _with_problems_for_people(plan.make_plan),
            "roll_verdict": _for_people(verdict.verdict),
            "rows_expected": adds_up.rows_expected,
            "script_text": by_hand.script_text,
            "seen_dead": by_hand.seen_dead,
            "seen_looks": task_results.seen_looks,
            "sentence": _for_people(sentence),
            "signed_in_anew": canary.signed_in_anew,
            "signing_in": canary.signing_in,
            "spared_marked": spared.marked,
            "spared_of_canary": spared.of_canary,
            "spared_of_spared": spared.of_spared,
            "spared_seen": _for_people(spared.spared_seen),
            "standbys": _for_people(task_results.standbys),
            "still_open": _for_people(verdict.still_open),
            "taken_up": canary.taken_up,
            "telling": which_database.telling,
            "told_apart": _for_people(task_results.told_apart),
            "unknown_users": _for_people(scope.unknown_told),
            "unseen": _for_people(task_results.unseen),
            "waiting_sentence": _for_people(by_hand.waiting_sentence),
            "watched_cookies": by_hand.watched,
            "why_failed": _for_people(task_results.why_failed),
        }
