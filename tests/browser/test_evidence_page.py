# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the evidence as a browser shows it: from a file, with nothing from elsewhere, for everybody, on every screen and on paper.

Screenshots and prints are left in build/browser, for people to look at.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.evidence_page import page

from demo.playbook import CHECKOUT
from tests.browser.axe import axe_script
from tests.browser.chromium import Chromium
from tests.evidence_runs import HOSTILE, document, names, stopped_document

KEPT = CHECKOUT / "build/browser"
PAGES: t.Mapping[str, t.Callable[[], dict[str, t.Any]]] = {
    "none": lambda: document([]),
    "one": lambda: document(names(1)),
    "three": lambda: document(names(3)),
    "fifty": lambda: document(names(50)),
    "stopped": lambda: stopped_document(names(3)),
    "hostile": lambda: document([text if len(text) < 999 else text[:300] for text in HOSTILE.values()][:6]),
}
LOOKS = [(1000, "light"), (1000, "dark"), (390, "light"), (390, "dark")]
# wider than the window: the page itself is not to be moved to and fro
SCROLLS = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Chromium]:
    browser = Chromium(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


def opened(chromium: Chromium, name: str) -> Path:
    """The page of that name, in the browser."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{name}.html"
    path.write_text(page(PAGES[name]()), encoding="utf-8")
    chromium.open(path)
    return path


def found_by_axe(chromium: Chromium) -> list[dict[str, t.Any]]:
    chromium.run(axe_script() + ";0")
    told = chromium.run("axe.run(document, {resultTypes: ['violations']}).then(found => JSON.stringify(found.violations))")
    return t.cast("list[dict[str, t.Any]]", json.loads(told))


@pytest.mark.parametrize("name", PAGES)
def test_it_opens_from_a_file_asks_for_nothing_and_complains_of_nothing(chromium: Chromium, name: str) -> None:
    path = opened(chromium, name)
    assert chromium.run("document.querySelector('h2').textContent") == "What was not seen"
    assert chromium.run("document.scripts.length") == 0
    assert (chromium.requests, chromium.complaints) == ([path.as_uri()], [])


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("name", ["three", "fifty", "stopped", "hostile"])
def test_it_fits_the_window_and_everybody_can_use_it(chromium: Chromium, name: str, width: int, scheme: str) -> None:
    chromium.look_like(width, scheme)
    opened(chromium, name)
    chromium.screenshot(KEPT / f"{name}-{width}-{scheme}.png")
    assert chromium.run(SCROLLS) == 0
    bad = [f"{one['id']}: {one['nodes'][0]['html']}" for one in found_by_axe(chromium) if one["impact"] in SERIOUS]
    assert bad == []


def test_axe_finds_what_is_wrong(chromium: Chromium) -> None:
    chromium.look_like(1000, "light")
    opened(chromium, "three")
    chromium.run("document.body.style.color = '#ddd'; document.documentElement.removeAttribute('lang')")
    assert {"html-has-lang", "color-contrast"} <= {one["id"] for one in found_by_axe(chromium) if one["impact"] in SERIOUS}


def test_the_browser_tells_of_requests_and_complaints(chromium: Chromium, tmp_path: Path) -> None:
    path = tmp_path / "bad.html"
    path.write_text("<!doctype html><link rel=stylesheet href=missing.css><script>console.error('no'); x()</script>", encoding="utf-8")
    chromium.open(path)
    assert len(chromium.requests) == 2
    assert len(chromium.complaints) >= 2


@pytest.mark.parametrize("name", ["three", "fifty"])
def test_on_paper_no_row_is_cut_and_no_column_is_lost(chromium: Chromium, name: str) -> None:
    chromium.look_like(1000, "dark")
    opened(chromium, name)
    path = KEPT / f"{name}.pdf"
    chromium.print_to(path)
    assert path.read_bytes().startswith(b"%PDF")
    # as wide as an A4 page between its margins
    chromium.call("Emulation.setEmulatedMedia", media="print")
    chromium.call("Emulation.setDeviceMetricsOverride", width=718, height=1000, deviceScaleFactor=1, mobile=False)
    wide = "[...document.querySelectorAll('table, svg')].filter(one => one.getBoundingClientRect().right > innerWidth + 1).length"
    assert (chromium.run(wide), chromium.run(SCROLLS)) == (0, 0)
    assert chromium.run("[...document.querySelectorAll('tr')].every(one => getComputedStyle(one).breakInside === 'avoid')")
    assert chromium.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    chromium.call("Emulation.setEmulatedMedia", media="")


def test_the_hostile_page_shows_its_names_as_text(chromium: Chromium) -> None:
    opened(chromium, "hostile")
    text = chromium.run("document.body.innerText")
    assert "<script>alert(1)</script>" in text
    assert "{{ 7 * 7 }}" in text
    assert chromium.run("document.querySelectorAll('img, script').length") == 0
