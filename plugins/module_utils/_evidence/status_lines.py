# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status as lines for a screen. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive.shelved import beside_lines, logins_in, run_line
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import few, shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.chart import AGES
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.report import RULE, count
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.survivors import survivors_in_words

# of one text of somebody else: the screen stays readable, the JSON has the whole of it
_MOST = 300
# so many nodes, or runs, have a line each; of more those that are alike share one, or the rest is counted
_LINES = 8
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))
_KEPT = {
    "memory": "sessions in memory",
    "disk": "sessions in memory, saved at a stop",
    "elsewhere": "sessions saved at a stop, outside the work folder",
    "replicated": "sessions replicated",
    "outside": "sessions outside the process",
    "unknown": "sessions kept in an unknown way",
}

_NO_SIGN_ON = "Sign-on    by others: none in the files (what is set up inside the product is not seen)"
_ENOUGH = {"yes": "would be enough", "no": "would not be enough", "unknown": "it is not known whether it would be enough"}

Mapping = t.Mapping[str, t.Any]


def status_lines(document: Mapping) -> list[str]:
    """What a person wants to know, most important first."""
    nodes, tokens = document["nodes"], document["tokens"]
    title = " ".join(one for one in (document["product"] or "Cluster", document["cluster"]) if one)
    lines = [
        RULE,
        f"{title}, {count(len(nodes), 'node')} of {document['hosts']}, {document['at']}",
        *_tokens(tokens),
        *_nodes(nodes),
        *(f"{route.capitalize():<10} {_route(found)}" for route, found in document["routes"].items()),
        *(f"Sign-on    {one}" for one in document["single_sign_on"]),
        *([] if document["single_sign_on"] else [_NO_SIGN_ON]),
        f"Not ended  {survivors_in_words(document['survives']) or 'not known'}",
        *_archives(document),
        *(f"Note       {note}" for note in tokens["notes"]),
        *(f"Missing    {sentence}" for sentence in document["missing"]),
        RULE,
    ]
    return [shown(line, _MOST * 2) for line in lines]


def ago(seconds: int) -> str:
    """An age in its largest unit."""
    for unit, length in _UNITS:
        if seconds >= length:
            return count(seconds // length, unit)
    return count(max(0, seconds), "second")


def _tokens(tokens: Mapping) -> list[str]:
    if tokens["rows"] < 0:
        return ["Tokens     not counted"]
    oldest = f", oldest {tokens['oldest']}" if tokens["oldest"] else ""
    ages = ", ".join(f"{tokens['ages'][name]} {label}" for name, label in AGES.items() if name in tokens["ages"])
    most = ", ".join(f"{one['user']} {one['tokens']}".strip() for one in tokens["top"])
    named = any(one["user"] for one in tokens["top"])
    return [
        f"Tokens     {tokens['rows']} of {count(tokens['users'], 'user')} in {tokens['table']}, {tokens['database']}{oldest}",
        f"By age     {ages or 'the table does not tell when a token was made'}",
        *([f"Most       {most} {'' if named else 'of one user each (force_reauth_show_users names them)'}".rstrip()] if most else []),
    ]


def _nodes(nodes: t.Sequence[Mapping]) -> list[str]:
    if len(nodes) <= _LINES:
        return [f"{shown(node['name'], _MOST):<10} {_node(node)}" for node in nodes]
    alike: dict[str, list[Mapping]] = {}
    for node in nodes:
        alike.setdefault(_words(node), []).append(node)
    return [f"Nodes      {few([node['name'] for node in same], _LINES)}: {words}{_span(same)}" for words, same in alike.items()]


def _node(node: Mapping) -> str:
    return f"{_words(node)}{_span([node])}" + (f", at {shown(node['url'], _MOST)}" if node["url"] else "")


def _words(node: Mapping) -> str:
    """Of a node, what several may have in common."""
    state = node["state"] + (f" ({shown(node['saw'], _MOST)})" if node["saw"] else "")
    known = [] if node["state"] == "not seen" else [node["title"], _KEPT.get(node["sessions"], node["sessions"])]
    saved = [f"saved sessions lie there: {', '.join(node['saved'])}"] if node["saved"] else []
    locked = [f"at work on it: {node['locked_by']}"] if node["locked_by"] else []
    return ", ".join(one for one in (state, *known, *saved, *locked) if one)


def _span(nodes: t.Sequence[Mapping]) -> str:
    ages = [node["seconds"] for node in nodes if node["seconds"] >= 0]
    if not ages:
        return ""
    young, old = ago(min(ages)), ago(max(ages))
    return f", process {young if young == old else f'{young} to {old}'} old"


def _route(found: Mapping) -> str:
    more = f" (and {len(found['why']) - _LINES} more)" if len(found["why"]) > _LINES else ""
    return f"{_ENOUGH[found['enough']]}: {'; '.join(shown(one, _MOST) for one in found['why'][:_LINES])}{more}"


def _archives(document: Mapping) -> list[str]:
    runs, host = document["archives"], document["host"]
    beside = [f"           {line}" for line in beside_lines(document)]
    if not runs:
        return [f"Archives   {'none' if document['archives_seen'] else 'not looked at'} on {host}", *beside]
    files = sum(run["files"] for run in runs)
    lines = [f"Archives   {files} of {count(len(runs), 'run')} on {host}, with {_logins(runs)} that would work again"]
    lines += [f"           {shown(run_line(run), _MOST)}" for run in runs[:_LINES]]
    more = [f"           and of {len(runs) - _LINES} more runs, which are younger"] if len(runs) > _LINES else []
    return [*lines, *more, *beside]


def _logins(runs: t.Sequence[Mapping]) -> str:
    known, told = logins_in(runs)
    if told:
        return count(known, "login")
    return f"at least {count(known, 'login')}" if known else "an unknown number of logins"
