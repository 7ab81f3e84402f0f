# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All users by the product's own list: page by page to its end, and refused where its end may come too early."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import Treated
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web import user_list
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.answer import Answer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.user_sessions import call_of

from demo.cluster import CANARY, Cluster
from demo.imitated import PRODUCTS as IMITATED
from demo.patience import patient

JIRA, BAMBOO = (call_of(PRODUCTS[name]).users for name in ("jira", "bamboo"))


class Scripted(Site):
    """Answers one page after the other, and keeps what was asked."""

    def __init__(self, *answers: tuple[int, t.Any]) -> None:
        super().__init__("http://127.0.0.1:1")
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []

    def kept(self) -> Site:
        return self

    def get_as(self, path: str, authorization: str) -> Answer:
        self.asked.append((path, authorization))
        status, document = self.answers.pop(0)
        return Answer(status, {}, (), document if isinstance(document, str) else json.dumps(document))


def named(*names: t.Any, **more: t.Any) -> dict[str, t.Any]:
    return {"values": [{"name": name} for name in names], **more}


def every(site: Scripted, pages: t.Any = JIRA) -> list[str]:
    return user_list.every_name(pages, "Jira", site, "Bearer t", lambda _seconds: None)


def test_pages_are_read_until_the_product_says_that_one_is_the_last() -> None:
    site = Scripted(
        (200, named("eve", isLast=False, nextCursor="17&x")), (200, named("adam", isLast=False, nextCursor=9)), (200, named(isLast=True))
    )
    assert every(site) == ["eve", "adam"]
    top = "/rest/api/2/user/list?maxResults=500"
    assert [path for path, _who in site.asked] == [top, f"{top}&cursor=17%26x", f"{top}&cursor=9"]
    assert {who for _path, who in site.asked} == {"Bearer t"}


def test_where_none_is_called_the_last_an_empty_one_is() -> None:
    pages = [{"results": [{"name": name} for name in names]} for names in (["a", "b"], ["c"], [])]
    site = Scripted(*((200, page) for page in pages))
    assert every(site, BAMBOO) == ["a", "b", "c"]
    assert [path.partition("start=")[2] for path, _who in site.asked] == ["", "2", "3"]


def test_what_is_refused_for_now_is_asked_again() -> None:
    assert every(Scripted((503, ""), (429, ""), (200, named("eve", isLast=True)))) == ["eve"]


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([(200, "<html>")], id="no JSON"),
        pytest.param([(200, "[" * 9000)], id="JSON without a bottom"),
        pytest.param([(200, [])], id="another shape"),
        pytest.param([(200, named("eve", isLast=False, nextCursor="\ud800"))], id="half a character"),
        pytest.param([(200, named("eve"))], id="no word of its end"),
        pytest.param([(200, named("eve", isLast="yes"))], id="no clear word of its end"),
        pytest.param([(200, named("eve", isLast=False))], id="no next page"),
        pytest.param([(200, named("eve", isLast=False, nextCursor=""))], id="a next page that is none"),
        pytest.param([(200, named("eve", None, isLast=True))], id="a user without a name"),
        pytest.param([(200, named("eve", isLast=False, nextCursor=1)), (200, named("kim", isLast=False, nextCursor=1))], id="a circle"),
        pytest.param(
            [(200, named("eve", isLast=False, nextCursor=1)), (200, named("eve", isLast=False, nextCursor=2))], id="the same again"
        ),
    ],
)
def test_a_list_whose_end_is_not_known_is_refused(answers: list[tuple[int, t.Any]]) -> None:
    with pytest.raises(SessionsError, match="is not the list of users that Jira is known to give"):
        every(Scripted(*answers))


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "has no list of all its users: Jira 11.0 and later, and late versions of 10.3 have one"),
        (401, "does not list its users to this administrator: HTTP 401"),
        (403, "does not list its users to this administrator: HTTP 403"),
    ],
)
def test_a_product_that_lists_nobody_is_said(status: int, said: str) -> None:
    with pytest.raises(SessionsError, match=said):
        every(Scripted((status, "")))


@pytest.fixture(scope="module", params=["jira", "bamboo"])
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("list") / "c", product=IMITATED[request.param], nodes=1) as made:
        for number in range(45):
            made.add_user(f"user {number}/ü")
        yield made


def names_of(cluster: Cluster, **more: t.Any) -> list[str]:
    return treated(cluster, **more)["usernames"]


def treated(cluster: Cluster, **more: t.Any) -> Treated:
    web = {"site_url": "", "validate_certs": True, "request_timeout": patient(10), "functional_path": ""}
    who = {
        "admin_token": cluster.admin_token,
        "usernames": None,
        "exclude_usernames": [],
        "unknown_usernames": "refused",
        "expected": [CANARY],
    }
    return user_list.listed_names({"product": cluster["n1"].product.name, "url": cluster["n1"].url, **web, **who, **more})


def test_everybody_is_listed_over_several_pages(cluster: Cluster) -> None:
    assert sorted(names_of(cluster)) == sorted(cluster.users)
    assert names_of(cluster, usernames=["USER 7/Ü", CANARY]) == [CANARY, "user 7/ü"]
    assert len(names_of(cluster, exclude_usernames=["user 7/ü"])) == len(cluster.users) - 1


def test_a_list_without_somebody_who_is_there_is_not_complete(cluster: Cluster) -> None:
    with pytest.raises(SessionsError, match="is not complete: it has no somebody"):
        names_of(cluster, expected=[CANARY, "somebody"])


def test_a_name_that_nobody_has_is_refused(cluster: Cluster) -> None:
    with pytest.raises(SessionsError, match="knows no user nobody"):
        names_of(cluster, usernames=["nobody"])


def test_a_name_that_nobody_has_is_left_out_and_told_where_that_is_wanted(cluster: Cluster) -> None:
    found = treated(cluster, usernames=["nobody", CANARY], unknown_usernames="told")
    assert found == {"usernames": [CANARY], "unknown_users": f"The list of users at {cluster['n1'].url} knows no user nobody"}
