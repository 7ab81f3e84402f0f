#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take a server out of HAProxy, and put it back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_server
short_description: Take a server out of HAProxy without a failed request, and put it back
version_added: 0.1.0
description:
  - Taken out, a server is first drained, so that new clients go elsewhere, then set to maintenance, because clients that stick to it by a
    cookie still come while it is drained. Then no session is left of it.
  - Put back, it is ready, and HAProxy's own health check has seen it up.
  - Runs on the host of HAProxy, through its admin socket.
options:
  socket:
    description:
      - The socket of the runtime API, with level C(admin).
    type: path
    default: /run/haproxy/admin.sock
  backend:
    description:
      - The backend. Every backend that has the server when empty.
    type: str
    default: ""
  server:
    description:
      - The name of the server.
    type: str
    required: true
  state:
    description:
      - With V(looked) nothing is changed; a server that HAProxy does not know, and a socket of too low a level, is a failure.
      - With V(out) it is taken out.
      - With V(back) it is put back.
    type: str
    choices: [looked, out, back]
    required: true
  grace:
    description:
      - For how many seconds at most it is only drained, so that requests end by themselves.
    type: float
    default: 10.0
  timeout:
    description:
      - After how many seconds with sessions left (O(state=out)), or not up (O(state=back)), it is a failure.
    type: float
    default: 300.0
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

EXAMPLES = r"""
- name: Take the node out of the load balancer
  dcops.atlassian_sessions.haproxy_server:
    backend: jira
    server: "{{ inventory_hostname }}"
    state: out
  delegate_to: lb1
"""

RETURN = r"""
servers:
  description: The server in each of its backends, as it is now; C(sessions) counts those of now, queued ones with them.
  returned: success
  type: list
  elements: dict
  sample: [{"backend": "jira", "name": "n1", "status": "UP", "sessions": 12}]
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.haproxy import Balancer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.haproxy_socket import ask
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError


def main() -> None:
    """Look, take out or put back."""
    module = AnsibleModule(
        argument_spec={
            "socket": {"type": "path", "default": "/run/haproxy/admin.sock"},
            "backend": {"type": "str", "default": ""},
            "server": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["looked", "out", "back"], "required": True},
            "grace": {"type": "float", "default": 10.0},
            "timeout": {"type": "float", "default": 300.0},
        },
        supports_check_mode=True,
    )
    options, state = module.params, module.params["state"]
    balancer = Balancer(lambda command: ask(options["socket"], command), time.monotonic, time.sleep, options["backend"], options["server"])
    try:
        changed = bool(balancer.unlike(state))
        if state == "out" and not module.check_mode:
            balancer.take_out(options["grace"], options["timeout"])
        elif state == "back" and not module.check_mode:
            balancer.put_back(options["timeout"])
        servers = balancer.look()
    except SessionsError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=changed, servers=[one._asdict() for one in servers])


if __name__ == "__main__":
    main()
