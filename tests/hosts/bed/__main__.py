# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.hosts.bed probe | up | shell NODE | down``."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

from tests.hosts.bed import bed
from tests.hosts.bed.host import Host, ssh_command
from tests.hosts.bed.needs import missing
from tests.hosts.bed.places import node_names
from tests.hosts.bed.reservation import reserved


def main() -> int:
    """Exit status 1 when the bed cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m tests.hosts.bed", description="A bed of real hosts on this machine.")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("probe", help="what this machine lacks for it")
    upward = actions.add_parser("up", help="boot it, with a product on its nodes")
    upward.add_argument("--nodes", type=int, default=3)
    upward.add_argument("--product", choices=sorted(bed.ENGINES), default="jira")
    actions.add_parser("shell", help="a shell on a host").add_argument("host")
    actions.add_parser("down", help="switch all hosts off and remove everything")
    options = parser.parse_args()
    if options.action == "probe":
        return _probe()
    if options.action == "shell":
        return subprocess.run(ssh_command(Host(options.host)), check=False).returncode
    try:
        with reserved(seconds=5):
            return _down() if options.action == "down" else _up(options.nodes, options.product)
    except (bed.BedMissing, TimeoutError) as error:
        print(error, file=sys.stderr)
        return 1


def _down() -> int:
    bed.down()
    return 0


def _probe() -> int:
    problems = missing()
    print("\n".join(problems) or "This machine can have the bed.")
    return int(bool(problems))


def _up(nodes: int, product: str) -> int:
    began = time.monotonic()
    bed.up(nodes)
    site = bed.deploy(product, nodes)
    site.start()
    print(f"Up in {time.monotonic() - began:.0f} s: {', '.join(node_names(nodes))}, lb and db, with a stand-in for {site.product.title}.")
    for node in site.nodes:
        print(f"  {node.name}  http://{node.host.address}:{node.listens}  {node.unit or 'no unit: its scripts'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
