# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tokens that have to be in the table: those of cookies that were seen to work, and whose form says which row is theirs."""

from __future__ import annotations

import base64
import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.canary_tokens import expected_tokens

SECRET = "0123456789abcdef0123456789abcdef01234567"
SERIES = "fedcba9876543210fedcba9876543210fedcba98"


def host(value: str, *users: str, kind: str = "remember_me", more: t.Sequence[str] = ()) -> dict[str, t.Any]:
    """A node that handed the cookie out, and what its controls have shown, one after the other."""
    return {
        "__force_reauth_cookies": [{"kind": "session", "value": "s"}, *({"kind": kind, "value": one} for one in (value, *more))],
        "__force_reauth_controls": [{"kind": "session", "user": "canary"}, *({"kind": kind, "user": user} for user in users)],
        "__force_reauth_turn": {"running": True},
    }


@pytest.mark.parametrize(
    ("product", "value", "token"),
    [
        ("jira", f"10100%3A{SECRET}", "10100"),
        ("jira", f"10100:{SECRET}", "10100"),
        ("jira", f'"10100:{SECRET}"', "10100"),
        ("confluence", f"1%3A{SECRET}", "1"),
        ("bamboo", f"7%3A{SECRET}", "7"),
        ("bitbucket", base64.b64encode(f"{SERIES}:{SECRET}".encode()).decode(), SERIES),
        ("bitbucket", base64.b64encode(f"{SERIES}:{SECRET}".encode()).decode().replace("=", "%3D"), SERIES),
        ("bitbucket", f'"{base64.b64encode(f"{SERIES}:{SECRET}".encode()).decode()}"', SERIES),
        # what b64decode would leave out, where it is not told to be strict
        ("bitbucket", f"!{base64.b64encode(f'{SERIES}:{SECRET}'.encode()).decode()}", ""),
        ("jira", f"X10100:{SECRET}X", ""),
        ("bitbucket", f"X{base64.b64encode(f'{SERIES}:{SECRET}'.encode()).decode()}X", ""),
        ("jira", SECRET, ""),
        ("jira", f"0%3A{SECRET}", ""),
        ("jira", f"-1%3A{SECRET}", ""),
        ("jira", f"1234567890123456789%3A{SECRET}", ""),
        ("jira", f"10100%3A{SECRET}x", ""),
        ("jira", f"10100%3A{SECRET.upper()}", ""),
        ("jira", "", ""),
        ("bitbucket", f"{SERIES}:{SECRET}", ""),
        ("bitbucket", base64.b64encode(f"{SERIES[1:]}:{SECRET}".encode()).decode(), ""),
        ("bitbucket", base64.b64encode(b"\xff\xfe").decode(), ""),
        # whose rows nobody has seen
        ("fisheye", f"eve%3A1%3A{SECRET}", ""),
        ("crowd", f"10100%3A{SECRET}", ""),
    ],
)
def test_the_form_of_the_cookie_says_which_row_is_its(product: str, value: str, token: str) -> None:
    expected = [{"node": "n1", "token": token}] if token else []
    assert expected_tokens(["n1"], {"n1": host(value, "canary")}, product) == expected


@pytest.mark.parametrize(
    "seen",
    [
        host(f"10100:{SECRET}"),
        host(f"10100:{SECRET}", ""),
        host(f"10100:{SECRET}", "canary", ""),
        host(f"10100:{SECRET}", "canary", kind="session"),
        host(f"10100:{SECRET}", "canary", more=[f"10200:{SECRET}"]),
    ],
    ids=["not sent", "dead", "dead at last", "a session", "two"],
)
def test_nothing_is_expected_of_what_was_not_seen_to_work(seen: dict[str, t.Any]) -> None:
    assert expected_tokens(["n1"], {"n1": seen}, "jira") == []


def test_nothing_is_expected_of_a_token_that_an_earlier_start_has_begun_to_delete() -> None:
    seen = host(f"10100:{SECRET}", "canary")
    seen["__force_reauth_controls"][-1]["begun"] = True
    assert expected_tokens(["n1"], {"n1": seen}, "jira") == []


def test_each_node_has_its_own_and_other_hosts_have_none() -> None:
    hosts = {"n1": host(f"1:{SECRET}", "canary"), "n2": host(f"2:{SECRET}", "", "canary"), "n3": host("", "canary"), "db": {}}
    assert expected_tokens(["n1", "n2", "n3"], hosts, "jira") == [{"node": "n1", "token": "1"}, {"node": "n2", "token": "2"}]


@pytest.mark.parametrize("turn", [{"running": False}, {}], ids=["down", "not looked at"])
def test_nothing_is_expected_of_a_node_that_was_down_when_it_was_last_looked_at(turn: dict[str, t.Any]) -> None:
    """An earlier start that stopped it has deleted its token, too, and may be in an archive that this one cannot read."""
    seen = {**host(f"10100:{SECRET}", "canary"), "__force_reauth_turn": turn}
    assert expected_tokens(["n1", "n2"], {"n1": seen, "n2": host(f"2:{SECRET}", "canary")}, "jira") == [{"node": "n2", "token": "2"}]
