# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in behaves as documented, and misbehaves as told."""

from __future__ import annotations

import ast
import http.client
import json
import re
import subprocess
import typing as t
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest

from demo.behaviour import HEALTHY, Behaviour
from demo.browser import Browser, fetch, whoami
from demo.cluster import CANARY, Cluster, ClusterNode
from demo.patience import patient, wait_for
from demo.sampler import HealthSampler
from demo.server import Handler, Server

DEMO = Path(__file__).resolve().parents[2] / "demo"
SESSION, REMEMBER_ME = "JSESSIONID", "seraph.rememberme.cookie"


@pytest.fixture(scope="module")
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("stand-in") / "c", nodes=2) as cluster:
        yield cluster


@pytest.fixture
def cluster(_cluster: Cluster) -> Cluster:
    """Two RUNNING, healthy nodes, no token."""
    for node in _cluster.nodes:
        node.layout.write_behaviour(HEALTHY)
        if not node.pid:
            node.start()
    _cluster.tokens.clear()
    _cluster.wait_running()
    return _cluster


@pytest.fixture
def n1(cluster: Cluster) -> ClusterNode:
    return cluster["n1"]


@pytest.fixture
def n2(cluster: Cluster) -> ClusterNode:
    return cluster["n2"]


@pytest.fixture
def browser(cluster: Cluster) -> Browser:
    return Browser(CANARY, cluster.users[CANARY])


def _imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("path", sorted(DEMO.rglob("*.py")), ids=lambda path: path.name)
def test_imports_nothing_of_the_collection(path: Path) -> None:
    assert not [name for name in _imported(path) if name.split(".")[0] in ("ansible_collections", "plugins", "ansible")]


@pytest.mark.parametrize("path", sorted(path for path in (DEMO / "files").rglob("*") if path.is_file()), ids=lambda path: path.name)
def test_every_file_of_a_node_says_that_it_is_a_stand_in(path: Path) -> None:
    assert "STAND-IN" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["/login.jsp", "/no/such/page", "/rest/applinks/1.0/manifest"])
def test_pages_and_server_header_say_that_it_is_a_stand_in(n1: ClusterNode, path: str) -> None:
    page = fetch(n1, path, {})
    assert "Stand-in" in page.body
    assert page.headers["server"].startswith("StandIn")


def test_sign_in_hands_out_both_cookies_in_their_real_form(cluster: Cluster, n1: ClusterNode, browser: Browser) -> None:
    cookies = browser.sign_in(n1, remember_me=True)
    assert re.fullmatch(r"[0-9A-F]{32}", cookies[SESSION])
    value = re.fullmatch(r"(\d+)%3A([0-9a-f]{40})", cookies[REMEMBER_ME])
    assert value is not None
    assert cluster.token_rows() == [(int(value[1]), value[2], CANARY)]


def test_without_remember_me_no_token_is_made(cluster: Cluster, n1: ClusterNode, browser: Browser) -> None:
    assert set(browser.sign_in(n1)) == {SESSION}
    assert cluster.token_rows() == []


def test_a_wrong_password_signs_nobody_in(n1: ClusterNode) -> None:
    assert Browser(CANARY, "wrong").sign_in(n1, remember_me=True) == {}


def test_a_session_lives_on_its_node_alone_and_a_token_on_every_node(n1: ClusterNode, n2: ClusterNode, browser: Browser) -> None:
    browser.sign_in(n1, remember_me=True)
    assert [browser.whoami(node, SESSION) for node in (n1, n2)] == [CANARY, ""]
    assert [browser.whoami(node, REMEMBER_ME) for node in (n1, n2)] == [CANARY, CANARY]


def test_a_restart_ends_sessions_and_no_tokens(n1: ClusterNode, browser: Browser) -> None:
    browser.sign_in(n1, remember_me=True)
    old = n1.pid
    n1.restart()
    assert n1.pid != old
    assert [browser.whoami(n1, SESSION), browser.whoami(n1, REMEMBER_ME)] == ["", CANARY]


