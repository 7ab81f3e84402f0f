# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Apache httpd before nodes, with its balancer-manager."""

from __future__ import annotations

import http.client
import shutil
import signal
import subprocess
import tempfile
import typing as t
from contextlib import closing
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.apache_page import workers_in

from demo.packages import find_apache
from demo.patience import patient, wait_for
from demo.ports import ReservedPort

# where Debian and Fedora have its modules
_FOLDERS = (Path("/usr/lib/apache2/modules"), Path("/usr/lib64/httpd/modules"))
# those that are built into it have no file
_MODULES = (
    *("mpm_event", "unixd", "authz_core", "authz_host", "headers", "proxy", "proxy_http", "slotmem_shm"),
    *("lbmethod_byrequests", "proxy_balancer"),
)
_CONFIGURATION = """
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/httpd.pid
ErrorLog {folder}/error.log
ServerName site.example.test
Listen 127.0.0.1:{port}
{modules}
User nobody
Header add Set-Cookie "NODE=.%{{BALANCER_WORKER_ROUTE}}e; path=/" env=BALANCER_ROUTE_CHANGED
<Proxy balancer://site>
{members}  ProxySet stickysession=NODE
</Proxy>
<Location /balancer-manager>
  SetHandler balancer-manager
  Require {who}
</Location>
ProxyPass /balancer-manager !
ProxyPass /nothing !
ProxyPass / balancer://site/
{more}
"""


class Apache:
    """``with Apache({"n1": 8081}) as apache:`` balancer ``site`` with a worker for each name and its port, sticky by cookie.

    ``who``: whom the balancer-manager lets in, in the words of Require; ``more``: lines of its configuration.
    """

    def __init__(self, ports: t.Mapping[str, int], who: str = "local", more: str = "") -> None:
        self._program = find_apache()
        if not self._program:
            pytest.skip("Apache httpd is not on this machine")
        self._ports, self._who, self._more = ports, who, more
        self._folder = Path(tempfile.mkdtemp(prefix="das-"))
        self._reserved = ReservedPort()
        self.port = self._reserved.port

    def __enter__(self) -> t.Self:
        folder = next(one for one in _FOLDERS if one.is_dir())
        files = {name: folder / f"mod_{name}.so" for name in _MODULES}
        text = _CONFIGURATION.format(
            folder=self._folder,
            port=self.port,
            modules="\n".join(f"LoadModule {name}_module {file}" for name, file in files.items() if file.exists()),
            members="".join(f"  BalancerMember http://127.0.0.1:{port} route={name} retry=1\n" for name, port in self._ports.items()),
            who=self._who,
            more=self._more,
        )
        path = self._folder / "httpd.conf"
        path.write_text(text, encoding="utf-8")
        with (self._folder / "log").open("w", encoding="utf-8") as log:
            command = [str(self._program), "-f", str(path), "-DFOREGROUND"]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(lambda: self._page() != "", "Apache httpd answers")
        return self

    def __exit__(self, *_: object) -> None:
        wait_for(self._is_ended, "Apache httpd ends")
        self._reserved.release()
        shutil.rmtree(self._folder)

    @property
    def manager(self) -> str:
        """The address of its balancer-manager."""
        return f"http://127.0.0.1:{self.port}/balancer-manager"

    @property
    def variables(self) -> dict[str, t.Any]:
        """What the playbook needs to know of it."""
        return {"drain": "apache", "apache_hosts": ["localhost"], "apache_manager": self.manager, "apache_balancer": "site"}

    def states(self) -> dict[str, str]:
        """Worker, by its route -> its status."""
        return _states_in(self.get("/balancer-manager"))

    def get(self, path: str, node: str = "") -> str:
        """The page as a client gets it that sticks to that node."""
        with closing(self.request(node, path)) as connection:
            return connection.getresponse().read().decode()

    def request(self, node: str, path: str) -> http.client.HTTPConnection:
        """A request to that node, whose answer is not waited for; close it to end it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patient(60))
        connection.request("GET", path, headers={"Cookie": f"NODE=.{node}"})
        return connection

    def reload(self) -> None:
        """It reads its configuration again, as when an administrator has changed it, and answers by it: what it was told before is gone."""
        before = self.states()
        self._process.send_signal(signal.SIGHUP)
        wait_for(lambda: _states_in(self._page()) not in ({}, before), "Apache httpd answers by what it has read")

    def _is_ended(self) -> bool:
        """Told more than once: while it reads its configuration it does not listen to signals."""
        self._process.terminate()
        return self._process.poll() is not None

    def _page(self) -> str:
        """Of the balancer-manager; '' while it does not answer. While it reads its configuration it takes connections and closes them."""
        try:
            return self.get("/balancer-manager")
        except (OSError, http.client.HTTPException):
            assert self._process.poll() is None, (self._folder / "log").read_text(encoding="utf-8")
            return ""


def _states_in(page: str) -> dict[str, str]:
    return {one.route: one.status for one in workers_in(page)}
