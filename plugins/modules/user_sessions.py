#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End the sessions of users without a restart."""

from __future__ import annotations

DOCUMENTATION = r"""
module: user_sessions
short_description: End the sessions of users of an Atlassian product without a restart
version_added: 0.2.0
description:
  - Calls, for each user, the REST API by which an administrator ends the sessions of that user on every node (Jira 9.11 and Bamboo 9.3,
    and later).
  - Remember-me tokens are not touched by it. Who has one is signed in again, so delete them before.
  - That the sessions are ended has to be seen by cookies, on every node, with M(dcops.atlassian_sessions.session_probe).
  - A name that the product does not know is counted. A request that is refused for the moment (HTTP 429, 5xx, no answer) is made again
    with growing pauses. Any other answer ends the work with a sentence, and doing it again harms nobody.
  - In check mode the product is asked whether the account may do it, and nobody's sessions end.
options:
  usernames:
    description:
      - The names with which they sign in.
    type: list
    elements: str
    required: true
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
  parallel:
    description:
      - How many requests are made at a time.
    type: int
    default: 8
  seconds:
    description:
      - After how many seconds no other user is begun; RV(progress) tells how many are done. V(0) is no limit.
      - In a playbook where neither this nor O(progress) is given, the action plugin of this name asks in pieces of some seconds, says in
        between how far it is, and goes on to the end.
    type: float
    default: 0.0
  progress:
    description:
      - What an earlier call returned as RV(progress), if this one goes on with the names after it.
    type: dict
    default: {}
  home_dir:
    description:
      - The home folder of the node, where the lock of the run lies. Every few seconds it is seen that the lock is still this start's, and
        RV(progress) is written to the file C(.force_reauth.live) beside it, without a name, from which a resume goes on.
    type: path
  run_id:
    description:
      - The id of the run, with O(home_dir).
    type: str
  start:
    description:
      - The start of the run, as M(dcops.atlassian_sessions.run_record) returned it, with O(home_dir).
    type: dict
  deletion:
    description:
      - The random number that the run record has of the deletion of tokens, with O(home_dir). It stands in the file, and only after this
        deletion a resume goes on from there; without it no resume does.
    type: str
    default: ""
  done_before:
    description:
      - How many users are done already, for what is said on the screen.
    type: int
    default: 0
  of_all:
    description:
      - How many users there are, for what is said on the screen. V(0) is the number of O(usernames).
    type: int
    default: 0
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
  - dcops.atlassian_sessions.web
author:
  - The dcops.atlassian_sessions contributors (@dcops)
seealso:
  - module: dcops.atlassian_sessions.user_list
  - module: dcops.atlassian_sessions.user_names
  - module: dcops.atlassian_sessions.remember_me_purge
"""

EXAMPLES = r"""
- name: End the sessions of two users
  dcops.atlassian_sessions.user_sessions:
    product: jira
    url: http://127.0.0.1:8080
    admin_token: "{{ vault_jira_admin_token }}"
    usernames: [adam, eve]
  no_log: true
"""

RETURN = r"""
ended:
  description: Of how many users the sessions were ended, whether they had one or not. In check mode 0.
  returned: success
  type: int
  sample: 2
unknown:
  description: How many of the names the product does not know.
  returned: success
  type: int
  sample: 0
seconds:
  description: How long it took.
  returned: success
  type: float
  sample: 0.05
progress:
  description: Of the names that are done without a gap the number, how many of them the product does not know, and two sums.
  returned: success
  type: dict
  sample: {"first": "0f9d..", "chain": "77aa..", "names": 2, "unknown": 0}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import WEB_OPTIONS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.user_sessions import (
    ADMIN_OPTIONS,
    NOTE_OPTIONS,
    SHOWN_OPTIONS,
    end_or_ask,
)

OPTIONS = {"usernames": {"type": "list", "elements": "str", "required": True}, "parallel": {"type": "int", "default": 8}}


def main() -> None:
    """End them, or ask whether that may be done."""
    module = AnsibleModule(
        argument_spec={**WEB_OPTIONS, **ADMIN_OPTIONS, **NOTE_OPTIONS, **SHOWN_OPTIONS, **OPTIONS},
        required_one_of=[("admin_token", "admin_username")],
        required_together=[("admin_username", "admin_password"), ("home_dir", "run_id", "start")],
        supports_check_mode=True,
    )
    try:
        done = end_or_ask(module.params, module.check_mode)
    except SessionsError as error:
        module.fail_json(msg=str(error))
    end(module, {"changed": bool(module.params["usernames"]), **done})


if __name__ == "__main__":
    main()
