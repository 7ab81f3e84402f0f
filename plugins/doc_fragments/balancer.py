# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that take a node out of a load balancer."""

from __future__ import annotations


class ModuleDocFragment:
    """What is done with it."""

    DOCUMENTATION = r"""
options:
  state:
    description:
      - With V(looked) nothing is changed; what would keep it from being taken out is a failure.
      - With V(out) it is taken out. That is refused, in check mode, too, where its backend has other servers and for 30 seconds none of
        them gets clients. Of two that are taken out at once, and would leave nobody, at least one is put back, and is a failure.
        Where the others are gone when its last session has ended, it is put back, and is a failure, too.
      - With V(back) it is put back, and it was seen to serve for some seconds.
    type: str
    choices: [looked, out, back]
    required: true
  grace:
    description:
      - For how many seconds at most it is only drained, so that requests end by themselves.
    type: float
    default: 10.0
  timeout:
    description:
      - After how many seconds with sessions left (O(state=out)), or not up (O(state=back), 30 at the least), it is a failure.
    type: float
    default: 300.0
  accept_outage:
    description:
      - Whether it is taken out (O(state=out)) although no other server of its backend gets clients.
    type: bool
    default: false
  nodes:
    description:
      - The names of all servers that are nodes of the cluster, as C(name) in RV(servers) has them.
      - A backup (C(backup) of HAProxy, a hot standby, a hot spare or a later C(lbset) of Apache httpd) that is none of them may be a page
        that says sorry. It does not count as one that gets clients, unless its backend has nothing but backups beside the server.
    type: list
    elements: str
    default: []
"""
