# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that a template or an installer never filled in. Pure."""

from __future__ import annotations

import re

# {{ x }}, {% x %}, <%= x %>, <x>, ${x}, $(x), $x, %X%, __X__, @x@
_LEFT = re.compile(
    r"\{\{|\}\}|\{%|<%|%>|(?:^|(?<=/))<[A-Za-z][\w .-]*>(?=$|[:/])|\$\{|\$\(|(?<!\w)\$\w|%[A-Za-z_]\w*%"
    r"|(?<!\w)__[A-Za-z](?:\w*\w)?__(?!\w)|(?<![\w.])@[A-Za-z][\w.-]*@"
)
NEVER_FILLED_IN = "a placeholder in it was never filled in"


def has_placeholder(value: str) -> bool:
    """Whether the value, or a part of it, stands for another one."""
    return _LEFT.search(value) is not None
