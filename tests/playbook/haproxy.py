# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real HAProxy before the nodes of a stand-in cluster, and clients that count what they get through it."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import tempfile
import threading
import typing as t
from collections import Counter
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.haproxy_socket import ask

from demo.cluster import Cluster
from demo.packages import find_haproxy
from demo.patience import patient, wait_for

_CONFIGURATION = """
global
    stats socket {socket} level admin mode 600
defaults
    mode http
    timeout connect 2s
    timeout client 10m
    timeout server 10m
    timeout http-keep-alive 10s
frontend public
    bind 127.0.0.1:{port}
    default_backend site
backend site
    cookie NODE insert indirect nocache
    option httpchk GET /status
    http-check expect string RUNNING
    default-server check inter 200ms fall 2 rise 2
"""


class HAProxy:
    """``with HAProxy(cluster) as haproxy:`` backend ``site`` has a server for each node, sticky by cookie, checked by its status page.

    ``alone``: a node that has a backend of its own besides, by that name.
    """

    def __init__(self, cluster: Cluster, alone: str = "") -> None:
        self._program = find_haproxy()
        if not self._program:
            pytest.skip("HAProxy is not on this machine")
        self._cluster, self._alone = cluster, alone
        # a short path: the name of a unix socket has little room
        self._folder = Path(tempfile.mkdtemp(prefix="das-"))
        self.socket = self._folder / "admin.sock"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    def __enter__(self) -> t.Self:
        path = self._folder / "haproxy.cfg"
        servers = [f"    server {node.name} 127.0.0.1:{node.port} cookie {node.name}\n" for node in self._cluster.nodes]
        alone = [
            f"backend {node.name}\n    server {node.name} 127.0.0.1:{node.port}\n"
            for node in self._cluster.nodes
            if node.name == self._alone
        ]
        path.write_text(_CONFIGURATION.format(socket=self.socket, port=self.port) + "".join(servers + alone), encoding="utf-8")
        with (self._folder / "log").open("w", encoding="utf-8") as log:
            command = [str(self._program), "-db", "-f", str(path)]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(lambda: self.socket.exists() and set(self.states().values()) == {"UP"}, "HAProxy sees every node up")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self._folder)

    @property
    def variables(self) -> dict[str, t.Any]:
        """What the playbook needs to know of it."""
        return {"drain": "haproxy", "haproxy_hosts": ["localhost"], "haproxy_socket": str(self.socket), "haproxy_backend": "site"}

    def states(self) -> dict[str, str]:
        """Server -> its status."""
        rows = [line.split(",") for line in self.tell("show stat").splitlines() if line.startswith("site,n")]
        return {row[1]: row[17] for row in rows}

    def tell(self, command: str) -> str:
        """The answer to a command of the runtime API."""
        return ask(str(self.socket), command)

    def request(self, node: str, path: str) -> socket.socket:
        """A request to that node, whose answer is not waited for; close it to end it."""
        client = socket.create_connection(("127.0.0.1", self.port))
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: site\r\nCookie: NODE={node}\r\n\r\n".encode())
        return client


class Traffic:
    """``with Traffic(port, clients) as traffic:`` clients that ask without end: half of them stick by cookie, all keep their connection.

    ``answers`` counts status codes, and the names of errors.
    """

    def __init__(self, port: int, clients: int) -> None:
        self.answers: Counter[str] = Counter()
        self._port = port
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._client, args=(number % 2 == 0,), daemon=True) for number in range(clients)]

    def __enter__(self) -> t.Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    @property
    def failures(self) -> dict[str, int]:
        """All that was not answered with 200."""
        return {answer: count for answer, count in self.answers.items() if answer != "200"}

    def _client(self, sticks: bool) -> None:
        connection, cookie = http.client.HTTPConnection("127.0.0.1", self._port, timeout=patient(30)), ""
        while not self._ended.wait(0.05):
            try:
                connection.request("GET", "/status", headers={"Cookie": cookie} if cookie else {})
                response = connection.getresponse()
                response.read()
                answer = str(response.status)
                given = response.getheader("Set-Cookie", "").partition(";")[0]
                cookie = given if sticks and given else cookie
            except (OSError, http.client.HTTPException) as error:
                answer = type(error).__name__
                connection.close()
            with self._lock:
                self.answers[answer] += 1
        connection.close()
