# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd is asked only where it runs, and only for a while."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect import systemd
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.service_manager import Unit

LOADED = "Id=jira.service\nNames=jira.service\nLoadState=loaded\nMainPID=41\nRestart=no\nExecStart=\n"


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH of its own, on a host that systemd runs."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(systemd, "BOOTED", tmp_path)
    return tmp_path


def _write_systemctl(folder: Path, text: str) -> None:
    script = folder / "systemctl"
    script.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    script.chmod(0o755)


def test_the_unit_is_asked_for_by_its_full_name(bin_folder: Path) -> None:
    _write_systemctl(bin_folder, f"echo \"$@\" >{bin_folder}/asked\nprintf '%s' '{LOADED}'")
    assert systemd.find_unit("jira") == Unit(("jira.service",), 41, "no", "", "root")
    assert (bin_folder / "asked").read_text(encoding="utf-8").endswith(" -- jira.service\n")


@pytest.mark.parametrize(
    ("shown", "state"),
    [("LoadState=not-found", "not-found"), ("LoadState=masked", "masked"), ("LoadState=error", "error"), ("", "")],
)
def test_a_unit_that_systemd_has_not_loaded_is_none_but_still_holds(bin_folder: Path, shown: str, state: str) -> None:
    _write_systemctl(bin_folder, f"echo {shown}")
    assert systemd.find_unit("jira") is None
    assert systemd.find_holder("jira.service") == Unit(("jira.service",), systemd.UNKNOWN_PID, "", "", load_state=state)


@pytest.mark.parametrize("find", [systemd.find_unit, systemd.find_holder])
def test_nothing_is_asked_where_systemd_does_not_run(find: object, bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write_systemctl(bin_folder, f"touch {bin_folder}/asked")
    monkeypatch.setattr(systemd, "BOOTED", bin_folder / "absent")
    assert callable(find)
    assert find("jira.service") is None
    assert not (bin_folder / "asked").exists()


@pytest.mark.parametrize("text", ["exec sleep 60", ""], ids=["it hangs", "it is not there"])
def test_a_systemd_that_does_not_answer_is_an_error(text: str, bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systemd, "SECONDS", 0.2)
    if text:
        _write_systemctl(bin_folder, text)
    else:
        monkeypatch.setenv("PATH", str(bin_folder))
    with pytest.raises(SessionsError, match=r"^systemd does not tell of the unit jira\.service"):
        systemd.find_unit("jira")


def test_a_unit_that_may_be_stopped_and_started_is_fine(bin_folder: Path) -> None:
    _write_systemctl(bin_folder, "printf 'LoadState=loaded\\nCanStop=yes\\nCanStart=yes\\n'")
    systemd.check_can("jira.service")


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        ("LoadState=loaded\\nCanStop=no\\nCanStart=yes", r"^systemd refuses to stop the unit jira\.service \(RefuseManualStop\)\.$"),
        ("LoadState=loaded\\nCanStop=yes\\nCanStart=no", r"^systemd refuses to start the unit jira\.service \(RefuseManualStart\)\.$"),
        ("LoadState=masked\\nCanStop=yes\\nCanStart=yes", r"^The unit jira\.service is not loaded \(masked\)\.$"),
        ("", r"^The unit jira\.service is not loaded \(systemd does not know it\)\.$"),
    ],
)
def test_a_unit_that_systemd_itself_would_not_stop_or_start_is_refused(bin_folder: Path, shown: str, sentence: str) -> None:
    _write_systemctl(bin_folder, f"printf '{shown}\\n'")
    with pytest.raises(SessionsError, match=sentence):
        systemd.check_can("jira.service")


NGINX = {"nginx.service": "active"}


