# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ready is what the product's own state, a working page and a new process say together; anything less is a no."""

from __future__ import annotations

import json

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect import node_state
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.answer import Answer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.options import product_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.readiness import (
    Readiness,
    Seen,
    is_running,
    is_stopped,
    page_is_asked,
    role_in_cluster,
    state_in,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.redirect import Redirect

OLD, NEW = "boot:41:1", "boot:42:2"
READY = {
    "jira": ["RUNNING"],
    "confluence": ["RUNNING"],
    "bitbucket": ["RUNNING"],
    "bamboo": ["RUNNING", "PAUSED", "RUNNING_AS_SECONDARY"],
}
STATES = ["STARTING", "FIRST_RUN", "MAINTENANCE", "ERROR", "STOPPING", "RUNNING", "PAUSED", "RUNNING_AS_SECONDARY", "running", ""]
PAIRS = [(name, state) for name in READY for state in STATES]


def _seen(state: str, status: int = 200, page: int = 200, process: str = NEW) -> Seen:
    return Seen(process, status, json.dumps({"state": state}), page, "<html>")


@pytest.mark.parametrize(("name", "state"), PAIRS)
def test_only_the_documented_states_are_ready(name: str, state: str) -> None:
    assert is_running(PRODUCTS[name], _seen(state), OLD).ready == (state in READY[name])


@pytest.mark.parametrize("name", READY)
@pytest.mark.parametrize(
    ("seen", "saw"),
    [
        (_seen("RUNNING", status=503), " answers 503 with state RUNNING"),
        (Seen(NEW, 0, "no answer from http://n1: connection refused", 0, ""), "no answer from http://n1: connection refused"),
        (Seen(NEW, 200, "<html>RUNNING</html>", 200, ""), " answers 200 with no state"),
        (_seen("RUNNING", page=500), " answers 500"),
        (_seen("RUNNING", page=302), " answers 302"),
        (
            Seen(NEW, 200, '{"state": "RUNNING"}', 302, "", page_target="/startup.jsp"),
            " answers 302 to /startup.jsp, which is no sign-in: name a page that answers to everybody with force_reauth_functional_path",
        ),
        (
            Seen(NEW, 302, "", 0, "", status_target="jira.example.org/status"),
            " to jira.example.org/status: give the address at which the node itself answers with force_reauth_node_url, or _site_url",
        ),
        (
            Seen(NEW, 200, '{"state": "RUNNING"}', 302, "", page_target="id/login", page_is_same=True),
            " answers 302 to id/login: give the address at which the node itself answers with force_reauth_node_url, or _site_url",
        ),
        (Seen(NEW, 200, '{"state": "STARTING"}', 302, "", page_target="id/sso", page_is_off=True), " answers 200 with state STARTING"),
        (Seen(NEW, 200, '{"state": "RUNNING"}', 0, "it did not answer in time"), "state RUNNING, but it did not answer in time"),
        (_seen("RUNNING", process=""), "there is not exactly one process of this installation"),
        (_seen("RUNNING", process=OLD), "it is still the old process 41"),
    ],
)
def test_a_node_is_not_ready(name: str, seen: Seen, saw: str) -> None:
    found = is_running(PRODUCTS[name], seen, OLD)
    assert not found.ready
    assert found.saw.endswith(saw)


def test_a_node_is_ready_and_says_by_what() -> None:
    assert is_running(PRODUCTS["jira"], _seen("RUNNING"), OLD) == Readiness(True, "RUNNING", "state RUNNING, process 42")


def test_a_page_that_sends_the_visitor_off_to_a_sign_in_is_the_page_of_a_working_application() -> None:
    seen = Seen(NEW, 200, '{"state": "RUNNING"}', 302, "", page_target="id.example.org/sso", page_is_off=True)
    assert is_running(PRODUCTS["jira"], seen, OLD).ready


@pytest.mark.parametrize(
    ("location", "target", "off"),
    [
        ("https://id.example.org/sso?SAMLRequest=x", "id.example.org/sso", True),
        ("https://login.example.org/", "login.example.org/", True),
        ("/login.jsp?os_destination=%2F", "/login.jsp", True),
        ("http://n1:8080/plugins/servlet/samlsso;jsessionid=1F", "/plugins/servlet/samlsso", True),
        ("/idp/startSSO.ping?PartnerSpId=x", "/idp/startSSO.ping", True),
        ("/sso/SAML2.0/x", "/sso/SAML2.0/x", True),
        ("/authorize?client_id=x", "/authorize", True),
        ("/secure/processor/lasso", "/secure/processor/lasso", False),
        ("https://status.example.org/", "status.example.org/", False),
        ("https://maintenance-page.example.org/x", "maintenance-page.example.org/x", False),
        ("/sorry.html", "/sorry.html", False),
        ("https://lb.example.org/sorry.html", "lb.example.org/sorry.html", False),
        ("/plugins/servlet/saml/auth", "/plugins/servlet/saml/auth", True),
        ("sign-in", "/jira/sign-in", True),
        ("/dashboard", "/dashboard", False),
        # the same page by another scheme, port or name: the container or a proxy answers, no application
        ("https://n1/jira/page", "/jira/page", False),
        ("https://jira.example.org/jira/page", "jira.example.org/jira/page", False),
        # not up, whatever the host is called: without the public address, its own may look foreign
        ("/startup.jsp?returnTo=%2Flogin.jsp", "/startup.jsp", False),
        ("https://jira.example.org/secure/errors.jsp", "jira.example.org/secure/errors.jsp", False),
        ("https://jira.example.org/johnson/page", "jira.example.org/johnson/page", False),
        ("/setup/setuplicense.action", "/setup/setuplicense.action", False),
        ("https://id.example.org", "id.example.org/", True),
        ("http://[", "", False),
        ("/log\u00e9\x07in", "/log??in", False),
    ],
)
def test_a_redirect_is_off_to_a_sign_in_or_it_is_not(location: str, target: str, off: bool) -> None:
    redirect = Redirect(location, "/jira/page", {"n1"})
    assert (redirect.target, redirect.is_off_to_a_sign_in) == (target, off)


@pytest.mark.parametrize(
    ("location", "asked", "same"),
    [
        ("https://n1:8443/jira/page", "/jira/page", True),
        ("https://jira.example.org/jira/page;jsessionid=1F", "/jira/page", True),
        ("https://jira.example.org/jira/page?x=1", "/jira/page?x=1", True),
        ("https://jira.example.org/page", "/jira/page", False),
        ("https://jira.example.org/", "/jira/page", False),
        ("http://[", "/jira/page", False),
    ],
)
def test_a_redirect_leads_to_the_same_page_or_it_does_not(location: str, asked: str, same: bool) -> None:
    redirect = Redirect(location, asked, {"n1"})
    assert redirect.is_same_page is same
    assert not (same and redirect.is_off_to_a_sign_in)


def test_a_node_that_sends_its_pages_to_its_tls_is_to_be_asked_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_state, "check_installation", lambda *_asked: None)
    monkeypatch.setattr(node_state, "find_processes", lambda *_asked: [])
    site = Site("http://127.0.0.1:8080")
    monkeypatch.setattr(site, "get_json", lambda _status: Answer(200, {}, (), '{"state": "RUNNING"}'))
    monkeypatch.setattr(site, "get", lambda page: Answer(302, {"location": f"https://jira.example.org:8443{page}"}, (), ""))
    seen = node_state.look_for_running(PRODUCTS["jira"], "/opt/jira", site, "")
    assert seen["saw"].startswith("state RUNNING, but /login.jsp answers 302 to jira.example.org/login.jsp: give the address at which the")


