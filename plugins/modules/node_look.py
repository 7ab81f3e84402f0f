#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a node for the first time."""

from __future__ import annotations

DOCUMENTATION = r"""
module: node_look
short_description: Look at a node for the plan of a run
version_added: 0.2.0
description:
  - In one go what M(dcops.atlassian_sessions.product_detect), M(dcops.atlassian_sessions.node_lock) (looked),
    M(dcops.atlassian_sessions.node_ready) and M(dcops.atlassian_sessions.session_probe) (asked) say of a node.
  - Fails when another run than O(run_id) is at work on the node.
  - Changes nothing.
options:
  product:
    description:
      - The product, by its name in the catalogue. Detected when empty.
    type: str
    default: ""
  install_dir:
    description:
      - Install folder. Detected when empty.
    type: path
    default: ""
  home_dir:
    description:
      - Home folder. Detected when empty.
    type: path
    default: ""
  node_url:
    description:
      - Where the node itself answers. Its own connector when empty.
    type: str
    default: ""
  service:
    description:
      - The systemd unit. Detected when empty.
    type: str
    default: ""
  service_manager:
    description:
      - What stops and starts the node.
    type: str
    choices: [auto, systemd, scripts, tasks]
    default: auto
  run_id:
    description:
      - The id of the run. Without one it is only told who is at work on the node, and nobody is in the way.
    type: str
    default: ""
  abandon:
    description:
      - The id of a run that is set aside, whose lock does not count.
    type: str
    default: ""
  canary:
    description:
      - Whether it is asked who is nobody here, because something is to be proven.
    type: bool
    default: false
  node:
    description:
      - The name of the node in the inventory.
    type: str
    required: true
  proof_cookies:
    description:
      - Cookies that a person copied from a browser that is signed in.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name.
        type: str
        required: true
      value:
        description: Its value, a secret.
        type: str
        required: true
  site_url:
    description:
      - The public address of the site. From the settings of the node when empty.
    type: str
    default: ""
  validate_certs:
    description:
      - Whether the certificate of an https address is checked.
    type: bool
    default: true
  request_timeout:
    description:
      - For how many seconds one request may take.
    type: int
    default: 10
  functional_path:
    description:
      - The page that has to answer beside the status, below the context path. The product's sign-in page when empty.
    type: str
    default: ""
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

EXAMPLES = r"""
- name: Look at the node
  dcops.atlassian_sessions.node_look:
    run_id: CHG-4711
    node: "{{ inventory_hostname }}"
  register: looked
"""

RETURN = r"""
ready:
  description: What M(dcops.atlassian_sessions.node_ready) returns.
  returned: success
  type: dict
  sample: {"ready": true, "saw": "state RUNNING, process 4711"}
asked:
  description: What M(dcops.atlassian_sessions.session_probe) returns when it asks, or C(msg), why it could not. Empty if not asked.
  returned: success
  type: dict
  sample: {"nobody": "an empty page", "doors": []}
locked_by:
  description: Who is at work on the node, empty for nobody.
  returned: success
  type: str
  sample: "run CHG-4711 (start 1, controller ops1)"
process:
  description: And all that M(dcops.atlassian_sessions.product_detect) returns.
  returned: success
  type: dict
  sample: {"running": true, "pid": 4711}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.first_look import first_look
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookie_rows import GIVEN_OPTIONS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import WEB_OPTIONS


def main() -> None:
    """Look."""
    texts = ("product", "node_url", "service", "run_id", "abandon")
    module = AnsibleModule(
        argument_spec={
            **{name: option for name, option in WEB_OPTIONS.items() if name not in ("product", "url")},
            **{name: {"type": "str", "default": ""} for name in texts},
            **{name: {"type": "path", "default": ""} for name in ("install_dir", "home_dir")},
            "node": {"type": "str", "required": True},
            "service_manager": {"type": "str", "choices": ["auto", "systemd", "scripts", "tasks"], "default": "auto"},
            "canary": {"type": "bool", "default": False},
            "proof_cookies": {"type": "list", "elements": "dict", "default": [], "options": GIVEN_OPTIONS, "no_log": False},
        },
        supports_check_mode=True,
    )
    try:
        found = first_look(module.params)
    except SessionsError as error:
        module.fail_json(msg=str(error))
    end(module, {"changed": False, **found})


if __name__ == "__main__":
    main()
