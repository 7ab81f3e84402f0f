#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell a hook what has happened. The work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: notify
short_description: Tell a hook of the site how far a run is
version_added: 0.2.0
description:
  - Posts one JSON document to O(url), from the controller. It holds no secret. No redirect is followed, and the whole takes at most five
    seconds.
  - A hook that does not take it is named, and fails nothing.
options:
  url:
    description:
      - The address of the hook. It may hold a secret, so nothing but its host is ever shown.
    type: str
    required: true
  key:
    description:
      - With it the document is signed. The header C(X-Force-Reauth-Signature) is C(sha256=) and the HMAC of the body with SHA-256, in
        hexadecimal digits.
    type: str
    default: ""
  event:
    description:
      - What has happened.
    type: str
    choices: [started, revoked, batch, waiting, stopped, verdict]
    required: true
  plan:
    description:
      - The plan of the run. A hook is told its C(run_id), C(cluster), C(title) of the product, C(route), C(nodes), and with
        C(database_host) and C(folder) where the record of the run lies; without one of them the task fails.
    type: dict
    required: true
  verdict:
    description:
      - The verdict, empty before the end.
    type: str
    default: ""
  sentence:
    description:
      - Why the run stopped or waits.
    type: str
    default: ""
  done:
    description:
      - The nodes that are done.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
attributes:
  check_mode:
    details:
      - In check mode nothing happens, and nobody is told.
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

EXAMPLES = r"""
- name: Tell the hook
  dcops.atlassian_sessions.notify:
    url: "{{ vault_hook_url }}"
    key: "{{ vault_hook_key }}"
    event: started
    plan:
      run_id: CHG-4711
      cluster: jira-5f0c2e1d9a7b
      title: Jira
      route: rolling
      nodes: [jira1, jira2]
      database_host: db1
      folder: /var/lib/force_reauth/jira-5f0c2e1d9a7b/CHG-4711
  no_log: true
"""

RETURN = r"""
told:
  description: Whether the hook took it.
  returned: success
  type: bool
  sample: true
"""
