# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The home folder is the one that the installation is given, by whatever gives it; never the usual one of another installation."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect import systemd
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.home import find_home
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.host_node import HostNode
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.process import Process
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import ARGUMENT

from tests.unit.fake_node import INSTALL, FakeNode

SCRIPT = "{install}/bin/set-bitbucket-home.sh"
POINTERS = {
    "jira": "{install}/atlassian-jira/WEB-INF/classes/jira-application.properties",
    "confluence": "{install}/confluence/WEB-INF/classes/confluence-init.properties",
    "bamboo": "{install}/atlassian-bamboo/WEB-INF/classes/bamboo-init.properties",
}


@pytest.mark.parametrize(
    ("script", "home"),
    [
        ("BITBUCKET_HOME=/d", "/d"),
        ("  export BITBUCKET_HOME='/d e'", "/d e"),
        ('if [ -z "$BITBUCKET_HOME" ]; then export BITBUCKET_HOME=/d; fi', "/d"),
        ('[ -z "$BITBUCKET_HOME" ] && export BITBUCKET_HOME="/d"', "/d"),
        ("test -n x || BITBUCKET_HOME=/d", "/d"),
        (': "${BITBUCKET_HOME:=/d}"', "/d"),
        (": ${BITBUCKET_HOME:=/d}", "/d"),
        ('BITBUCKET_HOME="${BITBUCKET_HOME:-/d}"', "/d"),
        ("BITBUCKET_HOME=${BITBUCKET_HOME:-/d}", "/d"),
        ('export BITBUCKET_HOME="${BITBUCKET_HOME:="/d"}"', ""),
        ("BITBUCKET_HOME=\nBITBUCKET_HOME=/d\n", "/d"),
        ("if a; then BITBUCKET_HOME=/d\nelse BITBUCKET_HOME=/e\nfi", ""),
        ("export LANG=C BITBUCKET_HOME=/d", "/d"),
        ('LANG=C MODE="a b" BITBUCKET_HOME=/d', "/d"),
        ('export "BITBUCKET_HOME=/d e"', "/d e"),
        ("typeset -x BITBUCKET_HOME=/d", "/d"),
        ("case $1 in start) BITBUCKET_HOME=/d;; esac", "/d"),
        ("  start|stop) BITBUCKET_HOME=/d ;;", "/d"),
        ("test -n x && (BITBUCKET_HOME=/d)", ""),
        ("echo $(date) BITBUCKET_HOME=/d", ""),
        ("BITBUCKET_HOME=$(dirname /d/e)", ""),
        ("# BITBUCKET_HOME=/d", ""),
        ("echo BITBUCKET_HOME=/d", ""),
        ("OTHER_BITBUCKET_HOME=/d", ""),
        ('BITBUCKET_HOME="$HOME/bitbucket"', ""),
        ('BITBUCKET_HOME="{{ home }}"', ""),
    ],
)
def test_a_home_that_a_script_sets(script: str, home: str) -> None:
    found = find_home(PRODUCTS["bitbucket"], INSTALL, FakeNode({SCRIPT: script.encode()}))
    assert (found.value, found.sure) == (home, "certain" if home else "unknown")


@pytest.mark.parametrize("script", ["setenv.sh", "user.sh"])
@pytest.mark.parametrize("product", ["jira", "bamboo", "confluence"])
def test_the_scripts_of_a_tomcat_are_read(product: str, script: str) -> None:
    node = FakeNode({f"{{install}}/bin/{script}": f"export {product.upper()}_HOME=/d".encode()})
    assert find_home(PRODUCTS[product], INSTALL, node).value == "/d"


@pytest.mark.parametrize(("product", "home"), [("jira", "/variable"), ("bamboo", "/variable"), ("confluence", "/file")])
def test_the_variable_outranks_the_file_but_for_confluence(product: str, home: str) -> None:
    files = {POINTERS[product]: f"{product}.home=/file".encode()}
    node = FakeNode(files, [], {f"{product.upper()}_HOME": "/variable"})
    assert find_home(PRODUCTS[product], INSTALL, node).value == home


@pytest.mark.parametrize("product", ["jira", "confluence", "bamboo", "bitbucket"])
def test_without_any_the_usual_folder_is_not_taken(product: str) -> None:
    found = find_home(PRODUCTS[product], INSTALL, FakeNode({}))
    assert (found.value, found.sure) == ("", "unknown")
    assert "not set in " in found.source


def _shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    def show(command: list[str], **_options: t.Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, text, "")

    monkeypatch.setattr(systemd, "BOOTED", tmp_path)
    monkeypatch.setattr(systemd.subprocess, "run", show)  # type: ignore[attr-defined]


