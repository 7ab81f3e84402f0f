# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The canary's browser: signs in, keeps what it is given, and tells whom a cookie opens the door to."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.answer import Answer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.browser import Browser
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookie_rows import CookieRow, Replayed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookies import SetCookie
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site

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

    def __init__(self, *answers: Answer | SessionsError, url: str = "http://n1") -> None:
        super().__init__(url)
        self._answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def get(self, path: str, cookies: t.Mapping[str, str] | None = None) -> Answer:
        """Whoami."""
        return self._next("GET", path, dict(cookies or {}))

    def post(self, path: str, form: t.Mapping[str, str]) -> Answer:
        """The form."""
        return self._next("POST", path, dict(form))

    def post_json(self, path: str, body: bytes) -> Answer:
        """The newer sign-in."""
        return self._next("JSON", path, {"body": body.decode()})

    def _next(self, method: str, path: str, values: dict[str, str]) -> Answer:
        self.asked.append((method, path, values))
        answer = self._answers.pop(0)
        if isinstance(answer, SessionsError):
            raise answer
        return answer


def _answer(body: str = "", status: int = 200, headers: dict[str, str] | None = None, **cookies: str) -> Answer:
    return Answer(status, headers or {}, tuple(SetCookie(name, value, not value) for name, value in cookies.items()), body)


def _redirect(location: str) -> Answer:
    return _answer(status=302, headers={"location": location})


def _cookie(name: str, value: str, kind: str = "remember_me", nobody: str = "") -> CookieRow:
    return {"kind": kind, "name": name, "value": value, "node": "n1", "nobody": nobody, "absent": ""}


def test_the_kinds_of_a_sign_in_are_session_and_remember_me(cluster: Cluster, browser: Browser) -> None:
    rows = browser.sign_in(CANARY, cluster.users[CANARY], "n1")
    assert [(row["kind"], row["name"], row["node"], row["nobody"], row["absent"]) for row in rows] == [
        ("session", "JSESSIONID", "n1", "an empty page", ""),
        ("remember_me", "seraph.rememberme.cookie", "n1", "an empty page", ""),
    ]


@pytest.mark.parametrize("legacy", [False, True], ids=["JSON", "the form, in legacy mode"])
def test_a_sign_in_gives_two_cookies_that_open_the_door_alone(legacy: bool, cluster: Cluster, browser: Browser) -> None:
    cluster["n1"].behave(legacy_mode=legacy)
    rows = browser.sign_in(CANARY, cluster.users[CANARY], "n1")
    assert [answer["user"] for answer in browser.replay(rows)[0]] == [CANARY, CANARY]


def test_cookies_with_attributes_that_python_does_not_know_are_kept(cluster: Cluster, browser: Browser) -> None:
    cluster["n1"].behave(cookie_attributes="; SameSite=None; Secure; Partitioned; Priority=High")
    rows = browser.sign_in(CANARY, cluster.users[CANARY], "n1")
    assert [answer["user"] for answer in browser.replay(rows)[0]] == [CANARY, CANARY]


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({}, r"is not signed in at http://\S+: its name and password are not accepted\. They were tried on this node alone"),
        ({"legacy_mode": True}, "its name and password are not accepted"),
        ({"asks_captcha": True}, "it has to solve a CAPTCHA"),
        ({"asks_captcha": True, "legacy_mode": True}, "it has to solve a CAPTCHA"),
    ],
    ids=["JSON", "form", "CAPTCHA", "CAPTCHA and form"],
)
def test_a_refusal_has_one_reason_and_no_password_in_it(wish: dict[str, bool], sentence: str, cluster: Cluster, browser: Browser) -> None:
    cluster["n1"].behave(**wish)
    with pytest.raises(SessionsError, match=sentence) as refusal:
        browser.sign_in(CANARY, PASSWORD, "n1")
    assert PASSWORD not in str(refusal.value)


def test_a_second_step_is_named(cluster: Cluster, browser: Browser) -> None:
    cluster["n1"].behave(asks_second_step=True)
    with pytest.raises(SessionsError, match=r"it is asked for a second step\. Take the account out of two-step verification, or give"):
        browser.sign_in(CANARY, cluster.users[CANARY], "n1")


def test_single_sign_on_as_the_only_way_in_is_named_with_its_address(cluster: Cluster, browser: Browser) -> None:
    cluster["n1"].behave(single_sign_on="https://id.example.org/sso")
    with pytest.raises(SessionsError) as refusal:
        browser.sign_in(CANARY, cluster.users[CANARY], "n1")
    assert "the sign-in by form is switched off here (/login.jsp sends everybody to id.example.org/sso)" in str(refusal.value)


