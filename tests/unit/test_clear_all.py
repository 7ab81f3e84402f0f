# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The product deletes all tokens by its own form; whatever else its page shows is refused, and then every token is still there."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.clear_all import clear_all
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.forms import forms_in, path_of, title_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site

from demo.behaviour import HEALTHY
from demo.browser import Browser
from demo.cluster import CANARY, Cluster


@pytest.fixture(scope="module")
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("clear") / "c", nodes=1, context="/jira") as cluster:
        cluster.add_user("eve")
        yield cluster


@pytest.fixture
def cluster(_cluster: Cluster) -> Cluster:
    _cluster["n1"].layout.write_behaviour(HEALTHY)
    _cluster["n1"].behave(administrators=[CANARY])
    assert Browser("eve", _cluster.users["eve"]).sign_in(_cluster["n1"], remember_me=True)
    return _cluster


def clear(cluster: Cluster, user: str = CANARY, password: str = "", product: str = "jira") -> str:
    return clear_all(PRODUCTS[product], Site(cluster["n1"].url), user, password or cluster.users[user])


def test_an_administrator_deletes_every_token(cluster: Cluster) -> None:
    assert clear(cluster).endswith("/jira/secure/admin/user/AllUsersRememberMeCookies!default.jspa")
    assert cluster.token_rows() == []


def test_an_administrator_who_signs_in_by_form_does_so_as_well(cluster: Cluster) -> None:
    cluster["n1"].behave(legacy_mode=True)
    clear(cluster)
    assert cluster.token_rows() == []


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ({"administrators": []}, "does not show the one form"),
        ({"clear_all": "shape"}, "forms that lead to /secure/QuickSearch.jspa, /jira/secure/admin/user/Other.jspa"),
        ({"clear_all": "stale"}, "does not show the one form"),
        ({"clear_all": "stale at the end"}, "refused the form that it had shown: HTTP 403, title 'XSRF Security Token Missing'"),
        ({"clear_all": "closed"}, "asks the administrator for the password once more, and does not take it"),
        ({"asks_second_step": True}, "is not signed in at"),
        ({"single_sign_on": "https://idp.example.org/sso"}, "is not signed in at"),
    ],
)
def test_what_is_not_that_page_is_refused_and_every_token_stays(cluster: Cluster, behaviour: dict[str, t.Any], said: str) -> None:
    before = set(cluster.token_rows())
    cluster["n1"].behave(**behaviour)
    with pytest.raises(SessionsError) as refused:
        clear(cluster)
    assert said in str(refused.value)
    assert "force_reauth_proof_cookies" not in str(refused.value)
    assert cluster.users[CANARY] not in str(refused.value)
    assert before <= set(cluster.token_rows())


def test_a_wrong_password_is_refused_and_every_token_stays(cluster: Cluster) -> None:
    before = cluster.token_rows()
    with pytest.raises(SessionsError, match="its name and password are not accepted"):
        clear(cluster, password="wr0ng")
    assert cluster.token_rows() == before


def test_a_product_without_such_a_page_is_refused(cluster: Cluster) -> None:
    with pytest.raises(SessionsError, match="No page of Confluence is known"):
        clear(cluster, product="confluence")


PAGE = """<title> All
 users &amp; </title><form action="/search"><input name="q"></form>
<form METHOD="POST" action="Act.jspa?x=1"><input type=hidden name="atl_token" value="a&amp;b"><input type="checkbox" name="sure" value="1">
<input name="empty"><input type="submit" name="first" value="Go"><input type="submit" name="second" value="No">
<button name="third">x</button>
<input name="off" disabled></form><input name="outside">"""


def test_a_form_is_read_as_a_browser_would_send_it() -> None:
    search, act = forms_in(PAGE)
    assert (search.method, search.fields) == ("get", {"q": ""})
    assert (act.method, act.action, act.fields) == ("post", "Act.jspa?x=1", {"atl_token": "a&b", "empty": "", "first": "Go"})
    assert title_of(PAGE) == "All users &"


@pytest.mark.parametrize(
    "page",
    [
        "<input " * 100_000,
        "<form action='" * 70_000,
        "<!--" * 200_000,
        "</" * 200_000,
        "<a b=" * 100_000,
        '<a " b="' * 100_000,
        "<![" * 10,
        "<title>&#" + "1" * 100_000,
    ],
    ids=["tags", "quotes", "comments", "ends", "values", "stray quotes", "section", "number"],
)
def test_a_page_that_is_made_to_take_days_takes_a_moment(page: str) -> None:
    assert not any(form.fields for form in forms_in(page))
    assert len(title_of(page)) < 2


@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("<FORM><INPUT NAME=a VALUE=b></FORM>", {"a": "b"}),
        ("<form><input name = 'a'\nvalue = \"x>y<z\"/></form>", {"a": "x>y<z"}),
        ("<form title=it's><input value='&lt;&quot;' name='a'></form>", {"a": '<"'}),
        ("<form><!-- <input name=no> --><input name=a></form>", {"a": ""}),
        ("<form><script>if (a<b) '<input name=no>'</script><input name=a></form>", {"a": ""}),
        ("<style>a>b{}</STYLE ><form><input name=a value=a=b&amp;c></form>", {"a": "a=b&c"}),
        ("<!DOCTYPE html><?x?><form><input/name='a'value='b'></form>", {"a": "b"}),
        ("a < b <form><input name=a disabled=''><input name=b></form>", {"b": ""}),
        ("<form><input name=a><input name=b", {"a": ""}),
    ],
)
def test_tags_are_read_however_they_are_written(page: str, fields: dict[str, str]) -> None:
    (form,) = forms_in(page)
    assert form.fields == fields


@pytest.mark.parametrize("page", ["", "<form", "no page", "<form><form>", "</form>", "<input name=x>"])
def test_what_is_no_page_has_no_form_that_could_be_sent(page: str) -> None:
    assert not any(form.fields for form in forms_in(page))


@pytest.mark.parametrize(
    ("action", "path"),
    [
        ("Act.jspa", "/jira/admin/Act.jspa"),
        ("/jira/x?y=1", "/jira/x?y=1"),
        ("http://jira.example.org/jira/x", "/jira/x"),
        ("https://evil.example.org/jira/x", ""),
        ("//evil.example.org/jira/x", ""),
        ("javascript:alert(1)", ""),
        ("http://[", ""),
    ],
)
def test_a_form_that_leads_to_another_host_leads_nowhere(action: str, path: str) -> None:
    assert path_of(action, "/jira/admin/page", {"jira.example.org"}) == path
