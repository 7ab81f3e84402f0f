# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time line of a roll and the tokens by age, as numbers for a drawing. Pure."""

from __future__ import annotations

import datetime
import typing as t

# where the bars begin and end, of a drawing that is so wide; the rest is for names and seconds
WIDTH, LEFT, RIGHT = 900, 190, 820
ROW, TOP = 26, 8
_KINDS = {"draining": "drain", "stopping": "stop", "cleaned": "down", "starting": "start", "up": "back"}
# with these the process of a node is gone, and its sessions with it
_DEAD = ("cleaned", "starting")
_LABEL = 22

Node = t.Mapping[str, t.Any]


class Span(t.NamedTuple):
    """What was done from when to when, in seconds of one clock."""

    kind: str
    begin: float
    end: float


class Bar(t.NamedTuple):
    """The same as a rectangle; ``text`` says it."""

    kind: str
    x: float
    width: float
    text: str


class Row(t.NamedTuple):
    """A node: its name, its place, its bars, and how long it took."""

    name: str
    y: float
    bars: list[Bar]
    seconds: str


class Timeline(t.NamedTuple):
    """``rows`` is empty where nothing was restarted. ``cut_off``: its place, -1 where it is not in the drawing."""

    rows: list[Row]
    height: float
    cut_off: float
    begin: str
    seconds: float


def moment_of(text: object) -> float | None:
    """Seconds since the epoch, None for what is no time."""
    try:
        return datetime.datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError):
        return None


def spans_of(node: Node, end: float) -> list[Span]:
    """What was done with the node; a step that has no end lasts until ``end``."""
    steps = [(str(one["name"]), at) for one in node["steps"] for at in [moment_of(one["at"])] if at is not None and one["name"]]
    ends = [at for _name, at in steps[1:]]
    spans: list[Span] = []
    for (name, begin), until in zip(steps, [*ends, None]):
        if name == "up":
            back = moment_of(node["back_at"]) if until is None else None
            spans += [Span("back", begin, back)] if back else []
        elif name == "starting" and until is not None:
            gate = max(begin, until - max(0, node["gate_seconds"]))
            spans += [Span("start", begin, gate), Span("gate", gate, until)]
        else:
            spans.append(Span(_KINDS.get(name, name), begin, end if until is None else until))
    return [span for span in spans if span.end >= span.begin]


def open_span(node: Node, cut_off: float | None, end: float) -> Span | None:
    """In which old sessions of the node were still open after the cut-off."""
    if cut_off is None:
        return None
    gone = [at for one in node["steps"] if one["name"] in _DEAD for at in [moment_of(one["at"])] if at is not None]
    later = [at for at in gone if at >= cut_off]
    if gone and not later:
        return None
    return Span("open", cut_off, min(later) if later else end)


def timeline(document: t.Mapping[str, t.Any]) -> Timeline:
    """The drawing of all nodes."""
    end = moment_of(document["run"]["written_at"]) or 0.0
    phases = {one["name"]: moment_of(one["at"]) for one in document["run"]["history"]}
    cut_off = phases.get("revoked")
    spans = {node["name"]: spans_of(node, end) for node in document["nodes"]}
    shades = {node["name"]: open_span(node, cut_off, end) for node in document["nodes"] if spans[node["name"]] or cut_off is not None}
    times = [at for one in spans.values() for span in one for at in (span.begin, span.end)] + ([] if cut_off is None else [cut_off])
    begin, last = min(times, default=0.0), max(times, default=0.0)
    if last <= begin or not any(spans.values()):
        return Timeline([], 0, -1, "", 0)

    def x(at: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * (min(max(at, begin), last) - begin) / (last - begin), 1)

    def drawn(span: Span) -> Bar:
        words = "old sessions still open" if span.kind == "open" else span.kind
        return Bar(span.kind, x(span.begin), round(max(1.0, x(span.end) - x(span.begin)), 1), f"{words}: {span.end - span.begin:.0f} s")

    rows = []
    for number, node in enumerate(document["nodes"]):
        name = node["name"]
        own, shade = spans[name], shades.get(name)
        took = f"{own[-1].end - own[0].begin:.0f} s" if own else ""
        bars = [drawn(one) for one in ([shade] if shade else []) + own]
        label = name if len(name) <= _LABEL else f"{name[: _LABEL - 2]}.."
        rows.append(Row(label, TOP + number * ROW, bars, took))
    place = -1 if cut_off is None else x(cut_off)
    began = datetime.datetime.fromtimestamp(begin, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    return Timeline(rows, TOP + len(rows) * ROW, place, began, round(last - begin, 1))


AGES = {"day": "up to a day", "week": "up to a week", "month": "up to 30 days", "older": "older"}


class Age(t.NamedTuple):
    """A bar of the tokens by age."""

    label: str
    rows: int
    y: float
    width: float


def ages(found: t.Mapping[str, int]) -> list[Age]:
    """The bars, the longest as long as there is room; none where the age is not known."""
    most = max([*found.values(), 1])
    room = RIGHT - LEFT - 60
    known = [(label, found[name]) for name, label in AGES.items() if name in found]
    return [Age(label, rows, TOP + number * ROW, round(room * rows / most, 1)) for number, (label, rows) in enumerate(known)]


class Group(t.NamedTuple):
    """What old cookies of one kind opened at a node: how many are dead, of how many, and whom the others let in."""

    total: int
    dead: int
    absent: int
    alive: list[str]


def grouped(node: Node, kind: str) -> Group:
    """The answers of a node to all old cookies of a kind."""
    own = [one for one in node["answers"] if one["kind"] == kind]
    alive = [f"{one['from']}: lets {one['opens_for']} in" for one in own if one["opens_for"]]
    absent = sum(1 for one in own if one["absent"])
    return Group(len(own), len(own) - len(alive) - absent, absent, alive)
