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
  - Put back, it is ready, and HAProxy's own health check has seen it up since. Before that HAProxy calls it C(UP) with a count (C(UP 1/3)),
    which is not enough. With C(fall 1) it calls it C(UP) at once, so that it is looked at for longer than the 2 s between two checks.
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
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
  - dcops.atlassian_sessions.balancer
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
  description:
    - The server in each of its backends, as it is now; C(sessions) counts those of now, queued ones with them.
    - C(serves) tells whether requests of everybody are sent to it and its health check stands, C(gets_clients) whether they are sent to it,
      C(out) whether somebody has taken it out, C(closed) so far that no client comes any more.
    - To a server with weight 0 only clients are sent that stick to it. It neither serves nor gets clients, and C(status) tells the weight.
    - C(backup) tells whether it is used only where no server without that word can be. It is said to get clients all the same.
    - C(failed_after) is null, because HAProxy does not wait for a request to see a server up again.
    - C(others) are the other servers of the backend, each with C(name), C(status), C(gets_clients) and C(backup).
  returned: success
  type: list
  elements: dict
  sample:
    - backend: jira
      name: n1
      status: UP
      sessions: 12
      serves: true
      gets_clients: true
      out: false
      closed: false
      backup: false
      failed_after: null
      others: [{"name": "n2", "status": "UP", "gets_clients": true, "backup": false}]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.carried_out import BALANCER_OPTIONS, carry_out
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.haproxy import HAProxy
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.haproxy_socket import ask


def main() -> None:
    """Look, take out or put back."""
    module = AnsibleModule(
        argument_spec={
            "socket": {"type": "path", "default": "/run/haproxy/admin.sock"},
            "backend": {"type": "str", "default": ""},
            "server": {"type": "str", "required": True},
            **BALANCER_OPTIONS,
        },
        supports_check_mode=True,
    )
    carry_out(module, lambda options: HAProxy(lambda command: ask(options["socket"], command), options["backend"], options["server"]))


if __name__ == "__main__":
    main()