def test_a_good_token_alone_makes_a_new_session(n1: ClusterNode, browser: Browser) -> None:
    browser.sign_in(n1, remember_me=True)
    page = fetch(n1, "/plugins/servlet/applinks/whoami", {REMEMBER_ME: browser.cookies[REMEMBER_ME]})
    assert page.cookies[SESSION] != browser.cookies[SESSION]
    assert whoami(n1, page.cookies) == CANARY


def test_a_dead_token_is_answered_as_nobody_with_200_and_an_emptied_cookie(cluster: Cluster, n1: ClusterNode, browser: Browser) -> None:
    browser.sign_in(n1, remember_me=True)
    cluster.tokens.clear()
    page = fetch(n1, "/plugins/servlet/applinks/whoami", {REMEMBER_ME: browser.cookies[REMEMBER_ME]})
    assert (page.status, page.body, page.emptied) == (200, "", (REMEMBER_ME,))
    assert page.headers["x-seraph-loginreason"] == "AUTHENTICATED_FAILED"
    assert "Max-Age=0" in page.headers["set-cookie"]


@pytest.mark.parametrize("value", ["", "x", "1", "1%3A", "%3A", "9" * 30 + "%3Aabc", "%C2%B2%3Aabc"])
def test_a_malformed_token_signs_nobody_in(n1: ClusterNode, value: str) -> None:
    assert whoami(n1, {REMEMBER_ME: value}) == ""


def test_deleted_tokens_do_not_end_a_session(cluster: Cluster, n1: ClusterNode, browser: Browser) -> None:
    browser.sign_in(n1, remember_me=True)
    cluster.tokens.clear()
    assert browser.whoami(n1, SESSION) == CANARY


def test_sign_out_ends_the_session_and_deletes_the_row(cluster: Cluster, n1: ClusterNode, browser: Browser) -> None:
    browser.sign_in(n1, remember_me=True)
    browser.sign_out(n1)
    assert (browser.whoami(n1), cluster.token_rows()) == ("", [])


def test_an_unused_session_times_out(n1: ClusterNode, browser: Browser) -> None:
    browser.sign_in(n1)
    n1.behave(session_timeout_seconds=0)
    assert browser.whoami(n1) == ""


def test_pages_for_nobody_and_for_somebody(n1: ClusterNode, browser: Browser) -> None:
    nobody = fetch(n1, "/secure/Dashboard.jspa", {})
    assert (nobody.status, nobody.headers["location"]) == (302, "/login.jsp")
    assert fetch(n1, "/rest/api/2/myself", {}).status == 401
    cookies = browser.sign_in(n1)
    assert fetch(n1, "/secure/Dashboard.jspa", cookies).status == 200
    assert json.loads(fetch(n1, "/rest/api/2/myself", cookies).body)["name"] == CANARY


@pytest.mark.parametrize(
    ("error", "told"), [(ConnectionResetError("by peer"), ""), (BrokenPipeError("gone"), ""), (ValueError("fault"), "ValueError: fault")]
)
def test_a_client_that_goes_away_is_no_fault_and_any_other_error_is_told(
    capsys: pytest.CaptureFixture[str], error: Exception, told: str
) -> None:
    with Server(("127.0.0.1", 0), Handler, bind_and_activate=False) as server:
        try:
            raise error
        except Exception:
            server.handle_error(server.socket, ("127.0.0.1", 1))
    said = capsys.readouterr().err
    assert told in said
    assert bool(said) == bool(told)


def test_the_manifest_names_product_and_version(n1: ClusterNode) -> None:
    body = fetch(n1, "/rest/applinks/1.0/manifest", {}).body
    assert "<typeId>jira</typeId><version>11.3.0</version>" in body


JSON_PATH, JSON_TYPE = "/rest/tsv/1.0/authenticate", "application/json"


