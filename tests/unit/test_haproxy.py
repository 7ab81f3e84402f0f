# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server is taken out of HAProxy and put back: the commands, what is waited for, and what is refused, whichever load balancer it is."""

from __future__ import annotations

import contextlib
import itertools
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.balancer import Balancer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.carried_out import BALANCER_OPTIONS, carry_out
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.haproxy import HAProxy, server_of, servers_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.haproxy_socket import ask
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.plan import balancer_problems

STAT = """# pxname,svname,qcur,qmax,scur,smax,status,weight,bck,
front,FRONTEND,,,3,9,OPEN,,,
site,n1,1,0,2,5,UP,1,0,
site,n2,0,0,0,5,DOWN 1/2,1,0,
site,BACKEND,0,0,2,9,UP,2,1,
files,n1,,0,,5,no check,0,1,

"""


def test_a_server_is_found_in_all_its_backends_or_in_one() -> None:
    both = [server_of("site", "n1", "UP", 3, "1", backup=False), server_of("files", "n1", "no check", 0, "0", backup=True)]
    assert servers_of(STAT, "", "n1") == both
    assert servers_of(STAT, "files", "n1") == both[1:]


@pytest.mark.parametrize(
    ("stat", "backend", "name", "sentence"),
    [
        (STAT, "", "n3", "HAProxy knows no server n3; it knows files/n1, site/n1, site/n2."),
        (STAT, "shop", "n1", "HAProxy knows no server n1 in backend shop; it knows files/n1, site/n1, site/n2."),
        ("", "", "n1", "HAProxy knows no server n1; it knows no server at all."),
    ],
)
def test_a_server_that_haproxy_does_not_know_is_refused(stat: str, backend: str, name: str, sentence: str) -> None:
    with pytest.raises(SessionsError) as refused:
        servers_of(stat, backend, name)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("status", "serves", "gets_clients", "out", "closed"),
    [
        ("UP", True, True, False, False),
        ("UP 1/3", False, True, False, False),
        ("no check", True, True, False, False),
        ("MAINT", False, False, True, True),
        ("MAINT (via site/n2)", False, False, True, True),
        ("DRAIN", False, False, True, False),
        ("DOWN", False, False, False, False),
        ("DOWN 1/2", False, False, False, False),
        ("NOLB 1/2", False, False, False, False),
    ],
)
def test_what_a_status_of_haproxy_means(status: str, serves: bool, gets_clients: bool, out: bool, closed: bool) -> None:
    server = server_of("site", "n1", status, 0, "1", backup=False)
    assert (server.serves, server.gets_clients, server.out, server.closed, server.status) == (serves, gets_clients, out, closed, status)


@pytest.mark.parametrize(
    ("status", "weight", "told", "out", "closed"),
    [
        # by 'set server .. weight 0', or by an agent that says 0%
        ("UP", "0", "UP with weight 0", False, False),
        ("UP 1/3", "0", "UP 1/3 with weight 0", False, False),
        ("no check", "0", "no check with weight 0", False, False),
        # what is more than the weight is told
        ("MAINT", "0", "MAINT", True, True),
        ("DRAIN (agent)", "0", "DRAIN (agent)", True, False),
        ("DOWN", "0", "DOWN", False, False),
    ],
)
def test_a_server_with_weight_0_gets_no_clients(status: str, weight: str, told: str, out: bool, closed: bool) -> None:
    server = server_of("site", "n1", status, 0, weight, backup=False)
    assert (server.status, server.serves, server.gets_clients, server.out, server.closed) == (told, False, False, out, closed)


