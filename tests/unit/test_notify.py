# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hook is told what happens, signed; what it does not take is said, and whatever it does stops nothing and shows no secret."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.notice import SIGNATURE, check_plan, notice, signature
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web import hook as web_hook
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.hook import check_hook, tell_hook

from tests.evidence_runs import HOSTILE, names
from tests.hooks import Hook, listening

PLAN = {
    "run_id": "CHG-1",
    "cluster": "jira-0123456789ab",
    "title": "Jira",
    "route": "rolling",
    "nodes": ["n1", "n2"],
    "database_host": "db1",
    "folder": "/srv/a",
    "look": {"secret": "of the plan"},
}
AT = "2026-11-27T10:00:00+00:00"


def test_the_document_tells_run_moment_and_nodes_and_nothing_else_of_the_plan() -> None:
    told = json.loads(notice("batch", PLAN, "", "", ["n1"], AT))
    assert told == {
        "format": 1,
        "event": "batch",
        "run_id": "CHG-1",
        "cluster": "jira-0123456789ab",
        "product": "Jira",
        "route": "rolling",
        "nodes": ["n1", "n2"],
        "done": ["n1"],
        "verdict": "",
        "sentence": "",
        "record": "db1:/srv/a/run.json",
        "at": AT,
    }


@pytest.mark.parametrize("name", sorted({*PLAN} - {"look"}))
def test_a_plan_that_lacks_what_a_hook_is_told_is_refused(name: str) -> None:
    check_plan(PLAN)
    with pytest.raises(SessionsError, match=f"^plan lacks {name}: the hook was not told"):
        check_plan({key: value for key, value in PLAN.items() if key != name})


def test_nodes_that_are_no_list_are_refused() -> None:
    with pytest.raises(SessionsError, match=r"^plan lacks a list of nodes"):
        check_plan({**PLAN, "nodes": "n1,n2"})


def test_text_of_others_is_escaped() -> None:
    told = json.loads(notice("stopped", {**PLAN, "nodes": ["a\x1b[31mb"]}, "", "x\u202ey\n", [], AT))
    assert "\x1b" not in told["nodes"][0]
    assert "\u202e" not in told["sentence"]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_others_call_something_keeps_the_document_whole_and_small(text: str) -> None:
    plan = {**PLAN, "title": text, "nodes": [f"{text}{number}" for number in range(50)], "folder": text, "database_host": text}
    body = notice("verdict", plan, "unproven", text, [text], AT)
    told = json.loads(body)
    assert [one for one in (*told["nodes"], *told["done"], *(told[name] for name in TEXTS)) if not one.isprintable()] == []
    assert (len(told["nodes"]), len(body) < 60_000) == (50, True)


TEXTS = ("product", "sentence", "record", "cluster", "run_id")


@pytest.mark.parametrize("count", [0, 1, 3, 50])
def test_nodes_of_any_number_are_told(count: int) -> None:
    nodes = names(count)
    told = json.loads(notice("batch", {**PLAN, "nodes": nodes}, "", "", nodes[:2], AT))
    assert (told["nodes"], told["done"]) == (nodes, nodes[:2])


def test_the_signature_is_that_of_the_body() -> None:
    assert signature("kéy", b"{}") == "sha256=" + hmac.new("kéy".encode(), b"{}", hashlib.sha256).hexdigest()
    assert signature("key", b"{}") != signature("key", b"{ }")


def test_it_is_posted_with_path_and_query_as_they_are_written() -> None:
    hook = Hook()
    with listening(hook) as url:
        assert tell_hook(f"{url}/a/b?token=s3cret", b"{}", {SIGNATURE: "sha256=x"}) == ""
    ((path, headers, body),) = hook.told
    assert (path, headers["content-type"], headers[SIGNATURE.lower()], body) == ("/a/b?token=s3cret", "application/json", "sha256=x", b"{}")


@pytest.mark.parametrize("status", [301, 400, 404, 500])
def test_a_hook_that_does_not_take_it_is_named_by_its_host_alone(status: int) -> None:
    elsewhere = Hook()
    with listening(elsewhere) as other, listening(Hook(status, location=f"{other}/")) as url:
        said = tell_hook(f"{url}/s3cret?token=s3cret", b"{}", {})
    assert said == f"127.0.0.1 answered {status}"
    assert elsewhere.told == []


def test_a_hook_that_hangs_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_hook, "_LONGEST", 0.3)
    with listening(Hook(hangs=True)) as url:
        assert tell_hook(f"{url}/s3cret", b"{}", {}) == "127.0.0.1 did not take it within 0.3 s, or could not be reached"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/s3cret", "http://[::1/s3cret", "s3cret", "http://h\x00/s3cret"])
def test_a_dead_or_broken_address_is_a_sentence_without_it(url: str) -> None:
    said = tell_hook(url, b"{}", {})
    assert said
    assert "s3cret" not in said


@pytest.mark.parametrize("url", ["hook.example.org/s3cret", "ftp://h/s3cret", "http:///s3cret", "http://h:x/s3cret"])
def test_what_is_no_address_is_refused_before_anything_begins(url: str) -> None:
    with pytest.raises(SessionsError, match="force_reauth_notify_url is no URL") as error:
        check_hook(url)
    assert "s3cret" not in str(error.value)


def test_no_address_and_a_good_one_are_taken() -> None:
    check_hook("")
    check_hook("https://hook.example.org/a?b=c")
