# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Bamboo behind a certificate of its own tells which node is the primary where certificates are not checked, and is refused else."""

from __future__ import annotations

import subprocess
import sys
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.node_reader import detect
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.plan import order_problems

from demo.patience import patient
from tests.unit.self_signed import self_signed

STATES = {"primary": "RUNNING", "secondary": "RUNNING_AS_SECONDARY"}


class _Node(BaseHTTPRequestHandler):
    """Answers every page with the state that its server has, in XML unless JSON is asked for."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        state = STATES[t.cast("_Server", self.server).role]
        asked = self.headers.get("Accept") == "application/json"
        self.wfile.write((f'{{"state": "{state}"}}' if asked else f"<status><state>{state}</state></status>").encode())

    def log_message(self, *_arguments: object) -> None:
        pass


class _Server(HTTPServer):
    role = "primary"


@pytest.fixture
def server(tmp_path: Path) -> t.Iterator[_Server]:
    with _Server(("127.0.0.1", 0), _Node) as made:
        made.socket = self_signed(tmp_path).wrap_socket(made.socket, server_side=True)
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def install(tmp_path: Path) -> t.Iterator[Path]:
    """An installation of Bamboo with its process."""
    pointer = tmp_path / "install/atlassian-bamboo/WEB-INF/classes/bamboo-init.properties"
    pointer.parent.mkdir(parents=True)
    (tmp_path / "home").mkdir()
    pointer.write_text(f"bamboo.home={tmp_path}/home\n", encoding="utf-8")
    command = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()", f"-Dcatalina.base={tmp_path}/install"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield tmp_path / "install"
        process.kill()


@pytest.mark.parametrize(
    ("role", "validate_certs", "told", "order"),
    [("primary", False, "primary", 1), ("secondary", False, "secondary", 0), ("primary", True, "unknown", 0)],
)
def test_the_primary_is_known_over_tls_with_the_options_of_all_other_requests(
    server: _Server, install: Path, role: str, validate_certs: bool, told: str, order: int
) -> None:
    server.role = role
    options = {
        "product": "bamboo",
        "home_dir": "",
        "service": "",
        "service_manager": "auto",
        "site_url": "",
        "request_timeout": patient(10),
    }
    url = f"https://127.0.0.1:{server.server_address[1]}"
    look = detect({**options, "install_dir": str(install), "node_url": url, "validate_certs": validate_certs})
    assert (look["role_in_cluster"], look["restart_order"]) == (told, order)
    assert bool(order_problems({"n1": look, "n2": look}, {})) is (told == "unknown")