@dataclass
class Imitation:
    """Answers as HAProxy does; ``sessions`` are those of each look to come, the last one stays."""

    status: str = "UP"
    sessions: list[int] = field(default_factory=lambda: [0])
    ready_after: int = 0
    level: str = "admin"
    refusal: str = ""
    forgets: bool = False
    weight: int = 1
    # of another server of the backend, '' where there is none
    other: str = "UP"
    other_weight: int = 1
    other_is_backup: bool = False
    # of a page that says sorry, a backup; '' where there is none
    sorry: str = ""
    # after so many looks it is up
    other_after: int = 0
    # of the looks after it was made ready, where they are told one by one; the last one stays
    then: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def ask(self, command: str) -> str:
        if command == "show cli level":
            return f"{self.level}\n"
        if command == "show stat":
            return self._stat()
        self.heard.append(command)
        state = command.rsplit(maxsplit=1)[-1]
        if self.forgets and state == "maint":
            return ""
        self.status = {"drain": "DRAIN", "maint": "MAINT", "ready": "DOWN" if self.ready_after else "UP"}[state]
        return self.refusal

    def _stat(self) -> str:
        sessions = self.sessions.pop(0) if len(self.sessions) > 1 else self.sessions[0]
        if self.then and self.status not in ("DRAIN", "MAINT"):
            self.status = self.then.pop(0) if len(self.then) > 1 else self.then[0]
        elif self.status == "DOWN" and self.ready_after:
            self.ready_after -= 1
        elif self.status == "DOWN":
            self.status = "UP"
        self.other_after -= 1
        self.other = "UP" if self.other_after == 0 else self.other
        own = f"site,n1,0,{sessions},{self.status},{self.weight},0\n"
        other = f"site,n2,0,0,{self.other},{self.other_weight},{int(self.other_is_backup)}\n" if self.other else ""
        sorry = f"site,sorry,0,0,{self.sorry},1,1\n" if self.sorry else ""
        return f"# pxname,svname,qcur,scur,status,weight,bck\n{own}{other}{sorry}files,n2,0,0,UP,1,0\n"

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    @property
    def balancer(self) -> Balancer:
        return Balancer(HAProxy(self.ask, "", "n1"), lambda: self.seconds, self.sleep)


def test_a_server_is_drained_first_then_closed_and_left_by_all() -> None:
    haproxy = Imitation(sessions=[5, 2, 1, 0])
    haproxy.balancer.take_out(grace=1.0, timeout=5.0)
    assert haproxy.heard == ["set server site/n1 state drain", "set server site/n1 state maint"]
    assert haproxy.sessions == [0]


def test_a_client_that_sticks_does_not_hold_up_for_longer_than_the_grace() -> None:
    haproxy = Imitation(sessions=[1] * 9 + [0])
    haproxy.balancer.take_out(grace=2.0, timeout=5.0)
    assert (haproxy.status, 2.0 <= haproxy.seconds <= 4.0) == ("MAINT", True)


def test_the_grace_is_over_when_the_last_session_has_ended() -> None:
    # four looks at it and at the others come first
    haproxy = Imitation(sessions=[1] * 5 + [0])
    haproxy.balancer.take_out(grace=60.0, timeout=5.0)
    assert (haproxy.status, haproxy.seconds) == ("MAINT", 0.5)


@pytest.mark.parametrize(("timeout", "waited"), [(0.4, 0.0), (0.5, 0.5), (0.9, 0.5), (1.0, 1.0)])
def test_no_wait_is_longer_than_its_time_and_the_last_look_is_at_its_end(timeout: float, waited: float) -> None:
    haproxy = Imitation(status="MAINT", sessions=[1])
    with pytest.raises(SessionsError, match="still counts sessions"):
        haproxy.balancer.take_out(grace=0.0, timeout=timeout)
    assert haproxy.seconds == waited


def test_a_server_that_is_out_already_is_only_waited_for() -> None:
    haproxy = Imitation(status="MAINT", sessions=[1, 1, 0])
    haproxy.balancer.take_out(grace=60.0, timeout=5.0)
    assert (haproxy.heard, haproxy.seconds < 2) == ([], True)


def test_sessions_that_do_not_end_are_counted_in_the_refusal() -> None:
    with pytest.raises(SessionsError, match=r"still counts sessions 3 s after the server was taken out: site/n1 4\.$"):
        Imitation(sessions=[4]).balancer.take_out(grace=1.0, timeout=3.0)


def test_a_server_that_does_not_stay_out_is_a_failure_although_it_has_no_session() -> None:
    with pytest.raises(SessionsError, match=r"did not keep the server out: site/n1 is DRAIN\. Was it started anew"):
        Imitation(forgets=True).balancer.take_out(grace=1.0, timeout=5.0)


def test_a_server_is_back_when_haproxy_itself_sees_it_up() -> None:
    haproxy = Imitation(status="MAINT", ready_after=3)
    haproxy.balancer.put_back(timeout=10.0)
    assert (haproxy.heard, haproxy.status) == (["set server site/n1 state ready"], "UP")


def test_a_server_is_not_back_while_its_first_health_checks_are_still_to_come() -> None:
    haproxy = Imitation(status="MAINT", then=["UP 1/3", "UP 1/3", "UP 2/3", "UP"])
    haproxy.balancer.put_back(timeout=60.0)
    # three that do not count, then six in a row
    assert haproxy.seconds == 4.0


def test_a_server_that_is_called_up_until_its_first_health_check_is_not_back() -> None:
    haproxy = Imitation(status="MAINT", then=["UP", "UP", "UP", "DOWN"])
    with pytest.raises(SessionsError, match=r"did not see the server up within 30 s: site/n1 is DOWN\."):
        haproxy.balancer.put_back(timeout=10.0)


