# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node is stopped and started with the product's rights and no more, and nothing but its own saved sessions is removed."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import typing as t
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect import node_service as of_a_node
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect import service, systemd
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.node_service import reached, started, stopped
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.rights import (
    FileStat,
    Owners,
    account_of_scripts,
    check_may_act_as,
    path_problem,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.saved_sessions import find_saved, remove_saved
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.service import (
    Way,
    act,
    acting_as,
    check_may_remove,
    check_stays,
    environment_of_scripts,
    pid_file_problem,
    try_way,
)
from ansible_collections.dcops.atlassian_sessions.plugins.modules import node_service

from demo.cluster import Cluster, ClusterNode

ME = pwd.getpwuid(os.geteuid()).pw_name
NAMES = ["SESSIONS.ser"]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to act as another account")


@pytest.mark.parametrize(
    ("unit", "install", "pid_file", "account"),
    [
        ("jira", "root", "", "jira"),
        ("", "jira", "jira", "jira"),
        ("", "root", "jira", ""),
        ("", "root", "", ""),
        ("", "", "jira", ""),
        ("", "", "", ""),
    ],
)
def test_the_account_of_a_node_that_is_down_is_known_or_it_is_not(unit: str, install: str, pid_file: str, account: str) -> None:
    assert account_of_scripts(Owners(unit=unit, install=install, pid_file=pid_file)) == account


@pytest.mark.parametrize(("account", "me", "am_root"), [("jira", "jira", False), ("jira", "root", True), ("root", "root", True)])
def test_the_product_s_account_and_root_may(account: str, me: str, am_root: bool) -> None:
    check_may_act_as(account, me, am_root)


@pytest.mark.parametrize(
    ("account", "me", "am_root", "sentence"),
    [
        ("", "root", True, "It is not known as which account the product runs"),
        ("jira", "deploy", False, "The product runs as jira, and this account is deploy: connect as root or as jira"),
        ("root", "jira", False, "The product runs as root, and this account is jira"),
    ],
)
def test_nobody_else_may(account: str, me: str, am_root: bool, sentence: str) -> None:
    with pytest.raises(SessionsError, match=f"^{sentence}"):
        check_may_act_as(account, me, am_root)


def _stats(**changes: tuple[int, int]) -> t.Callable[[str], FileStat]:
    """Folders and file of /opt/jira/start.sh as root has them, but for the changes: name -> (owner, mode)."""
    usual = {"/": (0, stat.S_IFDIR | 0o755), "/opt": (0, stat.S_IFDIR | 0o755), "/opt/jira": (0, stat.S_IFDIR | 0o755)}
    table = {
        **usual,
        "/opt/jira/start.sh": (0, stat.S_IFREG | 0o755),
        **{f"/{name.replace('_', '/')}": one for name, one in changes.items()},
    }
    return lambda path: t.cast(FileStat, SimpleNamespace(st_uid=table[path][0], st_mode=table[path][1]))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, ""),
        ({"opt": (0, stat.S_IFDIR | stat.S_ISVTX | 0o777)}, ""),
        ({"opt_jira": (1000, stat.S_IFDIR | 0o755)}, "/opt/jira does not belong to root"),
        ({"opt_jira": (0, stat.S_IFDIR | 0o775)}, "/opt/jira is open for writing to others than root"),
        ({"opt": (0, stat.S_IFDIR | 0o757)}, "/opt is open for writing to others than root"),
        ({"opt_jira_start.sh": (1000, stat.S_IFREG | 0o755)}, "/opt/jira/start.sh does not belong to root"),
        ({"opt_jira_start.sh": (0, stat.S_IFREG | stat.S_ISVTX | 0o777)}, "/opt/jira/start.sh is open for writing to others than root"),
    ],
)
def test_root_runs_only_what_root_alone_can_write(changes: dict[str, tuple[int, int]], problem: str) -> None:
    assert path_problem("/opt/jira/start.sh", _stats(**changes), os.readlink) == problem


LINK, FOLDER = stat.S_IFLNK | 0o777, stat.S_IFDIR | 0o755


