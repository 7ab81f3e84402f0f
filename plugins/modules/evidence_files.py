#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the files of the evidence beside the run record."""

from __future__ import annotations

DOCUMENTATION = r"""
module: evidence_files
short_description: Write the files of the evidence beside the run record
version_added: 0.2.0
description:
  - Writes C(evidence.json) and C(evidence.html) into the folder of the run, V(0600), each as a whole, over those of an earlier start.
  - Used by M(dcops.atlassian_sessions.evidence), which makes their content.
options:
  archive_dir:
    description:
      - The folder of the archives.
    type: path
    required: true
  cluster:
    description:
      - The name of the cluster.
    type: str
    required: true
  run_id:
    description:
      - The id of the run.
    type: str
    required: true
  document:
    description:
      - The text of C(evidence.json).
    type: str
    required: true
  page:
    description:
      - The text of C(evidence.html).
    type: str
    required: true
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
author:
  - The dcops.atlassian_sessions contributors (@dcops)
seealso:
  - module: dcops.atlassian_sessions.evidence
"""

EXAMPLES = r"""
- name: Write the files
  dcops.atlassian_sessions.evidence_files:
    archive_dir: /var/lib/force_reauth
    cluster: jira-6b1f0c2d9e3a
    run_id: CHG-4711
    document: "{}"
    page: "<!doctype html>"
"""

RETURN = r"""
paths:
  description: The files.
  returned: success
  type: list
  elements: str
  sample: [/var/lib/force_reauth/jira-6b1f0c2d9e3a/CHG-4711/evidence.json]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.files import ARGUMENTS, answer


def main() -> None:
    """Write both."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = answer(module.params, module.check_mode)
    except SessionsError as error:
        module.fail_json(msg=str(error))
    end(module, result)


if __name__ == "__main__":
    main()
