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
  - With O(mode=asked) it asks who is nobody here, that is, how the page that names the user answers a visitor without any cookie, and
    to whom cookies open the door that a person copied from a browser. It signs nobody in.
  - With O(mode=sign_in) it signs the proof account in, once, and returns the cookies of a browser session that work alone.
    What does not open the door alone comes back without a value, with the reason. One kind of cookie is enough.
  - With O(mode=replay) it sends each of O(cookies) alone, never two together, and asks the product who is signed in. They have to be
    given, if only as an empty list.
    The answer is taken from the page. An answer that names nobody counts only when it is empty, or as it was before the act.
  - With O(mode=replay) a cookie that the node refuses for the moment (no answer, HTTP 429 or 5xx) is sent again, up to five times, with
    growing pauses, for two minutes in sum. A remember-me cookie that the product replaces at each use is sent once. What tells nothing even
    then comes back in RV(unanswered), which is no failure.
  - The returned cookies of O(mode=sign_in) and RV(renewed) are live logins. Run the task with C(no_log).
options:
  mode:
    description:
      - Whether to look, to sign in or to replay.
    type: str
    choices: [asked, sign_in, replay]
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
      - The inventory name to write beside the cookies of O(mode=asked) and O(mode=sign_in).
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
  proof_cookies:
    description:
      - With O(mode=asked), cookies that a person copied from a browser that is signed in. Each is sent alone; the node that handed it out
        is found by trying.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name.
        type: str
        required: true
      value:
        description: Its value, a secret.
        type: str
        required: true
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
  - dcops.atlassian_sessions.web
  - dcops.atlassian_sessions.cookies
attributes:
  check_mode:
    details:
      - Signing in leaves a session behind. In check mode O(mode=sign_in) signs nobody in, and says so with RV(rehearsed=false).
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

EXAMPLES = r"""
- name: See who is nobody here, and to whom the copied cookies open the door
  dcops.atlassian_sessions.session_probe:
    product: jira
    url: http://127.0.0.1:8080
    mode: asked
    proof_cookies: "{{ proof_cookies }}"
  register: asked
  no_log: true

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
nobody:
  description: How the page that names the user answers a visitor without any cookie.
  returned: O(mode=asked)
  type: str
  sample: an empty page
doors:
  description: For each of O(proof_cookies), in order, the user whom it opens the door to at this node (empty is nobody).
  returned: O(mode=asked)
  type: list
  elements: dict
  sample: [{"name": "JSESSIONID", "kind": "session", "user": "eve", "note": ""}]
cookies:
  description:
    - The cookies of the sign-in, one of each kind. A secret. C(absent) says why there is none of a kind, C(ends) when it ends by its age
      (ISO, UTC; empty where the product did not say).
    - With O(mode=asked), the first of each kind that opens the door, without its value. C(given) is its number in O(proof_cookies).
  returned: O(mode=asked) and O(mode=sign_in)
  type: list
  elements: dict
  sample: [{"kind": "session", "name": "JSESSIONID", "value": "4B1D..", "node": "jira1", "nobody": "an empty page", "absent": ""}]
rehearsed:
  description: Whether the sign-in was done. V(false) in check mode.
  returned: O(mode=sign_in)
  type: bool
  sample: true
answers:
  description: For each cookie that was answered, in order, the user whom it opened the door to (empty is nobody), and whether the product
    took it away.
  returned: O(mode=replay)
  type: list
  elements: dict
  sample: [{"kind": "remember_me", "node": "jira1", "user": "", "emptied": true, "absent": ""}]
renewed:
  description: The cookies that the product replaced while they still worked, with their new value. A secret.
  returned: O(mode=replay)
  type: list
  elements: dict
  sample: []
unanswered:
  description: The cookies of which was not seen whom they open the door to, each with the reason. None of them counts as dead.
  returned: O(mode=replay)
  type: list
  elements: dict
  sample: [{"kind": "session", "node": "jira1", "reason": "http://127.0.0.1:8080 does not answer in time."}]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookie_rows import COOKIE_OPTIONS, GIVEN_OPTIONS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import WEB_OPTIONS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.probe import probe


def main() -> None:
    """Look, sign in or replay."""
    module = AnsibleModule(
        argument_spec={
            **WEB_OPTIONS,
            "mode": {"type": "str", "choices": ["asked", "sign_in", "replay"], "required": True},
            "username": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "node": {"type": "str", "default": ""},
            "session_cookie": {"type": "str", "default": ""},
            "remember_me_cookie": {"type": "str", "default": ""},
            "proof_cookies": {"type": "list", "elements": "dict", "default": [], "options": GIVEN_OPTIONS, "no_log": False},
            "cookies": {"type": "list", "elements": "dict", "options": COOKIE_OPTIONS, "no_log": False},
        },
        required_if=[("mode", "sign_in", ("username", "password")), ("mode", "replay", ("cookies",))],
        supports_check_mode=True,
    )
    if module.params["mode"] == "sign_in" and module.check_mode:
        end(module, {"changed": True, "rehearsed": False, "cookies": []})
    try:
        found = probe(module.params)
    except SessionsError as error:
        module.fail_json(msg=str(error))
    end(module, found)


if __name__ == "__main__":
    main()
