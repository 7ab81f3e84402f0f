# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver with a real Apache httpd, and the nodes behind one."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
import typing as t
from contextlib import closing
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.apache import Apache as Driver
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.balancer import Balancer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.connections import Connections
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site as Address

from demo.patience import patient, wait_for
from demo.playbook import collections_path, write_config
from demo.ports import ReservedPort
from tests.playbook.apache import Apache
from tests.playbook.haproxy import Traffic
from tests.playbook.runs import Site

MakeSite = t.Callable[..., Site]


# more than the connections of this test hold, less than httpd keeps of an answer for a client that does not read
LONG = 25_000


class Backend:
    """A web server that answers with its name; ``/hung`` only when it is let go, ``/long`` with much of it."""

    def __init__(self, name: str, port: int = 0) -> None:
        self.let_go = threading.Event()
        let_go = self.let_go

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/hung":
                    let_go.wait(patient(60))
                body = name.encode() * (LONG if self.path == "/long" else 1)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> t.Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def backends() -> t.Iterator[dict[str, Backend]]:
    with Backend("n1") as one, Backend("n2") as two:
        yield {"n1": one, "n2": two}


@pytest.fixture
def ports(backends: dict[str, Backend]) -> dict[str, int]:
    return {name: one.port for name, one in backends.items()}


@pytest.fixture
def free_ports() -> t.Iterator[dict[str, int]]:
    """Nobody listens on them."""
    reserved = {name: ReservedPort() for name in ("n1", "n2")}
    yield {name: one.port for name, one in reserved.items()}
    for one in reserved.values():
        one.release()


def balancer(manager: str, name: str = "site", worker: str = "n1") -> Balancer:
    return Balancer(Driver(Address(manager, refers=True), name, worker, Connections(manager).to), time.monotonic, time.sleep)


def rehearse(apache: Apache, scratch: Path) -> str:
    """What the module says in check mode, as Ansible starts it."""
    environment = {"ANSIBLE_CONFIG": str(write_config(scratch)), "ANSIBLE_COLLECTIONS_PATH": str(collections_path()), "HOME": str(scratch)}
    options = f"manager={apache.manager} worker=n1 state=out"
    program = str(Path(sys.executable).with_name("ansible"))
    python = f"ansible_python_interpreter={sys.executable}"
    command = [program, "localhost", "-e", python, "-m", "dcops.atlassian_sessions.apache_worker", "-a", options, "--check"]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def test_a_worker_is_taken_out_of_a_real_httpd_when_its_requests_have_ended_and_put_back(
    backends: dict[str, Backend], ports: dict[str, int]
) -> None:
    with Apache(ports) as apache:
        assert apache.get("/", "n1") == "n1"
        with closing(apache.request("n1", "/hung")) as request:
            wait_for(lambda: balancer(apache.manager).driver.servers()[0].sessions == 1, "the request has begun")
            with pytest.raises(SessionsError, match=r"still counts sessions 0\.9 s after the server was taken out: site/n1 1\."):
                balancer(apache.manager).take_out(grace=0, timeout=0.9)
            backends["n1"].let_go.set()
            assert request.getresponse().read() == b"n1"
        balancer(apache.manager).take_out(grace=0, timeout=patient(10))
        assert apache.states() == {"n1": "Init Drn Dis", "n2": "Init Ok"}
        assert {apache.get("/", "n1") for _time in range(5)} == {"n2"}
        balancer(apache.manager).put_back(timeout=patient(10))
        assert (apache.states()["n1"], apache.get("/", "n1")) == ("Init Ok", "n1")


def test_a_worker_that_httpd_still_counts_a_request_of_is_out_when_no_connection_leads_to_it(ports: dict[str, int]) -> None:
    """The answer of the node has come, and its client does not read it: the same to see as a request that httpd lost count of."""
    with Apache(ports, more="SendBufferSize 4096") as apache, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", apache.port))
        client.sendall(b"GET /long HTTP/1.1\r\nHost: site\r\nCookie: NODE=.n1\r\n\r\n")
        counted = Driver(Address(apache.manager, refers=True), "site", "n1", lambda _url: None)
        wait_for(lambda: counted.servers()[0].sessions == 1, "the request has begun")
        balancer(apache.manager).take_out(grace=0, timeout=patient(10))
        assert (counted.servers()[0].sessions, apache.states()["n1"]) == (1, "Init Drn Dis")


@dataclass
class Clients:
    """A clock and a pause in which a client asks."""

    ask: t.Callable[[], object]
    now: float = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.ask()
        self.now += seconds


