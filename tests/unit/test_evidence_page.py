# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the evidence: whole whatever a node says, nothing from outside, small; and its drawings."""

from __future__ import annotations

import re
import typing as t
from html.parser import HTMLParser

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence import chart
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.model import evidence
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.evidence_page import page

from tests.evidence_runs import HOSTILE, about, at, document, names, plan_of, record_of, seen_of, stopped_document

VOID = {"meta", "br", "link", "img", "input"}
# of HTML alone: SVG may close itself
ACTIVE = {"script", "iframe", "object", "embed", "img", "link", "form", "base", "video", "audio", "foreignobject", "animate", "set", "use"}


class Page(HTMLParser):
    """Its elements, whether they are all closed, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.wrong: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def check(text: str) -> Page:
    """Well formed, passive, and with nothing that a terminal or a reader of right to left would act on."""
    found = Page(text)
    assert (found.wrong, found.stack) == ([], [])
    assert {tag for tag, _attributes in found.elements} & ACTIVE == set()
    names_of = [name for _tag, attributes in found.elements for name in attributes]
    assert [name for name in names_of if name.startswith("on")] == []
    assert [value for _tag, attributes in found.elements for name, value in attributes.items() if name in ("src", "href")] in (
        [],
        ["#survives"],
    )
    assert re.findall(r"https?://(?!www\.w3\.org|127\.0\.0\.1)[^\s<]*|url\((?!#hatch)|@import", text) == []
    assert [one for one in text if not one.isprintable() and one != "\n"] == []
    return found


def hostile_document(text: str) -> dict[str, t.Any]:
    """That text wherever somebody else's may stand."""
    nodes = [text, f"{text}2"]
    record = record_of(nodes, "unproven")
    record |= dict.fromkeys(("users", "product", "database", "table"), text)
    record["revoked"]["cut_off"] = text
    record["tokens_seen"]["oldest"] = text
    record["revoked"]["archives"][0]["path"] = text
    record["node_records"][text]["saved_sessions_removed"] = [text]
    record["node_records"][text]["history"].append({"name": text, "at": text})
    record["history"].append({"name": text, "at": text})
    plan = plan_of(nodes)
    plan |= {
        "standbys": [text],
        "proof": [text],
        "survives": [text],
        "membership": {"sentence": text},
        "look": {"notes": [text], "survivors": [{"what": text, "count": -1, "how": text}]},
    }
    plan["node_facts"] = dict.fromkeys(nodes, dict.fromkeys(("title", "version", "url"), text))
    seen = seen_of(nodes, {("session", text, text)})
    for node in seen["nodes"].values():
        node["answers"] = [{**row, "user": text} for row in node["answers"]]
    seen["verdict"]["missing"] = [text]
    words = dict.fromkeys(("cluster", "host", "folder", "command", "record_problem"), text)
    return evidence(record, plan, seen, about("unproven", **words, versions={text: text}, stopped={"step": text, "sentence": text}))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_text_wherever_it_stands(text: str) -> None:
    found = check(page(hostile_document(text)))
    beginning = shown(text)[:40]
    assert found.text.count(beginning) > 20
    # not a template either: none was run, and none is left half
    assert "{{ 7 * 7 }}" not in text or "49" not in found.text


def test_every_hostile_text_at_once_in_fifty_nodes_stays_small() -> None:
    nodes = [f"{text}{number}" for number in range(10) for text in HOSTILE.values()][:50]
    assert len(check_size(document(nodes))) < 300_000


def check_size(found: dict[str, t.Any]) -> str:
    text = page(found)
    check(text)
    return text


@pytest.mark.parametrize("count", [0, 1, 3, 50])
def test_a_run_of_any_size_is_a_small_page(count: int) -> None:
    assert len(check_size(document(names(count)))) < 300_000


def test_the_verdict_comes_first_then_what_was_not_seen() -> None:
    found = check(page(stopped_document(names(3)))).text
    places = [found.index(one) for one in ("stopped", "What was not seen", "not seen to be restarted: jira2", "The run", "The time line")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("more", "deleted", "archives"),
    [
        ({"stopped": {"step": "revoke", "sentence": "x", "resume": "y"}}, "Deletednot counted", "Which archives there are was not told."),
        (
            {"stopped": {"step": "sign in the canary", "sentence": "x", "resume": "y"}},
            "Deleted0",
            "No archive is known of this run.",
        ),
    ],
    ids=["in the deletion", "before it"],
)
def test_what_was_not_counted_is_not_said_to_be_archived_nor_to_have_no_archive(more: t.Any, deleted: str, archives: str) -> None:
    record = {**record_of(names(3), "prepared", 0), "revoke": "database"}
    del record["revoked"]
    text = check(page(evidence(record, plan_of(names(3)), {**seen_of(names(3)), "verdict": {}}, about("stopped", **more)))).text
    lines = text.splitlines()
    assert deleted in lines
    assert any(line.startswith(archives) for line in lines)
    assert "each archived first" not in text
    assert ("No archive is known" in text) == (deleted == "Deleted0")


def test_few_nodes_have_a_table_of_node_and_cookie_and_an_open_door_stands_out() -> None:
    nodes = names(2)
    seen = seen_of(nodes, {("remember_me", nodes[0], nodes[1])})
    text = page(evidence(record_of(nodes, "unproven"), plan_of(nodes), seen, about("unproven")))
    assert text.count("<td>nobody</td>") == 7
    assert "<td class=open>lets session-proof in</td>" in text


def test_of_many_nodes_each_is_a_row_that_names_the_open_doors() -> None:
    nodes = names(50)
    seen = seen_of(nodes, {("session", nodes[7], nodes[9])})
    text = page(evidence(record_of(nodes, "unproven"), plan_of(nodes), seen, about("unproven")))
    assert text.count("50 of 50 dead") == 99
    assert "49 of 50 dead" in text
    assert f'<span class="open">{nodes[7]}: lets session-proof in</span>' in text