def test_with_remember_me_switched_off_the_session_is_the_canary(cluster: Cluster, browser: Browser) -> None:
    cluster["n1"].behave(remember_me_off=True)
    session, token = browser.sign_in(CANARY, cluster.users[CANARY], "n1")
    assert (session["absent"], token["value"]) == ("", "")
    assert token["absent"] == "the sign-in gave no remember-me cookie: remember-me is switched off"


def test_where_the_session_cookie_alone_opens_nothing_the_token_is_the_canary(cluster: Cluster, browser: Browser) -> None:
    cluster["n1"].behave(ignores_session=True)
    rows = browser.sign_in(CANARY, cluster.users[CANARY], "n1")
    assert [row["absent"] for row in rows] == ["the session cookie JSESSIONID alone opens the door to nobody here", ""]
    answers = browser.replay(rows).answers
    assert [(one["user"], one["absent"]) for one in answers] == [("", rows[0]["absent"]), (CANARY, "")]


def test_a_dead_cookie_opens_the_door_to_nobody(cluster: Cluster, browser: Browser) -> None:
    _session, token = browser.sign_in(CANARY, cluster.users[CANARY], "n1")
    with cluster.database.transaction() as execute:
        execute("DELETE FROM remembermetoken")
    ((answer,), renewed, _unanswered) = browser.replay([token])
    assert (answer["user"], answer["emptied"], renewed) == ("", True, [])


def test_a_page_that_tells_nobody_and_no_user_proves_nothing(cluster: Cluster, browser: Browser) -> None:
    rows = browser.sign_in(CANARY, cluster.users[CANARY], "n1")
    cluster["n1"].behave(dies_after_running=True)
    answers, _renewed, unanswered = browser.replay(rows, sleep=lambda _seconds: None)
    assert (answers, [row["kind"] for row in unanswered]) == ([], ["session", "remember_me"])
    assert all("does not tell who is signed in" in row["reason"] for row in unanswered)


def test_copied_cookies_are_tried_each_alone_and_come_back_by_their_number(cluster: Cluster, browser: Browser) -> None:
    cluster["n1"].behave(single_sign_on="")
    session, token = browser.sign_in(CANARY, cluster.users[CANARY], "n1")
    cluster["n1"].behave(single_sign_on="https://id.example.org/sso")
    given = [{"name": "JSESSIONID", "value": "DEAD"}, *({"name": row["name"], "value": row["value"]} for row in (session, token))]
    nobody, doors, rows = browser.try_given(given, "n1")
    assert nobody == "a redirect to id.example.org/sso"
    assert [(door["name"], door["kind"], door["user"]) for door in doors] == [
        ("JSESSIONID", "session", ""),
        ("JSESSIONID", "session", CANARY),
        ("seraph.rememberme.cookie", "remember_me", CANARY),
    ]
    assert [(row["kind"], row["given"], row["absent"]) for row in rows] == [("session", 1, ""), ("remember_me", 2, "")]


def test_without_a_copied_cookie_of_a_kind_its_row_says_so(cluster: Cluster, browser: Browser) -> None:
    _session, token = browser.sign_in(CANARY, cluster.users[CANARY], "n1")
    _nobody, _doors, rows = browser.try_given([{"name": token["name"], "value": token["value"]}], "n1")
    assert [(row["given"], row["absent"]) for row in rows] == [(-1, "no copied session cookie opens the door"), (0, "")]


NAMES = {"session_cookie": "S", "remember_me_cookie": "R"}
NOBODY, LOGIN, FORM = _answer(""), _answer("<html>"), _answer("<input name=j_username>")


def _bitbucket(site: Site) -> Browser:
    return Browser(PRODUCTS["bitbucket"], site, **NAMES)


def test_a_token_that_is_renewed_on_use_is_kept_as_it_is_then() -> None:
    site = Script(NOBODY, FORM, _answer(S="s1", R="r1", status=302), _answer(CANARY), _answer(CANARY, S="s2", R="r2"))
    rows = _bitbucket(site).sign_in(CANARY, PASSWORD, "n1")
    assert [(row["name"], row["value"]) for row in rows] == [("S", "s1"), ("R", "r2")]
    assert site.asked[2] == ("POST", "/j_atl_security_check", {"j_username": CANARY, "j_password": PASSWORD, "_atl_remember_me": "on"})


