# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has a run of this id begun with another database, or one that has another name by now? Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.content import began_with, ended_with, is_finished
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.plan import Record, revoke_problem

_ENDED = ("proven", "unproven")


def begun_elsewhere(found: t.Sequence[Record], run_id: str, nodes: t.Sequence[str], database: str, revoke: str) -> str:
    """Why no run of that id is begun with this database, '' where it may be. ``found``: of ``run_record``, which has none of it here.

    A run of the same id that is of other nodes is another cluster's, and one that was set aside was no run of these.
    """
    of_these_nodes = [one for one in found if set(one.get("nodes", [])) & set(nodes)]
    for record in of_these_nodes:
        if not is_finished(dict(record)):
            return revoke_problem(record, revoke) or began_with(run_id, record, record["folder"], database)
    for record in of_these_nodes:
        if record["phase"] in _ENDED:
            return ended_with(run_id, record, record["folder"], database)
    return ""