def test_the_same_document_makes_the_same_page() -> None:
    assert page(document(names(3))) == page(document(names(3)))


def node_of(steps: t.Sequence[tuple[str, float]], gate_seconds: int = 12, back: float | None = None) -> dict[str, t.Any]:
    history = [{"name": name, "at": at(seconds)} for name, seconds in steps]
    return {"name": "n1", "steps": history, "gate_seconds": gate_seconds, "back_at": "" if back is None else at(back)}


def spans(node: dict[str, t.Any], end: float = 100) -> list[tuple[str, float, float]]:
    begin, last = chart.moment_of(at(0)), chart.moment_of(at(end))
    assert begin is not None
    assert last is not None
    return [(one.kind, round(one.begin - begin, 3), round(one.end - begin, 3)) for one in chart.spans_of(node, last)]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (node_of([]), []),
        (
            node_of([("draining", 1), ("stopping", 5), ("starting", 9), ("up", 40)], back=42),
            [("drain", 1, 5), ("stop", 5, 9), ("start", 9, 28), ("gate", 28, 40), ("back", 40, 42)],
        ),
        # a gate that took longer than the start: there is no time before it
        (node_of([("starting", 9), ("up", 12)], gate_seconds=60), [("start", 9, 9), ("gate", 9, 12)]),
        # it was not told how long it took
        (node_of([("starting", 9), ("up", 12)], gate_seconds=-1), [("start", 9, 12), ("gate", 12, 12)]),
        # route outage
        (node_of([("stopping", 1), ("cleaned", 4), ("starting", 20)]), [("stop", 1, 4), ("down", 4, 20), ("start", 20, 100)]),
        # stopped on the way, and taken up again
        (node_of([("draining", 1), ("stopping", 2), ("draining", 50)]), [("drain", 1, 2), ("stop", 2, 50), ("drain", 50, 100)]),
    ],
)
def test_the_bars_of_a_node_are_its_steps(node: dict[str, t.Any], expected: list[tuple[str, float, float]]) -> None:
    assert spans(node) == expected


@pytest.mark.parametrize(
    ("steps", "cut_off", "expected"),
    [
        ([("stopping", 10), ("starting", 20)], 1, (1, 20)),
        ([], 1, (1, 100)),
        # stopped before the cut-off, as in an outage: nothing was open after it
        ([("stopping", 1), ("cleaned", 2), ("starting", 30)], 5, (5, 30)),
        ([("stopping", 1), ("cleaned", 2)], 5, None),
    ],
)
def test_old_sessions_are_open_from_the_cut_off_until_the_process_is_gone(
    steps: list[tuple[str, float]], cut_off: float, expected: tuple[float, float] | None
) -> None:
    begin = chart.moment_of(at(0)) or 0.0
    span = chart.open_span(node_of(steps), begin + cut_off, begin + 100)
    assert (span and (round(span.begin - begin, 3), round(span.end - begin, 3))) == expected


@pytest.mark.parametrize("text", ["", "soon", None, "9999-99-99T99:99:99.999Z", "2026-11-25"])
def test_what_is_no_time_of_a_record_spoils_no_drawing(text: object) -> None:
    found = document(names(1))
    found["nodes"][0]["steps"] = [{"name": "up", "at": text}]
    found["run"]["history"] = [{"name": "revoked", "at": text}]
    found["run"]["written_at"] = text
    assert chart.timeline(found).rows == [] or chart.timeline(found).seconds >= 0
    check(page({**found, "nodes": [{**found["nodes"][0], "steps": []}]}))


@pytest.mark.parametrize("by_hand", [False, True], ids=["by the run", "by hand"])
def test_the_drawing_calls_no_moment_the_cut_off_that_nobody_saw(*, by_hand: bool) -> None:
    found = document(names(1))
    if by_hand:
        found["run"] |= {"cut_off": "", "deleted": "by hand: the old remember-me cookie of jira1 is dead"}
    told = check(page(found)).text
    assert ("the dashed line is the cut-off" in told) is not by_hand
    assert ("the run took the tokens for deleted: when they were was not seen" in told) is by_hand
    assert (">cut-off<" in page(found), ">went on<" in page(found)) == (not by_hand, by_hand)


def test_the_drawing_of_a_run_that_took_no_token_for_deleted_has_no_line_and_tells_of_none() -> None:
    found = document(names(1))
    found["run"] |= {"cut_off": "", "history": [one for one in found["run"]["history"] if one["name"] != "revoked"]}
    assert chart.timeline(found).rows
    assert "dashed line" not in check(page(found)).text
    assert 'class="cut"' not in page(found)


def test_the_drawing_stays_inside_its_frame() -> None:
    drawn = chart.timeline(document(names(50)))
    bars = [one for row in drawn.rows for one in row.bars]
    assert len(drawn.rows) == 50
    assert all(chart.LEFT <= one.x <= one.x + one.width <= chart.RIGHT + 1 for one in bars)
    assert drawn.rows[0].seconds == "55 s"


@pytest.mark.parametrize(
    ("found", "widths"),
    [
        ({}, []),
        ({"day": 0, "week": 0, "month": 0, "older": 0}, [0, 0, 0, 0]),
        ({"day": 1, "week": 2, "month": 4, "older": 0}, [0.25, 0.5, 1, 0]),
    ],
)
def test_the_longest_bar_of_the_ages_takes_the_room_there_is(found: dict[str, int], widths: list[float]) -> None:
    room = chart.RIGHT - chart.LEFT - 60
    assert [round(one.width / room, 2) for one in chart.ages(found)] == widths