@pytest.mark.parametrize(
    ("shown", "states", "left"),
    [
        ("RequiredBy=nginx.service multi-user.target", NGINX, "nginx.service"),
        ("BoundBy=nginx.service", NGINX, "nginx.service"),
        ("RequisiteOf=nginx.service", NGINX, "nginx.service"),
        ("ConsistsOf=proxy.socket nginx.service", {**NGINX, "proxy.socket": "active"}, "nginx.service and proxy.socket"),
        ("PropagatesStopTo=nginx.service", {"nginx.service": "reloading"}, "nginx.service"),
        ("RequiredBy=nginx.service", {"nginx.service": "inactive"}, ""),
        ("RequiredBy=nginx.service", {"nginx.service": "failed"}, ""),
        ("ConsistsOf=nginx.service\nWants=nginx.service", NGINX, ""),
        ("BoundBy=nginx.service\nRequires=sysinit.target nginx.service", NGINX, ""),
        ("RequiredBy=multi-user.target\nWantedBy=nginx.service\nBefore=nginx.service", {**NGINX, "multi-user.target": "active"}, ""),
    ],
)
def test_a_unit_that_leaves_another_one_stopped_is_refused(bin_folder: Path, shown: str, states: dict[str, str], left: str) -> None:
    (bin_folder / "unit").write_text(f"LoadState=loaded\nCanStop=yes\nCanStart=yes\n{shown}\n", encoding="utf-8")
    (bin_folder / "others").write_text("\n".join(f"Id={name}\nActiveState={state}\n" for name, state in sorted(states.items())))
    _write_systemctl(bin_folder, f'case "$*" in *ActiveState*) cat {bin_folder}/others ;; *) cat {bin_folder}/unit ;; esac')
    if not left:
        systemd.check_can("jira.service")
        return
    wanted = left.replace(" and ", " ")
    with pytest.raises(
        SessionsError, match=rf"^A stop of the unit jira\.service stops {left}, too, .* write Wants={wanted} into jira\.service, "
    ):
        systemd.check_can("jira.service")


def test_a_unit_of_which_a_stop_ends_nothing_is_refused(bin_folder: Path) -> None:
    _write_systemctl(bin_folder, f"printf '%s' '{LOADED}'; echo ActiveState=failed")
    with pytest.raises(
        SessionsError,
        match=r"^A stop of the unit jira\.service would not end the process \(systemd .* failed already\): take .* or tasks\.$",
    ):
        systemd.check_ends("jira.service")
    _write_systemctl(bin_folder, f"printf '%s' '{LOADED}'; echo ActiveState=active")
    systemd.check_ends("jira.service")
    _write_systemctl(bin_folder, "echo LoadState=not-found")
    systemd.check_ends("jira.service")


def test_an_account_that_may_stop_and_start_a_unit_is_told_so_by_a_refused_mode(bin_folder: Path) -> None:
    _write_systemctl(
        bin_folder,
        f"""echo "$@" >>{bin_folder}/asked
case "$*" in
    "--no-ask-password --job-mode=isolate stop -- jira.service") echo "Failed to stop jira.service: Isolate is only valid for start." >&2 ;;
    *) echo "Failed to start jira.service: --job-mode=triggering is only valid for stop." >&2 ;;
esac
echo "See system logs and 'systemctl status jira.service' for details." >&2
exit 1""",
    )
    systemd.check_may("jira.service")
    assert (bin_folder / "asked").read_text(encoding="utf-8").splitlines() == [
        "--no-ask-password --job-mode=isolate stop -- jira.service",
        "--no-ask-password --job-mode=triggering start -- jira.service",
    ]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("Access denied", r"^This account may not stop the unit jira\.service: run as root \(become\), or allow it by a rule of polkit\.$"),
        ("Interactive authentication required.", r"^This account may not stop the unit jira\.service: run as root"),
        (
            "Connection timed out",
            r"may stop the unit jira\.service cannot be told \(systemctl: Failed to stop jira: Connection timed out\): run",
        ),
    ],
)
def test_an_account_that_may_not_stop_a_unit_is_refused(bin_folder: Path, said: str, sentence: str) -> None:
    _write_systemctl(bin_folder, f"echo 'Failed to stop jira: {said}' >&2; echo 'See system logs.' >&2; exit 4")
    with pytest.raises(SessionsError, match=sentence):
        systemd.check_may("jira.service")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("Access denied", r"^This account may not start the unit jira\.service: run as root"),
        (
            "Job mode triggering invalid",
            r"^Whether this account may start the unit jira\.service cannot be told \(systemctl: Job mode trigg",
        ),
    ],
    ids=["denied", "an older systemd"],
)
def test_a_right_to_stop_alone_is_not_enough(bin_folder: Path, said: str, sentence: str) -> None:
    _write_systemctl(
        bin_folder, f"""case "$*" in *isolate*) echo "Isolate is only valid for start." ;; *) echo "{said}" ;; esac >&2; exit 1"""
    )
    with pytest.raises(SessionsError, match=sentence):
        systemd.check_may("jira.service")


