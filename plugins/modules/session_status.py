#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say what was seen of a cluster. The work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: session_status
short_description: Say how many live logins a cluster has, and what a sign-out would have to do
version_added: 0.2.0
description:
  - Puts together what M(dcops.atlassian_sessions.node_look), M(dcops.atlassian_sessions.remember_me_count) and
    M(dcops.atlassian_sessions.remember_me_archives) have seen, and says it on the screen, as JSON on the controller, and as
    statistics of the run (as M(ansible.builtin.set_stats) does, under the name C(force_reauth_status)). A number there that is V(-1) was
    not counted, or is not known.
  - Runs on the controller and asks no host. Whatever was not seen is said, in RV(missing), and fails nothing here.
options:
  nodes:
    description:
      - All nodes of the cluster.
    type: list
    elements: str
    required: true
  looks:
    description:
      - What was seen of the nodes that were seen, by node.
    type: dict
    required: true
  counted:
    description:
      - The result of M(dcops.atlassian_sessions.remember_me_count).
    type: dict
    default: {}
  not_asked:
    description:
      - Why the database was not asked.
    type: str
    default: ""
  archives:
    description:
      - The result of M(dcops.atlassian_sessions.remember_me_archives).
    type: dict
    default: {}
  host:
    description:
      - The inventory name of the host on which both ran.
    type: str
    required: true
  hosts:
    description:
      - What the operator calls the nodes, a group for example.
    type: str
    required: true
  report_dir:
    description:
      - A folder of the controller into which the document is written, V(0600), as C(<cluster>.session_status.json), over an earlier one.
        Nothing is written in check mode.
    type: str
    default: ""
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
author:
  - The dcops.atlassian_sessions contributors (@dcops)
seealso:
  - module: dcops.atlassian_sessions.evidence
"""

EXAMPLES = r"""
- name: Say the status
  dcops.atlassian_sessions.session_status:
    nodes: "{{ groups.jira }}"
    looks: "{{ looks }}"
    counted: "{{ counted }}"
    archives: "{{ archives }}"
    host: db1
    hosts: jira
"""

RETURN = r"""
status:
  description: The document; C(docs/session_status.schema.json) is its shape.
  returned: success
  type: dict
  contains:
    at:
      description: When, by the clock of the controller.
      type: str
      sample: "2026-11-30 08:00:00 UTC"
    cluster:
      description: The name of the cluster, empty where the database was not asked.
      type: str
      sample: jira-5f0c2e1d9a7b
    missing:
      description: See RV(missing).
      type: list
      elements: str
      sample: []
    tokens:
      description: C(rows) and C(users) (V(-1) is not counted), C(oldest), C(ages), C(top), C(table), C(database) and C(notes).
      type: dict
      sample: {"rows": 25000, "users": 18230, "ages": {"day": 812, "week": 4100, "month": 20088, "older": 0}}
    nodes:
      description:
        - Each with its C(name), C(state) (V(up), V(not ready), V(down), V(not seen)) and what of it C(saw), the C(seconds) since its
          process began (V(-1) is unknown), how it keeps its C(sessions), which are C(saved), and who it is C(locked_by).
      type: list
      elements: dict
      sample: [{"name": "jira1", "state": "up", "seconds": 1036800, "sessions": "memory"}]
    routes:
      description: Whether C(rolling), C(outage) and C(live) would be C(enough) (V(yes), V(no), V(unknown)), and C(why).
      type: dict
      sample: {"rolling": {"enough": "yes", "why": ["each node keeps its sessions itself"]}}
    single_sign_on:
      description: What has others sign people in, by the files of the nodes.
      type: list
      elements: str
      sample: []
    survives:
      description:
        - What a sign-out does not end (C(what)), how much of it there is (C(count), V(-1) is not counted; C(how) says what was counted,
          or why it was not), and where one ends it (C(end_at), V(not known here) where no place is known).
      type: list
      elements: dict
      sample: [{"what": "Crowd single sign-on", "count": -1, "how": "", "end_at": "Crowd's administration"}]
    archives_seen:
      description: Whether the folder of archives was looked at.
      type: bool
      sample: true
    archives:
      description: The runs whose archives lie around, as M(dcops.atlassian_sessions.remember_me_archives) tells them.
      type: list
      elements: dict
      sample: []
    other_folders:
      description: Folders beside them that are no cluster's, and were not looked into.
      type: list
      elements: str
      sample: [lost+found]
missing:
  description: A sentence for everything that was not seen.
  returned: success
  type: list
  elements: str
  sample: []
path:
  description: The file that was written, empty for none.
  returned: success
  type: str
  sample: /srv/reports/jira-5f0c2e1d9a7b.session_status.json
"""