@pytest.mark.parametrize(
    ("links", "strangers", "problem"),
    [
        ({"/opt/jira": "jira-9"}, (), ""),
        ({"/opt/jira": "../opt/./jira-9"}, (), ""),
        ({"/opt/jira": "/home/eve/link", "/home/eve/link": "/opt/jira-9"}, ("/home/eve",), "/home/eve does not belong to root"),
        ({"/opt/jira": "/opt/jira-9", "/opt/jira-9": "/opt/jira"}, (), "/opt/jira/start.sh leads through more than 40 links"),
        ({"/opt/jira": "jira-9"}, ("/opt/jira",), "/opt/jira does not belong to root"),
        ({"/opt/jira": "jira-9"}, ("/opt/jira-9",), "/opt/jira-9 does not belong to root"),
    ],
    ids=["a link of root's", "with dots", "through a stranger's folder", "a circle", "a stranger's link", "to a stranger's folder"],
)
def test_every_link_on_the_way_to_what_root_runs_is_looked_at(links: dict[str, str], strangers: tuple[str, ...], problem: str) -> None:
    def lstat(path: str) -> FileStat:
        mode = LINK if path in links else stat.S_IFREG | 0o755 if path.endswith(".sh") else FOLDER
        return t.cast(FileStat, SimpleNamespace(st_uid=1000 if path in strangers else 0, st_mode=mode))

    assert path_problem("/opt/jira/start.sh", lstat, links.__getitem__) == problem


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A start and a stop script that write down as whom they ran."""
    tmp_path.chmod(0o755)
    told = tmp_path / "told"
    told.mkdir()
    told.chmod(0o777)
    for name in ("start.sh", "stop.sh"):
        script = tmp_path / name
        script.write_text(f'#!/bin/sh\nid -un >{told}/{name}\necho "it is so" >&2\nexit "${{1:-0}}"\n', encoding="utf-8")
        script.chmod(0o755)
    return tmp_path


def _way(folder: Path, account: str, status: str = "0") -> Way:
    return Way("scripts", str(folder), "", account, (f"{folder}/start.sh", status), (f"{folder}/stop.sh", status))


def _open_to_all(folder: Path) -> None:
    for parent in (folder, *folder.parents):
        if parent.owner() == ME and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)


@needs_root
def test_scripts_run_as_the_product_s_account_with_its_groups_and_nothing_of_root_s_environment(scripts: Path) -> None:
    _open_to_all(scripts)
    script = scripts / "start.sh"
    script.write_text(f'#!/bin/sh\n{{ id -un; id -Gn; echo "$HOME"; echo "$SECRET"; }} >{scripts}/told/start.sh\n', encoding="utf-8")
    os.environ["SECRET"] = "of root"
    try:
        act(_way(scripts, "nobody"), "start", 30)
    finally:
        del os.environ["SECRET"]
    user, groups, home, secret = (scripts / "told/start.sh").read_text(encoding="utf-8").splitlines()
    assert (user, "root" in groups.split(), home, secret) == ("nobody", False, pwd.getpwnam("nobody").pw_dir, "")


@pytest.mark.parametrize("account", [pytest.param("nobody", marks=needs_root), ME])
@pytest.mark.parametrize(
    ("locale", "lines"),
    [
        ({"LANG": "de_DE.UTF-8", "TZ": "Europe/Berlin"}, ["LANG=de_DE.UTF-8", "TZ=Europe/Berlin"]),
        ({"LC_CTYPE": "de_DE.UTF-8"}, ["LC_CTYPE=de_DE.UTF-8"]),
    ],
)
def test_scripts_get_the_language_and_the_time_zone_of_the_process_and_none_of_this_session(
    scripts: Path, monkeypatch: pytest.MonkeyPatch, account: str, locale: dict[str, str], lines: list[str]
) -> None:
    _open_to_all(scripts)
    (scripts / "start.sh").write_text(f"#!/bin/sh\nenv | grep -E '^(LANG|LC_|TZ)' | sort >{scripts}/told/start.sh\n", encoding="utf-8")
    for name in ("LANG", "LC_ALL", "TZ"):
        monkeypatch.setenv(name, "C")
    act(replace(_way(scripts, account), locale=locale), "start", 30)
    assert (scripts / "told/start.sh").read_text(encoding="utf-8").splitlines() == lines


@needs_root
def test_scripts_get_no_language_where_the_process_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANG", raising=False)
    assert "LANG" not in environment_of_scripts(_way(Path("/opt/jira"), "nobody"))


@needs_root
def test_a_script_that_the_account_may_not_run_is_found_by_the_trial(scripts: Path) -> None:
    _open_to_all(scripts)
    (scripts / "stop.sh").chmod(0o700)
    with pytest.raises(SessionsError, match=r"^The account nobody cannot run .*/start.sh and .*/stop.sh: they are not open to it\.$"):
        try_way(_way(scripts, "nobody"))
    assert list((scripts / "told").iterdir()) == []


@needs_root
@pytest.mark.parametrize("account", ["root", "0"])
def test_a_script_that_somebody_else_may_write_is_not_run_as_root(scripts: Path, account: str) -> None:
    (scripts / "start.sh").chmod(0o777)
    with pytest.raises(SessionsError, match=r"start.sh is not run as root: .*/start.sh is open for writing to others than root, so"):
        act(_way(scripts, account), "start", 30)
    assert list((scripts / "told").iterdir()) == []


@needs_root
def test_a_script_beside_one_that_somebody_else_may_write_is_not_run_as_root(scripts: Path) -> None:
    (scripts / "setenv.sh").touch(mode=0o777)
    (scripts / "setenv.sh").chmod(0o777)
    with pytest.raises(SessionsError, match=r"start.sh is not run as root: .*/setenv.sh is open for writing to others than root, so"):
        act(_way(scripts, "root"), "start", 30)
    assert list((scripts / "told").iterdir()) == []


@needs_root
@pytest.mark.parametrize("runuser", [True, False], ids=["by runuser", "without it"])
def test_another_account_is_taken_on_for_real_by_the_trial(scripts: Path, runuser: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    _open_to_all(scripts)
    if not runuser:
        monkeypatch.setattr(shutil, "which", lambda *_asked, **_options: None)
    try_way(_way(scripts, "nobody"))
    act(_way(scripts, "nobody"), "stop", 30)
    assert (scripts / "told/stop.sh").read_text(encoding="utf-8") == "nobody\n"


@pytest.mark.parametrize("manager", ["systemd", "scripts", "tasks"])
def test_an_account_that_is_not_known_is_refused_by_the_trial_whatever_stops_the_node(scripts: Path, manager: str) -> None:
    with pytest.raises(SessionsError, match=r"^It is not known as which account the product runs"):
        try_way(replace(_way(scripts, ""), manager=manager))


def test_saved_sessions_that_this_account_could_not_remove_are_refused_by_the_trial(scripts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_may_remove(_way(scripts, "jira"), [] if os.geteuid() else NAMES)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    check_may_remove(_way(scripts, "12345"), NAMES)
    with pytest.raises(
        SessionsError, match=r"^12345 cannot remove the sessions that Tomcat saves at a stop as jira: connect as root or as jira"
    ):
        check_may_remove(_way(scripts, "jira"), NAMES)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "echo 'Failed to stop jira.service: Access denied' >&2; echo \"See system logs for details.\" >&2; exit 4",
            r"^systemctl stop jira\.service failed: Failed to stop jira\.service: Access denied\.$",
        ),
        ("exit 1", r"^systemctl stop jira\.service failed: no reason was given\.$"),
        ("exec sleep 60", r"^systemctl stop jira\.service did not end within 0 s\.$"),
    ],
    ids=["refused", "silent", "it hangs"],
)
def test_a_systemctl_that_fails_is_quoted(text: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "systemctl").write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(SessionsError, match=sentence):
        act(Way("systemd", "/opt/jira", "jira.service", "jira"), "stop", 0.3 if "sleep" in text else 30)


def test_a_systemctl_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SessionsError, match=r"^systemctl cannot be run: No such file or directory\.$"):
        act(Way("systemd", "/opt/jira", "jira.service", "jira"), "stop", 30)


def test_an_account_that_is_unknown_on_this_host_is_named(scripts: Path) -> None:
    with pytest.raises(SessionsError, match=r"nonesuch"):
        try_way(_way(scripts, "nonesuch"))


def test_the_last_word_of_a_script_that_fails_is_told(scripts: Path) -> None:
    with pytest.raises(SessionsError, match=r"/stop.sh ended with status 3: it is so\.$"):
        act(_way(scripts, ME, "3"), "stop", 30)


def test_a_script_that_does_not_end_is_given_up(scripts: Path) -> None:
    (scripts / "start.sh").write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
    with pytest.raises(SessionsError, match=r"/start.sh did not end within 1 s\.$"):
        act(_way(scripts, ME), "start", 1)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"41\n", ""),
        (b"42\n", "names the process 42 and not 41"),
        (b"", "names the process '' and not 41"),
        (b"x" * 90, "names the process 'xx"),
    ],
)
def test_a_pid_file_that_does_not_name_the_process_is_a_problem(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "catalina.pid"
    path.write_bytes(content)
    found = pid_file_problem(str(path), 41)
    assert problem in found
    assert bool(problem) == bool(found)


def test_a_stop_script_that_needs_no_pid_file_has_no_problem_with_it() -> None:
    assert pid_file_problem("", 41) == ""


@pytest.mark.parametrize("kind", ["missing", "link", "pipe"])
def test_a_pid_file_that_cannot_be_one_is_a_problem_and_hangs_nothing(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "catalina.pid"
    if kind == "link":
        path.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path)
    assert "which does not tell of the process 41" in pid_file_problem(str(path), 41)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The work folder of an installation with one context and saved sessions."""
    context = tmp_path / "install/work/Catalina/localhost/ROOT"
    context.mkdir(parents=True)
    (context / "SESSIONS.ser").write_bytes(b"sessions")
    return tmp_path / "install/work"


