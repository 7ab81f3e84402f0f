# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the guide on variables: the words are those of the role's argument specs, values and headings those of its defaults."""

from __future__ import annotations

import json
import re
import sys
import typing as t
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.role_specification import ROLE, defaults, specification

CHECKOUT = Path(__file__).resolve().parents[2]
GUIDE = CHECKOUT / "docs/docsite/rst/variables.rst"
DEFAULTS = ROLE / "defaults/main.yml"
_LABEL = "ansible_collections.dcops.atlassian_sessions.docsite."

# Which guides tell more, as labels, by the headings of the defaults.
MORE = {
    "The cluster": ["first_run", "some_users"],
    "The database": ["databases"],
    "The archives": ["restore", "encrypted_archives"],
    "The evidence, and who is told": ["evidence"],
    "Who deletes the tokens": ["who_deletes"],
    "The way": ["which_route"],
    "The load balancer": ["balancers"],
    "The proof": ["proof_cookies", "some_users"],
    "The question (session_status)": ["session_status"],
    "The end of archives (expire_archives)": ["expire_archives"],
    "The way back (restore_tokens)": ["restore_tokens"],
}

_HEAD = f"""\
..
  Copyright: Contributors to the dcops.atlassian_sessions project
  GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

  Written by tests/tools/variables.py from roles/force_reauth: change the argument specs or the defaults there.

.. _{_LABEL}variables:

Variables
*********

All are optional but the group and the password of a database that wants one. They come from the inventory, from ``group_vars`` or from
the command line, and are taken once, each in its type, before any node is contacted: ``true``, ``3``, ``adam,eve`` or ``[1, "25%"]`` may be
given as text. What cannot be meant is refused by the name of the variable, and so is a misspelt name: whatever begins with
``force_reauth_`` has to be one of these. Begin the names of your own variables otherwise, for example with ``site_``.

What is blank, or null, is not given. Where that would treat more users, or protect or prove less, it is refused: leave the variable out, or
say its default, ``everybody``, ``nobody``, ``none`` or ``auto`` (and ``-1`` for ``force_reauth_min_up``). A user of such a name stands in a
list: ``[nobody]``.

Put digits that are a text between quotes, passwords and run ids above all: YAML reads ``0042`` as 34, and ``12:30:45`` as 45045. A number
is refused where a text is meant.

.. contents::
   :local:
"""
_TABLE = """
.. list-table::
   :header-rows: 1
   :widths: 36 14 50

   * - variable
     - default
     - meaning
"""


class Unlisted(Exception):
    """A variable that no heading of the defaults is above, or that the argument specs do not have."""


def grouped(text: str) -> dict[str, list[str]]:
    """The variables below each heading, in the order of the file. ``text``: of the defaults. Raises Unlisted."""
    groups: dict[str, list[str]] = {}
    for block in text.split("\n\n"):
        names = re.findall(r"(?m)^(force_reauth_\w+):", block)
        heading = re.match(r"# (.+)\n", block)
        if names and not heading:
            raise Unlisted(f"{names[0]} has no heading above it in {DEFAULTS.name}")
        if names and heading:
            groups[heading[1]] = names
    return groups


def guide(groups: t.Mapping[str, t.Sequence[str]], options: t.Mapping[str, t.Any], values: t.Mapping[str, t.Any]) -> str:
    """The guide, in RST. ``options``: argument spec of each variable; ``values``: its default. Raises Unlisted."""
    unknown = {name for names in groups.values() for name in names} - set(options)
    if unknown:
        raise Unlisted(f"{', '.join(sorted(unknown))}: not in the argument specs")
    return _HEAD + "".join(_section(heading, names, options, values) for heading, names in groups.items())


def _section(heading: str, names: t.Sequence[str], options: t.Mapping[str, t.Any], values: t.Mapping[str, t.Any]) -> str:
    more = " and ".join(f":ref:`{_LABEL}{label}`" for label in MORE.get(heading, []))
    rows = "".join(f"   * - ``{name}``\n     - {_default(values[name])}\n     - {_meaning(options[name])}\n" for name in names)
    return f"\n{heading}\n{'-' * len(heading)}\n" + (f"\nMore in {more}.\n" if more else "") + _TABLE + rows


def _default(value: t.Any) -> str:
    return f"``{value if value and isinstance(value, str) else json.dumps(value)}``"


def _meaning(option: t.Mapping[str, t.Any]) -> str:
    words = re.sub(r"([\\*`|])", r"\\\1", " ".join(option["description"]))
    literal = re.sub(r"\bforce_reauth_\w+(?![\w/]|\.\w)", r"``\g<0>``", words)
    choices = ", ".join(f"``{choice}``" for choice in option.get("choices", []) if choice)
    return f"{literal} One of {choices}." if choices else literal


def written() -> str:
    """The guide as it has to be."""
    return guide(grouped(DEFAULTS.read_text(encoding="utf-8")), specification(), defaults())


if __name__ == "__main__":
    GUIDE.write_text(written(), encoding="utf-8")
    sys.exit(0)
