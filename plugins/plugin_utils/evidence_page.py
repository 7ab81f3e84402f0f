# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence as a page: one file, nothing from outside, no script. A pure function of the document; the template lies beside it."""

from __future__ import annotations

import typing as t
from functools import cache
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence import chart
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

# of one text of somebody else: the page stays readable, the document has the whole of it
_MOST = 400
# so many nodes have a column each in the table of cookies; of more there is a row each
_COLUMNS = 6


def page(document: t.Mapping[str, t.Any]) -> str:
    """The page. Every text in it is escaped, and what is not printable is shown as such."""
    fitted: dict[str, t.Any] = _fitted(document)
    return _template().render(
        e=fitted,
        timeline=chart.timeline(fitted),
        ages=chart.ages(fitted["tokens"]["ages"]),
        cookies=_cookies(fitted["nodes"]),
        wide=len(fitted["nodes"]) > _COLUMNS,
        grouped=chart.grouped,
        chart=chart,
    )


def _cookies(nodes: t.Sequence[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Each old cookie with what it opened at each node, None where it was not sent."""
    keys = dict.fromkeys((one["kind"], one["from"]) for node in nodes for one in node["answers"])
    by_node = [{(one["kind"], one["from"]): one for one in node["answers"]} for node in nodes]
    return [{"kind": kind, "from": handed_out, "answers": [one.get((kind, handed_out)) for one in by_node]} for kind, handed_out in keys]


def _fitted(value: t.Any) -> t.Any:
    if isinstance(value, t.Mapping):
        return {_fitted(key): _fitted(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_fitted(one) for one in value]
    return shown(value, _MOST) if isinstance(value, str) else value


@cache
def _template() -> Template:
    folder = Path(__file__).resolve().parent
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["counted"] = lambda number: "not counted" if number < 0 else f"{number:,}"
    return environment.get_template("evidence.html.j2")
