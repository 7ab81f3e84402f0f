# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in differs from product to product as the products do, and misbehaves as told."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import typing as t
from pathlib import Path
from urllib.parse import unquote

import pytest

from demo.behaviour import HEALTHY, Behaviour
from demo.browser import Browser, fetch, whoami
from demo.cluster import CANARY, Cluster, ClusterNode
from demo.imitated import PRODUCTS
from demo.patience import wait_for
from demo.sampler import HealthSampler

_NUMBER, _HEX = r"\d+", "[0-9a-f]{40}"
VALUES = {
    "jira": f"{_NUMBER}:{_HEX}",
    "confluence": f"{_NUMBER}:{_HEX}",
    "bamboo": f"{_NUMBER}:{_HEX}",
    "bitbucket": f"{_HEX}:{_HEX}",
    "fisheye": f"{CANARY}:{_NUMBER}:{_HEX}",
    "crowd": _HEX,
}


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[t.Callable[[str], Cluster]]:
    """One of each product, started when it is first asked for: two nodes where there can be two."""
    started: dict[str, Cluster] = {}

    def start(name: str) -> Cluster:
        if name not in started:
            product = PRODUCTS[name]
            folder = tmp_path_factory.mktemp(name) / "c"
            started[name] = Cluster(folder, nodes=2 if product.clustered else 1, product=product)
            started[name].create()
            started[name].start()
        return started[name]

    yield start
    for cluster in started.values():
        cluster.destroy()


def _refresh(cluster: Cluster) -> Cluster:
    """RUNNING, healthy nodes, no token."""
    for node in cluster.nodes:
        node.layout.write_behaviour(HEALTHY)
        if not node.pid:
            node.start()
    cluster.tokens.clear()
    cluster.wait_running()
    return cluster


@pytest.fixture(params=list(PRODUCTS))
def cluster(request: pytest.FixtureRequest, clusters: t.Callable[[str], Cluster]) -> Cluster:
    return _refresh(clusters(request.param))


@pytest.fixture
def bitbucket(clusters: t.Callable[[str], Cluster]) -> Cluster:
    return _refresh(clusters("bitbucket"))


@pytest.fixture
def bamboo(clusters: t.Callable[[str], Cluster]) -> Cluster:
    return _refresh(clusters("bamboo"))


@pytest.fixture
def fisheye(clusters: t.Callable[[str], Cluster]) -> ClusterNode:
    return _refresh(clusters("fisheye"))["n1"]


def _browser(cluster: Cluster) -> Browser:
    return Browser(CANARY, cluster.users[CANARY])


def _token_of(cluster: Cluster, browser: Browser) -> str:
    return browser.cookies[cluster.product.cookies.remember_me]


def _plain(value: str) -> str:
    if ":" in unquote(value) or re.fullmatch(_HEX, value):
        return unquote(value)
    return base64.b64decode(value).decode()


def test_sign_in_hands_out_both_cookies_in_their_real_form(cluster: Cluster) -> None:
    browser, names = _browser(cluster), cluster.product.cookies
    assert set(browser.sign_in(cluster["n1"], remember_me=True)) == {names.session, names.remember_me}
    assert re.fullmatch(VALUES[cluster.product.name], _plain(_token_of(cluster, browser)))
    assert [(token, user) for _number, token, user in cluster.token_rows()] == [(_plain(_token_of(cluster, browser))[-40:], CANARY)]


def test_without_remember_me_no_token_is_made_where_it_is_a_choice(cluster: Cluster) -> None:
    names = cluster.product.cookies
    assert set(_browser(cluster).sign_in(cluster["n1"])) == {names.session} | ({names.remember_me} if names.always_remembers else set())
    assert len(cluster.token_rows()) == names.always_remembers


