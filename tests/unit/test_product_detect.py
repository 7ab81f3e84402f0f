# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""product_detect finds a real (stand-in) node, and says no in plain words."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import subprocess
import sys
import typing as t
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.account import account
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.regular_file import read_regular
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect import host_node, node_reader, systemd
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.belonging import is_installation
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.first_look import first_look
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.host_node import HostNode
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.node_reader import detect
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.process import Process, all_processes, install_dir_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.saved_sessions import remove_saved
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.service import Way
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.service_manager import Member, Unit
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.node_lock import NodeLock, owner_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll import task_results
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.plan import no_process

from demo.cluster import Cluster, ClusterNode
from demo.patience import patient
from demo.playbook import collections_path

POINTER = "atlassian-jira/WEB-INF/classes/jira-application.properties"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[ClusterNode]:
    with Cluster(tmp_path_factory.mktemp("detect") / "c", nodes=1, context="/jira") as cluster:
        yield cluster["n1"]


@pytest.fixture(autouse=True)
def _started_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes of these tests are children of Python: none that would be started again."""
    monkeypatch.setattr(node_reader, "starter_of", lambda _process: None)


@pytest.fixture(autouse=True)
def _blind_to_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is installed or runs here is no installation, unless these tests have made it."""
    made = tmp_path_factory.getbasetemp()

    def made_here(product: Product, folder: str) -> bool:
        return Path(folder).is_relative_to(made) and is_installation(product, folder)

    monkeypatch.setattr(node_reader, "is_installation", made_here)
    monkeypatch.setattr(node_reader, "pids_in_containers", lambda _product: [])