def _wish(browser: Browser) -> str:
    return json.dumps({"username": CANARY, "password": browser.password, "rememberMe": True, "targetUrl": ""})


def _form(browser: Browser) -> str:
    return urlencode({"os_username": CANARY, "os_password": browser.password, "os_cookie": "true"})


def test_today_json_signs_in_and_the_form_nobody(n1: ClusterNode, browser: Browser) -> None:
    assert "login-form-remember-me" not in fetch(n1, "/login.jsp", {}).body
    assert fetch(n1, "/login.jsp", {}, _form(browser)).cookies == {}
    page = fetch(n1, JSON_PATH, {}, _wish(browser), JSON_TYPE)
    assert (page.status, set(page.cookies)) == (200, {SESSION, REMEMBER_ME})


def test_in_legacy_mode_the_form_signs_in_and_json_nobody(n1: ClusterNode, browser: Browser) -> None:
    n1.behave(legacy_mode=True)
    assert "login-form-remember-me" in fetch(n1, "/login.jsp", {}).body
    refused = fetch(n1, JSON_PATH, {}, _wish(browser), JSON_TYPE)
    assert (refused.status, refused.cookies) == (200, {})
    assert set(fetch(n1, "/login.jsp", {}, _form(browser)).cookies) == {SESSION, REMEMBER_ME}


@pytest.mark.parametrize(
    ("wish", "status", "reason"),
    [
        ({"asks_captcha": True}, 401, "AUTHENTICATION_DENIED"),
        ({"asks_second_step": True}, 200, ""),
        ({"single_sign_on": "https://i/"}, 403, ""),
    ],
)
def test_name_and_password_may_not_be_enough(n1: ClusterNode, browser: Browser, wish: dict[str, t.Any], status: int, reason: str) -> None:
    n1.behave(**wish)
    page = fetch(n1, JSON_PATH, {}, _wish(browser), JSON_TYPE)
    assert (page.status, page.headers.get("x-seraph-loginreason", ""), page.cookies) == (status, reason, {})


def test_single_sign_on_sends_off_who_is_not_signed_in(n1: ClusterNode, browser: Browser) -> None:
    cookies = browser.sign_in(n1)
    n1.behave(single_sign_on="https://id.example.org/sso")
    page = fetch(n1, "/plugins/servlet/applinks/whoami", {})
    assert (page.status, page.headers["location"].partition("?")[0]) == (302, "https://id.example.org/sso")
    assert (whoami(n1, cookies), n1.is_running()) == (CANARY, True)


def test_a_session_cookie_may_open_nothing_alone(n1: ClusterNode, browser: Browser) -> None:
    browser.sign_in(n1, remember_me=True)
    n1.behave(ignores_session=True)
    assert [browser.whoami(n1, SESSION), browser.whoami(n1, REMEMBER_ME)] == ["", CANARY]


def test_remember_me_may_be_switched_off(n1: ClusterNode, browser: Browser) -> None:
    n1.behave(remember_me_off=True)
    assert set(browser.sign_in(n1, remember_me=True)) == {SESSION}


def test_a_broken_database_is_a_500_and_no_crash(cluster: Cluster, n1: ClusterNode, browser: Browser) -> None:
    browser.sign_in(n1, remember_me=True)
    with cluster.database.transaction() as execute:
        execute("ALTER TABLE remembermetoken RENAME TO elsewhere")
    page = fetch(n1, "/login.jsp", {REMEMBER_ME: browser.cookies[REMEMBER_ME]})
    with cluster.database.transaction() as execute:
        execute("ALTER TABLE elsewhere RENAME TO remembermetoken")
    assert page.status == 500
    assert browser.whoami(n1, REMEMBER_ME) == CANARY


