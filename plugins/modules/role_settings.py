#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take the variables of the role. The work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: role_settings
short_description: Take the variables of the role force_reauth, each in its type
version_added: 0.2.0
description:
  - Takes the variables of the role P(dcops.atlassian_sessions.force_reauth#role) for one host, before any host is contacted,
    turns each into the type that the role's specification says, and refuses what cannot be meant.
  - A text is understood wherever it can only mean one thing, for example V("false"), V("3"), V(adam,eve) or V([1, "25%"]).
    A blank text is the default; where that would treat more users, or protect or prove less, a variable that is given and blank, or null,
    is refused.
  - A number is refused where a text is meant, because YAML has made it of other digits, V(34) of V(0042).
  - Refuses a variable whose name begins as those of the role and is none of them, with the name that is nearest to it.
  - Refuses when a fact of the host has the name of a variable of the role. What a node says is no variable.
  - Runs on the controller and asks no host.
options:
  takes:
    description:
      - The variables that are used, beside those in O(required). Another one is neither worked out nor looked at, so that a closed vault or
        a task file that is not here stands in nobody's way; it is not among the RV(settings), and has no default there.
      - When it is left out, all are taken, and those that go together are looked at together.
    type: list
    elements: str
  required:
    description:
      - The variables without which nothing can be done.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

EXAMPLES = r"""
- name: Take the variables
  dcops.atlassian_sessions.role_settings:
  no_log: true
  register: taken
"""

RETURN = r"""
settings:
  description: The variables without their prefix, passwords among them.
  returned: success
  type: dict
  sample: {"route": "rolling", "batches": ["1", "25%"], "validate_certs": true}
"""
