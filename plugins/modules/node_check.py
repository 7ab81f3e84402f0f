#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a node right before the act."""

from __future__ import annotations

DOCUMENTATION = r"""
module: node_check
short_description: Look at a node right before it is stopped, or before the tokens are deleted
version_added: 0.2.0
description:
  - Fails when the lock of the node is not held by this very start of the run.
  - Says whether its process runs, and whether the run has restarted this node already.
  - Replays cookies, each alone, while the process runs and is still to be restarted. A cookie that is dead before the act proves nothing.
  - Changes nothing.
options:
  install_dir:
    description:
      - Install folder of the product.
    type: path
    required: true
  home_dir:
    description:
      - Home folder of the product, where the lock lies.
    type: path
    required: true
  run_id:
    description:
      - The id of the run.
    type: str
    required: true
  start:
    description:
      - The start of the run, as M(dcops.atlassian_sessions.run_record) returned it.
    type: dict
    required: true
  record:
    description:
      - Of the node's part of the run record, V(identity), V(sessions) and V(cleaned).
    type: dict
    default: {}
  deletion:
    description:
      - The random number that the run record has of the deletion of tokens, without which RV(noted) is empty.
    type: str
    default: ""
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
  - dcops.atlassian_sessions.web
  - dcops.atlassian_sessions.cookies
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

EXAMPLES = r"""
- name: See that the node is still this run's
  dcops.atlassian_sessions.node_check:
    product: jira
    url: http://127.0.0.1:8080
    install_dir: /opt/atlassian/jira
    home_dir: /var/atlassian/application-data/jira
    run_id: CHG-4711
    start: "{{ opened.start }}"
"""

RETURN = r"""
process:
  description: Boot id, pid and start time of the process, empty when there is none.
  returned: success
  type: str
  sample: "6d1c4f0e-5b0b-4b0c-9b47-2f1d3f7f6c35:4711:123456"
running:
  description: Whether a process of the product runs.
  returned: success
  type: bool
  sample: true
done:
  description: Whether the run has ended the sessions of the node already.
  returned: success
  type: bool
  sample: false
answers:
  description: For each cookie that was answered, in order, the user whom it opened the door to (empty is nobody), and whether the product
    took it away.
  returned: success
  type: list
  elements: dict
  sample: [{"kind": "session", "node": "jira1", "user": "session-proof", "emptied": false, "absent": ""}]
renewed:
  description: The cookies that the product replaced while they still worked, with their new value. A secret.
  returned: success
  type: list
  elements: dict
  sample: []
noted:
  description: How far this run is with the sessions of users, as M(dcops.atlassian_sessions.user_sessions) noted it on this node after
    O(deletion); empty where it did not.
  returned: success
  type: dict
  sample: {}
unanswered:
  description: Why cookies got no answer that tells, empty when each got one, or need not be sent.
  returned: success
  type: str
  sample: ""
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.last_look import look_before_act
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.live_note import LiveNote
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.node_lock import NodeLock, owner_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookie_rows import COOKIE_OPTIONS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import WEB_OPTIONS, product_of, site_of


def main() -> None:
    """Look, once."""
    module = AnsibleModule(
        argument_spec={
            **WEB_OPTIONS,
            "install_dir": {"type": "path", "required": True},
            "home_dir": {"type": "path", "required": True},
            "run_id": {"type": "str", "required": True},
            "start": {"type": "dict", "required": True},
            "record": {"type": "dict", "default": {}},
            "deletion": {"type": "str", "default": ""},
            "cookies": {"type": "list", "elements": "dict", "options": COOKIE_OPTIONS, "no_log": False},
        },
        supports_check_mode=True,
    )
    options = module.params
    lock = (NodeLock(options["home_dir"]), owner_of(options["run_id"], options["start"]))
    try:
        product = product_of(options)
        found = look_before_act(product, options["install_dir"], lock, site_of(options), options["record"], options["cookies"] or [])
    except SessionsError as error:
        module.fail_json(msg=str(error))
    noted = LiveNote(options["home_dir"], options["deletion"]).read()
    end(module, {"changed": False, "noted": noted or {}, **found})


if __name__ == "__main__":
    main()
