# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes are found by what /proc says, and told from those of others."""

from __future__ import annotations

import os
import typing as t
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect import belonging, systemd
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.belonging import (
    belongs,
    find_processes,
    is_stranger,
    left_out,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.process import (
    Process,
    all_processes,
    argument_of,
    environment_of,
    held_with,
    leaf_service,
    pids_in_containers,
    seconds_of,
    starter_of,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.service_manager import Unit
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS
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
    "crowd": ("java", "-Dcatalina.base=/opt/atlassian/crowd/apache-tomcat", "org.apache.catalina.startup.Bootstrap", "start"),
    "fisheye": ("java", "-Dfisheye.inst=/h", "-jar", "/opt/atlassian/fisheye/bin/../fisheyeboot.jar", "run"),
}
JIRA = PRODUCTS["jira"]
JIRA_ARGUMENTS = [argument.format(product="jira") for argument in TOMCAT]


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A /proc without processes."""
    boot_id = tmp_path / "sys/kernel/random/boot_id"
    boot_id.parent.mkdir(parents=True)
    boot_id.write_text("boot-1\n")
    # the first process, as everybody sees it
    (tmp_path / "1").mkdir()
    (tmp_path / "1/cmdline").write_bytes(b"init\0")
    return tmp_path


def _add(
    proc: Path,
    pid: int,
    arguments: t.Sequence[str],
    state: str = "S",
    cgroup: str = "0::/\n",
    environment: bytes = b"",
    uids: tuple[int, int] = (0, 0),
    name: str = "java",
    parent: int = 1,
) -> None:
    folder = proc / str(pid)
    folder.mkdir()
    (folder / "status").write_bytes(f"Name:\t{name}\nUid:\t{uids[0]}\t{uids[1]}\t{uids[1]}\t{uids[1]}\n".encode())
    (folder / "cmdline").write_bytes(b"".join(argument.encode() + b"\0" for argument in arguments))
    (folder / "stat").write_text(f"{pid} (java) ) {state} {parent} {' '.join(['0'] * 17)} 4711 0\n")
    (folder / "cgroup").write_text(cgroup)
    (folder / "environ").write_bytes(environment)


def _process(uid: int) -> Process:
    return Process("b", 41, 1, "jira", "jira.service", (), uid)


@pytest.mark.parametrize("uid", [0, 1000])
def test_a_process_of_root_or_of_an_owner_of_the_installation_belongs_to_it(uid: int) -> None:
    assert belongs(_process(uid), "/opt/jira", frozenset({1000}))


def test_a_process_with_the_arguments_alone_is_a_stranger() -> None:
    assert not belongs(_process(7), "/opt/jira", frozenset({0, 1000}))
    assert is_stranger(_process(7), "/opt/jira", frozenset({0, 1000}))


@pytest.mark.parametrize("uid", [0, 1000])
def test_a_program_that_lends_its_rights_to_whoever_starts_it_is_neither_the_product_nor_a_stranger(uid: int) -> None:
    sudo = replace(_process(uid), borrowed_rights=True)
    assert not belongs(sudo, "/opt/jira", frozenset({1000}))
    assert not is_stranger(sudo, "/opt/jira", frozenset({1000}))


@pytest.mark.parametrize(
    ("unit", "own"),
    [
        (Unit(("jira.service",), 41, "no", "", "jira"), True),
        (Unit(("jira.service",), 0, "no", "{ path=/opt/jira/bin/start-jira.sh }", "jira"), True),
        (Unit(("jira.service",), 41, "no", "", "root"), False),
        (Unit(("cron.service",), 8, "no", "{ path=/usr/sbin/cron }", "jira"), False),
        (None, False),
    ],
    ids=["its main process", "it starts the product", "it runs as another account", "another service of that account", "no unit"],
)
def test_a_process_of_another_account_belongs_to_it_where_its_unit_says_so(
    unit: Unit | None, own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systemd, "find_unit", lambda _name: unit)
    assert belongs(_process(7), "/opt/jira", frozenset({1000})) is own


def test_who_owns_what_the_product_writes_to_owns_the_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pointer = tmp_path / "install/atlassian-jira/WEB-INF/classes/jira-application.properties"
    pointer.parent.mkdir(parents=True)
    pointer.write_text(f"jira.home = {tmp_path}/home\n", encoding="utf-8")
    owners = {str(tmp_path / "install/"): 0, str(tmp_path / "install/work"): 1000, str(tmp_path / "home"): 1001}
    real = os.stat

    def owned(path: str, **options: t.Any) -> t.Any:
        name = str(path).rstrip("/")
        return SimpleNamespace(st_uid=owners[name]) if name in owners else real(path, **options)

    monkeypatch.setattr(os, "stat", owned)
    found = belonging.InstallationOwners(JIRA, str(tmp_path / "install"))
    assert [uid in found for uid in (1000, 1001, 1002)] == [True, True, False]


def test_a_stranger_s_process_is_not_the_product_s(proc: Path) -> None:
    for pid, uid in ((41, 0), (42, 12345)):
        _add(proc, pid, JIRA_ARGUMENTS, uids=(uid, uid))
    assert [process.pid for process in find_processes(JIRA, "/opt/atlassian/jira", proc)] == [41]


@pytest.mark.parametrize(
    ("pid", "parent", "argument", "found"),
    [
        (42, 41, "start", [41]),
        # the numbers begin anew at some time
        (40, 41, "start", [41]),
        (42, 1, "start", [41, 42]),
        (42, 41, "stop", [41, 42]),
        # whose parent is gone, or was never the product's
        (42, 39, "start", [41, 42]),
        (42, 43, "start", [41, 42]),
    ],
)
def test_a_child_that_does_not_run_its_own_program_yet_is_no_second_process(
    pid: int, parent: int, argument: str, found: list[int], proc: Path
) -> None:
    _add(proc, 41, JIRA_ARGUMENTS)
    _add(proc, pid, [*JIRA_ARGUMENTS[:-1], argument], parent=parent)
    _add(proc, 43, JIRA_ARGUMENTS, uids=(12345, 12345))
    assert [process.pid for process in find_processes(JIRA, "/opt/atlassian/jira", proc)] == found


def test_a_fork_of_a_fork_is_no_process_of_its_own(proc: Path) -> None:
    for pid, parent in ((41, 1), (42, 41), (43, 42)):
        _add(proc, pid, JIRA_ARGUMENTS, parent=parent)
    assert [process.pid for process in find_processes(JIRA, "/opt/atlassian/jira", proc)] == [41]


def test_where_processes_are_hidden_none_is_no_answer(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert find_processes(JIRA, "/opt/atlassian/jira", proc) == []
    (proc / "1/cmdline").unlink()
    with pytest.raises(SessionsError, match=r"^The processes of others are hidden from 12345 \(hidepid\): run as root"):
        find_processes(JIRA, "/opt/atlassian/jira", proc)


def test_a_set_uid_program_is_known(proc: Path, tmp_path: Path) -> None:
    for pid, mode in ((41, 0o4755), (42, 0o2755), (43, 0o755)):
        _add(proc, pid, JIRA_ARGUMENTS)
        program = tmp_path / f"program{pid}"
        program.touch()
        program.chmod(mode)
        (proc / str(pid) / "exe").symlink_to(program)
    assert {process.pid: process.borrowed_rights for process in all_processes(JIRA, proc)} == {41: True, 42: True, 43: False}


def test_a_process_whose_real_and_effective_account_differ_tells_no_account(proc: Path) -> None:
    _add(proc, 41, JIRA_ARGUMENTS, uids=(1, 0))
    (process,) = all_processes(JIRA, proc)
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


@pytest.mark.parametrize(
    ("argument", "uid", "told"),
    [
        ("-Dopensearch.path.home=/opt/atlassian/bitbucket/opensearch", 0, []),
        ("-Des.path.home=/opt/atlassian/bitbucket/elasticsearch", 0, []),
        ("-Des.path.home=/opt/atlassian/bitbucket/elasticsearch", 12345, ["--no-search"]),
        ("-Des.path.home=/opt/atlassian/bitbucket-test/elasticsearch", 0, ["--no-search"]),
        ("-Dopensearch.path.home=/usr/share/opensearch", 0, ["--no-search"]),
    ],
    ids=["its own", "its own of an older line", "a stranger's", "another installation's", "another server"],
)
def test_a_bitbucket_without_its_own_search_server_is_started_without_it(argument: str, uid: int, told: list[str], proc: Path) -> None:
    _add(proc, 41, ["java", argument], uids=(uid, uid))
    assert left_out(PRODUCTS["bitbucket"], "/opt/atlassian/bitbucket", proc) == told
    assert left_out(JIRA, "/opt/atlassian/bitbucket", proc) == []


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


def test_a_process_of_a_container_is_known_by_the_installation_in_it(proc: Path, tmp_path: Path) -> None:
    container, other = tmp_path / "with-a-jira", tmp_path / "with-another-tomcat"
    sign = container / "opt/atlassian/jira" / JIRA.files.signs[0]
    sign.parent.mkdir(parents=True)
    sign.touch()
    other.mkdir()
    for pid, root in ((41, other), (42, container), (43, Path("/"))):
        _add(proc, pid, JIRA_ARGUMENTS)
        (proc / str(pid) / "root").symlink_to(root)
    assert pids_in_containers(JIRA, proc) == [42]


@pytest.mark.parametrize(
    ("above", "starter"),
    [
        ({}, None),
        ({40: (1, "runuser -u jira -- start-jira.sh -fg")}, None),
        ({40: (39, "/usr/bin/sudo -u jira x"), 39: (1, "supervisord -n")}, (39, "supervisord -n")),
        ({40: (39, "sh x"), 39: (1, "supervisord -n")}, (40, "sh x")),
        # not seen, as with hidepid
        ({40: None}, (40, "")),
        ({40: (41, "su x")}, None),
    ],
)
def test_what_started_a_process_is_what_waits_for_it_and_not_what_lent_it_an_account(
    above: dict[int, tuple[int, str] | None], starter: tuple[int, str] | None, proc: Path
) -> None:
    _add(proc, 41, JIRA_ARGUMENTS, parent=40 if above else 1)
    for pid, told in above.items():
        if told:
            _add(proc, pid, told[1].split(" "), parent=told[0])
    (process,) = all_processes(JIRA, proc)
    found = starter_of(process, proc)
    assert (found and (found.pid, found.command.rstrip())) == starter


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
        # a user's own manager: the system's may know another service of that name
        (
            "0::/user.slice/user-7.slice/user@7.service/app.slice/jira.service\n",
            "user.slice/user-7.slice/user@7.service/app.slice/jira.service",
        ),
        # whoever may make cgroups may give them any name
        ("0::/system.slice/jira.service/systemd-poweroff.service\n", ""),
        ("0::/system.slice/jira.service/user@7.service/ssh.service\n", ""),
        (
            "0::/user.slice/user-7.slice/user@7.service/a\r0::/system.slice/jira.service\n",
            "user.slice/user-7.slice/user@7.service/a\r0::/system.slice/jira.service",
        ),
        ("", ""),
    ],
)
def test_the_unit_is_the_service_at_the_end_of_the_cgroup(cgroup: str, unit: str) -> None:
    assert leaf_service(cgroup, []) == unit


_DOCKER, _PODMAN = "docker/9f3", "machine.slice/libpod-9f3.scope"


@pytest.mark.parametrize(
    ("first", "cgroup", "unit"),
    [
        (f"1:name=systemd:/{_DOCKER}/init.scope\n0::/\n", f"1:name=systemd:/{_DOCKER}/system.slice/jira.service\n0::/\n", "jira.service"),
        (f"0::/{_PODMAN}/init.scope\n", f"0::/{_PODMAN}/system.slice/jira.service\n", "jira.service"),
        # as systemd did before its release 226
        (f"1:name=systemd:/{_DOCKER}\n", f"1:name=systemd:/{_DOCKER}/system.slice/jira.service\n", "jira.service"),
        (
            f"0::/{_DOCKER}/init.scope\n",
            f"0::/{_DOCKER}/user.slice/user-7.slice/user@7.service/jira.service\n",
            "user.slice/user-7.slice/user@7.service/jira.service",
        ),
        # a container inside of this one, and one beside it
        (f"0::/{_DOCKER}/init.scope\n", f"0::/{_DOCKER}/docker/a7c/system.slice/jira.service\n", ""),
        (f"0::/{_DOCKER}/init.scope\n", "0::/docker/a7c/system.slice/jira.service\n", ""),
        (f"0::/{_DOCKER}/init.scope\n", f"0::/{_DOCKER}4/system.slice/jira.service\n", ""),
        # a container, seen from its host
        ("0::/init.scope\n", f"0::/{_DOCKER}/system.slice/jira.service\n", ""),
        ("1:name=systemd:/\n", f"1:name=systemd:/{_DOCKER}/system.slice/jira.service\n", ""),
        ("0::/init.scope\n", "0::/system.slice/jira.service\n", "jira.service"),
    ],
)
def test_a_unit_is_one_of_the_systemd_that_runs_here_also_in_a_container_that_sees_the_cgroups_of_its_host(
    first: str, cgroup: str, unit: str, proc: Path
) -> None:
    (proc / "1/cgroup").write_text(first)
    _add(proc, 41, JIRA_ARGUMENTS, cgroup=cgroup)
    _add(proc, 42, ["x"], cgroup=cgroup)
    (process,) = all_processes(JIRA, proc)
    assert process.unit == unit
    assert [member.pid for member in held_with(process, proc)] == [41, 42]


HELD = (
    (41, "0::/system.slice/jira.service\n", "S", 1),
    (42, "0::/system.slice/jira.service/inside\n", "S", 41),
    (43, "1:name=systemd:/system.slice/jira.service\n0::/\n", "S", 42),
    (44, "0::/system.slice/jira.service\n", "Z", 41),
    (45, "0::/system.slice/jira.service2\n", "S", 1),
    (46, "0::/system.slice/cron.service\n", "S", 41),
    (47, "4:memory:/system.slice/jira.service\n0::/\n", "S", 1),
)


@pytest.fixture
def held(proc: Path) -> Path:
    """A /proc with processes in several cgroups."""
    (proc / "1/cgroup").write_text("0::/init.scope\n")
    for pid, cgroup, state, parent in HELD:
        _add(proc, pid, JIRA_ARGUMENTS if pid == 41 else ["x", f"-y{pid}"], state, cgroup, parent=parent)
    (proc / "48").mkdir()
    return proc


def test_what_a_service_holds_is_all_that_its_cgroup_holds_and_those_inside_of_it(held: Path) -> None:
    (process,) = (one for one in all_processes(JIRA, held) if one.pid == 41)
    found = {member.pid: (member.parent, member.command) for member in held_with(process, held)}
    assert sorted(found) == [41, 42, 43]
    assert found[42] == (41, "x -y42 ")


def test_what_a_service_holds_is_not_known_where_others_are_hidden(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (process,) = all_processes(JIRA, held)
    (held / "1/cmdline").unlink()
    assert held_with(process, held) == ()
    (held / "1/cmdline").touch()
    real = Path.read_bytes

    def read(path: Path) -> bytes:
        if path == held / "46/cgroup":
            raise PermissionError
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    assert held_with(process, held) == ()


def test_a_process_that_no_service_holds_is_held_with_nothing(held: Path) -> None:
    (process,) = all_processes(JIRA, held)
    (held / "41/cgroup").write_text("0::/user.slice/session-3.scope\n")
    assert held_with(process, held) == ()


def test_a_name_of_a_cgroup_that_is_no_text_hides_no_process(proc: Path) -> None:
    _add(proc, 41, JIRA_ARGUMENTS)
    (proc / "41/cgroup").write_bytes(b"0::/user.slice/user@7.service/\xff\n")
    assert [(one.pid, one.unit) for one in all_processes(JIRA, proc)] == [(41, "")]


@pytest.mark.parametrize("name", ["java", "x\rUid:\t0\t0", "x\x0bUid:\t0\t0", "x\x1cUid:\t0\t0", "\u2028Uid:\t0"])
def test_a_name_that_reads_like_an_account_gives_nobody_another_account(proc: Path, name: str) -> None:
    _add(proc, 41, JIRA_ARGUMENTS, uids=(65534, 65534), name=name)
    assert [one.uid for one in all_processes(JIRA, proc)] == [65534]


def test_a_process_is_as_old_as_the_clock_says_by_which_its_start_is_counted() -> None:
    ticks = int(Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
    own = Process("", os.getpid(), ticks, "", "", (), os.getuid())
    earlier = Process("", 1, ticks - 100 * os.sysconf("SC_CLK_TCK"), "", "", (), 0)
    assert 0 <= seconds_of(own) < 86_400
    assert seconds_of(earlier) - seconds_of(own) in (99, 100, 101)


@pytest.mark.parametrize("install", ["/x\0y", "/x\ud800y"])
def test_a_folder_that_no_path_can_name_has_no_owner(install: str) -> None:
    assert 4711 not in belonging.InstallationOwners(JIRA, install)