def test_each_product_but_one_has_a_line_with_the_old_sign_in_and_today_s() -> None:
    lines = {name: [product.on_line(line) for line in product.lines] for name, product in PRODUCTS.items()}
    assert {name: [bool(one.pages.sign_in_json) for one in of_product] for name, of_product in lines.items()} == {
        "jira": [True, True, False],
        "confluence": [True, True, False],
        "bitbucket": [True, True, False],
        "bamboo": [True, True, False],
        "fisheye": [False],
        "crowd": [True, True, False],
    }
    assert all(one.version.startswith(one.line) for of_product in lines.values() for one in of_product)


def test_an_unknown_line_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"Jira has no line 8\.0: take one of 11\.3, 10\.3, 9\.12\."):
        PRODUCTS["jira"].on_line("8.0")


@pytest.mark.parametrize("name", [name for name, product in PRODUCTS.items() if product.older])
def test_a_node_of_the_old_line_signs_in_by_the_form_and_knows_no_json(name: str, tmp_path: Path) -> None:
    product = PRODUCTS[name].on_line(PRODUCTS[name].lines[-1])
    with Cluster(tmp_path / "c", nodes=1, product=product) as cluster:
        node, browser = cluster["n1"], _browser(cluster)
        assert fetch(node, PRODUCTS[name].pages.sign_in_json, {}, "{}", "application/json").status == 404
        assert len(browser.sign_in(node, remember_me=True)) == 2
        assert f"<version>{product.version}</version>" in fetch(node, product.pages.manifest, {}).body


def test_a_restart_ends_sessions_and_no_tokens(cluster: Cluster) -> None:
    browser, names, node = _browser(cluster), cluster.product.cookies, cluster["n1"]
    browser.sign_in(node, remember_me=True)
    assert browser.whoami(node, names.session) == CANARY
    old = node.pid
    node.restart()
    assert node.pid != old
    assert [browser.whoami(node, names.session), browser.whoami(node, names.remember_me)] == ["", CANARY]


def test_a_dead_token_is_answered_as_nobody_with_200_and_an_emptied_cookie(cluster: Cluster) -> None:
    browser, names, pages = _browser(cluster), cluster.product.cookies, cluster.product.pages
    browser.sign_in(cluster["n1"], remember_me=True)
    cluster.tokens.clear()
    page = fetch(cluster["n1"], pages.whoami, {names.remember_me: _token_of(cluster, browser)})
    assert (page.status, page.body, page.emptied) == (200, "", (names.remember_me,))
    assert page.headers.get("x-seraph-loginreason", "") == ("AUTHENTICATED_FAILED" if pages.reason_header else "")


@pytest.mark.parametrize("value", ["x", "1", ":", "a:b", "!", "%3A", "YTpi", "/w=="])
def test_a_malformed_token_signs_nobody_in(cluster: Cluster, value: str) -> None:
    assert whoami(cluster["n1"], {cluster.product.cookies.remember_me: value}) == ""


def test_sign_out_ends_the_session_and_deletes_the_row(cluster: Cluster) -> None:
    browser = _browser(cluster)
    browser.sign_in(cluster["n1"], remember_me=True)
    browser.sign_out(cluster["n1"])
    assert (browser.whoami(cluster["n1"]), cluster.token_rows()) == ("", [])


def test_the_manifest_and_the_pages_name_the_product(cluster: Cluster) -> None:
    product = cluster.product
    assert f"<typeId>{product.manifest_type}</typeId>" in fetch(cluster["n1"], product.pages.manifest, {}).body
    assert f"Stand-in for {product.title}" in fetch(cluster["n1"], product.pages.login, {}).body
    assert fetch(cluster["n1"], product.pages.home, {}).headers["location"] == product.pages.login


def test_a_second_start_and_a_second_stop_are_refused(cluster: Cluster) -> None:
    node = cluster["n1"]
    with pytest.raises(subprocess.CalledProcessError):
        node.start()
    node.stop()
    with pytest.raises(subprocess.CalledProcessError):
        node.stop()


def test_a_killed_node_can_be_started_again(cluster: Cluster) -> None:
    node = cluster["n1"]
    node.kill()
    assert (node.pid, node.state()) == (0, "")
    node.start()
    node.wait_running()
    assert node.pid


