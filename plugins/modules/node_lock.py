#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep two runs from working at one node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: node_lock
short_description: Keep two runs from working at one node
version_added: 0.1.0
description:
  - The lock is a file in the node's home folder. It names the run, the start of C(ansible-playbook) and the controller.
  - A later start of the same run takes the lock over, and so does a run that sets the lock's run aside with O(abandon).
    The older start learns it from O(state=checked), before it does anything more.
options:
  home_dir:
    description:
      - The node's (local) home folder.
    type: path
    required: true
  run_id:
    description:
      - The id of the run.
    type: str
    required: true
  state:
    description:
      - With V(looked) nothing is changed; another run's lock is a failure.
      - With V(taken) the lock is taken.
      - With V(checked) it is only seen that the lock is still this start's.
      - With V(released) it is given back, if it is this start's.
    type: str
    choices: [looked, taken, checked, released]
    required: true
  start:
    description:
      - The start, as M(dcops.atlassian_sessions.run_record) returned it. Required but with O(state=looked).
    type: dict
    default: {}
  abandon:
    description:
      - The id of a run whose locks may be taken over.
    type: str
    default: ""
  over:
    description:
      - With O(state=released), that the run is over. What M(dcops.atlassian_sessions.user_sessions) has noted beside the lock goes, too.
    type: bool
    default: false
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
attributes:
  check_mode:
    details:
      - In check mode no lock is taken or given back. Another run's lock is a failure all the same.
author:
  - The dcops.atlassian_sessions contributors (@dcops)
seealso:
  - module: dcops.atlassian_sessions.run_record
"""

EXAMPLES = r"""
- name: See whether another run is at work here
  dcops.atlassian_sessions.node_lock:
    home_dir: /var/atlassian/application-data/jira
    run_id: CHG-4711
    state: looked
"""

RETURN = r"""
path:
  description: The lock file.
  returned: success
  type: str
  sample: /var/atlassian/application-data/jira/.force_reauth.lock
holder:
  description: Who holds the lock now, empty when nobody does, or when it cannot be told.
  returned: always
  type: dict
  sample: {"run_id": "CHG-4711", "attempt": 1, "number": "8d2c0f6b1e7a4395", "controller": "ops1"}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.live_note import LiveNote
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.node_lock import NodeLock, owner_of


def main() -> None:
    """Look, take, check or release."""
    module = AnsibleModule(
        argument_spec={
            "home_dir": {"type": "path", "required": True},
            "run_id": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["looked", "taken", "checked", "released"], "required": True},
            "start": {"type": "dict", "default": {}},
            "abandon": {"type": "str", "default": ""},
            "over": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    options = module.params
    lock, me = NodeLock(options["home_dir"]), owner_of(options["run_id"], options["start"])
    changed = False
    try:
        if options["state"] == "looked" or module.check_mode:
            lock.check_free(me, options["abandon"])
        elif options["state"] == "taken":
            changed = lock.take(me, options["abandon"])
        elif options["state"] == "checked":
            lock.check_mine(me)
        else:
            changed = lock.release(me)
            if changed and options["over"]:
                LiveNote(options["home_dir"], "").remove()
        holder = lock.holder()
    except SessionsError as error:
        module.fail_json(msg=str(error), holder=lock.known_holder() or {})
    end(module, {"changed": changed, "path": str(lock.path), "holder": holder or {}})


if __name__ == "__main__":
    main()
