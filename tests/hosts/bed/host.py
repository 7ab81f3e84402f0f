# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host of the bed: a real systemd, sshd and network address in a namespace, on a file system of its own above the image."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from demo.patience import patient, wait_for
from tests.hosts.bed.needs import cgroups
from tests.hosts.bed.places import BRIDGE, CGROUP, FILES, FOLDER, NETWORK, address, interface, namespace

IMAGE = FOLDER / "image"
KEYS = FOLDER / "keys"
# the hosts are as new as their keys, each time
SSH_OPTIONS = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR")


@dataclass(frozen=True)
class Host:
    """A host by its name; up or not."""

    name: str

    @property
    def address(self) -> str:
        """Its own address."""
        return address(self.name)

    @property
    def root(self) -> Path:
        """Its file system, as this machine sees it, also while it runs."""
        return FOLDER / "hosts" / self.name / "root"

    @property
    def init(self) -> int:
        """The pid of its systemd on this machine, 0 when it is down."""
        supervisor = self._supervisor
        nspawns = _children(supervisor) if supervisor else []
        return next((pid for nspawn in nspawns for pid in _children(nspawn) if _name(pid) == "systemd"), 0)

    def prepare(self, hosts: str) -> None:
        """Its file system and its network cable; ``hosts`` is the text of its /etc/hosts."""
        folder = self.root.parent
        for part in ("upper", "work", "root"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        layers = f"lowerdir={IMAGE},upperdir={folder}/upper,workdir={folder}/work"
        call("mount", "-t", "overlay", namespace(self.name), "-o", layers, str(self.root))
        self.write("/etc/hosts", hosts)
        self.write("/etc/hostname", f"{self.name}\n")
        for home in ("root", "home/deploy"):
            self.write(f"/{home}/.ssh/authorized_keys", (KEYS / "id.pub").read_text(encoding="utf-8"), mode=0o600)
        self.inside("chown", "-R", "deploy:deploy", "/home/deploy")
        self.write("/etc/ssh/ssh_host_ed25519_key", (KEYS / "host").read_text(encoding="utf-8"), mode=0o600)
        self.write("/etc/ssh/sshd_config.d/bed.conf", "UseDNS no\nPasswordAuthentication no\nMaxStartups 100\n")
        self._connect()

    def boot(self) -> None:
        """Switch it on."""
        groups = [str(hierarchy / CGROUP / self.name) for hierarchy in cgroups()]
        supervisor = [str(FILES / "host.sh"), str(self._pid_file), self.name, str(self.root), namespace(self.name), *groups]
        with (self.root.parent / "console.log").open("a", encoding="utf-8") as console:
            subprocess.run(["setsid", "--fork", *supervisor], stdin=subprocess.DEVNULL, stdout=console, stderr=console, check=True)

    def wait(self, seconds: float = 60) -> None:
        """Until its sshd answers; raises TimeoutError."""
        wait_for(self._answers, f"sshd of {self.name} answers", seconds)

    def run(self, *command: str, text: str = "", check: bool = True) -> str:
        """Run a command on it without the network, as root; returns what it said. Raises CalledProcessError."""
        words = ["nsenter", "--target", str(self.init), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", *command]
        return subprocess.run(words, input=text, capture_output=True, text=True, check=check, cwd="/").stdout

    def inside(self, *command: str) -> None:
        """Run a command in its file system, also while it is down."""
        call("chroot", str(self.root), *command)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file of root's on it."""
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        target.chmod(mode)

    def link(self, up: bool) -> None:
        """Plug its network cable in, or pull it."""
        call("ip", "link", "set", interface(self.name), "up" if up else "down")

    def destroy(self) -> None:
        """Switch it off and remove all that was made for it; also what a killed start has left."""
        supervisor = self._supervisor
        if supervisor:
            for pid in (self.init, supervisor):
                _kill(pid)
            wait_for(lambda: not _is_alive(supervisor), f"{self.name} is down", 20)
        for pid in self._strays():
            _kill(pid)
        call("umount", "--lazy", str(self.root), check=False)
        call("ip", "netns", "del", namespace(self.name), check=False)
        call("ip", "link", "del", interface(self.name), check=False)
        self._remove_cgroups()
        shutil.rmtree(f"/run/systemd/nspawn/propagate/{self.name}", ignore_errors=True)
        shutil.rmtree(self.root.parent, ignore_errors=True)

    @property
    def _pid_file(self) -> Path:
        return self.root.parent / "pid"

    @property
    def _supervisor(self) -> int:
        try:
            pid = int(self._pid_file.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return 0
        return pid if _is_alive(pid) and b"host.sh" in Path(f"/proc/{pid}/cmdline").read_bytes() else 0

    def _connect(self) -> None:
        space, cable = namespace(self.name), interface(self.name)
        call("ip", "netns", "add", space)
        call("ip", "link", "add", cable, "type", "veth", "peer", "name", "host0", "netns", space)
        call("ip", "link", "set", cable, "master", BRIDGE, "up")
        call("ip", "-n", space, "link", "set", "lo", "up")
        call("ip", "-n", space, "addr", "add", f"{self.address}/24", "dev", "host0")
        call("ip", "-n", space, "link", "set", "host0", "up")

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.address, 22), timeout=patient(1)) as connection:
                return connection.recv(3) == b"SSH"
        except OSError:
            return False

    def _strays(self) -> list[int]:
        """Processes in its cgroups that outlived its systemd."""
        files = [path for group in self._groups() for path in group.rglob("cgroup.procs")]
        return [int(pid) for path in files for pid in path.read_text(encoding="utf-8").split()]

    def _groups(self) -> list[Path]:
        return [group for hierarchy in cgroups() if (group := hierarchy / CGROUP / self.name).is_dir()]

    def _remove_cgroups(self) -> None:
        wait_for(lambda: not self._strays(), f"the processes of {self.name} are gone", 10)
        for group in self._groups():
            for folder in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
                folder.rmdir()
            group.rmdir()


def ssh_command(host: Host, account: str = "root") -> list[str]:
    """A shell there by ssh."""
    return ["ssh", *SSH_OPTIONS, "-i", str(KEYS / "id"), f"{account}@{host.address}"]


def make_network() -> None:
    """The switch that all hosts are plugged into; this machine has an address there, too."""
    call("ip", "link", "add", BRIDGE, "type", "bridge")
    call("ip", "addr", "add", f"{NETWORK}.1/24", "dev", BRIDGE)
    call("ip", "link", "set", BRIDGE, "up")


def remove_network() -> None:
    """The switch, and the parents of the hosts' cgroups."""
    call("ip", "link", "del", BRIDGE, check=False)
    for hierarchy in cgroups():
        if (hierarchy / CGROUP).is_dir():
            (hierarchy / CGROUP).rmdir()


def call(*command: str, check: bool = True) -> None:
    """Run a command of this machine; raises RuntimeError with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")


def _children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "--parent", str(pid)], capture_output=True, text=True, check=False)
    return [int(child) for child in found.stdout.split()]


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def _is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def _kill(pid: int) -> None:
    if pid:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
