# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nodes the run has left out of a load balancer: they get no clients, also where they run, until a resume puts them back. Pure."""

from __future__ import annotations

import typing as t

Record = t.Mapping[str, t.Any]


def is_touched(record: Record) -> bool:
    """Whether the run may have done something to the node: one that was down by itself is drained in no step of its own."""
    return bool(record.get("step") or record.get("drain"))


def not_seen_back(drain: str) -> str:
    """Of a node that was taken out by this ``force_reauth_drain``, or was about to be."""
    return f"it was not seen back in the load balancer (force_reauth_drain={drain}): a resume puts it back"


def still_out(look: t.Mapping[str, t.Any], record: Record) -> list[str]:
    """A sentence for each backend that has the node out, where a start has touched it; of the record where none is asked."""
    if not is_touched(record):
        return []
    drain = "" if look["balanced"] else record.get("drain", "")
    out = [server for server in look["balanced"] if server["out"]]
    told = [
        f"it is {one['status']} in backend {one['backend']} of the load balancer {one['balancer']}: a resume puts it back" for one in out
    ]
    return [*told, *([not_seen_back(drain)] if drain else [])]