def test_saved_sessions_are_found_and_removed(work: Path) -> None:
    path = work / "Catalina/localhost/ROOT/SESSIONS.ser"
    (path.parent / "tldCache.ser").touch()
    assert find_saved(str(work.parent), NAMES) == [str(path)]
    assert remove_saved(str(work.parent), NAMES) == [str(path)]
    assert sorted(one.name for one in path.parent.iterdir()) == ["tldCache.ser"]
    assert remove_saved(str(work.parent), NAMES) == []


def test_nothing_is_removed_at_another_depth_nor_under_another_name(work: Path) -> None:
    victims = [work / "SESSIONS.ser", work / "Catalina/SESSIONS.ser", work / "Catalina/localhost/ROOT/deeper/SESSIONS.ser"]
    for victim in victims:
        victim.parent.mkdir(exist_ok=True)
        victim.touch()
    (work / "Catalina/localhost/fourth/SESSIONS.ser").mkdir(parents=True)
    assert remove_saved(str(work.parent), NAMES) == [str(work / "Catalina/localhost/ROOT/SESSIONS.ser")]
    assert [victim for victim in victims if not victim.exists()] == []


@pytest.mark.parametrize("where", ["Catalina/linked", "Catalina/localhost/linked", "Catalina/localhost/third/SESSIONS.ser"])
def test_a_link_on_the_way_is_refused_and_what_is_behind_it_stays(work: Path, tmp_path: Path, where: str) -> None:
    foreign = tmp_path / "foreign"
    (foreign / "ROOT").mkdir(parents=True)
    victims = [foreign / "SESSIONS.ser", foreign / "ROOT/SESSIONS.ser"]
    for victim in victims:
        victim.touch()
    (work / where).parent.mkdir(exist_ok=True)
    (work / where).symlink_to(foreign if where.endswith("linked") else victims[0])
    with pytest.raises(SessionsError, match=f"/{where} is a link: sessions saved behind it would come back"):
        remove_saved(str(work.parent), NAMES)
    assert [victim for victim in victims if not victim.exists()] == []