@pytest.mark.parametrize("product", ["jira", "fisheye"])
def test_the_unit_of_a_stopped_node_tells_its_home(product: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = {"jira": "JIRA_HOME", "fisheye": "FISHEYE_INST"}[product]
    file = tmp_path / "default"
    file.write_text(f'# a comment\n{variable}="/from file"\nBROKEN="\n', encoding="utf-8")
    shown = f'LoadState=loaded\nEnvironment={variable}=/unit "X=a b"\n'
    _shown(monkeypatch, tmp_path, shown)
    assert find_home(PRODUCTS[product], INSTALL, HostNode(None, "x")).value == "/unit"
    _shown(monkeypatch, tmp_path, f"{shown}EnvironmentFiles={file} (ignore_errors=yes)\nEnvironmentFiles=/nowhere (ignore_errors=yes)\n")
    assert find_home(PRODUCTS[product], INSTALL, HostNode(None, "x")).value == "/from file"


@pytest.mark.parametrize("product", ["jira", "bamboo", "bitbucket", "fisheye"])
def test_a_stopped_node_without_a_unit_has_no_usual_home(product: str) -> None:
    variable = {"fisheye": "FISHEYE_INST"}.get(product, f"{product.upper()}_HOME")
    found = find_home(PRODUCTS[product], INSTALL, HostNode(None))
    assert (found.value, found.source) == ("", f"no process runs, and no unit is known, that could tell the variable {variable}")


def test_a_unit_that_systemd_does_not_know_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _shown(monkeypatch, tmp_path, "LoadState=not-found\nEnvironment=\n")
    assert HostNode(None, "x").environment("JIRA_HOME") is None
    _shown(monkeypatch, tmp_path, "LoadState=loaded\nEnvironment=\n")
    assert HostNode(None, "x").environment("JIRA_HOME") == ""


@pytest.mark.parametrize("product", sorted(POINTERS))
def test_the_home_in_a_file_of_a_stopped_node_is_only_likely_where_a_variable_outranks_it(product: str) -> None:
    node = FakeNode({POINTERS[product]: f"{product}.home=/file".encode()}, [], None, process="")
    found = find_home(PRODUCTS[product], INSTALL, node)
    assert (found.value, found.sure) == ("/file", "certain" if product == "confluence" else "likely")


def test_a_unit_that_runs_the_link_is_the_installations_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jira-9.12.4/bin").mkdir(parents=True)
    (tmp_path / "jira").symlink_to("jira-9.12.4")
    shown = f"Id=jira.service\nLoadState=loaded\nMainPID=7\nExecStart={{ path={tmp_path}/jira/bin/start.sh ; argv[]=x }}\n"
    _shown(monkeypatch, tmp_path, shown)
    unit = systemd.find_unit("jira")
    assert unit
    assert f"{tmp_path}/jira-9.12.4/bin/start.sh" in unit.start_command


def test_no_unit_is_asked_where_a_process_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systemd, "environment_in_unit", lambda _name, _read: pytest.fail("asked"))
    assert HostNode(Process("b", 1, 1, "u", "", (), 0), "x").argument("-D") == ""


@pytest.mark.parametrize(
    ("written", "home"),
    [
        ("/a\\u0000b", "/a\ufffdb"),
        ("/a\\ud800b", "/a\ufffdb"),
        ("/a\\udc00", "/a\ufffd"),
        ("/a\\ud800", "/a\ufffd"),
        ("/a\\ud83d\\ude00b", "/a😀b"),
        ("/a\\u00e4", "/aä"),
    ],
)
def test_a_home_in_a_properties_file_has_no_zero_and_no_half_character(written: str, home: str) -> None:
    node = FakeNode({POINTERS["jira"]: f"jira.home={written}".encode()})
    assert find_home(PRODUCTS["jira"], INSTALL, node).value == home


def test_a_home_that_is_longer_than_any_setting_is_not_known() -> None:
    found = find_home(PRODUCTS["jira"], INSTALL, FakeNode({POINTERS["jira"]: f"jira.home=/{'a' * 10_000}".encode()}))
    path = POINTERS["jira"].format(install=INSTALL)
    assert (found.value, found.sure, found.source) == ("", "unknown", f"{path}:1: it is longer than 10000 characters")


@pytest.mark.parametrize("line", [";: ${a=", ": ${BITBUCKET_HOME=/x ;"])
def test_a_script_that_is_made_to_take_days_takes_a_moment(line: str) -> None:
    node = FakeNode({SCRIPT: f"{line * 100_000}\nBITBUCKET_HOME=/d".encode()})
    assert find_home(PRODUCTS["bitbucket"], INSTALL, node).value == "/d"


def test_a_variable_that_names_another_one_is_not_that_one() -> None:
    node = FakeNode({SCRIPT: b"BITBUCKET_HOME=${OTHER:-/d}"})
    assert find_home(PRODUCTS["bitbucket"], INSTALL, node).value == ""


def test_a_line_of_a_units_file_that_is_longer_than_any_setting_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "default"
    file.write_text(f"JIRA_HOME=/{'a' * 4_000_000}\nX=/d\0e\n", encoding="utf-8")
    _shown(monkeypatch, tmp_path, f"LoadState=loaded\nEnvironmentFiles={file} (ignore_errors=yes)\n")
    node = HostNode(None, "x")
    assert (node.environment("JIRA_HOME"), node.environment("X")) == ("", "/d\ufffde")


@pytest.mark.parametrize("product", ["jira", "confluence", "bamboo", "bitbucket", "crowd", "fisheye"])
def test_a_home_that_java_is_told_by_a_variable_is_not_known(product: str) -> None:
    (argument,) = (place.key for place in PRODUCTS[product].files.home if place.where == ARGUMENT)
    found = find_home(PRODUCTS[product], "/install", FakeNode({}, [], {"JAVA_TOOL_OPTIONS": f"-Xmx1g {argument}/elsewhere"}))
    assert (bool(found), found.source.startswith("the variable JAVA_TOOL_OPTIONS of process 1 may set -D")) == (False, True)
