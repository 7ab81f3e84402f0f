#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove the sessions that a container saved when it stopped."""

from __future__ import annotations

DOCUMENTATION = r"""
module: saved_sessions
short_description: Remove the sessions that a servlet container saved when it stopped
version_added: 0.1.0
description:
  - Tomcat writes its sessions to C(SESSIONS.ser) at a clean stop and loads them at the next start.
    An old session cookie then goes on working.
  - Run it while the node is stopped. A running node keeps its sessions in memory.
options:
  files:
    description:
      - Absolute patterns of the files, as M(dcops.atlassian_sessions.product_detect) returns them.
    type: list
    elements: path
    required: true
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

EXAMPLES = r"""
- name: Remove what Tomcat saved
  dcops.atlassian_sessions.saved_sessions:
    files:
      - /opt/atlassian/jira/work/Catalina/*/*/SESSIONS.ser
"""

RETURN = r"""
removed:
  description: The files that were there, and are not any more.
  returned: success
  type: list
  elements: str
  sample: [/opt/atlassian/jira/work/Catalina/localhost/ROOT/SESSIONS.ser]
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    """Find and remove."""
    module = AnsibleModule(argument_spec={"files": {"type": "list", "elements": "path", "required": True}}, supports_check_mode=True)
    found = sorted({path for pattern in module.params["files"] for path in Path("/").glob(pattern.lstrip("/"))})
    try:
        for path in [] if module.check_mode else found:
            path.unlink()
    except OSError as error:
        module.fail_json(msg=f"The saved sessions {error.filename} cannot be removed: {error.strerror}.")
    module.exit_json(changed=bool(found), removed=[str(path) for path in found])


if __name__ == "__main__":
    main()
