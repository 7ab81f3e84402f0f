# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that a run leaves and shows while it is at work, and a search for secrets in it."""

from __future__ import annotations

import base64
import errno
import json
import os
import socket
import subprocess
import syslog
import threading
import time
import typing as t
import uuid
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote
from xml.sax.saxutils import escape

from demo.patience import wait_for
from demo.processes import all_arguments, all_environments
from tests.playbook.runs import Site
from tests.reservation import reserved

EVERY = 0.05
PLACES = ("output", "log file of ansible", "fact cache", "records", "temporary folders", "processes", "system log")
_DEV_LOG = Path("/dev/log")
_LOG_FILES = (Path("/var/log/syslog"), Path("/var/log/messages"))


def forms(secret: str) -> set[bytes]:
    """A secret as it is, and as JSON (once and twice), Python, a URL, XML and base64 (at any offset) write it."""
    once = {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    twice = {json.dumps(text)[1:-1] for text in once}
    others = {repr(secret)[1:-1], quote(secret), quote(secret, safe=""), quote_plus(secret), unquote(secret), escape(secret)}
    return {text.encode() for text in {secret, *once, *twice, *others}} | set(_base64(secret.encode()))


def _base64(data: bytes) -> t.Iterator[bytes]:
    for before in range(3):
        # without the characters that depend on the neighbours of the secret
        encoded = base64.b64encode(bytes(before) + data)[(0, 2, 3)[before] : (before + len(data)) // 3 * 4]
        yield from {encoded, encoded.replace(b"+", b"-").replace(b"/", b"_")}


class SystemLog:
    """``with SystemLog() as log:`` what is written to the log of the system meanwhile; ``log.works`` says whether it can be read.

    Where no daemon takes it (a container), root takes it itself, one test at a time; else it is read from the journal or the log file.
    """

    def __init__(self) -> None:
        self._began = int(time.time())
        self._offsets = {path: path.stat().st_size for path in _LOG_FILES if os.access(path, os.R_OK)}
        self._alone = ExitStack()
        self._socket: socket.socket | None = None
        self._messages: list[bytes] = []
        self.works = False

    def __enter__(self) -> t.Self:
        if os.geteuid() == 0:
            self._alone.enter_context(reserved("dcops-system-log", "the log of the system"))
            if self._nobody_takes_it():
                self._take_it()
        self.works = self._sees_its_own()
        return self

    def __exit__(self, *_: object) -> None:
        syslog.closelog()
        if self._socket:
            _DEV_LOG.unlink(missing_ok=True)
            self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
        self._alone.close()

    def read(self) -> bytes:
        """All since the beginning."""
        if self._socket:
            return b"\n".join(self._messages)
        return b"\n".join([self._journal(), *(self._rest_of(path, offset) for path, offset in self._offsets.items())])

    def _take_it(self) -> None:
        # a daemon that was killed leaves its socket behind
        _DEV_LOG.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind(str(_DEV_LOG))
        _DEV_LOG.chmod(0o666)
        threading.Thread(target=self._listen, args=(self._socket,), daemon=True).start()

    @staticmethod
    def _nobody_takes_it() -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            return client.connect_ex(str(_DEV_LOG)) in (errno.ENOENT, errno.ECONNREFUSED)

    def _sees_its_own(self) -> bool:
        mark = str(uuid.uuid4())
        syslog.syslog(syslog.LOG_INFO, mark)
        try:
            wait_for(lambda: mark.encode() in self.read(), "the system log says what was written to it", 5)
        except TimeoutError:
            return False
        return True

    def _listen(self, taken: socket.socket) -> None:
        while message := taken.recv(1 << 20):
            self._messages.append(message)

    def _journal(self) -> bytes:
        command = ["journalctl", "--quiet", "--all", "--output=cat", f"--since=@{self._began}"]
        try:
            return subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL).stdout
        except FileNotFoundError:
            return b""

    @staticmethod
    def _rest_of(path: Path, offset: int) -> bytes:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read()


class Watch:
    """``with Watch(site) as watch:`` looks every 50 ms at files and processes, as a kill at that moment would leave them.

    Ansible's temporary folders, its log file and its fact cache are moved into the site's folder. Not looked at: the archives, which hold
    tokens by design, the file of secrets, the key of the canary in its own file, and the processes of the nodes.
    """

    def __init__(self, site: Site, log: SystemLog) -> None:
        self._site = site
        self._log = log
        self._temporary, self._cache, self._log_file = site.folder / "tmp", site.folder / "cache", site.folder / "ansible.log"
        self._temporary.mkdir()
        site.environment |= {
            "TMPDIR": str(self._temporary),
            "ANSIBLE_CACHE_PLUGIN": "jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(self._cache),
            "ANSIBLE_LOG_PATH": str(self._log_file),
        }
        self._node_mark = os.fsencode(site.cluster.product.service.home_mark.format(f"{site.cluster.folder}/"))
        self._known: set[tuple[str, int, int]] = set()
        self._files: dict[str, dict[bytes, str]] = {place: {} for place in PLACES}
        self._processes: dict[int, set[bytes]] = {}
        self._nodes: set[int] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> t.Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._look()
        for path in [*self._site.folder.glob("run*.log"), self._log_file]:
            self._files["output" if path != self._log_file else "log file of ansible"][path.read_bytes()] = path.name
        self._files["system log"][self._log.read()] = "system log"
        for pid in self._processes.keys() - self._nodes:
            self._files["processes"] |= dict.fromkeys(self._processes[pid], f"process {pid}")

    def sees_a_process_with(self, text: bytes) -> bool:
        """Whether a process was seen with it among its arguments, which a NUL divides, or in its environment."""
        return any(text in one for texts in [*self._processes.values()] for one in [*texts])

    def find(self, place: str, secrets: t.Mapping[str, str]) -> list[str]:
        """What was seen of the secrets (name -> value) in that place: '<name of the secret> in <file or process>'."""
        return [
            f"{name} in {where}"
            for name, secret in secrets.items()
            for content, where in self._files[place].items()
            if any(form in content for form in forms(secret))
        ]

    def _watch(self) -> None:
        while True:
            self._look()
            if self._ended.wait(EVERY):
                return

    def _look(self) -> None:
        self._look_at_files()
        self._look_at_processes()

    def _look_at_files(self) -> None:
        archives, homes = self._site.archives, [node.home for node in self._site.cluster.nodes]
        self._keep("temporary folders", self._temporary.rglob("*"))
        keys = self._site.folder / "ansible/force_reauth"
        self._keep("temporary folders", (path for path in (self._site.folder / "ansible").rglob("*") if keys not in path.parents))
        self._keep("fact cache", self._cache.rglob("*"))
        self._keep("records", (path for path in archives.rglob("*") if ".tsv.gz" not in path.name))
        self._keep("records", (home / ".force_reauth.lock" for home in homes))

    def _keep(self, place: str, paths: t.Iterator[Path]) -> None:
        # a folder or a file may go while it is looked at
        while True:
            try:
                path = next(paths)
                status = path.stat()
                version = (str(path), status.st_mtime_ns, status.st_size)
                if version not in self._known and path.is_file():
                    self._files[place][path.read_bytes()] = path.name
                    self._known.add(version)
            except StopIteration:
                return
            except OSError:
                continue

    def _look_at_processes(self) -> None:
        for pid, parts in [*all_environments(), *all_arguments()]:
            self._processes.setdefault(pid, set()).add(b"\0".join(parts))
            # by its pid: the environment may have been read before the process took the name of a node
            if any(part.startswith(self._node_mark) for part in parts):
                self._nodes.add(pid)
