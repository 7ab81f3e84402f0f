# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which versions of ansible-core may run the playbooks. Pure."""

from __future__ import annotations

import re

_OLDEST, _BAD = (2, 17, 7), (2, 18, 0)


def core_problem(version: str) -> str:
    """Why this ansible-core is refused, '' when it is not. ``meta/runtime.yml`` says the same, for which Ansible only warns."""
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if not match:
        return f"the version of ansible-core is not known ({version!r})"
    found = tuple(map(int, match.groups()))
    if found >= _OLDEST and found != _BAD:
        return ""
    return (
        f"ansible-core {version} is too old: before 2.17.7, and in 2.18.0, a template in a file of a node is run on the controller. "
        "Take 2.17.7, 2.18.1 or newer"
    )
