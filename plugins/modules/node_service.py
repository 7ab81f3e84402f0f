#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stop or start one node, or ask whether that could be done."""

from __future__ import annotations

DOCUMENTATION = r"""
module: node_service
short_description: Stop a node and remove its saved sessions, or start it
version_added: 0.2.0
description:
  - Stops or starts a node by its systemd unit, or by the product's own scripts, as M(dcops.atlassian_sessions.product_detect) found it.
  - The scripts run as the product's account and never with more rights. Where it is not known, nothing is run.
    As root a script is run only if it and every folder above it belong to root, and nobody else may write there.
  - With O(state=stopped) it waits until every process of the product is gone, and removes the sessions that Tomcat saved, regular files
    of those names in the work folder of the installation, with the rights of the product's account. No link is followed, but for a work
    folder that is one which nobody but root can change.
  - A node that is in that state already is left alone.
  - With O(state=started) a unit that systemd still calls active, though no process of the node runs, is stopped before it is started.
    systemd would start nothing else.
options:
  product:
    description:
      - The product, by its name in the catalogue.
    type: str
    required: true
  state:
    description:
      - What the node shall be. With V(asked) nothing is changed, it fails when the node could not be stopped or started that way.
    type: str
    choices: [asked, stopped, started]
    required: true
  manager:
    description:
      - What stops and starts it. With V(tasks) nothing is run here, it is only waited and cleaned.
    type: str
    choices: [systemd, scripts, tasks]
    required: true
  install_dir:
    description:
      - Install folder of the product.
    type: path
    required: true
  unit:
    description:
      - The systemd unit, with O(manager=systemd).
    type: str
    default: ""
  account:
    description:
      - The account of the product, whose rights its scripts have, as C(control) of
        M(dcops.atlassian_sessions.product_detect) tells it.
      - Must be given, but for a unit that is only started. Empty it is not known, which is refused.
    type: str
  start_command:
    description:
      - The script that starts it, with its arguments.
    type: list
    elements: str
    default: []
  stop_command:
    description:
      - The script that stops it, with its arguments.
    type: list
    elements: str
    default: []
  locale:
    description:
      - The variables of language and time zone that its scripts get, as M(dcops.atlassian_sessions.product_detect) found them.
    type: dict
    default: {}
  saved_sessions:
    description:
      - The names of the files in which Tomcat saves sessions.
    type: list
    elements: str
    default: []
  timeout:
    description:
      - Within how many seconds the unit or script has to end its work, and the process to be gone.
    type: int
    default: 600
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

EXAMPLES = r"""
- name: Stop the node
  dcops.atlassian_sessions.node_service:
    product: jira
    state: stopped
    manager: systemd
    unit: jira.service
    account: jira
    install_dir: /opt/atlassian/jira
    saved_sessions: [SESSIONS.ser]
"""

RETURN = r"""
state:
  description: As it was asked for.
  returned: success
  type: str
  sample: stopped
process:
  description: Boot id, pid and start time of the process that ran before, empty when there was none.
  returned: success
  type: str
  sample: "6d1c4f0e-5b0b-4b0c-9b47-2f1d3f7f6c35:4711:123456"
removed:
  description: The saved sessions that were there, and are not any more. With O(state=asked) those that are there.
  returned: success
  type: list
  elements: str
  sample: [/opt/atlassian/jira/work/Catalina/localhost/ROOT/SESSIONS.ser]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.node_service import reached


def main() -> None:
    """Ask, stop or start."""
    module = AnsibleModule(
        argument_spec={
            "product": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["asked", "stopped", "started"], "required": True},
            "manager": {"type": "str", "choices": ["systemd", "scripts", "tasks"], "required": True},
            "install_dir": {"type": "path", "required": True},
            "unit": {"type": "str", "default": ""},
            "account": {"type": "str"},
            "start_command": {"type": "list", "elements": "str", "default": []},
            "stop_command": {"type": "list", "elements": "str", "default": []},
            "locale": {"type": "dict", "default": {}},
            "saved_sessions": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    try:
        found = reached(module.params["state"], module.params, module.check_mode)
    except SessionsError as error:
        module.fail_json(msg=str(error))
    end(module, found)


if __name__ == "__main__":
    main()
