# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that runs this playbook again."""

from __future__ import annotations

DOCUMENTATION = r"""
name: resume_command
short_description: The command that runs this playbook again
version_added: 0.1.0
description:
  - Made from the command line of C(ansible-playbook), as far as it holds no secret.
  - Extra variables are left out, except for those given here.
  - Where one of these has more than ids, names and paths for a value, a sentence says that no command is offered.
options:
  _terms:
    description:
      - Assignments for C(-e).
    type: list
    elements: str
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

EXAMPLES = r"""
- name: Say how to go on
  ansible.builtin.debug:
    msg: "{{ lookup('dcops.atlassian_sessions.resume_command', 'force_reauth_run_id=CHG-4711') }}"
"""

RETURN = r"""
_raw:
  description: The command.
  type: list
  elements: str
  sample: [ansible-playbook -i inventory.yml dcops.atlassian_sessions.force_reauth -e force_reauth_run_id=CHG-4711]
"""

import typing as t

from ansible import context
from ansible.plugins.lookup import LookupBase
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import assignments, command


class LookupModule(LookupBase):  # type: ignore[misc] # ansible ships no types
    """See the documentation."""

    def run(self, terms: t.Sequence[str], variables: t.Any = None, **_options: t.Any) -> list[str]:  # noqa: ARG002 # the name is Ansible's
        """One command."""
        given: t.Mapping[str, t.Any] = context.CLIARGS
        words = ["ansible-playbook"]
        for inventory in given.get("inventory") or ():
            words += ["-i", inventory]
        words += given.get("args") or ()
        if given.get("subset"):
            words += ["--limit", given["subset"]]
        given_ids = (str(term).partition("=") for term in terms)
        try:
            more = assignments({name: ids.split(",") for name, _sign, ids in given_ids})
        except ValueError as error:
            return [f"({error})"]
        return [command([*words, *(word for one in more for word in ("-e", one))])]