@pytest.mark.parametrize(("text", "said"), [("exec sleep 60", "no answer in 0.2 s"), ("exit 0", "nothing")], ids=["it hangs", "it agrees"])
def test_a_right_that_cannot_be_asked_is_no_right(bin_folder: Path, text: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systemd, "SECONDS", 0.2)
    _write_systemctl(bin_folder, text)
    with pytest.raises(
        SessionsError, match=rf"may stop the unit jira\.service cannot be told \(systemctl: {said}\): run as root \(become\)\.$"
    ):
        systemd.check_may("jira.service")


def _shown_unit(name: str, command: str, state: str = "loaded") -> str:
    return f"Id={name}\nNames={name}\nLoadState={state}\nMainPID=0\nExecStart={{ path={command} ; argv[]={command} ; }}\nUser=jira\n"


def _write_units(folder: Path, *shown: str) -> None:
    (folder / "listed").write_text("jira.service enabled\nalias.service alias\ngetty@.service static\n\n", encoding="utf-8")
    (folder / "shown").write_text("\n".join(shown), encoding="utf-8")
    _write_systemctl(
        folder, f'echo "$@" >>{folder}/asked\ncase $1 in list-unit-files) cat {folder}/listed ;; *) cat {folder}/shown ;; esac'
    )


def test_the_unit_of_a_node_that_is_down_is_found_by_what_it_starts(bin_folder: Path) -> None:
    (bin_folder / "jira-9.12.4").mkdir()
    (bin_folder / "jira").symlink_to("jira-9.12.4")
    own = _shown_unit("jira.service", f"{bin_folder}/jira/bin/start-jira.sh")
    others = [_shown_unit("cron.service", "/usr/sbin/cron"), _shown_unit("old.service", f"/old{bin_folder}/jira-9.12.4/bin/start-jira.sh")]
    _write_units(bin_folder, own, own, *others)
    unit = systemd.find_unit_of(f"{bin_folder}/jira-9.12.4")
    assert unit
    assert (unit.name, unit.user) == ("jira.service", "jira")
    assert (bin_folder / "asked").read_text(encoding="utf-8").splitlines()[1].endswith(" -- jira.service alias.service")


def test_the_folders_in_which_units_start_a_script_are_told_without_links(bin_folder: Path) -> None:
    (bin_folder / "jira-9.12.4").mkdir()
    (bin_folder / "jira").symlink_to("jira-9.12.4")
    commands = [f"{bin_folder}/jira/bin/start-jira.sh", "/srv/two/bin/start-jira.sh -fg", "/srv/three/bin/restart-jira.sh", "/bin/true"]
    _write_units(bin_folder, *(_shown_unit(f"u{number}.service", command) for number, command in enumerate(commands)))
    assert systemd.folders_started("bin/start-jira.sh") == ["/srv/two", f"{bin_folder}/jira-9.12.4"]


@pytest.mark.parametrize(
    "shown",
    [
        [],
        [("cron.service", "/usr/sbin/cron", "loaded")],
        [("jira.service", "/opt/jira/bin/start-jira.sh", "masked")],
        [("jira.service", "/opt/jira/bin/start-jira.sh", "loaded"), ("backup.service", "/opt/jira/bin/backup.sh", "loaded")],
        [("other.service", "/opt/jira-test/bin/start-jira.sh", "loaded"), ("copy.service", "/srv/opt/jira/bin/start.sh", "loaded")],
    ],
    ids=["none", "another's", "masked", "two", "alike"],
)
def test_a_unit_is_not_guessed(bin_folder: Path, shown: list[tuple[str, str, str]]) -> None:
    _write_units(bin_folder, *(_shown_unit(*one) for one in shown))
    assert systemd.find_unit_of("/opt/jira") is None