def test_a_drain_that_may_be_short_leaves_the_health_checks_their_time() -> None:
    haproxy = Imitation(status="MAINT", then=["UP 1/3"] * 20 + ["UP"])
    haproxy.balancer.put_back(timeout=1.0)
    assert haproxy.status == "UP"


def test_a_server_that_goes_up_and_down_is_not_back() -> None:
    haproxy = Imitation(status="MAINT", then=["UP", "DOWN"] * 40)
    with pytest.raises(SessionsError, match="within 30 s: "):
        haproxy.balancer.put_back(timeout=5.0)


def test_a_server_that_was_down_without_being_out_is_not_back_at_the_first_look_that_sees_it_up() -> None:
    haproxy = Imitation(then=["DOWN", "UP"] * 40)
    with pytest.raises(SessionsError, match="within 30 s: "):
        haproxy.balancer.put_back(timeout=5.0)
    assert haproxy.heard == []


def take_out(balancer: Balancer) -> None:
    balancer.take_out(grace=1.0, timeout=1.0)


def rehearse(balancer: Balancer) -> None:
    balancer.see_others()


@pytest.mark.parametrize("ask_for_it", [take_out, rehearse])
@pytest.mark.parametrize("other", ["DOWN", "DOWN 1/2", "MAINT", "DRAIN", "NOLB"])
def test_the_last_server_of_a_backend_that_gets_clients_is_not_taken_out(ask_for_it: t.Callable[[Balancer], None], other: str) -> None:
    haproxy = Imitation(other=other)
    with pytest.raises(
        SessionsError, match=rf"^HAProxy has no other server in site that gets clients \(n2: {other}\): n1 is not taken out, "
    ):
        ask_for_it(haproxy.balancer)
    assert (haproxy.heard, haproxy.seconds) == ([], 30.0)


@pytest.mark.parametrize("ask_for_it", [take_out, rehearse])
def test_a_server_with_weight_0_does_not_let_the_last_one_be_taken_out(ask_for_it: t.Callable[[Balancer], None]) -> None:
    haproxy = Imitation(other_weight=0)
    with pytest.raises(SessionsError, match=r"no other server in site that gets clients \(n2: UP with weight 0\): n1 is not taken out, "):
        ask_for_it(haproxy.balancer)
    assert haproxy.heard == []


def test_the_plan_refuses_a_node_with_weight_0() -> None:
    balanced = [{"balancer": "lb1", **server} for server in Imitation(weight=0).balancer.looked()]
    (problem,) = balancer_problems({"drain_look": "", "balanced": balanced}, {})
    assert problem.startswith("it is UP with weight 0 in backend site of the load balancer lb1, before this run")


def test_a_server_that_keeps_weight_0_is_not_back() -> None:
    with pytest.raises(SessionsError, match=r"did not see the server up within 30 s: site/n1 is UP with weight 0\."):
        Imitation(status="MAINT", weight=0).balancer.put_back(timeout=10.0)


NODES = ("n1", "n2")


@pytest.mark.parametrize("ask_for_it", [take_out, rehearse])
@pytest.mark.parametrize("sorry", ["UP", "no check"])
def test_a_backup_that_is_no_node_does_not_let_the_last_server_be_taken_out(ask_for_it: t.Callable[[Balancer], None], sorry: str) -> None:
    haproxy = Imitation(other="DOWN", sorry=sorry)
    seen = rf"gets clients \(n2: DOWN, sorry: {sorry}, backup; a backup that is no node does not count\): n1 is not taken out, "
    with pytest.raises(SessionsError, match=seen):
        ask_for_it(replace(haproxy.balancer, nodes=NODES))
    assert haproxy.heard == []


@pytest.mark.parametrize(
    ("haproxy", "nodes"),
    [
        (Imitation(other_is_backup=True, sorry="no check"), NODES),
        # one that serves is asked no more than that
        (Imitation(sorry="DOWN"), ()),
        # the backend has nobody else that could be waited for
        (Imitation(other="", sorry="no check"), NODES),
        (Imitation(other_is_backup=True), ()),
    ],
    ids=["a node that is a backup", "another serves", "the only other one is a backup", "module alone"],
)
def test_a_server_is_taken_out_where_a_backup_is_a_node_or_all_that_the_backend_has(haproxy: Imitation, nodes: tuple[str, ...]) -> None:
    take_out(replace(haproxy.balancer, nodes=nodes))
    assert haproxy.status == "MAINT"


