# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What plan and result say first, where another server's single sign-on may sign the users in again. Pure."""

from __future__ import annotations

import typing as t

_WORDS = {
    "on": "{server} single sign-on is on: treat {server} too, or people come back without a password",
    "unknown": "whether {server} single sign-on is on is not known: if it is, people come back without a password",
}


def sign_on_lines(node_facts: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[str]:
    """A line for each answer, with the nodes that give it and where it stands; none where it is off. ``node_facts``: by node."""
    nodes: dict[str, list[str]] = {}
    for node, facts in node_facts.items():
        found = facts.get("sign_on")
        if found and found["state"] in _WORDS:
            nodes.setdefault(f"{_WORDS[found['state']].format(server=found['server'])} ({_where(facts)})", []).append(node)
    return [f"{sentence}, on {', '.join(names)}" for sentence, names in nodes.items()]


def _where(facts: t.Mapping[str, t.Any]) -> str:
    found = facts["sign_on"]
    at = f"; {found['server']} is at {found['address']}" if found.get("address") else ""
    fact = next((one for one in facts.get("facts", []) if one["name"] == "sign_on.state"), {"value": "", "source": "no node tells"})
    return (f"{fact['source']}: {fact['value']}" if fact["value"] else str(fact["source"])) + at