def test_a_copied_token_that_a_look_would_use_up_is_not_sent() -> None:
    site = Script(NOBODY, NOBODY, _answer(CANARY))
    _nobody, doors, rows = _bitbucket(site).try_given([{"name": "R", "value": "r1"}, {"name": "S", "value": "s1"}], "n1")
    assert [(door["user"], "replaces it at each use" in door["note"]) for door in doors] == [("", True), (CANARY, False)]
    assert [row["given"] for row in rows] == [1, -1]
    assert [values for _method, _path, values in site.asked] == [{}, {}, {"S": "s1"}]


@pytest.mark.parametrize(
    ("page", "answers", "asked"),
    [
        (FORM, [_answer(S="s1", R="r1")], ["POST"]),
        (LOGIN, [_answer(S="s1", R="r1")], ["JSON"]),
        (LOGIN, [_answer(status=404), _answer(S="s1", R="r1")], ["JSON", "POST"]),
        (LOGIN, [_answer(status=405), _answer(S="s1", R="r1")], ["JSON", "POST"]),
        (_redirect("https://id/"), [_answer(S="s1", R="r1")], ["JSON"]),
        (_answer(FORM.body, 500), [_answer(S="s1", R="r1")], ["JSON"]),
    ],
    ids=["form shown", "none shown", "no such page", "no such method", "sent off", "broken page"],
)
def test_the_page_tells_the_way_in(page: Answer, answers: list[Answer], asked: list[str]) -> None:
    site = Script(NOBODY, page, *answers, _answer(CANARY), _answer(CANARY))
    _bitbucket(site).sign_in(CANARY, PASSWORD, "n1")
    assert [method for method, _path, _values in site.asked if method != "GET"] == asked


@pytest.mark.parametrize(
    ("name", "page", "answer", "sentence"),
    [
        ("bitbucket", LOGIN, _answer("{}", 401), "not accepted"),
        ("bitbucket", LOGIN, _answer('{"reason": "CAPTCHA_REQUIRED"}', 401), "CAPTCHA"),
        ("bitbucket", LOGIN, _answer("{}", 200), r"does not say why \(HTTP 200, cookies set: none\)"),
        ("bitbucket", LOGIN, _answer("[" * 9000, 401), "not accepted"),
        ("bitbucket", LOGIN, _answer("[" * 900 + "]" * 900, 401), "not accepted"),
        ("fisheye", LOGIN, _answer("<img " * 200_000), "not accepted"),
        ("bitbucket", LOGIN, _answer("{}", 403), r"does not say why \(HTTP 403, cookies set: none\)"),
        ("bitbucket", FORM, _redirect("/login"), "not accepted"),
        ("bitbucket", FORM, _redirect("http://n1/login?next=x"), "not accepted"),
        ("bitbucket", FORM, _answer("", 500), "does not say why"),
        (
            "bitbucket",
            FORM,
            _answer("", 401, {"x-authentication-denied-reason": "CAPTCHA_CHALLENGE; login-url=http://n1/login"}),
            "CAPTCHA",
        ),
        ("bitbucket", LOGIN, _answer("", 401, {"x-authentication-denied-reason": "CAPTCHA_CHALLENGE"}), "CAPTCHA"),
        ("bitbucket", LOGIN, _answer('{"status":"TOTP_REQUIRED"}', 401), "second step"),
        ("bitbucket", LOGIN, _answer('{"mfa": true}', 202), "second step"),
        ("bitbucket", LOGIN, _answer('{"next": ["totp"]}', 200), "second step"),
        ("bitbucket", LOGIN, _answer("a TOTP code is asked for", 403), "second step"),
        ("bitbucket", LOGIN, _answer('{"totpRequired": false}', 401), "not accepted"),
        *(("bitbucket", LOGIN, _answer("mfa service down", status), "does not say why") for status in (500, 503)),
        ("fisheye", LOGIN, _answer('<input name="captcha">'), "CAPTCHA"),
        ("fisheye", LOGIN, _answer('<script src="captcha.js">'), "not accepted"),
        ("bitbucket", _redirect("https://id/x?y"), _answer("{}", 403), r"switched off here \(/login sends everybody to id/x\)"),
        ("fisheye", LOGIN, _answer("<html>"), "not accepted"),
        ("fisheye", _redirect("https://n1:8443/login"), _redirect("https://n1:8443/login"), r"answers 302 to /login\): give the address"),
        ("bitbucket", _redirect("https://id/login"), _answer("{}", 401), "not accepted"),
        ("jira", _answer("login-form-remember-me"), _answer("", 200), "does not say why"),
    ],
)
def test_each_reason_has_a_sentence_of_its_own_after_one_attempt(name: str, page: Answer, answer: Answer, sentence: str) -> None:
    site = Script(NOBODY, page, answer, page)
    with pytest.raises(SessionsError, match=sentence) as refusal:
        Browser(PRODUCTS[name], site).sign_in(CANARY, PASSWORD, "n1")
    assert len([method for method, _path, _values in site.asked if method != "GET"]) == 1
    assert PASSWORD not in str(refusal.value)


