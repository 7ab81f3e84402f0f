# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a host is reached that tasks are delegated to, by its own variables. Pure."""

from __future__ import annotations

import typing as t

# whatever reaches a host, connection, become and shell plugins of any collection among it, reads variables of such names
_PREFIX = "ansible_"


class Own(t.TypedDict):
    """One ``variable`` of a ``host`` and its ``value``, which may be a password."""

    host: str
    variable: str
    value: t.Any


class _Filled(t.NamedTuple):
    value: t.Any
    was_template: bool


def own_connection(host: str, written: t.Mapping[str, t.Any], filled: t.Callable[[t.Any], t.Any], nodes: t.Sequence[str]) -> list[Own]:
    """The connection variables of a host that hold templates, with its own name in them, and its address.

    ``written``: all its variables. ``filled``: fills the templates of a value, and may raise anything. ``nodes``: of the cluster.
    """
    known = {name: one for name in written if name.startswith(_PREFIX) for one in _worked_out(written[name], filled)}
    values = {name: one.value for name, one in known.items()}
    found = {name: one.value for name, one in known.items() if one.was_template}
    found["ansible_host"] = values.get("ansible_ssh_host") or values.get("ansible_host") or host
    if host == "localhost" and host not in nodes and values.get("ansible_connection") == "local":
        # what runs on the controller itself runs as whoever started the playbook
        found["ansible_become"] = False
    return [Own(host=host, variable=name, value=value) for name, value in found.items()]


def _worked_out(written: t.Any, filled: t.Callable[[t.Any], t.Any]) -> list[_Filled]:
    """None where it is none, or one that cannot be worked out: Ansible says so in its own words when it needs it."""
    try:
        value = filled(written)
        # tuples are what Ansible itself sets, as the tags of the command line, and come back as lists
        return [] if value is None else [_Filled(value, value != written and not isinstance(written, tuple))]
    except Exception:  # each version of Ansible says in its way what is wrong with a template
        return []
