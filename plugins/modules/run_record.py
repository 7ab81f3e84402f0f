#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read and write what a run has done so far."""

from __future__ import annotations

DOCUMENTATION = r"""
module: run_record
short_description: Read and write the record of a run, from which it is resumed
version_added: 0.1.0
description:
  - The record lies on the database host, beside the archives. It tells how far a run has come, so that it can go on after the
    controller died. It holds no secret but, while the run lasts, the cookies of the proof account, sealed with a key that does
    not lie here. They are wiped when the run is over, however it ends.
  - A run is owned by one start of C(ansible-playbook). A later start takes it over with O(state=opened); from then on the older
    one cannot write the record any more, and is told who took over.
options:
  archive_dir:
    description:
      - The folder of the archives.
    type: path
    required: true
  cluster:
    description:
      - The name of the cluster, as M(dcops.atlassian_sessions.remember_me_purge) returns it.
    type: str
    required: true
  run_id:
    description:
      - The id of the run, 1 to 64 of the characters V(A-Z a-z 0-9 . _ -).
    type: str
    required: true
  state:
    description:
      - With V(read) nothing is changed. A run that was refused, because the locks of its nodes were not to be had, reads as none.
      - With V(opened) the run is begun with O(values), or taken over from an older start with the values that it has, but the
        C(route) of O(values). One that was refused is begun anew.
      - With V(written) O(values) are put on top of what the run, or its O(node), has. The phase V(revoked) gets a random number,
        C(deletion), by which it is known what was done after this deletion; with the phase V(waiting) nothing was.
      - With V(checked) it is only seen that the run is still owned by O(start).
      - With V(summed) the record is returned with the SHA-256 of its file.
    type: str
    choices: [read, opened, written, checked, summed]
    default: read
  node:
    description:
      - The inventory name of the node whose record is written. Empty is the record of the run itself.
    type: str
    default: ""
  values:
    description:
      - What to write. No secret belongs in it.
    type: dict
    default: {}
  sealed_canary:
    description:
      - With O(state=written) and O(node), the sealed cookies of the proof account. Run the task with C(no_log).
    type: str
    default: ""
  start:
    description:
      - The start that writes, as RV(start) of O(state=opened) returned it. Required with O(state=written) and O(state=checked).
    type: dict
  controller:
    description:
      - Where C(ansible-playbook) runs, for the sentence that another start is told.
    type: str
    default: ""
  abandon:
    description:
      - The id of a run that is set aside with O(state=opened), and overlooked with O(state=read). One that is over stays as it ended.
    type: str
    default: ""
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
attributes:
  check_mode:
    details:
      - In check mode nothing is written. O(state=opened) then returns a start that owns nothing.
  diff_mode:
    support: full
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

EXAMPLES = r"""
- name: See how far the run of the ticket has come
  dcops.atlassian_sessions.run_record:
    archive_dir: /var/lib/force_reauth
    cluster: jira-6b1f0c2d9e3a
    run_id: CHG-4711
  register: run
"""

RETURN = r"""
folder:
  description: Where the record of the run lies.
  returned: success
  type: str
  sample: /var/lib/force_reauth/jira-6b1f0c2d9e3a/CHG-4711
record:
  description: What is known of the run, with C(node_records) by inventory name. Empty when there is no such run.
  returned: success
  type: dict
  sample: {"phase": "rolling", "nodes": ["jira1", "jira2"], "node_records": {"jira1": {"step": "up"}}}
finished:
  description: Whether the run is over.
  returned: success
  type: bool
  sample: false
sealed_canaries:
  description: The sealed cookies of the nodes that have some, by inventory name. They are in no other return value.
  returned: O(state=read)
  type: dict
  sample: {}
unfinished:
  description: The ids of the cluster's other runs that were begun and are not over.
  returned: O(state=read)
  type: list
  elements: str
  sample: []
elsewhere:
  description:
    - Where there is no such run, what the files of runs of the same id say that lie with other clusters of the product, each with
      its C(folder).
    - One of them may be this run, begun before a copy of the database took over.
  returned: O(state=read)
  type: list
  elements: dict
  sample: []
sha256:
  description: SHA-256 of the file C(run.json), empty where there is none.
  returned: O(state=summed)
  type: str
  sample: d88cdc517c326380665fa7959a03b7eb40d61f161b1dd50277b52a1043d693dc
now:
  description: The clock of this host, by which the record has its times.
  returned: O(state=summed)
  type: str
  sample: "2026-11-25T02:52:12.345Z"
start:
  description: The start that owns the run now.
  returned: O(state=opened)
  type: dict
  sample: {"attempt": 1, "number": "8d2c0f6b1e7a4395", "controller": "ops1"}
abandoned:
  description: Whether the record of the run of O(abandon) was found here, and is closed.
  returned: O(state=opened)
  type: bool
  sample: false
abandoned_in:
  description:
    - The cluster with which the record of the run of O(abandon) lies. It is another one of the same nodes, where the run began with a
      database of which a copy has taken over. Empty where there is no such record.
  returned: O(state=opened)
  type: str
  sample: jira-5f0c2e1d9a7b
over:
  description: How the run of O(abandon) had ended, so that its record was left as it is. Empty where it had not.
  returned: O(state=opened)
  type: str
  sample: proven
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.states import ARGUMENTS, REQUIRED_IF, answer


def main() -> None:
    """Read, or write, one record."""
    module = AnsibleModule(argument_spec=ARGUMENTS, required_if=REQUIRED_IF, supports_check_mode=True)
    try:
        result = answer(module.params, module.check_mode)
    except SessionsError as error:
        module.fail_json(msg=str(error))
    end(module, result)


if __name__ == "__main__":
    main()
