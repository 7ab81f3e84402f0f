# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens that are put back: which runs of the cluster prove nothing any more, and which stand in the way. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.content import Payload, is_finished


@dataclass(frozen=True)
class Withdrawal:
    """Ids of runs. ``proofs``: proven, which holds no longer; ``set_aside``: not over; ``unrecorded``: of the archives, without a record.

    ``unread``: why records cannot be read; ``standing``: those of ``proofs`` that nobody has taken back yet.
    """

    proofs: list[str] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)
    unrecorded: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    standing: list[str] = field(default_factory=list)

    @property
    def changes(self) -> bool:
        """Whether a record becomes another one."""
        return bool(self.standing or self.set_aside)

    def where_none_is_new(self, named: str) -> Withdrawal:
        """What of it comes of tokens that are all in the table already: no run is stopped for them but the one that the operator names."""
        return replace(self, set_aside=[run for run in self.set_aside if run == named])

    def told(self, folder: str, check_mode: bool) -> list[str]:
        """The same in sentences. ``folder``: where the records of the cluster lie."""
        holds, is_, was = ("would hold", "would be", "would be") if check_mode else ("holds", "is", "was")
        return [
            *(f"What run {run} proved {holds} no longer." for run in self.proofs),
            *(f"Run {run} is not finished: it {is_} set aside." for run in self.set_aside),
            *(f"No record of run {shown(run)} lies in {folder}: no proof of it {was} taken back." for run in self.unrecorded),
            *(f"{shown(problem)} What that run may have proven cannot be taken back." for problem in self.unread),
        ]


NOTHING = Withdrawal()


def withdrawal_of(
    runs: t.Mapping[str, Payload], put_back: t.Collection[str], unread: t.Mapping[str, str], passed: t.Collection[str]
) -> Withdrawal:
    """What comes of tokens that the runs ``put_back`` had archived, and that are in the table again. ``runs``: the records of the cluster.

    ``unread``: of records that cannot be read, why; such a run cannot go on. ``passed``: runs that may be set aside, as nobody misses them.
    Raises SessionsError when another run is not over: it knows its own archives alone, and could end proven.
    """
    in_the_way = [run for run, record in runs.items() if run not in (*put_back, *passed) and not is_finished(record)]
    if in_the_way:
        run = in_the_way[0]
        raise SessionsError(
            f"Run {run} of this cluster is not finished, and could end proven while the tokens that are put back open the door. If it is "
            f"not at work any more, resume it with -e force_reauth_run_id={run}; or set it aside with -e force_reauth_abandon={run}, given "
            "to this playbook (abandon), and start the nodes that it left down yourself. Nothing was put back."
        )
    proofs = [
        run
        for run, record in runs.items()
        if record.get("phase") == "proven" and (run in put_back or not _was_before(record, runs, put_back))
    ]
    return Withdrawal(
        proofs,
        [run for run, record in runs.items() if not is_finished(record)],
        sorted(set(put_back) - set(runs) - set(unread)),
        list(unread.values()),
        [run for run in proofs if not runs[run].get("proof_withdrawn")],
    )


def has_not_begun(record: Payload) -> bool:
    """Whether the run has only been prepared. By its record alone: what it deletes is told afterwards."""
    return record.get("phase") == "prepared" and record.get("revoke") == "database"


def _was_before(record: Payload, runs: t.Mapping[str, Payload], put_back: t.Collection[str]) -> bool:
    """Whether the run had deleted before those runs began: they had archived nothing then but what was made after its cut-off.

    False where one of the records does not tell.
    """
    return "" < _came_to("revoked", record) < min(_came_to("prepared", runs.get(run, {})) for run in put_back)


def _came_to(phase: str, record: Payload) -> str:
    """When the run came to the phase, ISO, UTC, by the clock of the host of the records; '' where that is not recorded."""
    return next((str(one["at"]) for one in record.get("history", []) if one["name"] == phase), "")
