#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the evidence of a run. The work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: evidence
short_description: Write the evidence of a run as JSON and as a page
version_added: 0.2.0
description:
  - Puts together what the run record, the plan and the tasks of the role P(dcops.atlassian_sessions.force_reauth#role) have seen,
    and writes C(evidence.json) and C(evidence.html) beside the record, V(0600). What was not seen comes first.
  - The shape of the JSON is C(docs/evidence.schema.json) of the collection. The page is one file that loads nothing and runs no script.
  - Runs on the controller. Delegate the task to the host of the record.
  - An evidence that cannot be written is said, and fails nothing. The verdict stands without it.
  - Sets the statistics of the run, as M(ansible.builtin.set_stats) does, under the name C(force_reauth).
options:
  archive_dir:
    description:
      - The folder of the archives, on the host of the record.
    type: path
    required: true
  cluster:
    description:
      - The name of the cluster, as M(dcops.atlassian_sessions.remember_me_purge) returns it.
    type: str
    required: true
  run_id:
    description:
      - The id of the run.
    type: str
    required: true
  end:
    description:
      - How the run ended.
    type: str
    choices: [proven, unproven, waiting, stopped, abandoned]
    required: true
  plan:
    description:
      - The plan of the run. Empty for a run that was set aside.
    type: dict
    default: {}
  stopped:
    description:
      - Where the run stopped or waits, its C(step), the C(sentence) and the command to C(resume) it.
    type: dict
    default: {}
  host:
    description:
      - The inventory name of the host of the record.
    type: str
    required: true
  report_dir:
    description:
      - A folder of the controller into which both files are copied, each with cluster and run in its name.
    type: str
    default: ""
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
attributes:
  check_mode:
    details:
      - In check mode nothing has been seen, and the task is skipped.
author:
  - The dcops.atlassian_sessions contributors (@dcops)
seealso:
  - module: dcops.atlassian_sessions.run_record
"""

EXAMPLES = r"""
- name: Write the evidence
  dcops.atlassian_sessions.evidence:
    archive_dir: /var/lib/force_reauth
    cluster: jira-6b1f0c2d9e3a
    run_id: CHG-4711
    end: proven
    plan: "{{ plan }}"
    host: db1
  delegate_to: db1
"""

RETURN = r"""
paths:
  description: The files that were written, each with its host where that is not the controller.
  returned: success
  type: list
  elements: str
  sample: ["/var/lib/force_reauth/jira-6b1f0c2d9e3a/CHG-4711/evidence.json on db1"]
problems:
  description: What could not be written, and why.
  returned: success
  type: list
  elements: str
  sample: []
"""
