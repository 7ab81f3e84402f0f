# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By which variables the host is reached that a task is delegated to, filled with its own name."""

from __future__ import annotations

DOCUMENTATION = r"""
name: own_connection
short_description: Tell by which variables of its own a host is reached that a task is delegated to
version_added: 0.2.0
description:
  - Ansible fills templates in the variables of a host that a task is delegated to with the name of the host that delegates.
  - Here they are filled with the name of the host itself. It is asked in a task that is delegated to that host.
  - Tells the variables whose names begin with C(ansible_) and that hold a template, and the address. The values may be passwords.
options:
  _terms:
    description:
      - The host.
    type: list
    elements: str
    required: true
  nodes:
    description:
      - The nodes of the cluster.
    type: list
    elements: str
    required: true
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

EXAMPLES = r"""
- name: Find by which variables of its own the host is reached
  ansible.builtin.set_fact:
    own: "{{ query('dcops.atlassian_sessions.own_connection', item, nodes=['n1', 'n2']) }}"
  loop: [db]
  delegate_to: "{{ item }}"
  delegate_facts: true
  no_log: true
"""

RETURN = r"""
_raw:
  description: For each variable the C(host), its name (C(variable)) and its C(value).
  type: list
  elements: dict
  sample: [{"host": "db", "variable": "ansible_host", "value": "db.example.org"}]
"""

import typing as t

from ansible.plugins.lookup import LookupBase
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.connections import Own, own_connection


class LookupModule(LookupBase):  # type: ignore[misc] # ansible ships no types
    """See the documentation."""

    def run(self, terms: t.Sequence[str], variables: t.Any = None, **options: t.Any) -> list[Own]:
        """The variables of one host."""
        self.set_options(direct=options)
        (host,) = terms
        # all that Ansible will reach the host by, variables of the play among it; of them the name alone is another host's
        written = {**variables["ansible_delegated_vars"][host], "inventory_hostname": host}
        templar = self._templar.copy_with_new_env(available_variables=written)
        return own_connection(host, written, lambda value: _unless_omitted(templar.template(value), written), self.get_option("nodes"))


def _unless_omitted(value: t.Any, written: t.Mapping[str, t.Any]) -> t.Any:
    """Before ansible-core 2.19 what is left out (C(omit)) is a text of its own, since then it is no value."""
    return None if value == written.get("omit") else value