@pytest.mark.parametrize("other", ["DOWN", "MAINT"])
def test_a_backup_that_is_down_keeps_nobody_up_although_it_is_all_that_the_backend_has(other: str) -> None:
    with pytest.raises(SessionsError, match=rf"gets clients \(n2: {other}, backup\): n1 is not taken out, "):
        take_out(Imitation(other=other, other_is_backup=True).balancer)


class Module(t.NamedTuple):
    """As much of an AnsibleModule as ends in an answer."""

    params: dict[str, t.Any]
    check_mode: bool
    answer: dict[str, t.Any]
    argument_spec: t.Mapping[str, t.Any] = BALANCER_OPTIONS

    def fail_json(self, **answer: t.Any) -> None:
        self.answer.update(failed=True, **answer)
        raise SystemExit

    def exit_json(self, **answer: t.Any) -> None:
        self.answer.update(answer)
        raise SystemExit


@pytest.mark.parametrize(
    ("other", "state", "accept_outage", "check_mode", "status", "failed"),
    [
        ("UP", "out", False, True, "UP", False),
        ("DOWN", "out", False, True, "UP", True),
        ("DOWN", "out", True, True, "UP", False),
        ("UP", "out", False, False, "MAINT", False),
        ("DOWN", "out", False, False, "UP", True),
        ("DOWN", "out", True, False, "MAINT", False),
        ("DOWN", "looked", False, False, "UP", False),
    ],
)
def test_the_module_says_in_check_mode_what_it_would_do(
    monkeypatch: pytest.MonkeyPatch, other: str, state: str, accept_outage: bool, check_mode: bool, status: str, failed: bool
) -> None:
    haproxy = Imitation(other=other)
    monkeypatch.setattr("time.monotonic", lambda: haproxy.seconds)
    monkeypatch.setattr("time.sleep", haproxy.sleep)
    module = Module({"state": state, "grace": 1.0, "timeout": 1.0, "accept_outage": accept_outage, "nodes": []}, check_mode, {})
    with pytest.raises(SystemExit):
        carry_out(t.cast("t.Any", module), lambda _options: haproxy.balancer.driver)
    assert (haproxy.status, bool(module.answer.get("failed"))) == (status, failed)
    told = [] if failed else [{"name": "n2", "status": other, "gets_clients": other == "UP", "backup": False}]
    assert [one for server in module.answer.get("servers", []) for one in server["others"]] == told


def test_the_other_server_of_a_backend_has_thirty_seconds_to_come_up() -> None:
    haproxy = Imitation(other="DOWN 1/2", other_after=60)
    take_out(haproxy.balancer)
    assert (haproxy.status, 10 <= haproxy.seconds < 30) == ("MAINT", True)


def test_the_last_server_is_taken_out_where_an_outage_is_accepted() -> None:
    haproxy = Imitation(other="DOWN")
    balancer = replace(haproxy.balancer, accept_outage=True)
    balancer.see_others()
    take_out(balancer)
    assert (haproxy.status, haproxy.seconds) == ("MAINT", 0)


@pytest.mark.parametrize(
    ("status", "other"), [("UP", "no check"), ("UP", "UP 2/3"), ("UP", ""), ("DRAIN", "DOWN"), ("MAINT", "DOWN"), ("NOLB", "DOWN")]
)
def test_a_server_is_taken_out_where_another_gets_clients_or_none_could_or_it_gets_none_itself(status: str, other: str) -> None:
    haproxy = Imitation(status=status, other=other)
    take_out(haproxy.balancer)
    assert (haproxy.status, haproxy.seconds < 1) == ("MAINT", True)


def test_a_look_tells_of_the_other_servers_of_the_backend() -> None:
    (server,) = Imitation(other="UP 2/3", sorry="no check").balancer.looked()
    assert (server["status"], server["backup"], server["others"]) == (
        "UP",
        False,
        [
            {"name": "n2", "status": "UP 2/3", "gets_clients": True, "backup": False},
            {"name": "sorry", "status": "no check", "gets_clients": True, "backup": True},
        ],
    )


class Twins:
    """A backend of two servers; who takes one out waits before each command until the other one's is to come as well, or has ended."""

    def __init__(self) -> None:
        self.states = {"n1": "UP", "n2": "UP"}
        self._turn = threading.Barrier(2)

    def ask(self, command: str) -> str:
        if command == "show stat":
            rows = [f"site,{name},0,0,{status},1,0\n" for name, status in self.states.items()]
            return f"# pxname,svname,qcur,scur,status,weight,bck\n{''.join(rows)}"
        if command.startswith("set server"):
            _set, _server, path, _state, state = command.split()
            self._wait()
            self.states[path.partition("/")[2]] = {"drain": "DRAIN", "maint": "MAINT", "ready": "UP"}[state]
            self._wait()
        return ""

    def take_out(self, name: str) -> bool:
        # time passes with each look, so that whoever is left alone comes to an end, too
        clock = partial(next, itertools.count(0.0, 1.0))
        try:
            Balancer(HAProxy(self.ask, "site", name), clock, lambda _seconds: None).take_out(grace=0.0, timeout=0.0)
        except SessionsError:
            return False
        finally:
            self._turn.abort()
        return True

    def _wait(self) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            self._turn.wait()


