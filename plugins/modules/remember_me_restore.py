#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put remember-me tokens of an Atlassian product back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: remember_me_restore
short_description: Put archived remember-me tokens of an Atlassian product back
version_added: 0.1.0
description:
  - Puts exactly the rows of the archives back into the product's table, all or none, in one transaction.
  - Every row that is put back is a login that works again. The module therefore wants O(accept_live_logins=true), and each record of the
    cluster whose proof is of these logins, too, notes that it holds no longer. That is the record of the run that archived them, and of
    every run that was proven after it. Wherever the archives lie, the records are those in O(archive_dir). That is done, too, where all
    rows are in the table already, put back by hand, or when O(archive_dir) was another folder.
  - While another run of the cluster is not finished nothing is put back. Set aside are an unfinished run whose own archives are put back,
    one that has deleted nothing yet, and the one of O(abandon). Where all rows are in the table already, only that last one is.
  - In check mode the rows are put back in a transaction that is not committed. Of the files of HSQLDB they are put back into a copy, also
    while the product runs, and RV(notes) names the processes that have the files open.
  - Refused are archives of another database or product, with other columns than the table has now, that are links or another account's,
    that are cut or altered, encrypted for somebody else, or of a run that insisted on TLS where O(database_ssl_mode) is not given; and
    rows which are in the table already with other content. Rows which are there with the same content are left alone.
options:
  archive_dir:
    description:
      - The folder of archives and run records, as M(dcops.atlassian_sessions.remember_me_purge) got it.
    type: path
    required: true
  archives:
    description:
      - The archives, as M(dcops.atlassian_sessions.remember_me_purge) or M(dcops.atlassian_sessions.remember_me_backup) returned them.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description:
          - The file; the one that describes it must lie beside it.
        type: path
        required: true
      sha256:
        description:
          - Its SHA-256.
        type: str
        required: true
  accept_live_logins:
    description:
      - Whether it is understood that the old logins will work again.
    type: bool
    default: false
  identity_file:
    description:
      - The file with the private key of a recipient, where an archive is encrypted with age, as C(age-keygen) or C(ssh-keygen) writes it,
        without a passphrase. It is read on the host of the module, and never copied; others may not read it.
    type: path
    default: ""
  abandon:
    description:
      - The id of another run of the cluster that is not finished, and that is set aside for good. Where it is still at work, it stops
        at its next step.
    type: str
    default: ""
    version_added: 0.2.0
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
  - dcops.atlassian_sessions.database
author:
  - The dcops.atlassian_sessions contributors (@dcops)
seealso:
  - module: dcops.atlassian_sessions.remember_me_purge
"""

EXAMPLES = r"""
- name: Put the tokens back
  dcops.atlassian_sessions.remember_me_restore:
    product: jira
    engine: postgresql
    database_host: db.example.com
    database_name: jira
    database_user: jira
    database_password: "{{ vault_jira_database_password }}"
    archive_dir: /var/lib/force_reauth
    archives:
      - path: /var/lib/force_reauth/jira-5f0c2e1d9a7b/CHG-4711/remembermetoken-1.tsv.gz
        sha256: d88cdc517c326380665fa7959a03b7eb40d61f161b1dd50277b52a1043d693dc
    accept_live_logins: true
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
rows:
  description: Rows that were put back, in check mode rows that would be.
  returned: success
  type: int
  sample: 25000
present:
  description: Rows that were in the table already, with the same content.
  returned: success
  type: int
  sample: 0
proofs_withdrawn:
  description:
    - The runs that were proven, whose proof holds no longer, in check mode would hold no longer.
    - Empty where no row is put back, and none was there already.
  returned: success
  type: list
  elements: str
  sample: [CHG-4711]
set_aside:
  description: The runs that were not finished, and are set aside, in check mode would be.
  returned: success
  type: list
  elements: str
  sample: []
notes:
  description:
    - The same in sentences, and of which run there is no record, or none that can be read, so that no proof of it was taken back.
    - In check mode also what would keep the rows from being put back now.
  returned: success
  type: list
  elements: str
  sample: [What run CHG-4711 proved holds no longer.]
begun:
  description: Whether something was changed, or may have been.
  returned: failure
  type: bool
  sample: false
archives:
  description: The archives that were read.
  returned: success
  type: list
  elements: dict
  sample:
    - path: /var/lib/force_reauth/jira-5f0c2e1d9a7b/CHG-4711/remembermetoken-1.tsv.gz
      sha256: d88cdc517c326380665fa7959a03b7eb40d61f161b1dd50277b52a1043d693dc
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.restore import RESTORE_OPTIONS, Begun, restore


def main() -> None:
    """Put back."""
    module = AnsibleModule(argument_spec=RESTORE_OPTIONS, supports_check_mode=True)
    try:
        result = restore(module.params, module.check_mode)
    except SessionsError as error:
        module.fail_json(msg=str(error), begun=isinstance(error, Begun))
    end(module, result)


if __name__ == "__main__":
    main()