@pytest.fixture
def linked_work(work: Path) -> Path:
    """The same work folder elsewhere, with a link in its place."""
    elsewhere = work.parent.parent / "elsewhere"
    work.rename(elsewhere)
    work.symlink_to(elsewhere)
    return work


@needs_root
def test_a_work_folder_that_root_made_a_link_is_looked_into_with_the_rights_of_the_product(linked_work: Path) -> None:
    path = linked_work.resolve() / "Catalina/localhost/ROOT/SESSIONS.ser"
    _open_to_all(path.parent)
    for folder in (linked_work.resolve(), path.parent):
        os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
    with acting_as("nobody"):
        assert find_saved(str(linked_work.parent), NAMES) == [str(path)]
        assert remove_saved(str(linked_work.parent), NAMES) == [str(path)]
    assert not path.exists()


@needs_root
def test_a_work_folder_that_leads_to_nothing_yet_has_no_saved_sessions(linked_work: Path) -> None:
    shutil.rmtree(linked_work.resolve())
    assert remove_saved(str(linked_work.parent), NAMES) == []


@needs_root
def test_behind_a_work_folder_that_root_made_a_link_no_other_is_followed(linked_work: Path) -> None:
    (linked_work / "Catalina/more").symlink_to("/")
    with pytest.raises(SessionsError, match=r"/elsewhere/Catalina/more is a link: sessions saved behind it would come back"):
        find_saved(str(linked_work.parent), NAMES)