@pytest.mark.parametrize(
    ("wish", "answers"),
    [
        (Behaviour(never_running=True), [(200, "STARTING"), (503, "")]),
        (Behaviour(start_seconds=3600), [(200, "STARTING"), (503, "")]),
        (Behaviour(never_running=True, starting_status_200=False), [(503, "STARTING"), (503, "")]),
        (Behaviour(dies_after_running=True), [(200, "RUNNING"), (500, "")]),
        (HEALTHY, [(200, "RUNNING"), (200, "")]),
    ],
)
def test_status_and_login_page(n1: ClusterNode, wish: Behaviour, answers: list[tuple[int, str]]) -> None:
    n1.layout.write_behaviour(wish)
    status, page = fetch(n1, "/status", {}), fetch(n1, "/login.jsp", {})
    assert [(status.status, json.loads(status.body)["state"]), (page.status, "")] == answers


def test_a_hung_page_hangs_alone_and_does_not_keep_the_process(n1: ClusterNode) -> None:
    n1.behave(hung_page="/login.jsp")
    with closing(http.client.HTTPConnection("127.0.0.1", n1.port, timeout=patient(30))) as connection:
        connection.request("GET", "/login.jsp")
        connection.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.getresponse()
    assert n1.is_running()
    n1.stop()
    assert n1.pid == 0


def test_persisted_sessions_are_written_at_stop_and_loaded_at_start(n1: ClusterNode, browser: Browser) -> None:
    n1.behave(persist_sessions=True)
    browser.sign_in(n1)
    n1.stop()
    assert n1.persisted_sessions == n1.install / "work/Catalina/localhost/ROOT/SESSIONS.ser"
    assert n1.persisted_sessions.exists()
    n1.start()
    n1.wait_running()
    assert (browser.whoami(n1), n1.persisted_sessions.exists()) == (CANARY, False)


def test_persisted_sessions_that_are_removed_while_stopped_are_gone(n1: ClusterNode, browser: Browser) -> None:
    n1.behave(persist_sessions=True)
    browser.sign_in(n1)
    n1.stop()
    n1.persisted_sessions.unlink()
    n1.start()
    n1.wait_running()
    assert browser.whoami(n1) == ""


def test_context_xml_says_whether_sessions_are_persisted(n1: ClusterNode) -> None:
    manager = '<Manager pathname=""/>'
    assert manager in (n1.install / "conf/context.xml").read_text(encoding="utf-8")
    n1.behave(persist_sessions=True)
    assert manager not in (n1.install / "conf/context.xml").read_text(encoding="utf-8")


def test_a_liar_keeps_sessions_over_a_restart_and_shows_nothing(n1: ClusterNode, browser: Browser) -> None:
    n1.behave(sessions_outlive_restart=True)
    browser.sign_in(n1)
    n1.stop()
    assert list((n1.install / "work").rglob("SESSIONS.ser")) == []
    n1.start()
    n1.wait_running()
    assert browser.whoami(n1) == CANARY


def test_a_token_cache_survives_purge_and_restart_on_the_node_that_saw_the_token(
    cluster: Cluster, n1: ClusterNode, n2: ClusterNode, browser: Browser
) -> None:
    n1.behave(token_cache=True)
    browser.sign_in(n1, remember_me=True)
    assert browser.whoami(n1, REMEMBER_ME) == CANARY
    cluster.tokens.clear()
    n1.restart()
    assert [browser.whoami(node, REMEMBER_ME) for node in (n1, n2)] == [CANARY, ""]


def test_the_start_script_refuses_a_second_start(n1: ClusterNode) -> None:
    old = n1.pid
    with pytest.raises(subprocess.CalledProcessError):
        n1.start()
    assert n1.pid == old


def test_the_pid_file_comes_and_goes_with_the_process(n1: ClusterNode) -> None:
    pid_file = n1.install / "work/catalina.pid"
    assert int(pid_file.read_text(encoding="utf-8")) == n1.pid
    n1.stop()
    assert not pid_file.exists()
    with pytest.raises(subprocess.CalledProcessError):
        n1.stop()


