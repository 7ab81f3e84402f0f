#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have the product delete every remember-me token."""

from __future__ import annotations

DOCUMENTATION = r"""
module: remember_me_clear
short_description: Have an Atlassian product delete every remember-me token by itself
version_added: 0.2.0
description:
  - Jira. Signs in as an administrator at one node, opens the page of the product that deletes all remember-me tokens, and submits the form
    that this page shows. A page that shows no such form, or another one, is refused with what was seen, and nothing is deleted.
  - Crowd 6.0 and later. Calls the REST API as an administrator, which deletes all remember-me tokens, then ends each session of a user that
    it lists, whether these are kept in the database or in memory. Sessions of applications are in another list and stay.
  - The database is not asked. No token is counted or archived, and nothing can be put back.
  - That the tokens are gone has to be seen by cookies, with M(dcops.atlassian_sessions.session_probe).
  - In check mode nobody signs in at Jira; of Crowd's API it is seen that the account may look, and that it answers as it is documented.
options:
  username:
    description:
      - The account of a system administrator.
    type: str
    required: true
  password:
    description:
      - Its password. It is sent to O(url) alone, and never returned, logged or put into a message.
    type: str
    required: true
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
  - dcops.atlassian_sessions.web
attributes:
  check_mode:
    support: partial
    details:
      - Whether the account may do it is seen only when it is done, with Jira's page.
author:
  - The dcops.atlassian_sessions contributors (@dcops)
seealso:
  - module: dcops.atlassian_sessions.remember_me_purge
"""

EXAMPLES = r"""
- name: Have Jira delete all tokens
  dcops.atlassian_sessions.remember_me_clear:
    product: jira
    url: http://127.0.0.1:8080
    username: admin
    password: "{{ vault_jira_admin_password }}"
  no_log: true
"""

RETURN = r"""
page:
  description: The page, or the first call, that did it. Empty in check mode.
  returned: success
  type: str
  sample: http://127.0.0.1:8080/secure/admin/user/AllUsersRememberMeCookies!default.jspa
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.clear import CLEAR_OPTIONS, clear_or_ask


def main() -> None:
    """Delete, once."""
    module = AnsibleModule(argument_spec=CLEAR_OPTIONS, supports_check_mode=True)
    try:
        page = clear_or_ask(module.params, module.check_mode)
    except SessionsError as error:
        module.fail_json(msg=str(error))
    end(module, {"changed": True, "page": page})


if __name__ == "__main__":
    main()
