#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until a node is up, or gone. The work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gate
short_description: Wait until a node of an Atlassian product is up and has settled, or is gone
version_added: 0.1.0
description:
  - Runs M(dcops.atlassian_sessions.node_ready) again and again, and shows what it sees while it waits.
  - The node has passed when it was seen ready O(settle_polls) times in a row, with one and the same process.
  - A connection that is lost, a sudo that takes too long, and a look that is broken off on the node (killed, say), is a node that does not
    answer. It is looked at again, by a new connection, until the time is up. A password that is refused is not tried again.
  - When the time is up, the failure says what was seen last.
options:
  install_dir:
    description:
      - The install folder; it tells the process from those of other installations.
    type: path
    required: true
  state:
    description:
      - What to wait for.
    type: str
    choices: [running, stopped]
    default: running
  old_process:
    description:
      - A process identity as in RV(process). A node that still runs it is not ready.
    type: str
    default: ""
  settle_polls:
    description:
      - How many good looks in a row are wanted, one at least.
    type: int
    default: 3
  poll_seconds:
    description:
      - How many seconds to pause between two looks.
    type: float
    default: 5.0
  timeout:
    description:
      - After how many seconds the node has failed.
    type: int
    default: 1800
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
  - dcops.atlassian_sessions.web
attributes:
  check_mode:
    support: none
    details:
      - In check mode no node is restarted, so there is nothing to wait for. The task is skipped, and says so.
author:
  - The dcops.atlassian_sessions contributors (@dcops)
seealso:
  - module: dcops.atlassian_sessions.node_ready
"""

EXAMPLES = r"""
- name: Wait until the node is up
  dcops.atlassian_sessions.gate:
    product: jira
    install_dir: /opt/atlassian/jira
    url: http://127.0.0.1:8080
"""

RETURN = r"""
process:
  description: Boot id, pid and start time of the process, empty when there is not exactly one.
  returned: always
  type: str
  sample: "6d1c4f0e-5b0b-4b0c-9b47-2f1d3f7f6c35:4711:123456"
saw:
  description: What was seen last, in one sentence.
  returned: always
  type: str
  sample: state RUNNING, process 4711
seconds:
  description: How many seconds it took.
  returned: always
  type: int
  sample: 74
polls:
  description: How often it was looked.
  returned: always
  type: int
  sample: 15
"""
