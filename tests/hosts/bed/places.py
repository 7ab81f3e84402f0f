# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, addresses and folders of the bed. They are fixed: one bed per machine."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path("/var/tmp/dcops-bed")
BRIDGE = "dcopsbed0"
CGROUP = "dcops-bed"
# RFC 2544: for tests of networks, never routed
NETWORK = "198.18.77"
LOAD_BALANCER, DATABASE = "lb", "db"
FILES = Path(__file__).resolve().parent / "files"
APPLICATION = Path(__file__).resolve().parent / "app"


def node_names(number: int) -> list[str]:
    """The nodes: n1, n2, .."""
    return [f"n{place}" for place in range(1, number + 1)]


def address(name: str) -> str:
    """The address of a host, by its name."""
    fixed = {LOAD_BALANCER: 2, DATABASE: 3}
    return f"{NETWORK}.{fixed.get(name) or 10 + int(re.sub('^n', '', name))}"


def interface(name: str) -> str:
    """The host's network cable, seen from this machine."""
    return f"bed-{name}"


def namespace(name: str) -> str:
    """The host's network namespace."""
    return f"dcops-bed-{name}"