def test_a_captcha_on_the_page_that_a_refused_form_leads_back_to_is_seen() -> None:
    asks = _answer('<input name=j_username><img id="captcha-image" src="/captcha">')
    refused = Answer(302, {"location": "/login"}, (SetCookie("S", "s1", False), SetCookie("R", "", True)), "")
    site = Script(NOBODY, FORM, refused, NOBODY, asks)
    with pytest.raises(SessionsError, match="it has to solve a CAPTCHA"):
        _bitbucket(site).sign_in(CANARY, PASSWORD, "n1")
    assert site.asked[-1] == ("GET", "/login", {"S": "s1"})


def test_a_refusal_in_json_that_leads_to_the_form_is_followed_nowhere() -> None:
    site = Script(NOBODY, LOGIN, _redirect("/login"))
    with pytest.raises(SessionsError, match="does not say why"):
        _bitbucket(site).sign_in(CANARY, PASSWORD, "n1")
    assert site.asked[-1][0] == "JSON"


def test_a_form_that_nothing_takes_is_switched_off() -> None:
    site = Script(NOBODY, LOGIN, _answer(status=404), _answer(status=404))
    with pytest.raises(SessionsError, match="the sign-in by form is switched off here"):
        _bitbucket(site).sign_in(CANARY, PASSWORD, "n1")


def test_a_form_behind_the_node_s_own_tls_is_not_called_switched_off() -> None:
    moved = _redirect("https://jira.example.org:8443/login.jsp")
    with pytest.raises(SessionsError) as refusal:
        Browser(PRODUCTS["jira"], Script(NOBODY, moved, _answer(status=404), moved)).sign_in(CANARY, PASSWORD, "n1")
    assert str(refusal.value).endswith(
        "the sign-in by form is at another address (/login.jsp answers 302 to jira.example.org/login.jsp): give the address at which the "
        "node itself answers with force_reauth_node_url, or _site_url."
    )


def test_a_form_whose_page_sends_everybody_to_another_sign_in_is_switched_off() -> None:
    moved = _redirect("https://id.example.org/sso")
    with pytest.raises(SessionsError) as refusal:
        Browser(PRODUCTS["jira"], Script(NOBODY, moved, _answer(status=404), moved)).sign_in(CANARY, PASSWORD, "n1")
    assert "the sign-in by form is switched off here (/login.jsp sends everybody to id.example.org/sso)" in str(refusal.value)


def test_a_refusal_that_the_product_spoke_is_one_wherever_its_page_is() -> None:
    refused = _answer(status=401, headers={"x-seraph-loginreason": "AUTHENTICATED_FAILED"})
    site = Script(NOBODY, _redirect("https://n1:8443/login.jsp"), _answer(status=404), refused)
    with pytest.raises(SessionsError, match="not accepted"):
        Browser(PRODUCTS["jira"], site).sign_in(CANARY, PASSWORD, "n1")


def test_a_sign_in_that_opens_the_door_to_somebody_else_is_refused() -> None:
    with pytest.raises(SessionsError, match=f"proof account {CANARY} at http://n1 opens the door to eve"):
        _bitbucket(Script(NOBODY, FORM, _answer(S="s1"), _answer("eve"))).sign_in(CANARY, PASSWORD, "n1")


def test_a_remember_me_cookie_of_another_name_is_found_by_trying() -> None:
    site = Script(NOBODY, FORM, _answer(S="s1", lb="x", OTHER="r1"), _answer(CANARY), _answer(""), _answer(CANARY))
    rows = _bitbucket(site).sign_in(CANARY, PASSWORD, "n1")
    assert [(row["kind"], row["name"]) for row in rows] == [("session", "S"), ("remember_me", "OTHER")]