@pytest.mark.parametrize(("wish", "said"), [("start_fails", "told to fail its start"), ("stop_fails", "told to fail its stop")])
def test_a_script_that_is_told_to_fail_says_so_and_does_nothing(cluster: Cluster, wish: str, said: str) -> None:
    node, old = cluster["n1"], cluster["n1"].pid
    node.behave(**{wish: True})
    with pytest.raises(subprocess.CalledProcessError) as failure:
        node.run_script(node.product.service.start if wish == "start_fails" else node.product.service.stop)
    assert said in failure.value.stderr
    assert node.pid == old


@pytest.mark.parametrize(
    ("name", "status", "starting"),
    [
        ("jira", "/status", 200),
        ("confluence", "/status", 200),
        ("bitbucket", "/status", 503),
        ("bamboo", "/rest/api/latest/status", 503),
    ],
)
def test_the_status_page_tells_the_state(clusters: t.Callable[[str], Cluster], name: str, status: str, starting: int) -> None:
    node = _refresh(clusters(name))["n1"]
    assert _state(node, status) == (200, "RUNNING")
    node.behave(never_running=True)
    assert _state(node, status) == (starting, "STARTING")


def _state(node: ClusterNode, path: str) -> tuple[int, str]:
    page = fetch(node, path, {}, accept="application/json")
    return page.status, json.loads(page.body)["state"]


def test_a_running_node_may_answer_every_page_with_an_error(clusters: t.Callable[[str], Cluster]) -> None:
    node = _refresh(clusters("confluence"))["n1"]
    node.layout.write_behaviour(Behaviour(dies_after_running=True))
    assert (_state(node, "/status"), fetch(node, "/login.action", {}).status) == ((200, "RUNNING"), 500)


def test_the_owner_of_a_token_of_jira_is_the_user_key(clusters: t.Callable[[str], Cluster]) -> None:
    cluster = _refresh(clusters("jira"))
    _browser(cluster).sign_in(cluster["n1"], remember_me=True)
    with cluster.database.transaction() as execute:
        owners = execute("SELECT username FROM remembermetoken").fetchall()
        logins = execute("SELECT lower_user_name FROM app_user WHERE user_key = ?", owners[0][0]).fetchall()
    assert (len(owners), owners[0][0] == CANARY, logins) == (1, False, [(CANARY,)])


def test_a_secondary_says_that_it_stands_by_and_a_paused_node_is_up(bamboo: Cluster) -> None:
    assert [node.state() for node in bamboo.nodes] == ["RUNNING", "RUNNING_AS_SECONDARY"]
    bamboo["n1"].behave(running_state="PAUSED")
    with HealthSampler(bamboo, every=0.01) as health:
        wait_for(lambda: {"n1": "PAUSED", "n2": "RUNNING_AS_SECONDARY"} in health.samples, "a sample of the paused node")
    assert health.min_up == 2


def test_a_secondary_may_never_come_up_and_its_status_in_the_root_tells_nothing(bamboo: Cluster) -> None:
    bamboo["n2"].behave(never_running=True)
    assert (bamboo["n2"].state(), _state(bamboo["n2"], "/status")) == ("STARTING", (200, "RUNNING"))


def test_the_status_of_a_bamboo_is_xml_for_who_does_not_ask_for_json(bamboo: Cluster) -> None:
    assert fetch(bamboo["n1"], "/rest/api/latest/status", {}).body == "<status><state>RUNNING</state></status>"


def test_a_header_names_the_user(bitbucket: Cluster) -> None:
    cookies = _browser(bitbucket).sign_in(bitbucket["n1"])
    headers = [fetch(bitbucket["n1"], "/dashboard", one).headers for one in (cookies, {})]
    assert [one.get("x-ausername") for one in headers] == [CANARY, None]


