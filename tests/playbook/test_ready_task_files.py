# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ready task files for load balancers: with a real nginx, and with stand-ins of the modules of AWS and F5.

A stand-in takes what the real module takes, no more, and keeps what it was asked; neither AWS nor an F5 was ever asked.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from demo.packages import find_program_of_system
from demo.patience import patient, wait_for
from demo.playbook import CHECKOUT, write_config
from demo.ports import ReservedPort
from tests.unit.self_signed import self_signed

READY = CHECKOUT / "extensions/balancers"
Specification = dict[str, dict[str, t.Any]]

# plugins/modules/elb_target.py of community.aws 10.0.0; region: of amazon.aws.region.modules
ELB_TARGET: Specification = {
    "deregister_unused": {"type": "bool", "default": False},
    "target_az": {"type": "str"},
    "target_group_arn": {"type": "str"},
    "target_group_name": {"type": "str"},
    "target_id": {"type": "str", "required": True},
    "target_port": {"type": "int"},
    "target_status": {"type": "str", "choices": ["initial", "healthy", "unhealthy", "unused", "draining", "unavailable"]},
    "target_status_timeout": {"type": "int", "default": 60},
    "state": {"type": "str", "required": True, "choices": ["present", "absent"]},
    "region": {"type": "str", "aliases": ["aws_region"]},
}
# plugins/modules/elb_target_group_info.py of community.aws; region as above
ELB_TARGET_GROUP_INFO: Specification = {
    "load_balancer_arn": {"type": "str"},
    "target_group_arns": {"type": "list", "elements": "str"},
    "names": {"type": "list", "elements": "str"},
    "collect_targets_health": {"type": "bool", "default": False},
    "region": {"type": "str", "aliases": ["aws_region"]},
}
# plugins/modules/bigip_pool_member.py and plugins/module_utils/common.py of f5networks.f5_modules 1.39.0
POOL_MEMBER: Specification = {
    "name": {"type": "str"},
    "state": {"type": "str", "default": "present", "choices": ["present", "absent", "enabled", "disabled", "forced_offline"]},
    "pool": {"type": "str", "required": True},
    "partition": {"type": "str", "default": "Common"},
    "address": {"type": "str", "aliases": ["host", "ip"]},
    "fqdn": {"type": "str", "aliases": ["hostname"]},
    "port": {"type": "int"},
    "provider": {
        "type": "dict",
        "options": {
            "server": {"type": "str", "required": True},
            "server_port": {"type": "int", "default": 443},
            "user": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True, "aliases": ["pass", "pwd"]},
            "validate_certs": {"type": "bool", "default": True},
            "timeout": {"type": "int"},
            "transport": {"type": "str", "default": "rest", "choices": ["rest"]},
        },
    },
}
STAND_IN = """#!/usr/bin/python
import json
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule(argument_spec=json.loads({specification!r}))
with open({path!r}, "a") as asked:
    asked.write(json.dumps({{name: value for name, value in module.params.items() if value is not None}}) + chr(10))
module.exit_json(changed=True, **json.loads({answer!r}))
"""


