# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The canary's browser: signs in, keeps what it is given, and tells whom a cookie opens the door to."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.browser import Browser, CookieRow
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Answer, SetCookie, Site

from demo.behaviour import HEALTHY
from demo.cluster import CANARY, Cluster

PASSWORD = "s3cret-password"


@pytest.fixture(scope="module")
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("browser") / "c", nodes=1) as cluster:
        yield cluster


@pytest.fixture
def cluster(_cluster: Cluster) -> Cluster:
    _cluster["n1"].layout.write_behaviour(HEALTHY)
    return _cluster


@pytest.fixture
def browser(cluster: Cluster) -> Browser:
    return Browser(PRODUCTS["jira"], Site(cluster["n1"].url))


class Script(Site):
    """A site that gives prepared answers, in turn, and notes what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__("http://n1")
        self._answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def get(self, path: str, cookies: t.Mapping[str, str] | None = None) -> Answer:
        """Whoami."""
        return self._next("GET", path, dict(cookies or {}))

    def post(self, path: str, form: t.Mapping[str, str], cookies: t.Mapping[str, str] | None = None) -> Answer:
        """The form."""
        return self._next("POST", path, {**form, **(cookies or {})})

    def post_json(self, path: str, body: bytes) -> Answer:
        """The newer sign-in."""
        return self._next("JSON", path, {"body": body.decode()})

    def _next(self, method: str, path: str, values: dict[str, str]) -> Answer:
        self.asked.append((method, path, values))
        return self._answers.pop(0)


def _answer(body: str = "", status: int = 200, headers: dict[str, str] | None = None, **cookies: str) -> Answer:
    return Answer(status, headers or {}, tuple(SetCookie(name, value, not value) for name, value in cookies.items()), body)


def _cookie(name: str, value: str, kind: str = "remember_me") -> CookieRow:
    return {"kind": kind, "name": name, "value": value, "node": "n1"}


@pytest.mark.parametrize("two_step", [False, True], ids=["the form", "the newer sign-in"])
def test_a_sign_in_gives_two_cookies_that_open_the_door_alone(two_step: bool, cluster: Cluster, browser: Browser) -> None:
    cluster["n1"].behave(two_step_sign_in=two_step)
    rows = browser.sign_in(CANARY, cluster.users[CANARY], "n1")
    assert [(row["kind"], row["name"], row["node"]) for row in rows] == [
        ("session", "JSESSIONID", "n1"),
        ("remember_me", "seraph.rememberme.cookie", "n1"),
    ]
    assert [answer["user"] for answer in browser.replay(rows)[0]] == [CANARY, CANARY]


def test_a_wrong_password_is_said_without_it(browser: Browser) -> None:
    with pytest.raises(SessionsError, match="AUTHENTICATED_FAILED") as refusal:
        browser.sign_in(CANARY, PASSWORD, "n1")
    assert PASSWORD not in str(refusal.value)


def test_a_dead_cookie_opens_the_door_to_nobody(cluster: Cluster, browser: Browser) -> None:
    _session, token = browser.sign_in(CANARY, cluster.users[CANARY], "n1")
    with cluster.database.transaction() as execute:
        execute("DELETE FROM remembermetoken")
    ((answer,), renewed) = browser.replay([token])
    assert (answer["user"], answer["emptied"], renewed) == ("", True, [])


def test_a_page_that_tells_nobody_and_no_user_proves_nothing(cluster: Cluster, browser: Browser) -> None:
    rows = browser.sign_in(CANARY, cluster.users[CANARY], "n1")
    cluster["n1"].behave(dies_after_running=True)
    with pytest.raises(SessionsError, match="does not tell who is signed in"):
        browser.replay(rows)


NAMES = {"session_cookie": "S", "remember_me_cookie": "R"}


def _bitbucket(site: Site) -> Browser:
    return Browser(PRODUCTS["bitbucket"], site, **NAMES)


def test_a_token_that_is_renewed_on_use_is_kept_as_it_is_then() -> None:
    site = Script(_answer(S="s1", R="r1", status=302), _answer(CANARY), _answer(CANARY, S="s2", R="r2"))
    rows = _bitbucket(site).sign_in(CANARY, PASSWORD, "n1")
    assert [(row["name"], row["value"]) for row in rows] == [("S", "s1"), ("R", "r2")]
    assert site.asked[0] == ("POST", "/j_atl_security_check", {"j_username": CANARY, "j_password": PASSWORD, "_atl_remember_me": "on"})


@pytest.mark.parametrize(
    ("answer", "user"),
    [
        (_answer("", headers={"x-ausername": "canary"}), "canary"),
        (_answer("<html>", headers={"x-ausername": "caf%C3%A9"}), "café"),
        (_answer("", headers={"x-ausername": "anonymous"}), ""),
        (_answer(""), ""),
        (_answer("canary"), "canary"),
    ],
)
def test_header_and_page_tell_who_is_signed_in(answer: Answer, user: str) -> None:
    ((row,), _renewed) = _bitbucket(Script(answer)).replay([_cookie("R", "r1")])
    assert row["user"] == user


def test_a_header_is_believed_only_where_the_product_sends_it() -> None:
    answer = _answer("", headers={"x-ausername": "canary"})
    ((row,), _renewed) = Browser(PRODUCTS["jira"], Script(answer)).replay([_cookie("R", "r1")])
    assert row["user"] == ""


@pytest.mark.parametrize("status", [302, 401, 404, 500])
def test_neither_header_nor_page_is_no_proof(status: int) -> None:
    with pytest.raises(SessionsError, match=f"HTTP {status}"):
        _bitbucket(Script(_answer("", status))).replay([_cookie("R", "r1")])


@pytest.mark.parametrize("name", sorted(PRODUCTS))
def test_the_sign_in_of_each_product_carries_name_and_password(name: str) -> None:
    product = PRODUCTS[name]
    refused = [_answer(status=404)] if product.web.sign_in_json_path else []
    site = Script(*refused, _answer(S="s1", R="r1"), _answer(CANARY), _answer(CANARY))
    Browser(product, site, **NAMES).sign_in(CANARY, PASSWORD, "n1")
    method, path, form = site.asked[len(refused)]
    assert (method, path) == ("POST", product.web.sign_in_path)
    assert {CANARY, PASSWORD} < set(form.values())


def test_the_default_names_of_the_cookies_are_the_product_s() -> None:
    product = PRODUCTS["fisheye"]
    site = Script(_answer(FESESSIONID="s1", remember="r1"), _answer(CANARY), _answer(CANARY))
    rows = Browser(product, site).sign_in(CANARY, PASSWORD, "n1")
    assert [row["name"] for row in rows] == [product.web.session_cookie, product.web.remember_me_cookie]
