# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a last play that fails when the plays before it did nothing."""

from __future__ import annotations

DOCUMENTATION = r"""
name: came_through
short_description: The hosts of a last play that fails when the plays before it did nothing
version_added: 0.2.0
description:
  - The hosts of a play are worked out whatever C(--tags), C(--skip-tags) and C(--start-at-task) leave out.
  - Fails when the run did not come through. Where a playbook is only parsed or listed there is nothing to come through.
options:
  _terms:
    description:
      - Whether the run has come through.
    type: list
    elements: bool
    required: true
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

EXAMPLES = r"""
- name: See that the run has come through
  hosts: "{{ lookup('dcops.atlassian_sessions.came_through', hostvars['localhost'].came_through | default(false)) }}"
  tasks: []
"""

RETURN = r"""
_raw:
  description: The name of the controller.
  type: list
  elements: str
  sample: [localhost]
"""

import typing as t

from ansible import context
from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible.utils.vars import load_extra_vars

# no extra variable, which nothing that a run finds out would override
_OWN = "__force_reauth"
_ONLY_LOOKED_AT = ("syntax", "listhosts", "listtasks", "listtags")


class LookupModule(LookupBase):  # type: ignore[misc] # ansible ships no types
    """See the documentation."""

    def run(self, terms: t.Sequence[t.Any], variables: t.Any = None, **_options: t.Any) -> list[str]:  # noqa: ARG002 # the name is Ansible's
        """The controller, or a refusal."""
        given: t.Mapping[str, t.Any] = context.CLIARGS
        own = sorted(name for name in load_extra_vars(self._loader) if str(name).startswith(_OWN))
        if own:
            raise AnsibleError(f"{', '.join(own)}: the role alone says that. Take it out of the extra variables.")
        if terms[0] is True or any(given.get(one) for one in _ONLY_LOOKED_AT):
            return ["localhost"]
        raise AnsibleError(
            "The run did not come through, and nobody is to take it for done: --tags, --skip-tags or --start-at-task left out its steps. "
            "Run the playbook without them."
        )
