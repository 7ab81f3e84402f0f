# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Crowd ends every login of users by its calls; whoever may not, and whatever answers otherwise, is refused while nothing is deleted."""

from __future__ import annotations

import json
import typing as t
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.answer import Answer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.clear import clear_or_ask
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.clear_calls import clear_by_calls

from demo.behaviour import HEALTHY
from demo.browser import Browser
from demo.cluster import CANARY, Cluster
from demo.imitated import PRODUCTS as STAND_INS
from demo.patience import patient

CALLS = PRODUCTS["crowd"].clear_calls
assert CALLS


@pytest.fixture(scope="module")
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("calls") / "c", nodes=2, product=STAND_INS["crowd"], context="/crowd") as cluster:
        for number in range(7):
            cluster.add_user(f"user{number}")
        yield cluster


@pytest.fixture
def cluster(_cluster: Cluster) -> Cluster:
    for node in _cluster.nodes:
        node.layout.write_behaviour(HEALTHY)
        node.behave(administrators=[CANARY])
    return _cluster


def signed_in(cluster: Cluster) -> list[Browser]:
    browsers = [Browser(name, password) for name, password in cluster.users.items()]
    assert all(browser.sign_in(cluster.nodes[number % 2], remember_me=True) for number, browser in enumerate(browsers))
    return browsers


def rows(cluster: Cluster) -> list[tuple[int, str]]:
    """Of both tables: the directory, and who it is."""
    statement = "SELECT directory_id, entity_name FROM cwd_token UNION ALL SELECT directory_id, username FROM cwd_remember_me_token"
    with cluster.database.transaction() as execute:
        return sorted(execute(statement).fetchall())


def clear(cluster: Cluster, user: str = CANARY, password: str = "", check_mode: bool = False) -> str:
    web = {
        "product": "crowd",
        "url": cluster["n1"].url,
        "site_url": "",
        "validate_certs": True,
        "request_timeout": patient(10),
        "functional_path": "",
    }
    return clear_or_ask({**web, "username": user, "password": password or cluster.users[user]}, check_mode)


def test_every_login_of_users_ends_on_every_node_and_applications_stay(cluster: Cluster) -> None:
    browsers = signed_in(cluster)
    assert len(rows(cluster)) > 16
    before = rows(cluster)
    assert clear(cluster, check_mode=True) == ""
    assert rows(cluster) == before
    assert clear(cluster) == f"{cluster['n1'].url}/rest/admin/1.0/remember-me/expire-all"
    assert rows(cluster) == [(-1, "crowd"), (-1, "jira"), (-1, "wiki")]
    name = STAND_INS["crowd"].cookies.remember_me
    assert [browser.whoami(node, name) for browser in browsers for node in cluster.nodes] == [""] * 2 * len(browsers)


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_password_that_is_a_part_of_the_address_is_refused_before_anything_is_deleted(cluster: Cluster, check_mode: bool) -> None:
    signed_in(cluster)
    before = rows(cluster)
    with pytest.raises(SessionsError, match="password: this secret is also a part of what has to be told here \\(page\\)"):
        clear(cluster, password="remember-me", check_mode=check_mode)
    assert rows(cluster) == before


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("user", "password", "behaviour", "said"),
    [
        (CANARY, "wr0ng", {}, "does not accept the administrator's name and password (HTTP 401)"),
        ("user0", "", {}, "does not accept the administrator's name and password (HTTP 403)"),
        (CANARY, "", {"clear_all": "shape"}, "is not the list of sessions that this product is known to give (HTTP 200)"),
    ],
)
def test_who_may_not_or_what_answers_otherwise_is_refused_and_every_row_stays(
    cluster: Cluster, user: str, password: str, behaviour: dict[str, t.Any], said: str, check_mode: bool
) -> None:
    signed_in(cluster)
    before = rows(cluster)
    cluster["n1"].behave(**behaviour)
    with pytest.raises(SessionsError) as refused:
        clear(cluster, user, password, check_mode)
    assert said in str(refused.value)
    assert not password or password not in str(refused.value)
    assert rows(cluster) == before


def test_a_product_that_only_says_that_it_did_it_is_found_out(cluster: Cluster) -> None:
    signed_in(cluster)
    cluster["n1"].behave(clear_all="lies")
    with pytest.raises(SessionsError, match="sessions of users that it said it had ended") as refused:
        clear(cluster)
    assert not any(token in str(refused.value) for _number, token, _owner in cluster.token_rows())


NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Listed:
    """A site that lists sessions (key, seconds since NOW), a page of two each; ``moves``: what to do after each page, once."""

    url = "http://n1"

    def __init__(self, sessions: dict[str, int], moves: t.Sequence[t.Callable[[dict[str, int]], None]] = (), end: int = 204) -> None:
        self.sessions, self.moves, self.end_status = dict(sessions), list(moves), end
        self.ended: list[str] = []

    def kept(self) -> Listed:
        return self

    def leave(self) -> None:
        """Nothing is open."""

    def get_as(self, path: str, _authorization: str) -> Answer:
        headers = {"date": f"{NOW:%a, %d %b %Y %H:%M:%S} GMT"}
        if "sessions" not in path:
            return Answer(200, {}, (), "{}")
        start = int(path.partition("start=")[2].partition("&")[0])
        page = list(self.sessions.items())[start : start + 2]
        values = [{"randomHash": key, "initialization": f"{NOW + timedelta(seconds=at):%Y-%m-%dT%H:%M:%S}.123+0000"} for key, at in page]
        body = json.dumps({"values": values, "isLastPage": start + 2 >= len(self.sessions)})
        if self.moves:
            self.moves.pop(0)(self.sessions)
        return Answer(200, headers, (), body)

    def post_as(self, _path: str, _authorization: str) -> Answer:
        return Answer(204, {}, (), "")

    def delete_as(self, path: str, _authorization: str) -> Answer:
        key = path.rpartition("/")[2]
        self.ended.append(key)
        if self.end_status == 204:
            self.sessions.pop(key, None)
        return Answer(self.end_status, {}, (), "")


def ended(site: Listed) -> list[str]:
    assert CALLS
    clear_by_calls(CALLS, t.cast("t.Any", site), "Basic x", lambda _seconds: None)
    return sorted(site.ended)


OLD = {"a": -50, "b": -40, "c": -30, "d": -20}
# two pages are asked for before anything is deleted
BEFORE: list[t.Callable[[dict[str, int]], None]] = [lambda _sessions: None] * 2


def test_a_session_that_moved_to_a_page_that_was_read_is_found_by_the_next_list() -> None:
    assert ended(Listed(OLD, [*BEFORE, lambda sessions: t.cast("None", sessions.pop("a"))])) == ["a", "b", "c", "d"]


def test_who_signed_in_after_the_list_stays_signed_in() -> None:
    site = Listed(OLD, [*BEFORE, lambda _sessions: None, lambda sessions: sessions.update(new=5)])
    assert ended(site) == ["a", "b", "c", "d"]
    assert site.sessions == {"new": 5}


def test_a_node_whose_clock_is_ahead_hides_no_session() -> None:
    assert ended(Listed({**OLD, "ahead": 300})) == ["a", "ahead", "b", "c", "d"]


@pytest.mark.parametrize(("status", "said"), [(500, "answers 500"), (403, "answers 403")])
def test_a_session_that_is_not_ended_is_said_without_its_key(status: int, said: str) -> None:
    with pytest.raises(SessionsError, match=said) as refused:
        ended(Listed({"s3cret-key": -5}, end=status))
    assert "s3cret-key" not in str(refused.value)


def test_a_session_that_has_timed_out_meanwhile_is_none_to_end() -> None:
    site = Listed({"a": -50}, end=404)
    with pytest.raises(SessionsError, match="still lists 1 sessions"):
        ended(site)
    assert set(site.ended) == {"a"}


def never_the_last(keys: t.Sequence[str]) -> Answer:
    assert CALLS
    values = [{CALLS.key: key, CALLS.begun: f"{NOW:%Y-%m-%dT%H:%M:%S}.123+0000"} for key in keys]
    return Answer(200, {}, (), json.dumps({CALLS.items: values, CALLS.last: False}))


@pytest.mark.parametrize("keys", [[], ["a", "b"]], ids=["empty pages", "the same page again and again"])
def test_a_list_without_an_end_is_refused_before_anything_is_deleted(keys: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    site = Listed({})
    monkeypatch.setattr(site, "get_as", lambda _path, _authorization: never_the_last(keys))
    monkeypatch.setattr(site, "post_as", lambda *_anything: pytest.fail("the tokens are deleted"))
    with pytest.raises(SessionsError, match="has no end"):
        ended(site)


def test_a_list_that_loses_its_end_after_the_deletion_is_said_with_what_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    site = Listed({"a": -50, "b": -40})

    def post(_path: str, _authorization: str) -> Answer:
        monkeypatch.setattr(site, "get_as", lambda _path, _authorization: never_the_last(["a", "b"]))
        return Answer(204, {}, (), "")

    monkeypatch.setattr(site, "post_as", post)
    with pytest.raises(SessionsError, match=r"has no end: .* The remember-me tokens are deleted, as it says, sessions are not all"):
        ended(site)


@pytest.mark.parametrize(
    "body",
    [
        "[" * 9000,
        json.dumps({CALLS.items: [{CALLS.key: "\ud800", CALLS.begun: "2026-01-02T03:04:05.123+0000"}], CALLS.last: True}),
        json.dumps({CALLS.items: [{CALLS.key: "a", CALLS.begun: "0001-01-01T00:00:00.000+0100"}], CALLS.last: True}),
    ],
    ids=["JSON without a bottom", "half a character", "a moment before all of UTC"],
)
def test_a_list_that_no_product_gives_is_refused(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Listed({})
    monkeypatch.setattr(site, "get_as", lambda _path, _authorization: Answer(200, {}, (), body))
    with pytest.raises(SessionsError, match="is not the list of sessions that this product is known to give"):
        ended(site)
