# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command of a run without its secrets. Pure."""

from __future__ import annotations

import shlex
import typing as t

_HIDDEN = "***"
# as ansible-playbook keeps what it was given: the name there, and the option
_WITH_VALUES = {"inventory": "-i", "tags": "--tags", "skip_tags": "--skip-tags", "vault_ids": "--vault-id"}
_WITH_VALUE = {"subset": "--limit", "start_at_task": "--start-at-task"}


def command_of(given: t.Mapping[str, t.Any], named: t.Collection[str]) -> str:
    """The line for a shell. ``given``: the parsed command line. Of extra variables the values of those in ``named`` are shown alone."""
    words = ["ansible-playbook"]
    for name, option in _WITH_VALUES.items():
        words += [word for one in given.get(name) or () if one != "all" for word in (option, str(one))]
    words += map(str, given.get("args") or ())
    words += [word for name, option in _WITH_VALUE.items() if given.get(name) for word in (option, str(given[name]))]
    words += [word for one in given.get("extra_vars") or () for word in ("-e", _extra(str(one), named))]
    return shlex.join(words)


def _extra(value: str, named: t.Collection[str]) -> str:
    """A file is kept by its name; JSON, YAML and what else is written there may hold anything."""
    if value.startswith("@"):
        return value
    try:
        parts = [one.partition("=") for one in shlex.split(value)]
    except ValueError:
        return _HIDDEN
    if not parts or not all(name.isidentifier() and sign for name, sign, _value in parts):
        return _HIDDEN
    return " ".join(f"{name}={shlex.join([text]) if name in named else _HIDDEN}" for name, _sign, text in parts)
