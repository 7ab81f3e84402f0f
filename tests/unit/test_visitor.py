# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom an answer names: a user, what nobody looks like here, or neither."""

from __future__ import annotations

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.answer import Answer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.visitor import EMPTY, Visitor, is_nobody, visitor_in

HEADER = PRODUCTS["jira"].web.whoami_header


@pytest.mark.parametrize(
    ("status", "headers", "body", "user", "nobody"),
    [
        (200, {HEADER: "eve"}, "<html>", "eve", ""),
        (200, {HEADER: "e%20ve"}, "", "e ve", ""),
        (401, {HEADER: "eve"}, "", "eve", ""),
        (200, {HEADER: "anonymous"}, "", "", EMPTY),
        (200, {HEADER: ""}, " ", "", EMPTY),
        (200, {}, " eve\n", "eve", ""),
        (200, {}, "e" * 255, "e" * 255, ""),
        (200, {}, "e" * 256, "", ""),
        (200, {}, "<html>", "", ""),
        (200, {}, "e<b>", "", ""),
        (200, {}, '{"name": "eve"}', "", ""),
        (200, {}, '["eve"]', "", ""),
        (200, {}, "e\x07ve", "", ""),
        (401, {}, "", "", "status 401"),
        (403, {}, "eve", "", "status 403"),
        (404, {}, "eve", "", ""),
        (500, {}, "", "", ""),
        (302, {"location": "/login.jsp"}, "", "", "a redirect to /login.jsp"),
        (302, {"location": "https://id.example.org/sso"}, "", "", "a redirect to id.example.org/sso"),
        (302, {"location": "https://n1/whoami"}, "", "", ""),
        (302, {}, "", "", ""),
    ],
)
def test_an_answer_names_a_user_or_what_nobody_looks_like_or_neither(
    status: int, headers: dict[str, str], body: str, user: str, nobody: str
) -> None:
    assert visitor_in(PRODUCTS["jira"].web, Answer(status, headers, (), body), "/whoami", {"n1"}) == Visitor(user, nobody)


@pytest.mark.parametrize(
    ("visitor", "before", "verdict"),
    [
        (Visitor("", EMPTY), "", True),
        (Visitor("", "status 401"), "status 401", True),
        (Visitor("", "status 401"), EMPTY, False),
        (Visitor("", ""), "", False),
        (Visitor("eve", ""), "", False),
    ],
)
def test_nobody_is_an_empty_page_or_what_was_seen_of_nobody_before(visitor: Visitor, before: str, verdict: bool) -> None:
    assert is_nobody(visitor, before) is verdict