def test_each_use_replaces_the_token_and_keeps_the_series(bitbucket: Cluster) -> None:
    browser, name = _browser(bitbucket), bitbucket.product.cookies.remember_me
    browser.sign_in(bitbucket["n1"], remember_me=True)
    first = _token_of(bitbucket, browser)
    assert browser.whoami(bitbucket["n2"], name) == CANARY
    second = _token_of(bitbucket, browser)
    assert first != second
    assert _plain(first)[:40] == _plain(second)[:40]
    assert [whoami(bitbucket["n1"], {name: value}) for value in (first, second)] == ["", CANARY]


def test_an_old_process_rotates_a_purged_token_from_its_cache_until_it_ends(bitbucket: Cluster) -> None:
    browser, name, (n1, n2) = _browser(bitbucket), bitbucket.product.cookies.remember_me, bitbucket.nodes
    n1.behave(rotates_from_cache=True)
    browser.sign_in(n1, remember_me=True)
    dead = _token_of(bitbucket, browser)
    bitbucket.tokens.clear()
    assert whoami(n2, {name: dead}) == ""
    assert browser.whoami(n1, name) == CANARY
    successor = _token_of(bitbucket, browser)
    assert [row[1] for row in bitbucket.token_rows()] == [_plain(successor)[41:]]
    assert _plain(successor)[:40] == _plain(dead)[:40]
    bitbucket.tokens.clear()
    n1.restart()
    assert browser.whoami(n1, name) == ""


def test_the_settings_say_where_sessions_are_kept(bitbucket: Cluster) -> None:
    settings = bitbucket["n1"].home / "shared/bitbucket.properties"
    assert "hazelcast.http.sessions=local\n" in settings.read_text(encoding="utf-8")
    bitbucket["n1"].behave(http_sessions="replicated")
    assert "hazelcast.http.sessions=replicated\n" in settings.read_text(encoding="utf-8")


def test_the_pid_file_lies_where_the_product_has_it(cluster: Cluster) -> None:
    node = cluster["n1"]
    places = {"bitbucket": node.home / "log/bitbucket.pid", "fisheye": None, "crowd": node.install / "apache-tomcat/work/catalina.pid"}
    expected: Path | None = places.get(cluster.product.name, node.install / "work/catalina.pid")
    assert node.pid_file == expected
    assert expected is None or int(expected.read_text(encoding="utf-8")) == node.pid


def test_without_a_status_page_the_manifest_tells_that_it_is_up(fisheye: ClusterNode) -> None:
    assert (fetch(fisheye, "/status", {}).status, fisheye.state()) == (404, "RUNNING")
    fisheye.behave(never_running=True)
    assert (fetch(fisheye, "/rest/applinks/1.0/manifest", {}).status, fisheye.state()) == (503, "")


def test_the_process_bears_the_marks_of_the_product(fisheye: ClusterNode) -> None:
    arguments = Path(f"/proc/{fisheye.pid}/cmdline").read_text(encoding="utf-8").split("\0")
    assert f"-Dfisheye.inst={fisheye.home}" in arguments
    assert f"{fisheye.install}/fisheyeboot.jar" in arguments


@pytest.mark.parametrize("name", ["bitbucket", "fisheye"])
def test_where_no_session_is_ever_saved_a_wish_does_not_change_that(clusters: t.Callable[[str], Cluster], name: str) -> None:
    cluster = _refresh(clusters(name))
    browser, node = _browser(cluster), cluster["n1"]
    node.behave(persist_sessions=True)
    browser.sign_in(node)
    node.restart()
    assert browser.whoami(node, cluster.product.cookies.session) == ""


def test_odd_folders_and_a_context_path_do_no_harm(tmp_path: Path) -> None:
    product = PRODUCTS["bitbucket"]
    with Cluster(tmp_path / "it's another", nodes=1, product=product, context="/code") as cluster:
        assert _browser(cluster).sign_in(cluster["n1"], remember_me=True)
        assert "server.context-path=/code\n" in cluster["n1"].layout.path(product.behaviour_file).read_text(encoding="utf-8")
