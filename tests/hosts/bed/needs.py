# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bed needs of this machine: each is tried, and what is missing is named in one sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import typing as t
from pathlib import Path

from demo.packages import BED_PROGRAMS
from tests.hosts.bed import image

_NAMESPACE = "dcops-bed-probe"
_HIERARCHIES = ("/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup")


def cgroups() -> list[Path]:
    """The hierarchies in which systemd wants a group of its own: those of cgroup v1 with its unified companion, or the one of v2."""
    return [Path(path) for path in _HIERARCHIES if Path(path, "cgroup.procs").exists()]


def missing() -> list[str]:
    """One sentence for each need that this machine does not meet; the programs are looked for first, without them nothing is tried."""
    if os.geteuid() != 0:
        return ["The bed of hosts needs root: it mounts, makes network interfaces and boots hosts."]
    absent = [program for program in BED_PROGRAMS if not shutil.which(program)]
    if absent:
        return [f"The bed of hosts needs {', '.join(absent)}: python -m demo.packages bed installs them."]
    return [sentence for meets, sentence in _TRIALS if not meets()]


def _image() -> bool:
    return image.archive().exists() or bool(image.sources())


def _overlay() -> bool:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        folders = {name: Path(scratch, name) for name in ("lower", "upper", "work", "root")}
        for folder in folders.values():
            folder.mkdir()
        options = "lowerdir={lower},upperdir={upper},workdir={work}".format(**folders)
        mounted = _works("mount", "-t", "overlay", _NAMESPACE, "-o", options, str(folders["root"]))
        return mounted and _works("umount", str(folders["root"]))


def _namespace() -> bool:
    return _works("ip", "netns", "add", _NAMESPACE) and _works("ip", "netns", "del", _NAMESPACE)


def _veth() -> bool:
    return _works("ip", "link", "add", "dcopsprobe0", "type", "veth", "peer", "name", "dcopsprobe1") and _works(
        "ip", "link", "del", "dcopsprobe0"
    )


def _bridge() -> bool:
    return _works("ip", "link", "add", "dcopsprobe0", "type", "bridge") and _works("ip", "link", "del", "dcopsprobe0")


def _cgroup() -> bool:
    for hierarchy in cgroups():
        group = hierarchy / _NAMESPACE
        try:
            group.mkdir()
            group.rmdir()
        except OSError:
            return False
    return bool(cgroups())


def _works(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


_TRIALS: tuple[tuple[t.Callable[[], bool], str], ...] = (
    (
        _image,
        "The bed of hosts needs Debian: its own package sources are in neither of the usual places of apt, so its image cannot be built.",
    ),
    (_overlay, "The bed of hosts needs overlayfs below /var/tmp: mounting one failed."),
    (_namespace, "The bed of hosts needs network namespaces: 'ip netns add' failed."),
    (_veth, "The bed of hosts needs veth interfaces: 'ip link add type veth' failed."),
    (_bridge, "The bed of hosts needs a network bridge: 'ip link add type bridge' failed."),
    (_cgroup, "The bed of hosts needs writable cgroups below /sys/fs/cgroup: making one failed."),
)
