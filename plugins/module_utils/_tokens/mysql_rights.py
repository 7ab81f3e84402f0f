# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account of MySQL or MariaDB may not be shown of a table, by the lines of its SHOW GRANTS. Pure.

The privileges in information_schema leave out those that come by a role.
"""

from __future__ import annotations

import re
import typing as t

_NAME = r"\*|`(?:[^`]|``)+`"
_LINE = re.compile(rf"(GRANT|REVOKE) (.+?) ON ({_NAME})\.({_NAME}) (?:TO|FROM) (\S+).*", re.DOTALL)
_ALL = "ALL PRIVILEGES"
_TRIGGERS = frozenset({_ALL, "TRIGGER"})
# any one of them on the child's side shows its keys
_KEYS = frozenset({_ALL, "SELECT", "INSERT", "UPDATE", "REFERENCES"})


class Grant(t.NamedTuple):
    """A line of them. ``schema``: a pattern where ``table`` is '*', and '*' for every schema; ``whose``: an account, or a role of it."""

    revoked: bool
    rights: frozenset[str]
    schema: str
    table: str
    whose: str


def hidden_notes(lines: t.Iterable[str], schema: str, table: str) -> list[str]:
    """A sentence for triggers and one for foreign keys, where the account may not be shown those of the table."""
    grants = [grant for grant in map(_grant, lines) if grant]
    notes = {
        f"Triggers of {schema}.{table} may be hidden from this account: one that copies deleted tokens, or refuses the deletion, would "
        f"show itself at the deletion alone. GRANT TRIGGER ON {schema}.{table} shows them.": _holds(grants, _TRIGGERS, schema, table),
        f"Foreign keys of other tables that point at {schema}.{table} may be hidden from this account: one would delete there as well, or "
        f"refuse the deletion. GRANT REFERENCES ON {schema}.* shows them.": _holds(grants, _KEYS, schema, ""),
    }
    return [note for note, seen in notes.items() if not seen]


def _grant(line: str) -> Grant | None:
    """None for one on something else than tables."""
    found = _LINE.fullmatch(line)
    if not found:
        return None
    what, rights, schema, table, whose = found.groups()
    # those on columns alone are none on the table
    names = frozenset(one.strip() for one in re.sub(r"\w+ \([^)]*\)", "", rights).split(","))
    return Grant(what == "REVOKE", names, _unquoted(schema), _unquoted(table), whose)


def _holds(grants: t.Sequence[Grant], wanted: frozenset[str], schema: str, table: str) -> bool:
    """Whether one of these rights is held everywhere, on the schema, or on the table."""
    given = [one for one in grants if not one.revoked and one.rights & wanted]
    of_schema = [one for one in grants if one.table == "*" and _fits(one.schema, schema)]
    # of one owner's patterns that fit a single one counts, and which is not said
    by_owner = [[one in given for one in of_schema if one.whose == whose] for whose in {one.whose for one in of_schema}]
    everywhere = any(one.schema == "*" for one in given) and not any(one.revoked for one in of_schema)
    return everywhere or any(map(all, by_owner)) or any((one.schema, one.table) == (schema, table) for one in given)


def _fits(pattern: str, schema: str) -> bool:
    """As LIKE does it: % is anything, _ one character, a backslash takes either for itself."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return re.fullmatch("".join(wild.get(part) or re.escape(part[-1]) for part in parts), schema, re.DOTALL) is not None


def _unquoted(name: str) -> str:
    return name if name == "*" else name[1:-1].replace("``", "`")