@pytest.mark.parametrize("path", ["login", "http://n1/login", "/a b", "/\u00e9", "/a\n"])
def test_a_functional_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(SessionsError, match="force_reauth_functional_path is a path below the context path"):
        product_of({"product": "jira", "functional_path": path})


def test_a_functional_path_takes_the_place_of_the_product_s() -> None:
    assert product_of({"product": "jira", "functional_path": "/x"}).web.functional_path == "/x"
    assert product_of({"product": "jira", "functional_path": ""}) is PRODUCTS["jira"]


def test_a_secondary_is_not_asked_for_its_pages() -> None:
    bamboo = PRODUCTS["bamboo"]
    assert not page_is_asked(bamboo, 200, "RUNNING_AS_SECONDARY")
    assert is_running(bamboo, _seen("RUNNING_AS_SECONDARY", page=0), OLD).ready
    assert page_is_asked(bamboo, 200, "RUNNING")


def test_a_paused_node_may_be_a_secondary_and_is_not_asked_for_its_pages() -> None:
    bamboo = PRODUCTS["bamboo"]
    assert not page_is_asked(bamboo, 200, "PAUSED")
    assert is_running(bamboo, _seen("PAUSED", page=503), OLD).ready
    assert not is_running(bamboo, _seen("PAUSED", status=503), OLD).ready


@pytest.mark.parametrize("code", [200, 404, 503])
def test_a_secondary_that_a_load_balancer_is_to_leave_alone_is_ready(code: int) -> None:
    assert is_running(PRODUCTS["bamboo"], _seen("RUNNING_AS_SECONDARY", status=code, page=0), OLD).ready
    assert is_running(PRODUCTS["bamboo"], _seen("RUNNING", status=code), OLD).ready is (code == 200)


@pytest.mark.parametrize(
    ("page", "process", "ready", "saw"),
    [
        (200, NEW, True, "/rest/applinks/1.0/manifest answers 200, process 42"),
        (503, NEW, False, "/rest/applinks/1.0/manifest answers 503"),
        (0, NEW, False, "connection refused"),
        (200, "", False, "it answers, but there is not exactly one process of this installation"),
        (200, OLD, False, "it answers, but it is still the old process 41"),
    ],
)
def test_without_a_status_page_a_working_page_decides(page: int, process: str, ready: bool, saw: str) -> None:
    seen = Seen(process, 0, "", page, "connection refused" if not page else "<manifest/>")
    assert is_running(PRODUCTS["fisheye"], seen, OLD) == Readiness(ready, "", saw)


@pytest.mark.parametrize(
    ("name", "state", "role"),
    [
        ("bamboo", "RUNNING", "primary"),
        ("bamboo", "PAUSED", "unknown"),
        ("bamboo", "RUNNING_AS_SECONDARY", "secondary"),
        ("bamboo", "STARTING", ""),
        ("bamboo", "", ""),
        ("jira", "RUNNING", ""),
        ("fisheye", "", ""),
    ],
)
def test_the_state_tells_the_part_in_a_cluster_of_unlike_nodes(name: str, state: str, role: str) -> None:
    assert role_in_cluster(PRODUCTS[name], state) == role


@pytest.mark.parametrize(
    "body",
    [
        "",
        "RUNNING",
        "[]",
        "null",
        '{"state": 1}',
        '{"state": null}',
        '{"status": "RUNNING"}',
        '"state"',
        pytest.param("[" * 9000, id="JSON without a bottom"),
    ],
)
def test_a_body_without_a_state_has_none(body: str) -> None:
    assert state_in(body) == ""


def test_a_node_is_stopped_when_no_process_is_left() -> None:
    assert is_stopped([]).ready
    assert is_stopped([OLD, NEW]) == Readiness(False, "", "process 41, 42 is still there")
