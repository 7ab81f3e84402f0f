#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign in, or replay cookies, as a browser does."""

from __future__ import annotations

DOCUMENTATION = r"""
module: session_probe
short_description: Sign in to one node, or see whom old cookies still open the door to
version_added: 0.1.0
description:
  - With O(mode=sign_in) it signs the proof account in and returns the two cookies of a browser session, each seen to work alone.
  - With O(mode=replay) it sends each cookie alone, never two together, and asks the product who is signed in.
    The answer is taken from the page, never from the HTTP status.
  - The returned cookies of O(mode=sign_in) and RV(renewed) are live logins. Run the task with C(no_log).
options:
  mode:
    description:
      - Whether to sign in or to replay.
    type: str
    choices: [sign_in, replay]
    required: true
  username:
    description:
      - The proof account. Required with O(mode=sign_in).
    type: str
  password:
    description:
      - Its password. Required with O(mode=sign_in).
    type: str
  node:
    description:
      - The inventory name to write beside the cookies of O(mode=sign_in).
    type: str
    default: ""
  session_cookie:
    description:
      - The name of the container's session cookie. Empty is the product's default.
    type: str
    default: ""
  remember_me_cookie:
    description:
      - The name of the remember-me cookie. Empty is the product's default.
    type: str
    default: ""
  cookies:
    description:
      - The cookies to replay with O(mode=replay), as an earlier RV(cookies) returned them.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: What the cookie is.
        type: str
        choices: [session, remember_me]
        required: true
      name:
        description: Its name.
        type: str
        required: true
      value:
        description: Its value, a secret.
        type: str
        required: true
      node:
        description: The node that handed it out.
        type: str
        required: true
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
  - dcops.atlassian_sessions.web
attributes:
  check_mode:
    details:
      - Signing in leaves a session behind. In check mode O(mode=sign_in) signs nobody in, and says so with RV(rehearsed=false).
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

EXAMPLES = r"""
- name: Sign the proof account in
  dcops.atlassian_sessions.session_probe:
    product: jira
    url: http://127.0.0.1:8080
    mode: sign_in
    username: canary
    password: "{{ proof_password }}"
    node: "{{ inventory_hostname }}"
  register: canary
  no_log: true

- name: See whether the old cookies still open the door
  dcops.atlassian_sessions.session_probe:
    product: jira
    url: http://127.0.0.1:8080
    mode: replay
    cookies: "{{ canary.cookies }}"
  register: replayed
  no_log: true
"""

RETURN = r"""
cookies:
  description: The cookies of the sign-in. A secret.
  returned: O(mode=sign_in)
  type: list
  elements: dict
  sample: [{"kind": "session", "name": "JSESSIONID", "value": "4B1D..", "node": "jira1"}]
rehearsed:
  description: Whether the sign-in was done. V(false) in check mode.
  returned: O(mode=sign_in)
  type: bool
  sample: true
answers:
  description: For each cookie, in order, the user whom it opened the door to (empty is nobody), and whether the product took it away.
  returned: O(mode=replay)
  type: list
  elements: dict
  sample: [{"kind": "remember_me", "node": "jira1", "user": "", "emptied": true}]
renewed:
  description: The cookies that the product replaced while they still worked, with their new value. A secret.
  returned: O(mode=replay)
  type: list
  elements: dict
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.browser import COOKIE_OPTIONS, Browser
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import WEB_OPTIONS, site_of


def main() -> None:
    """Sign in or replay."""
    module = AnsibleModule(
        argument_spec={
            **WEB_OPTIONS,
            "mode": {"type": "str", "choices": ["sign_in", "replay"], "required": True},
            "username": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "node": {"type": "str", "default": ""},
            "session_cookie": {"type": "str", "default": ""},
            "remember_me_cookie": {"type": "str", "default": ""},
            "cookies": {"type": "list", "elements": "dict", "default": [], "options": COOKIE_OPTIONS, "no_log": False},
        },
        required_if=[("mode", "sign_in", ("username", "password"))],
        supports_check_mode=True,
    )
    options = module.params
    if options["mode"] == "sign_in" and module.check_mode:
        module.exit_json(changed=True, rehearsed=False, cookies=[])
    try:
        browser = Browser(product_named(options["product"]), site_of(options), options["session_cookie"], options["remember_me_cookie"])
        if options["mode"] == "sign_in":
            cookies = browser.sign_in(options["username"], options["password"], options["node"])
            module.exit_json(changed=True, rehearsed=True, cookies=cookies)
        answers, renewed = browser.replay(options["cookies"])
    except SessionsError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, answers=answers, renewed=renewed)


if __name__ == "__main__":
    main()
