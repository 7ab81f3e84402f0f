# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan rests on that is not certain. Pure."""

from __future__ import annotations

import typing as t

# the facts that a run uses; those of the database are certain, or the run is refused
_USED = ("home_dir", "url", "context_path", "site_url", "cookies.session", "cookies.remember_me", "sessions.kept")


def doubt_lines(node_facts: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[str]:
    """A line for each doubt, and one for what is taken by default, with the nodes that share it."""
    nodes: dict[str, list[str]] = {}
    for node, facts in node_facts.items():
        for sentence in _sentences([one for one in facts.get("facts", []) if one["name"] in _USED]):
            nodes.setdefault(sentence, []).append(node)
    return [f"{', '.join(names)}: {sentence}" for sentence, names in nodes.items()]


def _sentences(facts: t.Sequence[t.Mapping[str, str]]) -> list[str]:
    words = {"likely": "is only likely", "unknown": "is not known"}
    doubts = [f"{fact['name']} {words[fact['sure']]} ({fact['source']})" for fact in facts if fact["sure"] in words]
    usual = [fact["name"] for fact in facts if fact["sure"] == "default"]
    return [*doubts, *([f"nothing is set for {', '.join(usual)}: what the product does by itself is taken"] if usual else [])]
