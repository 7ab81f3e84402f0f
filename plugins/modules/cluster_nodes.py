#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a product for the nodes of its cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_nodes
short_description: Ask an Atlassian product which nodes its cluster has
version_added: 0.1.0
description:
  - Asks the page of the product that names the nodes of its cluster to an administrator, and changes nothing.
  - A product that does not answer, refuses the token, or has no such page is no failure. RV(nodes_note) tells the reason then.
options:
  admin_token:
    description:
      - A personal access token of an administrator. It is sent to O(url) alone, and never returned, logged or put into a message.
    type: str
    required: true
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
  - dcops.atlassian_sessions.web
author:
  - The dcops.atlassian_sessions contributors (@dcops)
seealso:
  - module: dcops.atlassian_sessions.product_detect
"""

EXAMPLES = r"""
- name: Ask which nodes the cluster has
  dcops.atlassian_sessions.cluster_nodes:
    product: confluence
    url: http://127.0.0.1:8090
    admin_token: "{{ vault_confluence_admin_token }}"
  register: members
"""

RETURN = r"""
nodes_known:
  description: The names of the nodes that the product does not say to be gone, sorted. Empty when it did not tell.
  returned: success
  type: list
  elements: str
  sample: [node1, node2]
nodes_note:
  description: Why RV(nodes_known) is empty, else empty.
  returned: success
  type: str
  sample: ""
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.members_page import members_by_page
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import WEB_OPTIONS, product_of, site_of


def main() -> None:
    """Ask, once."""
    module = AnsibleModule(
        argument_spec={**WEB_OPTIONS, "admin_token": {"type": "str", "required": True, "no_log": True}}, supports_check_mode=True
    )
    options = module.params
    try:
        told = members_by_page(product_of(options), site_of(options), options["admin_token"])
    except SessionsError as error:
        module.fail_json(msg=str(error))
    end(module, {"changed": False, **told})


if __name__ == "__main__":
    main()