def test_of_several_cookies_of_one_name_the_one_that_opens_the_door_is_taken() -> None:
    cookies = (SetCookie("S", "root", False, "/"), SetCookie("S", "wiki", False, "/wiki"), SetCookie("S", "gone", True, "/x"))
    site = Script(NOBODY, FORM, Answer(302, {}, cookies, ""), _answer(""), _answer(CANARY), url="http://n1/wiki")
    rows = _bitbucket(site).sign_in(CANARY, PASSWORD, "n1")
    assert rows[0]["value"] == "root"
    assert [values["S"] for _method, _path, values in site.asked if "S" in values] == ["wiki", "root"]


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
    ((row,), *_rest) = _bitbucket(Script(answer)).replay([_cookie("R", "r1")])
    assert row["user"] == user


def test_a_header_is_believed_only_where_the_product_sends_it() -> None:
    answer = _answer("", headers={"x-ausername": "canary"})
    ((row,), *_rest) = Browser(PRODUCTS["jira"], Script(answer)).replay([_cookie("R", "r1")])
    assert row["user"] == ""


ODD = [_answer("", 404), _answer("", 500), _answer("<html>", 200), _answer('{"name": "eve"}'), _answer("x" * 300), _answer("a\nb")]
ODD += [_redirect("/startup.jsp"), _redirect("https://jira.example.org/plugins/servlet/applinks/whoami"), _redirect("/secure/errors.jsp")]


@pytest.mark.parametrize("answer", [*ODD, _answer("", 401), _answer("", 403), _redirect("/login.jsp")])
def test_an_answer_that_was_not_seen_before_is_no_proof(answer: Answer) -> None:
    answers, _renewed, (row,) = _bitbucket(Script(answer)).replay([_cookie("R", "r1", nobody="an empty page")])
    assert answers == []
    assert f"does not tell who is signed in (HTTP {answer.status})" in row["reason"]


@pytest.mark.parametrize("answer", ODD)
def test_a_site_where_nobody_cannot_be_told_is_refused(answer: Answer) -> None:
    with pytest.raises(SessionsError, match=f"answers a visitor without any cookie with HTTP {answer.status}"):
        Browser(PRODUCTS["jira"], Script(answer)).nobody()


def test_a_visitor_who_is_sent_elsewhere_than_to_a_sign_in_is_told_the_ways_out() -> None:
    with pytest.raises(
        SessionsError, match=r"'https://status.example.org/', which is no sign-in: .*force_reauth_site_url .*leave out force"
    ):
        Browser(PRODUCTS["jira"], Script(_redirect("https://status.example.org/?x"))).nobody()


def test_a_site_that_sends_each_visitor_elsewhere_is_refused_in_the_look() -> None:
    site = Script(_redirect("https://id/authorize/1"), _redirect("https://id/authorize/2"))
    with pytest.raises(SessionsError, match="now with a redirect to id/authorize/1, now with a redirect to id/authorize/2"):
        Browser(PRODUCTS["jira"], site).try_given([], "n1")


def test_a_page_that_names_a_user_without_a_cookie_is_refused() -> None:
    with pytest.raises(SessionsError, match="names the user eve to a visitor without any cookie"):
        Browser(PRODUCTS["jira"], Script(_answer("eve"))).nobody()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (_answer(""), _answer("")),
        (_answer("", 401), _answer("", 401)),
        (_answer("", 401), _answer("")),
        (_answer("", 403), _answer("", 403)),
        (_redirect("https://id.example.org/sso?state=1"), _redirect("https://id.example.org/sso?state=2")),
        (_redirect("/login.jsp;jsessionid=A?os_destination=x"), _redirect("http://n1/login.jsp;jsessionid=B")),
    ],
)
def test_nobody_after_the_act_is_who_was_nobody_before(before: Answer, after: Answer) -> None:
    nobody = Browser(PRODUCTS["jira"], Script(before)).nobody()
    ((row,), *_rest) = Browser(PRODUCTS["jira"], Script(after)).replay([_cookie("R", "r1", nobody=nobody)])
    assert row["user"] == ""


def test_another_redirect_than_before_is_no_proof() -> None:
    site = Script(_redirect("https://elsewhere/sso"))
    answers, _renewed, (row,) = _bitbucket(site).replay([_cookie("R", "r1", nobody="a redirect to id.example.org/sso")])
    assert (answers, "nothing can be proven" in row["reason"]) == ([], True)


BUSY, LATE = _answer("", 503), SessionsError("http://n1 did not answer in time.")


