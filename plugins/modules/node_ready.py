#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look whether a node is up, or gone."""

from __future__ import annotations

DOCUMENTATION = r"""
module: node_ready
short_description: Look whether a node of an Atlassian product is up, or gone
version_added: 0.1.0
description:
  - Up means that the product itself says a ready state in the body of its status page, that a page which runs through the whole
    application answers, and that exactly one process of this installation is there. The HTTP status alone is never taken for readiness.
  - Gone means that no process of this installation is left.
  - The module never fails because a node is not ready. M(dcops.atlassian_sessions.gate) looks until it has settled.
options:
  install_dir:
    description:
      - The install folder; it tells the process from those of other installations.
    type: path
    required: true
  state:
    description:
      - What to look for.
    type: str
    choices: [running, stopped]
    default: running
  old_process:
    description:
      - A process identity as in RV(process). A node that still runs it is not ready.
    type: str
    default: ""
  wait:
    description:
      - For how many seconds the node is looked at again and again, four times a second, until it is in the wanted state. With V(0) once.
    type: float
    default: 0
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
  - dcops.atlassian_sessions.web
author:
  - The dcops.atlassian_sessions contributors (@dcops)
seealso:
  - module: dcops.atlassian_sessions.gate
"""

EXAMPLES = r"""
- name: Look whether the node is up
  dcops.atlassian_sessions.node_ready:
    product: jira
    install_dir: /opt/atlassian/jira
    url: http://127.0.0.1:8080
  register: look
"""

RETURN = r"""
ready:
  description: Whether the node is in the wanted state.
  returned: success
  type: bool
  sample: false
status:
  description: The product's own word for its state, empty when it said none.
  returned: success
  type: str
  sample: STARTING
process:
  description: Boot id, pid and start time of the process, empty when there is not exactly one.
  returned: success
  type: str
  sample: "6d1c4f0e-5b0b-4b0c-9b47-2f1d3f7f6c35:4711:123456"
http_status:
  description: HTTP status of the status page, V(0) when it did not answer or was not asked.
  returned: success
  type: int
  sample: 200
saw:
  description: What was seen, in one sentence.
  returned: success
  type: str
  sample: /status answers 200 with state STARTING
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.node_gone import look_for_stopped
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.node_state import look_for_running, look_until_ready
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import WEB_OPTIONS, product_of, site_of


def main() -> None:
    """Look."""
    module = AnsibleModule(
        argument_spec={
            **WEB_OPTIONS,
            "install_dir": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["running", "stopped"], "default": "running"},
            "old_process": {"type": "str", "default": ""},
            "wait": {"type": "float", "default": 0.0},
        },
        supports_check_mode=True,
    )
    options = module.params
    try:
        product = product_of(options)
        looks = {
            "running": lambda: look_for_running(product, options["install_dir"], site_of(options), options["old_process"]),
            "stopped": lambda: look_for_stopped(product, options["install_dir"]),
        }
        seen = look_until_ready(looks[options["state"]], options["wait"], time.monotonic, time.sleep)
    except SessionsError as error:
        module.fail_json(msg=str(error))
    end(module, {"changed": False, **seen})


if __name__ == "__main__":
    main()
