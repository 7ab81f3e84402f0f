# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker is taken out of Apache httpd's balancer and put back: the forms that are sent, and what is refused."""

from __future__ import annotations

import contextlib
import re
import typing as t
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.apache import Apache
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.apache_page import (
    Worker,
    name_of_server,
    workers_called,
    workers_in,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._balancers.balancer import Balancer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.answer import Answer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site

NONCE = "4e17888e-90e4-8baa-ef5f-d8ae49638f7a"
# as httpd 2.4.68 writes it
PAGE = """<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">
<html><head><title>Balancer Manager</title></head>
<body><h1>Load Balancer Manager for lb.example.org</h1>

<dl><dt>Server Version: Apache/2.4.68 (Debian)</dt>
<dt>Balancer changes will NOT be persisted on restart.</dt></dl>
{balancers}<hr />
{form}</body></html>
"""
BALANCER = """<hr />
<h3>LoadBalancer Status for <a href="/balancer-manager?b={0}&amp;nonce={1}">balancer://{0}</a> [p845720e1_{0}]</h3>

<table><tr><th>MaxMembers</th><th>StickySession</th><th>DisableFailover</th><th>Active</th></tr>
<tr><td>2 [2 Used]</td>
<td>NODE</td><td>Off</td>
<td>Yes</td>
</tr>
</table>
<br />

<table><tr><th>Worker URL</th><th>Route</th><th>RouteRedir</th><th>Factor</th><th>Set</th><th>Status</th><th>Elected</th><th>Busy</th></tr>
{2}</table>
"""
ROW = """<tr>
<td><a href="/balancer-manager?b={0}&amp;w={1}&amp;nonce={2}">{1}</a></td><td>{3}</td><td></td><td>1.00</td><td>{6}</td>\
<td>{4}</td><td>{7}</td><td>{5}</td></tr>
"""
FORM = """<h3>Edit worker settings for http://10.0.0.1:8080</h3>
<input name='w_status_N' id='w_status_N1' value='1' type=radio> <input name='w_status_D' id='w_status_D1' value='1' type=radio>
"""
N1, N2 = "http://10.0.0.1:8080", "http://n2.example.org:8080"


STUCK = (
    r"^Apache httpd still counts sessions 3 s after the server was taken out: site/n1 2\. httpd counts without a lock, .* for ever: where "
    r"nothing is left of its requests, 'apachectl graceful' begins to count at 0, where BalancerPersist is Off\.$"
)


def balancer(
    name: str, *workers: tuple[str, str, str, int], nonce: str = NONCE, lbsets: t.Mapping[str, int] | None = None, elected: int = 7
) -> str:
    sets = lbsets or {}
    rows = "".join(ROW.format(name, url, nonce, route, status, busy, sets.get(url, 0), elected) for url, route, status, busy in workers)
    return BALANCER.format(name, nonce, rows)


def page(*balancers: str, form: str = "") -> str:
    return PAGE.format(balancers="".join(balancers), form=form)


TWO = balancer("site", (N1, "n1", "Init Ok ", 3), (N2, "", "Init Drn Ok ", 0))


def test_the_workers_of_every_balancer_are_read() -> None:
    assert workers_in(page(TWO, balancer("files", (N1, "n1", "Init Err ", 1)))) == [
        Worker("site", N1, "n1", "Init Ok", 3, NONCE, 7, later=False),
        Worker("site", N2, "", "Init Drn Ok", 0, NONCE, 7, later=False),
        Worker("files", N1, "n1", "Init Err", 1, NONCE, 7, later=False),
    ]


@pytest.mark.parametrize(
    ("lbsets", "later"),
    [({}, []), ({N2: 1}, ["n2"]), ({N1: 2, N2: 1}, ["n1"]), ({N1: 2, N2: 2}, [])],
    ids=["one set", "a later one", "no first one", "all of one"],
)
def test_a_worker_of_a_later_set_is_used_only_where_none_of_the_lowest_can_be(lbsets: dict[str, int], later: list[str]) -> None:
    workers = [(N1, "n1", "Init Ok ", 0), (N2, "n2", "Init Ok ", 0)]
    # the sets of another balancer are its own
    found = workers_in(page(balancer("files", *workers), balancer("site", *workers, lbsets=lbsets)))
    assert [(one.balancer, one.route) for one in found if one.server.backup] == [("site", route) for route in later]


def test_a_name_on_the_page_is_text_and_nothing_else() -> None:
    odd = balancer("site", ("http://10.0.0.1:8080", "n1&lt;/td&gt;&lt;td&gt;n2", "Init Ok ", 0))
    (worker,) = workers_in(page(odd))
    assert worker.route == "n1</td><td>n2"


def test_a_cell_and_a_heading_are_read_over_the_tags_inside_them() -> None:
    odd = page(TWO).replace("<td>Init Drn Ok ", "<td>Init <b>Drn</b> Ok ").replace("<th>Busy</th>", "<th>Bu<i></i>sy</th>")
    assert workers_in(odd) == workers_in(page(TWO))


@pytest.mark.parametrize(
    "change",
    [
        *(("<th>Busy</th>", "<th>Load</th>"), ("<td>3</td>", "<td>many</td>")),
        *(("<th>Elected</th>", "<th>Chosen</th>"), ("<td>7</td>", "<td>often</td>")),
        *(("<td>0</td>", "<td>no set</td>"), (f"&amp;nonce={NONCE}", "")),
    ],
)
def test_a_page_of_another_shape_is_refused(change: tuple[str, str]) -> None:
    with pytest.raises(SessionsError, match=r"another shape than that of Apache httpd 2\.4\."):
        workers_in(page(TWO).replace(*change))


@pytest.mark.parametrize(
    ("status", "serves", "out", "closed", "backup"),
    [
        ("Init Ok", True, False, False, False),
        ("Init Ign Ok", True, False, False, False),
        ("Init Drn Ok", False, True, False, False),
        ("Init Drn Dis", False, True, True, False),
        ("Init Dis Err", False, True, True, False),
        ("Init Stop", False, True, True, False),
        ("Init Err", False, False, False, False),
        ("Init HcFl", False, False, False, False),
        ("Init Stby Ok", True, False, False, True),
        ("Init Spar Ok", True, False, False, True),
        ("Init Drn Stby Ok", False, True, False, True),
    ],
)
def test_what_a_status_of_apache_means(status: str, serves: bool, out: bool, closed: bool, backup: bool) -> None:
    server = Worker("site", N1, "n1", status, 0, NONCE, 7, later=False).server
    assert (server.serves, server.gets_clients, server.out, server.closed, server.backup) == (serves, serves, out, closed, backup)


@pytest.mark.parametrize(
    ("status", "failed_after"),
    [("Init Ok", None), ("Init Err", 7), ("Init Dis Err", 7), ("Init HcFl", None), ("Init Err HcFl", None), ("Init Stop", None)],
)
def test_a_worker_that_failed_is_tried_anew_at_a_request_and_one_that_failed_its_check_by_the_next(
    status: str, failed_after: int | None
) -> None:
    assert Worker("site", N1, "n1", status, 0, NONCE, 7, later=False).server.failed_after == failed_after


@pytest.mark.parametrize(("worker", "name"), [("n1", "n1"), (N1, "n1"), ("10.0.0.1", "n1"), ("n2.example.org:8080", N2)])
def test_a_worker_is_found_by_its_route_its_url_or_its_host(worker: str, name: str) -> None:
    (found,) = workers_called(workers_in(page(TWO)), "", worker)
    assert found.server.name == name


TWINS = balancer("site", (N1, "n1", "Init Ok ", 0), ("http://10.0.0.1:8090", "n2", "Init Ok ", 0))


@pytest.mark.parametrize(
    ("balancers", "named", "worker", "sentence"),
    [
        (TWO, "", "n9", f"Apache httpd knows no worker n9; it knows site/{N1} (route n1), site/{N2}."),
        (TWO, "site", "n9", f"Apache httpd knows no worker n9 in balancer site; it knows site/{N1} (route n1), site/{N2}."),
        (TWO, "shop", "n1", "This balancer-manager has no balancer shop; it has site. Each virtual host has its own."),
        ("", "", "n1", "This balancer-manager has no balancer with a worker; it has none at all. Each virtual host has its own."),
        (
            TWINS,
            "",
            "10.0.0.1",
            f"More than one worker is called 10.0.0.1 there: {N1}, http://10.0.0.1:8090. Give the whole URL of the one.",
        ),
    ],
)
def test_a_worker_that_is_not_there_or_not_one_alone_is_refused(balancers: str, named: str, worker: str, sentence: str) -> None:
    with pytest.raises(SessionsError) as refused:
        workers_called(workers_in(page(balancers)), named, worker)
    assert str(refused.value) == sentence


def test_a_worker_of_two_balancers_is_one_in_each() -> None:
    workers = workers_in(page(TWO, balancer("files", (N1, "n1", "Init Ok ", 0))))
    assert [one.balancer for one in workers_called(workers, "", "n1")] == ["site", "files"]


@dataclass
class Imitation:
    """Answers as httpd does; ``busy`` are the requests of each look to come, the last one stays."""

    flags: set[str] = field(default_factory=set)
    busy: list[int] = field(default_factory=lambda: [0])
    nonce: str = NONCE
    takes: bool = True
    # of another worker of the balancer
    other: str = "Init Ok "
    # of a page that says sorry, '' where there is none
    sorry: str = ""
    other_once_drained: str = ""
    form: str = FORM
    changes: dict[str, t.Any] = field(default_factory=dict)
    posted: list[dict[str, str]] = field(default_factory=list)
    seconds: float = 0.0
    url: str = "http://127.0.0.1/balancer-manager"
    # how many lead to the worker, by its look; None: they cannot be seen
    connections: list[int | None] = field(default_factory=lambda: [None])
    # by its look, how often the workers were chosen; the last one stays
    elected: list[int] = field(default_factory=lambda: [7])

    def get(self, path: str) -> Answer:
        assert path == "" or path.startswith("?")
        busy = self.busy.pop(0) if len(self.busy) > 1 and not path else self.busy[0]
        elected = self.elected.pop(0) if len(self.elected) > 1 and not path else self.elected[0]
        status = f"Init {' '.join(sorted(self.flags))}{'' if self.flags & {'Dis', 'Err', 'HcFl', 'Stop'} else ' Ok'} "
        asked = parse_qs(path.removeprefix("?"))
        form = self.form if self.takes and asked.get("w") == [N1] else ""
        sorry = [("http://127.0.0.1:8083", "", self.sorry, 0)] if self.sorry else []
        workers = [(N1, "n1", status, busy), (N2, "n2", self.other, 0), *sorry]
        text = page(balancer("site", *workers, nonce=self.nonce, elected=elected), form=form)
        return Answer(**{"status": 200, "headers": {}, "cookies": (), "body": text, **self.changes})

    def post(self, path: str, form: t.Mapping[str, str]) -> Answer:
        assert path == ""
        self.other = self.other_once_drained or self.other
        self.posted.append({name: value for name, value in form.items() if name.startswith("w_")})
        assert {name: form[name] for name in ("b", "w", "nonce")} == {"b": "site", "w": N1, "nonce": self.nonce}
        for name, flag in (("w_status_N", "Drn"), ("w_status_D", "Dis")):
            if name in form:
                (self.flags.add if form[name] == "1" else self.flags.discard)(flag)
        return self.get("")

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    @property
    def balancer(self) -> Balancer:
        return Balancer(Apache(self, "", "n1", self.leading_to), lambda: self.seconds, self.sleep)

    def leading_to(self, url: str) -> int | None:
        assert url == N1
        return self.connections.pop(0) if len(self.connections) > 1 else self.connections[0]


def test_a_worker_is_drained_first_then_disabled_and_nothing_else_of_it_is_sent() -> None:
    apache = Imitation(busy=[2, 2, 1, 1, 0])
    apache.balancer.take_out(grace=1.0, timeout=5.0)
    assert (apache.posted, apache.flags) == ([{"w_status_N": "1"}, {"w_status_D": "1"}], {"Drn", "Dis"})


@pytest.mark.parametrize("other", ["Init Err ", "Init Dis ", "Init Drn Ok ", "Init Stop "])
def test_the_last_worker_of_a_balancer_that_gets_clients_is_not_taken_out(other: str) -> None:
    apache = Imitation(other=other)
    seen = rf"^Apache httpd has no other server in site that gets clients \(n2: {other.strip()}\): n1 is not taken out, "
    with pytest.raises(SessionsError, match=seen):
        apache.balancer.take_out(grace=1.0, timeout=5.0)
    assert (apache.posted, apache.flags, apache.seconds) == ([], set(), 30.0)


@pytest.mark.parametrize("sorry", ["Init Stby Ok", "Init Spar Ok"])
def test_a_hot_standby_or_spare_that_is_no_node_does_not_let_the_last_worker_be_taken_out(sorry: str) -> None:
    apache = Imitation(other="Init Err ", sorry=sorry)
    seen = rf"\(n2: Init Err, http://127\.0\.0\.1:8083: {sorry}, backup; a backup that is no node does not count\): n1 is not taken out"
    with pytest.raises(SessionsError, match=seen):
        apache.balancer.take_out(grace=1.0, timeout=5.0)
    assert apache.posted == []


def test_a_worker_is_taken_out_where_a_hot_standby_is_a_node() -> None:
    apache = Imitation(other="Init Stby Ok ", sorry="Init Err")
    replace(apache.balancer, nodes=("n1", "n2")).take_out(grace=1.0, timeout=5.0)
    assert apache.flags == {"Drn", "Dis"}


def test_a_worker_that_became_the_last_one_before_its_drain_is_put_back() -> None:
    apache = Imitation(other_once_drained="Init Drn Dis ")
    with pytest.raises(SessionsError, match=r"gets clients \(n2: Init Drn Dis\): n1 is put back, else nobody"):
        apache.balancer.take_out(grace=1.0, timeout=5.0)
    assert (apache.posted, apache.flags) == ([{"w_status_N": "1"}, {"w_status_N": "0", "w_status_D": "0"}], set())


def test_a_look_tells_of_the_other_workers_of_the_balancer() -> None:
    (worker,) = Imitation(other="Init Err ").balancer.looked()
    assert (worker["gets_clients"], worker["others"]) == (
        True,
        [{"name": "n2", "status": "Init Err", "gets_clients": False, "backup": False}],
    )


def test_a_worker_is_put_back_with_both_flags_off() -> None:
    apache = Imitation(flags={"Drn", "Dis"})
    apache.balancer.put_back(timeout=5.0)
    assert (apache.posted, apache.flags) == ([{"w_status_N": "0", "w_status_D": "0"}], set())


def test_a_worker_that_failed_while_it_was_out_is_back_where_nobody_has_asked_since() -> None:
    apache = Imitation(flags={"Drn", "Dis", "Err"})
    apache.balancer.put_back(timeout=5.0)
    assert (apache.posted, apache.flags, apache.seconds) == ([{"w_status_N": "0", "w_status_D": "0"}], {"Err"}, 2.5)


def test_a_worker_that_failed_while_it_was_out_is_back_once_more_as_often_as_it_is_put_back() -> None:
    apache = Imitation(flags={"Drn", "Dis", "Err"})
    apache.balancer.put_back(timeout=300.0)
    apache.balancer.put_back(timeout=300.0)
    assert (apache.posted, apache.flags, apache.seconds) == ([{"w_status_N": "0", "w_status_D": "0"}], {"Err"}, 2.5 + 92.5)


def test_a_worker_that_failed_and_was_never_out_is_back_where_nobody_was_sent_to_it_for_longer_than_httpd_shuns_it() -> None:
    apache = Imitation(flags={"Err"})
    apache.balancer.put_back(timeout=92.5)
    assert (apache.posted, apache.flags, apache.seconds) == ([], {"Err"}, 92.5)


@pytest.mark.parametrize(
    ("flags", "elected", "status"),
    [
        ({"Drn", "Dis", "Err"}, [7, 7, 7, 7, 8], "Init Err"),
        ({"Drn", "Dis", "Err", "HcFl"}, [7], "Init Err HcFl"),
        ({"Drn", "Dis", "Err", "Stop"}, [7], "Init Err Stop"),
        ({"Err"}, [7] * 180 + [8], "Init Err"),
        ({"Err"}, [7, 7, 8], "Init Err"),
        ({"Err", "HcFl"}, [7], "Init Err HcFl"),
    ],
    ids=[
        *("a request has failed since", "its check fails", "stopped by somebody else"),
        *("never out, a request fails at last", "never out, a request fails at once", "never out, its check fails"),
    ],
)
def test_a_worker_that_failed_is_not_back_by_what_was_known_before_alone(flags: set[str], elected: list[int], status: str) -> None:
    apache = Imitation(flags={*flags}, elected=[*elected])
    with pytest.raises(SessionsError, match=rf"^Apache httpd did not see the server up within 300 s: site/n1 is {status}\.$"):
        apache.balancer.put_back(timeout=300.0)


@pytest.mark.parametrize(("timeout", "waited"), [(5.0, "30"), (60.0, "60"), (92.0, "92")])
def test_a_worker_that_failed_and_was_never_out_is_not_back_where_less_time_is_given_than_tells_it(timeout: float, waited: str) -> None:
    with pytest.raises(SessionsError, match=rf"^Apache httpd did not see the server up within {waited} s: site/n1 is Init Err\.$"):
        Imitation(flags={"Err"}).balancer.put_back(timeout)


def test_a_worker_that_is_gone_when_it_is_to_be_set_is_a_refusal() -> None:
    apache = Imitation()
    server = apache.balancer.driver.servers()[0]
    apache.changes["body"] = page(balancer("files", (N1, "n1", "Init Ok ", 0)))
    with pytest.raises(SessionsError, match="has no balancer site; it has files"):
        apache.balancer.driver.set(server, "closed")
    assert apache.posted == []


def test_requests_that_do_not_end_are_counted_in_the_refusal() -> None:
    with pytest.raises(SessionsError, match=STUCK):
        Imitation(busy=[2]).balancer.take_out(grace=1.0, timeout=3.0)


def test_a_number_that_httpd_lost_count_of_holds_no_node_up_where_no_connection_leads_to_it() -> None:
    apache = Imitation(busy=[7], connections=[2, 2, 2, 1, 0])
    apache.balancer.take_out(grace=1.0, timeout=5.0)
    assert (apache.flags, apache.balancer.driver.servers()[0].sessions) == ({"Drn", "Dis"}, 0)


@pytest.mark.parametrize(("busy", "connections", "sessions"), [(7, 3, 3), (2, 3, 2), (7, 0, 0), (7, None, 7), (0, 3, 0)])
def test_a_worker_has_no_more_requests_than_connections_and_no_fewer_where_those_cannot_be_seen(
    busy: int, connections: int | None, sessions: int
) -> None:
    driver = Imitation(busy=[busy], connections=[connections]).balancer.driver
    assert [one.sessions for one in driver.servers() + driver.look()] == [sessions, sessions]


def test_a_connection_that_stays_open_is_a_request_for_all_that_is_known() -> None:
    apache = Imitation(busy=[2], connections=[5])
    with pytest.raises(SessionsError, match=STUCK):
        apache.balancer.take_out(grace=1.0, timeout=3.0)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            {"status": 401},
            "The balancer-manager {} asks for a name and a password, and none is sent. Let the host that asks in without one ",
        ),
        ({"status": 403}, "The balancer-manager {} does not let the host in that asks. Let it in ('Require local')"),
        ({"status": 404}, "The balancer-manager {} is not there. It needs a Location with 'SetHandler balancer-manager'"),
        ({"status": 500}, "The balancer-manager {} answered with HTTP status 500."),
        (
            {"status": 301, "headers": {"location": "https://lb/m\u202e"}},
            "{} sends to https://lb/m\\u202e: name the balancer-manager by its",
        ),
        ({"body": "<html>Jira</html>"}, "{} is no balancer-manager of Apache httpd. Is it proxied ('ProxyPass /balancer-manager !' comes"),
    ],
)
def test_what_is_no_balancer_manager_is_refused_by_name(answer: dict[str, t.Any], sentence: str) -> None:
    with pytest.raises(SessionsError, match=re.escape(sentence.format("http://127.0.0.1/balancer-manager"))):
        Imitation(changes=answer).balancer.unlike("looked")