def test_two_servers_that_are_taken_out_at_once_are_not_both_taken_out() -> None:
    twins = Twins()
    with ThreadPoolExecutor() as pool:
        taken = list(pool.map(twins.take_out, twins.states))
    assert (all(taken), "UP" in twins.states.values()) == (False, True)
    assert [status == "MAINT" for status in twins.states.values()] == taken


@dataclass
class Hasty(Imitation):
    """Of two that are taken out the other one is quicker: between the look and the drain."""

    def ask(self, command: str) -> str:
        if command.endswith("drain"):
            self.other = "MAINT"
        return super().ask(command)


def test_a_server_that_became_the_last_one_before_its_drain_is_put_back() -> None:
    haproxy = Hasty()
    with pytest.raises(SessionsError, match=r"gets clients \(n2: MAINT\): n1 is put back, else nobody would reach the site"):
        take_out(haproxy.balancer)
    assert haproxy.heard == ["set server site/n1 state drain", "set server site/n1 state ready"]


@dataclass
class Lonely(Imitation):
    """The other one goes while the last sessions are waited for."""

    def _stat(self) -> str:
        self.other = "DOWN" if self.sessions == [0] else self.other
        return super()._stat()


def test_a_server_that_became_the_last_one_while_its_sessions_ended_is_put_back() -> None:
    haproxy = Lonely(sessions=[1] * 9 + [0])
    with pytest.raises(SessionsError, match=r"gets clients \(n2: DOWN\): n1 is put back, else nobody would reach the site"):
        take_out(haproxy.balancer)
    assert haproxy.heard == [f"set server site/n1 state {state}" for state in ("drain", "maint", "ready")]


def test_a_server_that_somebody_else_drains_is_not_put_back_with_the_others() -> None:
    haproxy = Hasty(status="DRAIN")
    take_out(haproxy.balancer)
    assert haproxy.heard[-1] == "set server site/n1 state maint"


def test_a_server_that_is_up_is_left_alone() -> None:
    haproxy = Imitation()
    haproxy.balancer.put_back(timeout=10.0)
    assert (haproxy.heard, haproxy.seconds) == ([], 0)


def test_a_server_that_is_not_seen_up_is_a_failure() -> None:
    with pytest.raises(SessionsError, match=r"did not see the server up within 30 s: site/n1 is DOWN\."):
        Imitation(status="MAINT", ready_after=99).balancer.put_back(timeout=2.0)


@pytest.mark.parametrize(
    ("status", "state", "unlike"),
    [
        ("UP", "out", 1),
        ("DRAIN", "out", 1),
        ("MAINT", "out", 0),
        ("MAINT", "back", 1),
        ("DRAIN", "back", 1),
        ("UP", "back", 0),
        ("UP", "looked", 0),
    ],
)
def test_what_check_mode_says_would_change(status: str, state: str, unlike: int) -> None:
    assert len(Imitation(status=status).balancer.unlike(state)) == unlike


@pytest.mark.parametrize("level", ["user", "operator"])
def test_a_socket_that_may_only_read_is_refused_at_the_look(level: str) -> None:
    with pytest.raises(SessionsError, match=f"level {level}, and only level admin"):
        Imitation(level=level).balancer.unlike("looked")


def test_what_haproxy_answers_to_a_command_that_it_refuses_is_told() -> None:
    with pytest.raises(SessionsError, match="refused to set site/n1 to drain: No such server"):
        Imitation(refusal="No such server.\n\n").balancer.take_out(grace=1.0, timeout=1.0)


def not_there(folder: Path) -> Path:
    return folder / "no.sock"


def a_file(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file"


def too_long(folder: Path) -> Path:
    return folder / ("x" * 120)


@pytest.mark.parametrize("make", [not_there, a_file, too_long])
def test_a_socket_that_does_not_answer_is_named_with_what_it_needs(make: t.Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path)
    with pytest.raises(SessionsError, match=r"HAProxy does not answer at .*level admin") as refused:
        ask(str(path), "show stat")
    assert str(path) in str(refused.value)
