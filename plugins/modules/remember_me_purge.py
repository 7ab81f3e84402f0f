#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delete the remember-me tokens of an Atlassian product."""

from __future__ import annotations

DOCUMENTATION = r"""
module: remember_me_purge
short_description: Delete the remember-me tokens of an Atlassian product, each archived first
version_added: 0.1.0
description:
  - Deletes all rows of the product's table of remember-me tokens, or those of some users. Each row is in an archive, on disk and read
    back, before its deletion commits.
  - Where a product keeps tokens in several tables, all are treated, each with archives of its own, and the last sweep takes all of them in
    one transaction. Rows that are no browser's, such as Crowd's application tokens, are left alone, and counted before and after.
  - A first sweep takes nearly all rows without keeping anybody out. The last sweep waits for writers, locks them out for a moment, and
    looks at the whole table again. Its commit is the cut-off, RV(cut_off). What is in the table afterwards was made afterwards.
  - Before anything is touched the table is looked at, whether it is this product's (name, columns, types), a plain table,
    found once, without triggers, rules, row-level security or foreign keys that point at it; whether the account may read and
    delete; whether the archive folder can be written and has room; and whether it has the rows that were expected. In check mode this is
    all that happens.
  - Deleting tokens ends no session that is open in a node. Restart every node afterwards, as the playbook
    C(dcops.atlassian_sessions.force_reauth) does.
  - A failure rolls the current sweep back. What was committed before stays, with its archives, which the message names.
options:
  scope:
    description:
      - With V(all) every row is deleted, or every row of the users that are named.
      - With V(archived) those rows are deleted, and archived, which share key, token or (where the product rotates tokens) series with
        a row in the archives of the run. They descend from dead logins. Then the table is looked at once more. A run without an archive is
        refused, in check mode too, unless its record says that its table was empty, for nothing would be compared.
    type: str
    choices: [all, archived]
    default: all
  single_sweep:
    description:
      - Do all in one sweep and one transaction, so that a failure deletes nothing. For times when no node runs.
    type: bool
    default: false
  lock_wait:
    description:
      - For how many seconds a sweep is tried again while others hold the table. One request for the lock never waits longer than
        0.3 seconds, because writers queue behind it. Once, where nothing but an autovacuum of PostgreSQL is in the way, it also waits for
        the server's C(deadlock_timeout), after which that gives way.
    type: int
    default: 120
  expected_rows:
    description:
      - How many rows were counted before. When fewer are found and neither other archives of the run nor rows of its backup that were gone
        before explain it, the module fails, in check mode too, and nothing is deleted. V(-1) compares nothing.
      - Rows that go while the module is at work are missed at its end. Then the last sweep is rolled back, and the message says which
        archives hold what the first one deleted.
      - People sign out at any time. Only a backup of the run explains the rows that go with them, see
        M(dcops.atlassian_sessions.remember_me_backup).
      - Of a product that keeps tokens in several tables say it with O(expected_tables).
    type: int
    default: -1
  expected_tables:
    description:
      - The same of each table, by its name, as RV(tables) has it. The name of a table that is not purged is refused.
    type: dict
    default: {}
  expected_tokens:
    description:
      - Tokens that the nodes have just handed out. One that is neither in the table nor in an archive of this run shows that the nodes use
        another database, and nothing is deleted.
    type: list
    elements: dict
    default: []
    suboptions:
      node:
        description: Who handed it out, for the sentence.
        type: str
        required: true
      token:
        description: The key of its row or, of a product that rotates its tokens, the series. No secret opens a door by it alone.
        type: str
        required: true
  unknown_usernames:
    description:
      - What becomes of a name that is not known. It is an error with V(refused). It is left out with V(told), and RV(unknown_users) tells.
      - Only in check mode. Nothing is deleted for names of which one is not known.
    type: str
    choices: [refused, told]
    default: refused
  start:
    description:
      - The start of the run that this belongs to. It must be the one in the run record, in check mode too, and right before each commit
        still be it, or the module fails without that commit.
    type: dict
    suboptions:
      attempt:
        description:
          - Which start of the run it is.
        type: int
        required: true
      number:
        description:
          - The random number of this start.
        type: str
        required: true
      controller:
        description:
          - Where it was started. Not compared.
        type: str
        default: ""
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
  - dcops.atlassian_sessions.database
  - dcops.atlassian_sessions.database.folder
  - dcops.atlassian_sessions.database.users
author:
  - The dcops.atlassian_sessions contributors (@dcops)
seealso:
  - module: dcops.atlassian_sessions.remember_me_backup
  - module: dcops.atlassian_sessions.remember_me_restore
"""

