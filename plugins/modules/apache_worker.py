#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take a worker out of Apache httpd's balancer, and put it back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: apache_worker
short_description: Take a worker out of a balancer of Apache httpd without a failed request, and put it back
version_added: 0.2.0
description:
  - Taken out, a worker is first drained (flag C(N)), so that new clients go elsewhere, then disabled (flag C(D)), because clients that
    stick to it are still sent to it while it is drained. Then no request is left of it.
  - httpd 2.4 counts the requests of a worker without a lock, so that the number of a much used worker can stay above 0 for ever. On the
    host of httpd the connections to the worker are therefore counted, too. A worker to which none leads has no request.
  - Put back, both flags are off, and Apache httpd uses the worker again. One that failed before (C(Err)) httpd tries anew at the next
    request. It is back where nobody has asked since, and not where a request since has failed again.
  - One that is in already and has failed is back where nobody is sent to it for 90 seconds. After 60 httpd would try it anew (C(retry)), so
    that O(timeout) has to be 93 at the least for that.
  - Runs where the page C(balancer-manager) of httpd 2.4 may be asked, most often on the host of httpd, through that page.
  - Where C(BalancerPersist) is off, httpd forgets such changes when it is started anew or reads its configuration again.
options:
  manager:
    description:
      - The address of the page. Since httpd 2.4.41 its host has to be the name of the server, where C(UseCanonicalName) is on.
    type: str
    default: http://127.0.0.1/balancer-manager
  balancer:
    description:
      - The name of the balancer, without C(balancer://). Every balancer that has the worker when empty.
    type: str
    default: ""
  worker:
    description:
      - The worker, by its route, its URL, or the host in it, with or without the port.
    type: str
    required: true
  validate_certs:
    description:
      - Whether the certificate of an C(https) address is checked.
    type: bool
    default: true
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
  - dcops.atlassian_sessions.balancer
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

EXAMPLES = r"""
- name: Take the node out of the load balancer
  dcops.atlassian_sessions.apache_worker:
    balancer: jira
    worker: node1
    state: out
  delegate_to: proxy1
"""

RETURN = r"""
servers:
  description:
    - The worker in each of its balancers (C(backend)), as it is now; C(sessions) counts its requests of now, as the page tells it
      (C(Busy)), but no more than connections lead to it, where httpd runs on this host.
    - C(serves) and C(gets_clients) tell whether requests of everybody are sent to it, C(out) whether somebody has taken it out,
      C(closed) so far that no client comes any more.
    - C(backup) tells whether it is used only where others cannot be (a hot standby, a hot spare, a later set). It is said to get clients
      all the same.
    - C(failed_after) tells of a worker that failed (C(Err)) how many requests had been sent to it by then, and is null for any other one.
    - C(others) are the other workers of the balancer, each with C(name), C(status), C(gets_clients) and C(backup).
  returned: success
  type: list
  elements: dict
  sample:
    - backend: jira
      name: n1
      status: Init Ok
      sessions: 12
      serves: true
      gets_clients: true
      out: false
      closed: false
      backup: false
      failed_after: null
      others: [{"name": "n2", "status": "Init Ok", "gets_clients": true, "backup": false}]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.apache import Apache
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.carried_out import BALANCER_OPTIONS, carry_out
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.connections import Connections
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site


def main() -> None:
    """Look, take out or put back."""
    module = AnsibleModule(
        argument_spec={
            "manager": {"type": "str", "default": "http://127.0.0.1/balancer-manager"},
            "balancer": {"type": "str", "default": ""},
            "worker": {"type": "str", "required": True},
            "validate_certs": {"type": "bool", "default": True},
            **BALANCER_OPTIONS,
        },
        supports_check_mode=True,
    )
    carry_out(
        module,
        lambda options: Apache(
            Site(options["manager"], validate_certs=options["validate_certs"], whose="balancer-manager", refers=True),
            options["balancer"],
            options["worker"],
            Connections(options["manager"]).to,
        ),
    )


if __name__ == "__main__":
    main()
