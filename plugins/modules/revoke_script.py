#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the script by which a database administrator deletes the tokens."""

from __future__ import annotations

DOCUMENTATION = r"""
module: revoke_script
short_description: Keep the script by which a database administrator deletes the tokens
version_added: 0.2.0
description:
  - Writes the script beside the record of the run, as a file that only its owner may read. The database is not asked.
  - Fails when the run is no longer owned by O(start).
options:
  content:
    description:
      - The script.
    type: str
    required: true
  archive_dir:
    description:
      - The folder of the archives and records.
    type: path
    required: true
  cluster:
    description:
      - The name of the cluster.
    type: str
    required: true
  run_id:
    description:
      - The id of the run, 1 to 64 of the characters V(A-Z a-z 0-9 . _ -).
    type: str
    required: true
  start:
    description:
      - The start of the run, as M(dcops.atlassian_sessions.run_record) returned it.
    type: dict
    required: true
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

EXAMPLES = r"""
- name: Keep the script
  dcops.atlassian_sessions.revoke_script:
    archive_dir: /var/lib/force_reauth
    cluster: jira-6b1f0c2d9e3a
    run_id: CHG-4711
    start: "{{ opened.start }}"
    content: "{{ script }}"
"""

RETURN = r"""
path:
  description: The file.
  returned: success
  type: str
  sample: /var/lib/force_reauth/jira-6b1f0c2d9e3a/CHG-4711/revoke-jira-6b1f0c2d9e3a-CHG-4711.sql
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._revoke.by_hand import SCRIPT_OPTIONS, keep_script


def main() -> None:
    """Write one file."""
    module = AnsibleModule(argument_spec=SCRIPT_OPTIONS, supports_check_mode=True)
    try:
        result = keep_script(module.params, module.check_mode)
    except SessionsError as error:
        module.fail_json(msg=str(error))
    end(module, result)


if __name__ == "__main__":
    main()