@pytest.fixture
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process of any product on this host, nor one of another test."""
    monkeypatch.setattr(node_reader, "all_processes", lambda _product: [])


@pytest.fixture
def install(tmp_path: Path) -> Path:
    """An installation without a process, its home beside it."""
    pointer = tmp_path / "install" / POINTER
    pointer.parent.mkdir(parents=True)
    (tmp_path / "home").mkdir()
    pointer.write_text(f"jira.home = {tmp_path}/home\n", encoding="utf-8")
    return tmp_path / "install"


def options_with(**options: object) -> dict[str, t.Any]:
    """Those of product_detect, all others as it has them."""
    names = ("product", "install_dir", "home_dir", "node_url", "service", "site_url")
    others = {"service_manager": "auto", "validate_certs": True, "request_timeout": patient(10)}
    return {**dict.fromkeys(names, ""), **others, **options}


def _detect(**options: str) -> dict[str, t.Any]:
    return detect(options_with(**options))


def _fact(answer: dict[str, t.Any], name: str) -> tuple[str, str]:
    (found,) = (fact for fact in answer["facts"] if fact["name"] == name)
    return found["sure"], found["source"]


def _refusal(**options: str) -> str:
    with pytest.raises(SessionsError) as refusal:
        _detect(**options)
    return str(refusal.value)


@contextmanager
def _running_with(arguments: list[str], environment: t.Mapping[str, str], jar: t.IO[bytes] | None = None) -> t.Iterator[int]:
    """A process with these arguments, that has the file open."""
    command = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()", *arguments]
    variables = {**os.environ, **environment}
    with subprocess.Popen(command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=jar) as process:
        assert process.stdout
        process.stdout.readline()
        yield process.pid
        process.kill()


def _running(install: Path, *arguments: str, **environment: str) -> t.ContextManager[int]:
    """A process with the marks of one of this installation."""
    return _running_with([f"-Dcatalina.base={install}", *arguments], environment)


def test_a_running_node_is_described(node: ClusterNode) -> None:
    answer = _detect(install_dir=str(node.install))
    assert {name: answer[name] for name in ("product", "version", "home_dir", "node_id", "clustered", "url", "port", "context_path")} == {
        "product": "jira",
        "version": "11.3.0",
        "home_dir": str(node.home),
        "node_id": "n1",
        "clustered": True,
        "url": node.url,
        "port": node.port,
        "context_path": "/jira",
    }
    assert (answer["database"]["engine"], answer["database"]["name"]) == ("sqlite", node.layout.database.name)
    assert (answer["process"]["pid"], answer["process"]["count"], answer["process"]["running"]) == (node.pid, 1, True)
    assert answer["control"]["start_command"] == [str(node.install / "bin/start-jira.sh")]
    assert answer["sessions"]["kept"] == "memory"
    assert answer["cookies"] == {"session": "JSESSIONID", "remember_me": "seraph.rememberme.cookie"}


def test_the_module_ships_all_that_it_needs_and_changes_nothing(node: ClusterNode, tmp_path: Path) -> None:
    ansible = str(Path(sys.executable).with_name("ansible"))
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections_path()), "ANSIBLE_HOME": str(tmp_path), "ANSIBLE_NOCOLOR": "1"}
    module = ["-m", "dcops.atlassian_sessions.product_detect", "-a", f"install_dir={node.install}"]
    command = [ansible, "localhost", "-e", f"ansible_python_interpreter={sys.executable}", *module]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    answer = json.loads(run.stdout.partition("=>")[2])
    here = _detect(install_dir=str(node.install))
    # they do not look at the same second, and only the module sees what else runs on this machine
    assert 0 <= here["process"].pop("seconds") - answer["process"].pop("seconds") < patient(60)
    assert here["process"].pop("strangers") == ""
    answer["process"].pop("strangers")
    assert {name: answer[name] for name in answer if name != "changed"} == here
    assert not answer["changed"]


def test_sessions_that_are_saved_at_a_stop_are_seen(node: ClusterNode) -> None:
    node.behave(persist_sessions=True)
    answer = _detect(install_dir=str(node.install))
    node.behave(persist_sessions=False)
    assert answer["sessions"]["kept"] == "disk"
    assert answer["sessions"]["names"] == ["SESSIONS.ser"]
    assert answer["sessions"]["saved"] == []


def test_saved_sessions_that_lie_there_are_named(node: ClusterNode) -> None:
    saved = node.persisted_sessions
    saved.parent.mkdir(parents=True, exist_ok=True)
    saved.write_bytes(b"")
    try:
        assert _detect(install_dir=str(node.install))["sessions"]["saved"] == [str(saved)]
    finally:
        saved.unlink()


def test_what_the_plan_names_is_what_is_removed_whatever_the_engine_and_the_host_are_called(install: Path) -> None:
    for folder in ("Catalina/localhost/ROOT", "Jira/wiki.example.org/jira"):
        (install / "work" / folder).mkdir(parents=True)
        (install / "work" / folder / "SESSIONS.ser").touch()
    sessions = _detect(install_dir=str(install))["sessions"]
    assert sessions["saved"] == [
        f"{install}/work/{folder}/SESSIONS.ser" for folder in ("Catalina/localhost/ROOT", "Jira/wiki.example.org/jira")
    ]
    assert remove_saved(str(install), sessions["names"]) == sessions["saved"]


def test_saved_sessions_that_cannot_be_looked_for_are_not_passed_over(install: Path) -> None:
    (install / "work").symlink_to(install.parent)
    assert _refusal(install_dir=str(install)).startswith(f"{install}/work is a link: sessions saved behind it would come back")


@pytest.mark.usefixtures("_alone")
def test_nothing_found_says_where_it_looked() -> None:
    assert "No installation of Jira was found" in _refusal(product="jira")
    assert "/opt/atlassian/jira" in _refusal(product="jira")


@pytest.mark.parametrize("pids", [(41,), (41, 42, 43)])
def test_a_process_whose_account_owns_nothing_of_the_product_is_told_of_with_what_to_do(
    pids: tuple[int, ...], install: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    eves = [Process("b", pid, 1, "eve", "", (f"-Dcatalina.base={install}",), 12345) for pid in pids]
    monkeypatch.setattr(node_reader, "all_processes", lambda product: eves if product.name == "jira" else [])
    others = " (2 more do so)" if len(pids) > 1 else ""
    clause = (
        f"the process 41 of eve says in its arguments, as anybody's could, that it runs from {install}{others}, but eve owns nothing of"
    )
    assert _refusal(product="jira").startswith(f"No installation of Jira was found: {clause}")
    process = _detect(install_dir=str(install))["process"]
    assert (process["running"], process["strangers"].startswith(clause)) == (False, True)
    assert process["strangers"].endswith("start it as the account that owns them, or by a unit with User=eve; else end it")


@pytest.mark.usefixtures("_alone")
def test_a_node_in_a_container_is_no_node_that_is_down(install: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_reader, "pids_in_containers", lambda product: [41, 42] if product.name == "jira" else [])
    clause = "the process 41 bears the marks of Jira in a container (another root), which this collection neither stops nor starts"
    assert _refusal().partition(" was found: ")[2].startswith(f"{clause}, none lies in /opt/")
    look = _detect(install_dir=str(install))
    assert look["process"]["strangers"] == clause
    assert no_process(look) == f"no process of the product runs from {install} ({clause})"
    standbys = task_results.standbys(["n9"], [{"item": "n9", **look}])
    assert standbys["problems"] == [f"n9 is named a cold standby, and {clause}"]


def test_an_unknown_product_is_refused_with_the_known_ones() -> None:
    assert _refusal(product="jirra").endswith("Known products: bamboo, bitbucket, confluence, crowd, fisheye, jira.")


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    assert _refusal(product="jira", install_dir=str(tmp_path)).startswith(f"{tmp_path} is no installation of Jira")


def test_two_installations_are_refused_by_name(node: ClusterNode, install: Path) -> None:
    with _running(install):
        refusal = _refusal(product="jira")
    assert str(node.install) in refusal
    assert str(install) in refusal


def test_a_home_that_is_not_there_is_refused_with_its_source(install: Path) -> None:
    (install / POINTER).write_text("jira.home=/nowhere\n", encoding="utf-8")
    with _running(install):
        assert f"/nowhere of Jira ({install / POINTER}:1) is not there" in _refusal(install_dir=str(install))


def test_a_home_that_no_file_tells_is_refused(install: Path) -> None:
    (install / POINTER).write_text("jira.home=${unknown.place}/jira\n", encoding="utf-8")
    with _running(install):
        assert f"{install / POINTER}:1: a placeholder in it was never filled in" in _refusal(install_dir=str(install))


def test_a_node_that_is_down_is_described_all_the_same(install: Path) -> None:
    answer = _detect(install_dir=str(install))
    assert answer["process"] == {
        "running": False,
        "identity": "",
        "pid": 0,
        "user": "",
        "unit": "",
        "count": 0,
        "seconds": -1,
        "strangers": "",
    }
    assert answer["home_dir"] == str(install.parent / "home")
    assert answer["control"]["problem"] == f"{install}/bin/start-jira.sh is not there, or cannot be run"


def test_the_home_of_a_node_that_is_down_is_as_sure_as_its_file_and_certain_where_the_lock_of_this_run_lies(install: Path) -> None:
    lock = NodeLock(str(install.parent / "home"))
    assert _fact(_detect(install_dir=str(install), run_id="r1"), "home_dir")[0] == "likely"
    lock.take(owner_of("r1", {"attempt": 1, "number": "a", "controller": "c"}), "")
    assert _fact(_detect(install_dir=str(install), run_id="r1"), "home_dir") == ("certain", "the lock of run r1 lies in it")
    assert _fact(_detect(install_dir=str(install), run_id="r2"), "home_dir")[0] == "likely"
    assert _fact(_detect(install_dir=str(install)), "home_dir")[0] == "likely"


def test_the_usual_home_of_a_fisheye_that_is_down_is_its_own_only_where_the_lock_of_this_run_lies(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/fisheyectl.sh").touch()
    assert "that could tell the variable FISHEYE_INST" in _refusal(product="fisheye", install_dir=str(tmp_path), run_id="r1")
    NodeLock(str(tmp_path)).take(owner_of("r1", {"attempt": 1, "number": "a", "controller": "c"}), "")
    assert _detect(product="fisheye", install_dir=str(tmp_path), run_id="r1")["home_dir"] == str(tmp_path)
    assert "is not known" in _refusal(product="fisheye", install_dir=str(tmp_path), run_id="r2")


def test_a_node_that_is_down_is_its_units_account_and_has_what_that_unit_gives_it(
    install: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = Unit(("own.service",), 0, "no", f"{install}/bin/start-jira.sh", "jira")
    (tmp_path / "real").mkdir()
    monkeypatch.setattr(node_reader, "find_unit_of", {str(install): unit}.get)
    monkeypatch.setattr(node_reader, "find_unit", {"own.service": unit}.get)
    monkeypatch.setattr(systemd, "environment_in_unit", lambda name, _read: {"own.service": {"JIRA_HOME": f"{tmp_path}/real"}}.get(name))
    answer = _detect(install_dir=str(install))
    assert (answer["home_dir"], answer["control"]["account"]) == (f"{tmp_path}/real", "jira")
    assert _fact(answer, "home_dir") == ("certain", "JIRA_HOME of its unit")


def _see_processes_of(monkeypatch: pytest.MonkeyPatch, *installs: Path) -> None:
    """Of what runs on this host, those that run from there."""
    seen = all_processes
    own = {str(install) for install in installs}
    monkeypatch.setattr(node_reader, "all_processes", lambda product: [one for one in seen(product) if install_dir_of(product, one) in own])


def test_a_node_that_is_down_is_found_where_its_unit_starts_it(install: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _see_processes_of(monkeypatch)
    monkeypatch.setattr(node_reader, "folders_started", {"bin/start-jira.sh": [str(install)]}.get)
    answer = _detect(product="jira")
    assert (answer["install_dir"], answer["install_dir_by"]) == (str(install), "host")


def test_two_folders_in_which_units_start_a_product_are_named(install: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other"
    shutil.copytree(install, other)
    _see_processes_of(monkeypatch)
    monkeypatch.setattr(node_reader, "folders_started", {"bin/start-jira.sh": [str(install), str(other)]}.get)
    found = f"2 installations were found: Jira in {install} (does not run), Jira in {other} (does not run). Name one with "
    assert found in _refusal(product="jira")


CONFLUENCE_POINTER = "confluence/WEB-INF/classes/confluence-init.properties"


@pytest.fixture
def confluence(tmp_path: Path) -> Path:
    """Another product on the host, without a process."""
    pointer = tmp_path / "wiki" / CONFLUENCE_POINTER
    pointer.parent.mkdir(parents=True)
    pointer.write_text(f"confluence.home = {tmp_path}/home\n", encoding="utf-8")
    return tmp_path / "wiki"


def test_the_product_that_runs_is_not_taken_for_the_one_beside_it_that_is_down(
    install: Path, confluence: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _see_processes_of(monkeypatch, confluence)
    monkeypatch.setattr(node_reader, "folders_started", lambda script: [str(install)] if script == "bin/start-jira.sh" else [])
    with _running(confluence):
        refusal = _refusal()
        named = [_detect(product=product)["install_dir"] for product in ("jira", "confluence")]
        named += [_detect(install_dir=str(folder))["install_dir"] for folder in (install, confluence)]
    assert refusal == (
        f"2 installations were found: Jira in {install} (does not run), Confluence in {confluence} (runs). Name one with "
        "force_reauth_install_dir, or by its product with force_reauth_product where there is one of it. A folder that nothing uses any "
        "more may stay, once another one is named."
    )
    assert named == [str(install), str(confluence)] * 2


def test_a_copy_that_is_down_is_as_much_meant_as_the_one_that_runs(install: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other"
    shutil.copytree(install, other)
    _see_processes_of(monkeypatch, other)
    monkeypatch.setattr(node_reader, "folders_started", {"bin/start-jira.sh": [str(install)]}.get)
    with _running(other):
        assert f"2 installations were found: Jira in {install} (does not run), Jira in {other} (runs)." in _refusal(product="jira")


def test_what_runs_from_a_folder_by_a_link_is_one_installation(install: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").symlink_to(install)
    _see_processes_of(monkeypatch, tmp_path / "link")
    monkeypatch.setattr(node_reader, "folders_started", {"bin/start-jira.sh": [str(tmp_path / "link")]}.get)
    with _running(tmp_path / "link"):
        assert _detect(product="jira")["install_dir"] == str(install)


@pytest.mark.parametrize(("named", "by_unit", "by"), [(False, False, "process"), (False, True, "host"), (True, False, "host")])
def test_a_folder_is_told_by_the_process_alone_where_nothing_else_tells_of_it(
    install: Path, monkeypatch: pytest.MonkeyPatch, *, named: bool, by_unit: bool, by: str
) -> None:
    _see_processes_of(monkeypatch, install)
    monkeypatch.setattr(node_reader, "folders_started", lambda _script: [str(install)] if by_unit else [])
    with _running(install):
        answer = _detect(product="jira", install_dir=str(install) if named else "")
    assert (answer["install_dir"], answer["install_dir_by"]) == (str(install), by)


def test_a_node_that_is_down_is_looked_at_though_nobody_tells_where_it_answers(tmp_path: Path) -> None:
    (tmp_path / "install/bin").mkdir(parents=True)
    (tmp_path / "install/bin/start-bitbucket.sh").touch()
    (tmp_path / "home").mkdir()
    places = {"install_dir": f"{tmp_path}/install", "home_dir": f"{tmp_path}/home"}
    seen = first_look(options_with(**places, run_id="r1", abandon="", canary=True, functional_path=""))
    assert (seen["url"], seen["ready"]["ready"], seen["ready"]["saw"], seen["asked"]) == ("", False, "no process is left", {})


def test_a_node_that_runs_and_does_not_tell_where_it_answers_is_refused_with_the_reason(install: Path) -> None:
    options = options_with(install_dir=str(install), run_id="r1", abandon="", canary=False, functional_path="")
    with _running(install), pytest.raises(SessionsError) as refusal:
        first_look(options)
    assert str(refusal.value) == (
        f"Where the node itself answers is not known: {install}/conf/server.xml is not there; name the address with force_reauth_node_url."
    )


@pytest.mark.parametrize("how", ["argument", "environment", "option"])
def test_the_home_of_the_process_counts_before_that_of_the_files(how: str, install: Path, tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    arguments = [f"-Djira.home={real}"] if how == "argument" else []
    environment = {"JIRA_HOME": str(real)} if how == "environment" else {}
    with _running(install, *arguments, **environment) as pid:
        answer = _detect(install_dir=str(install), home_dir=str(real) if how == "option" else "")
    assert answer["home_dir"] == str(real)
    assert _fact(answer, "home_dir") == ("certain", "option home_dir" if how == "option" else f"process {pid}")


def test_a_home_that_the_environment_of_the_process_alone_tells_is_none_for_its_scripts(install: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (install / "bin").mkdir()
    for script in ("start-jira.sh", "stop-jira.sh"):
        (install / "bin" / script).touch(mode=0o700)
    (install / "work").mkdir()
    with _running(install, JIRA_HOME=f"{tmp_path}/real") as pid:
        (install / "work/catalina.pid").write_text(str(pid), encoding="utf-8")
        found, by_tasks = (_detect(install_dir=str(install), service_manager=manager) for manager in ("scripts", "tasks"))
        (install / "bin/setenv.sh").write_text(f"JIRA_HOME={tmp_path}/real\n", encoding="utf-8")
        written = _detect(install_dir=str(install), service_manager="scripts")
    assert found["home_dir"] == f"{tmp_path}/real"
    assert found["control"]["problem"].startswith("its home folder is told by the environment of its process alone (JIRA_HOME), which its")
    assert (written["control"]["problem"], by_tasks["control"]["problem"]) == ("", "")


def test_language_and_time_zone_of_the_process_are_those_of_its_next_start(install: Path) -> None:
    variables = {"LANG": "de_DE.UTF-8", "LC_ALL": "", "LC_TIME": "C.UTF-8", "TZ": ":/etc/localtime", "LANGUAGE": "/etc/x"}
    with _running(install, **variables):
        locale = _detect(install_dir=str(install))["control"]["locale"]
    assert locale == {"LANG": "de_DE.UTF-8", "LC_TIME": "C.UTF-8", "TZ": ":/etc/localtime"}
    assert _detect(install_dir=str(install))["control"]["locale"] == {}


@pytest.mark.parametrize(
    ("name", "sign", "arguments", "environment"),
    [
        (
            "confluence",
            "confluence/WEB-INF/classes/confluence-init.properties",
            ["-Dcatalina.home={install}"],
            {"CONFLUENCE_HOME": "{home}"},
        ),
        ("bamboo", "atlassian-bamboo/WEB-INF/classes/bamboo-init.properties", ["-Dcatalina.base={install}", "-Dbamboo.home={home}"], {}),
        ("bitbucket", "bin/start-bitbucket.sh", ["-Dbitbucket.home={home}", "-Dbitbucket.install={install}"], {"SERVER_PORT": "7999"}),
        ("fisheye", "bin/fisheyectl.sh", ["-Dfisheye.inst={home}", "-jar", "{install}/bin/../fisheyeboot.jar", "run"], {}),
    ],
)
def test_each_product_is_known_by_its_files_and_its_process(
    name: str, sign: str, arguments: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    places = {"install": str(tmp_path / "install"), "home": str(tmp_path / "home")}
    (tmp_path / "install" / sign).parent.mkdir(parents=True)
    (tmp_path / "install" / sign).touch()
    (tmp_path / "home").mkdir()
    variables = {key: value.format(**places) for key, value in environment.items()}
    with _running_with([argument.format(**places) for argument in arguments], variables) as pid:
        answer = _detect(install_dir=places["install"])
    assert (answer["product"], answer["home_dir"], answer["process"]["pid"]) == (name, places["home"], pid)


def test_a_setting_in_the_environment_counts_before_that_of_the_file(tmp_path: Path) -> None:
    install, settings = tmp_path / "install", tmp_path / "home/shared/bitbucket.properties"
    (install / "bin").mkdir(parents=True)
    (install / "bin/start-bitbucket.sh").touch()
    settings.parent.mkdir(parents=True)
    settings.write_text("jdbc.url=jdbc:postgresql://from-file/bitbucket\njdbc.user=from-file\nserver.port=1\n", encoding="utf-8")
    environment = {"JDBC_URL": "jdbc:postgresql://from-environment/bitbucket?password=s3cret", "SERVER_PORT": "7999"}
    arguments = [f"-Dbitbucket.home={tmp_path}/home", f"-Dbitbucket.install={install}"]
    with _running_with(arguments, environment) as pid:
        answer = _detect(install_dir=str(install))
    assert (answer["database"]["host"], answer["database"]["user"], answer["port"]) == ("from-environment", "from-file", 7999)
    assert _fact(answer, "database.host") == ("certain", f"process {pid}")
    assert "s3cret" not in json.dumps(answer)


def test_what_is_started_beside_a_bitbucket_is_what_runs_beside_it_now(tmp_path: Path) -> None:
    install = tmp_path / "install"
    (install / "bin").mkdir(parents=True)
    (install / "bin/start-bitbucket.sh").touch()
    (tmp_path / "home/shared").mkdir(parents=True)
    (install / "bin/set-bitbucket-home.sh").write_text(f"BITBUCKET_HOME={tmp_path}/home\n", encoding="utf-8")
    start = str(install / "bin/start-bitbucket.sh")
    down = _detect(install_dir=str(install))
    with _running_with([f"-Dbitbucket.home={tmp_path}/home", f"-Dbitbucket.install={install}"], {}):
        alone = _detect(install_dir=str(install))
        with _running_with([f"-Dopensearch.path.home={install}/opensearch"], {}):
            both = _detect(install_dir=str(install))
    commands = [answer["control"]["start_command"] for answer in (down, alone, both)]
    assert commands == [[start], [start, "--no-search"], [start]]


@pytest.mark.parametrize(("role", "order"), [("primary", 1), ("secondary", 0), ("", 0)])
def test_a_primary_is_restarted_last(role: str, order: int, node: ClusterNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_reader, "look_for_role", lambda _product, _site: role)
    answer = _detect(install_dir=str(node.install))
    assert (answer["role_in_cluster"], answer["restart_order"]) == (role, order)


def test_a_process_whose_link_was_moved_since_its_start_is_refused_and_still_one_of_its_installation(install: Path, tmp_path: Path) -> None:
    new, link, jar = tmp_path / "new", tmp_path / "current", install / "lib/catalina.jar"
    jar.parent.mkdir()
    jar.touch()
    shutil.copytree(install, new)
    link.symlink_to(install)
    with jar.open("r+b") as opened, _running_with([f"-Dcatalina.base={link}"], {}, opened) as pid:
        before = _detect(install_dir=str(link))
        link.unlink()
        link.symlink_to(new)
        refusals = {_refusal(install_dir=folder) for folder in (str(link), str(install))}
        jar.unlink()
        deleted = _refusal(install_dir=str(link))
    assert (before["process"]["pid"], before["home_dir"]) == (pid, f"{tmp_path}/home")
    assert refusals == {deleted}
    assert deleted == (
        f"The process {pid} runs from {install}, and its restart would start {new}: {link} leads there since. That would be an upgrade: "
        "have it lead to where it led before, or restart the node yourself, then run again."
    )


def test_the_home_folder_is_the_same_by_every_name(node: ClusterNode, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(node.home)
    homes = (str(node.home), f"{tmp_path}/linked", str(tmp_path))
    first, linked, other = (_detect(install_dir=str(node.install), home_dir=home)["home_identity"] for home in homes)
    assert first == linked != other


def test_what_the_process_was_started_with_stays_secret(install: Path) -> None:
    with _running(install, "-Djdbc.password=s3cret-argument", JDBC_PASSWORD="s3cret-environment"):
        assert "s3cret" not in json.dumps(_detect(install_dir=str(install)))


def test_a_second_process_of_the_installation_is_a_problem(install: Path) -> None:
    with _running(install) as one, _running(install) as other:
        answer = _detect(install_dir=str(install), service_manager="scripts")
        assert answer["process"]["count"] == 2
    assert answer["process"]["pid"] == min(one, other)


def test_a_unit_that_started_another_product_too_is_not_stopped(install: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "confluence/confluence/WEB-INF/classes/confluence-init.properties"
    other.parent.mkdir(parents=True)
    other.touch()
    monkeypatch.setattr(node_reader, "find_holder", lambda _name: Unit(("rc-local.service",), 0, "no", "/etc/rc.local start"))
    with _running(install) as jira, _running(tmp_path / "confluence") as confluence:
        members = tuple(Member(pid, 1, "java") for pid in (jira, confluence))
        monkeypatch.setattr(node_reader, "held_with", lambda process: members if process.pid == jira else ())
        problem = _detect(install_dir=str(install))["control"]["problem"]
        monkeypatch.setattr(node_reader, "held_with", lambda _process: members[:1])
        alone = _detect(install_dir=str(install))["control"]
    assert problem.startswith(f"the unit rc-local.service holds the process {confluence} of Confluence in {tmp_path}/confluence, too")
    assert (alone["manager"], alone["unit"]) == ("systemd", "rc-local.service")


CLOUD_FINAL = (
    "Id=cloud-final.service\nLoadState=loaded\nCanStop=yes\nCanStart=yes\nActiveState=active\nMainPID=0\nRestart=no\nKillMode=process\n"
)


def test_a_unit_of_which_a_stop_ends_nothing_is_a_problem(install: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "systemctl").write_text(f"#!/bin/sh\nprintf '%s' '{CLOUD_FINAL}'\n", encoding="utf-8")
    (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(systemd, "BOOTED", tmp_path)
    monkeypatch.setattr(node_reader, "find_holder", lambda _name: systemd.find_unit("cloud-final.service"))
    with _running(install) as pid:
        monkeypatch.setattr(node_reader, "held_with", lambda _process: (Member(pid, 1, "java"),))
        control, by_scripts = (_detect(install_dir=str(install), service_manager=manager)["control"] for manager in ("auto", "scripts"))
    assert (control["manager"], control["unit"]) == ("systemd", "cloud-final.service")
    assert control["problem"].startswith(
        "A stop of the unit cloud-final.service would not end the process (KillMode=process, no main process"
    )
    assert "the unit cloud-final.service holds the process" not in by_scripts["problem"]


def test_an_account_that_is_gone_with_its_unit_is_a_problem_whatever_stops_the_node(install: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(way: Way, _unit: str, names: list[str]) -> None:
        raise SessionsError(f"The account {way.account} is gone, and {' '.join(names)} stays.")

    monkeypatch.setattr(node_reader, "check_stays", refuse)
    with _running(install):
        problem = _detect(install_dir=str(install), service_manager="tasks")["control"]["problem"]
    assert problem == f"The account {account()} is gone, and SESSIONS.ser stays"


def test_a_named_address_takes_the_place_of_the_connector(node: ClusterNode) -> None:
    answer = _detect(install_dir=str(node.install), node_url="https://n1.example.org/jira/")
    assert (answer["url"], answer["port"]) == ("https://n1.example.org/jira", 443)


def test_20_mb_of_junk_are_refused_by_their_size(install: Path) -> None:
    junk = install.parent / "home/dbconfig.xml"
    junk.write_bytes(b"<x>" * 7_000_000)
    assert _refusal(install_dir=str(install)) == f"{junk} is larger than 5 MB: a settings file was expected."


def test_a_file_that_has_a_thousand_names_is_not_read_a_thousand_times(install: Path) -> None:
    contexts = install / "conf/Catalina/localhost"
    contexts.mkdir(parents=True)
    (contexts / "0.xml").write_text("<Context/>", encoding="utf-8")
    for number in range(1, 1000):
        (contexts / f"{number}.xml").hardlink_to(contexts / "0.xml")
    assert _refusal(install_dir=str(install)) == (
        f"More than 100 files fit {install}/conf/Catalina/*/*.xml: a few were expected. Remove those that do not belong there."
    )


def test_files_that_are_no_junk_alone_are_refused_by_their_size_together(install: Path) -> None:
    contexts = install / "conf/Catalina/localhost"
    contexts.mkdir(parents=True)
    (contexts / "0.xml").write_bytes(b"<Context/>" + b" " * 4_000_000)
    for number in range(1, 3):
        (contexts / f"{number}.xml").hardlink_to(contexts / "0.xml")
    assert _refusal(install_dir=str(install)) == (
        f"{contexts}/2.xml and the files read before it are larger than 10 MB together: settings files were expected."
    )


@contextmanager
def _closed(folder: Path) -> t.Iterator[None]:
    """As an account that may not look into the folder."""
    real = os.geteuid()
    folder.chmod(0)
    if real == 0:
        os.seteuid(65534)
    yield
    os.seteuid(real)
    folder.chmod(0o700)


def test_what_is_closed_to_the_account_is_refused_with_its_name(install: Path) -> None:
    with _closed(install):
        me = account()
        assert _refusal(product="jira", install_dir=str(install)).endswith(f"none of {POINTER} is there for {me} to see.")
        with pytest.raises(SessionsError, match=rf"cannot be read by {me}: Permission denied\. Run as the product's account or as root"):
            HostNode(None).read(str(install / POINTER))


@pytest.fixture
def squashed(install: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that root may not read, as on an NFS export with root_squash."""

    def read(path: str, most: int) -> bytes:
        if os.geteuid() == 0:
            raise PermissionError(errno.EACCES, "Permission denied")
        return read_regular(path, most)

    monkeypatch.setattr(host_node, "read_regular", read)
    return install / POINTER