def test_a_worker_that_failed_while_all_nodes_were_down_is_back_before_anybody_asks_and_not_where_a_request_fails_again(
    free_ports: dict[str, int],
) -> None:
    with Apache(free_ports) as apache:
        assert "503 Service Unavailable" in apache.get("/", "n1")
        for worker in ("n1", "n2"):
            replace(balancer(apache.manager, worker=worker), accept_outage=True).take_out(grace=0, timeout=patient(10))
        assert apache.states() == {"n1": "Init Drn Dis Err", "n2": "Init Drn Dis Err"}
        with Backend("n2", free_ports["n2"]):
            balancer(apache.manager, worker="n2").put_back(timeout=patient(10))
            assert apache.states()["n2"] == "Init Err"
            nobody = Clients(lambda: None)
            replace(balancer(apache.manager, worker="n2"), clock=nobody.clock, sleep=nobody.sleep).put_back(timeout=300)
            assert (apache.states()["n2"], nobody.now) == ("Init Err", 92.5)
            assert (apache.get("/", "n2"), apache.states()["n2"]) == ("n2", "Init Ok")
        clients = Clients(lambda: apache.get("/", "n1"))
        with pytest.raises(SessionsError, match=r"did not see the server up within 30 s: site/n1 is Init Err\."):
            replace(balancer(apache.manager), clock=clients.clock, sleep=clients.sleep).put_back(timeout=10)


def test_the_module_changes_nothing_in_check_mode_and_what_a_reload_forgets_is_seen(ports: dict[str, int], tmp_path: Path) -> None:
    with Apache(ports) as apache:
        assert '"changed": true' in rehearse(apache, tmp_path)
        assert apache.states()["n1"] == "Init Ok"
        balancer(apache.manager).take_out(grace=0, timeout=patient(10))
        apache.reload()
        assert apache.states()["n1"] == "Init Ok"
        assert balancer(apache.manager).unlike("back") == []
        balancer(apache.manager).put_back(timeout=patient(10))


@pytest.mark.parametrize(
    ("given", "manager", "name", "worker", "sentence"),
    [
        ({}, "/balancer-manager", "shop", "n1", "has no balancer shop; it has site"),
        ({}, "/balancer-manager", "site", "n3", "knows no worker n3 in balancer site; it knows site/http://127.0.0.1:"),
        ({}, "/balancer-manager", "site", "127.0.0.1", "More than one worker is called 127.0.0.1 there"),
        ({}, "/nothing", "site", "n1", "/nothing is not there. It needs a Location with 'SetHandler balancer-manager'"),
        ({}, "/", "site", "n1", "is no balancer-manager of Apache httpd. Is it proxied"),
        ({"who": "all denied"}, "/balancer-manager", "site", "n1", "does not let the host in that asks"),
        ({"more": "UseCanonicalName On"}, "/balancer-manager", "site", "n1", "It calls itself site.example.test: name it in the address"),
    ],
)
def test_what_a_real_httpd_would_not_do_is_refused_at_the_look(
    ports: dict[str, int], given: dict[str, str], manager: str, name: str, worker: str, sentence: str
) -> None:
    with Apache(ports, **given) as apache, pytest.raises(SessionsError, match=sentence):
        balancer(f"http://127.0.0.1:{apache.port}{manager}", name, worker).unlike("looked")


@pytest.mark.long
def test_nodes_behind_apache_are_restarted_without_a_failed_request_and_refused_when_somebody_else_took_one_out(
    make_site: MakeSite,
) -> None:
    site = make_site(nodes=2)
    with Apache({node.name: node.port for node in site.cluster.nodes}) as apache:
        balancer(apache.manager, worker="n2").take_out(grace=0, timeout=patient(10))
        before = site.state_of_everything()
        refused = site.run("--check", **apache.variables)
        assert refused.status != 0
        refused.assert_says("n2: it is Init Drn Dis in backend site of the load balancer localhost", "Nothing was changed.")
        assert site.state_of_everything() == before
        balancer(apache.manager, worker="n2").put_back(timeout=patient(10))

        browsers = site.sign_in("eve")
        with Traffic(apache.port, clients=8) as traffic:
            result = site.run(**apache.variables)
        assert result.status == 0, result.output
        result.assert_says("drained in site of localhost", ": PROVEN")
        assert (traffic.failures, traffic.answers["200"] > 100) == ({}, True), traffic.answers
        assert (set(apache.states().values()), site.open_doors(browsers)) == ({"Init Ok"}, [])
