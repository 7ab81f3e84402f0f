# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last look before the act, on a stand-in node: whose lock, which process, whom the old cookies open the door to."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.last_look import look_before_act
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.node_lock import NodeLock, owner_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web import browser
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.browser import Browser
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookie_rows import CookieRow, Replayed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site

from demo.behaviour import HEALTHY
from demo.cluster import CANARY, Cluster

JIRA = PRODUCTS["jira"]
START = {"attempt": 1, "number": "8d2c", "controller": "ops1"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Cluster]:
    """One healthy node, locked by the run CHG-1."""
    with Cluster(tmp_path_factory.mktemp("turn") / "c", nodes=1) as made:
        NodeLock(str(made["n1"].home)).take(owner_of("CHG-1", START), "")
        yield made


@pytest.fixture
def look(cluster: Cluster) -> t.Callable[..., dict[str, t.Any]]:
    """``look(record={}, cookies=[], run_id='CHG-1', url=..)``."""
    node = cluster["n1"]
    node.layout.write_behaviour(HEALTHY)

    def asked(record: dict[str, t.Any] | None = None, cookies: t.Sequence[CookieRow] = (), run_id: str = "CHG-1", url: str = "") -> t.Any:
        lock = (NodeLock(str(node.home)), owner_of(run_id, START))
        return look_before_act(JIRA, str(node.install), lock, Site(url or node.url), record or {}, list(cookies))

    return asked


@pytest.fixture
def cookies(cluster: Cluster) -> list[CookieRow]:
    """Of a fresh sign-in."""
    return Browser(JIRA, Site(cluster["n1"].url)).sign_in(CANARY, cluster.users[CANARY], "n1")


def test_a_cookie_that_works_is_a_control(look: t.Callable[..., dict[str, t.Any]], cookies: list[CookieRow]) -> None:
    found = look(cookies=cookies)
    assert (found["running"], found["done"], found["renewed"], found["unanswered"]) == (True, False, [], "")
    assert {(answer["kind"], answer["user"]) for answer in found["answers"]} == {("session", CANARY), ("remember_me", CANARY)}


def test_a_cookie_that_the_node_renews_is_told(
    look: t.Callable[..., dict[str, t.Any]], cookies: list[CookieRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    anew: list[t.Any] = [{**cookies[1], "value": "anew"}]
    monkeypatch.setattr(Browser, "replay", lambda _browser, _rows: Replayed([], anew, []))
    assert look(cookies=cookies)["renewed"] == anew


def test_the_reasons_of_cookies_without_an_answer_are_told_once_each(
    look: t.Callable[..., dict[str, t.Any]], cookies: list[CookieRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[t.Any] = [{"kind": "session", "node": "n1", "reason": reason} for reason in ("HTTP 503.", "no answer.", "HTTP 503.")]
    monkeypatch.setattr(Browser, "replay", lambda _browser, _rows: Replayed([], [], rows))
    assert look(cookies=cookies)["unanswered"] == "HTTP 503; no answer"


def test_another_run_s_lock_ends_the_run(look: t.Callable[..., dict[str, t.Any]]) -> None:
    with pytest.raises(SessionsError, match=r"This run was taken over by run CHG-1"):
        look(run_id="CHG-2")


def test_a_node_that_is_done_is_not_asked_for_cookies_that_are_dead_by_then(
    look: t.Callable[..., dict[str, t.Any]], cookies: list[CookieRow]
) -> None:
    found = look(record={"identity": "another", "sessions": "memory"}, cookies=cookies)
    assert (found["done"], found["answers"]) == (True, [])


def test_a_node_whose_process_is_gone_is_not_asked_for_cookies(cookies: list[CookieRow], cluster: Cluster, tmp_path: Path) -> None:
    node = cluster["n1"]
    lock = (NodeLock(str(node.home)), owner_of("CHG-1", START))
    sign = tmp_path / JIRA.files.signs[0]
    sign.parent.mkdir(parents=True)
    sign.touch()
    found = look_before_act(JIRA, str(tmp_path), lock, Site(node.url), {}, cookies)
    assert (found["running"], found["done"], found["answers"], found["renewed"], found["unanswered"]) == (False, False, [], [], "")
    assert found["process"] == ""


def test_cookies_that_cannot_be_replayed_are_a_reason_and_no_failure(
    look: t.Callable[..., dict[str, t.Any]], cookies: list[CookieRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "_PATIENCE", 0.0)
    found = look(cookies=cookies, url="http://127.0.0.1:9")
    assert (found["answers"], "connection refused" in found["unanswered"]) == ([], True)
    assert not [row for row in cookies if row["value"] in found["unanswered"]]
