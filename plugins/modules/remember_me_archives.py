#!/usr/bin/python
# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at the archives of deleted tokens, and remove old ones."""

from __future__ import annotations

DOCUMENTATION = r"""
module: remember_me_archives
short_description: Look at the archives of deleted tokens, and remove old ones
version_added: 0.2.0
description:
  - Says which archives lie in a folder of archives, of which run, how old, and how many logins they hold. An archive is a file of live
    logins. A token that is put back works again.
  - With O(state=expired) those that are older than O(days) are removed, with the files that describe them. Record and evidence of the run
    stay, and the record tells what was removed. It is written before the removal begins.
  - An archive of a run that is not over is never removed, nor one whose run nobody can tell.
  - The folders are checked as for writing. They have to be this account's own, closed to others, and no links.
options:
  archive_dir:
    description:
      - The folder of the archives. None lie where there is no such folder; with O(state=expired) that is refused.
    type: path
    required: true
  cluster:
    description:
      - Look at the archives of this cluster alone. Of all when empty.
    type: str
    default: ""
  state:
    description:
      - With V(looked) nothing is changed.
      - With V(expired) archives older than O(days) are removed.
    type: str
    choices: [looked, expired]
    default: looked
  days:
    description:
      - From which age on an archive is removed, 1 or more. Required with O(state=expired).
      - It is as old as the youngest archive of its run, and not older than the end of that run, by the clock of this host.
    type: int
extends_documentation_fragment:
  - dcops.atlassian_sessions.attributes
author:
  - The dcops.atlassian_sessions contributors (@dcops)
seealso:
  - module: dcops.atlassian_sessions.remember_me_purge
  - module: dcops.atlassian_sessions.remember_me_restore
"""

EXAMPLES = r"""
- name: See which archives lie around
  dcops.atlassian_sessions.remember_me_archives:
    archive_dir: /var/lib/force_reauth
  register: archives

- name: Remove those that nobody will want back
  dcops.atlassian_sessions.remember_me_archives:
    archive_dir: /var/lib/force_reauth
    state: expired
    days: 30
"""

RETURN = r"""
runs:
  description: The runs that have archives there, or a folder that cannot be judged, the oldest first.
  returned: always
  type: list
  elements: dict
  contains:
    cluster:
      description: The name of the cluster.
      type: str
      sample: jira-5f0c2e1d9a7b
    run_id:
      description: The id of the run, empty where the folder of its cluster cannot be looked into.
      type: str
      sample: CHG-4711
    folder:
      description: Where they lie.
      type: str
      sample: /var/lib/force_reauth/jira-5f0c2e1d9a7b/CHG-4711
    phase:
      description: How far the run came by its record, empty without one.
      type: str
      sample: proven
    age:
      description: Their age in seconds.
      type: int
      sample: 2937600
    files:
      description: How many archives and backups there were.
      type: int
      sample: 3
    logins:
      description: Tokens in the archives, V(-1) where not every one tells it, or the folder could not be judged.
      type: int
      sample: 25000
    backed_up:
      description: Tokens in the backups, most often the same ones. V(-1) as with the archives.
      type: int
      sample: 25001
    bytes:
      description: The size of all.
      type: int
      sample: 2168624
    kept:
      description: Why they stay, empty where they are removed, or would be. Empty with O(state=looked).
      type: str
      sample: ""
    removed:
      description: How many were removed, or would be.
      type: int
      sample: 3
    problem:
      description: Why the folder cannot be judged, else empty.
      type: str
      sample: ""
other_folders:
  description:
    - The names of folders in O(archive_dir) that are no cluster's, and were not looked into.
    - Empty where O(cluster) was named.
  returned: success
  type: list
  elements: str
  sample: [lost+found]
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.expiry import STATES
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.ending import end
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError


def main() -> None:
    """Look, or remove."""
    module = AnsibleModule(
        argument_spec={
            "archive_dir": {"type": "path", "required": True},
            "cluster": {"type": "str", "default": ""},
            "state": {"type": "str", "choices": list(STATES), "default": "looked"},
            "days": {"type": "int"},
        },
        required_if=[("state", "expired", ("days",))],
        supports_check_mode=True,
    )
    options = module.params
    try:
        found = STATES[options["state"]](options, module.check_mode, time.time())
    except SessionsError as error:
        module.fail_json(msg=str(error), runs=[])
    problems = found.pop("problems")
    if problems:
        module.fail_json(msg="; ".join(problems), **found)
    end(module, found)


if __name__ == "__main__":
    main()