@pytest.mark.parametrize("whose", ["install/work", "install", "."])
def test_a_work_folder_that_somebody_else_could_lead_elsewhere_is_not_looked_into(whose: str, linked_work: Path, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        os.lchown(tmp_path / whose, pwd.getpwnam("nobody").pw_uid, -1)
    refused = r"/install/work is a link: sessions saved behind it would come back.* root's alone: \S+ does not belong to root\.$"
    with pytest.raises(SessionsError, match=refused):
        remove_saved(str(linked_work.parent), NAMES)
    assert remove_saved(str(linked_work.parent), []) == []
    assert (tmp_path / "elsewhere/Catalina/localhost/ROOT/SESSIONS.ser").exists()


def test_what_tomcat_takes_away_meanwhile_is_no_failure(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "listdir", lambda folder, real=os.listdir: [*real(folder), "gone"])
    assert len(find_saved(str(work.parent), NAMES)) == 1


@needs_root
def test_a_work_folder_that_is_closed_to_the_product_s_account_is_named(work: Path) -> None:
    _open_to_all(work)
    (work / "Catalina").chmod(0o700)
    with (
        pytest.raises(SessionsError, match=r"work/Catalina cannot be looked into .*: Permission denied"),
        acting_as("nobody"),
    ):
        find_saved(str(work.parent), NAMES)
    assert os.geteuid() == 0


@needs_root
def test_saved_sessions_are_removed_with_the_rights_of_the_product_s_account(work: Path) -> None:
    _open_to_all(work)
    path = work / "Catalina/localhost/ROOT/SESSIONS.ser"
    with pytest.raises(SessionsError, match="cannot be removed: Permission denied"), acting_as("nobody"):
        remove_saved(str(work.parent), NAMES)
    assert path.exists()
    os.chown(path.parent, pwd.getpwnam("nobody").pw_uid, -1)
    with acting_as("nobody"):
        assert remove_saved(str(work.parent), NAMES) == [str(path)]


def test_an_installation_without_a_work_folder_has_no_saved_sessions(tmp_path: Path) -> None:
    assert remove_saved(str(tmp_path), NAMES) == []


@pytest.fixture(scope="module")
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("service") / "c", nodes=1) as cluster:
        yield cluster


@pytest.fixture
def node(_cluster: Cluster) -> ClusterNode:
    return _cluster["n1"]


