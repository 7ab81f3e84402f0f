#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count the remember-me tokens of an Atlassian product."""

from __future__ import annotations

DOCUMENTATION = r"""
module: remember_me_count
short_description: Count the remember-me tokens of an Atlassian product, by age and by user
version_added: 0.2.0
description:
  - Counts the rows of the product's table of remember-me tokens, each of which signs its user in without a password.
  - Changes nothing. The account needs the right to read the table, and no other one. A table that
    M(dcops.atlassian_sessions.remember_me_purge) would refuse to purge is counted all the same.
options:
  top:
    description:
      - How many users are told of, those with the most tokens.
    type: int
    default: 10
  show_users:
    description:
      - Whether they are told of by their names.
    type: bool
    default: false
  mark:
    description:
      - Whether to tell how far the table reaches now, for O(before) of a later count.
    type: bool
    default: false
  before:
    description:
      - What an earlier count told as RV(mark). The rows of then that are still there are counted.
    type: list
    elements: dict
    suboptions:
      newest:
        description:
          - The time in the newest row of then.
        type: str
        required: true
      keys:
        description:
          - The keys of the rows with that time.
        type: list
        elements: int
        required: true
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
  - dcops.atlassian_sessions.database
author:
  - The dcops.atlassian_sessions contributors (@dcops)
seealso:
  - module: dcops.atlassian_sessions.remember_me_purge
"""

EXAMPLES = r"""
- name: Count the tokens
  dcops.atlassian_sessions.remember_me_count:
    product: jira
    engine: postgresql
    database_host: db.example.com
    database_name: jira
    database_user: reporting
    database_password: "{{ vault_reporting_password }}"
  register: counted
"""

RETURN = r"""
cluster:
  description: Name of the cluster that shares this database, as M(dcops.atlassian_sessions.remember_me_purge) returns it.
  returned: success
  type: str
  sample: jira-5f0c2e1d9a7b
database:
  description: The database as its server reports it.
  returned: success
  type: str
  sample: postgresql system 7711936466048514415 database jira schema public
schema:
  description: The schema in which the table was found, empty where the engine has none.
  returned: success
  type: str
  sample: public
table:
  description: The table's name as found; of a product that keeps tokens in several tables all of them, with commas.
  returned: success
  type: str
  sample: remembermetoken
rows:
  description: How many tokens there are.
  returned: success
  type: int
  sample: 25000
users:
  description: How many users have one, by their names where the product's own table of users tells them; else RV(notes) says so.
  returned: success
  type: int
  sample: 18230
oldest:
  description:
    - When the oldest token was made; empty when there is none.
    - Where a product keeps only the end of a token's life, when the first one ends.
  returned: success
  type: str
  sample: "2026-11-11T08:15:00Z"
ages:
  description:
    - How many were made in the last C(day), the C(week) before it, the rest of a C(month) of 30 days, and are C(older), by the
      clock of the database; rows without a time are C(older).
    - Empty where the table does not tell when a token was made.
  returned: success
  type: dict
  sample: {"day": 812, "week": 4100, "month": 20088, "older": 0}
survivors:
  description:
    - What signs people in and is no remember-me token, and stays as it is, where the product's table of it is known.
    - Nothing fails where the account has not the right to read that table, or where there is none.
  returned: success
  type: list
  elements: dict
  contains:
    what:
      description: What it is.
      type: str
      sample: personal access tokens
    count:
      description: How many rows; V(-1) is not counted.
      type: int
      sample: 412
    how:
      description: What was counted, or why it was not.
      type: str
      sample: personal access tokens, those that have expired among them
top:
  description: The users with the most tokens, most first.
  returned: success
  type: list
  elements: dict
  contains:
    tokens:
      description: How many.
      type: int
      sample: 412
    user:
      description: The name, empty without O(show_users). The key or id where the table of users cannot be asked for it.
      type: str
      sample: ""
mark:
  description:
    - How far each table of tokens reaches, by the time that stands in its newest row; no clock is asked.
  returned: with O(mark)
  type: list
  elements: dict
  contains:
    newest:
      description: That time as the table has it, empty for a table without rows.
      type: str
      sample: "2026-11-11T08:15:00+00:00"
    keys:
      description: The keys of the rows with that time.
      type: list
      elements: int
      sample: [10815]
left:
  description: How many of the rows that were there at O(before) are there still; rows without a time count among them.
  returned: with O(before)
  type: int
  sample: 0
notes:
  description: What an administrator should know.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.counting import COUNT_OPTIONS, count_tokens


def main() -> None:
    """Count."""
    module = AnsibleModule(argument_spec=COUNT_OPTIONS, supports_check_mode=True)
    try:
        result = count_tokens(module.params)
    except SessionsError as error:
        module.fail_json(msg=str(error))
    end(module, {"changed": False, **result})


if __name__ == "__main__":
    main()
