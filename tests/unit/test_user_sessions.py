# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sessions of users are ended by the product's call; what it refuses is a sentence, and what it refuses for now is tried again."""

from __future__ import annotations

import contextlib
import functools
import http.server
import threading
import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.live_note import LiveNote
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.live_progress import Progress, grown, progress_in
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.node_lock import NodeLock, owner_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web import user_sessions
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.administrator import by_password, by_token
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.answer import Answer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.parallel_requests import Names
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.pauses import pause_before

from demo.behaviour import HEALTHY
from demo.browser import Browser
from demo.cluster import Cluster
from demo.patience import patient

CALL = user_sessions.call_of(PRODUCTS["jira"])


class Answers:
    """A server that gives each request the next of these answers, status and Retry-After, and keeps the paths; the last one for ever."""

    def __init__(self, *answers: tuple[int, str]) -> None:
        self.rest = list(answers)
        self.paths: list[str] = []
        self.lock = threading.Lock()

    def next(self, path: str) -> tuple[int, str]:
        with self.lock:
            self.paths.append(path)
            return self.rest.pop(0) if len(self.rest) > 1 else self.rest[0]


@contextlib.contextmanager
def served(answers: Answers) -> t.Iterator[Site]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_DELETE(self) -> None:
            status, retry_after = answers.next(self.path)
            self.send_response(status)
            if retry_after:
                self.send_header("Retry-After", retry_after)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing reads it."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield Site(f"http://127.0.0.1:{server.server_address[1]}/jira")
        server.shutdown()


def counts(done: user_sessions.Ended) -> tuple[int, int]:
    return done["ended"], done["unknown"]


def end(site: Site, *names: str, parallel: int = 1) -> tuple[tuple[int, int], list[float]]:
    pauses: list[float] = []
    notes: list[Progress | None] = []
    done = user_sessions.end_sessions(CALL, site, by_token("t"), Names(names), parallel, pauses.append, notes.append)
    assert notes[-1] == (done["progress"] or None)
    assert done["seconds"] >= 0
    return counts(done), pauses


def test_each_name_is_asked_once_written_as_a_path_can_carry_it() -> None:
    answers = Answers((204, ""))
    with served(answers) as site:
        assert end(site, "eve", "a/b ü", "?x=1") == ((3, 0), [])
    top = "/jira/rest/api/2/user/session/"
    assert answers.paths == [f"{top}eve", f"{top}a%2Fb%20%C3%BC", f"{top}%3Fx%3D1"]


def test_a_name_that_the_product_does_not_know_is_counted() -> None:
    with served(Answers((404, ""), (204, ""))) as site:
        assert end(site, "gone", "eve")[0] == (1, 1)


def test_many_at_a_time_end_each_user_once() -> None:
    answers = Answers((204, ""))
    with served(answers) as site:
        assert end(site, *(f"user{number}" for number in range(50)), parallel=8)[0] == (50, 0)
    assert len(set(answers.paths)) == len(answers.paths) == 50


def test_after_so_many_seconds_nobody_else_is_begun_and_the_next_call_goes_on_there() -> None:
    answers, names = Answers((204, "")), [f"user{number}" for number in range(1000)]
    with served(answers) as site:
        some = Names(names, 0.05)
        first = user_sessions.end_sessions(CALL, site, by_token("t"), some, 4, lambda _seconds: None, lambda _progress: None)
        done = first["progress"]["names"]
        assert 0 < done == len(answers.paths) < 1000
        rest = Names(names[done:], 0.0, progress_in(first["progress"]))
        second = user_sessions.end_sessions(CALL, site, by_token("t"), rest, 4, lambda _seconds: None, lambda _progress: None)
    assert second["progress"] == functools.reduce(lambda before, name: grown(before, name, True), names, None)
    assert sorted(answers.paths) == sorted(f"/jira/rest/api/2/user/session/{name}" for name in names)


