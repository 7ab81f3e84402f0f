# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How every module ends: with its whole result, or with a refusal where Ansible would alter it.

Ansible puts stars wherever a result holds the text of a secret option (``no_log``), also where that is a user's name or a part of the
cluster's, and what comes next would go by the stars. In Ansible's own process nothing is altered: what is answered there ends as it is.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

Values = t.Mapping[str, t.Any]


def end(module: AnsibleModule, result: Values) -> None:
    """End the module with this result, or refuse it."""
    try:
        check_told(result, module.argument_spec, module.params)
    except SessionsError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


def check_told(told: Values, spec: Values, options: Values) -> None:
    """Raises SessionsError where the text of a secret option is a part of what is told. ``spec``: an argument spec, ``options``: by it."""
    secrets = {name: _secrets(option, options.get(name)) for name, option in spec.items()}
    hidden = {name: [key for key, value in told.items() if _altered(value, texts)] for name, texts in secrets.items() if texts}
    names = [name for name, keys in hidden.items() if keys]
    if names:
        where = ", ".join(dict.fromkeys(key for name in names for key in hidden[name]))
        raise SessionsError(
            f"{' and '.join(names)}: this secret is also a part of what has to be told here ({where}), where Ansible puts stars in its "
            "place, and what comes next would go by the stars: change it, then start again."
        )


def _secrets(option: Values, value: t.Any) -> list[str]:
    """The texts in the value of an option that Ansible hides: its own, or those of its parts."""
    if not value:
        return []
    if option.get("no_log"):
        return [str(value)]
    rows = value if isinstance(value, list) else [value]
    return [text for row in rows for name, part in option.get("options", {}).items() for text in _secrets(part, row.get(name))]


def _altered(value: t.Any, secrets: t.Sequence[str]) -> bool:
    """Whether Ansible would; without secrets it makes plain lists and texts as well."""
    from ansible.module_utils.common.parameters import remove_values  # a module has it; whoever has no secret needs it not

    return bool(remove_values(value, secrets) != remove_values(value, ()))
