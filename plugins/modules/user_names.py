#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the users of an Atlassian product."""

from __future__ import annotations

DOCUMENTATION = r"""
module: user_names
short_description: List the names of the users of an Atlassian product
version_added: 0.2.0
description:
  - Reads the names with which the users of a product sign in from the product's own table, also of those who may not sign in any more.
  - Changes nothing.
options:
  unknown_usernames:
    description:
      - What becomes of a name that is not known. It is an error with V(refused). It is left out with V(told), and RV(unknown_users) tells.
    type: str
    choices: [refused, told]
    default: refused
  user_keys:
    description:
      - Which keys, or ids, some names stood for earlier, as M(dcops.atlassian_sessions.remember_me_purge) returns them. Whoever has one of
        these keys now is one of O(usernames), or of O(exclude_usernames), by whatever name.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name of then.
        type: str
        required: true
      key:
        description: The key or the id.
        type: raw
        required: true
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
  - dcops.atlassian_sessions.database
  - dcops.atlassian_sessions.database.users
author:
  - The dcops.atlassian_sessions contributors (@dcops)
seealso:
  - module: dcops.atlassian_sessions.user_sessions
"""

EXAMPLES = r"""
- name: Read who has an account
  dcops.atlassian_sessions.user_names:
    product: jira
    engine: postgresql
    database_host: db.example.com
    database_name: jira
    database_user: jira
    database_password: "{{ vault_jira_database_password }}"
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
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.users import NAMES_OPTIONS, treated_names


def main() -> None:
    """Read."""
    module = AnsibleModule(argument_spec=NAMES_OPTIONS, supports_check_mode=True)
    try:
        treated = treated_names(module.params)
    except SessionsError as error:
        module.fail_json(msg=str(error))
    end(module, {"changed": False, **treated})


if __name__ == "__main__":
    main()