EXAMPLES = r"""
- name: Look whether the tokens could be deleted, and how many there are
  dcops.atlassian_sessions.remember_me_purge:
    product: jira
    engine: postgresql
    database_host: db.example.com
    database_name: jira
    database_user: jira
    database_password: "{{ vault_jira_database_password }}"
    archive_dir: /var/lib/force_reauth
    run_id: CHG-4711
  check_mode: true
  register: look

- name: Delete the tokens
  dcops.atlassian_sessions.remember_me_purge:
    product: jira
    engine: postgresql
    database_host: db.example.com
    database_name: jira
    database_user: jira
    database_password: "{{ vault_jira_database_password }}"
    archive_dir: /var/lib/force_reauth
    run_id: CHG-4711
    expected_rows: "{{ look.rows }}"

- name: Delete the tokens of two users
  dcops.atlassian_sessions.remember_me_purge:
    product: jira
    engine: postgresql
    database_host: db.example.com
    database_name: jira
    database_user: jira
    database_password: "{{ vault_jira_database_password }}"
    archive_dir: /var/lib/force_reauth
    run_id: CHG-4712
    usernames: [adam, eve]
"""

RETURN = r"""
cluster:
  description: Name of the cluster that shares this database, made from the product and the identity that the database server reports.
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
folder:
  description: The folder of the run.
  returned: success
  type: str
  sample: /var/lib/force_reauth/jira-5f0c2e1d9a7b/CHG-4711
rows:
  description: Rows that were archived and deleted, in check mode rows that would be.
  returned: success
  type: int
  sample: 25000
came_back:
  description:
    - Rows that came back since the record of the run tells of a deletion; of earlier starts those that they have archived.
    - Where there is no such record, RV(rows).
  returned: with O(scope=archived)
  type: int
  sample: 0
tables:
  description: The same for each table, by its name.
  returned: with O(scope=all)
  type: dict
  sample: {"remembermetoken": 25000}
left_alone:
  description: What was spared, of each table that has such rows.
  returned: with O(scope=all), not in check mode
  type: list
  elements: dict
  contains:
    table:
      description: The table.
      type: str
      sample: cwd_token
    what:
      description: What these rows are.
      type: str
      sample: application tokens
    before:
      description: How many were there when the module began.
      type: int
      sample: 3
    after:
      description: How many were there in the last transaction, after its deletion; applications sign in and out meanwhile.
      type: int
      sample: 3
users:
  description:
    - How many users had a token when the module began, by their names. Where the token table holds keys or ids, the product's own table of
      users tells the names.
    - Where that table cannot be asked, RV(notes) says so, and different keys are counted.
  returned: success
  type: int
  sample: 18230
unknown_users:
  description: A clause on the names that are not known. Empty where there are none, or where no table of users was asked.
  returned: success
  type: str
  sample: app_user knows no user eve
user_keys:
  description: Name and key, as the product's own table of users has them, of the users that were named. Empty where it was not asked.
  returned: with O(scope=all), not in check mode
  type: list
  elements: dict
  contains:
    name:
      description: The name with which the user signs in.
      type: str
      sample: eve
    key:
      description: The key or the id, which stays when the user is renamed.
      type: raw
      sample: JIRAUSER10100
oldest:
  description:
    - When the oldest token was made; empty when there is none.
    - Where a product keeps only the end of a token's life, when the first one ends.
  returned: success
  type: str
  sample: "2026-11-11T08:15:00Z"
ages:
  description:
    - How many of the rows were made in the last C(day), the C(week) before it, the rest of a C(month) of 30 days, and are C(older), by the
      clock of the database; rows without a time are C(older).
    - Empty where the table does not tell when a token was made.
  returned: in check mode, with O(scope=all)
  type: dict
  sample: {"day": 812, "week": 4100, "month": 20088, "older": 0}
survivors:
  description:
    - What signs people in and is no remember-me token, and stays as it is, where the product's table of it is known.
    - Nothing fails where the account has not the right to read that table, or where there is none.
  returned: in check mode, with O(scope=all)
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
encrypted_for:
  description: For how many recipients archives would be encrypted, 0 for plain ones.
  returned: in check mode, with O(scope=all)
  type: int
  sample: 0
others:
  description: Rows of other users, which are left alone, where O(usernames) or O(exclude_usernames) is given; else 0.
  returned: success
  type: int
  sample: 0
archives:
  description: The archives that were written, in their order. None is written for a sweep that found nothing.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The file.
      type: str
      sample: /var/lib/force_reauth/jira-5f0c2e1d9a7b/CHG-4711/remembermetoken-1.tsv.gz
    sidecar:
      description: The file that describes it.
      type: str
      sample: /var/lib/force_reauth/jira-5f0c2e1d9a7b/CHG-4711/remembermetoken-1.json
    rows:
      description: Rows in it.
      type: int
      sample: 25000
    sha256:
      description: SHA-256 of the file.
      type: str
      sample: d88cdc517c326380665fa7959a03b7eb40d61f161b1dd50277b52a1043d693dc
    bytes:
      description: Size of the file.
      type: int
      sample: 1084312
    first:
      description: Key of its first row.
      type: str
      sample: "10100"
    last:
      description: Key of its last row.
      type: str
      sample: "35099"
archives_of_run:
  description:
    - The archives in which the rows lie that the run has deleted, like RV(archives), table by table. Those of its earlier starts are among
      them, of which nothing is said of the first and the last row.
    - What an earlier start archived and did not come to delete is not.
  returned: when O(scope=archived); when O(scope=all), not in check mode
  type: list
  elements: dict
  sample: []
cut_off:
  description: The database's clock right before the last commit; empty when nothing was committed. For people to read.
  returned: success
  type: str
  sample: "2026-11-25T02:52:12Z"
sweeps:
  description: Transactions that were committed.
  returned: success
  type: int
  sample: 2
notes:
  description:
    - What an administrator should know, for example columns that the product is not known to create (they are archived, too), or tokens
      that belong to nobody.
  returned: success
  type: list
  elements: str
  sample: []
nodes_known:
  description:
    - The nodes that are alive by the product's own tables, sorted. Empty when it is not known.
  returned: in check mode, with O(scope=all)
  type: list
  elements: str
  sample: [node1, node2]
nodes_note:
  description: Why RV(nodes_known) is empty, else empty.
  returned: in check mode, with O(scope=all)
  type: str
  sample: ""
nodes_grant:
  description: What would let the account read the product's tables of its nodes; empty unless it lacks that right.
  returned: in check mode, with O(scope=all)
  type: str
  sample: ""
retries:
  description: How often a sweep was tried again because others held the table.
  returned: success
  type: int
  sample: 0
wait_seconds:
  description: The longest wait of one sweep for the table.
  returned: success
  type: float
  sample: 0.007
left:
  description: Rows that still share something with an archived row after the deletion.
  returned: when O(scope=archived)
  type: int
  sample: 0
since:
  description: Rows of the table that share nothing with an archived row. Where all rows were deleted, these were made since.
  returned: when O(scope=archived)
  type: int
  sample: 12
unread:
  description:
    - A sentence for each archive with which the table could not be compared, because this run has its key no more, or because what the
      record of the run tells of is gone or another file now.
  returned: when O(scope=archived)
  type: list
  elements: str
  sample: []
checked:
  description: Archived rows that were compared with the table.
  returned: when O(scope=archived)
  type: int
  sample: 25000
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.steps import PURGE_OPTIONS, revoke
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.when_free import Clock


def main() -> None:
    """Delete, or in check mode only look."""
    module = AnsibleModule(argument_spec=PURGE_OPTIONS, supports_check_mode=True)
    try:
        result = revoke(module.params, module.check_mode, Clock(time.monotonic, time.sleep))
    except SessionsError as error:
        module.fail_json(msg=str(error))
    end(module, result)


if __name__ == "__main__":
    main()