def test_a_killed_node_can_be_started_again(n1: ClusterNode) -> None:
    n1.kill()
    assert (n1.state(), (n1.install / "work/catalina.pid").exists()) == ("", True)
    n1.start()
    n1.wait_running()
    assert n1.is_running()


def test_a_start_ends_when_its_process_is_there_however_late_that_is(n1: ClusterNode) -> None:
    n1.stop()
    script, real = n1.install / n1.product.service.start[0], n1.install / "bin/real-start.sh"
    script.rename(real)
    script.write_text(f"#!/bin/sh\n(sleep 0.3; exec {real}) >/dev/null 2>&1 &\n", encoding="utf-8")
    script.chmod(0o755)
    try:
        n1.start()
        assert n1.pid
    finally:
        real.replace(script)


def test_a_start_that_fails_says_so_and_starts_nothing(n1: ClusterNode) -> None:
    n1.stop()
    n1.behave(start_fails=True)
    with pytest.raises(subprocess.CalledProcessError) as failure:
        n1.start()
    assert "told to fail its start" in failure.value.stderr
    assert n1.pid == 0


def test_a_stop_that_fails_says_so_and_stops_nothing(n1: ClusterNode) -> None:
    n1.behave(stop_fails=True)
    with pytest.raises(subprocess.CalledProcessError) as failure:
        n1.stop()
    assert "told to fail its stop" in failure.value.stderr
    assert n1.is_running()


def test_a_process_that_ignores_term_outlives_the_stop_script(n1: ClusterNode) -> None:
    n1.behave(ignores_term=True)
    assert "did not stop in time" in n1.run_script(n1.product.service.stop)
    assert n1.is_running()


def test_a_slow_stop_answers_nothing_while_the_process_is_still_there(n1: ClusterNode) -> None:
    n1.behave(stop_seconds=600)
    n1.run_script(n1.product.service.stop)
    assert (n1.state(), bool(n1.pid)) == ("", True)
    n1.kill()


def test_the_sampler_counts_running_nodes(cluster: Cluster, n1: ClusterNode) -> None:
    with HealthSampler(cluster, every=0.01) as health:
        n1.behave(never_running=True)
        wait_for(lambda: 1 in health.up, "a sample with one node")
    assert health.min_up == 1
    assert {"n1": "STARTING", "n2": "RUNNING"} in health.samples


def test_clusters_side_by_side_share_nothing_and_leave_nothing(cluster: Cluster, tmp_path: Path, browser: Browser) -> None:
    folder = tmp_path / "it's another"
    with Cluster(folder, nodes=1, context="/jira", per_node={"n1": Behaviour(start_seconds=0.1)}) as other:
        node = other["n1"]
        assert node.port not in [one.port for one in cluster.nodes]
        assert node.url.endswith("/jira")
        assert browser.sign_in(node) == {}
        assert Browser("eve", other.add_user("eve", "secret")).sign_in(node, remember_me=True)[SESSION]
        assert [row[2] for row in other.token_rows()] == ["eve"]
        assert cluster.token_rows() == []
        pid = node.pid
    assert (node.pid, folder.exists(), Path(f"/proc/{pid}/exe").exists()) == (0, False, False)


def test_the_inventory_names_every_node_and_takes_variables(cluster: Cluster, n1: ClusterNode, tmp_path: Path) -> None:
    text = cluster.write_inventory(tmp_path / "inventory.yml", force_reauth_batches=[1, "50%"]).read_text(encoding="utf-8")
    assert f'        n1:\n          force_reauth_install_dir: "{n1.install}"\n' in text
    assert '        force_reauth_hosts: "tracker"\n' in text
    assert '        force_reauth_batches: [1, "50%"]\n' in text
    assert cluster.users[CANARY] not in text


def test_an_unknown_wish_is_an_error(n1: ClusterNode) -> None:
    with pytest.raises(TypeError):
        n1.behave(never_runing=True)
