#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the users of an Atlassian product as it lists them itself."""

from __future__ import annotations

DOCUMENTATION = r"""
module: user_list
short_description: List the names of the users of an Atlassian product by its REST API
version_added: 0.2.0
description:
  - Reads the names with which the users of a product sign in from the list that the product shows to an administrator, page by page, also
    of those who may not sign in any more (Jira 11.0 and late versions of 10.3; Bamboo).
  - A list that cannot be told to be complete is refused, with a sentence. The search for users of older versions of Jira is no list of all.
  - Changes nothing, and asks no database. Where one can be asked, M(dcops.atlassian_sessions.user_names) reads the product's own table.
options:
  admin_token:
    description:
      - A personal access token of an administrator. It is sent to O(url) alone, and never returned, logged or put into a message.
    type: str
  admin_username:
    description:
      - An administrator, where no token is given. Sites may have switched this way off.
    type: str
  admin_password:
    description:
      - Its password, treated as the token is.
    type: str
  usernames:
    description:
      - The users that are returned. Everybody when not given; null is an error. A name that the list has not is refused.
    type: list
    elements: str
  exclude_usernames:
    description:
      - The users that are not returned.
    type: list
    elements: str
    default: []
  unknown_usernames:
    description:
      - What becomes of a name that is not known. It is an error with V(refused). It is left out with V(told), and RV(unknown_users) tells.
    type: str
    choices: [refused, told]
    default: refused
  expected:
    description:
      - Users that are known to be there. A list without one of them is not complete.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
  - dcops.atlassian_sessions.web
author:
  - The dcops.atlassian_sessions contributors (@dcops)
seealso:
  - module: dcops.atlassian_sessions.user_names
  - module: dcops.atlassian_sessions.user_sessions
"""

EXAMPLES = r"""
- name: Read who has an account
  dcops.atlassian_sessions.user_list:
    product: jira
    url: http://127.0.0.1:8080
    admin_token: "{{ vault_jira_admin_token }}"
  no_log: true
  register: users
"""

RETURN = r"""
usernames:
  description: The names, of O(usernames) and O(exclude_usernames) where these are given.
  returned: success
  type: list
  elements: str
  sample: [adam, eve]
unknown_users:
  description: A clause on the names that are not known. Empty where there are none, or where no table of users was asked.
  returned: success
  type: str
  sample: app_user knows no user eve
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import WEB_OPTIONS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.user_list import LIST_OPTIONS, listed_names
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.user_sessions import ADMIN_OPTIONS


def main() -> None:
    """Read."""
    module = AnsibleModule(
        argument_spec={**WEB_OPTIONS, **ADMIN_OPTIONS, **LIST_OPTIONS},
        required_one_of=[("admin_token", "admin_username")],
        required_together=[("admin_username", "admin_password")],
        supports_check_mode=True,
    )
    try:
        treated = listed_names(module.params)
    except SessionsError as error:
        module.fail_json(msg=str(error))
    end(module, {"changed": False, **treated})


if __name__ == "__main__":
    main()
