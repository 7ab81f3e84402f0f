# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes are found by what /proc says, and told from those of others."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.process import (
    Marks,
    all_processes,
    argument_of,
    environment_of,
    find_processes,
    is_no_stranger,
    leaf_service,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product

TOMCAT = ("java", "-Dcatalina.base=/opt/atlassian/{product}", "-Dcatalina.home=/opt/atlassian/{product}", "start")
ARGUMENTS = {
    "jira": TOMCAT,
    "confluence": TOMCAT,
    "bamboo": TOMCAT,
    "bitbucket": (
        "java",
        "-classpath",
        "/opt/atlassian/bitbucket/app",
        "-Dbitbucket.home=/h",
        "-Dbitbucket.install=/opt/atlassian/bitbucket",
    ),
    "fisheye": ("java", "-Dfisheye.inst=/h", "-jar", "/opt/atlassian/fisheye/bin/../fisheyeboot.jar", "run"),
}
JIRA = PRODUCTS["jira"]


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A /proc without processes."""
    boot_id = tmp_path / "sys/kernel/random/boot_id"
    boot_id.parent.mkdir(parents=True)
    boot_id.write_text("boot-1\n")
    return tmp_path


def _add(
    proc: Path,
    pid: int,
    arguments: t.Sequence[str],
    state: str = "S",
    cgroup: str = "0::/\n",
    environment: bytes = b"",
    uids: tuple[int, int] = (0, 0),
) -> None:
    folder = proc / str(pid)
    folder.mkdir()
    (folder / "status").write_text(f"Name:\tjava\nUid:\t{uids[0]}\t{uids[1]}\t{uids[1]}\t{uids[1]}\n")
    (folder / "cmdline").write_bytes(b"".join(argument.encode() + b"\0" for argument in arguments))
    (folder / "stat").write_text(f"{pid} (java) ) {state} 1 {' '.join(['0'] * 17)} 4711 0\n")
    (folder / "cgroup").write_text(cgroup)
    (folder / "environ").write_bytes(environment)


@pytest.mark.parametrize(
    ("marks", "own"),
    [
        (Marks(exe="/opt/jira/jre/bin/java", cwd="/", uid=7), True),
        (Marks(exe="/usr/bin/java", cwd="/opt/jira/bin", uid=7), True),
        (Marks(exe="/usr/bin/java", cwd="/", uid=7, of_system=True), True),
        (Marks(exe="/usr/bin/java", cwd="/", uid=1000), True),
        (Marks(exe="/usr/bin/java", cwd="/", uid=0), True),
        (Marks(uid=7), True),
        (Marks(exe="/usr/bin/java", cwd="/home/eve", uid=7), False),
        (Marks(exe="/opt/jira-evil/java", cwd="/opt/jira2", uid=7), False),
    ],
    ids=["its Java", "its folder", "its unit", "owner of its folders", "root", "not ours to see", "a stranger", "a folder of like name"],
)
def test_a_process_with_the_arguments_alone_is_a_stranger(marks: Marks, own: bool) -> None:
    assert is_no_stranger(marks, "/opt/jira", frozenset({1000})) is own


def test_a_process_whose_real_and_effective_account_differ_tells_no_account(proc: Path) -> None:
    _add(proc, 41, [argument.format(product="jira") for argument in ARGUMENTS["jira"]], uids=(1, 0))
    (process,) = find_processes(JIRA, "/opt/atlassian/jira", proc)
    assert process.user == ""


@pytest.mark.parametrize("product", PRODUCTS.values(), ids=lambda product: product.name)
def test_the_process_of_a_product_is_found_by_its_command_line(product: Product, proc: Path) -> None:
    _add(proc, 41, [argument.format(product=product.name) for argument in ARGUMENTS[product.name]])
    (process,) = find_processes(product, f"/opt/atlassian/{product.name}", proc)
    assert process.identity == "boot-1:41:4711"


@pytest.mark.parametrize(
    ("arguments", "state"),
    [
        (("java", "-Dcatalina.base=/opt/atlassian/other"), "S"),
        (("sh", "-c", "java -Dcatalina.base=/opt/atlassian/jira start"), "S"),
        (("grep", "catalina.base=/opt/atlassian/jira"), "S"),
        (("java", "-Dcatalina.base=/opt/atlassian/jira"), "Z"),
        ((), "S"),
    ],
    ids=["another folder", "a shell that tells of it", "a search for it", "a zombie", "a thread of the kernel"],
)
def test_another_process_is_not_taken_for_it(arguments: tuple[str, ...], state: str, proc: Path) -> None:
    _add(proc, 41, arguments, state)
    assert find_processes(JIRA, "/opt/atlassian/jira", proc) == []


def test_a_link_to_the_install_folder_is_the_same_installation(proc: Path, tmp_path: Path) -> None:
    (tmp_path / "jira-9.12").mkdir()
    (tmp_path / "current").symlink_to("jira-9.12")
    _add(proc, 41, ["java", f"-Dcatalina.base={tmp_path}/current"])
    assert [process.pid for process in find_processes(JIRA, f"{tmp_path}/jira-9.12", proc)] == [41]


def test_the_last_of_two_arguments_counts_as_it_does_for_the_jvm(proc: Path) -> None:
    _add(proc, 41, ["java", "-Djira.home=/old", "-Djira.home=/new", "-Dcatalina.base=/x", "-Dcatalina.base=/opt/atlassian/jira"])
    (process,) = find_processes(JIRA, "/opt/atlassian/jira", proc)
    assert argument_of(process, "-Djira.home=") == "/new"


def test_a_process_of_a_container_is_not_of_this_host(proc: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "root-of-a-container"
    elsewhere.mkdir()
    for pid, root in ((41, elsewhere), (42, Path("/"))):
        _add(proc, pid, ["java", "-Dcatalina.base=/opt/atlassian/jira"])
        (proc / str(pid) / "root").symlink_to(root)
    assert [process.pid for process in all_processes(JIRA, proc)] == [42]


def test_one_variable_of_the_environment_is_read(proc: Path) -> None:
    _add(proc, 41, ["java", "-Dcatalina.base=/x"], environment=b"MY_JIRA_HOME=/no\0JIRA_HOME=/var/jira=1\0PASSWORD=s3cret\0")
    (process,) = all_processes(JIRA, proc)
    assert environment_of(process, "JIRA_HOME", proc) == "/var/jira=1"
    assert environment_of(process, "JIRA", proc) == ""
    assert "s3cret" not in repr(process)


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        ("0::/system.slice/jira.service\n", "jira.service"),
        ("1:name=systemd:/system.slice/jira.service\n0::/\n", "jira.service"),
        ("4:memory:/system.slice/jira.service\n0::/\n", ""),
        ("0::/user.slice/user-0.slice/session-3.scope\n", ""),
        ("0::/system.slice/docker.service/abc\n", ""),
        ("", ""),
    ],
)
def test_the_unit_is_the_service_at_the_end_of_the_cgroup(cgroup: str, unit: str) -> None:
    assert leaf_service(cgroup) == unit