class Clock:
    """Time passes only in pauses."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def read(self) -> float:
        return self.now


def _replayed(site: Script, *rows: CookieRow, product: str = "jira") -> tuple[Replayed, list[float]]:
    clock = Clock()
    found = Browser(PRODUCTS[product], site).replay(rows, clock.sleep, clock.read)
    return found, clock.pauses


@pytest.mark.parametrize("hiccup", [BUSY, LATE, _answer("", 429)])
def test_a_cookie_that_is_refused_for_the_moment_is_sent_again(hiccup: Answer | SessionsError) -> None:
    site = Script(hiccup, hiccup, _answer("eve"))
    found, pauses = _replayed(site, _cookie("R", "r1"))
    assert ([row["user"] for row in found.answers], found.unanswered, pauses) == (["eve"], [], [0.5, 1.0])
    assert [values for _method, _path, values in site.asked] == [{"R": "r1"}] * 3


@pytest.mark.parametrize(
    ("hiccup", "reason"),
    [
        (LATE, "http://n1 did not answer in time."),
        (BUSY, "does not tell who is signed in (HTTP 503): nothing can be proven by it."),
    ],
)
def test_a_cookie_that_stays_unanswered_is_told_alone_and_what_was_seen_of_the_others_is_kept(
    hiccup: Answer | SessionsError, reason: str
) -> None:
    alive, never, dead = _cookie("S", "s1", "session"), _cookie("R", "r1"), _cookie("R", "r2")
    found, _pauses = _replayed(Script(_answer("eve"), *[hiccup] * 6, _answer("")), alive, never, dead)
    assert [(row["kind"], row["user"]) for row in found.answers] == [("session", "eve"), ("remember_me", "")]
    (row,) = found.unanswered
    assert (row["kind"], row["node"], row["reason"].endswith(reason), "r1" in row["reason"]) == ("remember_me", "n1", True, False)


def test_the_pauses_of_all_cookies_have_an_end_and_then_each_is_sent_once() -> None:
    busy = _answer("", 503, {"retry-after": "100"})
    site = Script(*[busy] * 5)
    found, pauses = _replayed(site, *[_cookie("R", f"r{number}") for number in range(3)])
    assert (len(found.unanswered), pauses, len(site.asked)) == (3, [100.0, 100.0], 5)


def test_a_token_that_is_replaced_at_each_use_is_not_sent_again_as_its_successor_may_be_lost() -> None:
    site = Script(LATE, _answer("", 503), _answer("eve"))
    found, _pauses = _replayed(site, _cookie("R", "r1"), _cookie("S", "s1", "session"), product="bitbucket")
    assert ([row["kind"] for row in found.answers], [row["kind"] for row in found.unanswered]) == (["session"], ["remember_me"])
    assert len(site.asked) == 3


@pytest.mark.parametrize("name", sorted(PRODUCTS))
def test_the_sign_in_of_each_product_carries_name_and_password(name: str) -> None:
    product = PRODUCTS[name]
    site = Script(NOBODY, _answer(product.web.sign_in_form_mark), _answer(S="s1", R="r1"), _answer(CANARY), _answer(CANARY))
    Browser(product, site, **NAMES).sign_in(CANARY, PASSWORD, "n1")
    method, path, form = site.asked[2]
    assert (method, path) == ("POST", product.web.sign_in_path)
    assert {CANARY, PASSWORD} <= set(form.values())


@pytest.mark.parametrize("name", sorted(name for name, product in PRODUCTS.items() if product.web.sign_in_json_path))
def test_the_newer_sign_in_carries_name_password_and_the_wish_to_be_remembered(name: str) -> None:
    site = Script(NOBODY, LOGIN, _answer(S="s1", R="r1"), _answer(CANARY), _answer(CANARY))
    Browser(PRODUCTS[name], site, **NAMES).sign_in(CANARY, PASSWORD, "n1")
    method, path, values = site.asked[2]
    assert (method, path) == ("JSON", PRODUCTS[name].web.sign_in_json_path)
    assert json.loads(values["body"]) == {"username": CANARY, "password": PASSWORD, "rememberMe": True, "targetUrl": ""}


def test_the_default_names_of_the_cookies_are_the_product_s() -> None:
    product = PRODUCTS["fisheye"]
    site = Script(NOBODY, LOGIN, _answer(FESESSIONID="s1", remember="r1"), _answer(CANARY), _answer(CANARY))
    rows = Browser(product, site).sign_in(CANARY, PASSWORD, "n1")
    assert [row["name"] for row in rows] == [product.web.session_cookie, product.web.remember_me_cookie]
