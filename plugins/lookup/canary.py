# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cookies of the canary, sealed on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
name: canary
short_description: Seal the cookies of the proof account, and open them again
version_added: 0.2.0
description:
  - The cookies lie in the run record on the database host while a run lasts, so that it can be resumed. They are sealed with
    Ansible's vault and a random key, which lies in a file of the controller (C(force_reauth) in Ansible's own home folder,
    C(~/.ansible) by default), one for each run, or which is given.
  - Of the same key is made with what a run opens its own encrypted archives.
  - Runs on the controller; the key is in no variable and in no result.
options:
  _terms:
    description:
      - With O(mode=seal) the cookies, with O(mode=open) the sealed text.
    type: list
    elements: raw
  mode:
    description:
      - With V(seal) the terms are sealed; a key is made where there is none.
      - With V(open) a sealed text is opened. Without its key nothing comes back.
      - With V(forget) the key is removed.
      - With V(looked) a sentence comes back when no key could be kept, or the given one is no good.
      - With V(archives) a secret comes back that is made of the key, and of which the key cannot be made. A key is made where there is none
        and the terms are not empty; without one nothing comes back.
    type: str
    choices: [seal, open, forget, looked, archives]
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
  key:
    description:
      - The key, where it is given. No file is used then.
    type: str
    default: ""
  proof_password:
    description:
      - With O(mode=looked), what the key must not be made of.
    type: str
    default: ""
author:
  - The dcops.atlassian_sessions contributors (@dcops)
"""

EXAMPLES = r"""
- name: Seal the cookies
  ansible.builtin.set_fact:
    sealed: "{{ lookup('dcops.atlassian_sessions.canary', cookies, mode='seal', cluster='jira-6b1f0c2d9e3a', run_id='CHG-4711') }}"
  no_log: true
"""

RETURN = r"""
_raw:
  description: The sealed text, the cookies, a sentence, or nothing.
  type: list
  elements: raw
  sample: []
"""

import hashlib
import hmac
import json
import typing as t

from ansible import constants
from ansible.errors import AnsibleError
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.plugins.lookup import LookupBase
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.json_text import parsed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.canary_key import KeyFile, given_problem

_COOKIE = {"kind", "name", "value", "node"}
_MORE = {"nobody", "absent", "ends"}


class LookupModule(LookupBase):  # type: ignore[misc] # ansible ships no types
    """See the documentation."""

    def run(self, terms: t.Sequence[t.Any], variables: t.Any = None, **options: t.Any) -> list[t.Any]:
        """Do what the mode says."""
        self.set_options(var_options=variables, direct=options)
        modes = {"seal": self._seal, "open": self._open, "forget": self._forget, "looked": self._looked, "archives": self._archives}
        given = self.get_option("key")
        folder = f"{constants.config.get_config_value('ANSIBLE_HOME')}/force_reauth"
        try:
            return modes[self.get_option("mode")](terms, given, KeyFile(folder, self.get_option("cluster"), self.get_option("run_id")))
        except SessionsError as error:
            raise AnsibleError(str(error)) from None

    def _seal(self, terms: t.Sequence[t.Any], given: str, file: KeyFile) -> list[t.Any]:
        if not terms[0]:
            return [""]
        secret = VaultSecret((given or file.read_or_make()).encode())
        return [VaultLib().encrypt(json.dumps(_plain(terms[0])), secret=secret).decode()]

    def _open(self, terms: t.Sequence[t.Any], given: str, file: KeyFile) -> list[t.Any]:
        key = given or file.read()
        if not key or not terms[0]:
            return []
        try:
            cookies = parsed(VaultLib([("canary", VaultSecret(key.encode()))]).decrypt(str(terms[0])))
        except (AnsibleError, ValueError):
            return []
        return [one for one in cookies if _is_cookie(one)]

    def _forget(self, _terms: t.Sequence[t.Any], _given: str, file: KeyFile) -> list[t.Any]:
        file.forget()
        return []

    def _archives(self, terms: t.Sequence[t.Any], given: str, file: KeyFile) -> list[t.Any]:
        """The database host gets what opens the archives, and nothing that opens the cookies, which lie there sealed."""
        key = given or (file.read_or_make() if terms[0] else file.read())
        run = f"archives {self.get_option('cluster')} {self.get_option('run_id')}"
        return [hmac.new(key.encode(), run.encode(), hashlib.sha256).hexdigest() if key else ""]

    def _looked(self, _terms: t.Sequence[t.Any], given: str, file: KeyFile) -> list[t.Any]:
        try:
            if not given:
                file.check_room()
        except SessionsError as error:
            return [str(error).rstrip(".")]
        return [given_problem(given, self.get_option("proof_password"))]


def _is_cookie(one: t.Any) -> bool:
    return isinstance(one, dict) and _COOKIE <= set(one) <= _COOKIE | _MORE and all(isinstance(it, str) for it in one.values())


def _plain(cookies: t.Sequence[t.Mapping[str, t.Any]]) -> list[dict[str, str]]:
    """As JSON has them: Ansible marks texts that came from a node."""
    return [{name: str(value) for name, value in one.items()} for one in cookies]
