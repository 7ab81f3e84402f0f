# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cookies are read as browsers read them, whatever stands behind their values."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookies import SetCookie, cookies_in, moment_of, sent_to

NOW = datetime(2026, 11, 26, 12, 0, 0, tzinfo=UTC)


def _one(line: str) -> SetCookie:
    (cookie,) = cookies_in([line], NOW)
    return cookie


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("S=v1; Path=/; Secure; HttpOnly; SameSite=None; Partitioned", "v1"),
        ("S=v1; Priority=High; Unknown; =x; ;", "v1"),
        ("S = v1 ", "v1"),
        ('S="quoted value"; Path=/', '"quoted value"'),
        ("S=12345%3Aabc; Max-Age=1209600; Expires=Thu, 10-Dec-2026 12:00:00 GMT", "12345%3Aabc"),
        ("S=a=b==; path=/wiki", "a=b=="),
        ("S=v1; Max-Age=soon", "v1"),
        ("S=v1; Expires=never", "v1"),
        ("S=v1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "v1"),
        ("S=\xe9; Path=/", "\xe9"),
        ("S=\xa0v\xa0; Path=/", "\xa0v\xa0"),
        ("S=XvX; Path=/", "XvX"),
        ("S=X; Path=/", "X"),
    ],
)
def test_a_cookie_lives_and_is_kept_byte_for_byte(line: str, value: str) -> None:
    cookie = _one(line)
    assert (cookie.name, cookie.value, cookie.expired) == ("S", value, False)


@pytest.mark.parametrize(
    "line",
    [
        "S=; Path=/",
        'S=""; Path=/',
        "S=v1; Max-Age=0",
        "S=v1; max-age=-1",
        f"S=v1; max-age=-{'9' * 5000}",
        "S=v1; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "S=v1; Expires=Thu, 01-Jan-1970 00:00:10 GMT",
        "S=v1; Expires=Thursday, 01-Jan-70 00:00:10 GMT",
        "S=v1; expires=thu jan 1 00:00:10 1970",
        "S=v1; Expires=26 Nov 2026 12:00:00",
        "S=v1; Max-Age=0; Expires=Thu, 10 Dec 2026 12:00:00 GMT; Partitioned",
    ],
)
def test_a_cookie_is_taken_away(line: str) -> None:
    assert _one(line).expired


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        ("S=v; Max-Age=1209600", "2026-12-10T12:00:00.000Z"),
        ("S=v; Max-Age=0000000000000000000060", "2026-11-26T12:01:00.000Z"),
        ("S=v; Max-Age=60; Expires=Thu, 10 Dec 2026 12:00:00 GMT", "2026-11-26T12:01:00.000Z"),
        ("S=v; Expires=Thu, 10 Dec 2026 12:00:00 GMT", "2026-12-10T12:00:00.000Z"),
        (f"S=v; Max-Age={'9' * 5000}", "2036-11-23T12:00:00.000Z"),
        ("S=v", ""),
        ("S=v; Max-Age=soon", ""),
    ],
)
def test_a_cookie_ends_when_a_browser_forgets_it(line: str, ends: str) -> None:
    assert _one(line).ends == ends
    assert not _one(line).expired


@pytest.mark.parametrize("line", ["", "S", "=v1", "; Path=/", "na me=v1", "S=a\tb", "S=a\x00b", "S\x7f=v1"])
def test_what_is_no_cookie_is_left_out(line: str) -> None:
    assert cookies_in([line], NOW) == ()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Thu, 26 Nov 2026 12:34:56 GMT", datetime(2026, 11, 26, 12, 34, 56, tzinfo=UTC)),
        ("Thursday, 01-January-70 00:00:10 GMT", datetime(1970, 1, 1, 0, 0, 10, tzinfo=UTC)),
        ("1 sept 99 1:2:3", datetime(1999, 9, 1, 1, 2, 3, tzinfo=UTC)),
        ("31 Dec 69 23:59:59", datetime(2069, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("31 Dec 0100 23:59:59", datetime(100, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_to_the_second_in_each_form_of_the_browsers(text: str, moment: datetime) -> None:
    assert moment_of(text) == moment


@pytest.mark.parametrize("text", ["", "tomorrow", "99 Nov 2026 12:00:00", "26 Nov 2026", "26 Nov 2026 25:00:00", "Nov 2026 12:00:00"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert moment_of(text) is None


def test_of_several_places_the_most_particular_comes_first_and_of_one_place_the_last() -> None:
    lines = [
        "S=old; Path=/",
        "S=root; Path=/",
        "S=wiki; Path=/wiki",
        "S=other; Path=/wikipedia",
        "S=half; Path=/wi",
        "T=x; Path=/wiki",
        "S=any",
    ]
    assert [one.value for one in sent_to("/wiki/whoami", cookies_in(lines, NOW), "S")] == ["wiki", "root", "any"]


def test_a_cookie_that_is_taken_away_elsewhere_lives_on_here() -> None:
    lines = ["S=v1; Path=/wiki", "S=; Path=/wiki/login; Max-Age=0"]
    assert [one.value for one in sent_to("/wiki/whoami", cookies_in(lines, NOW), "S")] == ["v1"]


def test_a_cookie_that_is_taken_away_after_it_was_set_is_gone() -> None:
    assert sent_to("/whoami", cookies_in(["S=v1; Path=/", "S=; Path=/"], NOW), "S") == []


def test_behind_a_proxy_that_maps_paths_a_cookie_of_another_path_is_taken() -> None:
    assert [one.value for one in sent_to("/whoami", cookies_in(["S=v1; Path=/jira"], NOW), "S")] == ["v1"]


@pytest.mark.parametrize(
    ("attribute", "path"),
    [
        ("Path=/x", "/x"),
        (" path = /x\t", "/x"),
        ("Path=/a=b", "/a=b"),
        ("Path=/X", "/X"),
        ("Path=/x\xa0", "/x\xa0"),
        ("XPath=/x", ""),
        ("\xa0Path=/x", ""),
        ("Path=x", ""),
        ("Path", ""),
        ("Secure", ""),
    ],
)
def test_the_place_of_a_cookie_is_told_by_its_path_alone(attribute: str, path: str) -> None:
    assert _one(f"S=v1;{attribute}").path == path