def _options(node: ClusterNode) -> dict[str, t.Any]:
    scripts = {f"{verb}_command": [f"{node.install}/bin/{verb}-jira.sh"] for verb in ("start", "stop")}
    way = {"manager": "scripts", "unit": "", "account": ME, "install_dir": str(node.install)}
    return {"product": "jira", "timeout": 60, "saved_sessions": NAMES, "locale": {}, **way, **scripts}


def test_a_node_is_stopped_once_and_started_once(node: ClusterNode) -> None:
    old = node.pid
    down = stopped(_options(node), check_mode=False)
    assert (node.pid, down["changed"], str(old) in down["process"]) == (0, True, True)
    assert stopped(_options(node), check_mode=False) == {"changed": False, "process": "", "removed": []}
    assert started(_options(node), check_mode=False)["changed"]
    # the start script returns before its process is seen
    node.wait_running()
    assert not started(_options(node), check_mode=False)["changed"]
    assert node.pid not in (0, old)


def test_of_a_node_that_cannot_be_stopped_what_is_still_there_is_told(node: ClusterNode) -> None:
    if not node.pid:
        node.start()
    options = {**_options(node), "stop_command": ["/bin/false"]}
    with pytest.raises(SessionsError, match=rf"/bin/false ended with status 1\. Seen then: .*{node.pid}.* is still there\.$"):
        stopped(options, check_mode=False)


def test_a_node_that_is_gone_is_stopped_whatever_its_stop_script_says(node: ClusterNode) -> None:
    if not node.pid:
        node.start()
    script = f"{node.install}/bin/stop-jira.sh && exit 1"
    assert stopped({**_options(node), "stop_command": ["/bin/sh", "-c", script]}, check_mode=False)["changed"]
    assert node.pid == 0


def test_a_node_that_could_not_be_cleaned_with_known_rights_is_not_stopped(node: ClusterNode) -> None:
    if not node.pid:
        node.start()
    old = node.pid
    with pytest.raises(SessionsError, match=r"^It is not known as which account the product runs"):
        stopped({**_options(node), "account": "", "manager": "tasks"}, check_mode=False)
    assert node.pid == old


def _as_given(**given: t.Any) -> dict[str, t.Any]:
    """The options as the module has them, with its defaults."""
    options = yaml.safe_load(node_service.DOCUMENTATION)["options"]
    return {**{name: option.get("default") for name, option in options.items()}, **given}


EXAMPLE = yaml.safe_load(node_service.EXAMPLES)[0]["dcops.atlassian_sessions.node_service"]