def test_what_came_back_before_its_turn_is_no_progress_yet() -> None:
    names = Names(["adam", "eve", "kim"])
    given = iter(names)
    first, second = next(given), next(given)
    names.done(second, True)
    assert names.progress() is None
    names.done(first, False)
    assert names.progress() == grown(grown(None, "adam", False), "eve", True)
    assert names.counts() == (1, 1)


def test_what_failed_is_noted_as_far_as_it_came() -> None:
    notes: list[Progress | None] = []
    names = Names(["adam", "eve", "kim"])
    with served(Answers((204, ""), (401, ""))) as site, pytest.raises(SessionsError, match="'eve'"):
        user_sessions.end_sessions(CALL, site, by_token("t"), names, 1, lambda _seconds: None, notes.append)
    assert notes[-1] == grown(None, "adam", True)


def test_what_is_refused_for_now_is_tried_again_as_late_as_the_server_wishes() -> None:
    with served(Answers((503, ""), (429, "7"), (204, ""))) as site:
        assert end(site, "eve") == ((1, 0), [0.5, 7.0])


@pytest.mark.parametrize("status", [401, 403, 400, 302])
def test_any_other_answer_ends_it_and_nobody_else_is_asked(status: int) -> None:
    answers = Answers((204, ""), (status, ""))
    with served(answers) as site, pytest.raises(SessionsError, match=f"The sessions of 'adam' could not be ended at .*: HTTP {status}"):
        end(site, "eve", "adam", "kim")
    assert len(answers.paths) == 2


def test_a_server_that_never_recovers_is_given_up() -> None:
    answers = Answers((500, ""))
    with served(answers) as site, pytest.raises(SessionsError, match="HTTP 500"):
        end(site, "eve")
    assert len(answers.paths) == 6


@pytest.mark.parametrize(
    ("attempt", "status", "retry_after", "pause"),
    [
        (0, 500, "", 0.5),
        (3, 0, "", 4.0),
        (0, 429, "30", 30.0),
        (2, 429, "1", 2.0),
        (0, 429, "soon", 0.5),
        (0, 429, "²", 0.5),
        # a server that wants an hour is for a person to decide
        (0, 429, "3600", None),
        (5, 503, "", None),
        (0, 403, "", None),
        (0, 200, "", None),
    ],
)
def test_the_pauses_grow_and_end(attempt: int, status: int, retry_after: str, pause: float | None) -> None:
    assert pause_before(attempt, status, retry_after) == pause


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "ü"])
def test_a_token_that_no_header_can_carry_is_not_quoted(token: str) -> None:
    with pytest.raises(SessionsError) as error:
        by_token(token)
    assert not token or token not in str(error.value)


@pytest.mark.parametrize(("username", "password"), [("", "p"), ("a", ""), ("a:b", "p")])
def test_half_an_administrator_is_none(username: str, password: str) -> None:
    with pytest.raises(SessionsError, match="Nothing is asked"):
        by_password(username, password)


def test_name_and_password_go_as_the_standard_says() -> None:
    assert by_password("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


@pytest.fixture(scope="module")
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("live") / "c", nodes=2) as cluster:
        cluster.add_user("eve")
        cluster.add_user("adam")
        yield cluster


@pytest.fixture
def cluster(_cluster: Cluster) -> Cluster:
    for node in _cluster.nodes:
        node.layout.write_behaviour(HEALTHY)
    return _cluster


def options(cluster: Cluster, **more: t.Any) -> dict[str, t.Any]:
    web = {"site_url": "", "validate_certs": True, "request_timeout": patient(10), "functional_path": ""}
    named = {"product": "jira", "url": cluster["n1"].url, **web, "admin_token": cluster.admin_token, "usernames": ["eve"], "parallel": 2}
    return {**named, **more}