def test_an_address_that_is_none_is_refused_as_that_of_the_balancer_manager() -> None:
    with pytest.raises(SessionsError, match=r"The address of the balancer-manager is no URL: it is written http://<host>"):
        Site("proxy1/balancer-manager", whose="balancer-manager")


@pytest.mark.parametrize(
    ("apache", "sentence"),
    [
        (
            Imitation(takes=False),
            "takes no change: since httpd 2.4.41 the host of its address has to be the name of the server. It calls itself lb.example.org:",
        ),
        (Imitation(nonce=""), "The balancer site has no nonce (nonce=None), and Apache httpd takes no change without one."),
        *(
            (Imitation(form=f"<h3>Edit worker settings for x</h3>{fields}"), "cannot drain a worker: httpd 2.4 is needed.")
            for fields in ("", "<input name='w_status_N'>", "<input name='w_status_D'>")
        ),
    ],
)
def test_a_manager_that_would_take_no_change_is_refused_at_the_look_and_nothing_is_sent(apache: Imitation, sentence: str) -> None:
    with pytest.raises(SessionsError, match=re.escape(sentence)):
        apache.balancer.unlike("looked")
    assert apache.posted == []


@pytest.mark.parametrize("odd", ["<a " * 100_000, "<![", "<tr><td><a href='http://[?w=1'></a></tr>"], ids=["tags", "section", "no address"])
def test_a_page_of_somebody_else_ends_nothing_with_a_traceback(odd: str) -> None:
    with contextlib.suppress(SessionsError):
        assert workers_in(odd) == []


def test_a_heading_without_an_end_is_none() -> None:
    assert name_of_server("Load Balancer Manager for " * 40_000) is None
