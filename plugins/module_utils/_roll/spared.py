# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second canary, of somebody who is not treated: its logins have to stay alive. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.believed import no_answer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.live import LIVE
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import UserScope
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.cookie_rows import KINDS, REMEMBER_ME, SESSION

Values = t.Mapping[str, t.Any]
Rows = t.Sequence[Values]
# in the record its cookies lie beside those of the canary, and are told from them by their kind
_MARK = "spared_"


def spared_problems(options: Values, scope: UserScope | None) -> list[str]:
    """What speaks against it."""
    name = options["spared_username"]
    if not name:
        return []
    if not scope:
        everybody = "force_reauth_spared_username is somebody who stays signed in, and this run treats every user"
        return [f"{everybody}: name those who are treated (force_reauth_usernames), or those who are not (force_reauth_exclude_usernames)"]
    treated = f"{name} is among the users that are treated: force_reauth_spared_username is one who is not"
    return [treated] * bool(scope.among([name])) + ["give force_reauth_spared_password"] * (not options["spared_password"])


def spared_lines(options: Values) -> list[str]:
    """What the plan says of it."""
    name = options["spared_username"]
    return [f"{name}, who is spared, signs in, too, and has to stay signed in"] if name else []


def marked(rows: Rows) -> list[dict[str, t.Any]]:
    """The cookies as they lie in the record."""
    return [{**row, "kind": _MARK + row["kind"]} for row in rows]


def of_canary(rows: Rows) -> list[Values]:
    """Of the cookies of a record those that have to die."""
    return [row for row in rows if not row["kind"].startswith(_MARK)]


def of_spared(rows: Rows) -> list[dict[str, t.Any]]:
    """Those that have to stay alive."""
    return [{**row, "kind": row["kind"][len(_MARK) :]} for row in rows if row["kind"].startswith(_MARK)]


class Spared(t.TypedDict):
    """``missing``: a sentence for each login that is gone, or was not seen; ``seen``: a line for those that live."""

    missing: list[str]
    seen: list[str]


def spared_seen(name: str, nodes: t.Sequence[str], hostvars: t.Mapping[str, Values], route: str) -> Spared:
    """``name``: '' where nobody was to be watched. Of routes that restart a node its session is no matter: they end everybody's."""
    missing: list[str] = []
    alive: dict[str, list[str]] = {}
    kinds = (SESSION, REMEMBER_ME) if route == LIVE else (REMEMBER_ME,)
    for node in nodes if name else ():
        replayed = hostvars[node].get("__force_reauth_spared_replayed") or {}
        worked = [row for row in replayed.get("answers") or [] if row["kind"] in kinds and not row.get("absent")]
        for row in worked:
            if str(row["user"]).lower() == name.lower():
                alive.setdefault(KINDS[row["kind"]], []).append(node)
            else:
                missing.append(f"{node}: the {KINDS[row['kind']]} of {name} is dead, who was to be spared")
        unanswered = [row for row in replayed.get("unanswered") or [] if row["kind"] in kinds]
        if not worked or unanswered:
            why = no_answer({**replayed, "unanswered": unanswered})
            missing.append(f"{node}: that {name}, who was to be spared, stays signed in was not seen{f' ({why})' * bool(why)}")
    return {"missing": missing, "seen": [f"{name} was spared: the {what} of {', '.join(where)} lives" for what, where in alive.items()]}