class Files:
    """Runs task files on this machine, one after the other, with stand-ins of modules."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._asked = folder / "asked"
        self.variables: dict[str, t.Any] = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}

    def imitate(self, name: str, specification: Specification, **answer: object) -> None:
        """The module of that whole name is there, and gives that answer."""
        *collection, module = name.split(".")
        modules = self._folder.joinpath("collections/ansible_collections", *collection, "plugins/modules")
        modules.mkdir(parents=True, exist_ok=True)
        text = STAND_IN.format(specification=json.dumps(specification), path=str(self._asked), answer=json.dumps(answer))
        (modules / f"{module}.py").write_text(text, encoding="utf-8")

    def asked(self) -> list[dict[str, t.Any]]:
        """What stand-ins were asked since the last time."""
        lines = self._asked.read_text(encoding="utf-8").splitlines()
        self._asked.unlink()
        return [json.loads(line) for line in lines]

    def run(self, *names: str) -> tuple[int, str]:
        """Exit status and output."""
        tasks = [{"name": name, "ansible.builtin.include_tasks": str(READY / f"{name}.yml")} for name in names]
        play = {"name": "Ready", "hosts": "n1", "gather_facts": False, "tasks": tasks}
        inventory = {"all": {"hosts": {"n1": {}, "localhost": {}}, "vars": self.variables}}
        for name, tree in (("play.yml", [play]), ("inventory.yml", inventory)):
            (self._folder / name).write_text(yaml.safe_dump(tree), encoding="utf-8")
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
            "ANSIBLE_CONFIG": str(write_config(self._folder)),
            "ANSIBLE_COLLECTIONS_PATH": str(self._folder / "collections"),
        }
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        command = [program, "-i", str(self._folder / "inventory.yml"), str(self._folder / "play.yml")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_a_target_of_aws_is_deregistered_until_it_is_drained_and_registered_until_it_is_healthy(files: Files) -> None:
    files.imitate("community.aws.elb_target", ELB_TARGET)
    files.variables |= {
        "aws_target_groups": ["arn:1", "arn:2"],
        "aws_target": "i-0123",
        "aws_target_port": 8080,
        "aws_region": "eu-central-1",
    }
    status, output = files.run("aws_drain", "aws_undrain")
    assert status == 0, output
    node = {"target_id": "i-0123", "target_port": 8080, "region": "eu-central-1"}
    gone = {**node, "state": "absent", "target_status": "unused", "target_status_timeout": 360, "deregister_unused": True}
    back = {**node, "state": "present", "target_status": "healthy", "target_status_timeout": 300, "deregister_unused": False}
    assert files.asked() == [{"target_group_arn": group, **one} for one in (gone, back) for group in ("arn:1", "arn:2")]


def targets(arn: str, *states: tuple[str, int, str]) -> dict[str, t.Any]:
    """A target group with the health of its targets: id, port, state."""
    health = [{"target": {"id": name, "port": port}, "target_health": {"state": state}} for name, port, state in states]
    return {"target_group_arn": arn, "targets_health_description": health}


OTHER = ("i-9", 8080, "unhealthy")


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ([OTHER, ("i-0123", 8080, "healthy"), ("i-0123", 8443, "unused")], ""),
        ([OTHER, ("i-0123", 8080, "draining")], "arn:2 has no healthy target i-0123 (draining)"),
        ([OTHER, ("i-0123", 8443, "healthy")], "arn:2 has no healthy target i-0123 (none of that name)"),
    ],
    ids=["healthy", "on its way out", "another port"],
)
def test_a_node_that_is_no_healthy_target_of_each_group_is_seen_by_the_look(
    files: Files, second: list[tuple[str, int, str]], said: str
) -> None:
    groups = [targets("arn:1", ("i-0123", 8080, "healthy")), targets("arn:2", *second)]
    files.imitate("community.aws.elb_target_group_info", ELB_TARGET_GROUP_INFO, target_groups=groups)
    files.variables |= {"aws_target_groups": ["arn:1", "arn:2"], "aws_target": "i-0123", "aws_target_port": 8080}
    status, output = files.run("aws_look")
    assert (status, said in output) == (2 if said else 0, True), output
    assert files.asked() == [{"target_group_arns": ["arn:1", "arn:2"], "collect_targets_health": True}]


def test_a_look_misses_a_variable_as_the_drain_would(files: Files) -> None:
    files.imitate("community.aws.elb_target_group_info", ELB_TARGET_GROUP_INFO, target_groups=[])
    status, output = files.run("aws_look")
    assert (status, "aws_target_groups' is undefined" in output) == (2, True), output


class Statistics:
    """iControl REST, as far as the statistics of a member: connections and what its monitor sees at each question, the last one stays.

    None: it says no number of connections.
    """

    def __init__(
        self, folder: Path, connections: list[int | None], seen: t.Sequence[str] = ("available",), enabled: str = "disabled"
    ) -> None:
        self.asked: list[tuple[str, str]] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append((self.path, base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()))
                count = connections.pop(0) if len(connections) > 1 else connections[0]
                state = seen[min(len(asked), len(seen)) - 1]
                numbers = {"status.enabledState": {"description": enabled}, "status.availabilityState": {"description": state}}
                counted = {"serverside.curConns": {"value": count}} if count is not None else {}
                entries = {f"https://localhost{self.path}": {"nestedStats": {"entries": {**numbers, **counted}}}}
                body = json.dumps({"kind": "tm:ltm:pool:members:membersstats", "entries": entries}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = self_signed(folder).wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> t.Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def of_f5(port: int, **more: object) -> dict[str, t.Any]:
    provider = {"server": "127.0.0.1", "server_port": port, "user": "admin", "password": "s3cret-of-f5", "validate_certs": False}
    return {"f5_provider": provider, "f5_pool": "jira", "f5_address": "10.0.0.1", "f5_port": 8080, **more}


def test_a_member_of_f5_is_offline_until_no_connection_is_counted_and_enabled_until_it_is_seen_up(files: Files, tmp_path: Path) -> None:
    files.imitate("f5networks.f5_modules.bigip_pool_member", POOL_MEMBER)
    with Statistics(tmp_path, [2, 0], ["available", "available", "offline", "available"]) as statistics:
        files.variables |= of_f5(statistics.port)
        status, output = files.run("f5_drain", "f5_undrain")
    assert status == 0, output
    assert statistics.asked == [("/mgmt/tm/ltm/pool/~Common~jira/members/~Common~10.0.0.1:8080/stats", "admin:s3cret-of-f5")] * 4
    asked = files.asked()
    assert [one["state"] for one in asked] == ["forced_offline", "enabled"]
    assert [(one["pool"], one["partition"], one["address"], one["port"]) for one in asked] == [("jira", "Common", "10.0.0.1", 8080)] * 2
    assert "s3cret-of-f5" not in output


def test_what_runs_on_the_controller_becomes_nobody_else_where_all_hosts_are_told_to(files: Files, tmp_path: Path) -> None:
    files.imitate("community.aws.elb_target", ELB_TARGET)
    answer = [targets("arn:1", ("i-0123", 8080, "healthy"))]
    files.imitate("community.aws.elb_target_group_info", ELB_TARGET_GROUP_INFO, target_groups=answer)
    files.imitate("f5networks.f5_modules.bigip_pool_member", POOL_MEMBER)
    files.variables |= {"ansible_become": True, "ansible_become_user": "nobody", "ansible_become_exe": "/nonesuch/sudo"}
    files.variables |= {"aws_target_groups": ["arn:1"], "aws_target": "i-0123"}
    with Statistics(tmp_path, [0], enabled="enabled") as statistics:
        files.variables |= of_f5(statistics.port)
        status, output = files.run(*(f"{kind}_{what}" for kind in ("aws", "f5") for what in ("look", "drain", "undrain")))
    assert status == 0, output


@pytest.mark.parametrize(
    ("enabled", "seen", "said"),
    [
        ("enabled", "available", ""),
        ("enabled", "unknown", ""),
        ("enabled", "offline", "as enabled, offline, and not as enabled and available"),
        ("disabled", "available", "as disabled, available, and not as enabled and available"),
    ],
)
def test_a_member_of_f5_that_is_out_or_down_is_seen_by_the_look(files: Files, tmp_path: Path, enabled: str, seen: str, said: str) -> None:
    with Statistics(tmp_path, [7], [seen], enabled) as statistics:
        files.variables |= of_f5(statistics.port)
        status, output = files.run("f5_look")
    assert (status, said in output, len(statistics.asked)) == (2 if said else 0, True, 1), output
    assert "s3cret-of-f5" not in output


@pytest.mark.long
def test_a_member_of_f5_without_a_number_of_connections_is_not_taken_for_one_without_connections(files: Files, tmp_path: Path) -> None:
    files.imitate("f5networks.f5_modules.bigip_pool_member", POOL_MEMBER)
    with Statistics(tmp_path, [None]) as statistics:
        files.variables |= of_f5(statistics.port, f5_drain_timeout=0)
        status, output = files.run("f5_drain")
    assert (status, len(statistics.asked) > 0) == (2, True), output


@pytest.mark.long
@pytest.mark.parametrize(("seen", "status"), [("offline", 2), ("unknown", 0)])
def test_a_member_of_f5_that_its_monitor_does_not_see_up_is_not_back(files: Files, tmp_path: Path, seen: str, status: int) -> None:
    files.imitate("f5networks.f5_modules.bigip_pool_member", POOL_MEMBER)
    with Statistics(tmp_path, [0], [seen]) as statistics:
        files.variables |= of_f5(statistics.port, f5_up_timeout=0)
        found, output = files.run("f5_undrain")
    assert (found, len(statistics.asked) > 0) == (status, True), output


UPSTREAM = """upstream jira {{
  ip_hash;
  server 127.0.0.1:{0} max_fails=3;
  server 127.0.0.1:{1};
}}
"""
NGINX = """
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/1;
  proxy_temp_path {folder}/2;
  fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4;
  scgi_temp_path {folder}/5;
  include {folder}/jira.conf;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://jira; }}
  }}
}}
"""


class Nginx:
    """A real nginx; two addresses behind it, on which a test listens."""

    def __init__(self) -> None:
        self.program = find_program_of_system("nginx")
        if not self.program:
            pytest.skip("nginx is not on this machine")
        self.folder = Path(tempfile.mkdtemp(prefix="das-"))
        self.folder.chmod(0o755)
        self.nodes = [socket.create_server(("127.0.0.1", 0)) for _node in range(2)]
        self.ports = [node.getsockname()[1] for node in self.nodes]
        self._reserved = ReservedPort()
        self.upstream = self.folder / "jira.conf"
        self.command = [self.program, "-c", str(self.folder / "nginx.conf"), "-e", str(self.folder / "error.log")]

    def __enter__(self) -> t.Self:
        (self.folder / "nginx.conf").write_text(NGINX.format(folder=self.folder, port=self._reserved.port), encoding="utf-8")
        self.upstream.write_text(UPSTREAM.format(*self.ports), encoding="utf-8")
        subprocess.run(self.command, check=True, stdin=subprocess.DEVNULL)
        wait_for((self.folder / "nginx.pid").exists, "nginx runs")
        return self

    def __exit__(self, *_: object) -> None:
        pid = int((self.folder / "nginx.pid").read_text(encoding="utf-8"))
        subprocess.run([*self.command, "-s", "stop"], check=True, stdin=subprocess.DEVNULL)
        wait_for(lambda: not Path(f"/proc/{pid}").exists(), "nginx ends")
        for node in self.nodes:
            node.close()
        self._reserved.release()
        shutil.rmtree(self.folder)

    @property
    def variables(self) -> dict[str, t.Any]:
        return {
            "nginx_hosts": ["localhost"],
            "nginx_file": str(self.upstream),
            "nginx_server": f"127.0.0.1:{self.ports[0]}",
            "nginx_program": " ".join(self.command),
            "nginx_pid_file": str(self.folder / "nginx.pid"),
        }

    def client(self) -> socket.socket:
        """One that asks."""
        client = socket.create_connection(("127.0.0.1", self._reserved.port), timeout=patient(10))
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return client

    def servers(self) -> list[str]:
        """The lines of the upstream."""
        return [line.strip() for line in self.upstream.read_text(encoding="utf-8").splitlines() if "server" in line]


def answer(connection: socket.socket, client: socket.socket) -> bytes:
    """The node answers by that connection; what the client gets."""
    with connection, client:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")
        return b"".join(iter(lambda: client.recv(4096), b""))


def accepted(nodes: t.Sequence[socket.socket]) -> tuple[socket.socket, socket.socket]:
    """The node that nginx has asked, which is for nginx to choose, and the connection."""
    asked = select.select(nodes, [], [], patient(10))[0]
    return asked[0], asked[0].accept()[0]


def test_a_server_of_a_real_nginx_is_down_when_its_last_request_has_ended_and_back_afterwards(files: Files) -> None:
    with Nginx() as nginx:
        before, client = nginx.servers(), nginx.client()
        node, connection = accepted(nginx.nodes)
        files.variables |= {**nginx.variables, "nginx_server": f"127.0.0.1:{node.getsockname()[1]}"}
        status, output = files_without_time(files)
        assert (status, sum(" down;" in line for line in nginx.servers())) == (2, 1), output
        assert b"200 OK" in answer(connection, client)
        # it is marked as down by now
        assert files.run("nginx_look")[0] == 2
        status, output = files.run("nginx_drain")
        assert status == 0, output
        client = nginx.client()
        other, connection = accepted(nginx.nodes)
        assert (other != node, b"200 OK" in answer(connection, client)) == (True, True)
        status, output = files.run("nginx_undrain", "nginx_look")
        assert (status, nginx.servers()) == (0, before), output
        client = nginx.client()
        again, connection = accepted(nginx.nodes)
        assert (again, b"200 OK" in answer(connection, client)) == (node, True)


def files_without_time(files: Files) -> tuple[int, str]:
    """The drain, with no time to wait."""
    files.variables["nginx_drain_timeout"] = 0
    try:
        return files.run("nginx_drain")
    finally:
        del files.variables["nginx_drain_timeout"]


@pytest.mark.long
def test_a_server_that_nginx_does_not_know_is_refused_and_its_file_is_left_as_it_is(files: Files) -> None:
    with Nginx() as nginx:
        files.variables |= {**nginx.variables, "nginx_server": "127.0.0.1:1"}
        before = nginx.upstream.read_bytes()
        status, output = files.run("nginx_drain")
        assert (status, nginx.upstream.read_bytes()) == (2, before)
        assert "has no line 'server 127.0.0.1:1'" in output
