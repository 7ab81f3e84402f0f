# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cookies that modules replay."""

from __future__ import annotations


class ModuleDocFragment:
    """A list of rows."""

    DOCUMENTATION = r"""
options:
  cookies:
    description:
      - The cookies to replay, each alone, as M(dcops.atlassian_sessions.session_probe) returned them.
    type: list
    elements: dict
    suboptions:
      kind:
        description: What the cookie is.
        type: str
        choices: [session, remember_me]
        required: true
      name:
        description: Its name.
        type: str
        required: true
      value:
        description: Its value, a secret.
        type: str
        required: true
      node:
        description: The node that handed it out.
        type: str
        required: true
      nobody:
        description: As C(nobody), when it was handed out.
        type: str
        default: ""
      absent:
        description: Why there is no such cookie. It has no value then, and is not sent.
        type: str
        default: ""
      ends:
        description: When it ends by its age, ISO, UTC. It is sent all the same.
        type: str
        default: ""
"""