def _process_of(user: str) -> Process:
    return Process("b", 41, 1, user, "", (), 65534)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to act as another account")
def test_what_root_may_not_read_is_read_as_the_account_of_the_process(squashed: Path) -> None:
    for folder in [one for one in squashed.parents if one.owner() == "root" and one != Path("/")]:
        folder.chmod(folder.stat().st_mode | 0o055)
    node = HostNode(_process_of("nobody"))
    assert node.read(str(squashed)) == squashed.read_bytes()
    assert node.read(f"{squashed}.none") is None
    (squashed.parent / "link").symlink_to(f"{squashed}.none")
    with pytest.raises(SessionsError, match="is a link to something that is not there"):
        node.read(str(squashed.parent / "link"))
    assert os.geteuid() == 0
    squashed.chmod(0o600)
    with pytest.raises(SessionsError) as refusal:
        node.read(str(squashed))
    assert str(refusal.value) == (
        f"{squashed} cannot be read by root and by nobody: Permission denied. Root may not where a file server takes it for nobody "
        "(root_squash), or a policy such as SELinux forbids it: open it to nobody."
    )


@pytest.mark.parametrize("process", [None, _process_of(""), _process_of("root")], ids=["down", "of no known account", "of root"])
def test_what_root_may_not_read_is_refused_where_no_other_account_is_known(
    squashed: Path, process: Process | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(SessionsError, match=r"cannot be read by root: Permission denied\. Root may not .*: run as the product's account"):
        HostNode(process).read(str(squashed))


@pytest.mark.parametrize("kind", ["folder", "fifo", "link to a fifo", "link to a device"])
def test_what_is_no_regular_file_is_refused_and_not_opened(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "dbconfig.xml"
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        os.mkfifo(tmp_path / "fifo")
        path.symlink_to("/dev/zero" if kind == "link to a device" else tmp_path / "fifo")
    with pytest.raises(SessionsError, match=f"^{path} is no regular file: a settings file was expected"):
        HostNode(None).read(str(path))


def test_a_file_that_becomes_a_fifo_after_the_look_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "x")
    monkeypatch.setattr(os, "stat", lambda _path: os.lstat(__file__))
    with pytest.raises(SessionsError, match="is no regular file"):
        HostNode(None).read(str(tmp_path / "x"))


def test_a_link_to_nothing_is_no_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "dbconfig.xml"
    path.symlink_to(tmp_path / "gone")
    with pytest.raises(SessionsError, match=f"^{path} is a link to something that is not there"):
        HostNode(None).read(str(path))


def test_a_link_to_a_settings_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"x=1")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert HostNode(None).read(str(tmp_path / "link")) == b"x=1"
    assert HostNode(None).read(str(tmp_path / "none")) is None


@pytest.mark.parametrize("path", ["/x\0y", "/x\ud800y"])
def test_a_path_that_is_none_is_a_sentence(path: str) -> None:
    with pytest.raises(SessionsError, match=r"^/x\\(x00|ud800)y cannot be the path of a file on this host, by a character in it: correct"):
        HostNode(None).read(path)
    assert HostNode(None).glob("/", f"{path.lstrip('/')}/db") == []


def test_a_pattern_that_is_none_ends_nothing_with_a_traceback() -> None:
    # of a home folder with two stars in its name; later versions of Python take them for one
    with contextlib.suppress(SessionsError):
        assert HostNode(None).glob("/", "no-such-folder/a**b/db") == []


def test_a_name_that_is_too_long_to_be_looked_for_is_a_sentence() -> None:
    with pytest.raises(SessionsError, match=r"cannot be read by .*: File name too long"):
        HostNode(None).glob("/", f"{'x' * 300}/db")
