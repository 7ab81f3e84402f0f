#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy the remember-me tokens of an Atlassian product."""

from __future__ import annotations

DOCUMENTATION = r"""
module: remember_me_backup
short_description: Copy the remember-me tokens of an Atlassian product into an archive
version_added: 0.1.0
description:
  - Copies the table of remember-me tokens, whole or the rows of some users, into a new archive of the run and reads that back before it
    says so.
  - The archive is plain data, PostgreSQL's COPY text format in a C(.gz) file, with a C(.json) file beside it that says what it is of.
    It holds live logins, so it is readable for this account alone, and encrypted where O(archive_recipients) are named.
  - An existing archive is never overwritten.
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
  - dcops.atlassian_sessions.database
  - dcops.atlassian_sessions.database.folder
  - dcops.atlassian_sessions.database.users
author:
  - The dcops.atlassian_sessions contributors (@dcops)
seealso:
  - module: dcops.atlassian_sessions.remember_me_purge
  - module: dcops.atlassian_sessions.remember_me_restore
"""

EXAMPLES = r"""
- name: Copy the tokens
  dcops.atlassian_sessions.remember_me_backup:
    product: jira
    engine: postgresql
    database_host: db.example.com
    database_name: jira
    database_user: jira
    database_password: "{{ vault_jira_database_password }}"
    archive_dir: /var/lib/force_reauth
    run_id: CHG-4711
"""

RETURN = r"""
notes:
  description: What an administrator should know.
  returned: success
  type: list
  elements: str
  sample: []
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
  description: Rows that were copied, in check mode rows that would be.
  returned: success
  type: int
  sample: 25000
tables:
  description: The same for each table, by its name.
  returned: success
  type: dict
  sample: {"remembermetoken": 25000}
archives:
  description: The archives of all tables, each as RV(archive). None is written of an empty table.
  returned: success
  type: list
  elements: dict
  sample: []
archive:
  description: The archive of the first table; empty when that was. In check mode where it would be now, without a hash.
  returned: success
  type: dict
  contains:
    path:
      description: The file.
      type: str
      sample: /var/lib/force_reauth/jira-5f0c2e1d9a7b/CHG-4711/backup-remembermetoken-1.tsv.gz
    sidecar:
      description: The file that describes it.
      type: str
      sample: /var/lib/force_reauth/jira-5f0c2e1d9a7b/CHG-4711/backup-remembermetoken-1.json
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
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.backup import BACKUP_OPTIONS, back_up


def main() -> None:
    """Copy."""
    module = AnsibleModule(argument_spec=BACKUP_OPTIONS, supports_check_mode=True)
    try:
        result = back_up(module.params, module.check_mode)
    except SessionsError as error:
        module.fail_json(msg=str(error))
    end(module, result)


if __name__ == "__main__":
    main()