@pytest.fixture
def a_node_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever folder is named; and systemd could stop and start whatever unit."""
    monkeypatch.setattr(of_a_node, "look_for_stopped", lambda *_node: {"ready": True, "process": "", "saw": ""})
    for name in ("check_can", "check_may"):
        monkeypatch.setattr(service, name, lambda _unit: None)


@pytest.mark.usefixtures("a_node_that_is_down")
def test_the_example_of_the_module_is_one_that_works() -> None:
    example = {**EXAMPLE, "account": EXAMPLE["account"] and ME}
    assert reached("stopped", _as_given(**example), check_mode=True)["changed"] is False


@pytest.mark.parametrize(
    ("state", "manager", "check_mode", "refused"),
    [
        ("asked", "systemd", False, True),
        ("stopped", "systemd", True, True),
        ("stopped", "tasks", False, True),
        ("started", "scripts", True, True),
        ("started", "systemd", True, False),
        ("started", "tasks", False, False),
    ],
)
@pytest.mark.usefixtures("a_node_that_is_down")
def test_an_account_that_is_left_out_is_asked_for_where_its_rights_are_needed(
    state: str, manager: str, check_mode: bool, refused: bool
) -> None:
    scripts = {"start_command": ["/nonesuch"], "stop_command": ["/nonesuch"]}
    options = _as_given(**{**EXAMPLE, **scripts, "account": None, "manager": manager})
    sentence = rf"^With state={state} and manager={manager} node_service is given account, too: control\.account of product_detect\."
    with pytest.raises(SessionsError, match=sentence) if refused else nullcontext():
        reached(state, options, check_mode)


@pytest.mark.parametrize("locale", [{"PATH": "/of/somebody"}, {"LANG": "../x"}, {"LANG": 1}])
def test_a_node_is_not_stopped_where_what_is_to_be_its_language_is_none(node: ClusterNode, locale: dict[str, t.Any]) -> None:
    with pytest.raises(SessionsError, match=r"^The option locale of node_service is what product_detect returned"):
        reached("asked", {**_options(node), "locale": locale}, check_mode=False)


def test_a_node_that_is_asked_runs_on(node: ClusterNode) -> None:
    if not node.pid:
        node.start()
    old = node.pid
    answer = reached("asked", _options(node), check_mode=False)
    assert (node.pid, answer["changed"], str(old) in answer["process"], answer["removed"]) == (old, False, True, [])


def test_a_node_that_could_not_be_started_says_so_when_it_is_asked(node: ClusterNode) -> None:
    missing = [f"{node.install}/bin/gone.sh"]
    with pytest.raises(SessionsError, match=r"gone\.sh"):
        reached("asked", {**_options(node), "start_command": missing}, check_mode=True)


def test_in_check_mode_a_node_runs_on(node: ClusterNode) -> None:
    if not node.pid:
        node.start()
    old = node.pid
    assert stopped(_options(node), check_mode=True)["changed"]
    assert not started(_options(node), check_mode=True)["changed"]
    assert node.pid == old


@pytest.mark.parametrize("state", ["asked", "stopped", "started"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_of_a_folder_that_is_no_installation_no_node_is_down(state: str, check_mode: bool, node: ClusterNode) -> None:
    folder = str(node.install.parent)
    with pytest.raises(SessionsError, match=rf"^{folder} is no installation of Jira"):
        reached(state, {**_options(node), "install_dir": folder}, check_mode)


@pytest.mark.parametrize(
    ("manager", "missing"), [("systemd", "unit"), ("scripts", "start_command and stop_command"), ("scripts", "stop_command")]
)
def test_a_manager_without_what_it_works_by_is_refused(manager: str, missing: str, node: ClusterNode) -> None:
    options = {**_options(node), "manager": manager, **dict.fromkeys(missing.split(" and "), "")}
    for state in ("asked", "stopped", "started"):
        with pytest.raises(SessionsError, match=rf"^With manager={manager} node_service is given {missing}, too"):
            reached(state, options, check_mode=False)


def test_what_only_the_task_files_of_the_site_change_is_not_changed_here(node: ClusterNode) -> None:
    options = {**_options(node), "manager": "tasks"}
    node.stop()
    assert not started(options, check_mode=False)["changed"]
    assert not stopped(options, check_mode=False)["changed"]
    node.start()
    assert not stopped(options, check_mode=True)["changed"]


def test_in_check_mode_a_node_that_could_not_be_stopped_or_started_says_so(node: ClusterNode) -> None:
    options = {**_options(node), "start_command": [f"{node.install}/bin/gone.sh"]}
    if not node.pid:
        node.start()
    with pytest.raises(SessionsError, match=r"gone\.sh"):
        stopped(options, check_mode=True)
    node.stop()
    with pytest.raises(SessionsError, match=r"gone\.sh"):
        started(options, check_mode=True)


@pytest.mark.parametrize("seconds", [0, -5, 10**12])
def test_a_node_is_not_stopped_without_a_time_limit_that_can_be_meant(seconds: int, node: ClusterNode) -> None:
    with pytest.raises(SessionsError, match=r"^timeout is a number of seconds, more than 0"):
        reached("stopped", {**_options(node), "timeout": seconds}, check_mode=False)


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose programs are found first."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def _write_systemctl(folder: Path, shown: str, otherwise: str = "") -> None:
    """One that shows this of its unit, and writes down what else it is told."""
    script = folder / "systemctl"
    script.write_text(f'#!/bin/sh\n[ "$1" = show ] && exec echo "{shown}"\necho "$2 $4" >>{folder}/told\n{otherwise}\n')
    script.chmod(0o755)


BY_UNIT = {"manager": "systemd", "unit": "jira.service"}
STOP, START = "stop jira.service", "start jira.service"


@pytest.mark.parametrize(
    ("state", "fails", "told"),
    [
        ("active", "", [STOP, START]),
        ("reloading", "", [STOP, START]),
        ("active", '[ "$2" = start ]', [STOP, START]),
        *((state, "", [START]) for state in ("inactive", "failed", "activating", "deactivating", "")),
    ],
)
def test_a_unit_that_outlived_its_node_is_stopped_before_it_is_started(
    state: str, fails: str, told: list[str], node: ClusterNode, bin_folder: Path
) -> None:
    node.kill()
    _write_systemctl(bin_folder, f"ActiveState={state}", fails)
    assert started({**_options(node), **BY_UNIT}, check_mode=False)["changed"]
    assert (bin_folder / "told").read_text(encoding="utf-8").splitlines() == told


@pytest.mark.parametrize(("runs", "way"), [(True, "asked"), (True, "stopped"), (False, "asked"), (False, "stopped")])
def test_a_unit_of_which_a_stop_would_end_nothing_is_refused_where_the_node_runs(
    runs: bool, way: str, node: ClusterNode, bin_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.kill()
    if runs:
        node.start()
    monkeypatch.setattr(systemd, "BOOTED", bin_folder)
    _write_systemctl(bin_folder, "\n".join(("Id=jira.service", "LoadState=loaded", "CanStop=yes", "CanStart=yes", "ActiveState=inactive")))
    refused = pytest.raises(SessionsError, match=r"^A stop of the unit jira\.service would not end the process") if runs else nullcontext()
    with refused:
        reached(way, {**_options(node), **BY_UNIT}, check_mode=True)


@needs_root
@pytest.mark.parametrize("names", [[], NAMES])
def test_a_node_is_cleaned_though_its_account_is_gone_with_its_unit(
    names: list[str], node: ClusterNode, bin_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not node.pid:
        node.start()
    _open_to_all(node.install)

    def entry(name: str, real: t.Callable[[str], pwd.struct_passwd] = pwd.getpwnam) -> pwd.struct_passwd:
        if name == "nobody" and not node.pid:
            raise KeyError(name)
        return real(name)

    monkeypatch.setattr(pwd, "getpwnam", entry)
    _write_systemctl(bin_folder, "Id=jira.service\nLoadState=loaded\nCanStop=yes\nCanStart=yes", f"exec {node.install}/bin/stop-jira.sh")
    options = {**_options(node), **BY_UNIT, "account": "nobody", "saved_sessions": names}
    assert stopped(options, check_mode=False)["changed"]
    assert node.pid == 0
    known = pytest.raises(SessionsError, match=r"^The account nobody of the product is not known") if names else nullcontext()
    with known:
        reached("asked", options, check_mode=False)


@needs_root
@pytest.mark.parametrize(
    ("uid", "shown", "names", "refused"),
    [
        (61184, "DynamicUser=yes", NAMES, True),
        (65519, "DynamicUser=yes", NAMES, True),
        (65519, "DynamicUser=yes", [], False),
        (65519, "DynamicUser=no", NAMES, False),
        (65519, "", NAMES, False),
        # there is one of that name
        (998, "DynamicUser=yes", NAMES, False),
        (61183, "DynamicUser=yes", NAMES, False),
        (65520, "DynamicUser=yes", NAMES, False),
    ],
)
def test_an_account_that_is_gone_with_its_unit_could_not_remove_what_was_saved(
    uid: int, shown: str, names: list[str], refused: bool, bin_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pwd, "getpwnam", lambda _name: SimpleNamespace(pw_uid=uid))
    _write_systemctl(bin_folder, shown)
    way = Way("systemd", "/opt/jira", "jira.service", "jira")
    sentence = (
        r"^The account jira is gone once jira\.service is stopped \(DynamicUser\), .* have jira\.service name an account of this host"
    )
    with pytest.raises(SessionsError, match=sentence) if refused else nullcontext():
        check_stays(way, "jira.service", names)
    check_stays(way, "", names)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    check_stays(way, "jira.service", names)