def test_the_sessions_of_the_named_users_end_on_every_node_and_those_of_others_go_on(cluster: Cluster) -> None:
    browsers = {name: [(node, Browser(name, cluster.users[name])) for node in cluster.nodes] for name in ("eve", "adam")}
    assert all(browser.sign_in(node) for row in browsers.values() for node, browser in row)

    def whoami(name: str) -> list[str]:
        return [browser.whoami(node) for node, browser in browsers[name]]

    assert counts(user_sessions.end_or_ask(options(cluster), check_mode=True)) == (0, 0)
    assert whoami("eve") == ["eve", "eve"]
    assert counts(user_sessions.end_or_ask(options(cluster), check_mode=False)) == (1, 0)
    assert whoami("eve") == ["", ""]
    assert whoami("adam") == ["adam", "adam"]


def test_a_run_notes_how_far_it_is_beside_its_lock(cluster: Cluster, tmp_path: Path) -> None:
    start = {"attempt": 1, "number": "5", "controller": "c"}
    NodeLock(str(tmp_path)).take(owner_of("one", start), "")
    run = options(cluster, home_dir=str(tmp_path), run_id="one", start=start, deletion="aa", usernames=["eve", "nobody"])
    assert counts(user_sessions.end_or_ask(run, check_mode=False)) == (1, 1)
    assert LiveNote(str(tmp_path), "aa").read() == grown(grown(None, "eve", True), "nobody", False)
    assert LiveNote(str(tmp_path), "bb").read() is None


def test_a_run_that_was_taken_over_asks_for_nobody_any_more(cluster: Cluster, tmp_path: Path) -> None:
    older, newer = ({"attempt": attempt, "number": str(attempt), "controller": "c"} for attempt in (1, 2))
    NodeLock(str(tmp_path)).take(owner_of("one", newer), "")
    browser = Browser("eve", cluster.users["eve"])
    assert browser.sign_in(cluster["n1"])
    with pytest.raises(SessionsError, match="taken over by"):
        user_sessions.end_or_ask(
            options(cluster, home_dir=str(tmp_path), run_id="one", start=older, deletion="aa", usernames=[]), check_mode=False
        )
    assert browser.whoami(cluster["n1"]) == "eve"


def test_who_is_no_administrator_is_told_so_before_anything_is_changed(cluster: Cluster) -> None:
    with pytest.raises(SessionsError, match="is no administrator's"):
        user_sessions.end_or_ask(options(cluster, admin_token="of-a-plain-user"), check_mode=True)
    cluster["n1"].behave(token_expired=True)
    with pytest.raises(SessionsError, match="does not accept the administrator's token"):
        user_sessions.end_or_ask(options(cluster), check_mode=True)


@pytest.mark.parametrize("page", ["/status", "/login.jsp"])
def test_an_answer_of_another_shape_gives_no_right(cluster: Cluster, page: str) -> None:
    with pytest.raises(SessionsError, match="no administrator's"):
        user_sessions.check_right(CALL._replace(right=page), Site(cluster["n1"].url), by_token("x"))


def test_a_page_without_a_bottom_gives_no_right(monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site("http://n1")
    monkeypatch.setattr(site, "get_as", lambda _path, _authorization: Answer(200, {}, (), "[" * 9000))
    with pytest.raises(SessionsError, match="is no administrator's"):
        user_sessions.check_right(CALL, site, by_token("x"))


def test_a_page_that_is_not_there_is_said(cluster: Cluster) -> None:
    with pytest.raises(SessionsError, match="does not tell what the administrator may do: /nowhere answers 404"):
        user_sessions.check_right(CALL._replace(right="/nowhere"), Site(cluster["n1"].url), by_token("x"))


def test_where_no_page_says_it_in_a_word_only_who_may_is_shown_it(cluster: Cluster) -> None:
    call = CALL._replace(right="/rest/api/2/user/list", right_at=())
    user_sessions.check_right(call, Site(cluster["n1"].url), by_token(cluster.admin_token))
    with pytest.raises(SessionsError, match="does not accept the administrator's token"):
        user_sessions.check_right(call, Site(cluster["n1"].url), by_token("of-a-plain-user"))


def test_a_product_without_such_a_call_says_so() -> None:
    with pytest.raises(SessionsError, match="No call of Confluence is known"):
        user_sessions.call_of(PRODUCTS["confluence"])
