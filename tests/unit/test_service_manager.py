# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What starts and stops a node is what really holds its process."""

from __future__ import annotations

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.service_manager import (
    Control,
    Member,
    Seen,
    Unit,
    decide_control,
    stop_problem,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.systemd import unit_in

INSTALL = "/opt/atlassian/jira"
OWN = Unit(("jira.service", "tracker.service"), 41, "no", "")
BACKGROUND = Unit(("jira.service",), 0, "no", "")
WRAPPED = Unit(("jira.service",), 40, "always", "{ path=/usr/bin/su ; argv[]=/usr/bin/su jira -c /opt/atlassian/jira/bin/start-jira.sh }")
STARTS = Unit(("jira.service",), 0, "no", "{ path=/opt/atlassian/jira/bin/start-jira.sh }")
RC_LOCAL = Unit(("rc-local.service",), 0, "no", "{ path=/etc/rc.local ; argv[]=/etc/rc.local start }")
SSHD = Unit(("ssh.service",), 7, "on-failure", "{ path=/usr/sbin/sshd ; argv[]=/usr/sbin/sshd -D }")
CLOUD_FINAL = Unit(("cloud-final.service",), 0, "no", "{ path=/usr/bin/cloud-init }", active_state="active", kill_mode="process")
# its stop timed out
FAILED = OWN._replace(main_pid=0, active_state="failed", kill_mode="control-group")
OF_A_USER = Unit(("/user.slice/user-1000.slice/user@1000.service/app.slice/jira.service",), -1, "", "")
TASKS = "take force_reauth_service_manager=tasks"
STARTERS = {
    "/usr/bin/python3 /usr/bin/supervisord -n": "supervisord",
    "runsv jira": "runsv",
    "sshd: jira@pts/0": "sshd",
    "/usr/bin/python3 -c password=x": "python3",
    "/usr/bin/python3": "python3",
    "/usr/bin/python3 /usr/bin/supervisord": "supervisord",
    "startX": "startX",
    "": "whose name is not seen",
    "\x1b[2J x": "whose name is not seen",
    f"{INSTALL}/bin/wrapper conf": "wrapper",
}
CRON = Unit(("cron.service",), 8, "on-failure", "{ path=/usr/sbin/cron }")


PARENT = "its parent is the process 77 ({}), which may have started it, and then starts it again"
MANAGER = "/usr/lib/systemd/systemd --user "
JIRA = Member(41, 1, "java -Dcatalina.base=/opt/atlassian/jira")
CONFLUENCE = Member(97, 1, "java -Dcatalina.base=/opt/atlassian/confluence", "Confluence in /opt/atlassian/confluence")
NGINX = Member(98, 1, "nginx: master process")


def _seen(
    holder: Unit | None = None,
    named: Unit | None = None,
    pids: tuple[int, ...] = (41,),
    missing: tuple[str, ...] = (),
    members: tuple[Member, ...] = (JIRA,),
    starter: str | None = None,
) -> Seen:
    return Seen(INSTALL, pids, holder, named, missing, members, None if starter is None else Member(77, 1, starter))


@pytest.mark.parametrize(
    ("wanted", "service", "seen", "expected"),
    [
        ("auto", "", _seen(), Control("scripts")),
        ("auto", "", _seen(OWN), Control("systemd", "jira.service")),
        ("auto", "", _seen(BACKGROUND), Control("systemd", "jira.service")),
        ("auto", "", _seen(WRAPPED), Control("systemd", "jira.service")),
        ("auto", "", _seen(pids=()), Control("scripts")),
        ("auto", "tracker", _seen(OWN, OWN), Control("systemd", "jira.service")),
        ("systemd", "", _seen(OWN), Control("systemd", "jira.service")),
        ("systemd", "jira", _seen(named=OWN, pids=()), Control("systemd", "jira.service")),
        ("auto", "ssh", _seen(SSHD, SSHD), Control("systemd", "ssh.service")),
        ("scripts", "", _seen(), Control("scripts")),
        ("scripts", "", _seen(SSHD), Control("scripts")),
        # a unit that is named says nothing where scripts are asked for
        ("scripts", "cron", _seen(), Control("scripts")),
        ("auto", "", _seen(STARTS, members=()), Control("systemd", "jira.service")),
        ("auto", "", _seen(STARTS, members=(JIRA, NGINX)), Control("systemd", "jira.service")),
        ("auto", "", _seen(OWN, members=(JIRA, NGINX)), Control("systemd", "jira.service")),
        ("scripts", "", _seen(RC_LOCAL, members=(JIRA, CONFLUENCE)), Control("scripts")),
        ("scripts", "", _seen(RC_LOCAL, members=(JIRA, NGINX)), Control("scripts")),
        ("scripts", "", _seen(RC_LOCAL, members=()), Control("scripts")),
        ("scripts", "", _seen(STARTS, members=(JIRA, CONFLUENCE)), Control("scripts")),
        *(
            ("scripts", "", _seen(unit), Control("scripts"))
            for unit in (CLOUD_FINAL, CLOUD_FINAL._replace(restart=""), FAILED, FAILED._replace(restart="always"))
        ),
        ("auto", "both", _seen(STARTS, STARTS, members=(JIRA, CONFLUENCE)), Control("systemd", "jira.service")),
        ("tasks", "", _seen(SSHD, missing=("x",)), Control("tasks")),
        ("tasks", "", _seen(OF_A_USER, starter="supervisord"), Control("tasks")),
        ("auto", "", _seen(OWN, starter="/usr/lib/systemd/systemd"), Control("systemd", "jira.service")),
        *(("scripts", "", _seen(starter=shell), Control("scripts")) for shell in ("sh run", "-bash", "/bin/dash -c x", "/usr/bin/zsh")),
        *((wanted, "", _seen(starter=MANAGER), Control("scripts")) for wanted in ("auto", "scripts")),
        ("auto", "", _seen(starter="/lib/systemd/systemd --user"), Control("scripts")),
        ("auto", "", _seen(starter=f"python3 {INSTALL}/bin/start-jira.sh -fg"), Control("scripts")),
    ],
)
def test_the_node_is_controlled_by(wanted: str, service: str, seen: Seen, expected: Control) -> None:
    assert decide_control(wanted, service, seen) == expected


@pytest.mark.parametrize("folder", [INSTALL, f"{INSTALL}/", "/opt/jiraX"])
def test_a_unit_whose_other_processes_name_the_installation_is_its_own(folder: str) -> None:
    member = Member(98, 1, f"tail -f {folder.rstrip('/')}/logs/catalina.out")
    seen = _seen(RC_LOCAL, members=(JIRA, member))._replace(install=folder)
    assert decide_control("auto", "", seen) == Control("systemd", "rc-local.service")


# by systemd's word for it
UNLOADED = {
    "masked": "is masked, and could not be started again: systemctl unmask jira.service",
    "not-found": "has no file any more, and could not be started again: put its file back, and systemctl daemon-reload, or take "
    "force_reauth_service_manager=scripts",
    "error": "has a file that systemd cannot read, and could not be started again: correct it (systemctl status jira.service)",
    "bad-setting": "has a setting that systemd refuses, and could not be started again: correct it (systemctl status jira.service)",
}


@pytest.mark.parametrize(
    ("wanted", "service", "seen", "problem"),
    [
        ("auto", "", _seen(SSHD), "it is not clear whether ssh.service, which holds the process, is the product's own unit"),
        *(
            (
                wanted,
                service,
                _seen(Unit(("jira.service",), -1, "", "", load_state=state)),
                f"jira.service, which holds the process, {what}",
            )
            for wanted, service in (("auto", ""), ("systemd", ""), ("auto", "jira"))
            for state, what in UNLOADED.items()
        ),
        ("auto", "", _seen(Unit(("jira.service",), -1, "", "", load_state="")), "it is not clear whether jira.service, which holds the"),
        ("auto", "", _seen(missing=("/x/start.sh",)), "/x/start.sh is not there, or cannot be run"),
        ("systemd", "", _seen(), "no systemd service holds the process"),
        ("systemd", "", _seen(SSHD), "no systemd service of its own holds the process (it is in ssh.service)"),
        ("systemd", "", _seen(pids=()), "no process runs, so its unit is not known"),
        ("auto", "jirra", _seen(OWN), "the unit jirra is not known to systemd on this host"),
        ("auto", "cron", _seen(OWN, CRON), "the unit cron does not hold the process 41 (it is in jira.service)"),
        ("systemd", "cron", _seen(None, CRON), "the unit cron does not hold the process 41 (no service holds it)"),
        ("scripts", "", _seen(OWN), "its scripts are asked for, but the unit jira.service holds the process"),
        ("scripts", "", _seen(STARTS), "its scripts are asked for, but the unit jira.service holds the process"),
        ("scripts", "", _seen(BACKGROUND), "its scripts are asked for, but the unit jira.service holds the process"),
        ("scripts", "", _seen(CLOUD_FINAL._replace(restart="always")), "its scripts are asked for, but the unit cloud-final.service holds"),
        ("scripts", "", _seen(CLOUD_FINAL, missing=("/x/start.sh",)), "/x/start.sh is not there, or cannot be run"),
        ("auto", "", _seen(RC_LOCAL, members=(JIRA, NGINX)), "it is not clear whether rc-local.service, which holds the process, is the"),
        ("auto", "", _seen(RC_LOCAL, members=()), "it is not clear whether rc-local.service, which holds the process, is the product's"),
        ("systemd", "", _seen(RC_LOCAL, members=(JIRA, NGINX)), "no systemd service of its own holds the process (it is in rc-local.ser"),
        *(
            (
                wanted,
                "",
                _seen(OF_A_USER),
                f"{OF_A_USER.name}, a unit of a user's own manager, holds the process and may start it again: {TASKS}",
            )
            for wanted in ("auto", "systemd", "scripts")
        ),
        *(
            ("scripts", "", _seen(holder, starter=command), f"{PARENT.format(name)}: {TASKS}")
            for holder in (None, SSHD)
            for command, name in STARTERS.items()
        ),
        ("auto", "", _seen(starter="s6-supervise jira"), PARENT.format("s6-supervise")),
        ("auto", "", _seen(starter="/usr/lib/systemd/systemd --users"), PARENT.format("systemd")),
        ("scripts", "", _seen(SSHD, starter=MANAGER), PARENT.format("systemd")),
        ("auto", "", _seen(OWN, pids=(41, 97)), "the processes 41 and 97 all run from /opt/atlassian/jira"),
    ],
)
def test_what_would_not_work_is_a_problem(wanted: str, service: str, seen: Seen, problem: str) -> None:
    assert decide_control(wanted, service, seen).problem.startswith(problem)


@pytest.mark.parametrize(
    ("wanted", "service", "seen", "manager", "unit"),
    [
        ("systemd", "", _seen(), "systemd", ""),
        ("systemd", "", _seen(pids=()), "systemd", ""),
        ("systemd", "", _seen(OF_A_USER), "systemd", ""),
        ("auto", "", _seen(OF_A_USER), "scripts", ""),
        ("auto", "", _seen(Unit(("jira.service",), -1, "", "", load_state="masked")), "systemd", ""),
        ("auto", "jirra", _seen(OWN), "systemd", "jirra"),
        ("auto", "cron", _seen(OWN, CRON), "systemd", "cron.service"),
        ("auto", "", _seen(SSHD), "scripts", ""),
        ("auto", "", _seen(missing=("/x/start.sh",)), "scripts", ""),
        ("auto", "", _seen(starter="s6-supervise jira"), "scripts", ""),
        ("scripts", "", _seen(OWN), "scripts", ""),
    ],
)
def test_a_problem_tells_what_was_to_start_and_stop_the_node(wanted: str, service: str, seen: Seen, manager: str, unit: str) -> None:
    found = decide_control(wanted, service, seen)
    assert (found.manager, found.unit, bool(found.problem)) == (manager, unit, True)


@pytest.mark.parametrize(
    ("wanted", "unit", "way_out"),
    [
        ("auto", RC_LOCAL, "scripts"),
        ("systemd", RC_LOCAL, "scripts"),
        ("auto", STARTS, "scripts"),
        # its end would end them all
        ("auto", OWN, "tasks"),
        ("scripts", OWN, "tasks"),
        ("auto", WRAPPED, "tasks"),
        ("scripts", WRAPPED, "tasks"),
    ],
)
def test_a_unit_that_holds_another_installation_too_is_a_problem(wanted: str, unit: Unit, way_out: str) -> None:
    held = f"the unit {unit.name} holds the process 97 of Confluence in /opt/atlassian/confluence, too"
    assert decide_control(wanted, "", _seen(unit, members=(JIRA, CONFLUENCE))).problem == (
        f"{held}, which would be stopped and started with it: name it with force_reauth_service if that may be, or take "
        f"force_reauth_service_manager={way_out}"
    )


@pytest.mark.parametrize(
    ("members", "own"),
    [
        ((JIRA,), True),
        # started by it
        ((JIRA, Member(50, 41, "java -jar synchrony.jar"), Member(51, 50, "sh")), True),
        # what started it
        ((Member(39, 1, "su jira -c run"), Member(40, 39, "sh run"), JIRA._replace(parent=40)), True),
        # its search, say
        ((JIRA, Member(60, 1, "java -Des.path.home=/opt/atlassian/jira/search")), True),
        ((JIRA, Member(60, 1, "java -Des.path.home=/opt/atlassian/jira-test/search")), False),
        ((JIRA, NGINX), False),
        # by the same shell
        ((Member(40, 1, "sh /etc/rc.local"), JIRA._replace(parent=40), NGINX._replace(parent=40)), False),
        ((JIRA._replace(parent=42), Member(42, 41, "sh")), True),
        ((JIRA._replace(parent=42), Member(42, 41, "sh"), NGINX._replace(parent=99), Member(99, 98, "")), False),
        ((NGINX,), False),
        ((), False),
    ],
)
def test_a_unit_without_a_main_process_is_the_products_own_where_it_holds_nothing_else(members: tuple[Member, ...], own: bool) -> None:
    found = decide_control("auto", "", _seen(RC_LOCAL, members=members))
    assert (found.manager, found.problem == "") == (("systemd", True) if own else ("scripts", False))


SCRIPTS_OR_TASKS = "take force_reauth_service_manager=scripts or tasks"
# as systemd makes it of a script in /etc/init.d without a pid file
SYSV = CLOUD_FINAL._replace(stop_command="{ path=/etc/init.d/jira ; argv[]=/etc/init.d/jira stop }")


@pytest.mark.parametrize(
    ("unit", "why"),
    [
        (CLOUD_FINAL, f"KillMode=process, no main process, and no ExecStop): {SCRIPTS_OR_TASKS}"),
        (CLOUD_FINAL._replace(kill_mode="none"), f"KillMode=none, and no ExecStop): {SCRIPTS_OR_TASKS}"),
        (CLOUD_FINAL._replace(kill_mode="none", main_pid=41), f"KillMode=none, and no ExecStop): {SCRIPTS_OR_TASKS}"),
        (CLOUD_FINAL._replace(restart="always"), f"KillMode=process, no main process, and no ExecStop): {TASKS}"),
        (FAILED, f"systemd calls the unit failed already): {SCRIPTS_OR_TASKS}"),
        (SYSV._replace(active_state="inactive", restart="always"), f"systemd calls the unit inactive already): {SCRIPTS_OR_TASKS}"),
    ],
)
def test_a_unit_of_which_a_stop_ends_nothing_is_a_problem(unit: Unit, why: str) -> None:
    assert stop_problem(unit) == f"A stop of the unit {unit.name} would not end the process ({why}"


@pytest.mark.parametrize(
    "unit",
    [
        OWN,
        SYSV,
        SYSV._replace(kill_mode="none"),
        CLOUD_FINAL._replace(main_pid=41),
        *(CLOUD_FINAL._replace(kill_mode=mode) for mode in ("control-group", "mixed", "")),
        *(SYSV._replace(active_state=state) for state in ("activating", "reloading", "deactivating", "")),
    ],
)
def test_a_unit_of_which_a_stop_may_end_the_process_is_none(unit: Unit) -> None:
    assert stop_problem(unit) == ""


def test_a_unit_is_read_from_what_systemctl_shows() -> None:
    names = "Id=jira.service\nNames=tracker.service jira.service\n"
    shown = f"{names}LoadState=loaded\nMainPID=41\nRestart=always\nExecStart={{ path=/a ; argv[]=/a b=c }}\n"
    unit = Unit(("jira.service", "tracker.service"), 41, "always", "{ path=/a ; argv[]=/a b=c }", "root")
    assert unit_in(shown) == unit
    assert unit_in(f"{shown}ActiveState=active\nKillMode=none\n") == unit._replace(active_state="active", kill_mode="none")
    assert unit_in(f"{shown}ExecStop={{ path=/a }}\n") == unit_in(f"{shown}ExecStopPost={{ path=/a }}\n")
    assert unit_in(f"{shown}ExecStopPost={{ path=/a }}\n") == unit._replace(stop_command="{ path=/a }")


@pytest.mark.parametrize("shown", ["", "Id=x.service\nLoadState=not-found\nMainPID=0\n", "LoadState=masked\n"])
def test_a_unit_that_is_not_loaded_is_none(shown: str) -> None:
    assert unit_in(shown) is None
