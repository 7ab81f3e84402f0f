# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules of all load balancers have in common: the options of the fragment ``balancer``, and how they are carried out."""

from __future__ import annotations

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.balancer import Balancer, Driver
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

BALANCER_OPTIONS: dict[str, t.Any] = {
    "state": {"type": "str", "choices": ["looked", "out", "back"], "required": True},
    "grace": {"type": "float", "default": 10.0},
    "timeout": {"type": "float", "default": 300.0},
    "accept_outage": {"type": "bool", "default": False},
    "nodes": {"type": "list", "elements": "str", "default": []},
}


def carry_out(module: AnsibleModule, driver_of: t.Callable[[t.Mapping[str, t.Any]], Driver]) -> None:
    """Look, take out or put back, and end the module. ``driver_of`` raises SessionsError where its options name none."""
    options, state = module.params, module.params["state"]
    try:
        balancer = Balancer(driver_of(options), time.monotonic, time.sleep, options["accept_outage"], options["nodes"])
        changed = bool(balancer.unlike(state))
        if state == "out" and module.check_mode:
            balancer.see_others()
        elif state == "out":
            balancer.take_out(options["grace"], options["timeout"])
        elif state == "back" and not module.check_mode:
            balancer.put_back(options["timeout"])
        servers = balancer.looked()
    except SessionsError as error:
        module.fail_json(msg=str(error))
    end(module, {"changed": changed, "servers": servers})
