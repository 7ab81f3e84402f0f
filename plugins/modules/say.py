#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print plain lines. The work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: say
short_description: Print plain lines
version_added: 0.1.0
description:
  - Prints lines at once, where M(ansible.builtin.debug) would show quoted JSON.
  - Control characters and those that change the direction of writing are escaped, very long lines are cut.
options:
  lines:
    description:
      - The lines.
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

EXAMPLES = r"""
- name: Say what comes next
  dcops.atlassian_sessions.say:
    lines:
      - "Order: jira1, jira2"
      - "Batches: 1, 1"
"""

RETURN = r""" # """
