# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each host is reached that tasks are delegated to, by its own variables. Pure."""

from __future__ import annotations

import typing as t

# what of a host decides how it is reached, and as whom; the task that keeps it has the same names
CONNECTION = (
    *("ansible_host", "ansible_ssh_host", "ansible_port", "ansible_ssh_port", "ansible_user", "ansible_ssh_user", "ansible_connection"),
    *("ansible_password", "ansible_ssh_pass", "ansible_ssh_password", "ansible_ssh_private_key_file", "ansible_private_key_file"),
    *("ansible_ssh_common_args", "ansible_ssh_extra_args", "ansible_ssh_executable", "ansible_python_interpreter"),
    *("ansible_become", "ansible_become_user", "ansible_become_method", "ansible_become_password", "ansible_become_pass"),
    *("ansible_become_exe", "ansible_become_flags"),
)


class Own(t.TypedDict):
    """``host``, and its variables in ``own``: they may hold passwords."""

    host: str
    own: dict[str, t.Any]


def connections(hosts: t.Sequence[str], hostvars: t.Mapping[str, t.Any], nodes: t.Sequence[str]) -> list[Own]:
    """The connection variables of each host that it has, with its own name in their templates. ``nodes``: of the cluster."""
    return [{"host": host, "own": _own(host, _variables(host, hostvars), nodes)} for host in hosts]


def _own(host: str, variables: t.Mapping[str, t.Any], nodes: t.Sequence[str]) -> dict[str, t.Any]:
    found = {name: value for name in CONNECTION for value in _value(name, variables)}
    found["ansible_host"] = found.get("ansible_ssh_host") or found.get("ansible_host") or host
    if host == "localhost" and host not in nodes and found.get("ansible_connection") == "local":
        # what runs on the controller itself runs as whoever started the playbook
        found["ansible_become"] = False
    return found


def _variables(host: str, hostvars: t.Mapping[str, t.Any]) -> t.Mapping[str, t.Any]:
    try:
        found = hostvars[host]
    except Exception:  # a host that is in no inventory; each version of Ansible says so in its way
        return {}
    return found if isinstance(found, t.Mapping) else {}


def _value(name: str, variables: t.Mapping[str, t.Any]) -> list[t.Any]:
    """None where it has none, or one that cannot be worked out: Ansible says so in its own words when it needs it."""
    try:
        value = variables.get(name)
    except Exception:  # whatever is wrong with the template
        return []
    return [] if value is None or type(value).__name__.endswith(("Undefined", "Marker")) else [value]
