# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies on the controller is read and written by Ansible's own process: to send a module there as well takes half a second each time.

Only where nothing else would happen: the same account, the same folder, the same environment.
"""

from __future__ import annotations

import json
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence import files
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record import states

Values = dict[str, t.Any]
Answer = t.Callable[[Values, bool], Values]

# the modules that need nothing but Python's own library, with what they take
_MODULES: t.Mapping[str, tuple[Answer, Values, t.Sequence[t.Any]]] = {
    "dcops.atlassian_sessions.evidence_files": (files.answer, files.ARGUMENTS, ()),
    "dcops.atlassian_sessions.run_record": (states.answer, states.ARGUMENTS, states.REQUIRED_IF),
}


def is_here(module: str, connection: t.Any, task: t.Any) -> bool:
    """Whether the module can answer here: Ansible's connection and task say where, as whom and in which environment it would run."""
    here = connection.transport == "local" and not connection.become
    return here and module in _MODULES and not task.async_val and not any(task.environment or ())


def answered(module: str, arguments: t.Mapping[str, t.Any], check_mode: bool) -> Values:
    """The module's result. Raises nothing that it refuses: that is a failed result, as of a module."""
    answer, wanted, required_if = _MODULES[module]
    validated = ArgumentSpecValidator(wanted, required_if=list(required_if)).validate(dict(arguments))
    if validated.error_messages:
        return {"failed": True, "msg": "; ".join(validated.error_messages)}
    try:
        # plain values both ways, as on the way to a host
        return _plain(answer(_plain(validated.validated_parameters), check_mode))
    except SessionsError as error:
        return {"failed": True, "msg": str(error)}


def _plain(values: Values) -> Values:
    plain: Values = json.loads(json.dumps(values))
    return plain
